"""The same encoder with a ProtoNet head: the nearest mean of the support (Snell 2017)."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines.relation.judge import judge
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import MeanScorer, embedded
from fewnotes.meta.progress import Progress, no_progress

TITLE = "the same encoder of rolls, nearest prototype"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> MeanScorer:
    """Raises NotInstalled without torch or checkpoint."""
    return MeanScorer(embedded(bank, background, progress)[:, : judge().listener.dimensions])
