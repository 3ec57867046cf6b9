"""Segments: what a net sees of a piece. 16 quarters from a barline on, as a roll of seven channels.

    channels 0, 1, 2   onsets of melody, harmony, bass        P = 84 keys from C1 (24), other octaves folded in
    channels 3, 4, 5   the same notes while they sound        S = 192 steps, 12 a quarter
    channel  6         drum strokes, one row a drum key
    meter              S steps x 2: is a bar, is a beat beginning here
    families           17 shares of notes: General MIDI families of 8 programs, and drums

Rolls are sparse, so a segment keeps the places of its ones; `rolls` makes arrays of many at once, moved by semitones
and with roles left out if asked. Pieces are normalised first (`fewnotes.meta.preprocess`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.preprocess import DRUM_FAMILY, STEPS_PER_QUARTER, grid_notes, normalised
from fewnotes.meta.roles import Role
from fewnotes.music.piece import Meter, Piece
from fewnotes.music.time import beat_length_tick

QUARTERS = 16
STEPS = QUARTERS * STEPS_PER_QUARTER
CHANNELS, PITCHES, LOWEST = 7, 84, 24
FAMILIES = DRUM_FAMILY + 1
#: Segments of one piece at most, evenly spaced: beyond this a piece says nothing new about its style.
MOST = 12
_DRUMS = CHANNELS - 1
_LEAST_NOTES = 4
_LONGEST_STEPS = 10**6


@dataclass(frozen=True)
class Segments:
    """Segments of one piece in order.

    cells: places of the ones of all rolls, each (channel * P + pitch) * S + step. starts: segment i has
    cells[starts[i]:starts[i + 1]], shape (n + 1,). meter: shape (n, 2, S), bool. families: shape (n, 17).
    bars: first bar and the bar after the last, counted from 0, shape (n, 2).
    """

    cells: NDArray[np.int32]
    starts: NDArray[np.int64]
    meter: NDArray[np.bool_]
    families: NDArray[np.float32]
    bars: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.bars)


def segments(piece: Piece, most: int = MOST, *, timbre: bool = True) -> Segments:
    """The segments of a piece; without notes there is none. timbre=False: every pitched track is a piano."""
    grid = grid_notes(normalised(piece, timbre=timbre))
    notes, lines = grid.notes, grid.barlines_step
    notes = notes[notes["onset_step"] < _LONGEST_STEPS]
    found = []
    for start in _starts(lines, notes, most):
        stop = start + STEPS
        a, b = np.searchsorted(notes["onset_step"], [start, stop]).tolist()
        inside = notes[a:b]
        cells = _cells(inside, start)
        share = np.bincount(inside["family"], minlength=FAMILIES)[:FAMILIES] / max(1, len(inside))
        bars = np.searchsorted(lines, [start, stop])
        found.append((cells, _meter(start, lines, grid.meters), share, bars))
    return Segments(
        np.concatenate([np.zeros(0, np.int32), *(f[0] for f in found)]).astype(np.int32),
        np.cumsum([0, *(len(f[0]) for f in found)]).astype(np.int64),
        np.array([f[1] for f in found], bool).reshape(-1, 2, STEPS),
        np.array([f[2] for f in found], np.float32).reshape(-1, FAMILIES),
        np.array([f[3] for f in found], np.int64).reshape(-1, 2),
    )


def _starts(lines: NDArray[np.int64], notes: NDArray[np.void], most: int) -> list[int]:
    """Onsets of the segments in steps: on barlines, a segment apart as nearly as bars allow."""
    if not len(notes):
        return []
    end = int(notes["onset_step"].max()) + 1
    targets = np.arange(0, end, STEPS)
    near = lines[np.clip(np.searchsorted(lines, targets + 1) - 1, 0, len(lines) - 1)]
    # In a bar of great length the target itself is the start.
    starts = np.unique(np.where(targets - near < STEPS // 2, near, targets))
    counts = np.searchsorted(notes["onset_step"], starts + STEPS) - np.searchsorted(notes["onset_step"], starts)
    enough = counts >= _LEAST_NOTES
    starts = starts[enough] if enough.any() else starts[[int(np.argmax(counts))]]
    if len(starts) > most:
        starts = starts[np.linspace(0, len(starts) - 1, most).round().astype(int)]
    return [int(s) for s in starts]


def _cells(notes: NDArray[np.void], start: int) -> NDArray[np.int64]:
    onset = notes["onset_step"].astype(np.int64) - start
    length = np.minimum(notes["duration_step"].astype(np.int64), STEPS - onset)
    drums = notes["family"] == DRUM_FAMILY
    role = np.minimum(notes["role"].astype(np.int64), int(Role.BASS))
    row = _folded(notes["pitch"].astype(np.int64) - LOWEST)
    channel = np.where(drums, _DRUMS, role)
    struck = (channel * PITCHES + row) * STEPS + onset
    held = ((role + 3) * PITCHES + row) * STEPS + onset
    length = np.where(drums, 0, length)
    ends = np.cumsum(length)
    total = int(ends[-1]) if len(ends) else 0
    sounding = np.repeat(held - (ends - length), length) + np.arange(total)
    return np.unique(np.concatenate([struck, sounding]))


def _folded(row: NDArray[np.int64]) -> NDArray[np.int64]:
    """Rows outside 0 to P - 1 by octaves into it."""
    row = np.where(row < 0, row % 12, row)
    return np.where(row >= PITCHES, PITCHES - 12 + row % 12, row)


def _meter(start: int, lines: NDArray[np.int64], meters: Sequence[Meter]) -> NDArray[np.bool_]:
    found = np.zeros((2, STEPS), bool)
    inside = lines[(lines >= start) & (lines < start + STEPS)]
    found[0, inside - start] = True
    meter = next((m for m in reversed(meters) if m.onset_tick <= start), Meter(0, 4, 4))
    beat = max(1, round(float(beat_length_tick(meter, STEPS_PER_QUARTER))))
    place = np.arange(STEPS) + start
    before = lines[np.clip(np.searchsorted(lines, place, side="right") - 1, 0, len(lines) - 1)]
    found[1] = (place - before) % beat == 0
    return found


def rolls(
    cells: Sequence[NDArray[np.int32]], shifts: Sequence[int] | None = None, keep: NDArray[np.bool_] | None = None
) -> NDArray[np.uint8]:
    """Rolls of segments, shape (B, C, P, S), 0 and 1.

    cells: the places of each segment. shifts: semitones up, one a segment; drums stay. keep: which of melody, harmony,
    bass and drums to draw, shape (B, 4).
    """
    count = len(cells)
    found = np.zeros((count, CHANNELS * PITCHES * STEPS), np.uint8)
    number = np.repeat(np.arange(count), [len(c) for c in cells])
    place = np.concatenate([np.zeros(0, np.int32), *cells]).astype(np.int64)
    channel, row, step = place // (PITCHES * STEPS), place // STEPS % PITCHES, place % STEPS
    if keep is not None:
        layer = np.where(channel == _DRUMS, 3, channel % 3)
        use = keep[number, layer]
        number, channel, row, step = number[use], channel[use], row[use], step[use]
    if shifts is not None:
        moved = _folded(row + np.asarray(shifts, np.int64)[number])
        row = np.where(channel == _DRUMS, row, moved)
    found[number, (channel * PITCHES + row) * STEPS + step] = 1
    return found.reshape(count, CHANNELS, PITCHES, STEPS)
