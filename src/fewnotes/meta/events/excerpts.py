"""Sequences for a net of events: excerpts of pieces one after another, moved to other keys, and partly misheard."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.events import (
    BEGIN,
    CLASSES,
    CROWD,
    FAMILIES,
    FAMILY,
    KEY,
    LAST_KEY,
    LEFT,
    LENGTH,
    NO_KEY,
    TIME,
    WITH,
    Events,
    begin,
)  # fmt: skip

Rows = NDArray[np.int32]
#: Steps of silence between pieces.
SILENCE = 48
#: Against learning pieces by heart: sequences are transposed this often and told so, and this share of notes is heard
#: as another key than it was.
TRANSPOSED, MISHEARD = 0.75, 0.03
#: Notes of an excerpt at least, and how often it is the beginning of its piece.
_SHORTEST, _BEGINNINGS = 96, 0.4


def joined(parts: Sequence[Rows]) -> Rows:
    """Pieces one after another, a bar of silence between them on the clock."""
    found, clock = [], 0
    for part in parts:
        part = part.copy()
        part[:, TIME] += clock
        clock = int(part[-1, TIME]) + SILENCE
        found.append(part)
    return np.concatenate(found)


def plain(rows: Rows) -> Rows:
    """Rows of which nothing is asked."""
    rows = rows.copy()
    rows[:, [CLASSES, CROWD, LEFT]] = 0
    return rows


def transposed(rows: Rows, semitones: int) -> Rows:
    """All but drums moved; the events that begin a piece say by how much."""
    rows = rows.copy()
    pitched = rows[:, FAMILY] != FAMILIES - 1
    for column in (KEY, LAST_KEY, *range(WITH.start, WITH.stop)):
        moved = pitched & (rows[:, column] < NO_KEY)
        rows[moved, column] = np.clip(rows[moved, column] + semitones, 0, 127)
    by = semitones % 12
    rows[:, CLASSES] = ((rows[:, CLASSES] << by) | (rows[:, CLASSES] >> (12 - by))) & 4095
    first = rows[:, KEY] == BEGIN
    rows[first, LENGTH] += 2 * by
    return rows


def misheard(rows: Rows, rng: np.random.Generator) -> Rows:
    """Rows of which some keys are not what they were, by up to an octave."""
    heard = rows.copy()
    some = (rng.random(len(rows)) < MISHEARD) & (rows[:, KEY] < NO_KEY)
    heard[some, KEY] = np.clip(rows[some, KEY] + rng.integers(-12, 13, int(some.sum())), 0, NO_KEY - 1)
    return heard


def sequence(pieces: Sequence[Events], length: int, rng: np.random.Generator) -> Rows:
    """(length, F): excerpts of pieces of one style, of which nothing is asked, in one key."""
    parts: list[Rows] = []
    count = 0
    while count < length:
        own = pieces[int(rng.integers(len(pieces)))]
        long = int(rng.integers(_SHORTEST, length))
        last = len(own.rows) - long
        start = 0 if last <= 0 or rng.random() < _BEGINNINGS else int(rng.integers(0, last))
        parts.append(plain(begin(own, own.rows[start : start + long])))
        count += len(parts[-1])
    rows = joined(parts)[:length]
    return transposed(rows, int(rng.integers(-5, 7))) if rng.random() < TRANSPOSED else rows
