"""Learning one style: some adversarial steps on its support set, as many as help on phrases left out.

Each step one piece of the support set is real and the others are remembered, so what is learned is to go on from some
pieces to another one, and not the pieces themselves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.gan.pad import Pad
from fewnotes.engines.gan.scene import Support, Wish, left_out, scene
from fewnotes.engines.gan.training import adversarial_step, described, frechet, optimisers_of

if TYPE_CHECKING:
    from fewnotes.nets.phrase_gan import AdversarialPair

#: Numbers of steps that are tried; the first is not to learn.
STRENGTHS = (0, 16, 40)
#: Steps of nets that were not meta-trained: as much time as choosing a strength and learning take.
UNTRAINED_STEPS = 2 * STRENGTHS[-1]
BATCH = 16
GENERATOR_RATE, DISCRIMINATOR_RATE = 1e-4, 2e-4
#: A strength is taken if it brings new phrases nearer to those left out by this share.
_LEAST_GAIN = 0.005
_MEASURED = 96
Watch = Callable[[int, int], None]


@dataclass(frozen=True)
class Adapted:
    """arrays: of the generator, empty where not learning was best. steps: how many. distances: by strength, from the
    phrases left out."""

    arrays: dict[str, NDArray[Any]]
    steps: int
    distances: tuple[float, ...]


def adapted(pad: Pad, support: Support, seed: int, watch: Watch | None = None, way: str = "") -> Adapted:
    """The generator for a style. The strength is chosen with one piece left out, then all pieces are learned from."""
    import torch

    if way == "unlearned":
        return Adapted({}, 0, ())
    tell: Watch = watch or (lambda *_: None)

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pieces = np.unique(support.piece).tolist()
    steps = STRENGTHS[1]
    distances: tuple[float, ...] = ()
    total = STRENGTHS[-1] * (2 if len(pieces) > 2 else 1)
    if way == "untrained":
        steps = UNTRAINED_STEPS
    elif len(pieces) > 2:
        steps, distances = _chosen(pad, support, int(rng.choice(pieces)), rng, lambda done: tell(done, total))
    if not steps:
        return Adapted({}, 0, distances)
    pair = pad.untrained_pair(seed) if way == "untrained" else pad.fresh_pair()
    learn(pair, support, pieces, steps, rng, watch=lambda done: tell(STRENGTHS[-1] + done, total))
    state = pair.generator.state_dict()
    return Adapted({k: v.numpy().astype(np.float16) for k, v in state.items()}, steps, distances)


def learn(
    pair: AdversarialPair, support: Support, pieces: list[int], steps: int, rng: np.random.Generator, *,
    watch: Callable[[int], None] | None = None, first: int = 0,
) -> None:  # fmt: skip
    """Adversarial steps on the pieces, each left out in turn; the pair is changed."""
    optimisers = optimisers_of(pair, GENERATOR_RATE, DISCRIMINATOR_RATE)
    pair.train()
    for number in range(first, first + steps):
        if watch is not None:
            watch(number)
        real, told = left_out(support, pieces[number % len(pieces)], BATCH, rng)
        adversarial_step(pair, optimisers, real, told, number)
    pair.eval()


def _chosen(
    pad: Pad, support: Support, out: int, rng: np.random.Generator, watch: Callable[[int], None]
) -> tuple[int, tuple[float, ...]]:
    """The strength that brings new phrases nearest to those of a piece that was not learned from."""
    rest = [i for i in np.unique(support.piece).tolist() if i != out]
    pair = pad.fresh_pair()
    distances, done = [], 0
    for strength in STRENGTHS:
        learn(pair, support, rest, strength - done, rng, watch=watch, first=done)
        done = strength
        distances.append(_distance(pair, support, out))
    best = int(np.argmin(distances))
    if distances[best] > (1 - _LEAST_GAIN) * distances[0]:
        best = 0
    return STRENGTHS[best], tuple(round(d, 4) for d in distances)


def _distance(pair: AdversarialPair, support: Support, out: int) -> float:
    """Frechet distance of new phrases from those of one piece, which is not remembered. The same memory and noise every
    time, so that strengths are compared and not draws."""
    import torch

    inside = np.flatnonzero(support.piece == out).tolist()
    wishes = [Wish.like(support.phrases[inside[i % len(inside)]]) for i in range(_MEASURED)]
    told = scene(wishes, support.style(out), support.memory(np.random.default_rng(7), out))
    with torch.inference_mode():
        new = pair.generator(*pair.noise(told, torch.Generator().manual_seed(7)), told).numpy()
    units = max(len(support.codes[i].mean) for i in inside)
    real = np.array([np.pad(support.codes[i].mean, ((0, units - len(support.codes[i].mean)), (0, 0))) for i in inside])
    use = np.array([np.arange(units) < len(support.codes[i].mean) for i in inside])
    real, use = (np.concatenate([x, x]) if len(x) < 2 else x for x in (real, use))
    return frechet(described(new, told.use.numpy()), described(real, use))
