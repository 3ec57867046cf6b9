"""The phrase coder: a phrase of tokens becomes one code a unit, and codes become a phrase again.

A variational autoencoder (Kingma 2014, eq. 8 with the divergence weighted, Higgins 2017, eq. 4): the noise on the codes
is what makes their space smooth, so that what lies between two codes is music too. Axes: B phrases, U units of P slots,
L lines, Z numbers a code.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from fewnotes.nets.attention import Block


@dataclass(frozen=True)
class CoderShape:
    """Sizes. vocabulary: tokens of a line. facts: numbers that say where in its bar a unit lies. unit: slots of one."""

    lines: int = 8
    vocabulary: int = 74
    unit: int = 6
    facts: int = 26
    code: int = 24
    width: int = 160
    blocks: int = 3
    symbol: int = 40
    most_units: int = 24

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> CoderShape:
        return cls(**values)


class PhraseCoder(nn.Module):
    """`encode` and `decode`, trained together."""

    def __init__(self, shape: CoderShape) -> None:
        super().__init__()
        self.shape = shape
        inside = shape.lines * shape.unit
        # One table of tokens for all lines and slots, read and written: what a fifth is need be learned only once.
        self.symbols = nn.Embedding(shape.vocabulary, shape.symbol)
        self.join = nn.Linear(inside * shape.symbol, shape.width)
        self.place = nn.Linear(shape.facts, shape.width)
        self.order = nn.Parameter(torch.randn(shape.most_units, shape.width) * 0.02)
        self.reading = nn.ModuleList(Block(shape.width) for _ in range(shape.blocks))
        self.to_code = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, 2 * shape.code))
        self.from_code = nn.Linear(shape.code, shape.width)
        self.place_again = nn.Linear(shape.facts, shape.width)
        self.order_again = nn.Parameter(torch.randn(shape.most_units, shape.width) * 0.02)
        self.writing = nn.ModuleList(Block(shape.width) for _ in range(shape.blocks))
        self.settle = nn.LayerNorm(shape.width)
        self.out = nn.Linear(shape.width, inside * shape.symbol)
        self.usual = nn.Parameter(torch.zeros(shape.lines, 1, shape.vocabulary))

    def encode(self, tokens: Tensor, facts: Tensor, use: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the codes, (B, U, Z) each.

        tokens: (B, U, L, P), whole numbers. facts: (B, U, facts). use: (B, U), True where a unit is one.
        """
        x = self.join(self.symbols(tokens).flatten(2)) + self.place(facts) + self.order[: use.shape[1]]
        for block in self.reading:
            x = block(x, use)
        mean, log_variance = self.to_code(x).float().chunk(2, dim=-1)
        return mean, log_variance.clamp(-8, 2)

    def decode(self, codes: Tensor, facts: Tensor, use: Tensor) -> Tensor:
        """Logits of tokens, (B, U, L, P, vocabulary)."""
        x = self.from_code(codes) + self.place_again(facts) + self.order_again[: use.shape[1]]
        for block in self.writing:
            x = block(x, use)
        shape = self.shape
        sought = self.out(self.settle(x)).unflatten(-1, (shape.lines, shape.unit, shape.symbol))
        return sought @ self.symbols.weight.T + self.usual


def coder_loss(logits: Tensor, tokens: Tensor, slots: Tensor, mean: Tensor, log_variance: Tensor) -> tuple[Tensor, ...]:
    """Nats a unit for the tokens, and for the codes (divergence from a unit normal), means over units.

    slots: (B, U, P), True where a slot is one.
    """
    count = slots.any(dim=-1).sum().clamp(min=1)
    each = functional.cross_entropy(logits.float().flatten(0, 3), tokens.flatten(), reduction="none")
    told = (each.view(tokens.shape) * slots[:, :, None, :]).sum() / count
    apart = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(dim=-1)
    return told, (apart * slots.any(dim=-1)).sum() / count
