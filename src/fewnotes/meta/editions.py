"""What editors and programs do differently with the same music, taken away: repeats played out, and names of meters.

One source plays its repeats out and another only writes them; one writes alla breve where another writes four quarters.
Both tell where a file comes from. A section of whole bars that comes again at once, note for note but for its ending,
is kept once, with its second ending, which leads on; bars of one length are named alike. Measured in
`fewnotes.measure.leakage`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece, sort_notes
from fewnotes.music.time import barlines

#: Bars of a section that is looked for, longest first, and how many at its end may differ, for a first and a second
#: ending. Four bars with two endings are a period, which is music rather than form, as shorter repeats are.
SECTIONS = {16: 1, 12: 1, 8: 1, 4: 0}
_SAME = {(2, 2): (4, 4), (2, 1): (4, 2)}


def one_meter_a_length(piece: Piece) -> Piece:
    """The piece with 2/2 as 4/4 and 2/1 as 4/2: the bars stay as long as they are."""
    named = [_SAME.get((m.numerator, m.denominator), (m.numerator, m.denominator)) for m in piece.meters]
    meters = tuple(
        m._replace(numerator=top, denominator=bottom) for m, (top, bottom) in zip(piece.meters, named, strict=True)
    )
    return replace(piece, meters=meters)


def folded(piece: Piece) -> Piece:
    """The piece without the first playing of sections that are played twice, folded until there is none.

    One of several meters is left as it is.
    """
    once = _folded_once(piece)
    while once is not piece:
        piece, once = once, _folded_once(once)
    return piece


def _folded_once(piece: Piece) -> Piece:
    lines = barlines(piece)
    if len(piece.meters) > 1 or len(lines) <= 2 * min(SECTIONS):
        return piece
    onset = piece.notes["onset_tick"].astype(np.int64)
    bar = np.clip(np.searchsorted(lines, onset, side="right") - 1, 0, len(lines) - 2)
    shapes = _shapes(piece, bar, lines)
    keep: list[int] = []
    at = 0
    while at < len(shapes):
        length = next((n for n in SECTIONS if _again(shapes, at, n)), 0)
        # The last bar comes from the second playing: the first one has the upbeat of the same section in it again.
        keep += [*range(at, at + length - 1), at + 2 * length - 1] if length else [at]
        at += 2 * length or 1
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
    same = length - SECTIONS[length]
    first, second = shapes[at : at + same], shapes[at + length : at + length + same]
    return first == second and at + 2 * length <= len(shapes) and any(first)
