"""Bar by bar: for each bar of a piece, the bar of a source that it is most like, in any key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import pitched
from fewnotes.music.time import barlines

Ints = NDArray[np.int64]

_GRID = 12
#: Pairs of notes after which bars are sampled evenly instead of all looked at.
_PAIR_BUDGET = 15_000_000


@dataclass(frozen=True)
class BarMatch:
    """The source bar most like a bar. share: notes that match over notes of the fuller bar. notes: in this bar."""

    bar: int
    notes: int
    share: float
    source: int
    source_bar: int
    transposition: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class _Points(NamedTuple):
    """Distinct (bar index, step within the bar, pitch) of a piece's notes, and the number of bars."""

    bar: Ints
    step: Ints
    pitch: Ints
    bars: int


def bar_by_bar(piece: Piece, sources: Sequence[Piece]) -> tuple[BarMatch, ...]:
    """The best match of every bar that has notes; very large inputs: of bars evenly spread."""
    mine = _points(piece)
    shelf = [_points(source) for source in sources]
    offset = np.concatenate([[0], np.cumsum([s.bars for s in shelf])]).astype(np.int64)
    if not len(mine.bar) or not int(offset[-1]):
        return ()
    bar = np.concatenate([s.bar + o for s, o in zip(shelf, offset[:-1].tolist(), strict=True)])
    step, pitch = np.concatenate([s.step for s in shelf]), np.concatenate([s.pitch for s in shelf])
    order = np.argsort(step, kind="stable")
    source = _Points(bar[order], step[order], pitch[order], int(offset[-1]))
    size = np.bincount(source.bar, minlength=source.bars)
    numbers = np.unique(mine.bar)
    low, high = np.searchsorted(source.step, mine.step, "left"), np.searchsorted(source.step, mine.step, "right")
    pairs = int((high - low).sum())
    if pairs > _PAIR_BUDGET:
        keep = max(4, len(numbers) * _PAIR_BUDGET // pairs)
        numbers = numbers[np.unique(np.linspace(0, len(numbers) - 1, keep).astype(int))]
    found = []
    first = 0 if piece.pickup_tick else 1
    for number in numbers.tolist():
        rows = np.flatnonzero(mine.bar == number)
        share, at, move = _best(mine.pitch[rows], low[rows], high[rows], source, size)
        owner = int(np.searchsorted(offset, at, side="right")) - 1
        source_first = 0 if sources[owner].pickup_tick else 1
        source_bar = at - int(offset[owner]) + source_first
        found.append(BarMatch(number + first, len(rows), round(share, 4), owner, source_bar, move))
    return tuple(found)


def _points(piece: Piece) -> _Points:
    onset = piece.notes["onset_tick"].astype(np.int64)
    starts = barlines(piece)
    use = pitched(piece) if len(onset) else np.zeros(0, bool)
    bar = np.clip(np.searchsorted(starts, onset, side="right") - 1, 0, max(0, len(starts) - 2))
    step = (2 * (onset - starts[bar]) * _GRID + piece.ticks_per_quarter) // (2 * piece.ticks_per_quarter)
    rows = np.stack([bar, step, piece.notes["pitch"].astype(np.int64)], axis=1)[use]
    rows = np.unique(rows, axis=0)
    return _Points(rows[:, 0], rows[:, 1], rows[:, 2], max(0, len(starts) - 1))


def _best(pitch: Ints, low: Ints, high: Ints, source: _Points, size: Ints) -> tuple[float, int, int]:
    """(share, index of the source bar, semitones) of the bar that shares most notes at one transposition."""
    count = high - low
    if not count.sum():
        return 0.0, 0, 0
    note = np.repeat(np.arange(len(pitch)), count)
    place = np.arange(len(note)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(low, count)
    key = source.bar[place] * 256 + (pitch[note] - source.pitch[place] + 128)
    names, together = np.unique(key, return_counts=True)
    share = together / np.maximum(len(pitch), size[names >> 8])
    # Among equals the smallest transposition wins, then the earliest bar: the likeness a reader sees first.
    best = np.lexsort((names >> 8, np.abs((names & 255) - 128), -share))[0]
    return float(share[best]), int(names[best] >> 8), int(names[best] & 255) - 128
