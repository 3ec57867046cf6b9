"""The house rules, as tests: sizes, arrows, what may be imported where, and what importing costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "fewnotes"
SOURCES = sorted(PACKAGE.rglob("*.py"))
FILE_STOP, FUNCTION_STOP, FOLDER_STOP, PARAMETER_STOP = 400, 60, 14, 6
#: A use and a row of the benchmark are one file each, found by its name: these folders are lists that are looked things
#: up in, not rooms to be held in the head. They may hold a few more; above that, what is in them is to be grouped.
LISTS = {"src/fewnotes/uses": 18, "src/fewnotes/measure/rows": 18}
#: Where torch may stand: at the top of a module where everything is tensors, inside functions in an engine.
TORCH_AT_TOP = ("src/fewnotes/nets/", "src/fewnotes/meta/losses.py")
TORCH_INSIDE = ("src/fewnotes/engines/relation/", "src/fewnotes/engines/gan/", "src/fewnotes/engines/transformer/")


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def where(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def imported(nodes: Iterable[ast.AST]) -> list[str]:
    """Full names that import statements among nodes may load: `from a import b` is a and a.b."""
    names: list[str] = []
    for node in nodes:
        if isinstance(node, ast.Import):
            names += [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{a.name}" for a in node.names)]
    return names


def when_loaded(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that run when a module is imported: no bodies of functions, nothing that only type checkers see."""
    for child in ast.iter_child_nodes(node):
        is_typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
        if not is_typing and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from when_loaded(child)


def in_one_of(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == p or name.startswith(p + ".") for p in packages)


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_no_file_and_no_function_outgrows_the_house(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= FILE_STOP
    for function in functions(tree_of(path)):
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= FUNCTION_STOP, f"{function.name} has {length} lines"


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_signatures_are_short(path):
    for function in functions(tree_of(path)):
        named = [a.arg for a in function.args.posonlyargs + function.args.args if a.arg not in ("self", "cls")]
        assert len(named) <= PARAMETER_STOP, f"{function.name} takes {len(named)} positional parameters"


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_every_module_says_what_it_is_and_every_public_thing_what_it_does(path):
    tree = tree_of(path)
    assert ast.get_docstring(tree)
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            is_small_tuple = isinstance(node, ast.ClassDef) and len(node.body) <= 4
            obvious = is_small_tuple or node.name in ("encode", "decode", "sniff", "main")
            assert ast.get_docstring(node) or obvious or len(node.body) <= 3, f"{node.name} has no docstring"


def test_folders_stay_small_enough_to_hold_in_the_head():
    for folder in {p.parent for p in SOURCES}:
        count = len([p for p in folder.glob("*.py") if p.name != "__init__.py"])
        assert count <= LISTS.get(where(folder), FOLDER_STOP), f"{where(folder)} holds {count} files"


def test_there_is_no_drawer_for_odds_and_ends():
    assert not [p for p in SOURCES if p.stem in ("utils", "util", "helpers", "common", "misc")]


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_nothing_unpickles_and_nothing_reaches_for_the_network(path):
    banned = {"pickle", "shelve", "marshal", "dill", "joblib", "urllib", "http", "requests", "socket"}
    assert not {name.split(".")[0] for name in imported(ast.walk(tree_of(path)))} & banned


@pytest.mark.parametrize("path", SOURCES, ids=where)
def test_torch_stands_in_the_nets_their_losses_and_inside_functions_of_the_engine_that_uses_them(path):
    if where(path).startswith(TORCH_AT_TOP):
        return
    tree = tree_of(path)
    tensors = ("torch", "fewnotes.nets", "fewnotes.meta.losses")
    at_top = [name for name in imported(when_loaded(tree)) if in_one_of(name, tensors)]
    assert not at_top, f"{where(path)} loads torch with itself: {at_top}"
    if not where(path).startswith(TORCH_INSIDE):
        assert not [name for name in imported(ast.walk(tree)) if in_one_of(name, ("torch",))]


@pytest.mark.parametrize(
    ("parser", "home"),
    [("symusic", "codecs/midi"), ("pyexpat", "codecs/musicxml"), ("xml", "codecs/musicxml"), ("typer", "faces")],
)
def test_a_library_at_the_border_is_named_in_one_place(parser, home):
    for path in SOURCES:
        for node in ast.walk(tree_of(path)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            if parser in {n.split(".")[0] for n in names}:
                assert where(path).startswith(f"src/fewnotes/{home}"), f"{where(path)} imports {parser}"


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


def test_importing_fewnotes_loads_nothing_heavy():
    loaded = run_python("import sys, fewnotes; print(*sorted(m.split('.')[0] for m in sys.modules))").split()
    assert not {"torch", "numpy", "symusic", "typer", "rich", "music21", "verovio"} & set(loaded)


def test_no_module_but_those_that_are_all_tensors_loads_torch_or_what_only_benchmarks_need():
    names = [where(p).removeprefix("src/").removesuffix(".py").removesuffix("/__init__") for p in SOURCES]
    plain = [n.replace("/", ".") for p, n in zip(SOURCES, names, strict=True) if not where(p).startswith(TORCH_AT_TOP)]
    skipped = {n for n in plain if n.endswith(("__main__", "_worker"))}
    code = """
import importlib, sys
for name in sys.stdin.read().split():
    importlib.import_module(name)
    heavy = {"torch", "sklearn", "scipy"} & set(sys.modules)
    assert not heavy, (name, heavy)
"""
    asked = " ".join(sorted(set(plain) - skipped))
    done = subprocess.run([sys.executable, "-c", code], input=asked, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr[-600:]


def test_importing_fewnotes_takes_less_than_a_fifth_of_a_second():
    code = "import time; t = time.process_time(); import fewnotes; print(time.process_time() - t)"
    assert min(float(run_python(code)) for _ in range(3)) < 0.2


def test_every_name_on_the_front_door_opens():
    code = "import fewnotes as fn; print(all(getattr(fn, n) is not None for n in fn.__all__), len(fn.__all__))"
    answer, count = run_python(code).split()
    assert answer == "True"
    assert int(count) >= 12


def test_no_path_of_a_machine_stands_in_any_file():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for name in tracked:
        path = ROOT / name
        if path.suffix in (".py", ".md", ".toml", ".json", ".yml", "") and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert str(ROOT.parent) + "/" not in text or str(ROOT.parent) == "/", name
