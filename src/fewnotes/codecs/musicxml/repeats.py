"""The order in which the measures of a score are played: repeats, endings, D.C., D.S., Fine and Coda.

Repeats may not be nested. A sign that ends a repeat without one that begins it goes back to the end of the
repeat before, or to the beginning. After a D.C. or D.S. repeats are not taken again and the last ending counts,
as is the custom. Whatever makes no sense falls back to the written order, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fewnotes.codecs import MAX_REPEAT_FACTOR
from fewnotes.codecs.musicxml.reading.raw import RawMarks

_NONE = RawMarks()


@dataclass(frozen=True)
class Ending:
    """Measures `first` to `last` are played in the passes `numbers`; `passes`: the highest of its group."""

    first: int
    last: int
    numbers: frozenset[int]
    passes: int
    ends_group: bool


def playing_order(marks: Mapping[int, RawMarks], count: int) -> tuple[list[int], str]:
    """Indices of the measures in the order they are played, and why not as the signs say ("" where they are).

    marks: signs by measure; count: how many measures there are.
    """
    written = list(range(count))
    amiss = _unbalanced(marks, count)
    if amiss:
        return written, amiss
    if not any(m.backward_times or m.dacapo or m.dalsegno for m in marks.values()):
        return written, ""
    walk = _Walk(marks, count)
    order = walk.run()
    return (written, walk.amiss) if walk.amiss else (order, "")


def _unbalanced(marks: Mapping[int, RawMarks], count: int) -> str:
    is_open = False
    for index in range(count):
        mark = marks.get(index, _NONE)
        if mark.forward and is_open:
            return "repeats are nested or a repeat that begins never ends"
        is_open = (is_open or mark.forward) and not mark.backward_times
        if mark.backward_times > MAX_REPEAT_FACTOR:
            return f"a repeat is to be played {mark.backward_times:,} times"
    return "a repeat that begins never ends" if is_open else ""


def _endings(marks: Mapping[int, RawMarks], count: int) -> dict[int, Ending]:
    """Endings by their first measure."""
    spans: list[tuple[int, int, frozenset[int]]] = []
    first: int | None = None
    text = ""
    for index in range(count):
        mark = marks.get(index, _NONE)
        if mark.ending_start is not None:
            if first is not None:
                spans.append((first, index - 1, _numbers(text)))
            first, text = index, mark.ending_start
        if first is not None and (mark.ending_stop or mark.backward_times):
            spans.append((first, index, _numbers(text)))
            first = None
    if first is not None:
        spans.append((first, first, _numbers(text)))
    groups: list[list[tuple[int, int, frozenset[int]]]] = []
    for span in spans:
        if groups and groups[-1][-1][1] + 1 == span[0] and not marks.get(span[0], _NONE).forward:
            groups[-1].append(span)
        else:
            groups.append([span])
    found: dict[int, Ending] = {}
    for group in groups:
        numbered = [(a, b, n or frozenset({i + 1})) for i, (a, b, n) in enumerate(group)]
        passes = max(max(n) for _, _, n in numbered)
        for a, b, n in numbered:
            found[a] = Ending(a, b, n, passes, b == group[-1][1])
    return found


def _numbers(text: str) -> frozenset[int]:
    """Passes in `1, 2` or `1.-3.`; those above the cap are no passes."""
    found: set[int] = set()
    for low, high in re.findall(r"(\d{1,3})(?:\W*-\W*(\d{1,3}))?", text):
        found.update(range(int(low), min(int(high or low), MAX_REPEAT_FACTOR) + 1))
    return frozenset(n for n in found if 1 <= n <= MAX_REPEAT_FACTOR)


class _Walk:
    """Plays the signs measure by measure."""

    def __init__(self, marks: Mapping[int, RawMarks], count: int) -> None:
        self.marks = marks
        self.count = count
        self.endings = _endings(marks, count)
        self.current: Ending | None = None
        self.start = 0
        self.turn = 1
        self.has_jumped = False
        self.amiss = ""

    def run(self) -> list[int]:
        order: list[int] = []
        index = 0
        steps = 0
        while index < self.count:
            steps += 1
            if steps > MAX_REPEAT_FACTOR * self.count + 1000:
                self.amiss = "the signs never come to an end"
                return []
            ending = self.endings.get(index)
            if self.marks.get(index, _NONE).forward and self.start != index:
                self.start, self.turn = index, 1
            if ending is not None:
                self.current = ending
                if not self._plays(ending):
                    index = ending.last + 1
                    if ending.ends_group:
                        self._begin_again(index)
                    continue
            order.append(index)
            following = self._next(index)
            if following is None:
                break
            index = following
        return order

    def _plays(self, ending: Ending) -> bool:
        return (ending.passes if self.has_jumped else self.turn) in ending.numbers

    def _begin_again(self, index: int) -> None:
        self.start, self.turn, self.current = index, 1, None

    def _next(self, index: int) -> int | None:
        mark = self.marks.get(index, _NONE)
        if mark.backward_times and not self.has_jumped:
            inside = self.current is not None and self.current.first <= index <= self.current.last
            passes = self.current.passes if inside and self.current else mark.backward_times
            if self.turn < max(passes, 2 if inside and self.current and not self.current.ends_group else 1):
                self.turn += 1
                return self.start
        if self.has_jumped and mark.fine:
            return None
        if self.has_jumped and mark.tocoda is not None:
            coda = self._place("coda", mark.tocoda)
            if coda is not None and coda > index:
                self._begin_again(coda)
                return coda
        target = None if self.has_jumped else self._jump(mark)
        if target is not None:
            self.has_jumped = True
            self._begin_again(target)
            return target
        if self.current is not None and index == self.current.last:
            if self.current.ends_group:
                self._begin_again(index + 1)
        elif mark.backward_times:
            self._begin_again(index + 1)
        return index + 1

    def _jump(self, mark: RawMarks) -> int | None:
        if mark.dacapo:
            return 0
        return self._place("segno", mark.dalsegno) if mark.dalsegno is not None else None

    def _place(self, what: str, label: str) -> int | None:
        """The measure of a segno or coda: that of the same label, else the only one there is."""
        places = {i: getattr(m, what) for i, m in sorted(self.marks.items()) if getattr(m, what) and i < self.count}
        named = [i for i, name in places.items() if name == label]
        if named or len(places) == 1:
            return (named or list(places))[0]
        self.amiss = f"a jump names a {what} that is not there"
        return None
