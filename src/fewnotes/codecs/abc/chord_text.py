"""Which quoted texts are chord symbols."""

from __future__ import annotations

import re

_SUFFIX = r"(?:maj|min|dim|aug|sus|add|dom|alt|no|ma|mi|m|M|\+|-|°|ø|Δ|o|[0-9#b♯♭()^,.]|/[A-Ga-g]?)*"
_CHORD_SYMBOL = re.compile(rf"\(?(?:[A-G][#b♯♭]?{_SUFFIX}|N\.?C\.?)\)?")


def is_chord_symbol(text: str) -> bool:
    """`Gm7/D` and `N.C.` are; `Slow`, `^high` and `1` are not."""
    return len(text) <= 30 and _CHORD_SYMBOL.fullmatch(text) is not None
