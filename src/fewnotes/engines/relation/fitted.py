"""A style as the head has it: where it lies, and how its pieces vary, which its own pieces changed.

Within the style W = (n W0 + S) / (n + K - 1), with W0 the diagonal that the head learned, S the scatter of the K
support pieces, and n how many pieces the head's own counts as (the maximum a posteriori of an inverse Wishart prior, a
side at a time). The two-covariance term of a piece y = x - centre is then, with B between styles and s the mean of the
support,

    ln N(y; m, C) - ln N(y; 0, B + W),      P = B + W / K,   m = B P^-1 s,   C = B + W - B P^-1 B.

S has rank K - 1, so each covariance is a diagonal and a few directions, and by the identities of Woodbury and of the
matrix determinant the term is a quadratic form of that kind too: `Form`. Axes: D coordinates, J directions, Q pieces.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.head import Floats, Head
from fewnotes.errors import BadInput, BadParameter

Doubles = NDArray[np.float64]
#: Directions of the scatter of one side that are kept; what lies beyond widens each coordinate by itself.
_MOST_DIRECTIONS = 12


@dataclass(frozen=True)
class Form:
    """sum_d (a_d y_d^2 + b_d y_d) + sum_j sign_j (y . directions_j - shift_j)^2 + const.

    a, b: (D,). directions: (J, D). shift, sign: (J,), sign 1 or -1.
    """

    a: Doubles
    b: Doubles
    const: float
    directions: Doubles
    shift: Doubles
    sign: Doubles

    def __call__(self, y: Doubles) -> Doubles:
        """Values for pieces y (Q, D): (Q,)."""
        found = (y * y) @ self.a + y @ self.b + self.const
        return np.asarray(found + (y @ self.directions.T - self.shift) ** 2 @ self.sign)


@dataclass(frozen=True, eq=False)
class Fitted:
    """mean: of K support pieces, (D,). deviations: of each from it, (K, D). prior: n; infinity is as trained."""

    head: Head
    mean: Floats
    shots: float
    deviations: Floats
    prior: float

    @classmethod
    def to(cls, head: Head, support: Floats, prior: float) -> Fitted:
        """From the embeddings of the support set, (K, D). Raises BadInput for embeddings of another size, BadParameter
        for none."""
        if np.ndim(support) != 2 or support.shape[1] != head.dimensions:
            size = f"{head.dimensions} coordinates a piece"
            raise BadInput(f"Embeddings of shape {np.shape(support)}", expected=size)
        if not len(support):
            raise BadParameter("A style of 0 pieces", expected="one piece or more")
        mean = np.asarray(support.mean(axis=0), np.float32)
        return cls(head, mean, len(support), np.asarray(support - mean, np.float32), prior)

    @cached_property
    def form(self) -> Form:
        """The two-covariance term with all that does not depend on the piece."""
        parts = [_side(self, side) for side in self.head.sides]
        size = self.head.dimensions
        directions = np.zeros((sum(len(p.shift) for p in parts), size))
        row = 0
        for side, part in zip(self.head.sides, parts, strict=True):
            directions[row : row + len(part.shift), side] = part.directions
            row += len(part.shift)
        const = sum(p.const for p in parts) + self.head.offset + self.head.by_shots * float(np.log(self.shots))
        joined = (np.concatenate([getattr(p, name) for p in parts]) for name in ("a", "b", "shift", "sign"))
        a, b, shift, sign = joined
        return Form(a, b, const, directions, shift, sign)

    def log_odds(self, x: Floats) -> Doubles:
        """Log odds of R for pieces x, (Q, D): (Q,)."""
        y = np.asarray(x, np.float64) - self.head.centre
        return np.asarray(self.form(y) + self.head.layers(np.asarray(x, np.float32), self.mean))


def _side(fitted: Fitted, side: slice) -> Form:
    """The term of one side, (d,) coordinates, by its slope."""
    head, shots = fitted.head, fitted.shots
    within, between = (v[side].astype(np.float64) for v in (head.within, head.between))
    own, spread = _within(within, fitted.deviations[:, side].astype(np.float64), fitted.prior)
    slope = float(head.slope[side][0])
    mean = fitted.mean[side].astype(np.float64) - head.centre[side]
    # P^-1 = 1/dp - 1/dp U M U' 1/dp, with W = diag(own) + U U'.
    known = between + own / shots
    middle = np.linalg.inv(shots * np.eye(spread.shape[1]) + spread.T @ (spread / known[:, None]))
    solved = mean / known - spread @ (middle @ (spread.T @ (mean / known))) / known
    where = between * solved
    back = (between / known)[:, None] * spread @ np.linalg.cholesky(middle)
    inside, inside_directions, inside_size = _inverse(
        between + own - between**2 / known, np.concatenate([spread, back], axis=1)
    )
    alone, alone_directions, alone_size = _inverse(between + own, spread)
    half = 0.5 * slope
    root = np.sqrt(abs(half))
    directions = root * np.concatenate([inside_directions, alone_directions])
    sign = np.sign(half) * np.concatenate([np.ones(len(inside_directions)), -np.ones(len(alone_directions))])
    shift = np.concatenate([root * inside_directions @ where, np.zeros(len(alone_directions))])
    const = half * (alone_size - inside_size - float((where**2 * inside).sum()))
    return Form(half * (alone - inside), 2 * half * where * inside, const, directions, shift, sign)


def _within(within: Doubles, deviations: Doubles, prior: float) -> tuple[Doubles, Doubles]:
    """Covariance within a style as a diagonal (d,) and directions (d, r): diag + U U'."""
    free = len(deviations) - 1
    if not np.isfinite(prior) or free < 1:
        return within, np.zeros((len(within), 0))
    # The deviations sum to nothing, so that their rank is K - 1 at most.
    _, size, turn = np.linalg.svd(deviations / np.sqrt(prior + free), full_matrices=False)
    kept = min(free, _MOST_DIRECTIONS, len(size))
    rest = (size[kept:, None] * turn[kept:]) ** 2
    return prior / (prior + free) * within + rest.sum(axis=0), (size[:kept, None] * turn[:kept]).T


def _inverse(diagonal: Doubles, directions: Doubles) -> tuple[Doubles, Doubles, float]:
    """Of diag(d) + F F': e and G with inverse diag(e) - G' G, (d,) and (r, d), and the logarithm of the determinant."""
    inverse = 1 / diagonal
    scaled = directions * inverse[:, None]
    lower = np.linalg.cholesky(np.eye(directions.shape[1]) + directions.T @ scaled)
    size = float(np.log(diagonal).sum() + 2 * np.log(np.diag(lower)).sum())
    return inverse, np.linalg.solve(lower, scaled.T), size
