"""What editors and programs do differently with the same music, taken away: repeats played out, and names of meters.

One source plays its repeats out and another only writes them; one writes alla breve where another writes four quarters.
Both tell where a file comes from. A section of whole bars that comes again at once, note for note but for its ending,
is kept once; bars of one length are named alike. Measured in `fewnotes.measure.leakage`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece, sort_notes
from fewnotes.music.time import barlines

#: Bars of a section that is looked for, longest first; shorter repeats are music rather than form.
SECTIONS = (16, 12, 8, 4)
#: Bars at its end that may differ, for a first and a second ending.
_ENDING = 1
_SAME = {(2, 2): (4, 4), (2, 1): (4, 2)}


def one_meter_a_length(piece: Piece) -> Piece:
    """The piece with 2/2 as 4/4 and 2/1 as 4/2: the bars stay as long as they are."""
    named = [_SAME.get((m.numerator, m.denominator), (m.numerator, m.denominator)) for m in piece.meters]
    meters = tuple(
        m._replace(numerator=top, denominator=bottom) for m, (top, bottom) in zip(piece.meters, named, strict=True)
    )
    return replace(piece, meters=meters)


def folded(piece: Piece) -> Piece:
    """The piece without the second playing of sections; one of several meters is left as it is."""
    lines = barlines(piece)
    if len(piece.meters) > 1 or len(lines) <= 2 * min(SECTIONS):
        return piece
    onset = piece.notes["onset_tick"].astype(np.int64)
    bar = np.clip(np.searchsorted(lines, onset, side="right") - 1, 0, len(lines) - 2)
    shapes = _shapes(piece, bar, lines)
    keep: list[int] = []
    at = 0
    while at < len(shapes):
        length = next((n for n in SECTIONS if _again(shapes, at, n)), 1)
        keep += range(at, at + length)
        at += 2 * length if length > 1 else 1
    if len(keep) == len(shapes):
        return piece
    lengths = np.diff(lines)[keep]
    shift = np.zeros(len(shapes), np.int64)
    shift[keep] = np.cumsum(lengths) - lengths - lines[keep]
    inside = np.isin(bar, keep)
    notes = piece.notes[inside].copy()
    notes["onset_tick"] += shift[bar[inside]].astype(np.int32)
    return replace(piece, notes=sort_notes(notes), keys=piece.keys[:1], barlines_tick=())


def _shapes(piece: Piece, bar: NDArray[np.int64], lines: NDArray[np.int64]) -> list[bytes]:
    """The notes of every bar as one value: onset in the bar and pitch."""
    onset = piece.notes["onset_tick"] - lines[bar]
    order = np.lexsort((piece.notes["pitch"], onset, bar))
    rows = (onset[order] * 128 + piece.notes["pitch"][order]).astype(np.int64)
    cuts = np.searchsorted(bar[order], np.arange(len(lines)))
    return [rows[a:b].tobytes() for a, b in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True)]


def _again(shapes: list[bytes], at: int, length: int) -> bool:
    """Does a section of `length` bars at bar `at` come again at once, its ending apart? Silence is no section."""
    first, second = shapes[at : at + length - _ENDING], shapes[at + length : at + 2 * length - _ENDING]
    return first == second and len(second) == length - _ENDING and any(first)
