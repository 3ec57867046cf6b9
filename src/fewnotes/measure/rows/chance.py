"""Chance: scores drawn at random. Its figure says what the others must be held against, and how wide chance is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.bank import Bank
from fewnotes.meta.progress import Progress, no_progress

TITLE = "chance"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Chance:
    """Nothing is looked at."""
    return Chance()


class Chance:
    """The same question gets the same answer."""

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N), uniform in [0, 1]."""
        seed = [len(support), len(query), *(int(i) for inside in support for i in inside), *(int(i) for i in query)]
        return np.random.default_rng(seed).random((len(query), len(support)))
