"""How fast are files read, beside the libraries people use? Files a second, in one process, in turns.

    python bench/reading.py [--data DIR] [--files N] [--rounds N] [--out results.json]

What is timed is path to object, the file opened and read each time. Slow readers get a sample of the files, spread
evenly; ours is timed on the same sample beside them, and "ours is" compares the two on it. Targets: MIDI at half the
speed of symusic's own parse or better, and 20 times pretty_midi; each is printed as met or NOT MET. Exit status 1 below
the floors, which tell a regression from a noisy machine.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import json
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from fewnotes.codecs import DecodeOptions
from fewnotes.errors import FewnotesError
from fewnotes.registry import find, names

Read = Callable[[str], object]
ROOT = Path(__file__).parents[1]
#: Files that are timed in one go.
BLOCK = 100
#: What we aim at: our rate over that of a peer. The first has been missed since it was set: see docs/LOG.md.
TARGETS = {("midi", "symusic Score(path)"): 0.5, ("midi", "pretty_midi"): 20.0}
#: What fails the run.
FLOORS = {("midi", "symusic Score(path)"): 0.15, ("midi", "pretty_midi"): 20.0}


@dataclass(frozen=True)
class Reader:
    """One way to read a form. sample: how many files a round at most."""

    name: str
    make: Callable[[], Read]
    sample: int = 1_000_000


@dataclass
class Form:
    """A form with the files it is measured on and its readers, the first of them ours."""

    name: str
    files: list[Path]
    readers: list[Reader]


def ours(form: str) -> Read:
    """Our codec in this process: open, read, decode to a Piece with sorted notes."""
    decode, options = find("codecs", form).decode, DecodeOptions()

    def read(path: str) -> object:
        handle = os.open(path, os.O_RDONLY)
        try:
            data = os.read(handle, 65_536)
            if len(data) == 65_536:
                data += os.read(handle, os.fstat(handle).st_size)
        finally:
            os.close(handle)
        return decode(data, options)

    return read


def symusic_score() -> Read:
    score = importlib.import_module("symusic").Score
    return lambda path: score(path)


def symusic_arrays() -> Read:
    """symusic's parse, then its notes as arrays: what a program has to do to compute with them."""
    score = importlib.import_module("symusic").Score
    return lambda path: [track.notes.numpy() for track in score(path).tracks]


def pretty_midi() -> Read:
    module = importlib.import_module("pretty_midi")
    return lambda path: module.PrettyMIDI(path)


def mido() -> Read:
    module = importlib.import_module("mido")
    return lambda path: module.MidiFile(path)


def partitura() -> Read:
    module = importlib.import_module("partitura")
    return lambda path: module.load_score(path)


def music21() -> Read:
    converter = importlib.import_module("music21.converter")
    return lambda path: converter.parse(path, forceSource=True)


def music21_folder() -> Path | None:
    spec = importlib.util.find_spec("music21")
    return Path(spec.origin).parent / "corpus" if spec and spec.origin else None


def forms(data: Path) -> list[Form]:
    """Forms that have files here and a codec in this checkout."""
    corpus = music21_folder()
    scores = lambda pattern: sorted(corpus.rglob(pattern)) if corpus else []  # noqa: E731
    slow = (Reader("partitura", partitura, 12), Reader("music21", music21, 12))
    midi = [
        Reader("symusic Score(path)", symusic_score),
        Reader("symusic + arrays", symusic_arrays),
        Reader("pretty_midi", pretty_midi, 60),
        Reader("mido", mido, 60),
    ]
    found = [
        Form("midi", sorted(data.rglob("*.mid")), midi),
        Form("musicxml", scores("*.mxl") + scores("*.musicxml") + scores("*.xml"), [*slow]),
        Form("kern", scores("*.krn"), [*slow]),
        Form("abc", scores("*.abc"), [slow[1]]),
    ]
    known = names("codecs")
    for form in found:
        form.readers.insert(0, Reader(f"fewnotes {form.name}", lambda name=form.name: ours(name)))
    return [form for form in found if form.files and form.name in known]


def spread(files: list[Path], count: int) -> list[Path]:
    """`count` of the files, evenly spread."""
    if count >= len(files):
        return files
    return [files[i * len(files) // count] for i in range(count)]


def seconds(read: Read, files: list[str]) -> tuple[float, int]:
    """(seconds for all files, how many could not be read)."""
    failed = 0
    began = time.perf_counter()
    for path in files:
        try:
            read(path)
        except Exception:
            failed += 1
    return time.perf_counter() - began, failed


def best_seconds(reads: dict[str, Read], files: list[str], rounds: int) -> dict[str, tuple[float, int]]:
    """For each reader, its seconds for all files and how many failed.

    Files go in blocks of a few hundredths of a second, all readers in turn on each; the best round of each block
    counts, and the blocks are added up. So a busy machine disturbs fast and slow readers alike.
    """
    totals = dict.fromkeys(reads, (0.0, 0))
    for start in range(0, len(files), BLOCK):
        block = files[start : start + BLOCK]
        best = {name: seconds(read, block) for name, read in reads.items()}
        for _ in range(rounds - 1):
            gc.collect()
            best = {name: min(best[name], seconds(read, block)) for name, read in reads.items()}
        totals = {name: (taken + best[name][0], failed + best[name][1]) for name, (taken, failed) in totals.items()}
    return totals


def measure(form: Form, rounds: int) -> dict[str, dict[str, float]]:
    """Files a second and microseconds a file of each reader, and of ours on the same files."""
    reads: dict[Reader, Read] = {}
    for reader in form.readers:
        try:
            reads[reader] = reader.make()
        except (ImportError, FewnotesError) as error:
            print(f"  {reader.name}: skipped ({error})")
    own, results = next(iter(reads)), {}
    for sample in sorted({reader.sample for reader in reads}, reverse=True):
        files = [str(path) for path in spread(form.files, sample)]
        some = {reader.name: read for reader, read in reads.items() if reader.sample == sample or reader == own}
        times = best_seconds(some, files, rounds)
        for name, (taken, failed) in times.items():
            results.setdefault(
                name,
                {
                    "files_per_second": round(len(files) / taken, 1),
                    "microseconds_per_file": round(1e6 * taken / len(files), 1),
                    "files": len(files),
                    "failed": failed,
                    "ours_is": round(taken / times[own.name][0], 3),
                },
            )
    return results


def report(form: str, results: dict[str, dict[str, float]]) -> tuple[dict[str, float], list[str]]:
    """Print one table; (our rate over each peer's, floors that do not hold)."""
    own = f"fewnotes {form}"
    ratios, broken = {}, []
    print(f"\n{form}\n{'reader':24} {'files':>6} {'failed':>6} {'files/s':>10} {'us/file':>10}  ours is")
    for name, row in results.items():
        ratio = ratios[name] = row["ours_is"]
        note = "" if name == own else f"{ratio:.2f} x"
        target, floor = TARGETS.get((form, name)), FLOORS.get((form, name), 0.0)
        if target is not None:
            note += f"  (target {target} x: {'met' if ratio >= target else 'NOT MET'})"
        print(
            f"{name:24} {row['files']:6.0f} {row['failed']:6.0f} {row['files_per_second']:10.1f}"
            f" {row['microseconds_per_file']:10.1f}  {note}"
        )
        if name != own and ratio < floor:
            broken.append(f"{form}: {ratio:.2f} x the speed of {name}, at least {floor} x")
    return ratios, broken


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in ("fewnotes", "numpy", "symusic", "pretty_midi", "mido", "partitura", "music21"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    shared = Path(os.environ.get("FEWNOTES_SHARED", ROOT.parent / "shared"))
    parser.add_argument("--data", type=Path, default=shared / "corpus", help="folder of MIDI files")
    parser.add_argument("--files", type=int, default=1_000_000, help="at most so many files of a form")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--forms", default="", help="only these, with commas between")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    wanted = set(filter(None, arguments.forms.split(",")))
    results, broken = {}, []
    for form in forms(arguments.data):
        if wanted and form.name not in wanted:
            continue
        # Scores are slow for everyone: a hundred of them tell as much.
        form.files = spread(form.files, min(arguments.files, 1_000_000 if form.name == "midi" else 100))
        rows = measure(form, arguments.rounds if form.name == "midi" else 1)
        ratios, unmet = report(form.name, rows)
        results[form.name] = {"readers": rows, "ours_over": ratios}
        broken += unmet
    if not results:
        print(f"No files to read: {arguments.data} holds none, and music21 is not installed. Skipped.")
        return 0
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        facts = {"versions": versions(), "cores": os.cpu_count(), "rounds": arguments.rounds, "forms": results}
        arguments.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    for promise in broken:
        print(f"BELOW THE FLOOR  {promise}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
