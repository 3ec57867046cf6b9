"""The relation network as it was trained: a support set gives its mean, and changes nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fewnotes.engines.relation.judge import judge
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import embedded
from fewnotes.measure.rows.relation import RelationScorer
from fewnotes.meta.progress import Progress, no_progress

TITLE = "relation network, not fitted to the support set"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> RelationScorer:
    """Raises NotInstalled without torch or checkpoint."""
    return unfitted(bank, background, progress)


def unfitted(
    bank: Bank, background: Sequence[int], progress: Progress, rolls: bool = True, linear: bool = True
) -> RelationScorer:
    """The network with one side or both."""
    x = embedded(bank, background, progress).astype(np.float32)
    head = judge().head if bank.timbre else judge().plain_head
    cut = judge().listener.dimensions
    slope, out = head.slope.copy(), head.out
    if not rolls:
        slope[:cut], out = 0, np.zeros_like(out)
    if not linear:
        slope[cut:] = 0
    return RelationScorer(x, replace(head, slope=slope, out=out), np.zeros((0, x.shape[1]), np.float32))
