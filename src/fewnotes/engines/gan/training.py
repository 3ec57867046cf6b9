"""Steps of adversarial learning, for meta-training and for learning one style; and how far new codes are from real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    from fewnotes.nets.phrase_gan import AdversarialPair, Scene

#: No momentum, as is usual where two nets chase each other.
BETAS = (0.0, 0.99)
#: Weight of the way back from codes to noise beside the adversarial loss.
WAY_BACK = 1.0
PENALTY, PENALTY_EVERY = 0.2, 8


def optimisers_of(pair: AdversarialPair, generator_rate: float, discriminator_rate: float) -> tuple[Any, Any]:
    """Adam for each net (Kingma 2015)."""
    import torch

    return (
        torch.optim.Adam([*pair.generator.parameters(), *pair.encoder.parameters()], lr=generator_rate, betas=BETAS),
        torch.optim.Adam(pair.discriminator.parameters(), lr=discriminator_rate, betas=BETAS),
    )


def adversarial_step(
    pair: AdversarialPair, optimisers: tuple[Any, Any], real: tuple[torch.Tensor, torch.Tensor], scene: Scene, step: int
) -> tuple[float, float, float]:
    """One step of the discriminator, one of the generator; returns the losses. real: codes and their deviations.

    The penalty is lazy (Karras 2020, appendix B): every few steps, and as much heavier.
    """
    import torch

    penalty = PENALTY * PENALTY_EVERY if step % PENALTY_EVERY == 0 else 0.0
    with torch.autocast(real[0].device.type, torch.bfloat16):
        told = pair.discriminator_loss(*real, scene, penalty)
    optimisers[1].zero_grad(set_to_none=True)
    torch.autograd.backward(told)
    optimisers[1].step()
    # The discriminator only listens now: gradients of its weights would be thrown away.
    pair.discriminator.requires_grad_(False)
    with torch.autocast(real[0].device.type, torch.bfloat16):
        made = pair.generator_loss(*real, scene)
        back = pair.way_back_loss(*real, scene)
    optimisers[0].zero_grad(set_to_none=True)
    torch.autograd.backward(made + WAY_BACK * back)
    pair.discriminator.requires_grad_(True)
    torch.nn.utils.clip_grad_norm_(optimisers[0].param_groups[0]["params"], 5.0)
    optimisers[0].step()
    return float(told.detach()), float(made.detach()), float(back.detach())


def described(codes: NDArray[Any], use: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Phrases in few numbers: mean, deviation, and mean step of their codes over units, (B, 3 Z)."""
    weight = use[:, :, None].astype(np.float64)
    count = weight.sum(axis=1)
    mean = (codes * weight).sum(axis=1) / count
    spread = np.sqrt((weight * (codes - mean[:, None]) ** 2).sum(axis=1) / count)
    both = weight[:, 1:] * weight[:, :-1]
    step = (np.abs(np.diff(codes, axis=1)) * both).sum(axis=1) / np.maximum(1, both.sum(axis=1))
    return np.concatenate([mean, spread, step], axis=1)


def frechet(one: NDArray[np.float64], two: NDArray[np.float64]) -> float:
    """Frechet distance of two clouds (Heusel 2017, eq. 6); a little on the diagonals, since clouds are small."""
    gap = one.mean(axis=0) - two.mean(axis=0)
    a, b = (np.cov(x.T) + 1e-3 * np.eye(x.shape[1]) for x in (one, two))
    values, vectors = np.linalg.eigh(a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    both = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ b @ root), 0)).sum()
    return float(gap @ gap + np.trace(a) + np.trace(b) - 2 * both)
