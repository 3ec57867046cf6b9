"""Does an engine copy? Its pieces are held against all that it learned from by a slow matcher that no engine uses.

    python bench/copies.py [--engine markov] [--pieces 2000 | --quick] [--processes N] [--out FILE]

For draw after draw an engine learns from five pieces of a style of meta-test, all styles in turn, and composes four
pieces of 16 bars. Every one is held against each of the five by `copy_matcher`. A breach is a shared passage of more
than 15 notes that lasts longer than 8 quarters, in any key and at any speed, in a line of a track: what the engines'
guard forbids. Beside it stand the same count between the outer lines of whole pieces, which no guard looks at, and
between a real piece of the style and the same five, which says how much people share.

In every draw a passage of 20 notes of one of the five is planted, a semitone higher and half as fast, in a piece that
was composed: a matcher that misses it says nothing about the others.

What is done is kept beside the result in FILE.ENGINE.partial.jsonl, and a run that was stopped goes on from there. A
result holds all engines that were measured into it. It exits with 1 for a breach or a planted passage that is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from copy_matcher import MOST_NOTES, MOST_QUARTERS, Line, lines, shared_by_pieces
from fewnotes.engines import ComposeRequest
from fewnotes.errors import BadInput, FewnotesError
from fewnotes.measure.bank import load_bank
from fewnotes.measure.draws import draws
from fewnotes.measure.generated.plan import capped
from fewnotes.meta import split
from fewnotes.music.piece import Piece, Track, note_array, sort_notes
from fewnotes.registry import find
from fewnotes.style import Style

RESULTS = Path(__file__).parent / "results"
SHOT, BARS, A_DRAW = 5, 16, 4
QUICK, FULL = 8, 2000
PLANTED = 20


class Job(NamedTuple):
    """One draw: what is learned from, a real piece of the style that is not, and how many are composed."""

    name: str
    style: str
    seed: int
    support: tuple[Piece, ...]
    real: Piece
    count: int


def jobs(pieces: int) -> Iterator[Job]:
    """Draws of all styles in turn, until so many pieces are composed."""
    bank = load_bank((split.TEST,))
    styles = bank.styles()
    each = -(-pieces // (A_DRAW * max(1, len(styles)))) + 1
    drawn: dict[str, list[Any]] = {}
    for draw in draws(styles, SHOT, queries=1, each=each):
        drawn.setdefault(draw.style, []).append(draw)
    left = pieces
    for number in range(each):
        for place, (style, some) in enumerate(sorted(drawn.items())):
            if left > 0:
                support = tuple(capped(bank.pieces[i]) for i in some[number].support)
                real = capped(bank.pieces[some[number].query[0]])
                yield Job(f"{style} {number}", style, 1000 * place + number, support, real, min(A_DRAW, left))
                left -= A_DRAW


def answered(engine: str, job: Job) -> dict[str, Any]:
    """What was found in one draw, as it is kept; "failed" with the reason where an engine cannot."""
    module = find("engines", engine)
    found: dict[str, Any] = {"job": job.name, "style": job.style}
    try:
        style = Style(job.style, job.support, {engine: module.learn(job.support, seed=job.seed)})
        outputs = module.compose(style, ComposeRequest(BARS, job.count, job.seed))
    except FewnotesError as error:
        return {**found, "failed": error.what, "pieces": [], "count": job.count}
    found["pieces"] = [compared(piece, job.support) for piece in outputs]
    found["real"] = compared(job.real, job.support)
    copy = planted(outputs[0], job.support, job.seed) if outputs else None
    if copy is not None:
        longest = max(shared.notes for shared in shared_by_pieces(copy, job.support))
        found["planted"] = longest >= PLANTED
    return found


def compared(piece: Piece, support: Sequence[Piece]) -> dict[str, Any]:
    """The longest passage that a piece shares with any of the others, and whether any is over the bound."""
    by_track = shared_by_pieces(piece, support)
    outer = shared_by_pieces(piece, support, outer=True)
    longest = max(range(len(by_track)), key=lambda i: by_track[i].notes)
    return {
        "notes": len(piece.notes),
        "longest": {"piece": longest, **asdict(by_track[longest])},
        "breaches": sum(shared.is_breach for shared in by_track),
        "outer": max(shared.notes for shared in outer),
        "outer_breaches": sum(shared.is_breach for shared in outer),
    }


def planted(piece: Piece, support: Sequence[Piece], seed: int) -> Piece | None:
    """The piece with a track more, in which a passage of one of the others stands a semitone higher and half as fast;
    None where no line of theirs is long enough."""
    rng = np.random.default_rng([seed, 4])
    usable: list[Line] = [line for other in support for line in lines(other) if len(line.onset) > PLANTED]
    if not usable:
        return None
    line = usable[int(rng.integers(len(usable)))]
    first = int(rng.integers(len(line.onset) - PLANTED))
    onset = 2 * (line.onset[first : first + PLANTED + 1] - line.onset[first]) * piece.ticks_per_quarter // line.quarter
    pitch = np.minimum(line.pitch[first : first + PLANTED] + 1, 127)
    track = len(piece.tracks)
    rows = [
        (int(a), max(1, int(b - a)), track, int(p), 80, 0, 0) for a, b, p in zip(onset, onset[1:], pitch, strict=False)
    ]
    return replace(
        piece, tracks=(*piece.tracks, Track()), notes=sort_notes(np.concatenate([piece.notes, note_array(rows)]))
    )


# ----------------------------------------------------------------------------------------------- many draws


def done_before(path: Path, pieces: int) -> dict[str, dict[str, Any]]:
    """The draws that an earlier run of the same size has kept. A last line that was cut off does not count."""
    if not path.exists():
        return {}
    found = {}
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if number == 0 and line != {"pieces asked": pieces}:
            return {}
        if "job" in line:
            found[line["job"]] = line
    return found


def measured(engine: str, pieces: int, processes: int, partial: Path) -> list[dict[str, Any]]:
    """All draws, those kept and those done now, in order."""
    known = done_before(partial, pieces)
    every = list(jobs(pieces))
    wanted = [job for job in every if job.name not in known]
    partial.parent.mkdir(parents=True, exist_ok=True)
    if not known:
        partial.write_text(json.dumps({"pieces asked": pieces}) + "\n", encoding="utf-8")
    with partial.open("a", encoding="utf-8") as file:
        for line in _each(engine, wanted, processes):
            file.write(json.dumps(line) + "\n")
            file.flush()
            known[line["job"]] = line
            print(f"\r{len(known)}/{len(every)} draws", end="", file=sys.stderr, flush=True)
    return [known[job.name] for job in every]


def _each(engine: str, wanted: Sequence[Job], processes: int) -> Iterator[dict[str, Any]]:
    if processes < 2:
        yield from (answered(engine, job) for job in wanted)
        return
    # Processes share the cores already: one thread each.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        yield from pool.map(answered, [engine] * len(wanted), wanted)


def summed(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The result of one engine."""
    outputs = [(line["style"], piece) for line in found for piece in line["pieces"]]
    real = [line["real"] for line in found if "real" in line]
    seen = [line["planted"] for line in found if "planted" in line]
    worst = max(outputs, key=lambda pair: pair[1]["longest"]["notes"], default=("", {"longest": {}}))
    breached = sorted({style for style, piece in outputs if piece["breaches"]})
    return {
        "pieces": len(outputs),
        "styles": len({style for style, _ in outputs}),
        "breaches": sum(piece["breaches"] > 0 for _, piece in outputs),
        "styles_with_breaches": breached,
        "breaches_of_outer_lines": sum(piece["outer_breaches"] > 0 for _, piece in outputs),
        "longest": {"style": worst[0], **worst[1]["longest"]},
        "longest_notes": _spread([piece["longest"]["notes"] for _, piece in outputs]),
        "real_pieces": {
            "pieces": len(real),
            "breaches": sum(piece["breaches"] > 0 for piece in real),
            "longest_notes": _spread([piece["longest"]["notes"] for piece in real]),
        },
        "planted": {"passages": len(seen), "found": sum(seen)},
        "failed": {line["job"]: line["failed"] for line in found if "failed" in line},
    }


def _spread(values: Sequence[int]) -> dict[str, float]:
    if not values:
        return {}
    return {"mean": round(float(np.mean(values)), 2), "median": float(np.median(values)), "most": int(max(values))}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="markov", help="by name")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--pieces", type=int, default=FULL)
    size.add_argument("--quick", dest="pieces", action="store_const", const=QUICK)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=RESULTS / "copies.json")
    asked = parser.parse_args(arguments)
    partial = asked.out.with_suffix(f".{asked.engine}.partial.jsonl")
    try:
        find("engines", asked.engine)
        found = summed(measured(asked.engine, asked.pieces, asked.processes, partial))
    except BadInput as error:
        print(f"skipped: {error.what}")
        return 0
    before = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
    engines = {**before.get("engines", {}), asked.engine: found}
    bound = {"more notes than": MOST_NOTES, "longer than, quarters": MOST_QUARTERS}
    text = json.dumps({"bound": bound, "shot": SHOT, "bars": BARS, "engines": engines}, indent=1)
    asked.out.write_text(text + "\n", encoding="utf-8")
    partial.unlink()
    print(f"\n{asked.engine}: {json.dumps(found, indent=1)}")
    missed = found["planted"]["found"] < found["planted"]["passages"]
    return int(found["breaches"] > 0 or missed or not found["pieces"])


if __name__ == "__main__":
    sys.exit(main())
