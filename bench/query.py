"""How long does a question to a library take: the ten pieces most like a style, out of 2,000 or more?

    python bench/query.py [--quick | --full] [--library NAME] [--rounds N] [--out FILE]

A library is made of the shared corpus, in a folder that is thrown away afterwards; or NAME is one of yours. The style
is learned from five of its pieces. After a first question, which loads the network, so many are timed in one process:

    question    `fewnotes.recommend(style, NAME, update=False)`: the index is read from disk, the style is learned by
                the relation network where it was not, all pieces are scored, ten are chosen and explained
    search      the same with style and index in memory: scored, chosen, and why

Beside the clock stands the time of the processor, which a busy machine does not change much. With 1,000 pieces or more
it exits with 1 if a search takes more than 50 ms of it. Skipped where there is no corpus.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fewnotes
from fewnotes.engines import relation
from fewnotes.errors import FewnotesError
from fewnotes.store.library import Index, Library
from fewnotes.uses._listening import part_of, scores
from fewnotes.uses._listening.indexing import update
from fewnotes.uses.recommend.ranking import choose, reasons, usual

SHARED = Path(os.environ.get("FEWNOTES_SHARED", Path(__file__).parents[2] / "shared")) / "corpus"
QUICK, FULL = 100, 2000
TARGET_MS = 50.0
_NAME = "measured"
_LIKED, _TOLD = 5, 10


def made(folder: Path, most: int) -> None:
    """A library of so many files of the corpus, evenly spaced."""

    def told(done: int, total: int, label: str) -> None:
        print(f"\r{label} {done}/{total}".ljust(78), end="", file=sys.stderr, flush=True)

    files = sorted(folder.glob("*/*.mid"))
    step = max(1, len(files) // most)
    with Library(_NAME) as library:
        update(library, [str(path) for path in files[::step]][:most], told)
    print(file=sys.stderr)


def timed(act: Callable[[], Any], rounds: int) -> dict[str, float]:
    """Milliseconds of so many calls after one that does not count: by the clock, and of the processor."""
    act()
    clock, processor = [], []
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.process_time()
        act()
        clock.append(1000 * (time.perf_counter() - began))
        processor.append(1000 * (time.process_time() - worked))
    found = {"least": min(clock), "median": statistics.median(clock), "processor": statistics.median(processor)}
    return {what: round(value, 2) for what, value in found.items()}


def searched(index: Index, part: Any, liked: Any) -> list[int]:
    """Scored, chosen, and why, as `recommend` does it with an index at hand."""
    related = scores(part, index.vectors)
    chosen = choose(index, related, related >= 0, _TOLD, 0.2)
    commonly = usual(index, liked)
    for i in chosen:
        reasons(index.features[i], liked, commonly)
    return chosen


def measured(name: str, rounds: int) -> dict[str, Any]:
    """All figures of a library."""
    with Library(name, create=False) as library:
        index = library.index(relation.judge().digest)
        paths = [library.paths_of(digest)[0] for digest in index.digests[:_LIKED]]
    style = fewnotes.learn([fewnotes.read_all(path)[0] for path in paths], name="liked")
    style_part, liked = part_of(style), index.features[:_LIKED]
    return {
        "pieces": len(index),
        "rounds": rounds,
        "milliseconds": {
            "question": timed(lambda: fewnotes.recommend(style, name, n=_TOLD, update=False), rounds),
            "search": timed(lambda: searched(index, style_part, liked), rounds),
        },
        "target": TARGET_MS,
    }


def main() -> int:
    """Measure, print, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="pieces", action="store_const", const=QUICK, help=f"{QUICK} pieces (the default)")
    size.add_argument("--full", dest="pieces", action="store_const", const=FULL, help=f"{FULL:,} pieces")
    parser.set_defaults(pieces=QUICK)
    parser.add_argument("--library", metavar="NAME", help="a library that is there already")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    if not arguments.library and not SHARED.is_dir():
        print("skipped: the shared corpus is not here")
        return 0
    try:
        if arguments.library:
            found = measured(arguments.library, arguments.rounds)
        else:
            with tempfile.TemporaryDirectory() as home:
                os.environ["FEWNOTES_HOME"] = home
                made(SHARED, arguments.pieces)
                found = measured(_NAME, arguments.rounds)
    except FewnotesError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(f"A library of {found['pieces']:,} pieces, milliseconds over {found['rounds']} rounds:")
    for what, times in found["milliseconds"].items():
        print(f"   {what:10}" + "   ".join(f"{name} {value:7.2f}" for name, value in times.items()))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    missed = found["pieces"] >= FULL // 2 and found["milliseconds"]["search"]["processor"] > TARGET_MS
    if missed:
        print(f"MISSED: more than {TARGET_MS:g} ms")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
