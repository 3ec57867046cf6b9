"""What was read, word for word: for every moment how often each symbol came where so many facts were the same.

A ladder has a rung for each number of facts that agree, counted from the first. Rungs are blended from the lowest up,
each trusted by how often its facts were met and how many kinds of symbols came then (Witten and Bell 1991, method C; so
are `markov`'s). One expert reads the support set and the piece so far, another the piece so far alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Facts = tuple[Hashable, ...]
Counts = dict[int, int]


class Ladder:
    """Counts of symbols after the first k facts, k from none to all."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.rungs: dict[Facts, tuple[list[int], Counts]] = {}

    def add(self, facts: Facts, symbol: int) -> None:
        """Remember that the symbol came where the facts held."""
        for k in range(len(facts) + 1):
            rung = self.rungs.get(facts[:k])
            if rung is None:
                rung = self.rungs[facts[:k]] = ([0], {})
            rung[0][0] += 1
            rung[1][symbol] = rung[1].get(symbol, 0) + 1


def odds(ladders: Sequence[Ladder], facts: Facts, symbol: int, base: float) -> float:
    """Probability of one symbol after what the ladders hold together. base: what it is below the lowest rung."""
    found = base
    for k in range(len(facts) + 1):
        met, kinds, here = _rung(ladders, facts[:k], symbol)
        if not met:
            break
        found = (here + kinds * found) / (met + kinds)
    return found


def spread(ladder: Ladder, facts: Facts) -> NDArray[np.float64]:
    """Probability of every symbol, (size,); below the lowest rung all are alike."""
    found = np.full(ladder.size, 1.0 / ladder.size)
    for k in range(len(facts) + 1):
        rung = ladder.rungs.get(facts[:k])
        if rung is None:
            break
        (met,), counts = rung
        found *= len(counts) / (met + len(counts))
        found[list(counts)] += np.array(list(counts.values())) / (met + len(counts))
    return found


def _rung(ladders: Sequence[Ladder], facts: Facts, symbol: int) -> tuple[int, int, int]:
    """Over all ladders: how often the facts were met, kinds of symbols then, and how often it was this one."""
    met, here, seen = 0, 0, None
    kinds = 0
    for ladder in ladders:
        rung = ladder.rungs.get(facts)
        if rung is None:
            continue
        met += rung[0][0]
        here += rung[1].get(symbol, 0)
        kinds = len(rung[1]) if seen is None else len(rung[1].keys() | seen)
        seen = rung[1].keys()
    return met, kinds, here
