"""The same encoder, a logistic regression fitted to the support sets of the episode (Chen 2019, Baseline)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.judge import judge
from fewnotes.errors import NotInstalled
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import embedded
from fewnotes.meta.progress import Progress, no_progress

TITLE = "the same encoder of rolls, logistic regression on the support"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> LinearProbe:
    """Raises NotInstalled without torch, checkpoint or scikit-learn."""
    try:
        import sklearn.linear_model  # noqa: F401
    except ImportError as error:
        raise NotInstalled("The linear probe needs scikit-learn", fix='pip install "fewnotes[bench]"') from error
    cut = judge().listener.dimensions
    x = embedded(bank, background, progress)[:, :cut]
    return LinearProbe(x / np.sqrt(judge().head.within[:cut] + judge().head.between[:cut]))


class LinearProbe:
    """Log odds of each style of the episode; of one style alone, its nearness. x: (P, D)."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        self.x = x

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N)."""
        from sklearn.linear_model import LogisticRegression

        asked = self.x[list(query)]
        if len(support) == 1:
            near = ((asked - self.x[list(support[0])].mean(axis=0)) ** 2).sum(axis=1)
            return np.asarray(-near[:, None], np.float64)
        known = [i for inside in support for i in inside]
        names = np.repeat(np.arange(len(support)), [len(inside) for inside in support])
        fitted = LogisticRegression(C=1.0, max_iter=500).fit(self.x[known], names)
        found = np.asarray(fitted.decision_function(asked), np.float64)
        return np.stack([-found, found], axis=1) if found.ndim == 1 else found
