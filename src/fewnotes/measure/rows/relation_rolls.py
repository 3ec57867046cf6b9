"""The relation network on rolls alone: what the convolutions hear."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.measure.bank import Bank
from fewnotes.measure.rows.relation import RelationScorer
from fewnotes.measure.rows.relation_unfitted import unfitted
from fewnotes.meta.progress import Progress, no_progress

TITLE = "relation network on rolls alone"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> RelationScorer:
    """Raises NotInstalled without torch or checkpoint."""
    return unfitted(bank, background, progress, linear=False)
