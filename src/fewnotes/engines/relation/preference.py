"""What one person likes, learned from a few likes and dislikes: numbers in, numbers out; no files and no net.

A piece is seen as its difference from what is usual (the prototype of the style it was composed in, or the middle of
all music), in standard deviations within a style, on two sides: the judge's embedding and the named features. With g
the logit of liking,

    g(x) = w_v . x_v + w_f . x_f + b,      w_v ~ N(0, a^2 / D),  w_f ~ N(0, c^2 / F),  b ~ N(0, 1),

each like or dislike is one answer of chance 1 / (1 + exp(-g)): Bayesian logistic regression, by the approximation of
Laplace in its dual form (Rasmussen and Williams 2006, algorithms 3.1 and 3.2), n by n for n opinions: milliseconds. The
strengths a and c are those of a small grid under which the answers are likeliest (the evidence); "none at all" is among
them, so that likes without a pattern teach nothing. Uncertainty stays in the answer: with m and v the mean and variance
of g, chance = 1 / (1 + exp(-m / sqrt(1 + pi v / 8))) (MacKay 1992), so that what was never heard of is near 0.5.

Axes: n opinions, q pieces, D coordinates, F features.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
#: Strengths of a side: standard deviation of the logit over pieces one deviation away in every coordinate.
STRENGTHS = (0.0, 1.0, 2.0, 4.0)
#: The strengths are chosen on so many of the newest opinions; all that count at all are so many.
_CHOSEN_ON, _MOST = 200, 1000
#: A piece that is further off than this in one coordinate says no more.
_CLIP = 3.0
_STEPS, _ENOUGH = 30, 1e-6


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
    """What was learned. liked, disliked: how many opinions. strength: of both sides; (0, 0) where there is no pattern.

    gain: how much likelier the opinions are than without a pattern, in bits an opinion.
    """

    seen: Seen
    answers: Doubles
    strength: tuple[float, float]
    gain: float

    @property
    def liked(self) -> int:
        return int((self.answers > 0).sum())

    @property
    def disliked(self) -> int:
        return len(self.answers) - self.liked

    @property
    def says_something(self) -> bool:
        """Whether it would order pieces at all."""
        return len(self.answers) > 0 and self.strength != (0.0, 0.0)

    @cached_property
    def _mode(self) -> _Mode:
        return _laplace(_kernel(self.seen, self.seen, self.strength), self.answers)

    def preference(self, seen: Seen) -> Preference:
        """Of q pieces, as they were seen: half and half for all while nothing was said."""
        x = seen.clipped()
        if not len(self.answers):
            return Preference(np.full(len(x), 0.5), np.zeros(len(x)), np.full(len(x), _prior_deviation(x)))
        towards = _kernel(x, self.seen, self.strength)
        mean = towards @ self._mode.slope
        solved = np.linalg.solve(self._mode.lower, (self._mode.root[:, None] * towards.T))
        own = _diagonal(x, self.strength)
        variance = np.maximum(own - (solved**2).sum(axis=0), 0)
        return Preference(_squashed(mean, variance), mean, np.sqrt(variance))

    def weights(self) -> Doubles:
        """What a deviation more of each named feature adds to the logit, (F,)."""
        if not len(self.answers):
            return np.zeros(self.seen.named.shape[1])
        scale = self.strength[1] ** 2 / np.sqrt(max(1, self.seen.named.shape[1]))
        return np.asarray(scale * self.seen.named.T @ self._mode.slope)


def learned(seen: Seen, liked: NDArray[np.bool_]) -> Taste:
    """From n opinions, oldest first: seen as they were, liked (n,). The oldest beyond a thousand do not count."""
    x, answers = seen[-_MOST:].clipped(), np.where(liked[-_MOST:], 1.0, -1.0)
    if not len(answers):
        return Taste(x, answers, (0.0, 0.0), 0.0)
    near, said = x[-_CHOSEN_ON:], answers[-_CHOSEN_ON:]
    rolls = STRENGTHS if x.rolls.shape[1] else (0.0,)
    grid = [(a, c) for a in rolls for c in STRENGTHS]
    evidence = {strength: _laplace(_kernel(near, near, strength), said).evidence for strength in grid}
    best = max(grid, key=lambda strength: (evidence[strength], -sum(strength)))
    gain = (evidence[best] - evidence[0.0, 0.0]) / len(said) / np.log(2)
    return Taste(x, answers, best, float(gain))


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


def _kernel(one: Seen, two: Seen, strength: tuple[float, float]) -> Doubles:
    """Covariance of the logits of two sets of pieces, (n, m)."""
    found = strength[0] ** 2 * one.rolls @ two.rolls.T + strength[1] ** 2 * one.named @ two.named.T
    return np.asarray(found + 1.0)


def _diagonal(x: Seen, strength: tuple[float, float]) -> Doubles:
    return np.asarray(strength[0] ** 2 * (x.rolls**2).sum(axis=1) + strength[1] ** 2 * (x.named**2).sum(axis=1) + 1.0)


def _prior_deviation(x: Seen) -> float:
    """Of the logit of pieces that nothing is known about."""
    return float(np.sqrt(_diagonal(x, (STRENGTHS[1], STRENGTHS[1])).mean())) if len(x) else 1.0


def _squashed(mean: Doubles, variance: Doubles) -> Doubles:
    return np.asarray(1 / (1 + np.exp(-mean / np.sqrt(1 + np.pi * variance / 8))))
