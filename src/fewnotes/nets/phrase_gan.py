"""The adversarial pair: a generator of phrase codes in a style, and a discriminator that knows the same style.

Both look at a memory, the codes of some phrases of the style, and at the embedding that the relation network gives the
style. What is real to the discriminator never stands in its memory, so a generator that copies from the memory is found
out. Losses: relativistic, a real and a new phrase of one scene side by side (Jolicoeur-Martineau 2019, eq. 13), with a
penalty on the gradients at both (Mescheder 2018, eq. 9 and 10). An encoder traces phrases back to noise.

Axes: G styles, M phrases a style, B = G M, U units, Z numbers a code, S units of memory.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fewnotes.nets.attention import Block

#: Variance of codes below which nothing is heard.
FINEST = 0.03


@dataclass(frozen=True)
class PairShape:
    """Sizes. facts: of a unit; wishes: numbers about the whole phrase (density, lines that sound, mode)."""

    code: int = 24
    facts: int = 26
    wishes: int = 10
    style: int = 192
    noise: int = 16
    whole_noise: int = 32
    width: int = 128
    blocks: int = 3
    most_units: int = 24

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> PairShape:
        return cls(**values)


@dataclass
class Scene:
    """What both nets know of phrases to come.

    facts: (B, U, facts). use: (B, U). wishes: (B, wishes). style: (G, D). memory: (G, S, Z), codes; memory_facts:
    (G, S, facts); known: (G, S), True where the memory has a unit.
    """

    facts: Tensor
    use: Tensor
    wishes: Tensor
    style: Tensor
    memory: Tensor
    memory_facts: Tensor
    known: Tensor


class _Trunk(nn.Module):
    """Units in, units out, knowing the scene."""

    def __init__(self, shape: PairShape, inside: int) -> None:
        super().__init__()
        self.inside = nn.Linear(inside, shape.width)
        self.facts = nn.Linear(shape.facts, shape.width)
        self.wishes = nn.Linear(shape.wishes, shape.width)
        self.style = nn.Sequential(nn.Linear(shape.style, 48), nn.GELU(), nn.Dropout(0.1), nn.Linear(48, shape.width))
        self.order = nn.Parameter(torch.randn(shape.most_units, shape.width) * 0.02)
        self.memory = nn.Linear(shape.code + shape.facts, shape.width)
        self.blocks = nn.ModuleList(Block(shape.width, memory=True) for _ in range(shape.blocks))
        self.settle = nn.LayerNorm(shape.width)

    def forward(self, x: Tensor, scene: Scene) -> Tensor:
        each = len(x) // len(scene.style)
        known = self.wishes(scene.wishes) + self.style(scene.style).repeat_interleave(each, dim=0)
        units = self.inside(x) + self.facts(scene.facts) + self.order[: x.shape[1]] + known[:, None]
        memory = self.memory(torch.cat([scene.memory, scene.memory_facts], dim=-1))
        for block in self.blocks:
            units = block(units, scene.use, memory, scene.known)
        return self.settle(units)


class Generator(nn.Module):
    """Noise of each unit (B, U, noise) and of the whole (B, whole_noise) -> codes (B, U, Z)."""

    def __init__(self, shape: PairShape) -> None:
        super().__init__()
        self.trunk = _Trunk(shape, shape.noise + shape.whole_noise)
        self.out = nn.Linear(shape.width, shape.code)

    def forward(self, noise: Tensor, whole: Tensor, scene: Scene) -> Tensor:
        every = whole[:, None].expand(-1, noise.shape[1], -1)
        return self.out(self.trunk(torch.cat([noise, every], dim=-1), scene)).float()


class Encoder(nn.Module):
    """Codes (B, U, Z) -> the noise that a generator may have made them from: of each unit and of the whole."""

    def __init__(self, shape: PairShape) -> None:
        super().__init__()
        self.trunk = _Trunk(shape, shape.code)
        self.unit = nn.Linear(shape.width, 2 * shape.noise)
        self.whole = nn.Linear(shape.width, 2 * shape.whole_noise)

    def forward(self, codes: Tensor, scene: Scene) -> Guess:
        units = self.trunk(codes, scene)
        mean = (units * scene.use[..., None]).sum(dim=1) / scene.use.sum(dim=1, keepdim=True).clamp(min=1)
        unit, unit_log_variance = self.unit(units).float().chunk(2, dim=-1)
        whole, whole_log_variance = self.whole(mean).float().chunk(2, dim=-1)
        return Guess(unit, unit_log_variance, whole, whole_log_variance, scene.use)


@dataclass
class Guess:
    """A normal distribution of noise: means and log variances, of units (B, U, noise) and of the whole."""

    unit: Tensor
    unit_log_variance: Tensor
    whole: Tensor
    whole_log_variance: Tensor
    use: Tensor

    def draw(self) -> tuple[Tensor, Tensor]:
        """Noise from it."""
        return blurred(self.unit, (0.5 * self.unit_log_variance).exp()), blurred(
            self.whole, (0.5 * self.whole_log_variance).exp()
        )

    def divergence(self) -> Tensor:
        """From unit normal noise, in nats a unit of a phrase, (B,)."""
        units = _over_units(_divergence(self.unit, self.unit_log_variance), self.use)
        return units + _divergence(self.whole, self.whole_log_variance) / self.use.sum(dim=1).clamp(min=1)


def _divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    return 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=-1)


@dataclass
class Told:
    """How real phrases are: each unit, (B, U), and the whole beside the others of its style, (B,). use: (B, U)."""

    units: Tensor
    whole: Tensor
    use: Tensor

    def sum(self) -> Tensor:
        """Over phrases, the units of one counting as much as the whole."""
        return _over_units(self.units, self.use).sum() + self.whole.sum()

    def behind(self, other: Told) -> Tensor:
        """Logistic loss of being less real than `other`, pair by pair (Jolicoeur-Martineau 2019, eq. 13)."""
        units = _over_units(functional.softplus(other.units - self.units), self.use)
        return 0.5 * (units + functional.softplus(other.whole - self.whole)).mean()


def _over_units(values: Tensor, use: Tensor) -> Tensor:
    """Means over the units that there are, (B,)."""
    return (values * use).sum(dim=1) / use.sum(dim=1).clamp(min=1)


class Discriminator(nn.Module):
    """Codes (B, U, Z) -> how real each unit and each phrase is."""

    def __init__(self, shape: PairShape) -> None:
        super().__init__()
        self.trunk = _Trunk(shape, shape.code)
        self.unit = nn.Linear(shape.width, 1)
        self.whole = nn.Sequential(nn.Linear(2 * shape.width, shape.width), nn.GELU(), nn.Linear(shape.width, 1))
        self.narrow = nn.Linear(shape.width, 32)

    def forward(self, codes: Tensor, scene: Scene) -> Told:
        units = self.trunk(codes, scene)
        weight = scene.use[..., None].to(units.dtype)
        mean = (units * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1)
        each = len(codes) // len(scene.style)
        # How much the phrases of a style differ among themselves (Karras 2018, section 3), so that sameness is seen.
        narrow = self.narrow(mean).unflatten(0, (-1, each))
        spread = (narrow - narrow.mean(dim=1, keepdim=True)).pow(2).mean(dim=1).add(1e-6).sqrt()
        beside = torch.cat([spread] * 4, dim=-1)[:, : mean.shape[1]].repeat_interleave(each, dim=0)
        whole = self.whole(torch.cat([mean, beside], dim=-1))[:, 0].float()
        return Told(self.unit(units)[..., 0].float(), whole, scene.use)


class AdversarialPair(nn.Module):
    """Generator and discriminator as one object, with the losses of both."""

    def __init__(self, shape: PairShape) -> None:
        super().__init__()
        self.shape = shape
        self.generator = Generator(shape)
        self.discriminator = Discriminator(shape)
        self.encoder = Encoder(shape)

    def noise(self, scene: Scene, maker: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Fresh noise for the phrases of a scene."""
        count, units = scene.use.shape
        shape = self.shape
        return (
            torch.randn(count, units, shape.noise, generator=maker),
            torch.randn(count, shape.whole_noise, generator=maker),
        )

    def discriminator_loss(self, real: Tensor, blur: Tensor, scene: Scene, penalty: float) -> Tensor:
        """Of real and new codes of one scene. penalty: weight of the squared gradients at both, 0 leaves it out.

        blur: (B, U, Z), deviation of the noise that both get before they are looked at; what the coder itself blurs
        cannot be heard, so nothing is to be told by it.
        """
        with torch.no_grad():
            new = self.generator(*self.noise(scene), scene)
        real, new = (blurred(x, blur).detach().requires_grad_(penalty > 0) for x in (real, new))
        told, made = self.discriminator(real, scene), self.discriminator(new, scene)
        loss = told.behind(made)
        if penalty > 0:
            for codes, seen in ((real, told), (new, made)):
                (slope,) = torch.autograd.grad(seen.sum(), codes, create_graph=True)
                loss = loss + 0.5 * penalty * slope.pow(2).sum(dim=(1, 2)).mean()
        return loss

    def generator_loss(self, real: Tensor, blur: Tensor, scene: Scene) -> Tensor:
        """How far new codes are from passing for more real than the real ones of the same scene."""
        new = self.generator(*self.noise(scene), scene)
        with torch.no_grad():
            told = self.discriminator(blurred(real, blur), scene)
        return self.discriminator(blurred(new, blur), scene).behind(told)

    def way_back_loss(self, real: Tensor, blur: Tensor, scene: Scene) -> Tensor:
        """How far real codes are from what the generator makes of the noise they are traced to, in nats a number.

        Larsen 2016, eq. 5, with the distance of codes for that of hidden layers: every real phrase has noise that leads
        to it, so none is forgotten, and morphs find it.
        """
        guess = self.encoder(real, scene)
        back = self.generator(*guess.draw(), scene)
        gap = _over_units(((back - real) ** 2 / (2 * (blur**2 + FINEST))).sum(dim=-1), scene.use)
        return (gap + guess.divergence()).mean() / real.shape[-1]


def blurred(codes: Tensor, blur: Tensor) -> Tensor:
    """Codes with noise."""
    return codes + blur * torch.randn_like(blur)
