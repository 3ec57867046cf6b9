"""Every symbol alike: log2 of the alphabet, whatever was read. The ceiling of the table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._alphabet import SIZES, Told
from fewnotes.measure.predictors._counts import CountingPredictor, Floats
from fewnotes.music.piece import Piece

TITLE = "Every symbol alike"


class Uniform(CountingPredictor):
    """Knows the alphabet alone."""

    def probabilities(self, support: tuple[Piece, ...], query: Told) -> Floats:  # noqa: ARG002 the contract's
        return np.tile(1.0 / np.asarray(SIZES, np.float64), (len(query.symbols), 1))


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Uniform:
    """Looks at nothing."""
    return Uniform()
