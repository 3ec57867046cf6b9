"""From what the coder says of every slot to tokens: where notes begin, then which, along a line.

The nets say of each slot how likely each token is, slots apart; a line is one thing. So its pitches are the likeliest
path (Viterbi 1967) where each note counts, what the style usually does counts beside it: its pitch classes, and its
steps from note to note. Habits come from the support set alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.phrases import BASS, FIRST, HOLD, LINES, LOWEST, MELODY, PITCHED, PITCHES, REST, Frame, Phrase

Floats = NDArray[np.float32]
#: Weight of usual pitch classes and of usual steps beside what the nets say. Chosen on meta-validation.
CLASSES, STEPS = 1.5, 1.0
#: How much a note whose pitch is open counts for beginning: 1 all pitches together, more the likeliest ones.
OPEN = 2.0
#: Pitches of a slot that a path may go through, where nothing says which way it goes.
_CANDIDATES = 16
#: What a step against a contour that is to be kept costs, in nats: more than anything else can make good.
_AGAINST = 60.0
#: A pitch class that no phrase has counts as this many notes; and so many steps are added, small ones more often.
_UNSEEN, _ADDED = 0.5, 20.0
_CLASS_OF = (LOWEST + np.arange(PITCHES)) % 12
_STEP = np.arange(1 - PITCHES, PITCHES)


@dataclass(frozen=True)
class Habits:
    """What a style usually does. classes: ln of the share of pitch classes in major and in minor, (2, 12). steps: ln of
    the share of steps from note to note in melody, inner lines and bass after a pitch class, (3, 12, 2 PITCHES - 1)."""

    classes: Floats
    steps: Floats

    @classmethod
    def none(cls) -> Habits:
        """Of a style of which nothing is known."""
        return cls(np.zeros((2, 12), np.float32), np.zeros((3, 12, len(_STEP)), np.float32))


@dataclass(frozen=True)
class Asked:
    """A phrase to be written. logits: (LINES, T, VOCABULARY). state: (LINES, T), REST, HOLD, or FIRST where a note
    begins. ways: (PITCHED, T), up 1, level 0, down -1, or 2 for any, of the step to a note that begins."""

    logits: Floats
    state: NDArray[np.uint8]
    minor: bool
    ways: NDArray[np.int8] | None = None


def habits_of(phrases: Sequence[Phrase]) -> Habits:
    """Counted in phrases, with a little added so that nothing is impossible."""
    classes = np.full((2, 12), _UNSEEN)
    steps = np.zeros((3, 12, len(_STEP)))
    for phrase in phrases:
        for line in range(PITCHED):
            pitch = phrase.tokens[line][phrase.tokens[line] >= FIRST].astype(np.int64) - FIRST
            classes[int(phrase.minor)] += np.bincount((pitch + LOWEST) % 12, minlength=12)
            np.add.at(steps[_kind(line)], ((pitch[:-1] + LOWEST) % 12, np.diff(pitch) + PITCHES - 1), 1)
    alone = classes.sum(axis=1) <= 12 * _UNSEEN
    classes[alone] = classes[~alone].sum(axis=0) if (~alone).any() else classes[alone]
    anyway = np.exp(-np.abs(_STEP) / 3.0)
    # A pitch class leans on all of them, and they on small steps, by so many notes (Witten and Bell 1991, method A).
    together = _leant(steps.sum(axis=1), np.tile(anyway / anyway.sum(), (3, 1)))
    after = _leant(steps, together[:, None])
    return Habits(np.log(_shares(classes)).astype(np.float32), np.log(after).astype(np.float32))


def _shares(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(counts / counts.sum(axis=-1, keepdims=True))


def _leant(counts: NDArray[np.float64], on: NDArray[np.float64]) -> NDArray[np.float64]:
    return _shares(counts + _ADDED * on)


def laid_out(logits: NDArray[np.float32], frame: Frame) -> Floats:
    """Logits of units (U, LINES, UNIT, VOCABULARY) as (LINES, T, VOCABULARY)."""
    cut = logits[: frame.units, :, : frame.unit]
    return np.ascontiguousarray(cut.transpose(1, 0, 2, 3).reshape(LINES, frame.length, -1))


def begun(logits: Floats) -> NDArray[np.uint8]:
    """Whether each slot rests, goes on, or begins a note, (LINES, T), of logits (LINES, T, VOCABULARY)."""
    begins = logits[..., FIRST:]
    top = begins.max(axis=-1, keepdims=True)
    mass = top[..., 0] + np.log(np.exp(OPEN * (begins - top)).sum(axis=-1)) / OPEN
    state = np.concatenate([logits[..., :FIRST], mass[..., None]], axis=-1).argmax(axis=-1)
    return np.asarray(state, np.uint8)


def written(asked: Sequence[Asked], habits: Habits) -> list[NDArray[np.uint8]]:
    """Tokens (LINES, T) of phrases: states as they are, pitches as the likeliest path of each line."""
    found, rows, kinds, ways, places = [], [], [], [], []
    for number, one in enumerate(asked):
        likely = one.logits[..., FIRST:]
        tokens = np.where(one.state == FIRST, FIRST + likely.argmax(axis=-1), one.state).astype(np.uint8)
        found.append(sounding_only(tokens))
        for line in range(PITCHED):
            slots = np.flatnonzero(one.state[line] == FIRST)
            if len(slots):
                own = likely[line, slots]
                own = own - own.max(axis=-1, keepdims=True)
                own = own - np.log(np.exp(own).sum(axis=-1, keepdims=True))
                rows.append(own + CLASSES * habits.classes[int(one.minor)][_CLASS_OF])
                kinds.append(_kind(line))
                ways.append(None if one.ways is None else one.ways[line, slots])
                places.append((number, line, slots))
    for (number, line, slots), path in zip(places, _paths(rows, kinds, ways, habits), strict=True):
        found[number][line, slots] = FIRST + path
    return found


def _kind(line: int) -> int:
    return 0 if line == MELODY else 2 if line == BASS else 1


def _paths(
    rows: Sequence[Floats], kinds: Sequence[int], ways: Sequence[NDArray[np.int8] | None], habits: Habits
) -> list[NDArray[np.int64]]:
    """The likeliest pitches (n,) of each line of scores (n, PITCHES), all lines together."""
    if not rows:
        return []
    longest = max(len(row) for row in rows)
    free = all(way is None for way in ways)
    score = np.zeros((len(rows), longest, PITCHES), np.float32)
    way = np.full((len(rows), longest), 2, np.int8)
    for i, row in enumerate(rows):
        score[i, : len(row)] = row
        own = ways[i]
        if own is not None:
            way[i, : len(row)] = own
    some = _CANDIDATES if free else PITCHES
    pitch = np.argpartition(-score, some - 1, axis=-1)[..., :some]
    score = np.take_along_axis(score, pitch, axis=-1)
    table = STEPS * habits.steps[np.array(kinds)]
    every, at = np.arange(len(rows))[:, None, None], [len(row) - 1 for row in rows]
    totals, came = [score[:, 0]], []
    for t in range(1, longest):
        gap = pitch[:, t, None, :] - pitch[:, t - 1, :, None]
        step = table[every, (pitch[:, t - 1, :, None] + LOWEST) % 12, gap + PITCHES - 1]
        if not free:
            step = step - _AGAINST * ((np.sign(gap) != way[:, t, None, None]) & (way[:, t, None, None] != 2))
        total = totals[-1][:, :, None] + step
        came.append(total.argmax(axis=1))
        totals.append(total.max(axis=1) + score[:, t])
    return [_traced([c[i] for c in came[:last]], int(totals[last][i].argmax()), pitch[i]) for i, last in enumerate(at)]


def _traced(came: Sequence[NDArray[Any]], best: int, pitch: NDArray[np.int64]) -> NDArray[np.int64]:
    """Back along a path from its last candidate."""
    chosen = [best]
    for before in reversed(came):
        chosen.append(int(before[chosen[-1]]))
    return np.array([pitch[t, c] for t, c in enumerate(reversed(chosen))], np.int64)


def sounding_only(tokens: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Tokens (LINES, T) in which nothing goes on that did not begin; drums never go on."""
    found = tokens.copy()
    found[PITCHED:][found[PITCHED:] == HOLD] = REST
    slot = np.arange(found.shape[1])
    # The last slot at or before each that does not go on: what goes on after a rest, or after nothing, is a rest.
    last = np.maximum.accumulate(np.where(found != HOLD, slot, -1), axis=1)
    began = np.take_along_axis(found, np.maximum(last, 0), axis=1) >= FIRST
    found[(found == HOLD) & ~((last >= 0) & began)] = REST
    return found
