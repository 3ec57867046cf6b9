"""Why a piece is near to a style or far: which statistics say so, and which bars carry the score.

Both are answers to "what if": a statistic is set to what pieces are like on average, or the bars of one segment are
taken out of the piece, and the score is worked out again. What lowers it most carried it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.judge import Judge
from fewnotes.meta.preprocess import normalised
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece, sort_notes
from fewnotes.music.statistics import STATISTICS
from fewnotes.music.time import barlines

#: Stretches of bars that are tried at most.
_TRIED = 12
_LEAST_NOTES = 8


@dataclass(frozen=True)
class Carrier:
    """Bars of a piece, by index from 0, first and last included, and how much log odds they carry."""

    first_bar: int
    last_bar: int
    weight: float


def by_statistic(judge: Judge, piece: Piece, style: Fitted) -> NDArray[np.float64]:
    """Log odds that each statistic adds to the score of a piece, (F,): above 0 it speaks for the style.

    Each in turn is set to the mean of all music the judge knows, the others staying.
    """
    heard = judge.hear([piece])[0]
    rolls = heard.vector[: judge.listener.dimensions]
    changed = np.repeat(heard.statistics[None], len(STATISTICS) + 1, axis=0)
    changed[np.arange(len(STATISTICS)), np.arange(len(STATISTICS))] = 0.0
    x = judge.join(np.repeat(rolls[None], len(changed), axis=0), changed)
    found = style.log_odds(x)
    return np.asarray(found[-1] - found[:-1], np.float64)


def by_bars(judge: Judge, piece: Piece, style: Fitted) -> list[Carrier]:
    """What each segment of a piece carries, most first; empty for a piece of one segment."""
    heard = judge.hear([piece])[0]
    whole = float(style.log_odds(heard.vector[None])[0])
    tidy = normalised(piece)
    found = []
    for first, after in _spans(piece, tidy, heard.bars):
        rest = without_bars(piece, first, after - 1)
        if len(rest.notes) < _LEAST_NOTES:
            continue
        left = float(style.log_odds(judge.embed([rest]))[0])
        found.append(Carrier(first, after - 1, whole - left))
    return sorted(found, key=lambda c: -c.weight)


def _spans(piece: Piece, tidy: Piece, bars: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First bar and the bar after the last of pieces of a segment's length, in the piece as it was given."""
    count = len(barlines(piece)) - 1
    length = max(1, int(np.median(bars[:, 1] - bars[:, 0])) if len(bars) else 4)
    starts = list(range(0, count, length))
    if len(starts) < 2:
        return []
    if len(starts) > _TRIED:
        starts = [starts[i] for i in np.linspace(0, len(starts) - 1, _TRIED).round().astype(int).tolist()]
    return [(a, min(count, a + length)) for a in starts]


def without_bars(piece: Piece, first: int, last: int) -> Piece:
    """The piece with bars `first` to `last` cut out, by index from 0, both included; what follows moves up.

    A piece of those bars alone stays as it is.
    """
    lines = barlines(piece)
    count = len(lines) - 1
    if first <= 0 and last >= count - 1:
        return piece
    if first <= 0:
        return slice_bars(piece, last + 1, count - 1)
    before = slice_bars(piece, 0, first - 1)
    if last >= count - 1:
        return before
    start, stop = int(lines[first]), int(lines[last + 1])
    after = piece.notes[piece.notes["onset_tick"] >= stop].copy()
    after["onset_tick"] -= stop - start
    return replace(
        piece, notes=sort_notes(np.concatenate([before.notes, after])), graces=before.graces, chords=(),
        meters=before.meters, keys=before.keys, tempos=before.tempos,
        barlines_tick=tuple(int(t) for t in (*lines[:first], *(lines[last + 1 : -1] - (stop - start))))
        if piece.barlines_tick else (),
    )  # fmt: skip
