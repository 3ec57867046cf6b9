"""What a way of comparing finds, before it is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from fewnotes.music.profile import percent

#: Reasons shown, for and against each.
MOST = 4


@dataclass(frozen=True)
class Reason:
    """One feature and what it says. a, b: its mean on either side. weight: log odds, positive speaks for."""

    feature: str
    family: str
    words: str
    a: float
    b: float
    weight: float
    unit: str = ""

    def shown(self, value: float) -> str:
        """A value as a person reads it."""
        return percent(value) if self.unit == "%" else f"{value:.1f}"

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Bars:
    """Bars of the piece, numbered as printed, that carry the score: without them it would be lower by `weight`."""

    first: int
    last: int
    weight: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Found:
    """engine: what found it. relation: in [0, 1]. is_strange: below what pieces of a style reach. bars: most first."""

    engine: str
    relation: float
    is_strange: bool
    reasons: tuple[Reason, ...]
    bars: tuple[Bars, ...] = ()


def spread(order: Sequence[int], families: Sequence[str], most: int) -> list[int]:
    """The first `MOST` of an order, at most `most` of one family."""
    chosen: list[int] = []
    for i in order:
        if sum(families[j] == families[i] for j in chosen) < most and len(chosen) < MOST:
            chosen.append(i)
    return chosen
