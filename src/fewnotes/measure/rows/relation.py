"""The relation network as it ships: rolls and statistics, fitted to each support set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.head import Head
from fewnotes.engines.relation.judge import judge
from fewnotes.engines.relation.learning import learn
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import embedded
from fewnotes.meta.progress import Progress, no_progress

TITLE = "relation network (rolls and statistics), fitted to the support set"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> RelationScorer:
    """Raises NotInstalled without torch or checkpoint."""
    x = embedded(bank, background, progress)
    head = judge().head if bank.timbre else judge().plain_head
    return RelationScorer(x.astype(np.float32), head, judge().background)


class RelationScorer:
    """Log odds of R. x: (P, D). background: (n, D), empty to take the head as it was trained."""

    def __init__(self, x: NDArray[np.float32], head: Head, background: NDArray[np.float32]) -> None:
        self.x, self.head, self.background = x, head, background

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N)."""
        asked, found = self.x[list(query)], []
        for inside in support:
            found.append(learn(self.head, self.x[list(inside)], self.background).fitted.log_odds(asked))
        return np.stack(found, axis=1)

    def wanted(self, liked: Sequence[int], disliked: Sequence[int], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q,): as `fewnotes recommend` has it with disliked pieces."""
        found = self.scores([liked], query)[:, 0]
        refused = self.head.log_odds(self.x[list(query)], self.x[list(disliked)].mean(axis=0), len(disliked))
        return np.asarray(found - np.logaddexp(0, refused - found), np.float64)
