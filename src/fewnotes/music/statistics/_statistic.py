"""One named number of a piece."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Statistic(NamedTuple):
    """name: key. family: what it is about. words: what a high value means, as a person says it."""

    name: str
    family: str
    words: str


def several(family: str, name: str, words: str, classes: Iterable[object]) -> tuple[Statistic, ...]:
    """One statistic a class; `{}` in words is where the class stands."""
    return tuple(Statistic(f"{name}_{_key(c)}", family, words.format(c)) for c in classes)


def _key(value: object) -> str:
    text = str(value).replace("-", "minus_") if isinstance(value, int) else str(value)
    return "_".join("".join(ch if ch.isalnum() or ch == "_" else " " for ch in text).split())
