"""How others accompany: for each bar of a melody the rhythm that a piece of the style has below a melody like it.

What is taken of the style is when notes begin and how long they last; which keys they have is still to be written.
Drums, whose keys are their rhythm, come with their keys.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.frame import Frame
from fewnotes.engines.transformer.planned.progression import segments_of
from fewnotes.engines.transformer.writing.sheet import ANY_KEY, KEY, LENGTH, TIME, TRACK
from fewnotes.meta.events import FAMILIES

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
#: What it costs to leave the order of the bars of the style, and to end on a bar that is not a last one.
_LEAVING, _NO_END = 0.5, 2.0


def bars_like(lines: Ints, melody: Ints, model: Frame, voice: int) -> Ints:
    """For each bar between lines the bar of the model that fits best, -1 where none is as long: (bars,).

    melody: the notes above, (n, 4); voice: the track of the model that corresponds. The way of least cost through the
    bars of the model, where going on to its next bar is free and bars cost the more, the fewer onsets of the melodies
    fall together.
    """
    long, own = np.diff(lines), np.diff(model.lines)
    above, below = _onsets(melody, lines), _onsets(model.of(voice), model.lines)
    heard = np.bincount(np.searchsorted(model.lines, model.notes[:, TIME], side="right") - 1, minlength=len(own))
    last = int(np.flatnonzero(heard)[-1])
    cost = np.full((len(long), len(own)), np.inf)
    for bar, steps in enumerate(long.tolist()):
        for other in np.flatnonzero((own == steps) & (heard > 0)).tolist():
            both, all_ = len(above[bar] & below[other]), len(above[bar]) + len(below[other])
            cost[bar, other] = (
                1 - (2 * both / all_ if all_ else 1.0) + _NO_END * ((bar == len(long) - 1) != (other == last))
            )
    found = np.full(len(long), -1, np.int64)
    fits = np.isfinite(cost).any(axis=1)
    if fits.any():
        found[fits] = _way(cost[fits])
    return found


def _onsets(notes: Ints, lines: Ints) -> list[set[int]]:
    """Where in each bar notes begin."""
    found: list[set[int]] = [set() for _ in lines[1:]]
    for time in notes[:, TIME].tolist():
        bar = int(lines.searchsorted(time, side="right")) - 1
        if bar < len(found):
            found[bar].add(time - int(lines[bar]))
    return found


def _way(cost: Floats) -> Ints:
    """The states of least cost from first to last, where each next state is free after the one before."""
    total, back = cost[0], []
    for row in cost[1:]:
        best = int(total.argmin())
        onward = np.append(np.inf, total[:-1])
        leaving = total[best] + _LEAVING
        back.append(np.where(onward <= leaving, np.arange(len(row)) - 1, best))
        total = np.minimum(onward, leaving) + row
    found = [int(total.argmin())]
    for origin in reversed(back):
        found.append(int(origin[found[-1]]))
    return np.array(found[::-1], np.int64)


def rhythm_of(lines: Ints, bars: Ints, model: Frame, tracks: list[int]) -> Ints:
    """Notes to be given keys, (n, 4): of some tracks of the model, its bars put in the place of others."""
    rows = []
    for bar, other in enumerate(bars.tolist()):
        if other < 0:
            continue
        start, end = int(model.lines[other]), int(model.lines[other + 1])
        inside = (model.notes[:, TIME] >= start) & (model.notes[:, TIME] < end) & np.isin(model.notes[:, TRACK], tracks)
        found = model.notes[inside].copy()
        found[:, TIME] += int(lines[bar]) - start
        found[:, LENGTH] = np.minimum(found[:, LENGTH], int(lines[-1]) - found[:, TIME])
        drums = np.array(model.families)[found[:, TRACK]] == FAMILIES - 1
        found[~drums, KEY] = ANY_KEY
        rows.append(found)
    return np.concatenate(rows) if rows else np.zeros((0, 4), np.int64)


def roots_of(frame: Frame) -> Ints:
    """At each step the pitch class of the lowest note of its segment of harmony, -1 where nothing sounds, (steps,)."""
    found = np.full(int(frame.lines[-1]), -1, np.int64)
    notes = frame.notes[frame.families_at() != FAMILIES - 1]
    for first, end in segments_of(frame.lines):
        # What begins in the first half is what the harmony stands on; a run later on is none.
        sounds = (notes[:, TIME] < (first + end + 1) // 2) & (notes[:, TIME] + notes[:, LENGTH] > first)
        if sounds.any():
            found[first:end] = notes[sounds][:, KEY].min() % 12
    return found
