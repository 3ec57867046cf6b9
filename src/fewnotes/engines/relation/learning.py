"""What a style changes in the head: where it lies, and how much its pieces vary, coordinate by coordinate.

The variance within the style is re-estimated from the support set with the head's own as prior: n pieces of it count as
much as the K - 1 free pieces of the support set (the maximum a posteriori of an inverse gamma prior). How much that is
worth, the strength, is chosen by leave-one-out: every support piece in turn is scored against the others, and pieces of
the background against all; the squared error of R decides, and ties go to learning less. With fewer than three pieces
nothing can be left out, and the head stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.head import Floats, Head, chance

#: Pieces that the prior counts as; infinity is "as trained". Least change first.
PRIORS = (np.inf, 40.0, 20.0, 10.0)
#: A change must lower the error by this share, or it is not made.
_WORTH = 0.01
_LEAST_PIECES = 3


@dataclass(frozen=True)
class Learned:
    """mean: (D,). shots: K. within: (D,). prior: the strength that was chosen. error, error_before: squared error of R
    with and without the change, left out one at a time; None where nothing could be left out.
    """

    mean: Floats
    shots: int
    within: Floats
    prior: float
    error: float | None
    error_before: float | None


def learn(head: Head, support: Floats, background: Floats) -> Learned:
    """support: (K, D). background: (n, D), pieces of other styles."""
    shots = len(support)
    if shots < _LEAST_PIECES or not len(background):
        return Learned(support.mean(axis=0), shots, head.within, np.inf, None, None)
    errors = [left_out_error(head, support, background, prior) for prior in PRIORS]
    chosen = 0
    for index in range(1, len(PRIORS)):
        if errors[index] < errors[chosen] * (1 - _WORTH):
            chosen = index
    within = adapted(head, support, PRIORS[chosen])
    return Learned(support.mean(axis=0), shots, within, PRIORS[chosen], errors[chosen], errors[0])


def adapted(head: Head, support: Floats, prior: float) -> Floats:
    """Variance within the style, (D,), from K pieces and `prior` pieces of the head's own."""
    free = len(support) - 1
    if not np.isfinite(prior) or free < 1:
        return head.within
    scatter = ((support - support.mean(axis=0)) ** 2).sum(axis=0)
    return np.asarray((prior * head.within + scatter) / (prior + free), np.float32)


def left_out_error(head: Head, support: Floats, background: Floats, prior: float) -> float:
    """Mean squared error of R over pseudo episodes: own pieces left out one by one, and strangers, equal in weight."""
    own = []
    for index in range(len(support)):
        others = np.delete(support, index, axis=0)
        within = adapted(head, others, prior)
        own.append(_relation(head, support[index : index + 1], others, within)[0])
    strangers = _relation(head, background, support, adapted(head, support, prior))
    return float(np.mean((np.array(own) - 1) ** 2) + np.mean(strangers**2)) / 2


def _relation(head: Head, x: Floats, support: Floats, within: Floats) -> NDArray[np.float64]:
    return chance(head.log_odds(x, support.mean(axis=0), len(support), within))
