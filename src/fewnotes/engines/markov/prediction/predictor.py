"""Several viewpoints over one alphabet, joined."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from fewnotes.engines.markov.prediction.ppm import Floats, Ints, product
from fewnotes.engines.markov.prediction.viewpoint import Alphabet, Viewpoint

Rows = Sequence[Sequence[Hashable]]

#: How sharply surer viewpoints outweigh others in the product.
_BIAS = 1.0


class Predictor:
    """Viewpoints over one alphabet, joined. Each has its rows; the counts of symbols are shared."""

    def __init__(self) -> None:
        self.alphabet = Alphabet()
        self.viewpoints: dict[tuple[int, int], Viewpoint] = {}
        self._learned = np.zeros(0, np.int64)
        self._count: Counter[int] = Counter()

    def add(self, facts: Rows, value: Hashable) -> None:
        symbol = self.alphabet.add(value)
        self._count[symbol] += 1
        for i, row in enumerate(facts):
            view = self.viewpoints.get((i, len(row)))
            if view is None:
                view = self.viewpoints[i, len(row)] = Viewpoint(len(row))
            view.add(row, symbol)

    def freeze(self) -> None:
        self._learned = np.asarray([self._count[s] for s in range(len(self.alphabet))], np.int64)
        for view in self.viewpoints.values():
            view.freeze()

    def predict(self, facts: Rows, emphasis: Sequence[float] = ()) -> Floats:
        """Probability of each value of the alphabet, shape (A,)."""
        totals: tuple[Ints, Ints] = (self._learned, np.zeros_like(self._learned))
        found = []
        for i, row in enumerate(facts):
            view = self.viewpoints.get((i, len(row)))
            if view is not None:
                found.append(view.predict(row, totals))
        if not found:
            # A line of a note or two has no context at all: what there was, and a little of all else.
            smoothed = self._learned + 1.0
            return np.asarray(smoothed / smoothed.sum())
        return product(found, _BIAS, emphasis)
