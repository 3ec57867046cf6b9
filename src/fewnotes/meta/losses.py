"""Losses of episodes: squared error of relation scores (Sung 2018, eq. 2), the few ones weighing as the many zeros."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional


def relation_loss(log_odds: Tensor, is_own: Tensor) -> Tensor:
    """Squared error between R = sigmoid(log odds) and 1 or 0; both sides of an episode weigh the same.

    log_odds: (Q, N). is_own: (Q, N), True where the query is of that style.
    """
    error = (log_odds.sigmoid() - is_own.float()) ** 2
    return (error[is_own].mean() + error[~is_own].mean()) / 2


def choice_loss(log_odds: Tensor, is_own: Tensor) -> Tensor:
    """Cross-entropy of choosing the own style among those of the episode: Snell (2017), log odds for distances."""
    return functional.cross_entropy(log_odds, is_own.float().argmax(dim=1))


def spread_penalty(embeddings: Tensor) -> Tensor:
    """Keeps embeddings near unit variance a coordinate, so that scores of unlike trainings compare."""
    return (torch.log(embeddings.var(dim=0) + 1e-4) ** 2).mean()


def same_piece_loss(first: Tensor, second: Tensor, temperature: float = 0.1) -> Tensor:
    """Which segment comes from the same piece? Cross-entropy over cosines, both ways (Chen 2020, NT-Xent).

    first, second: (B, D), segments of B pieces. Thousands of pieces are a finer lesson than a hundred styles.
    """
    a, b = functional.normalize(first, dim=1), functional.normalize(second, dim=1)
    scores = a @ b.T / temperature
    own = torch.arange(len(a), device=a.device)
    return (functional.cross_entropy(scores, own) + functional.cross_entropy(scores.T, own)) / 2
