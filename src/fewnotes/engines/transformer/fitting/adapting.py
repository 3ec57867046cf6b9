"""Fitting the net to a style: low-rank adapters, a few steps on its pieces, as many as help on a piece left out.

Sequences are moved to other keys and partly misheard as in training: without that the pieces are learned by heart
within ten steps and others of their style are foretold worse.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.fitting.pretrained import Pretrained, chances
from fewnotes.engines.transformer.prediction.telling import TESTED_NOTES
from fewnotes.meta.events import BEGIN, KEY, Events, first_notes
from fewnotes.meta.events.excerpts import misheard, sequence

if TYPE_CHECKING:
    from fewnotes.nets.composer import Composer

#: Numbers of steps that are tried; the first is not to fit.
STRENGTHS = (0, 6, 12, 20)
#: Steps where no piece can be left out.
UNTRIED = 6
RANK, RATE, BATCH, LENGTH = 8, 1e-3, 2, 512
#: Layers that get adapters: inside attention and the two layers after it, the heads, and what leads to them.
LAYERS = (
    "project", "out", "up", "down", "which", "to_delta", "to_length", "to_key", "to_interval", "to_track",
)  # fmt: skip
#: Fewer pieces leave too little to learn from when one is left out.
_LEAST_PIECES = 3
Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Adapted:
    """arrays: of the adapters, empty where not fitting the net was best. steps: how many. bits: by strength, net alone,
    of a piece left out."""

    arrays: dict[str, NDArray[Any]]
    steps: int
    bits: tuple[float, ...] = ()


def adapted(
    base: Pretrained, events: Sequence[Events], vectors: NDArray[np.float32], seed: int, watch: Watch
) -> Adapted:
    """The adapters for a style. The strength is chosen with one piece left out, then all are learned from."""
    rng = np.random.default_rng(seed)
    steps, bits = UNTRIED, ()  # type: tuple[int, tuple[float, ...]]
    total = 2 * STRENGTHS[-1]
    if len(events) >= _LEAST_PIECES:
        steps, bits = _chosen(base, events, vectors, rng, lambda done: watch(done, total))
    if not steps:
        return Adapted({}, 0, bits)
    own = _Fitting(base, events, base.style(vectors), seed)
    own.go(steps, rng, lambda done: watch(STRENGTHS[-1] + done, total))
    return Adapted(own.arrays(), steps, bits)


def _chosen(
    base: Pretrained, events: Sequence[Events], vectors: NDArray[np.float32], rng: np.random.Generator,
    watch: Callable[[int], None],
) -> tuple[int, tuple[float, ...]]:  # fmt: skip
    """The strength that foretells a piece best that was not learned from."""
    out = int(rng.integers(len(events)))
    rest = [i for i in range(len(events)) if i != out]
    style = base.style(vectors[rest])
    own = _Fitting(base, [events[i] for i in rest], style, 0)
    piece, bits, done = first_notes(events[out], TESTED_NOTES), [], 0
    for strength in STRENGTHS:
        own.go(strength - done, rng, watch, done)
        done = strength
        bits.append(float(-np.log2(np.maximum(chances(own.net, piece, style), 1e-12)).sum(axis=1).mean()))
    return STRENGTHS[int(np.argmin(bits))], tuple(round(b, 4) for b in bits)


class _Fitting:
    """A net under way to one style."""

    def __init__(self, base: Pretrained, events: Sequence[Events], style: NDArray[np.float32], seed: int) -> None:
        import torch

        from fewnotes.nets import adapter

        self.net: Composer = copy.deepcopy(base.net)
        self._events, self._style = events, torch.tensor(style).expand(BATCH, -1)
        parameters = adapter.adapted(self.net, LAYERS, RANK, seed)
        self._optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)

    def go(self, steps: int, rng: np.random.Generator, watch: Callable[[int], None], first: int = 0) -> None:
        """So many steps more."""
        import torch

        from fewnotes.nets.composer import losses

        index = torch.arange(LENGTH).expand(BATCH, -1)
        self.net.train()
        with torch.random.fork_rng([]):
            torch.manual_seed(int(rng.integers(2**31)))
            for step in range(steps):
                watch(first + step)
                rows = [sequence(self._events, LENGTH, rng) for _ in range(BATCH)]
                heard = torch.tensor(np.stack([misheard(r, rng) for r in rows]), dtype=torch.int64)
                then = torch.tensor(np.stack(rows), dtype=torch.int64)
                with torch.autocast("cpu", torch.bfloat16):
                    each, _ = losses(self.net, then, index, self._style, then[..., KEY] != BEGIN, heard)
                loss = each.sum() / (then[:, 1:, KEY] != BEGIN).sum()
                self._optimiser.zero_grad(set_to_none=True)
                loss.backward()  # type: ignore[no-untyped-call]
                torch.nn.utils.clip_grad_norm_(self._optimiser.param_groups[0]["params"], 1.0)
                self._optimiser.step()
        self.net.eval()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The adapters, in half precision."""
        from fewnotes.nets import adapter

        return {name: array.numpy().astype(np.float16) for name, array in adapter.adapters(self.net).items()}
