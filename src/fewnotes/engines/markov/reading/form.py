"""Form: which bars come again. Learned from how the bars of a piece relate, played out with new material."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fewnotes.engines.markov.reading.lines import Event, Voiced


class Return(NamedTuple):
    """A bar that takes up an earlier one. exact: note for note, else in its rhythm. bar: index of the earlier."""

    bar: int
    exact: bool


Plan = tuple[Return | None, ...]


def bars_of(events: Sequence[Event], starts: Sequence[int]) -> list[tuple[Event, ...]]:
    """The events that begin in each bar, with onsets counted from the barline."""
    found: list[list[Event]] = [[] for _ in starts[:-1]]
    at = np.searchsorted(np.asarray(starts), [e.onset for e in events], side="right") - 1
    for event, bar in zip(events, at.tolist(), strict=True):
        if bar < len(found):
            found[bar].append(event._replace(onset=event.onset - starts[bar], velocity=0))
    return [tuple(bar) for bar in found]


def plan_of(voiced: Voiced) -> Plan:
    """What each full bar of a piece takes up; None where it is new.

    A bar returns if all lines have the same notes, or in rhythm if all lines have the same rhythm and it is not
    one that every other bar has too. Of several earlier bars the one that continues a return is taken.
    """
    starts = voiced.bars.starts
    first = 1 if voiced.bars.pickup else 0
    columns = [bars_of(events, starts)[first:] for events in voiced.lines if events]
    contents = list(zip(*columns, strict=True))
    rhythms = [tuple(tuple((e.onset, *e.rhythm) for e in line) for line in bar) for bar in contents]
    plan: list[Return | None] = []
    for i, content in enumerate(contents):
        sounds = any(e.pitches for line in content for e in line)
        same = [j for j in range(i) if contents[j] == content] if sounds else []
        alike = [j for j in range(i) if rhythms[j] == rhythms[i]] if sounds and not same else []
        if len(alike) > max(2, i // 3):
            alike = []
        before = plan[-1] if plan else None
        following = before.bar + 1 if before else -1
        choice = same or alike
        if not choice:
            plan.append(None)
        else:
            bar = following if following in choice else min(choice, key=lambda j: _oddness(i - j))
            plan.append(Return(bar, bool(same)))
    return tuple(plan)


def _oddness(distance: int) -> tuple[int, int]:
    """Returns after 8, 4, 16 and 2 bars are the likeliest to be meant."""
    usual = (8, 4, 16, 2)
    return (usual.index(distance) if distance in usual else len(usual), distance)


def stretch(plan: Plan, count: int) -> Plan:
    """A plan for `count` bars: the beginning of a longer one, or a shorter one again and again; the last bar is new."""
    if not plan:
        return (None,) * count
    found: list[Return | None] = []
    for i in range(count):
        base = i - i % len(plan)
        entry = plan[i % len(plan)]
        found.append(Return(entry.bar + base, entry.exact) if entry and entry.bar + base < i else None)
    if found:
        found[-1] = None
    return tuple(found)


def repeated_share(plan: Plan) -> float:
    """Share of bars that repeat an earlier one note for note."""
    return sum(1 for entry in plan if entry and entry.exact) / len(plan) if plan else 0.0
