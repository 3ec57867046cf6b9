"""Two adversarial pairs on rolls, the plain forms that the sketch pad is measured against. Both nets learn by Reptile.

`LiteralPair`: perceptrons of two layers and the minimax loss (Goodfellow 2014, eq. 1), noise and a style to a roll.
`FigrPair`: FIGR (Clouatre 2019): convolutions, a critic with a penalty on its gradient (Gulrajani 2017, eq. 3), noise
alone. Axes: B phrases, C channels of a roll (onsets and sounding of each line), R rows (pitches), S slots, D style.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class RollShape:
    """Sizes. width: hidden units, or channels of the outermost convolution. style: 0 for a pair that hears of none.

    kept: places (channel x rows + row) that a perceptron writes and reads, the others stay silent; empty for all.
    """

    channels: int = 16
    rows: int = 72
    slots: int = 64
    noise: int = 64
    style: int = 192
    width: int = 40
    kept: tuple[int, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"kept": list(self.kept)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> RollShape:
        return cls(**(values | {"kept": tuple(values["kept"])}))


class RollPair(nn.Module):
    """What both pairs share: noise in, probabilities of a roll out (B, C, R, S), and a loss for each net."""

    generator: nn.Module
    discriminator: nn.Module

    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        self.shape = shape

    def new(self, count: int, style: Tensor, maker: torch.Generator | None = None) -> Tensor:
        """Fresh rolls, probabilities (B, C, R, S). style: (D,), the same for all."""
        noise = torch.randn(count, self.shape.noise, generator=maker)
        return self.generator(torch.cat([noise, style.expand(count, -1)[:, : self.shape.style]], dim=-1))

    def discriminator_loss(self, real: Tensor, style: Tensor) -> Tensor:
        """To be made small by the discriminator. real: (B, C, R, S), of zeros and ones."""
        raise NotImplementedError

    def generator_loss(self, count: int, style: Tensor) -> Tensor:
        """To be made small by the generator."""
        raise NotImplementedError


class _Places(nn.Module):
    """The rows of a roll that count, and back: the others are empty in all music that was learned from."""

    places: Tensor

    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        self.shape = shape
        kept = torch.tensor(shape.kept or range(shape.channels * shape.rows))
        self.register_buffer("places", kept, persistent=False)

    @property
    def size(self) -> int:
        return len(self.places) * self.shape.slots

    def taken(self, roll: Tensor) -> Tensor:
        return roll.flatten(1, 2)[:, self.places].flatten(1)

    def laid(self, flat: Tensor) -> Tensor:
        shape = self.shape
        every = flat.new_zeros(len(flat), shape.channels * shape.rows, shape.slots)
        rows = flat.reshape(len(flat), -1, shape.slots)
        return every.index_copy(1, self.places, rows).reshape(-1, shape.channels, shape.rows, shape.slots)


class _LiteralGenerator(nn.Module):
    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        self.places = _Places(shape)
        self.first = nn.Linear(shape.noise + shape.style, shape.width)
        self.second = nn.Linear(shape.width, self.places.size)

    def forward(self, x: Tensor) -> Tensor:
        return self.places.laid(self.second(functional.relu(self.first(x))).sigmoid())


class _LiteralDiscriminator(nn.Module):
    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        self.places = _Places(shape)
        self.first = nn.Linear(self.places.size, shape.width)
        self.second = nn.Linear(shape.width, 1)

    def forward(self, roll: Tensor) -> Tensor:
        return self.second(functional.relu(self.first(self.places.taken(roll))))[:, 0]


class LiteralPair(RollPair):
    """min over G, max over D of E[ln D(x)] + E[ln(1 - D(G(z, style)))], as it stands: G learns little from a sure D."""

    def __init__(self, shape: RollShape) -> None:
        super().__init__(shape)
        self.generator = _LiteralGenerator(shape)
        self.discriminator = _LiteralDiscriminator(shape)

    def discriminator_loss(self, real: Tensor, style: Tensor) -> Tensor:
        """Minus the value of the game."""
        with torch.no_grad():
            new = self.new(len(real), style)
        # ln D = -softplus(-a) and ln(1 - D) = -softplus(a), where D = sigmoid(a).
        told = functional.softplus(-self.discriminator(real)).mean()
        return told + functional.softplus(self.discriminator(new)).mean()

    def generator_loss(self, count: int, style: Tensor) -> Tensor:
        """The part of the value of the game that the generator has a say in."""
        return -functional.softplus(self.discriminator(self.new(count, style))).mean()


class _FigrGenerator(nn.Module):
    """Noise to the smallest map, then each layer doubles rows and slots."""

    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        self.small = (4 * shape.width, shape.rows // 8, shape.slots // 8)
        self.first = nn.Linear(shape.noise + shape.style, self.small[0] * self.small[1] * self.small[2])
        self.layers = nn.Sequential(
            nn.GroupNorm(1, 4 * shape.width), nn.ReLU(),
            nn.ConvTranspose2d(4 * shape.width, 2 * shape.width, 4, 2, 1), nn.GroupNorm(1, 2 * shape.width), nn.ReLU(),
            nn.ConvTranspose2d(2 * shape.width, shape.width, 4, 2, 1), nn.GroupNorm(1, shape.width), nn.ReLU(),
            nn.ConvTranspose2d(shape.width, shape.channels, 4, 2, 1),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(self.first(x).unflatten(1, self.small)).sigmoid()


class _FigrCritic(nn.Module):
    """The same way back, to one number. Layer normalisation, since the penalty is on each phrase alone."""

    def __init__(self, shape: RollShape) -> None:
        super().__init__()
        width, small = shape.width, (shape.rows // 8) * (shape.slots // 8)
        self.layers = nn.Sequential(
            nn.Conv2d(shape.channels, width, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 4, 2, 1), nn.GroupNorm(1, 2 * width), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * width, 4 * width, 4, 2, 1), nn.GroupNorm(1, 4 * width), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(4 * width * small, 1),
        )  # fmt: skip

    def forward(self, roll: Tensor) -> Tensor:
        return self.layers(roll)[:, 0]


class FigrPair(RollPair):
    """A generator and a critic of convolutions; rows and slots are multiples of 8."""

    penalty = 10.0

    def __init__(self, shape: RollShape) -> None:
        super().__init__(shape)
        self.generator = _FigrGenerator(shape)
        self.discriminator = _FigrCritic(shape)

    def discriminator_loss(self, real: Tensor, style: Tensor) -> Tensor:
        """The critic's, with the penalty between real and new rolls (Gulrajani 2017, eq. 3)."""
        with torch.no_grad():
            new = self.new(len(real), style)
        told = self.discriminator(new).mean() - self.discriminator(real).mean()
        part = torch.rand(len(real), 1, 1, 1)
        between = torch.lerp(real, new, part).requires_grad_()
        (slope,) = torch.autograd.grad(self.discriminator(between).sum(), between, create_graph=True)
        return told + self.penalty * (slope.flatten(1).norm(dim=1) - 1).pow(2).mean()

    def generator_loss(self, count: int, style: Tensor) -> Tensor:
        """How little the critic likes new rolls."""
        return -self.discriminator(self.new(count, style)).mean()


#: Names of the pairs, as checkpoints and recipes have them.
PAIRS: dict[str, type[RollPair]] = {"literal": LiteralPair, "figr": FigrPair}
