"""How much a person's taste counts: the same dial for whatever ranks."""

from __future__ import annotations

from fewnotes.engines.relation.taste import WEIGHT
from fewnotes.uses import Kind, param


def taste_dial() -> float:
    """The parameter `taste` of a use."""
    found: float = param(
        Kind.FLOAT,
        "How much your likes and dislikes count in the order: 0 not at all, 2 as is usual",
        default=WEIGHT,
        minimum=0,
        maximum=5,
    )
    return found
