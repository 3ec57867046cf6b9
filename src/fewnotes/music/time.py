"""Time: bars, beats and seconds out of ticks. All functions are pure; ticks are integers.

Conventions
-----------
A bar lasts from its barline to the next. Bars follow from meters and pickup; a meter change always starts
a bar. Where a piece carries its own barlines (`Piece.barlines_tick`), those count.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fewnotes.music.piece import Meter, Piece

DEFAULT_METER = Meter(0, 4, 4)
DEFAULT_QUARTERS_PER_MINUTE = 120.0
_BAR_CAP = 200_000


class Bar(NamedTuple):
    """A view between two barlines. `number` counts from 1, a pickup is number 0, as scores print it."""

    number: int
    onset_tick: int
    end_tick: int
    meter: Meter


def bar_length_tick(meter: Meter, ticks_per_quarter: int) -> Fraction:
    """Length of a full bar in ticks, exact: 23/16 at 480 ticks a quarter is 2760."""
    return Fraction(4 * ticks_per_quarter * meter.numerator, meter.denominator)


def barlines(piece: Piece) -> NDArray[np.int64]:
    """Onsets of all bars in ticks, and the end of the last bar: shape (M + 1,).

    A piece without notes has no bars: shape (1,).
    """
    if piece.barlines_tick:
        lines = np.asarray(piece.barlines_tick, np.int64)
        meter = meter_at(piece, int(lines[-1]))
        length = max(1, round(bar_length_tick(meter, piece.ticks_per_quarter)))
        return np.append(lines, max(piece.end_tick, int(lines[-1]) + length))
    return regular_barlines(piece.meters, piece.pickup_tick, piece.ticks_per_quarter, piece.end_tick)


def regular_barlines(
    meters: Sequence[Meter], pickup_tick: int, ticks_per_quarter: int, end_tick: int
) -> NDArray[np.int64]:
    """Barlines that meters and a pickup imply, up to the first barline at or after `end_tick`: shape (M + 1,).

    At most 200,000 bars; music beyond them counts to the last.
    """
    meters = meters or (DEFAULT_METER,)
    lines = [0]
    if 0 < pickup_tick < end_tick:
        lines.append(pickup_tick)
    for i, meter in enumerate(meters):
        start = max(meter.onset_tick, pickup_tick if i == 0 else 0)
        stop = meters[i + 1].onset_tick if i + 1 < len(meters) else end_tick
        stop = min(stop, end_tick)
        if start >= stop:
            continue
        if lines[-1] < start:
            lines.append(start)
        length = bar_length_tick(meter, ticks_per_quarter)
        count = -int(-(stop - start) // length)
        count = min(count, _BAR_CAP - len(lines))
        onsets = _multiples(start, length, count)
        is_last = i + 1 == len(meters)
        lines.extend((onsets if is_last else np.minimum(onsets, stop)).tolist())
    return np.unique(np.asarray(lines, np.int64))


def _multiples(start: int, length: Fraction, count: int) -> NDArray[np.int64]:
    """start + k * length for k = 1 to `count`, rounded as `round` does, halves to even: shape (count,)."""
    below = length.denominator
    whole, rest = np.divmod(np.arange(1, max(0, count) + 1, dtype=np.int64) * length.numerator, below)
    onset = start + whole
    return np.asarray(onset + ((2 * rest > below) | ((2 * rest == below) & (onset % 2 == 1))), np.int64)


def explicit_barlines(piece: Piece, onsets: Sequence[int]) -> tuple[int, ...]:
    """What to store in `Piece.barlines_tick` for bars that begin at `onsets`: empty if meters already say so."""
    implied = regular_barlines(piece.meters, piece.pickup_tick, piece.ticks_per_quarter, piece.end_tick)[:-1]
    end = max(1, piece.end_tick)
    given = sorted({int(t) for t in onsets if t < end})
    return () if list(implied) == given else tuple(given)


def bars(piece: Piece) -> list[Bar]:
    """All bars of a piece in order."""
    lines = barlines(piece).tolist()
    first = 0 if piece.pickup_tick else 1
    meters = piece.meters or (DEFAULT_METER,)
    found: list[Bar] = []
    i = 0
    for number, (a, b) in enumerate(itertools.pairwise(lines), start=first):
        while i + 1 < len(meters) and meters[i + 1].onset_tick <= a:
            i += 1
        found.append(Bar(number, a, b, meters[i]))
    return found


def bar_index(piece: Piece, ticks: ArrayLike) -> NDArray[np.int64]:
    """Index from 0 into `bars(piece)` of the bar that holds each tick."""
    lines = barlines(piece)
    index = np.searchsorted(lines, np.asarray(ticks, np.int64), side="right") - 1
    return np.clip(index, 0, max(0, len(lines) - 2))


def meter_at(piece: Piece, tick: int) -> Meter:
    """The meter in force at a tick; 4/4 where the piece says none."""
    current = DEFAULT_METER
    for meter in piece.meters:
        if meter.onset_tick > tick:
            break
        current = meter
    return current


def beat_length_tick(meter: Meter, ticks_per_quarter: int) -> Fraction:
    """Length of the felt beat: the denominator's note, or three of them in compound meters (6/8, 9/8, 12/8 ...)."""
    unit = Fraction(4 * ticks_per_quarter, meter.denominator)
    compound = meter.denominator >= 8 and meter.numerator > 3 and meter.numerator % 3 == 0
    return unit * 3 if compound else unit


def seconds(piece: Piece, ticks: ArrayLike) -> NDArray[np.float64]:
    """Clock time of ticks in seconds by the tempos of the piece, same shape as `ticks`."""
    tempos = [(t.onset_tick, t.quarters_per_minute) for t in piece.tempos] or [(0, DEFAULT_QUARTERS_PER_MINUTE)]
    onset = np.asarray([t for t, _ in tempos], np.float64)
    per_tick = np.asarray([60.0 / (q * piece.ticks_per_quarter) for _, q in tempos])
    start = np.concatenate([[0.0], np.cumsum(np.diff(onset) * per_tick[:-1])])
    ticks = np.asarray(ticks, np.float64)
    index = np.clip(np.searchsorted(onset, ticks, side="right") - 1, 0, None)
    return np.asarray(start[index] + (ticks - onset[index]) * per_tick[index])
