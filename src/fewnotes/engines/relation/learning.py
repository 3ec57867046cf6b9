"""What a style changes in the head: where it lies, and how its pieces vary (`fitted`).

How much its own pieces count against what all styles taught, the strength, is chosen by leave-one-out: every support
piece in turn is scored against the others, and pieces of the background against all; the squared error of R decides,
and ties go to learning less. With fewer than three pieces nothing can be left out, and the head stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.head import Floats, Head, chance

#: Pieces that the prior counts as; infinity is "as trained". Least change first.
PRIORS = (np.inf, 300.0, 100.0, 30.0)
#: A change must lower the error by this share, or it is not made.
_WORTH = 0.01
_LEAST_PIECES = 3
#: Support pieces that are left out at most, evenly spread.
_LEFT_OUT = 10


@dataclass(frozen=True, eq=False)
class Learned:
    """fitted: the style. error, error_before: squared error of R with and without the change, left out one at a time;
    None where nothing could be left out."""

    fitted: Fitted
    error: float | None
    error_before: float | None


def learn(head: Head, support: Floats, background: Floats) -> Learned:
    """support: (K, D). background: (n, D), pieces of other styles."""
    if len(support) < _LEAST_PIECES or not len(background):
        return Learned(Fitted.to(head, support, np.inf), None, None)
    errors = [left_out_error(head, support, background, prior) for prior in PRIORS]
    chosen = 0
    for index in range(1, len(PRIORS)):
        if errors[index] < errors[chosen] * (1 - _WORTH):
            chosen = index
    return Learned(Fitted.to(head, support, PRIORS[chosen]), errors[chosen], errors[0])


def left_out_error(head: Head, support: Floats, background: Floats, prior: float) -> float:
    """Mean squared error of R over pseudo episodes: own pieces left out one by one, and strangers, equal in weight."""
    own = []
    places = np.unique(np.linspace(0, len(support) - 1, min(_LEFT_OUT, len(support))).round().astype(int))
    for index in places.tolist():
        others = Fitted.to(head, np.delete(support, index, axis=0), prior)
        own.append(chance(others.log_odds(support[index : index + 1]))[0])
    strangers = chance(Fitted.to(head, support, prior).log_odds(background))
    return float(np.mean((np.array(own) - 1) ** 2) + np.mean(strangers**2)) / 2
