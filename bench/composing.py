"""How new pieces of the markov engine differ from what they were learned from: shares of moves, repeats, bits a note.

    python bench/composing.py FOLDER... [--bars 24] [--seed 0]

Each folder is a style; its first five files in order of name are learned, three pieces are composed. A line of figures
for the pieces, and one for what was composed. No result is kept: which styles there are is up to who runs it.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

import fewnotes as fn
from fewnotes.music.time import barlines
from fewnotes.uses.compose import Compose
from fewnotes.uses.learn import Learn


def figures(piece: fn.Piece) -> tuple[float, ...]:
    """Shares of the first track's top line that stay and step; repeated bars; overlaps of one key; silent tracks."""
    notes = piece.notes
    first = notes[notes["track"] == notes["track"].min()]
    top: dict[int, int] = {}
    for onset, pitch in zip(first["onset_tick"].tolist(), first["pitch"].tolist(), strict=True):
        top[onset] = max(top.get(onset, 0), pitch)
    moves = np.abs(np.diff([top[t] for t in sorted(top)]))
    lines = barlines(piece).tolist()
    bars = Counter()
    for start, stop in pairwise(lines):
        inside = notes[(notes["onset_tick"] >= start) & (notes["onset_tick"] < stop)]
        bars[tuple((int(n["onset_tick"]) - start, int(n["pitch"]), int(n["duration_tick"])) for n in inside)] += 1
    ends: dict[tuple[int, int], int] = {}
    overlaps = 0
    for n in notes:
        key = (int(n["track"]), int(n["pitch"]))
        overlaps += ends.get(key, 0) > n["onset_tick"]
        ends[key] = int(n["onset_tick"]) + int(n["duration_tick"])
    count = max(1, len(moves))
    repeated = sum(v - 1 for v in bars.values()) / max(1, bars.total())
    silent = len(piece.tracks) - len(np.unique(notes["track"]))
    return (
        float((moves == 0).sum()) / count,
        float(((moves > 0) & (moves < 3)).sum()) / count,
        repeated,
        overlaps,
        silent,
    )


def row(label: str, pieces: Sequence[fn.Piece]) -> str:
    """Means over pieces, as one line."""
    stay, step, repeated, overlaps, silent = np.mean([figures(p) for p in pieces], axis=0)
    return (
        f"  {label:9} same note {stay:4.0%}  step {step:4.0%}  bars repeated {repeated:4.0%}"
        f"  overlaps {overlaps:.1f}  silent tracks {silent:.1f}"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--bars", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    warnings.simplefilter("ignore", fn.MusicWarning)
    for folder in args.folders:
        pieces = [fn.read(path) for path in sorted(folder.iterdir())[:5]]
        began = time.process_time()
        style = Learn(pieces=pieces, name=folder.name).run()
        found = Compose(style=style, bars=args.bars, candidates=3, seed=args.seed).run()
        took = time.process_time() - began
        bits = ", ".join(f"{d.bits:.2f}" for d in found.drafts if d.bits is not None)
        verdicts = ", ".join(d.check.verdict for d in found.drafts)
        print(f"{folder.name}: {found.usual_bits or 0:.2f} bits left out, {bits} composed; {verdicts}; {took:.1f} s")
        print(row("pieces", pieces))
        print(row("composed", found.pieces))


if __name__ == "__main__":
    main()
