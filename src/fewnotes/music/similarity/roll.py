"""Windowed piano-roll Jaccard: is a piece oddly close to one source, closer than to the next?

50 ms bins, windows of 8 s, half overlapping, keys as they stand (no transposition). For each source the best
pair of windows counts; a memorised output is close to one source and not to the next, so the ratio of the two
best is the tell-tale.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import pitched
from fewnotes.music.time import seconds

_BIN_SECONDS = 0.05
_WINDOW_BINS = 160
_LONGEST_BINS = 24_000  # twenty minutes
_FEWEST_CELLS = 20


@dataclass(frozen=True)
class Jaccard:
    """top_1 and top_2: the best overlap with the nearest and the next source, 0 to 1. ratio: top_1 over top_2."""

    top_1: float
    top_2: float
    ratio: float
    nearest: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def jaccard(piece: Piece, sources: Sequence[Piece]) -> Jaccard:
    """The nearest and next source by windowed piano-roll Jaccard; only the first twenty minutes of each count."""
    mine = _windows(piece)
    best = np.zeros(len(sources))
    mine_size = mine.sum(axis=1)
    for i, source in enumerate(sources):
        theirs = _windows(source)
        if len(mine) and len(theirs):
            shared = mine @ theirs.T
            union = mine_size[:, None] + theirs.sum(axis=1)[None, :] - shared
            best[i] = float((shared / np.maximum(union, 1)).max())
    order = np.argsort(-best, kind="stable")
    first = float(best[order[0]]) if len(best) else 0.0
    second = float(best[order[1]]) if len(best) > 1 else 0.0
    return Jaccard(
        round(first, 4),
        round(second, 4),
        round(first / second, 3) if second else 0.0,
        int(order[0]) if len(best) else -1,
    )


def _windows(piece: Piece) -> NDArray[np.float32]:
    """Sounding cells of every window that has some, shape (W, 160 * 128)."""
    use = pitched(piece) if len(piece.notes) else np.zeros(0, bool)
    notes = piece.notes[use]
    onset = notes["onset_tick"].astype(np.int64)
    start = np.round(seconds(piece, onset) / _BIN_SECONDS)
    stop = np.round(seconds(piece, onset + notes["duration_tick"]) / _BIN_SECONDS)
    first = np.minimum(start, _LONGEST_BINS).astype(np.int64)
    last = np.minimum(np.maximum(stop, start + 1), _LONGEST_BINS).astype(np.int64)
    length = max(_WINDOW_BINS, int(last.max(initial=0)))
    edge = np.zeros((length + 1, 128), np.int32)
    np.add.at(edge, (first, notes["pitch"]), 1)
    np.add.at(edge, (last, notes["pitch"]), -1)
    roll = (np.cumsum(edge, axis=0)[:-1] > 0).astype(np.float32)
    starts = range(0, length - _WINDOW_BINS + 1, _WINDOW_BINS // 2)
    windows = np.stack([roll[s : s + _WINDOW_BINS].ravel() for s in starts])
    return np.asarray(windows[windows.sum(axis=1) >= _FEWEST_CELLS], np.float32)
