"""The plain GANs that the sketch pad is measured against: phrases as rolls, a pair of nets, learning and drawing.

A roll is (CHANNELS, ROWS, SLOTS): of each line the onsets and what sounds, by pitch, in 64 slots whatever the meter. A
phrase of at most 64 slots goes there and back unchanged; a longer one keeps its notes but not all of their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.gan.decoding import sounding_only
from fewnotes.engines.gan.pad import Floats
from fewnotes.engines.gan.scene import Wish
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.meta.phrases import DRUM_KINDS, FIRST, HOLD, LINES, PITCHED, PITCHES, REST, Phrase
from fewnotes.store.checkpoints import load_checkpoint

if TYPE_CHECKING:
    import torch

    from fewnotes.nets.roll_gan import RollPair, RollShape

CHANNELS, ROWS, SLOTS = 2 * LINES, PITCHES, 64
_CLIP = 3.0


@dataclass(frozen=True)
class Rule:
    """How a pair learns one style. steps: of each net, in turn; batch: phrases a step; rate: of the steps.

    adam: Adam without momentum, as Nichol 2018 has it, else plain gradient descent.
    """

    steps: int
    batch: int
    rate: float
    adam: bool


#: FIGR's ten steps are its authors'. The literal pair has three times the steps that it was meta-trained with.
RULES = {"literal": Rule(30, 16, 5e-4, True), "figr": Rule(10, 8, 1e-3, False)}
#: Steps on one style in meta-training, of both.
INNER_STEPS = 10


def encode(phrase: Phrase) -> NDArray[np.bool_]:
    """The roll of a phrase, (CHANNELS, ROWS, SLOTS)."""
    tokens = phrase.tokens.astype(np.int64)
    place = np.maximum.accumulate(np.where(tokens != HOLD, np.arange(tokens.shape[1]), 0), axis=1)
    sounds = np.take_along_axis(tokens, place, axis=1) - FIRST
    source, slot = _pairs(tokens.shape[1])
    roll = np.zeros((CHANNELS, ROWS, SLOTS), bool)
    for first, pitch in ((0, tokens - FIRST), (1, sounds)):
        line, k = np.nonzero(pitch[:, source] >= 0)
        roll[2 * line + first, pitch[line, source[k]], slot[k]] = True
    return roll


def decode(roll: NDArray[Any], length: int) -> NDArray[np.uint8]:
    """Tokens (LINES, length) of a roll of probabilities; where two onsets are likely the likelier one."""
    slot = np.arange(length)
    # The first slot of the roll that stands for a slot of the phrase, the other way round where the phrase is longer.
    at = -(-slot * SLOTS // length) if length <= SLOTS else slot * SLOTS // length
    begins = np.append(True, np.diff(at) > 0)
    onset = roll[0::2, :, at].copy()
    for line, kinds in enumerate(DRUM_KINDS):
        onset[PITCHED + line, len(kinds) :] = 0
    sounds = roll[1::2, :, at].max(axis=1) > 0.5
    struck = (onset.max(axis=1) > 0.5) & begins
    tokens = np.where(struck, FIRST + onset.argmax(axis=1), np.where(sounds, HOLD, REST))
    return sounding_only(tokens.astype(np.uint8))


@dataclass(frozen=True)
class Plain:
    """A checkpoint of one of the pairs. which: "literal" or "figr". style_scale: mean and deviation of embeddings."""

    which: str
    shape: RollShape
    arrays: dict[str, NDArray[Any]]
    style_scale: tuple[Floats, Floats]
    digest: str

    def pair(self) -> RollPair:
        """The pair as it was meta-trained."""
        import torch

        from fewnotes.nets.roll_gan import PAIRS

        found = PAIRS[self.which](self.shape)
        found.load_state_dict({k: torch.from_numpy(v.astype(np.float32)) for k, v in self.arrays.items()})
        return found

    def style(self, vectors: Floats) -> Floats:
        """The embeddings of a style's pieces, (K, D), as the generator takes them, (D,)."""
        mean, spread = self.style_scale
        return np.asarray(np.clip((vectors - mean) / spread, -_CLIP, _CLIP).mean(axis=0), np.float32)


def plain(name: str) -> Plain:
    """The pair of a checkpoint, by name or folder. Raises NotInstalled, BadInput, StoreError."""
    checkpoint = load_checkpoint(name)
    try:
        from fewnotes.nets.roll_gan import PAIRS, RollShape
    except ImportError as error:
        raise NotInstalled(
            "This control needs torch, which is not installed", fix='pip install "fewnotes[nets]"'
        ) from error
    which = str(checkpoint.config.get("which"))
    if which not in PAIRS:
        raise BadInput(f"The checkpoint {checkpoint.name!r} is no plain GAN", expected=" or ".join(PAIRS))
    prefix = "pair."
    return Plain(
        which,
        RollShape.from_dict(dict(checkpoint.config["shape"])),
        {k.removeprefix(prefix): v for k, v in checkpoint.arrays.items() if k.startswith(prefix)},
        (checkpoint.arrays["style.mean"].astype(np.float32), checkpoint.arrays["style.spread"].astype(np.float32)),
        checkpoint.digest,
    )


def fitted(own: Plain, phrases: Sequence[Phrase], style: Floats, seed: int) -> RollPair:
    """A pair that learned from the phrases of a support set, as `RULES` has it. style: (D,), see `Plain.style`."""
    import torch

    torch.manual_seed(seed)
    pair, rule = own.pair(), RULES[own.which]
    learn(pair, rule, np.array([encode(p) for p in phrases]), style, np.random.default_rng(seed))
    return pair


def learn(
    pair: RollPair, rule: Rule, rolls: NDArray[np.bool_], style: Floats, rng: np.random.Generator, steps: int = 0
) -> tuple[float, float]:
    """Steps of discriminator and generator in turn on real rolls (n, CHANNELS, ROWS, SLOTS); the pair is changed.

    steps: instead of the rule's. Returns the last losses of both.
    """
    import torch

    optimisers = [_optimiser(net, rule) for net in (pair.discriminator, pair.generator)]
    told = torch.from_numpy(style)
    losses = [0.0, 0.0]
    for _ in range(steps or rule.steps):
        chosen = rng.choice(len(rolls), rule.batch, replace=len(rolls) < rule.batch)
        real = torch.from_numpy(rolls[chosen].astype(np.float32))
        for i, optimiser in enumerate(optimisers):
            loss = pair.generator_loss(len(real), told) if i else pair.discriminator_loss(real, told)
            # The generator's loss reaches the discriminator too, whose slopes are not wanted then.
            pair.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimiser.step()
            losses[i] = float(loss.detach())
    return losses[0], losses[1]


def drawn(pair: RollPair, style: Floats, wishes: Sequence[Wish], seed: int) -> list[Phrase]:
    """One phrase for each wish. The pair does not hear of wishes: the lines that none asked for are silenced."""
    import torch

    with torch.inference_mode():
        rolls = pair.new(len(wishes), torch.from_numpy(style), torch.Generator().manual_seed(seed)).numpy()
    found = []
    for roll, wish in zip(rolls, wishes, strict=True):
        tokens = decode(roll, wish.frame.length)
        tokens[~wish.lines] = REST
        found.append(Phrase(sounding_only(tokens), wish.frame, wish.minor))
    return found


def _pairs(length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Slots of a phrase and the slots of the roll that they go to."""
    if length <= SLOTS:
        slot = np.arange(SLOTS)
        return slot * length // SLOTS, slot
    source = np.arange(length)
    return source, source * SLOTS // length


def _optimiser(net: torch.nn.Module, rule: Rule) -> torch.optim.Optimizer:
    import torch

    if rule.adam:
        return torch.optim.Adam(net.parameters(), lr=rule.rate, betas=(0.0, 0.999))
    return torch.optim.SGD(net.parameters(), lr=rule.rate)
