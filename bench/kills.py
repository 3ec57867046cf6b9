"""Is the store ever torn? kill -9 at random moments of learning and saving, and at every single step of a save.

    python bench/kills.py [--count 200] [--seed 1] [--out bench/results/kills.json]

Three trials, each with real processes and a fresh reader:

killed at random    a child learns a style from small pieces and saves it, again and again, as small or as large
                    files; it is killed at a random moment. Then every published version must load and verify,
                    and every save that the child had acknowledged must be there with the digest it had.
                    A control writes the same bytes straight to their final name: it must be found torn, else the
                    trial proves nothing.
killed at each step  the child ends at the n-th call to the system that a save makes, before it and after it, for
                    all n; a write also half-way. The same for renaming and removing.
many at once        eight processes save one name together: as many versions as saves, each whole, none mixed.
"""

from __future__ import annotations

import argparse
import collections
import io
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fewnotes
from fewnotes.registry import names
from fewnotes.store import list_styles, remove, rename, save_style, verify
from fewnotes.style import Part, Style
from fewnotes.style_file import encode_style
from fewnotes.testing import tiny_pieces

NAME = "killed"
#: How a child lives: what it saves, floats in its array, seconds within which it is killed.
VARIANTS = {"learned": (0, 2.0), "small": (64, 0.05), "large": (2**19, 0.2), "control": (2**20, 0.1)}
ACTIONS: dict[str, Callable[[Path], object]] = {
    "rename": lambda home: rename(NAME, "renamed", home),
    "remove": lambda home: remove(NAME, home),
}
_HOMES_EACH = 8


# --- the child


class Child:
    """A process that learns and saves; forked, so that it starts at once."""

    def __init__(self, variant: str, home: Path, saves: int = 10**6, stop_at: int = 0) -> None:
        reader, writer = os.pipe()
        self.process = os.fork()
        if self.process == 0:
            status = 1
            try:
                os.close(reader)
                sys.stdout = os.fdopen(writer, "w")
                live(variant, home, saves, stop_at)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(writer)
        self.output = os.fdopen(reader)

    def kill(self) -> None:
        os.kill(self.process, signal.SIGKILL)

    def finish(self) -> tuple[str, int]:
        """What it printed (in all) and its exit status, once it is gone."""
        with self.output:
            text = self.output.read()
        return text, os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])


def live(variant: str, home: Path, saves: int, stop_at: int) -> None:
    """Learn and save until killed, or `saves` times; each save is acknowledged on one line once it returned."""
    steps = Steps(stop_at) if stop_at else None
    if steps and variant in ACTIONS:
        steps.begin()
        ACTIONS[variant](home)
        return
    for turn in range(saves):
        mark = os.getpid() * 10_000 + turn
        if variant == "learned":
            style = fewnotes.learn(list(tiny_pieces()[:2]), name=NAME, seed=turn)
        else:
            array = np.full(VARIANTS[variant][0], mark, np.float64)
            style = Style(NAME, tiny_pieces(), {"none": Part({"a": array}, {"mark": mark})})
        if variant == "control":
            number = write_in_place(style, home)
        else:
            if steps:
                steps.begin()
            number = save_style(style, NAME, home).version
            if steps:
                steps.end()
        print(number, style.digest, flush=True)


def write_in_place(style: Any, home: Path) -> int:
    """What a careless program does."""
    folder = home / "styles" / NAME
    folder.mkdir(parents=True, exist_ok=True)
    number = len(list(folder.iterdir())) + 1
    (folder / f"v{number:04d}.style").write_bytes(encode_style(style))
    return number


class Steps:
    """Counts the calls to the system that a save makes, and ends the process at the n-th, before or after it.

    Step 2n - 1 is the moment before call n, step 2n the moment after. A write is two calls: half of it, then the rest.
    """

    def __init__(self, stop_at: int) -> None:
        self.stop_at, self.count, self.counting = stop_at, 0, False
        for name in ("mkdir", "link", "replace", "rename", "unlink", "rmdir", "fsync", "open", "close"):
            setattr(os, name, self.wrapped(getattr(os, name)))
        self.plain_open = io.open
        io.open = self.opened

    def begin(self) -> None:
        self.counting = True

    def end(self) -> None:
        self.counting = False
        print("steps", self.count, flush=True)

    def step(self) -> None:
        self.count += self.counting
        if self.counting and self.count == self.stop_at:
            os._exit(9)

    def wrapped(self, call: Any) -> Any:
        def counted(*args: Any, **keywords: Any) -> Any:
            self.step()
            result = call(*args, **keywords)
            self.step()
            return result

        return counted

    def opened(self, file: Any, mode: str = "r", *args: Any, **keywords: Any) -> Any:
        handle = self.wrapped(self.plain_open)(file, mode, *args, **keywords)
        if "b" not in mode or "r" in mode:
            return handle
        write = handle.write

        def in_halves(data: bytes) -> int:
            half = len(data) // 2
            for part in (data[:half], data[half:]):
                self.step()
                write(part)
                handle.flush()
                self.step()
            return len(data)

        return _Halves(handle, in_halves)


class _Halves:
    """A file whose `write` is another."""

    def __init__(self, file: Any, write: Any) -> None:
        self._file, self.write = file, write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Halves:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


# --- the parent


def acknowledged(lines: str) -> dict[int, str]:
    """Version -> digest of the saves that returned. A line without its end was not printed whole."""
    whole = [line.split() for line in lines.splitlines(keepends=True) if line.endswith("\n")]
    return {int(words[0]): words[1] for words in whole if words[0].isdigit()}


def faults(home: Path, promised: dict[int, str]) -> list[str]:
    """What is wrong in a store: versions that do not verify, and acknowledged ones that are not there as they were."""
    found = [f"{f.code}: {f.message}" for f in verify(home=home) if f.code != "stale-temporary"]
    there = {entry.version: entry.facts for entry in list_styles(home)}
    for version, digest in promised.items():
        facts = there.get(version)
        if version not in there:
            found.append(f"lost: version {version} was acknowledged")
        elif facts and facts.digest != digest:  # a version without facts is damaged, as `verify` has said
            found.append(f"mixed: version {version} is another style")
    return found


def where_it_died(home: Path, before: set[Path], size: int) -> str:
    """What the last child was doing, told by the temporary file it left."""
    left = list(temporaries(home) - before)
    if not left:
        return "between saves"
    return "while writing" if left[0].stat().st_size < size else "around publishing"


def killed_at_random(variant: str, count: int, rng: random.Random) -> dict[str, Any]:
    """Kill a child `count` times; homes are used some times over, so that saves meet what the dead left.

    Every other kill is aimed: it waits for a temporary file, so that many fall within the writing.
    """
    moments: collections.Counter[str] = collections.Counter()
    torn, versions, size = 0, 0, 1
    wrong: list[str] = []
    promised: dict[int, str] = {}
    home = Path()
    for trial in range(count):
        if trial % _HOMES_EACH == 0 or variant == "control":
            shutil.rmtree(home) if trial else None
            home, promised = Path(tempfile.mkdtemp(prefix="fewnotes-kills-")), {}
        before = temporaries(home)
        process = Child(variant, home)
        time.sleep(rng.random() * VARIANTS[variant][1])
        if trial % 2 or variant == "control":
            aim(home, "styles/*/v*" if variant == "control" else "styles/*/.tmp-*", rng)
        process.kill()
        acked = acknowledged(process.finish()[0])
        versions += len(acked)
        promised |= acked
        size = max([size, *(p.stat().st_size for p in home.rglob("v*.style"))])
        moments[where_it_died(home, before, size)] += 1
        found = faults(home, promised)
        torn += any(f.startswith("damaged") for f in found)
        wrong += found
    shutil.rmtree(home)
    return {
        "kills": count,
        "torn": torn,
        "faults": len(wrong),
        "acknowledged": versions,
        "died": dict(moments),
        "examples": wrong[:3],
    }


def temporaries(home: Path) -> set[Path]:
    """What is being written, or was when its process died."""
    return set((home / "styles").glob("*/.tmp-*"))


def aim(home: Path, pattern: str, rng: random.Random) -> None:
    """Wait until a save begins to write, and then a moment that is shorter than most writes."""
    before = set(home.glob(pattern))
    patience = time.perf_counter() + 5
    while time.perf_counter() < patience and not set(home.glob(pattern)) - before:
        time.sleep(0.0002)  # a busy wait would keep the child from the only core there may be
    time.sleep(rng.random() * 0.004)


def killed_at_each_step() -> dict[str, Any]:
    """End a second save at each of its steps. The first one must stay, and what is published must be whole."""
    wrong, done, published = [], 0, 0
    for stop_at in range(1, 1000):
        home = Path(tempfile.mkdtemp(prefix="fewnotes-kills-"))
        try:
            first, _ = Child("small", home, 1).finish()
            second, status = Child("small", home, 1, stop_at).finish()
            wrong += [f"step {stop_at}: {f}" for f in faults(home, acknowledged(first) | acknowledged(second))]
            if status == 0:
                break
            done += 1
            published += len(list(home.rglob("v*.style"))) == 2
            third = acknowledged(Child("small", home, 1).finish()[0])
            wrong += [f"after step {stop_at}: {f}" for f in faults(home, acknowledged(first) | third)]
            if status != 9 or not third:
                wrong.append(f"step {stop_at}: exit {status}, and the next save {'worked' if third else 'failed'}")
        finally:
            shutil.rmtree(home)
    return {"steps": done, "published": published, "faults": len(wrong), "examples": wrong[:3]}


def changed_at_each_step(action: str) -> dict[str, Any]:
    """End a rename or a removal at each of its steps: a rename may leave both names, but loses nothing and adds
    nothing; a removal leaves all versions or none. Nothing but temporary files may be left half-way.
    """
    wrong, done = [], 0
    prepared = Path(tempfile.mkdtemp(prefix="fewnotes-kills-"))
    Child("small", prepared, 2).finish()
    before = {e.version: e.facts.digest for e in list_styles(prepared) if e.facts}
    for stop_at in range(1, 1000):
        home = Path(tempfile.mkdtemp(prefix="fewnotes-kills-"))
        try:
            shutil.copytree(prepared, home, dirs_exist_ok=True)
            status = Child(action, home, 1, stop_at).finish()[1]
            after = list_styles(home)
            there = {e.version: e.facts.digest for e in after if e.facts}
            whole = there == before or (action == "remove" and not there)
            by_name = collections.Counter(e.name for e in after)
            if action == "rename" and (not by_name or max(by_name.values()) != len(before)):
                whole = False
            if not whole or faults(home, {}) or status not in (0, 9):
                wrong.append(f"{action} step {stop_at}: exit {status}, {dict(by_name)}, {faults(home, {})}")
            if status == 0:
                break
            done += 1
        finally:
            shutil.rmtree(home)
    shutil.rmtree(prepared)
    return {"steps": done, "faults": len(wrong), "examples": wrong[:3]}


def many_at_once(processes: int, saves: int) -> dict[str, Any]:
    """Several processes save one name: distinct versions, all there, each as its writer had it."""
    home = Path(tempfile.mkdtemp(prefix="fewnotes-kills-"))
    try:
        ended = [child.finish() for child in [Child("small", home, saves) for _ in range(processes)]]
        promised: dict[int, str] = {}
        for text, _ in ended:
            promised |= acknowledged(text)
        wrong = faults(home, promised) + [f"exit {status}" for _, status in ended if status]
        if sorted(promised) != list(range(1, processes * saves + 1)):
            wrong.append(f"{len(promised)} versions of {processes * saves}")
        return {"processes": processes, "versions": len(promised), "faults": len(wrong), "examples": wrong[:3]}
    finally:
        shutil.rmtree(home)


def trials(count: int, rng: random.Random, only: list[str] | None) -> dict[str, dict[str, Any]]:
    """The results of all trials, or of those named; `count` kills are shared out over what is saved."""
    slow = count // 5 if names("engines") else 0  # learning takes its time
    shares = {"small": (count - slow) // 2, "large": count - slow - (count - slow) // 2, "learned": slow}
    shares["control"] = max(8, count // 10)
    wanted = only or [*shares, "each-step", "each-rename", "each-remove", "at-once"]
    results = {v: killed_at_random(v, n, rng) for v, n in shares.items() if n and v in wanted}
    if "each-step" in wanted:
        results["each-step"] = killed_at_each_step()
    results |= {f"each-{a}": changed_at_each_step(a) for a in ACTIONS if f"each-{a}" in wanted}
    if "at-once" in wanted:
        results |= {f"at-once {n}": many_at_once(n, 10) for n in (2, 8)}
    return results


def main(arguments: list[str] | None = None) -> int:
    """Run all trials; 0 if nothing was torn, lost or mixed, and the control was."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="kills, over all variants")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--only", nargs="+", metavar="TRIAL", help="as the results name them")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    results = trials(options.count, random.Random(options.seed), options.only)
    for name, result in results.items():
        print(f"{name:12}", "  ".join(f"{k} {v}" for k, v in result.items() if k != "examples" or v))
    bad = sum(result["faults"] for name, result in results.items() if name != "control")
    held = not bad and ("control" not in results or results["control"]["torn"] > 0)
    print(f"{bad} faults. {'The promise holds.' if held else 'NOT AS PROMISED, or the control was never torn.'}")
    if options.out:
        facts = {"count": options.count, "seed": options.seed, "seconds": round(time.perf_counter() - began, 1)}
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(facts | {"results": results}, indent=1) + "\n", encoding="utf-8")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
