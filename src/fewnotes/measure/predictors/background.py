"""What one knows without the support set: contexts of up to four facts counted on meta-train. K has no effect."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines import Progress, no_progress
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._alphabet import Told
from fewnotes.measure.predictors._counts import CountingPredictor, Counts, Floats, background_counts, probabilities
from fewnotes.music.piece import Piece

TITLE = "Counts over meta-train given the two notes before, with back-off; never sees the support set"


class Background(CountingPredictor):
    """Counts of meta-train."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts

    def probabilities(self, support: tuple[Piece, ...], query: Told) -> Floats:  # noqa: ARG002 the contract's
        return probabilities(query, self.counts)


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Background:
    """Counts the pieces of meta-train."""
    return Background(background_counts(bank, background, progress))
