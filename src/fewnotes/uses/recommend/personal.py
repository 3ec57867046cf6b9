"""What a person likes anywhere, held against the pieces of a library."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation import taste
from fewnotes.engines.relation.preference import Preference, Taste
from fewnotes.store.library import Index
from fewnotes.uses._personal.reasons import Leaning, because

#: Pieces that are looked at at a time: differences take some kB each.
_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Person:
    """taste: what was learned, None where it says nothing. chance: that each piece is liked, (n,). weight: of that."""

    taste: Taste | None
    chance: NDArray[np.float64]
    weight: float
    usual: NDArray[np.float64]

    @classmethod
    def here(cls, weight: float, index: Index, asked: NDArray[np.int64]) -> Person:
        """The person whose store this is. asked: the pieces of the library that matter, (m,)."""
        chance = np.full(len(index), 0.5)
        person = taste.mine() if weight else None
        if person is None or not person.says_something:
            return cls(None, chance, 0.0, np.zeros(0))
        middle = taste.usual(None)
        for at in range(0, len(asked), _BLOCK):
            some = asked[at : at + _BLOCK]
            seen = taste.seen(index.features[some], index.vectors[some], middle)
            chance[some] = person.preference(seen).chance
        return cls(person, chance, weight, middle.features)

    @property
    def said(self) -> tuple[int, int]:
        """Likes and dislikes that count."""
        return (self.taste.liked, self.taste.disliked) if self.taste else (0, 0)

    def weighed(self, related: NDArray[np.float64]) -> NDArray[np.float64]:
        """Relation and preference together, (n,) in [0, 1]: what the list is ordered by."""
        if self.taste is None:
            return related
        nothing = np.zeros(len(related))
        value = taste.joined(related, Preference(self.chance, nothing, nothing), self.weight)
        return np.asarray(np.exp(value - value.max()))

    def of(self, i: int) -> float | None:
        """The chance that the i-th piece is liked; None where nothing is known."""
        return round(float(self.chance[i]), 4) if self.taste else None

    def leanings(self, features: NDArray[np.float32]) -> tuple[Leaning, ...]:
        """What of a piece speaks for it. features: (F,)."""
        return because(self.taste, features, self.usual) if self.taste else ()
