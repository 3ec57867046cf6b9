"""Meters, keys and tempos out of tandem interpretations: one for the whole score, where spines each say their own."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from fewnotes.codecs.kern import interpretations
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.timing import Change
from fewnotes.music.piece import KeySignature, Meter, Tempo

_Value = TypeVar("_Value", bound=Hashable)


def meters(changes: Sequence[Change], bar_onsets: Sequence[int], log: FaultLog) -> tuple[Meter, ...]:
    """`*M`, or `*met` in a file without any `*M`."""
    found = _states(changes, interpretations.meter, log)
    if not found:
        found = _states(changes, interpretations.mensuration, log)
    good: list[tuple[int, tuple[int, int]]] = []
    for tick, value, line in found:
        if value == (0, 0):
            log.add("bad-meter", line)
        else:
            good.append((tick, value))
    if good and good[0][0] > 0:
        # A meter that is first named after the pickup holds for the pickup as well.
        first_bars = [tick for tick in bar_onsets if tick > 0][:1]
        begin = good[0][1] if good[0][0] in first_bars else (4, 4)
        good.insert(0, (0, begin))
    return tuple(Meter(tick, *value) for tick, value in _distinct(good))


def keys(changes: Sequence[Change], log: FaultLog) -> tuple[KeySignature, ...]:
    """`*k[f#]` gives the signature, `*G:` or `*e:` the mode; either may stand alone."""
    signatures = _states(changes, interpretations.signature, log)
    named = {tick: value for tick, value, _ in _states(changes, interpretations.key, log)}
    found: dict[int, tuple[int, str]] = {}
    for tick, signature, line in signatures:
        if not signature.is_usual:
            log.add("bad-key", line)
        key = named.get(tick)
        found[tick] = (signature.fifths, key.mode if key else "")
    for tick, key in named.items():
        if tick in found:
            continue
        before = [t for t in found if t < tick]
        if signatures and before:
            found[tick] = (found[max(before)][0], key.mode)
        else:
            found[tick] = (key.fifths, key.mode)
    ordered = sorted(found.items())
    if ordered and ordered[0][0] > 0:
        ordered.insert(0, (0, (0, "")))
    return tuple(KeySignature(tick, *value) for tick, value in _distinct(ordered))


def tempos(changes: Sequence[Change], log: FaultLog) -> tuple[Tempo, ...]:
    """`*MM120`: quarters a minute."""
    found: list[tuple[int, float]] = []
    for tick, value, line in _states(changes, interpretations.tempo, log):
        if math.isnan(value):
            log.add("bad-tempo", line)
        else:
            found.append((tick, value))
    if found and found[0][0] > 0:
        found.insert(0, (0, 120.0))
    return tuple(Tempo(tick, value) for tick, value in _distinct(found))


def _states(
    changes: Sequence[Change], read: Callable[[str], _Value | None], log: FaultLog
) -> list[tuple[int, _Value, int]]:
    """(tick, value, line) of every change; the last at a tick counts, and within a line what most spines say."""
    found: dict[int, tuple[int, _Value, int]] = {}
    for change in changes:
        values = [value for _, text in change.texts if (value := read(text)) is not None]
        if not values:
            continue
        votes = Counter(values).most_common()
        if len(votes) > 1:
            log.add("spines-disagree", change.line)
        found[change.onset_tick] = (change.onset_tick, votes[0][0], change.line)
    return [found[tick] for tick in sorted(found)]


def _distinct(states: Sequence[tuple[int, _Value]]) -> list[tuple[int, _Value]]:
    """Without those that say again what is already in force."""
    kept: list[tuple[int, _Value]] = []
    for tick, value in states:
        if not kept or kept[-1][1] != value:
            kept.append((tick, value))
    return kept
