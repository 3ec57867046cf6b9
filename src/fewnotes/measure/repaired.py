"""Candidates for what normalisation could take away besides: measured in `leakage`, not used anywhere else.

`folded` drops sections that are played twice, since one source plays its repeats out and another only writes them.
`one_meter_a_length` names bars of one length alike: 2/2 is 4/4 and 2/1 is 4/2, since that is a habit of the editor.
`barlines_anywhere` is no repair: it shows what is left once it cannot matter where barlines fall.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from fewnotes.music.piece import Piece, sort_notes
from fewnotes.music.time import bar_length_tick, barlines, meter_at

#: Bars of a section that is looked for, longest first; shorter repeats are music rather than form.
SECTIONS = (16, 12, 8, 4)
#: Bars at its end that may differ, for a first and a second ending.
_ENDING = 1


def folded(piece: Piece) -> Piece:
    """The piece without the second playing of sections of whole bars that follow each other note for note."""
    lines = barlines(piece)
    onset = piece.notes["onset_tick"].astype(np.int64)
    bar = np.clip(np.searchsorted(lines, onset, side="right") - 1, 0, max(0, len(lines) - 2))
    shapes = [_shape(piece, np.flatnonzero(bar == i), int(lines[i])) for i in range(len(lines) - 1)]
    keep: list[int] = []
    at = 0
    while at < len(shapes):
        length = next((n for n in SECTIONS if _again(shapes, at, n)), 1)
        keep += range(at, min(at + length, len(shapes)))
        at += 2 * length if length > 1 else 1
    if len(keep) == len(shapes):
        return piece
    shift = np.zeros(len(shapes), np.int64)
    start = 0
    for index in keep:
        shift[index] = start - int(lines[index])
        start += int(lines[index + 1] - lines[index])
    notes = piece.notes[np.isin(bar, keep)].copy()
    notes["onset_tick"] += shift[bar[np.isin(bar, keep)]].astype(np.int32)
    return replace(piece, notes=sort_notes(notes), meters=piece.meters[:1], keys=piece.keys[:1], barlines_tick=())


def _shape(piece: Piece, inside: np.ndarray[tuple[int], np.dtype[np.int64]], start: int) -> bytes:
    notes = piece.notes[inside]
    order = np.lexsort((notes["pitch"], notes["onset_tick"]))
    return (notes["onset_tick"][order] - start).tobytes() + b"|" + notes["pitch"][order].tobytes()


def _again(shapes: list[bytes], at: int, length: int) -> bool:
    """Does a section of `length` bars at bar `at` come again at once, its ending apart?"""
    first, second = shapes[at : at + length - _ENDING], shapes[at + length : at + 2 * length - _ENDING]
    return first == second and len(second) == length - _ENDING


def one_meter_a_length(piece: Piece) -> Piece:
    """The piece with 2/2 as 4/4 and 2/1 as 4/2: the bars stay as long as they are."""
    same = {(2, 2): (4, 4), (2, 1): (4, 2)}
    return replace(
        piece, meters=tuple(m._replace(**_named(same.get((m[1], m[2]), (m[1], m[2])))) for m in piece.meters)
    )


def _named(meter: tuple[int, int]) -> dict[str, int]:
    return {"numerator": meter[0], "denominator": meter[1]}


def barlines_anywhere(piece: Piece) -> Piece:
    """The piece with its barlines moved by some eighths, which follow from its notes: a pickup of that length."""
    eighth = max(1, piece.ticks_per_quarter // 2)
    count = max(1, int(bar_length_tick(meter_at(piece, 0), piece.ticks_per_quarter)) // eighth)
    number = int(piece.content_hash[:8], 16) % count
    return replace(piece, pickup_tick=number * eighth, meters=piece.meters[:1], barlines_tick=())
