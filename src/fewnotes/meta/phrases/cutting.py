"""Cutting pieces into phrases: which bars, on which grid, and which note on which line."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.phrases.shape import (
    BARS,
    BASS,
    DRUM_KINDS,
    FIRST,
    GRIDS,
    HOLD,
    INNER,
    LINES,
    LOWEST,
    MELODY,
    MOST_UNITS,
    PITCHED,
    PITCHES,
    UNIT,
    Frame,
    Phrase,
)
from fewnotes.meta.preprocess import DRUM_FAMILY, STEPS_PER_QUARTER, GridPiece, grid_notes
from fewnotes.meta.roles import Role
from fewnotes.music.piece import Meter, Piece

#: A coarser grid is taken if it moves or merges no more than this share of notes above the best grid.
_TOLERANCE = 0.02
_LEAST_NOTES = 6
_DRUM_OF = {
    35: 36, 40: 38, 43: 41, 48: 50, 53: 51, 59: 51, 52: 49, 55: 49, 57: 49, 54: 42, 69: 70, 82: 70, 56: 51, 60: 50,
    61: 47, 62: 50, 63: 47, 64: 45, 65: 50, 66: 47, 67: 51, 68: 51, 75: 37, 76: 37, 77: 37,
}  # fmt: skip


def phrases(piece: Piece, most: int = 64, hop: int = 2) -> list[Phrase]:
    """Phrases of a piece, normalised as for a net, every `hop` bars, evenly thinned to `most`.

    Four full bars of one meter with six notes or more; a piece without such bars has none.
    """
    grid = grid_notes(piece)
    starts = _starts(grid, hop)
    if len(starts) > most:
        starts = [starts[i] for i in np.linspace(0, len(starts) - 1, most).round().astype(int)]
    return [phrase for bar in starts if (phrase := _phrase(grid, bar)) is not None]


def frame_of(meter: Meter, onsets_step: NDArray[np.int64]) -> Frame | None:
    """The coarsest grid that moves few onsets (steps from a barline), or None where no grid fits the meter."""
    usable = []
    for slots in GRIDS:
        bar = Fraction(4 * meter.numerator, meter.denominator) * slots
        unit = UNIT if slots == UNIT else 4
        if bar.denominator == 1 and BARS * bar % unit == 0 and BARS * bar / unit <= MOST_UNITS:
            step = STEPS_PER_QUARTER // slots
            moved = float(np.mean(onsets_step % step != 0)) if len(onsets_step) else 0.0
            usable.append((slots, moved))
    if not usable:
        return None
    best = min(moved for _, moved in usable)
    slots = next(slots for slots, moved in usable if moved <= best + _TOLERANCE)
    return Frame(Meter(0, meter.numerator, meter.denominator), slots)


def _starts(grid: GridPiece, hop: int) -> list[int]:
    """Bars at which four full bars of one meter begin."""
    lines = grid.barlines_step
    lengths = np.diff(lines)
    wanted = np.array([_bar_steps(_meter_at(grid.meters, int(step))) for step in lines[:-1]], float)
    full = lengths == wanted
    whole = [i for i in range(len(lengths) - BARS + 1) if full[i : i + BARS].all() and _one(wanted[i : i + BARS])]
    first = whole[0] if whole else 0
    return [i for i in whole if (i - first) % hop == 0]


def _one(values: NDArray[np.float64]) -> bool:
    return bool((values == values[0]).all())


def _bar_steps(meter: Meter) -> float:
    return 4 * STEPS_PER_QUARTER * meter.numerator / meter.denominator


def _meter_at(meters: Sequence[Meter], step: int) -> Meter:
    return next((m for m in reversed(meters) if m.onset_tick <= step), Meter(0, 4, 4))


def _phrase(grid: GridPiece, bar: int) -> Phrase | None:
    start, stop = int(grid.barlines_step[bar]), int(grid.barlines_step[bar + BARS])
    meter = _meter_at(grid.meters, start)
    a, b = np.searchsorted(grid.notes["onset_step"], [start, stop]).tolist()
    rows = grid.notes[a:b]
    onset = rows["onset_step"].astype(np.int64) - start
    frame = frame_of(meter, onset)
    if frame is None or len(rows) < _LEAST_NOTES:
        return None
    step = STEPS_PER_QUARTER // frame.slots
    begin = np.minimum((onset + step // 2) // step, frame.length - 1)
    end = (onset + rows["duration_step"].astype(np.int64) + step // 2) // step
    tokens, kept = lines_of(rows, begin, np.clip(end, begin + 1, frame.length), frame.length)
    moved = np.mean(onset % step != 0)
    lost = 1 - (1 - moved) * kept / len(rows)
    return Phrase(tokens, frame, grid.key.mode == "minor", bar, grid.shift, float(lost))


def lines_of(
    rows: NDArray[np.void], begin: NDArray[np.int64], end: NDArray[np.int64], length: int
) -> tuple[NDArray[np.uint8], int]:
    """Tokens (LINES, length) of grid notes that begin and end at slots, and how many notes are in them."""
    tokens = np.zeros((LINES, length), np.uint8)
    free = np.zeros(PITCHED, np.int64)
    kept = 0
    drum = rows["family"] == DRUM_FAMILY
    # The outer voices of a moment first: when inner lines run out, it is the middle that goes.
    rank = np.select([rows["role"] == Role.MELODY, rows["role"] == Role.BASS], [0, 1], 2)
    for i in np.lexsort((-rows["pitch_in_key"].astype(np.int64), rank, begin)).tolist():
        if drum[i]:
            kept += _strike(tokens, int(rows["pitch"][i]), int(begin[i]))
            continue
        line = _line_of(tokens, free, int(rows["role"][i]), int(begin[i]))
        if line < 0:
            continue
        pitch = int(rows["pitch_in_key"][i]) - LOWEST
        pitch = pitch % 12 if pitch < 0 else PITCHES - 12 + pitch % 12 if pitch >= PITCHES else pitch
        tokens[line, begin[i] : free[line]] = 0
        tokens[line, begin[i]] = FIRST + pitch
        tokens[line, begin[i] + 1 : end[i]] = HOLD
        free[line] = end[i]
        kept += 1
    return tokens, kept


def _line_of(tokens: NDArray[np.uint8], free: NDArray[np.int64], role: int, begin: int) -> int:
    """The line for a note: its own if nothing begins there now, else the inner line that is free for longest; or -1."""
    own = {int(Role.MELODY): MELODY, int(Role.BASS): BASS}.get(role)
    if own is not None and tokens[own, begin] < FIRST:
        return own
    open_now = [line for line in INNER if tokens[line, begin] < FIRST]
    if not open_now:
        return -1
    silent = [line for line in open_now if free[line] <= begin]
    return silent[0] if silent else min(open_now, key=lambda line: int(free[line]))


def _strike(tokens: NDArray[np.uint8], key: int, slot: int) -> int:
    """Put a drum stroke; 1 if there was room."""
    key = _DRUM_OF.get(key, key)
    for line, kinds in enumerate(DRUM_KINDS):
        if key in kinds:
            row = PITCHED + line
            if tokens[row, slot] < FIRST:
                tokens[row, slot] = FIRST + kinds.index(key)
                return 1
            return 0
    return 0
