"""Form: which bars come again, and how full each is. Read off one piece, played out with new material."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.frame import Frame
from fewnotes.engines.transformer.writing.sheet import KEY, LENGTH, TIME, TRACK
from fewnotes.meta.events import CROWDS, FAMILIES

Ints = NDArray[np.int64]
Plan = tuple[int | None, ...]
#: Returns after 8, 4, 16 and 2 bars are the likeliest to be meant.
_USUAL = (8, 4, 16, 2)


def groups(frame: Frame) -> list[tuple[int, ...]]:
    """Tracks whose bars come again together: all that have pitch, and each drum track alone."""
    drums = [t for t, family in enumerate(frame.families) if family == FAMILIES - 1]
    pitched = tuple(t for t in range(len(frame.families)) if t not in drums)
    return [g for g in (pitched, *((d,) for d in drums)) if g]


def full_bars(frame: Frame, bar: int) -> list[int]:
    """Indices of bars of a length."""
    return np.flatnonzero(np.diff(frame.lines) == bar).tolist()


def plan_of(frame: Frame, bar: int, tracks: Sequence[int]) -> Plan:
    """For each full bar which earlier one it takes up note for note in some tracks; None where it is new.

    Of several earlier bars the one that continues a return is taken.
    """
    found: list[int | None] = []
    contents = [_content(frame, i, tracks) for i in full_bars(frame, bar)]
    for i, content in enumerate(contents):
        same = [j for j in range(i) if contents[j] == content] if content else []
        following = found[-1] + 1 if found and found[-1] is not None else -1
        if not same:
            found.append(None)
        else:
            found.append(following if following in same else min(same, key=lambda j, i=i: _oddness(i - j)))  # type: ignore[misc]
    return tuple(found)


def _content(frame: Frame, bar: int, tracks: Sequence[int]) -> tuple[tuple[int, ...], ...]:
    first, end = frame.lines[bar], frame.lines[bar + 1]
    notes = frame.notes
    own = notes[(notes[:, TIME] >= first) & (notes[:, TIME] < end) & np.isin(notes[:, TRACK], tracks)]
    return tuple(map(tuple, (own - [first, 0, 0, 0])[:, [TIME, TRACK, KEY, LENGTH]].tolist()))


def _oddness(distance: int) -> tuple[int, int]:
    return (_USUAL.index(distance) if distance in _USUAL else len(_USUAL), distance)


def stretched(plan: Plan, count: int) -> Plan:
    """A plan for `count` bars: the beginning of a longer one, or a shorter one again and again; the last bar is new."""
    found: list[int | None] = []
    for i in range(count):
        base = i - i % len(plan) if plan else 0
        entry = plan[i % len(plan)] if plan else None
        found.append(entry + base if entry is not None and entry + base < i else None)
    if found:
        found[-1] = None
    return tuple(found)


def lettered(form: str, bars: int) -> Plan:
    """Sections of equal length, by letters such as AABA: a letter that came before comes again note for note."""
    long = max(1, -(-bars // len(form)))
    first: dict[str, int] = {}
    found: list[int | None] = []
    for i in range(bars):
        section = min(i // long, len(form) - 1)
        own = first.setdefault(form[section], section)
        source = own * long + i - section * long
        found.append(source if source < i else None)
    found[-1] = None
    return tuple(found)


def returns(frame: Frame, bar: int, bars: int, first: int, form: str = "") -> Mapping[tuple[int, int], int]:
    """What `Sheet.again` holds for so many full bars. first: index of the first full bar of the sheet."""
    found: dict[tuple[int, int], int] = {}
    for tracks in groups(frame):
        plan = lettered(form, bars) if form else stretched(plan_of(frame, bar, tracks), bars)
        found |= {(i + first, t): source + first for i, source in enumerate(plan) if source is not None for t in tracks}
    return found


def crowds(frame: Frame, bar: int, bars: int) -> Ints:
    """Kind of each of so many bars by how many notes begin in it, as in the full bars of the piece."""
    own = full_bars(frame, bar)
    count = np.bincount(
        np.searchsorted(frame.lines, frame.notes[:, TIME], side="right") - 1, minlength=len(frame.lines)
    )
    kinds = [crowd(int(count[i])) for i in own]
    return np.array([kinds[i % len(kinds)] for i in range(bars)] if kinds else [0] * bars, np.int64)


def crowd(notes: float) -> int:
    """The kind of a bar in which so many notes begin; as in `fewnotes.meta.events`."""
    return int(np.clip(np.round(2 * np.log2(notes + 1)), 1, CROWDS - 1))
