"""What the simple engine answers: the relation of `fewnotes compare`, from 47 features. It learns nothing here."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.bank import Bank
from fewnotes.measure.vectors import features
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.likeness import log_odds, relation

TITLE = "likeness of 47 features, as `fewnotes compare` has it"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Likeness:
    """The background is not looked at: the constants are those of `fewnotes.music.likeness`."""
    return Likeness(features(bank, progress))


class Likeness:
    """Scores by calibrated relation. x: features, shape (P, F)."""

    def __init__(self, x: NDArray[np.float64]) -> None:
        self.x = x

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N), in [0, 1]."""
        known = [self.x[list(inside)] for inside in support]
        return np.array(
            [[relation(float(log_odds(self.x[q], pieces).sum()), len(pieces)) for pieces in known] for q in query]
        ).reshape(len(query), len(support))
