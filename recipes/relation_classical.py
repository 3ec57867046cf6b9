"""The side of statistics: a two-covariance model, worked out in closed form from meta-train.

Networks that were trained on the statistics by episodes knew the styles of meta-train better and new styles worse than
this (docs/LOG.md), so the statistics enter the relation through it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

#: Chosen on meta-validation. Each covariance is mixed with its own diagonal, and what hardly varies here may elsewhere.
WITHIN_SHRINK, BETWEEN_SHRINK = 0.3, 0.05
WITHIN_FLOOR, BETWEEN_FLOOR = 0.05, 0.01


class Side(NamedTuple):
    """x -> matrix.T (x - centre): within a style each coordinate has variance 1, between styles `between`."""

    matrix: np.ndarray
    centre: np.ndarray
    between: np.ndarray


def two_covariance(values: np.ndarray, styles: np.ndarray, size: int) -> Side:
    """values: (pieces, F), standardised; styles: a name each. size: coordinates kept, where styles differ most."""
    groups = [values[styles == s] for s in np.unique(styles) if (styles == s).sum() > 1]
    means = np.array([g.mean(axis=0) for g in groups])
    spread = [(g - m) * np.sqrt(len(g) / (len(g) - 1)) for g, m in zip(groups, means, strict=True)]
    within = np.mean([d.T @ d / len(d) for d in spread], axis=0)
    centre = means.mean(axis=0)
    sampling = within * np.mean([1 / len(g) for g in groups])
    value, vector = np.linalg.eigh((means - centre).T @ (means - centre) / len(means) - sampling)
    between = (vector * np.maximum(value, 0)) @ vector.T
    within = _mixed(within, WITHIN_SHRINK, WITHIN_FLOOR)
    between = _mixed(between, BETWEEN_SHRINK, BETWEEN_FLOOR)
    value, vector = np.linalg.eigh(within)
    white = vector / np.sqrt(value)
    value, turn = np.linalg.eigh(white.T @ between @ white)
    best = np.argsort(-value)[:size]
    return Side((white @ turn)[:, best], centre, np.maximum(value[best], 1e-4))


def _mixed(covariance: np.ndarray, weight: float, floor: float) -> np.ndarray:
    return (1 - weight) * covariance + weight * np.diag(np.diag(covariance) + floor)
