"""Lines of a piece: what a listener can follow, as indices into its notes, and their invariant tokens."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece

#: Onsets are compared on this grid: 32nds and triplets are whole steps.
STEPS_PER_QUARTER = 24
#: The largest time between two onsets that is told apart from longer ones, in steps (42 quarters).
_GAP_CAP = 1023
_GROUP_CAP = 16


class Line(NamedTuple):
    """One melodic line. notes: indices into `piece.notes`, rising in onset. track: index of the track."""

    track: int
    notes: NDArray[np.int64]


def onset_steps(piece: Piece, steps_per_quarter: int = STEPS_PER_QUARTER) -> NDArray[np.int64]:
    """Onsets rounded to the nearest step, shape (T,)."""
    onset = piece.notes["onset_tick"].astype(np.int64)
    return (2 * onset * steps_per_quarter + piece.ticks_per_quarter) // (2 * piece.ticks_per_quarter)


def pitched(piece: Piece) -> NDArray[np.bool_]:
    """Which notes take part in comparisons: all but drums, or all where there is nothing but drums."""
    drums = np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]]
    return ~drums if not drums.all() else np.ones(len(drums), bool)


def lines(piece: Piece) -> list[Line]:
    """Upper and lower line of every track, and the upper line of every notated voice; equal ones once.

    Lines of fewer than three notes are left out.
    """
    found: dict[bytes, Line] = {}
    steps = onset_steps(piece)
    usable = pitched(piece)
    for track in np.unique(piece.notes["track"][usable]).tolist():
        inside = np.flatnonzero(usable & (piece.notes["track"] == track))
        groups = [inside, *_voices(piece, inside)]
        for number, group in enumerate(groups):
            at = steps[group]
            highest = group[np.append(at[1:] != at[:-1], True)]
            lowest = group[np.append(True, at[1:] != at[:-1])]
            for notes in (highest, lowest) if number == 0 else (highest,):
                if len(notes) >= 3:
                    found.setdefault(notes.tobytes(), Line(int(track), notes))
    return list(found.values())


def _voices(piece: Piece, inside: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """The notated voices of a track, the largest sixteen, or none where there is only one."""
    key = piece.notes["staff"][inside].astype(np.int64) * 256 + piece.notes["voice"][inside]
    names, count = np.unique(key, return_counts=True)
    if len(names) < 2:
        return []
    largest = names[np.argsort(-count, kind="stable")[:_GROUP_CAP]]
    return [inside[key == name] for name in largest.tolist()]


def tokens(piece: Piece, line: Line, steps: NDArray[np.int64]) -> NDArray[np.int64]:
    """(interval, ratio of the last two onset distances) of notes 2, 3, ... of a line, as numbers: shape (n - 2,).

    Equal tokens mean equal melodic steps in equal proportion, in any key and any tempo. The ratio is exact on the
    grid of `STEPS_PER_QUARTER`.
    """
    pitch: NDArray[np.int64] = piece.notes["pitch"][line.notes].astype(np.int64)
    onset = steps[line.notes]
    interval = pitch[2:] - pitch[1:-1]
    gap = np.minimum(onset[1:] - onset[:-1], _GAP_CAP)
    before, after = gap[:-1], gap[1:]
    common = np.gcd(before, after)
    return np.asarray(((interval + 128) << 20) | ((before // common) << 10) | (after // common), np.int64)
