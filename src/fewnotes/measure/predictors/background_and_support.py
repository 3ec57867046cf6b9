"""Counts of meta-train and counts of the support set, interpolated by how well each has foreseen the piece so far.

The memory of the weights was chosen on meta-validation among 1, 0.95, 0.9, 0.8, 0.7 and 0.6.
"""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines import Progress, no_progress
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._alphabet import Told
from fewnotes.measure.predictors._counts import (
    CountingPredictor,
    Counts,
    Floats,
    background_counts,
    blended,
    probabilities,
    support_counts,
)
from fewnotes.music.piece import Piece

TITLE = "Counts over meta-train and over the support set, interpolated"

_MEMORY = 0.8


class BackgroundAndSupport(CountingPredictor):
    """Two tables of counts, neither of which learns from the query."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def probabilities(self, support: tuple[Piece, ...], query: Told) -> Floats:
        known = probabilities(query, self.counts)
        return blended([known, probabilities(query, support_counts(support))], _MEMORY) if support else known


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> BackgroundAndSupport:
    """Counts the pieces of meta-train."""
    return BackgroundAndSupport(background_counts(bank, background, progress))
