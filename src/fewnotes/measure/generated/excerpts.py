"""Music of equal length as every judge hears it: so many full bars, no timbre, as a vector of statistics.

Real and made music go the same way: repeats that are played out are folded, a window of full bars is cut out,
normalised (roles and key are those of the window, every pitched track is a piano) and described. So neither length,
instruments nor the role that a track had in the whole piece can give it away.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.editions import folded, one_meter_a_length
from fewnotes.meta.preprocess import normalised
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import STATISTICS, TIMBRE, statistics
from fewnotes.music.time import barlines

Floats = NDArray[np.float64]
#: A window of fewer notes than this is silence with an accident in it.
LEAST_NOTES = 8
#: What the numbers of a window are called, shape (F,).
NAMES = tuple(s.name for s, timbre in zip(STATISTICS, TIMBRE, strict=True) if not timbre)


def full_bars(piece: Piece) -> int:
    """How many bars there are, a pickup not counted."""
    return len(barlines(piece)) - 1 - bool(piece.pickup_tick)


def windows(piece: Piece, bars: int, most: int = 3) -> list[Piece]:
    """Up to `most` windows of exactly `bars` full bars, evenly spread from the first to the last, as judges hear them.

    They do not overlap: a piece that is too short for that gives fewer. Windows of less than `LEAST_NOTES` notes are
    left out. Empty for a piece of fewer bars.
    """
    piece = folded(one_meter_a_length(piece))
    spare = full_bars(piece) - bars
    if spare < 0:
        return []
    count = min(most, 1 + spare // bars)
    first = int(bool(piece.pickup_tick))
    places = np.unique(np.linspace(0, spare, count).round().astype(int)).tolist() if count > 1 else [0]
    found = (slice_bars(piece, first + at, first + at + bars - 1) for at in places)
    return [_heard_window(window) for window in found if len(window.notes) >= LEAST_NOTES]


def closing(piece: Piece, bars: int) -> Piece | None:
    """The last `bars` full bars of a real piece as judges hear them; None for a piece of fewer, or of too few notes."""
    piece = folded(one_meter_a_length(piece))
    count = len(barlines(piece)) - 1
    if full_bars(piece) < bars:
        return None
    window = slice_bars(piece, count - bars, count - 1)
    return _heard_window(window) if len(window.notes) >= LEAST_NOTES else None


def heard(piece: Piece) -> Piece:
    """The piece without the traces of its source or maker, and without timbre."""
    return normalised(piece, timbre=False)


def _heard_window(window: Piece) -> Piece:
    """The same for a window of a piece that is folded already: it stays as long as it was cut."""
    return normalised(window, timbre=False, editions=False)


def described(pieces: Sequence[Piece]) -> Floats:
    """Statistics of pieces, shape (n, F), in order of `NAMES`; those of instruments are left out."""
    return np.array([statistics(p)[~TIMBRE] for p in pieces], float).reshape(len(pieces), len(NAMES))


def opening(piece: Piece, bars: int) -> Piece | None:
    """The first `bars` full bars of made music as judges hear it; None if it is less than half as long, or silent.

    The last bars may be silent, as in a window of real music.
    """
    piece = folded(one_meter_a_length(piece))
    length = min(bars, full_bars(piece))
    if length < max(1, bars // 2):
        return None
    first = int(bool(piece.pickup_tick))
    window = slice_bars(piece, first, first + length - 1)
    return _heard_window(window) if len(window.notes) >= LEAST_NOTES else None
