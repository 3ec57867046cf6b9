"""The relation network where all pieces that are asked about are known beforehand, unlabelled (transductive).

Soft k-means from the support sets (Ren 2018, eq. 3), with the head's own log odds: each query counts for the styles as
its odds say, the means of the styles move, and the queries are scored again. This row knows more than the others: it
is for telling a pile of pieces apart, and every piece is taken to be of one of the styles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.learning import learn
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows import relation
from fewnotes.measure.rows.relation import RelationScorer
from fewnotes.meta.progress import Progress, no_progress

TITLE = "relation network, all queries of an episode heard together (knows more than other rows)"
_ROUNDS = 6


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Together:
    """Raises NotInstalled without torch or checkpoint."""
    found = relation.prepare(bank, background, progress)
    return Together(found.x, found.head, found.background)


class Together(RelationScorer):
    """Log odds after the queries have moved the means. With one style there is nothing to tell apart."""

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N)."""
        asked = self.x[list(query)]
        sets = [self.x[list(inside)] for inside in support]
        styles = [learn(self.head, pieces, self.background).fitted for pieces in sets]
        for turn in range(_ROUNDS + 1):
            found = np.stack([style.log_odds(asked) for style in styles], axis=1)
            if len(sets) < 2 or turn == _ROUNDS:
                return found
            share = np.exp(found - found.max(axis=1, keepdims=True))
            share /= share.sum(axis=1, keepdims=True)
            counts = [len(pieces) + float(share[:, i].sum()) for i, pieces in enumerate(sets)]
            means = [(pieces.sum(axis=0) + share[:, i] @ asked) / counts[i] for i, pieces in enumerate(sets)]
            styles = [
                replace(style, mean=np.asarray(mean, np.float32), shots=count)
                for style, mean, count in zip(styles, means, counts, strict=True)
            ]
        return found
