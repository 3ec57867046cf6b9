"""Statistics, nearest centroid: the plainest answer there is.

Statistics are z-scores of the background, and a piece belongs where the mean of the support is nearest (Euclid).
"""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._space import NearestMean, Space
from fewnotes.meta.progress import Progress, no_progress

TITLE = "statistics, nearest centroid"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> NearestMean:
    """Raises NotPossible where the background is too small."""
    return NearestMean(Space(bank, background, progress).x)
