"""The documentation is executed: it cannot say what is not so."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
from pathlib import Path

import pytest

import fewnotes as fn
from fewnotes.registry import find, names
from fewnotes.uses import flag_names, params, use_class

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def program(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["commands", "forms"])
def test_the_pages_written_from_the_code_are_up_to_date(page):
    written = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert written == getattr(program("make_pages"), page)(), "run: python docs/make_pages.py"


ASKED = ("recognition", "prediction", "generation", "recommendation", "trust", "leakage", "transfer")


@pytest.mark.parametrize("name", ASKED)
def test_the_tables_of_a_question_are_those_of_its_result(name):
    tables = program("make_tables")
    page = (ROOT / "docs" / "few-shot" / f"{name}.md").read_text(encoding="utf-8")
    assert f"<!-- figures: {name} -->" in page
    assert page == tables.filled(page), "run: python docs/make_tables.py"


@pytest.mark.parametrize(("page", "names"), [("recommend", ("replay", "library_scale")), ("personal", ("personal",))])
def test_the_tables_of_pages_for_persons_are_those_of_their_results(page, names):
    tables = program("make_tables")
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    assert all(f"<!-- figures: {name} -->" in text for name in names)
    assert text == tables.filled(text), "run: python docs/make_tables.py"


def test_a_table_shows_means_intervals_the_best_row_and_the_worst_style(tmp_path):
    tables = program("make_tables")

    def figure(row, mean, worst_style):
        cell = {"mean": mean, "low": mean - 0.1, "high": mean + 0.05, "worst": mean - 0.2, "worst_style": worst_style}
        return {"row": row, "column": "5-way 1-shot", "unit": "%", **cell}

    figures = [figure("chance", 0.95, "airs"), figure("relation", 0.8, "jigs"), figure("likeness", 0.7, "reels")]
    report = {"name": "recognition", "question": "Which?", "facts": {"size": "full"}, "figures": figures}
    (tmp_path / "recognition.json").write_text(json.dumps(report), encoding="utf-8")
    text = tables.figures("recognition", tmp_path)
    assert "| `relation` | **80.0 [70.0, 85.0]** |" in text
    assert "| `chance` | 95.0 [85.0, 100.0] |" in text
    assert "| `relation` | 60.0 jigs |" in text
    assert tables.figures("recommendation", tmp_path) == "Not measured yet.\n"
    assert "which is no answer" in tables.tables({**report, "facts": {"size": "quick"}})


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_command_in_the_docs_exists_with_its_flags(path):
    common = {"--output", "--out", "-o", "--json", "--quiet", "--progress", "--no-progress", "--strict", "--debug"}
    common |= {"--repeats", "--no-repeats", "--form", "--help", "--version", "-q", "-h"}
    for line in re.findall(r"^(?:    |\$ )(fewnotes [^\n`|]+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        words = shlex.split(line.split("  #")[0])
        if words[1].startswith("-") or words[1].isupper():
            continue
        assert words[1] in (*names("uses"), "version"), line
        use = use_class(find("uses", words[1])) if words[1] != "version" else None
        known = {flag for name, spec in params(use).items() for flag in flag_names(name, spec)} if use else set()
        given = {w for w in words[2:] if re.fullmatch(r"-{1,2}[a-z][a-z-]*", w)}
        assert given <= known | common, line


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_every_link_inside_the_docs_leads_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if not target.startswith(("http", "mailto")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in PAGES:
        assert set(re.findall(r"`make ([a-z-]+)`", path.read_text(encoding="utf-8"))) <= targets


@pytest.mark.slow  # The composer is fitted, which takes seconds.
def test_the_python_of_the_readme_runs(tmp_path, monkeypatch):
    from fewnotes.testing import tiny_pieces

    monkeypatch.chdir(tmp_path)
    for i, piece in enumerate(tiny_pieces()):
        fn.write(piece, tmp_path / "my-tunes" / f"{i}.mid")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    for block in blocks:
        exec(compile(block, "README.md", "exec"), {})
    assert (tmp_path / "draft.musicxml").exists()
