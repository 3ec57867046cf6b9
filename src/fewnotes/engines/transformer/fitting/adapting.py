"""Fitting the net to a style: low-rank adapters, a few steps on its pieces, as many as help on a piece left out.

Sequences are moved to other keys and partly misheard as in training: without that the pieces are learned by heart
within ten steps and others of their style are foretold worse.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
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
    """The adapters for a style. The strength is chosen with one piece left out, while all are learned from beside."""
    if len(events) < _LEAST_PIECES:
        own = _Fitting(base, events, base.style(vectors), seed)
        own.go(UNTRIED, lambda done: watch(done, UNTRIED))
        return Adapted(own.arrays(), UNTRIED)
    out = int(np.random.default_rng(seed).integers(len(events)))
    with _one_thread(), ThreadPoolExecutor(2) as pool:
        bits = pool.submit(_tried, base, events, vectors, out)
        arrays = pool.submit(_learned, base, events, vectors, seed, lambda done: watch(done, STRENGTHS[-1]))
        best = int(np.argmin(bits.result()))
        return Adapted(arrays.result()[best], STRENGTHS[best], tuple(round(b, 4) for b in bits.result()))


def _tried(base: Pretrained, events: Sequence[Events], vectors: NDArray[np.float32], out: int) -> list[float]:
    """Bits a note of the beginning of one piece after each strength of learning from the others, net alone."""
    rest = [i for i in range(len(events)) if i != out]
    style = base.style(vectors[rest])
    own = _Fitting(base, [events[i] for i in rest], style, 0)
    piece, bits, done = first_notes(events[out], TESTED_NOTES), [], 0
    for strength in STRENGTHS:
        own.go(strength - done)
        done = strength
        bits.append(float(-np.log2(np.maximum(chances(own.net, piece, style), 1e-12)).sum(axis=1).mean()))
    return bits


def _learned(
    base: Pretrained, events: Sequence[Events], vectors: NDArray[np.float32], seed: int, watch: Callable[[int], None]
) -> list[dict[str, NDArray[Any]]]:
    """The adapters after each strength of learning from all pieces; none for the first."""
    own = _Fitting(base, events, base.style(vectors), seed)
    found: list[dict[str, NDArray[Any]]] = [{}]
    for before, strength in pairwise(STRENGTHS):
        own.go(strength - before, watch, before)
        found.append(own.arrays())
    return found


@contextmanager
def _one_thread() -> Iterator[None]:
    """Each net in one thread: two at a time fill two cores, and threads that wait at every step would cost more."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Fitting:
    """A net under way to one style."""

    def __init__(self, base: Pretrained, events: Sequence[Events], style: NDArray[np.float32], seed: int) -> None:
        import torch

        from fewnotes.nets import adapter

        self.net: Composer = copy.deepcopy(base.net)
        self._events, self._style = events, torch.tensor(style).expand(BATCH, -1)
        self._rng = np.random.default_rng(seed)
        parameters = adapter.adapted(self.net, LAYERS, RANK, seed)
        self._optimiser = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0)

    def go(self, steps: int, watch: Callable[[int], None] = lambda _: None, first: int = 0) -> None:
        """So many steps more. Nothing is dropped out: that would draw on chance that threads share."""
        import torch

        from fewnotes.nets.composer import losses

        index = torch.arange(LENGTH).expand(BATCH, -1)
        for step in range(steps):
            watch(first + step)
            rows = [sequence(self._events, LENGTH, self._rng) for _ in range(BATCH)]
            heard = torch.tensor(np.stack([misheard(r, self._rng) for r in rows]), dtype=torch.int64)
            then = torch.tensor(np.stack(rows), dtype=torch.int64)
            with torch.autocast("cpu", torch.bfloat16):
                each, _ = losses(self.net, then, index, self._style, then[..., KEY] != BEGIN, heard)
            loss = each.sum() / (then[:, 1:, KEY] != BEGIN).sum()
            self._optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self._optimiser.param_groups[0]["params"], 1.0)
            self._optimiser.step()

    def arrays(self) -> dict[str, NDArray[Any]]:
        """The adapters, in half precision."""
        from fewnotes.nets import adapter

        return {name: array.numpy().astype(np.float16) for name, array in adapter.adapters(self.net).items()}
