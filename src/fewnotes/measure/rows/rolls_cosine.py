"""The same encoder, cosine to the mean of the support."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.judge import judge
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import MeanScorer, embedded
from fewnotes.meta.progress import Progress, no_progress

TITLE = "the same encoder of rolls, cosine to the prototype"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Cosine:
    """Raises NotInstalled without torch or checkpoint."""
    cut = judge().listener.dimensions
    return Cosine(embedded(bank, background, progress)[:, :cut] - judge().head.centre[:cut])


class Cosine(MeanScorer):
    """Cosine of the angle, from the centre of all styles."""

    def between(self, asked: NDArray[np.float64], means: NDArray[np.float64]) -> NDArray[np.float64]:
        """(Q, D), (N, D) -> (Q, N)."""
        first = asked / (np.linalg.norm(asked, axis=1, keepdims=True) + 1e-9)
        second = means / (np.linalg.norm(means, axis=1, keepdims=True) + 1e-9)
        return np.asarray(first @ second.T, np.float64)
