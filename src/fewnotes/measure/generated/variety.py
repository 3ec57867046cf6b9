"""Are outputs as different from each other as real pieces of the style are?

Distances are Euclidean over statistics, each divided by its deviation over meta-train pieces.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.generated.excerpts import Floats

#: Two outputs nearer than this share of the usual distance of two real pieces are near duplicates.
NEAR = 0.1
#: No statistic counts for more than this many deviations: a rare one would else be all of the distance.
_MOST = 5.0


class Scale:
    """Puts statistics on one scale. background: shape (n, F), pieces of meta-train."""

    def __init__(self, background: Floats) -> None:
        self.mean = background.mean(axis=0)
        self.deviation = np.where(background.std(axis=0) > 1e-9, background.std(axis=0), 1.0)

    def __call__(self, vectors: Floats) -> Floats:
        """Statistics in deviations from the mean of meta-train, shape (n, F)."""
        return np.asarray(np.clip((vectors - self.mean) / self.deviation, -_MOST, _MOST))


def distances(scaled: Floats) -> Floats:
    """All pairwise distances, shape (n, n)."""
    square = (scaled**2).sum(axis=1)
    return np.asarray(np.sqrt(np.maximum(0.0, square[:, None] + square[None, :] - 2 * scaled @ scaled.T)))


def variety(made: Floats, real: Floats) -> float:
    """Mean distance of two outputs over that of two real pieces; 1 is as varied as people, 0 is always the same.

    made, real: scaled statistics, shape (n, F) and (m, F), two or more of each.
    """
    usual = _mean_pair(real)
    return _mean_pair(made) / usual if usual > 0 else 0.0


def near_duplicates(made: Floats, real: Floats) -> float:
    """The share of outputs that have another output nearer than `NEAR` times the usual distance of two real pieces."""
    between = distances(made)
    np.fill_diagonal(between, np.inf)
    return float((between.min(axis=1) < NEAR * _mean_pair(real)).mean())


def _mean_pair(scaled: Floats) -> float:
    pairs: NDArray[np.bool_] = ~np.eye(len(scaled), dtype=bool)
    return float(distances(scaled)[pairs].mean())
