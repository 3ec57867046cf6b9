"""Statistics, probabilistic discriminant analysis: the strongest row without a net.

Two covariances (Ioffe 2006; Brümmer and de Villiers 2010): a piece of a style is N(mu, W), the mean of a style is
N(m, B). Of K support pieces of mean s the mean of the style is then known up to N(m + B (B + W/K)^-1 (s - m), V), with
V = B - B (B + W/K)^-1 B, and the score of a piece x is

    ln N(x; mean of that, V + W) - ln N(x; m, B + W),

so that with few pieces a style is drawn towards the mean of all styles, direction by direction, as far as styles are
alike there. W and B are those of the background; each is mixed with its own diagonal (`_WITHIN_SHRINK`,
`_BETWEEN_SHRINK`). The `_DIRECTIONS` in which styles differ most are kept; there W is the identity and B diagonal.
For an episode W is pooled with the scatter of its support sets, as if the background were `_PRIOR_PIECES` pieces.

The four constants were chosen on the 15 styles of meta-validation, and by folds of styles of meta-train, from a coarse
grid: 5-way 1-shot accuracy there changed by less than a point over most of it. `statistics_whitened` is the same
without B. Meta-test had no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._space import Floats, Space
from fewnotes.meta.progress import Progress, no_progress

TITLE = "statistics, probabilistic discriminant analysis"
_WITHIN_SHRINK = 0.3
_BETWEEN_SHRINK = 0.05
_DIRECTIONS = 150
_PRIOR_PIECES = 200.0
#: Added to variances, as z-scores squared: what hardly varies in the background may vary elsewhere.
_WITHIN_FLOOR, _BETWEEN_FLOOR = 0.05, 0.01


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> TwoCovariance:
    """Raises NotPossible where the background is too small."""
    space = Space(bank, background, progress)
    within = _mixed(space.within(), _WITHIN_SHRINK, _WITHIN_FLOOR)
    between = _mixed(space.between(), _BETWEEN_SHRINK, _BETWEEN_FLOOR)
    change, spread = _diagonal(within, between)
    best = np.argsort(-spread, kind="stable")[:_DIRECTIONS]
    return TwoCovariance((space.x - space.means.mean(axis=0)) @ change[:, best], spread[best])


class TwoCovariance:
    """Scores in coordinates y, shape (P, D), where W is the identity and B the diagonal `spread`, shape (D,)."""

    def __init__(self, y: Floats, spread: Floats) -> None:
        self.y, self.spread = y, spread

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> Floats:
        """Shape (Q, N): log likelihood ratios, above 0 where a piece fits the style better than any other."""
        known = [self.y[list(inside)] for inside in support]
        change, spread = self._adapted(known)
        asked = self.y[list(query)] @ change
        alone = _log_density(asked, np.zeros(len(spread)), 1 + spread)
        found = []
        for pieces in known:
            count = len(pieces)
            mean = spread / (spread + 1 / count) * (pieces @ change).mean(axis=0)
            found.append(_log_density(asked, mean, 1 + spread / (count * spread + 1)) - alone)
        return np.stack(found, axis=1)

    def _adapted(self, known: Sequence[Floats]) -> tuple[Floats, Floats]:
        """The change of coordinates, and B in them, where W is pooled with the scatter of the support sets."""
        own = np.concatenate([pieces - pieces.mean(axis=0) for pieces in known])
        free = len(own) - len(known)
        if not free:
            return np.eye(len(self.spread)), self.spread
        within = (_PRIOR_PIECES * np.eye(len(self.spread)) + own.T @ own) / (_PRIOR_PIECES + free)
        return _diagonal(within, np.diag(self.spread))


def _mixed(covariance: Floats, weight: float, floor: float) -> Floats:
    return np.asarray((1 - weight) * covariance + weight * np.diag(np.diag(covariance) + floor))


def _diagonal(within: Floats, between: Floats) -> tuple[Floats, Floats]:
    """Coordinates where `within` is the identity and `between` diagonal: a matrix to multiply by, and the diagonal."""
    value, vector = np.linalg.eigh(within)
    white = vector / np.sqrt(value)
    spread, turn = np.linalg.eigh(white.T @ between @ white)
    return np.asarray(white @ turn), np.maximum(spread, 1e-9)


def _log_density(x: Floats, mean: Floats, variance: Floats) -> Floats:
    """Of normal distributions with diagonal covariance, less the constant: shape (Q,)."""
    return np.asarray(-0.5 * (((x - mean) ** 2 / variance).sum(axis=1) + np.log(variance).sum()))
