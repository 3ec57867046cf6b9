"""The copy guard: no line may follow one support piece note for note for long (MaxOrder, Papadopoulos et al. 2014).

Lines are compared as (interval, ratio of the last two distances between onsets), so in any key and tempo, against
all lines of all pieces. For the highest note of each line under way we keep, at every place of the support set, for
how many steps it agrees up to there; what would carry a run over the bounds is forbidden before it is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.similarity import Passage, Window

Ints = NDArray[np.int64]
#: Where a note stands and which key it is.
LineNote = tuple[int, int]
#: A run is too long if it has more than these notes and lasts longer than these quarters: never, and where another
#: continuation is about as good.
HARD = (15, 8)
SOFT = (9, 4)
#: What is looked at once it is finished: a shared passage of so many notes that lasts so many beats is a copy, however
#: much the style repeats itself; and windows may lie above what its pieces share, at least half, in this share of all.
COPY_NOTES, COPY_BEATS = 16, 8.0
CLOSE_WINDOWS, LEAST_USUAL = 0.05, 0.5

_GAP_CAP = 64


def is_copy(passage: Passage) -> bool:
    """Sixteen notes or more that also last eight beats or more."""
    return passage.notes >= COPY_NOTES and passage.beats >= COPY_BEATS


def above(windows: Sequence[Window], usual: float) -> list[Window]:
    """Windows that are nearer to one place of a source than is usual in the style."""
    return [window for window in windows if window.share > max(usual, LEAST_USUAL)]


def is_close(windows: Sequence[Window], usual: float) -> bool:
    """Are more of the windows so near than chance would have it?"""
    return len(above(windows, usual)) > CLOSE_WINDOWS * len(windows)


class Guard:
    """Lines of the support set as steps, shared by the watchers of all lines under way.

    lines: notes in order of onset, one at a time. quarter: units of onset in a quarter.
    """

    def __init__(self, lines: Sequence[Sequence[LineNote]], quarter: int) -> None:
        interval: list[int] = []
        ratio: list[int] = []
        self.quarter = quarter
        self._ratios: dict[tuple[int, int], int] = {}
        for line in lines:
            for (t0, _), (t1, p1), (t2, p2) in zip(line, line[1:], line[2:], strict=False):
                interval.append(p2 - p1)
                ratio.append(self._ratios.setdefault(self.proportion(t1 - t0, t2 - t1), len(self._ratios)))
            # A step that nothing equals keeps lines apart.
            interval.append(999)
            ratio.append(-1)
        self.interval = np.asarray(interval, np.int64)
        self.ratio = np.asarray(ratio, np.int64)

    def ratio_number(self, before: int, after: int) -> int:
        return self._ratios.get(self.proportion(before, after), -2)

    def proportion(self, before: int, after: int) -> tuple[int, int]:
        """Two distances between onsets as a fraction in lowest terms."""
        most = _GAP_CAP * self.quarter
        before, after = min(before, most), min(after, most)
        common = max(1, gcd(before, after))
        return before // common, after // common


class Watcher:
    """One line under way: what it has in common with the support set up to now."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._run: Ints = np.zeros(len(guard.interval), np.int64)
        self._notes: list[tuple[int, int]] = []

    def forbidden(self, onset: int, bounds: tuple[int, int]) -> set[int]:
        """Intervals from the last note that would make a run too long, for a note at `onset`."""
        if len(self._notes) < 2 or not len(self._run):
            return set()
        most, quarters = bounds
        # A run of s steps spans s + 2 notes; the new note makes one more.
        at = np.flatnonzero((self._before() + 3 > most) & (self._guard.ratio == self._number(onset)))
        found = set()
        for place in at.tolist():
            steps = int(self._before_at(place))
            first = self._notes[max(0, len(self._notes) - steps - 2)][0]
            if onset - first > quarters * self._guard.quarter:
                found.add(int(self._guard.interval[place]))
        return found

    def push(self, onset: int, pitch: int) -> None:
        if len(self._notes) >= 2 and len(self._run):
            step = pitch - self._notes[-1][1]
            same = (self._guard.ratio == self._number(onset)) & (self._guard.interval == step)
            self._run = np.where(same, self._before() + 1, 0)
        self._notes.append((onset, pitch))

    @property
    def last(self) -> int | None:
        return self._notes[-1][1] if self._notes else None

    def _number(self, onset: int) -> int:
        (t0, _), (t1, _) = self._notes[-2:]
        return self._guard.ratio_number(t1 - t0, onset - t1)

    def _before(self) -> Ints:
        """Agreement up to the place before each place."""
        return np.concatenate([[0], self._run[:-1]])

    def _before_at(self, place: int) -> int:
        return int(self._run[place - 1]) if place else 0
