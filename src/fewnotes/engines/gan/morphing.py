"""A path between two phrases through the generator's noise.

For each end the noise is sought whose codes come nearest to its own (GAN inversion from an encoder's guess, Zhu 2016),
and what is left over, in codes and in what is decoded, is faded out along the way: a path begins and ends on the
phrases themselves.
Between, noise is interpolated on the sphere, since a straight line leaves where noise usually lies (White 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.gan.decoding import laid_out
from fewnotes.engines.gan.drawing import phrases_of
from fewnotes.engines.gan.pad import Floats
from fewnotes.engines.gan.scene import Wish, scene
from fewnotes.errors import NotPossible
from fewnotes.meta.phrases import FIRST, Phrase

if TYPE_CHECKING:
    import torch

    from fewnotes.engines.gan import Sketcher

#: Steps of inversion from the guess of the encoder, and their rate.
_STEPS, _RATE = 40, 0.03
#: Places on a path that are decoded; those are kept that lie evenly by what is heard.
_DENSE = 41
#: At each place some phrases to choose from: through the noise (0), straight through the codes (1), and between.
_BLEND = (0.0, 0.5, 1.0)
#: What turning back costs, however little, and again as much for turning all the way; less than this is rounding.
_TURNING, _LEAST_BACK = 100.0, 1e-9
#: How far the tokens of an end are ahead of others there, in nats.
_PLAIN = 4.0


@dataclass(frozen=True)
class End:
    """One end of a path: noise of its units and of the whole, and the codes that it should have, (U, Z)."""

    noise: tuple[Floats, Floats]
    codes: Floats


def path(sketcher: Sketcher, first: Phrase, last: Phrase, steps: int, seed: int) -> list[Phrase]:
    """`steps` phrases from first to last, both as given. Raises NotPossible for phrases of two meters or grids."""
    import torch

    if first.frame != last.frame:
        raise NotPossible(
            f"A path from {_named(first)} to {_named(last)} is not possible",
            expected="two phrases of one meter and grid",
        )
    memory = sketcher.support.memory(np.random.default_rng(seed))
    wishes = [Wish.like(first), Wish.like(last)]
    ends = [_inverted(sketcher, phrase, wish, memory) for phrase, wish in zip((first, last), wishes, strict=True)]
    places = np.repeat(np.linspace(0, 1, _DENSE), len(_BLEND))
    between = [_between(wishes[0], wishes[1], float(t)) for t in places]
    told = scene(between, sketcher.support.style(), memory)
    units, whole = (np.array([_sphere(ends[0].noise[i], ends[1].noise[i], float(t)) for t in places]) for i in (0, 1))
    with torch.inference_mode():
        codes = sketcher.pair.generator(torch.from_numpy(units), torch.from_numpy(whole), told)
        one, two = (torch.from_numpy(end.codes) for end in ends)
        fade = torch.from_numpy(places.astype(np.float32))[:, None, None]
        straight = (1 - fade) * one + fade * two
        codes = codes + (1 - fade) * (one - codes[0]) + fade * (two - codes[-1])
        blend = torch.tensor(_BLEND * _DENSE)[:, None, None]
        codes = (1 - blend) * codes + blend * straight
        logits = sketcher.pad.decode(codes, told.facts, told.use).numpy()
    said = [laid_out(own, first.frame) for own in logits]
    missed = [_missed(own, phrase) for own, phrase in ((said[0], first), (said[-1], last))]
    said = [own + float(1 - t) * missed[0] + float(t) * missed[1] for own, t in zip(said, places, strict=True)]
    inner = slice(len(_BLEND), -len(_BLEND))
    found = [first, *phrases_of(said[inner], between[inner], sketcher.support.habits)]
    return _even([*found, last], steps)


def _missed(logits: Floats, phrase: Phrase) -> Floats:
    """What the logits of an end, (LINES, T, VOCABULARY), lack for its own tokens to be the likeliest by far."""
    token = phrase.tokens[..., None].astype(np.int64)
    lacks = logits.max(axis=-1, keepdims=True) + _PLAIN - np.take_along_axis(logits, token, axis=-1)
    found = np.zeros_like(logits)
    np.put_along_axis(found, token, np.maximum(0, lacks), axis=-1)
    return found


def apart(one: Phrase, two: Phrase) -> float:
    """How far apart two phrases of one frame are to the ear: 1 - shared onsets / all onsets, a line at a time."""
    a, b = (
        set(zip(*np.nonzero(p.tokens >= FIRST), p.tokens[p.tokens >= FIRST].tolist(), strict=True)) for p in (one, two)
    )
    return 1 - len(a & b) / len(a | b) if a | b else 0.0


def _even(dense: Sequence[Phrase], steps: int) -> list[Phrase]:
    """Of a dense path, as many phrases as asked for, evenly placed by what is heard, both ends kept.

    Each is further from the first and nearer to the last than the one before; where the path has no such phrases, those
    that turn back least. Dynamic programming over which dense phrase stands at which step.
    """
    away = np.array([apart(dense[0], p) for p in dense])
    near = np.array([apart(p, dense[-1]) for p in dense])
    progress = (away + 1 - near) / 2
    back = np.maximum(0, away[:, None] - away[None]) + np.maximum(0, near[None] - near[:, None])
    # From i to j: never backwards on the dense path, and turning back costs more than any unevenness.
    step = np.where(np.triu(np.ones_like(back), 1) > 0, _TURNING * (back + (back > _LEAST_BACK)), np.inf)
    cost = np.where(np.arange(len(dense)) == 0, 0.0, np.inf)
    came = []
    for wanted in np.linspace(progress[0], progress[-1], steps)[1:]:
        total = cost[:, None] + step
        came.append(total.argmin(axis=0))
        cost = total.min(axis=0) + np.abs(progress - wanted)
    chosen = [len(dense) - 1]
    for before in reversed(came):
        chosen.append(int(before[chosen[-1]]))
    return [dense[i] for i in reversed(chosen)]


def _inverted(sketcher: Sketcher, phrase: Phrase, wish: Wish, memory: tuple[Floats, Floats, NDArray[np.bool_]]) -> End:
    """The noise whose codes come nearest to those of a phrase: what the encoder guesses, then steps from there."""
    import torch

    target = torch.from_numpy(sketcher.pad.encode([phrase])[0].mean)
    pair, one = sketcher.pair, scene([wish], sketcher.support.style(), memory)
    with torch.no_grad():
        guess = pair.encoder(target[None], one)
    sought = [x.clone().requires_grad_(True) for x in (guess.unit, guess.whole)]
    optimiser = torch.optim.Adam(sought, lr=_RATE)
    for _ in range(_STEPS):
        gap = (pair.generator(sought[0], sought[1], one) - target).pow(2).sum()
        optimiser.zero_grad()
        torch.autograd.backward(gap + 0.1 * _unlikely(sought))
        optimiser.step()
    noise = tuple(x.detach()[0].numpy() for x in sought)
    return End((noise[0], noise[1]), target.numpy())


def _unlikely(noise: Sequence[torch.Tensor]) -> torch.Tensor:
    """How far the length of the noise is from what is usual."""
    total: torch.Tensor = sum(((x.pow(2).mean() - 1) ** 2 * x.numel() for x in noise), start=noise[0].new_zeros(()))
    return total


def _sphere(one: Floats, two: Floats, t: float) -> Floats:
    """Interpolation on the sphere, of all numbers together."""
    a, b = one.ravel(), two.ravel()
    lengths = float(np.linalg.norm(a)) * float(np.linalg.norm(b))
    cosine = float(a @ b) / max(1e-9, lengths)
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle < 1e-3:
        return np.asarray((1 - t) * one + t * two, np.float32)
    return np.asarray((np.sin((1 - t) * angle) * one + np.sin(t * angle) * two) / np.sin(angle), np.float32)


def _between(one: Wish, two: Wish, t: float) -> Wish:
    """What lies between two wishes; lines that sound at one end may sound until half-way."""
    values = (1 - t) * one.values + t * two.values
    values[1:] = np.where(t < 0.5, np.maximum(one.values[1:], 0), two.values[1:])
    return Wish(one.frame, values.astype(np.float32))


def _named(phrase: Phrase) -> str:
    meter = phrase.frame.meter
    return f"{meter.numerator}/{meter.denominator} on {phrase.frame.slots} slots a quarter"
