"""What is to be written on: bars, tracks, where notes may begin, which stand already, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.events import BARS_LEFT

Ints = NDArray[np.int64]
#: Columns of notes: steps from the beginning, track, key, steps that it lasts; of written ones, whether it stood
#: before.
TIME, TRACK, KEY, LENGTH, STOOD = range(5)
#: The key of a note that is to begin and last as it stands, but has no key yet.
ANY_KEY = -1


@dataclass(frozen=True)
class Sheet:
    """An empty or partly written piece, its tonic C or A, twelve steps a quarter.

    families: of each track. lines: where bars begin and the last one ends, in steps, (bars + 1,), the first at 0.
    minor: the mode. open: where a note of a track may begin, (tracks, steps). locked: notes that stand, (n, 4), in
    order of time, track and key; those of ANY_KEY are still to be given one. classes: pitch classes asked for at each
    step, as bits, (steps,), and outside: how much keys of others still count. crowd: kind of each bar, (bars,); 0 where
    nothing is asked. lowest, highest: of each track. single: tracks that sound one note at a time. again, rhythm: bars
    that take up an earlier one, in one track, note for note or in rhythm. closing: step from which locked notes may
    move by octaves to be near what comes before. longest, rest: steps that notes and silences of each track last at
    most. under: at each step the key that new notes of the track `upper` stay below. roots: at each step the pitch
    class that the track `lower` has when it first begins in a segment of harmony, -1 where any, (steps,), and turns:
    the step at which the segment begins.
    """

    families: tuple[int, ...]
    lines: Ints
    minor: bool
    open: NDArray[np.bool_]
    locked: Ints
    classes: Ints
    crowd: Ints
    lowest: Ints
    highest: Ints
    single: NDArray[np.bool_]
    again: Mapping[tuple[int, int], int] = field(default_factory=dict)
    rhythm: Mapping[tuple[int, int], int] = field(default_factory=dict)
    closing: int = 2**31
    outside: float = 1.0
    longest: Ints | None = None
    rest: Ints | None = None
    under: Ints | None = None
    upper: int = 0
    roots: Ints | None = None
    turns: Ints | None = None
    lower: int = 0

    @classmethod
    def empty(cls, families: tuple[int, ...], lines: Ints, minor: bool) -> Sheet:
        """Nothing written, nothing asked, everything open."""
        steps, count = int(lines[-1]), len(families)
        return cls(
            families, lines, minor, np.ones((count, steps), bool), np.zeros((0, 4), np.int64),
            np.zeros(steps, np.int64), np.zeros(len(lines) - 1, np.int64),
            np.zeros(count, np.int64), np.full(count, 127, np.int64), np.zeros(count, bool),
        )  # fmt: skip

    @property
    def steps(self) -> int:
        return int(self.lines[-1])

    @property
    def bars(self) -> int:
        return len(self.lines) - 1

    def bar_of(self, time: int) -> int:
        """The bar that holds a step."""
        return min(int(self.lines.searchsorted(time, side="right")) - 1, self.bars - 1)

    def span(self, bar: int) -> tuple[int, int]:
        """Where a bar begins and ends."""
        return int(self.lines[bar]), int(self.lines[bar + 1])

    def left(self, bar: int) -> int:
        """Bars until the end, this one counted."""
        return min(BARS_LEFT, self.bars - bar)

    def with_notes(self, notes: Ints) -> Sheet:
        """The same with other notes locked, put in order."""
        order = np.lexsort((notes[:, KEY], notes[:, TRACK], notes[:, TIME]))
        return replace(self, locked=notes[order, :4])


def lines_of(bar: int, bars: int, pickup: int = 0) -> Ints:
    """Barlines of equal bars, after a shorter first one where there is a pickup."""
    found = pickup + bar * np.arange(bars + 1)
    return np.concatenate([[0], found]) if pickup else found
