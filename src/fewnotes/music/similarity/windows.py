"""Set-based likeness: how much of a window of music is one moved copy of a place in a source.

Cardinality score (Collins et al., used in the originality report of Yin, Reuben, Stepney and Collins 2022):
for point sets P and Q of (onset, pitch), the largest number of points that one translation maps from P into Q,
over the larger of the two sizes. Here P is a window of eight beats and Q what stands in the translated window.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import onset_steps, pitched
from fewnotes.music.similarity.passages import bar_numbers
from fewnotes.music.time import beat_length_tick, meter_at

#: Distinct (onset step, pitch) of notes in order, shape (P, 2).
Points = NDArray[np.int64]

WINDOW_BEATS = 8
#: Windows with fewer notes than this, or than half the usual number, fit anywhere and are not scored.
_FEWEST_NOTES = 4
_MOST_NOTES = 2000
#: Byte additions after which windows are sampled evenly instead of all taken: about two seconds.
_BUDGET = 6_000_000_000
_GRID = 12
#: Music beyond this many steps (some nine hours) is not looked at, however long a silence a file claims.
_LONGEST_STEPS = 400_000


@dataclass(frozen=True)
class Window:
    """The best translation of one window. share: 0 to 1. bar and source_bar: where the windows begin."""

    share: float
    bar: int
    source: int
    source_bar: int
    transposition: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def window_shares(piece: Piece, sources: Sequence[Piece], most: int = 100_000) -> list[Window]:
    """The best match of every window of eight beats, half overlapping, among the sources.

    At most `most` windows, and fewer for very large inputs, are looked at, evenly spread.
    """
    scale = _common_scale([piece, *sources])
    grid = _GRID // scale
    points = _points(piece, grid)
    if len(points) < _FEWEST_NOTES or not sources:
        return []
    beat = beat_length_tick(meter_at(piece, 0), piece.ticks_per_quarter)
    width = max(1, round(float(WINDOW_BEATS * beat / piece.ticks_per_quarter) * grid))
    rolls = [_points(source, grid) for source in sources]
    starts = np.arange(0, int(points[-1, 0]) + 1, max(1, width // 2))
    work = sum(int(r[-1, 0] if len(r) else 0) + 2 * width for r in rolls) * 100 * max(1, 2 * len(points))
    allowed = int(min(most, max(4, len(starts) * _BUDGET // max(1, work)), len(starts)))
    starts = starts[np.unique(np.linspace(0, len(starts) - 1, allowed).astype(int))]
    fewest = max(_FEWEST_NOTES, len(points) * width // (2 * (int(points[-1, 0]) + width)))
    found = []
    for start in starts.tolist():
        inside = points[(points[:, 0] >= start) & (points[:, 0] < start + width)]
        if fewest <= len(inside) <= _MOST_NOTES:
            share, index, shift, move = _best_source(inside - np.array([start, 0]), rolls, width)
            here = bar_numbers(piece, [start * piece.ticks_per_quarter // grid])[0]
            source = sources[index]
            there = bar_numbers(source, [max(0, shift) * source.ticks_per_quarter // grid])[0]
            found.append(Window(round(share, 4), here, index, there, move))
    return found


def _common_scale(pieces: Sequence[Piece]) -> int:
    """The largest divisor of the grid that all onsets keep: sixteenths need four steps a quarter, not twelve."""
    common = _GRID
    for piece in pieces:
        if len(piece.notes):
            common = int(np.gcd(common, np.gcd.reduce(onset_steps(piece, _GRID))))
    return common


def _points(piece: Piece, grid: int) -> Points:
    """Distinct (onset step, pitch) of the notes that count, shape (P, 2), in order."""
    use = pitched(piece) if len(piece.notes) else np.zeros(0, bool)
    pairs = np.stack([onset_steps(piece, grid)[use], piece.notes["pitch"][use].astype(np.int64)], axis=1)
    return np.unique(pairs[pairs[:, 0] < _LONGEST_STEPS], axis=0)


def _best_source(window: Points, rolls: Sequence[Points], width: int) -> tuple[float, int, int, int]:
    """(share, index of the source, onset step of its window, semitones from source to window)."""
    best = (0.0, 0, 0, 0)
    for index, roll in enumerate(rolls):
        if len(roll):
            share, shift, move = _translate(window, roll, width, best[0])
            if share > best[0]:
                best = (share, index, shift, move)
    return best


def _translate(window: Points, roll: Points, width: int, floor: float) -> tuple[float, int, int]:
    """Best (score, onset of the matching window in the source, semitones from source to window) above `floor`.

    All translations at once: the source is one flat row of bytes, time by pitch, and every note of the window adds
    that row, moved by its own place. Padding in pitch keeps rows apart.
    """
    lowest, low = int(window[:, 1].min()), int(roll[:, 1].min())
    spread = int(window[:, 1].max()) - lowest
    stride = int(roll[:, 1].max()) - low + 1 + spread
    length = int(roll[-1, 0]) + 1
    rows = length + width
    kind = np.uint8 if len(window) <= 255 else np.uint16
    flat = np.zeros((rows + width) * stride + spread, kind)
    flat[(roll[:, 0] + width) * stride + roll[:, 1] - low + spread] = 1
    total = np.zeros(rows * stride, kind)
    for step, pitch in window.tolist():
        offset = step * stride + pitch - lowest
        np.add(total, flat[offset : offset + len(total)], out=total)
    if int(total.max()) <= floor * len(window):
        return 0.0, 0, 0
    table = total.reshape(rows, stride)
    most = table.max(axis=1)
    onsets = np.bincount(roll[:, 0] + width, minlength=rows + width)
    cumulative = np.concatenate([[0], np.cumsum(onsets)])
    there = cumulative[width : width + rows] - cumulative[:rows]
    score = most / np.maximum(len(window), there)
    row = int(score.argmax())
    # Column c adds the source pitches at c - spread + low under the window's lowest note.
    move = lowest - (int(table[row].argmax()) - spread + low)
    return float(score[row]), row - width, move
