"""Losses of episodes: squared error of relation scores, as Sung (2018) eq. 2, with the few ones weighing as the many zeros."""

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
    """Cross-entropy of choosing the own style among those of the episode: Snell (2017) with the log odds as distance."""
    return functional.cross_entropy(log_odds, is_own.float().argmax(dim=1))


def spread_penalty(embeddings: Tensor) -> Tensor:
    """Keeps embeddings near unit variance a coordinate, so that scores of unlike trainings compare."""
    return (torch.log(embeddings.var(dim=0) + 1e-4) ** 2).mean()
