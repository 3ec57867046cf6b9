"""PPM over contexts that are not only the past: what is known at an event, in order of importance.

A melody's context is what came before, the nearest first. In several voices more is known: the place in the bar,
the notes below, the chord before. A viewpoint is one order of such facts; two moments agree to the length of the
facts that are equal, counted from the first. With that length in place of the length of a matching past, the
predictor is the one of `ppm`, and viewpoints are joined as IDyOM joins them: by a product weighted by sureness.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.markov.prediction.ppm import Floats, Ints, Matches, distribution, mixture

_BIAS = 2.0
_NONE: Ints = np.zeros(0, np.int64)


class Alphabet:
    """Values as numbers 0, 1, ... in order of first appearance."""

    def __init__(self) -> None:
        self.values: list[Hashable] = []
        self._number: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def add(self, value: Hashable) -> int:
        number = self._number.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number

    def get(self, value: Hashable) -> int:
        """The number of a value, -1 if it has none."""
        return self._number.get(value, -1)


class Viewpoint:
    """Rows of facts, each with the symbol that came, from what was learned and from the piece at hand."""

    def __init__(self, width: int) -> None:
        self.width = width
        self._numbers: list[dict[Hashable, int]] = [{} for _ in range(width)]
        self._rows: list[list[int]] = []
        self._symbols: list[int] = []
        self._learned = 0
        self._table = np.zeros((0, width), np.int32)
        self._column = np.zeros(0, np.int64)
        #: Row numbers by the number of their first fact: what was learned, and what came since.
        self._known: dict[int, Ints] = {}
        self._fresh: dict[int, list[int]] = {}

    def add(self, facts: Sequence[Hashable], symbol: int) -> None:
        """Remember that `symbol` came where `facts` held."""
        row = [known.setdefault(fact, len(known)) for known, fact in zip(self._numbers, facts, strict=True)]
        self._fresh.setdefault(row[0], []).append(len(self._rows))
        self._rows.append(row)
        self._symbols.append(symbol)

    def freeze(self) -> None:
        """What is there now counts as learned; what comes later belongs to the piece at hand."""
        self._refresh()
        self._learned = len(self._rows)
        for first, numbers in self._fresh.items():
            self._known[first] = np.append(self._known.get(first, _NONE), numbers)
        self._fresh = {}

    def rewind(self) -> None:
        """Forget all rows of the piece at hand."""
        del self._rows[self._learned :]
        del self._symbols[self._learned :]
        self._fresh = {}
        self._table, self._column = self._table[: self._learned], self._column[: self._learned]

    def __len__(self) -> int:
        return len(self._rows)

    def predict(self, facts: Sequence[Hashable], totals: tuple[Ints, Ints]) -> Floats:
        """Probability of every symbol: long- and short-term models joined. totals: counts learned, and at hand."""
        row = np.asarray([known.get(fact, -1) for known, fact in zip(self._numbers, facts, strict=True)], np.int32)
        self._refresh()
        size = len(totals[0])
        first = int(row[0])
        known, fresh = self._known.get(first, _NONE), np.asarray(self._fresh.get(first, ()), np.int64)
        matches = self._matches(known, row)
        if not totals[1].any():
            return distribution(matches, totals[0], size)
        recent = self._matches(fresh, row)
        both = Matches(*(np.concatenate(pair) for pair in zip(matches, recent, strict=True)))
        long = distribution(both, totals[0] + totals[1], size)
        return mixture([long, distribution(recent, totals[1], size)], _BIAS)

    def _matches(self, same: Ints, row: NDArray[np.int32]) -> Matches:
        agree = np.logical_and.accumulate(self._table[same] == row, axis=1).sum(axis=1)
        return Matches(self._column[same], agree)

    def _refresh(self) -> None:
        have, need = len(self._table), len(self._rows)
        if have < need:
            fresh = np.asarray(self._rows[have:], np.int32).reshape(-1, self.width)
            self._table = np.concatenate([self._table, fresh])
            self._column = np.concatenate([self._column, np.asarray(self._symbols[have:], np.int64)])
