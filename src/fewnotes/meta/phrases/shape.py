"""What a phrase is: eight lines of tokens on the slots of four bars."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.preprocess import STEPS_PER_QUARTER
from fewnotes.music.piece import Meter
from fewnotes.music.time import beat_length_tick

BARS = 4
LINES, PITCHED, DRUMS = 8, 5, 3
MELODY, INNER, BASS = 0, (1, 2, 3), 4
REST, HOLD, FIRST = 0, 1, 2
LOWEST, PITCHES = 24, 72
VOCABULARY = FIRST + PITCHES
#: Slots of one unit at most; a grid of 2 or 4 slots a quarter uses the first four.
UNIT = 6
#: A phrase has at most this many units; longer bars take a coarser grid.
MOST_UNITS = 24
#: Numbers that say where a unit lies, and numbers about the whole phrase.
FACTS = 2 * UNIT + 6 + BARS + 3 + 1
WISHES = 1 + LINES + 1
#: Slots a quarter that a grid may have.
GRIDS = (2, 4, 6)
#: General MIDI keys of the drum lines, in order of kind; a key that is not here goes to the nearest line.
DRUM_KINDS: tuple[tuple[int, ...], ...] = ((36, 41, 45), (38, 37, 39, 47, 50), (42, 46, 51, 49, 44, 70))


@dataclass(frozen=True)
class Frame:
    """What a phrase is laid on. meter: of its bars. slots: a quarter, 2, 4 or 6.

    `bar` and `unit` are slots; a phrase has `units` units, which need not begin with bars.
    """

    meter: Meter
    slots: int

    @property
    def bar(self) -> int:
        return int(Fraction(4 * self.meter.numerator, self.meter.denominator) * self.slots)

    @property
    def unit(self) -> int:
        return UNIT if self.slots == UNIT else 4

    @property
    def length(self) -> int:
        return BARS * self.bar

    @property
    def units(self) -> int:
        return self.length // self.unit

    @property
    def beat(self) -> int:
        """Slots of a beat, at least one."""
        return max(1, round(float(beat_length_tick(self.meter, STEPS_PER_QUARTER)) * self.slots / STEPS_PER_QUARTER))


@dataclass(frozen=True)
class Phrase:
    """Four bars. tokens: (LINES, T), T = frame.length. first_bar: in the piece, from 0. shift: semitones to C.

    lost: share of the notes of these bars that the lines do not hold or that moved to another slot.
    """

    tokens: NDArray[np.uint8]
    frame: Frame
    minor: bool
    first_bar: int = 0
    shift: int = 0
    lost: float = 0.0

    @property
    def onsets(self) -> int:
        return int((self.tokens >= FIRST).sum())

    @property
    def sounding(self) -> NDArray[np.bool_]:
        """Which lines sound, (LINES,)."""
        return np.asarray((self.tokens >= FIRST).any(axis=1))
