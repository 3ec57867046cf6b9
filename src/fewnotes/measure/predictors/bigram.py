"""What comes after what in the support set: contexts of up to two facts, backed off after Witten and Bell.

The facts are the nearest two of `_alphabet.Told.facts`: the length and onset of the note before, the note's own onset
and the length before, the pitch before and the note's own onset.
"""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines import Progress, no_progress
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._alphabet import Told
from fewnotes.measure.predictors._counts import CountingPredictor, Floats, probabilities, support_counts
from fewnotes.music.piece import Piece

TITLE = "Counts given the note before, in the support set, with back-off"

_DEPTH = 2


class Bigram(CountingPredictor):
    """Counts given the note before, of the support set alone."""

    def probabilities(self, support: tuple[Piece, ...], query: Told) -> Floats:
        return probabilities(query, support_counts(support, _DEPTH))


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Bigram:
    """Looks at nothing."""
    return Bigram()
