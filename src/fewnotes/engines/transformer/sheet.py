"""What is to be written on: bars, tracks, where notes may begin, which stand already, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.events import BARS_LEFT

Ints = NDArray[np.int64]
#: Columns of notes: steps from the beginning, track, key, steps that it lasts.
TIME, TRACK, KEY, LENGTH = range(4)


@dataclass(frozen=True)
class Sheet:
    """An empty or partly written piece, its tonic C or A, twelve steps a quarter.

    families: of each track. bar: steps of a full bar. pickup: steps before the first. bars: full bars. minor: the mode.
    open: where a note of a track may begin, (tracks, steps). locked: notes that stand, (n, 4), in order of time, track and
    key. classes: pitch classes asked for at each step, as bits, (steps,). crowd: kind of each bar, pickup first where there
    is one, (bars,); 0 where nothing is asked. lowest, highest: of each track. single: tracks that sound one note at a time.
    returns: bars that take up an earlier one, and which.
    """

    families: tuple[int, ...]
    bar: int
    pickup: int
    bars: int
    minor: bool
    open: NDArray[np.bool_]
    locked: Ints
    classes: Ints
    crowd: Ints
    lowest: Ints
    highest: Ints
    single: NDArray[np.bool_]
    returns: Mapping[int, int] = field(default_factory=dict)

    @classmethod
    def empty(cls, families: tuple[int, ...], bar: int, bars: int, minor: bool, pickup: int = 0) -> Sheet:
        """Nothing written, nothing asked, everything open."""
        steps, count = pickup + bar * bars, len(families)
        return cls(
            families, bar, pickup, bars, minor, np.ones((count, steps), bool), np.zeros((0, 4), np.int64),
            np.zeros(steps, np.int64), np.zeros(bars + bool(pickup), np.int64),
            np.zeros(count, np.int64), np.full(count, 127, np.int64), np.zeros(count, bool),
        )  # fmt: skip

    @property
    def steps(self) -> int:
        return self.pickup + self.bar * self.bars

    def place(self, time: int) -> int:
        """Steps into the bar. A pickup is the end of a bar, but is counted from its own beginning, as barlines are."""
        return time if time < self.pickup else (time - self.pickup) % self.bar

    def bar_of(self, time: int) -> int:
        """The bar, the pickup being one of its own."""
        first = bool(self.pickup)
        return 0 if time < self.pickup else (time - self.pickup) // self.bar + first

    def span(self, bar: int) -> tuple[int, int]:
        """Where a bar begins and ends."""
        if self.pickup and not bar:
            return 0, self.pickup
        first = self.pickup + self.bar * (bar - bool(self.pickup))
        return first, first + self.bar

    def left(self, time: int) -> int:
        """Bars until the end, this one counted."""
        return min(BARS_LEFT, max(1, self.bars + bool(self.pickup) - self.bar_of(time)))

    def with_notes(self, notes: Ints) -> Sheet:
        """The same with other notes locked, put in order."""
        order = np.lexsort((notes[:, KEY], notes[:, TRACK], notes[:, TIME]))
        return replace(self, locked=notes[order])
