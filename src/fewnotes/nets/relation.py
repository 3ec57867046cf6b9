"""The relation head: R = f(x1, x2; theta) in [0, 1], x1 the embedding of a piece, x2 that of a support set (Sung 2018).

Log odds of R are a sum of learned terms:

- a two-covariance term (Brümmer and de Villiers 2010; one coordinate at a time): how much likelier x1 is as one more
  piece of the style than as any piece at all, K pieces having told where the style lies. It knows by itself that one
  piece tells less than ten;
- two layers on the concatenation. W [x1; x2] = W1 x1 + W2 x2: a library is projected once, and a pair then costs one
  addition, one ReLU and one dot product.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional


class TwoCovariance(nn.Module):
    """Pieces vary within a style by exp(log_within), styles among each other by exp(log_between), a coordinate each."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.log_within = nn.Parameter(torch.zeros(size))
        self.log_between = nn.Parameter(torch.zeros(size))
        self.centre = nn.Parameter(torch.zeros(size))

    def expected(self, x2: Tensor, shots: Tensor) -> tuple[Tensor, Tensor]:
        """Where a style lies given the mean of K pieces, and the variance of one more piece: two of (N, D)."""
        within, between = self.log_within.exp(), self.log_between.exp()
        trust = between / (between + within / shots[:, None])
        return self.centre + trust * (x2 - self.centre), within + between * (1 - trust)

    def forward(self, x1: Tensor, x2: Tensor, shots: Tensor) -> Tensor:
        """ln p(x1 | one more piece of the style) - ln p(x1 | any piece), summed over coordinates: (Q, N)."""
        mean, variance = self.expected(x2, shots)
        total = self.log_within.exp() + self.log_between.exp()
        anywhere = ((x1 - self.centre) ** 2 / total + total.log()).sum(dim=1)
        precise = 1 / variance
        inside = (x1**2) @ precise.T - 2 * x1 @ (mean * precise).T
        inside = inside + (mean**2 * precise + variance.log()).sum(dim=1)
        return 0.5 * (anywhere[:, None] - inside)


class RelationHead(nn.Module):
    """Scores pieces against support sets."""

    def __init__(self, embedding: int, hidden: int = 64) -> None:
        super().__init__()
        self.side = TwoCovariance(embedding)
        #: Slope, offset, and offset for ln K: coordinates are not independent, so their sum says too much.
        self.temper = nn.Parameter(torch.tensor([0.3, 0.0, 0.0]))
        self.piece = nn.Linear(embedding, hidden)
        self.style = nn.Linear(embedding, hidden, bias=False)
        self.out = nn.Linear(hidden, 1, bias=False)
        with torch.no_grad():
            half = torch.randn(hidden // 2, embedding) / math.sqrt(embedding)
            # Pairs of units with weights a and -a on x1 - x2: their sum is |a (x1 - x2)|, a distance to start from.
            self.piece.weight.copy_(torch.cat([half, -half]))
            self.style.weight.copy_(-torch.cat([half, -half]))
            self.piece.bias.zero_()
            self.out.weight.zero_()

    def forward(self, x1: Tensor, x2: Tensor, shots: Tensor) -> Tensor:
        """Log odds of all pairs: x1 (Q, D), x2 (N, D) means of support sets, shots (N,) their sizes -> (Q, N)."""
        found = self.temper[0] * self.side(x1, x2, shots) + self.temper[1] + self.temper[2] * shots.log()
        hidden = functional.relu(self.piece(x1)[:, None] + self.style(x2)[None])
        return found + self.out(hidden).squeeze(-1)


class LiteralRelation(nn.Module):
    """Two layers on concatenated features, log odds of R: the relation network in its plainest form, a row to beat."""

    def __init__(self, features: int, hidden: int = 128) -> None:
        super().__init__()
        self.first = nn.Linear(2 * features, hidden)
        self.second = nn.Linear(hidden, 1)

    def forward(self, x1: Tensor, x2: Tensor) -> Tensor:
        """x1 (Q, F), x2 (N, F) -> (Q, N)."""
        pairs = torch.cat([x1[:, None].expand(-1, len(x2), -1), x2[None].expand(len(x1), -1, -1)], dim=-1)
        found: Tensor = self.second(functional.relu(self.first(pairs))).squeeze(-1)
        return found
