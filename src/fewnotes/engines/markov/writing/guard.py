"""The copy guard: no line may follow one support piece note for note for long (MaxOrder, Papadopoulos et al. 2014).

Lines are compared as (interval, ratio of the last two distances between onsets), so in any key and tempo, against
all lines of all pieces. For the highest note of each line under way we keep, at every place of the support set, for
how many steps it agrees up to there; what would carry a run over the bounds is forbidden before it is chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd

import numpy as np

from fewnotes.engines.markov.prediction.ppm import Ints
from fewnotes.engines.markov.reading.lines import TICKS, Event

#: A run is too long if it has more than these notes and lasts longer than these ticks: never, and where another
#: continuation is about as good.
HARD = (15, 8 * TICKS)
SOFT = (9, 4 * TICKS)

_GAP_CAP = 64 * TICKS


class Guard:
    """The lines of the support set as steps, shared by the watchers of all lines under way."""

    def __init__(self, lines: Sequence[Sequence[Event]]) -> None:
        interval: list[int] = []
        ratio: list[int] = []
        self._ratios: dict[tuple[int, int], int] = {}
        for events in lines:
            for side in (-1, 0):
                sounding = [(e.onset, e.pitches[side]) for e in events if e.pitches]
                if side == 0 and all(len(e.pitches) < 2 for e in events):
                    continue
                for (t0, _), (t1, p1), (t2, p2) in zip(sounding, sounding[1:], sounding[2:], strict=False):
                    interval.append(p2 - p1)
                    ratio.append(self._ratios.setdefault(proportion(t1 - t0, t2 - t1), len(self._ratios)))
                # A step that nothing equals keeps lines apart.
                interval.append(999)
                ratio.append(-1)
        self.interval = np.asarray(interval, np.int64)
        self.ratio = np.asarray(ratio, np.int64)

    def ratio_number(self, before: int, after: int) -> int:
        return self._ratios.get(proportion(before, after), -2)


def proportion(before: int, after: int) -> tuple[int, int]:
    before, after = min(before, _GAP_CAP), min(after, _GAP_CAP)
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
        most, ticks = bounds
        # A run of s steps spans s + 2 notes; the new note makes one more.
        at = np.flatnonzero((self._before() + 3 > most) & (self._guard.ratio == self._number(onset)))
        found = set()
        for place in at.tolist():
            steps = int(self._before_at(place))
            first = self._notes[max(0, len(self._notes) - steps - 2)][0]
            if onset - first > ticks:
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
