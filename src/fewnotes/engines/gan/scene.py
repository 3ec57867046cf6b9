"""What the nets know when they write or judge: the memory of a style, its place among styles, and what is wished.

A `Support` is the phrases of a support set with their codes. From it come scenes (`fewnotes.nets.phrase_gan.Scene`) to
write in, and to learn in, where the phrases of one piece are real and those of the others are remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.gan.decoding import Habits, habits_of
from fewnotes.engines.gan.pad import Codes, Floats
from fewnotes.meta.phrases import FACTS, MOST_UNITS, Frame, Phrase, facts_of, wishes_of

if TYPE_CHECKING:
    import torch

    from fewnotes.nets.phrase_gan import Scene

#: How much of a style is remembered at once: phrases, and units of them.
MEMORY_PHRASES, MEMORY_UNITS = 8, 128


@dataclass(frozen=True)
class Support:
    """Phrases of a support set. piece: which piece each is of, (n,). vectors: embedding of each piece, (K, D), as the
    nets take them."""

    phrases: tuple[Phrase, ...]
    codes: tuple[Codes, ...]
    piece: NDArray[np.int64]
    vectors: Floats

    def style(self, without: int | None = None) -> Floats:
        """The place of the style, (D,), of all pieces or of all but one."""
        keep = [i for i in range(len(self.vectors)) if i != without] or list(range(len(self.vectors)))
        return np.asarray(self.vectors[keep].mean(axis=0), np.float32)

    @cached_property
    def habits(self) -> Habits:
        """What its phrases usually do."""
        return habits_of(self.phrases)

    def memory(self, rng: np.random.Generator, without: int | None = None) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Codes (S, Z), facts (S, FACTS) and use (S,) of some phrases, not of one piece if others there are."""
        places = np.flatnonzero(self.piece != without) if without is not None else np.arange(len(self.piece))
        places = places if len(places) else np.arange(len(self.piece))
        chosen = rng.permutation(places)[:MEMORY_PHRASES].tolist()
        codes = np.concatenate([self.codes[i].mean for i in chosen])[:MEMORY_UNITS]
        facts = np.concatenate([facts_of(self.phrases[i].frame, self.phrases[i].minor) for i in chosen])[:MEMORY_UNITS]
        room = MEMORY_UNITS - len(codes)
        use = np.arange(MEMORY_UNITS) < len(codes)
        return np.pad(codes, ((0, room), (0, 0))), np.pad(facts, ((0, room), (0, 0))), use


@dataclass(frozen=True)
class Wish:
    """What one phrase shall be. values: as `fewnotes.meta.phrases.wishes_of`, (WISHES,). piece: of the support set, by
    number, whose layout it takes."""

    frame: Frame
    values: Floats
    piece: int = 0

    @property
    def minor(self) -> bool:
        return bool(self.values[-1] > 0.5)

    @property
    def lines(self) -> NDArray[np.bool_]:
        """Lines that may sound."""
        return np.asarray(self.values[1:-1] > 0.5)

    @classmethod
    def like(cls, phrase: Phrase, piece: int = 0) -> Wish:
        return cls(phrase.frame, wishes_of(phrase), piece)


def scene(wishes: Sequence[Wish], style: Floats, memory: tuple[Floats, Floats, NDArray[np.bool_]]) -> Scene:
    """The scene of phrases of one style, padded to one length."""
    import torch

    from fewnotes.nets.phrase_gan import Scene

    units = max(w.frame.units for w in wishes)
    facts = np.zeros((len(wishes), units, FACTS), np.float32)
    use = np.zeros((len(wishes), units), bool)
    for i, wish in enumerate(wishes):
        facts[i, : wish.frame.units] = facts_of(wish.frame, wish.minor)
        use[i, : wish.frame.units] = True
    assert units <= MOST_UNITS
    codes, memory_facts, known = (torch.from_numpy(np.ascontiguousarray(x))[None] for x in memory)
    return Scene(
        torch.from_numpy(facts), torch.from_numpy(use), torch.from_numpy(np.array([w.values for w in wishes])),
        torch.from_numpy(style)[None], codes, memory_facts, known,
    )  # fmt: skip


def left_out(
    support: Support, out: int, each: int, rng: np.random.Generator
) -> tuple[tuple[torch.Tensor, torch.Tensor], Scene]:
    """Codes (M, U, Z) of phrases of one piece, their deviations, and their scene, in which the other pieces are
    remembered."""
    import torch

    inside = np.flatnonzero(support.piece == out)
    chosen = rng.choice(inside, each, replace=len(inside) < each).tolist()
    told = scene([Wish.like(support.phrases[i]) for i in chosen], support.style(out), support.memory(rng, out))
    real = np.zeros((2, each, told.use.shape[1], support.codes[0].mean.shape[1]), np.float32)
    for row, i in enumerate(chosen):
        codes = support.codes[i]
        real[:, row, : len(codes.mean)] = codes.mean, codes.spread
    return (torch.from_numpy(real[0]), torch.from_numpy(real[1])), told
