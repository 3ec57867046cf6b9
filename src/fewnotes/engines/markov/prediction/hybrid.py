"""The IDyOM hybrid on sequences of symbols: a long-term and a short-term PPM* model, joined event by event.

    model = Hybrid(alphabet_size)
    model.learn(sequences)                      what is known before
    model.code_lengths(sequence)                bits of each symbol; the model is left as it was
    model.begin(); model.predict(); model.observe(symbol); model.predict(); ...

The long-term model learns on during the sequence at hand ("LTM+"); the short-term model knows that sequence alone
("STM"). No suffix tree is kept: for every symbol we hold the places where it stands, and for the present place
the places whose past agrees, with the length of agreement. One step costs time linear in the number of
occurrences of the last symbol.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.markov.prediction.ppm import Floats, Ints, Matches, distribution, mixture

#: "long": what was learned and the present sequence (LTM+). "learned": without the present one (LTM).
#: "short": the present one alone (STM). "hybrid": "long" and "short" joined.
Model = Literal["hybrid", "long", "learned", "short"]


class Hybrid:
    """Predicts the next symbol of a sequence, symbols being 0 to alphabet_size - 1, by contexts of any length."""

    def __init__(self, alphabet_size: int, bias: float = 2.0) -> None:
        self.alphabet_size = alphabet_size
        self.bias = bias
        self._symbols = np.zeros(256, np.int64)
        self._agree = np.zeros(256, np.int64)
        self._size = 0
        self._start = 0
        self._learned_places: list[Ints] = [np.zeros(0, np.int64)] * alphabet_size
        self._present_places: list[list[int]] = [[] for _ in range(alphabet_size)]
        self._learned_totals = np.zeros(alphabet_size, np.int64)
        self._present_totals = np.zeros(alphabet_size, np.int64)
        self._places = np.zeros(0, np.int64)

    def learn(self, sequences: Iterable[Sequence[int] | NDArray[np.integer]]) -> None:
        """Add sequences to what is known. Each ends with a sign of its own, which is never predicted."""
        self._rewind()
        for sequence in sequences:
            row = np.append(np.asarray(sequence, np.int64), self.alphabet_size)
            self._reserve(len(row))
            self._symbols[self._size : self._size + len(row)] = row
            self._size += len(row)
        self._start = self._size
        known = self._symbols[: self._size]
        order = np.argsort(known, kind="stable")
        bounds = np.searchsorted(known[order], np.arange(self.alphabet_size + 1))
        self._learned_places = [order[a:b] for a, b in itertools.pairwise(bounds)]
        self._learned_totals = np.diff(bounds)
        self.begin()

    def begin(self) -> None:
        """Start a new sequence; the one before is forgotten."""
        self._rewind()
        self._places = np.zeros(0, np.int64)

    def observe(self, symbol: int) -> None:
        """Say what the next symbol of the present sequence was."""
        self._reserve(1)
        before = self._places
        present = np.asarray(self._present_places[symbol], np.int64)
        same = np.concatenate([self._learned_places[symbol], present])
        # `_agree` holds the agreement at each place of the step before, and is zero elsewhere.
        length = self._agree[same] + 1
        self._agree[before] = 0
        self._places = same + 1
        self._symbols[self._size] = symbol
        self._agree[self._places] = length
        self._present_places[symbol].append(self._size)
        self._present_totals[symbol] += 1
        self._size += 1

    def predict(self, model: Model = "hybrid") -> Floats:
        """Probability of each symbol as the next one, shape (A,)."""
        if model == "hybrid":
            return mixture([self.predict("long"), self.predict("short")], self.bias)
        places, totals = self._places, self._learned_totals
        if model == "learned":
            places = places[places < self._start]
        elif model == "short":
            places, totals = places[places >= self._start], self._present_totals
        else:
            totals = totals + self._present_totals
        return distribution(Matches(self._symbols[places], self._agree[places]), totals, self.alphabet_size)

    def code_lengths(self, sequence: Sequence[int] | NDArray[np.integer], model: Model = "hybrid") -> Floats:
        """Bits of each symbol of a sequence given those before it, shape (T,). The sequence is not learned."""
        self.begin()
        bits = np.zeros(len(sequence))
        for i, symbol in enumerate(sequence):
            bits[i] = -np.log2(self.predict(model)[symbol])
            self.observe(int(symbol))
        self.begin()
        return bits

    def _rewind(self) -> None:
        self._agree[self._places] = 0
        self._places = np.zeros(0, np.int64)
        for symbol in np.unique(self._symbols[self._start : self._size]).tolist():
            if symbol < self.alphabet_size:
                self._present_places[symbol] = []
        self._present_totals[:] = 0
        self._size = self._start

    def _reserve(self, more: int) -> None:
        # One place beyond the last symbol may hold an agreement.
        if self._size + more + 1 >= len(self._symbols):
            room = 2 * (self._size + more + 1)
            self._symbols = np.concatenate([self._symbols, np.zeros(room, np.int64)])
            self._agree = np.concatenate([self._agree, np.zeros(room, np.int64)])
