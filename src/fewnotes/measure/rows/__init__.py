"""What is measured: one recogniser a file. Given support pieces of N styles, how alike is a piece to each?

The contract of a module here:

    TITLE: str                                              what it is, in a line
    def prepare(bank, background, progress) -> Scorer       may look at the pieces in `background` (indices into the
                                                            bank: meta-train), with their styles; at nothing else

    scorer.scores(support, query) -> array (Q, N)           support: N sequences of piece indices, query: Q indices;
                                                            higher is more alike. Nothing is kept between two calls.
    scorer.wanted(liked, disliked, query) -> array (Q,)     optional: a way of its own to rank with disliked pieces

The same contract serves recognition, in-style against out-of-style, the open set, and recommendation. A module that
needs a package that is not installed raises NotInstalled (or NotPossible) in `prepare`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Scorer(Protocol):
    """Scores pieces against the support sets of styles."""

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N): how alike each query piece is to each support set."""
        ...
