"""Drawing phrases: noise to codes to tokens, with what is locked kept.

Locks hold in the tokens: a locked line is copied, a locked rhythm leaves only pitches to choose, a locked contour only
pitches on the right side of the one before. Of several draws those are kept that agree with the lock by themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.gan.decoding import Asked, Habits, begun, laid_out, written
from fewnotes.engines.gan.pad import Floats, Pad
from fewnotes.engines.gan.scene import Support, Wish, scene
from fewnotes.meta.phrases import FIRST, HOLD, PITCHED, REST, Phrase

if TYPE_CHECKING:
    from fewnotes.nets.phrase_gan import AdversarialPair

#: Phrases drawn with one memory; a new memory then, so that a hundred phrases have seen all of the style.
_TOGETHER = 16
#: How wide the noise is at temperature 1, beside that of training. Chosen on meta-validation.
NARROW = 0.9
#: Draws for each phrase that is kept where something is locked.
_DRAWS_LOCKED = 6


@dataclass(frozen=True)
class Locks:
    """What stays of `phrase`: rhythm, contour (ups and downs), and lines by number."""

    phrase: Phrase
    rhythm: bool = False
    contour: bool = False
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Drawn:
    """A new phrase, and the codes it was decoded from, (U, Z). noise: of its units and of the whole."""

    phrase: Phrase
    wish: Wish
    codes: Floats
    noise: tuple[Floats, Floats] = field(repr=False)


def draw(
    pad: Pad, pair: AdversarialPair, support: Support, wishes: Sequence[Wish], seed: int, *,
    temperature: float = 1.0, locks: Locks | None = None, habits: Habits | None = None,
) -> list[Drawn]:  # fmt: skip
    """One phrase for each wish. temperature: how wide the noise is. habits: others than those of the support set."""
    import torch

    rng = np.random.default_rng(seed)
    maker = torch.Generator().manual_seed(seed)
    found: list[Drawn] = []
    for begin in range(0, len(wishes), _TOGETHER):
        asked = [w for w in wishes[begin : begin + _TOGETHER] for _ in range(_DRAWS_LOCKED if locks else 1)]
        told = scene(asked, support.style(), support.memory(rng))
        units, whole = (NARROW * temperature * x for x in pair.noise(told, maker))
        with torch.inference_mode():
            codes = pair.generator(units, whole, told)
            logits = pad.decode(codes, told.facts, told.use).numpy()
        said = [laid_out(own, wish.frame) for own, wish in zip(logits, asked, strict=True)]
        phrases = phrases_of(said, asked, habits or support.habits, locks)
        drawn = [
            Drawn(phrase, wish, codes[i].numpy(), (units[i].numpy(), whole[i].numpy()))
            for i, (phrase, wish) in enumerate(zip(phrases, asked, strict=True))
        ]
        if locks:
            agree = [_agreement(own, locks) for own in said]
            best = np.argsort(-np.array(agree).reshape(-1, _DRAWS_LOCKED), axis=1, kind="stable")[:, 0]
            drawn = [drawn[row * _DRAWS_LOCKED + int(i)] for row, i in enumerate(best)]
        found += drawn
    return found


def phrases_of(
    said: Sequence[Floats], wishes: Sequence[Wish], habits: Habits, locks: Locks | None = None
) -> list[Phrase]:
    """Phrases of logits (LINES, T, VOCABULARY), what is locked kept."""
    asked = []
    for logits, wish in zip(said, wishes, strict=True):
        state = begun(logits)
        if locks is not None and locks.rhythm:
            state = np.minimum(locks.phrase.tokens, FIRST)
        state[~wish.lines] = REST
        ways = _ways(locks.phrase.tokens, state) if locks is not None and locks.contour else None
        asked.append(Asked(logits, state, wish.minor, ways))
    found = []
    for tokens, wish in zip(written(asked, habits), wishes, strict=True):
        if locks is not None and locks.rhythm:
            tokens[PITCHED:] = locks.phrase.tokens[PITCHED:]
        for line in locks.lines if locks is not None else ():
            tokens[line] = locks.phrase.tokens[line]  # type: ignore[union-attr]
        found.append(Phrase(tokens, wish.frame, wish.minor))
    return found


def _ways(source: NDArray[np.uint8], state: NDArray[np.uint8]) -> NDArray[np.int8]:
    """Which way the source goes between the notes that begin: what it sounds at one and at the one before."""
    ways = np.full((PITCHED, state.shape[1]), 2, np.int8)
    for line in range(PITCHED):
        slots = np.flatnonzero(state[line] == FIRST)
        path = _sounding_pitch(source[line])[slots]
        known = (path[1:] > 0) & (path[:-1] > 0)
        ways[line, slots[1:][known]] = np.sign(np.diff(path))[known]
    return ways


def _sounding_pitch(line: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The last pitch token at or before each slot, (T,); 0 before the first."""
    place = np.maximum.accumulate(np.where(line >= FIRST, np.arange(len(line)), -1))
    return np.where(place >= 0, line[np.maximum(place, 0)], 0).astype(np.int64)


def _agreement(said: Floats, locks: Locks) -> float:
    """How likely what is locked is by itself, in mean nats a slot."""
    told = said - said.max(axis=-1, keepdims=True)
    told = told - np.log(np.exp(told).sum(axis=-1, keepdims=True))
    source = locks.phrase.tokens.astype(np.int64)
    values: list[NDArray[np.float32]] = []
    if locks.rhythm:
        begins = np.log(np.exp(told[:, :, FIRST:]).sum(axis=-1) + 1e-9)
        other = np.take_along_axis(told, np.minimum(source, HOLD)[:, :, None], axis=-1)[:, :, 0]
        values.append(np.where(source >= FIRST, begins, other))
    if locks.lines:
        rows = list(locks.lines)
        values.append(np.take_along_axis(told[rows], source[rows][:, :, None], axis=-1)[:, :, 0])
    return float(sum(v.mean() for v in values))
