"""What one person likes, learned from a few likes and dislikes: numbers in, numbers out; no files and no net.

A piece is seen as its difference from what is usual (the prototype of the style it was composed in, or the middle of
all music), in standard deviations within a style, on two sides: the judge's embedding and the named features. With g
the logit of liking,

    g(x) = w_v . x_v + w_f . x_f + b,      w_v ~ N(0, a^2 / D),  w_f ~ N(0, c^2 / F),  b ~ N(0, 1),

each like or dislike is one answer of chance 1 / (1 + exp(-g)): Bayesian logistic regression, by the approximation of
Laplace in its dual form (Rasmussen and Williams 2006, algorithms 3.1 and 3.2), n by n for n opinions: milliseconds. The
strengths a and c are those of a small grid, each as much as the answers are likely under it (the evidence); "none at
all" is among them and has half of the weight beforehand, so that likes without a pattern teach little. Uncertainty
stays in the answer: with m and v the mean and variance of g, chance = 1 / (1 + exp(-m / sqrt(1 + pi v / 8))) (MacKay
1992), so that what was never heard of is near 0.5.

Axes: n opinions, q pieces, D coordinates, F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
#: Of the embedding, of the named features.
Strength = tuple[float, float]
#: Strengths of a side: standard deviation of the logit over pieces one deviation away in every coordinate.
STRENGTHS = (0.0, 1.0, 2.0, 4.0)
#: The strengths are weighed on so many of the newest opinions; all that count at all are so many.
_WEIGHED_ON, _MOST = 200, 600
#: Strengths of less weight than this do not count.
_LEAST_WEIGHT = 0.02
#: A piece that is further off than this in one coordinate says no more.
_CLIP = 3.0
_STEPS, _ENOUGH = 30, 1e-6
#: Where a pattern is less likely than this, nothing is moved. Likes that do have one seldom look so after a handful.
_LEAST_PATTERN = 0.2


@dataclass(frozen=True, eq=False)
class Seen:
    """Pieces as differences from the usual, in standard deviations. rolls: (n, D), D may be 0. named: (n, F)."""

    rolls: Doubles
    named: Doubles

    def __len__(self) -> int:
        return len(self.named)

    def __getitem__(self, which: slice | NDArray[np.int64]) -> Seen:
        return Seen(self.rolls[which], self.named[which])

    def clipped(self) -> Seen:
        """Without what is so far off that it would drown all else, and scaled so that each side counts once."""
        return Seen(*(np.clip(x, -_CLIP, _CLIP) / np.sqrt(max(1, x.shape[1])) for x in (self.rolls, self.named)))


@dataclass(frozen=True, eq=False)
class Preference:
    """How much each of q pieces is liked. chance: in [0, 1], (q,). logit, deviation: mean and standard deviation of the
    logit, (q,)."""

    chance: Doubles
    logit: Doubles
    deviation: Doubles


@dataclass(frozen=True, eq=False)
class Taste:
    """What was learned. answers: 1 for liked, -1 for disliked, (n,). strengths: of both sides, each with its weight, 1
    in all. pattern: how likely it is that there is a pattern in the answers at all.
    """

    seen: Seen
    answers: Doubles
    strengths: tuple[tuple[Strength, float], ...]
    pattern: float

    @property
    def liked(self) -> int:
        return int((self.answers > 0).sum())

    @property
    def disliked(self) -> int:
        return len(self.answers) - self.liked

    @property
    def says_something(self) -> bool:
        """Whether a pattern is likely enough for something to be ordered by it."""
        return self.pattern > _LEAST_PATTERN

    @cached_property
    def _modes(self) -> list[tuple[Strength, float, _Mode]]:
        near = _products(self.seen, self.seen)
        return [(s, w, _laplace(_kernel(near, s), self.answers)) for s, w in self.strengths]

    def preference(self, seen: Seen) -> Preference:
        """Of q pieces, as they were seen: half and half for all while nothing was said."""
        x = seen.clipped()
        if not len(self.answers):
            return Preference(np.full(len(x), 0.5), np.zeros(len(x)), np.full(len(x), _prior_deviation(x)))
        chance, first, second = np.zeros((3, len(x)))
        near, own = _products(x, self.seen), ((x.rolls**2).sum(axis=1), (x.named**2).sum(axis=1))
        for strength, weight, mode in self._modes:
            towards = _kernel(near, strength)
            mean = towards @ mode.slope
            solved = np.linalg.solve(mode.lower, (mode.root[:, None] * towards.T))
            variance = np.maximum(_kernel(own, strength) - (solved**2).sum(axis=0), 0)
            chance += weight * _squashed(mean, variance)
            first += weight * mean
            second += weight * (variance + mean**2)
        return Preference(chance, first, np.sqrt(np.maximum(second - first**2, 0)))

    def weights(self) -> Doubles:
        """What a deviation more of each named feature adds to the logit, (F,)."""
        size = self.seen.named.shape[1]
        found = np.zeros(size)
        for strength, weight, mode in self._modes:
            found += weight * strength[1] ** 2 / np.sqrt(max(1, size)) * (self.seen.named.T @ mode.slope)
        return found


def learned(seen: Seen, liked: NDArray[np.bool_]) -> Taste:
    """From n opinions, oldest first: seen as they were, liked (n,). The oldest beyond six hundred do not count."""
    x, answers = seen[-_MOST:].clipped(), np.where(liked[-_MOST:], 1.0, -1.0)
    if not len(answers):
        return Taste(x, answers, (), 0.0)
    near, said = x[-_WEIGHED_ON:], answers[-_WEIGHED_ON:]
    rolls = STRENGTHS if x.rolls.shape[1] else (0.0,)
    grid = [(a, c) for a in rolls for c in STRENGTHS]
    alike = _products(near, near)
    evidence = np.array([_laplace(_kernel(alike, strength), said).evidence for strength in grid])
    evidence[0] += np.log(len(grid) - 1)  # none at all is as likely beforehand as all others together
    weight = np.exp(evidence - evidence.max())
    pattern = float(1 - weight[0] / weight.sum())
    weight[weight < _LEAST_WEIGHT * weight.sum()] = 0
    kept = [(s, float(w)) for s, w in zip(grid, weight / weight.sum(), strict=True) if w]
    return Taste(x, answers, tuple(kept), pattern)


@dataclass(frozen=True, eq=False)
class _Mode:
    """slope: of the log likelihood at the mode, (n,). root: square root of its curvature, (n,). evidence: log of the
    approximate marginal likelihood. lower: Cholesky factor of I + root K root."""

    slope: Doubles
    root: Doubles
    lower: Doubles
    evidence: float


def _laplace(kernel: Doubles, answers: Doubles) -> _Mode:
    """The mode of the logits given answers of 1 and -1, by Newton's method. kernel: (n, n)."""
    logit = np.zeros(len(answers))
    last = -np.inf
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-logit))
        slope = (answers + 1) / 2 - chance
        curve = chance * (1 - chance)
        root = np.sqrt(curve)
        lower = np.linalg.cholesky(np.eye(len(answers)) + root[:, None] * kernel * root)
        step = curve * logit + slope
        solved = np.linalg.solve(lower.T, np.linalg.solve(lower, root * (kernel @ step)))
        dual = step - root * solved
        logit = kernel @ dual
        likelihood = -np.logaddexp(0, -answers * logit).sum()
        value = float(likelihood - dual @ logit / 2)
        if abs(value - last) < _ENOUGH:
            break
        last = value
    chance = 1 / (1 + np.exp(-logit))
    root = np.sqrt(chance * (1 - chance))
    lower = np.linalg.cholesky(np.eye(len(answers)) + root[:, None] * kernel * root)
    return _Mode(
        (answers + 1) / 2 - chance, root, np.asarray(lower, np.float64), value - float(np.log(np.diag(lower)).sum())
    )


def _products(one: Seen, two: Seen) -> tuple[Doubles, Doubles]:
    """Of both sides of two sets of pieces, (n, m) each: all that a strength needs."""
    return np.asarray(one.rolls @ two.rolls.T), np.asarray(one.named @ two.named.T)


def _kernel(products: tuple[Doubles, Doubles], strength: Strength) -> Doubles:
    """Covariance of the logits, in the shape of the products."""
    return np.asarray(strength[0] ** 2 * products[0] + strength[1] ** 2 * products[1] + 1.0)


def _prior_deviation(x: Seen) -> float:
    """Of the logit of pieces that nothing is known about."""
    squares = float((x.rolls**2).sum(axis=1).mean() + (x.named**2).sum(axis=1).mean()) if len(x) else 0.0
    return float(np.sqrt(STRENGTHS[1] ** 2 * squares + 1))


def _squashed(mean: Doubles, variance: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-mean / np.sqrt(1 + np.pi * variance / 8))))
