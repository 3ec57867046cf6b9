"""Where a bar is strong: groups, beats and their parts, for splitting notes so that the beat can be seen.

All times are whole ticks of the writer's resolution from the start of the bar.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

from fewnotes.music.piece import Meter

#: Strength of a place in the bar; below a unit it falls with every halving.
BAR, MIDDLE, BEAT, UNIT, NOWHERE = 100, 60, 50, 40, 0
_HALVINGS = (30, 20, 10, 5)


@dataclass(frozen=True)
class Metre:
    """One bar: its meter, its length, and how much of a full bar is missing at its start (a pickup).

    quarter: ticks a quarter.
    """

    meter: Meter
    length: int
    missing: int
    quarter: int

    @cached_property
    def _groups(self) -> tuple[tuple[int, int], ...]:
        """(length, unit) of the groups of one full bar, in order."""
        count, unit = self.meter.numerator, 4 * self.quarter // self.meter.denominator
        sizes = _group_sizes(count, self.meter.denominator)
        groups = []
        for size in sizes:
            length = size * unit
            groups.append((length, unit if size % 2 or size == 6 else length // 2))
        return tuple(groups)

    @cached_property
    def beats(self) -> tuple[int, ...]:
        """Onsets of the groups within this bar; the first is 0 or less, for a pickup."""
        onset, found, i = -self.missing, [], 0
        while onset < self.length:
            found.append(onset)
            onset += self._groups[i % len(self._groups)][0]
            i += 1
        while len(found) > 1 and found[1] <= 0:
            found.pop(0)
        return tuple(found)

    @cached_property
    def middles(self) -> frozenset[int]:
        """Places that part the bar in two or more (the third beat of 4/4), as a listener counts."""
        full = sum(length for length, _ in self._groups)
        sizes = [length for length, _ in self._groups]
        found = set()
        if len(sizes) == 4:
            found.add(sizes[0] + sizes[1])
        elif len(sizes) in (5, 7) and self.meter.denominator <= 4:
            found.add(sum(sizes[: (len(sizes) + 1) // 2]))
        cycles = range(0, self.length + self.missing + 1, full)
        return frozenset(c + m - self.missing for c in cycles for m in found) | {
            c - self.missing for c in cycles if c - self.missing > 0
        }

    @property
    def is_compound(self) -> bool:
        return all(3 * unit == length for length, unit in self._groups)

    def group_of(self, tick: int) -> tuple[int, int, int]:
        """(onset, end, unit) of the group that holds a tick."""
        index = max(0, bisect_right(self.beats, tick) - 1)
        onset = self.beats[index]
        place = (onset + self.missing) % sum(length for length, _ in self._groups)
        total = 0
        for length, unit in self._groups:
            if place < total + length:
                return onset, min(onset + length, self.length), unit
            total += length
        return onset, self.length, self._groups[-1][1]

    def strength(self, tick: int) -> int:
        """How strong a place is; 0 where no halving of a unit reaches."""
        if tick in self.middles:
            return MIDDLE
        if tick == 0 and not self.missing:
            return BAR
        onset, _, unit = self.group_of(tick)
        rest = tick - onset
        if rest == 0:
            return BEAT
        if rest % unit == 0:
            return UNIT
        for value in _HALVINGS:
            if unit % 2:
                break
            unit //= 2
            if rest % unit == 0:
                return value
        return NOWHERE


def _group_sizes(count: int, denominator: int) -> list[int]:
    """How the notes of the denominator are felt together: 6/8 is 3+3, 5/8 is 3+2, 23/16 is 4+4+4+4+4+3."""
    if denominator >= 8:
        if count % 3 == 0:
            return [3] * (count // 3)
        if count == 5:
            return [3, 2]
        if count == 8 and denominator == 8:
            return [2, 2, 2, 2]
        size = 2 if denominator == 8 else 4
        sizes = [size] * (count // size)
        if count % size == 1 and len(sizes):
            return [*sizes[:-1], 3] if size == 2 else [*sizes[:-1], 3, 2]
        return sizes + ([count % size] if count % size else [])
    if denominator == 4 and count in (6, 9, 12):
        return [3] * (count // 3)
    return [1] * count
