"""The fixed judge: names the style of a window of music, having learned from real music alone.

It has never heard what a generator made, nor a support set of the draw, nor a real piece that it judges. Its agreement
(the share of outputs to which it gives the style that was asked for) means something only beside its accuracy on real
held-out windows of the same length, and beside chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fewnotes.measure.generated.excerpts import Floats
from fewnotes.measure.generated.learners import trees


class Judge:
    """A forest over statistics. styles: what it can answer, in order of name."""

    def __init__(self, forest: Any) -> None:
        self._forest = forest
        self.styles: tuple[str, ...] = tuple(str(s) for s in forest.classes_)

    @property
    def chance(self) -> float:
        """The agreement of guessing."""
        return 1.0 / len(self.styles)

    def named(self, vectors: Floats) -> list[str]:
        """The style of each window. vectors: shape (n, F)."""
        if not len(vectors):
            return []
        return [str(s) for s in self._forest.predict(vectors)]

    def agreement(self, vectors: Floats, style: str) -> float:
        """The share of windows, shape (n, F), that it takes for `style`."""
        return float(np.mean([name == style for name in self.named(vectors)]))


def taught(vectors: Floats, styles: Sequence[str], seed: int = 0) -> Judge:
    """A judge that learned from real windows, shape (n, F), and their styles. Raises NotInstalled."""
    return Judge(trees(seed).fit(vectors, np.asarray(styles)))
