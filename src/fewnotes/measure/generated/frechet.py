"""How far apart are the clouds of made and real music? The Gaussian Frechet distance of their statistics.

Whitened by principal components of meta-train to a fixed small number of dimensions, so that covariances can be
estimated from few outputs: an axis is one deviation of music at large. The distance of two samples of n is biased
upwards, by an amount that falls with 1/n; so it is taken on sub-samples of several sizes and a line in 1/n is followed
to n without end (Chong and Forsyth 2020, section 4). This is no distance of an audio or image net, and its values
compare with no others than its own.
"""

from __future__ import annotations

import numpy as np

from fewnotes.measure.generated.excerpts import Floats

DIMENSIONS = 4
#: Samples smaller than this say nothing of a covariance of `DIMENSIONS` axes.
LEAST = 3 * DIMENSIONS
_SIZES = 6
_REPEATS = 40


class Whitening:
    """Principal components of meta-train, each with variance 1 there. background: scaled statistics, shape (n, F)."""

    def __init__(self, background: Floats, dimensions: int = DIMENSIONS) -> None:
        self.mean = background.mean(axis=0)
        _, size, axes = np.linalg.svd(background - self.mean, full_matrices=False)
        deviation = size[:dimensions] / np.sqrt(max(1, len(background) - 1))
        self.axes = axes[:dimensions].T / np.maximum(deviation, 1e-9)
        self.explained = float((size[:dimensions] ** 2).sum() / (size**2).sum())

    def __call__(self, scaled: Floats) -> Floats:
        """Shape (n, F) to (n, d)."""
        return np.asarray((scaled - self.mean) @ self.axes)


def distance(one: Floats, two: Floats) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two samples, shape (n, d) and (m, d) (Dowson and Landau 1982)."""
    difference = one.mean(axis=0) - two.mean(axis=0)
    first, second = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (one, two))
    root = _root(first)
    cross = np.linalg.eigvalsh(root @ second @ root)
    trace = float(np.trace(first) + np.trace(second)) - 2 * float(np.sqrt(np.maximum(cross, 0)).sum())
    return float(difference @ difference) + trace


def _root(matrix: Floats) -> Floats:
    """The symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T)


def extrapolated(one: Floats, two: Floats, *, seed: int = 0) -> float:
    """The distance at samples without end: the intercept of a line in 1/n through sub-samples of both.

    May be a little below 0 where the two are alike. nan where a sample is smaller than `LEAST`.
    """
    most = min(len(one), len(two))
    if most < 3 * one.shape[1]:
        return float("nan")
    rng = np.random.default_rng(seed)
    sizes = np.unique(np.linspace(most / 2, most, _SIZES).round().astype(int))
    means = []
    for size in sizes.tolist():
        drawn = [
            distance(*(x[rng.permutation(len(x))[:size]] for x in (one, two)))
            for _ in range(_REPEATS)
        ]  # fmt: skip
        means.append(float(np.mean(drawn)))
    _, intercept = np.polyfit(1.0 / sizes, means, 1)
    return float(intercept)
