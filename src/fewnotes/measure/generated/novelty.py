"""Does an output share more with the support set than people's pieces of the style do?

Three views of `fewnotes.music.similarity`, since each misses something: the longest run of equal melodic steps in any
key and tempo, the largest share of eight beats that is one moved copy (cardinality score), and windowed piano-roll
overlap (Jaccard). Held-out real windows against the same support set give the human borrowing interval: what lies above
it borrows more than people do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewnotes.measure.generated.excerpts import Floats
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import jaccard, window_shares
from fewnotes.music.similarity.passages import longest_runs

VIEWS = ("longest run", "cardinality", "Jaccard")
#: Windows of eight beats of one output that are looked at, evenly spread.
_WINDOWS = 12


@dataclass(frozen=True)
class Human:
    """The 95 % interval of what real pieces share with a support set. low, high: shape (3,), in order of `VIEWS`."""

    low: Floats
    high: Floats

    def inside(self, shared: Floats) -> Floats:
        """The share of outputs inside, view by view and then in all three: shape (4,). shared: shape (n, 3)."""
        good = (shared >= self.low) & (shared <= self.high)
        return np.append(good.mean(axis=0), good.all(axis=1).mean())

    def above(self, shared: Floats) -> Floats:
        """The share of outputs that borrow more than people, view by view and then in any: shape (4,)."""
        over = shared > self.high
        return np.append(over.mean(axis=0), over.any(axis=1).mean())


def shared_with(pieces: Sequence[Piece], support: Sequence[Piece]) -> Floats:
    """What each piece shares with the support set, shape (n, 3), in order of `VIEWS`: notes, share, share."""
    return np.array([_views(piece, support) for piece in pieces], float).reshape(len(pieces), 3)


def _views(piece: Piece, support: Sequence[Piece]) -> tuple[float, float, float]:
    shares = (w.share for w in window_shares(piece, support, _WINDOWS))
    return (longest_run(piece, support), max(shares, default=0.0), jaccard(piece, support).top_1)


def longest_run(piece: Piece, sources: Sequence[Piece]) -> float:
    """Notes of the longest melodic run that a piece shares with any source, in any key and tempo."""
    nearest = longest_runs(piece, sources, 1)[0]
    return float(nearest[0].notes) if nearest else 0.0


def human_interval(shared: Floats) -> Human:
    """From what real windows share with a support set, shape (n, 3). With less than forty it is their whole range."""
    low = np.percentile(shared, 2.5, axis=0, method="lower")
    high = np.percentile(shared, 97.5, axis=0, method="higher")
    return Human(low, high)
