"""PPM over contexts that are not only the past: what is known at an event, in order of importance.

A melody's context is what came before, the nearest first. In several voices more is known: the place in the bar,
the notes below, the chord before. A viewpoint is one order of such facts; two moments agree to the length of the
facts that are equal, counted from the first. With that length in place of the length of a matching past, the
predictor is the one of `ppm`, and viewpoints are joined as IDyOM joins them: by a product weighted by sureness.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from fewnotes.engines.markov.ppm import Floats, Ints, Matches, distribution, mixture

_BIAS = 2.0


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
        self._facts = Alphabet()
        self._rows: list[list[int]] = []
        self._symbols: list[int] = []
        self._learned = 0
        self._table = np.zeros((0, width), np.int64)
        self._column = np.zeros(0, np.int64)
        self._by_first: dict[int, list[int]] = {}

    def add(self, facts: Sequence[Hashable], symbol: int) -> None:
        """Remember that `symbol` came where `facts` held."""
        row = [self._facts.add((i, fact)) for i, fact in enumerate(facts)]
        self._by_first.setdefault(row[0], []).append(len(self._rows))
        self._rows.append(row)
        self._symbols.append(symbol)

    def freeze(self) -> None:
        """What is there now counts as learned; what comes later belongs to the piece at hand."""
        self._learned = len(self._rows)

    def rewind(self, size: int | None = None) -> None:
        """Forget all rows from `size` on; without a size, all of the piece at hand."""
        size = self._learned if size is None else size
        for number in range(len(self._rows) - 1, size - 1, -1):
            self._by_first[self._rows[number][0]].pop()
        del self._rows[size:]
        del self._symbols[size:]
        if len(self._table) > size:
            self._table, self._column = self._table[:size], self._column[:size]

    def __len__(self) -> int:
        return len(self._rows)

    def predict(self, facts: Sequence[Hashable], totals: tuple[Ints, Ints]) -> Floats:
        """Probability of every symbol: long- and short-term models joined. totals: counts learned, and at hand."""
        row = np.asarray([self._facts.get((i, fact)) for i, fact in enumerate(facts)], np.int64)
        self._refresh()
        same = np.asarray(self._by_first.get(int(row[0]), ()), np.int64)
        agree = (self._table[same] == row).cumprod(axis=1).sum(axis=1)
        follower = self._column[same]
        size = len(totals[0])
        long = distribution(Matches(follower, agree), totals[0] + totals[1], size)
        if not totals[1].any():
            return long
        recent = same >= self._learned
        short = distribution(Matches(follower[recent], agree[recent]), totals[1], size)
        return mixture([long, short], _BIAS)

    def _refresh(self) -> None:
        have, need = len(self._table), len(self._rows)
        if have < need:
            fresh = np.asarray(self._rows[have:], np.int64).reshape(-1, self.width)
            self._table = np.concatenate([self._table, fresh])
            self._column = np.concatenate([self._column, np.asarray(self._symbols[have:], np.int64)])
