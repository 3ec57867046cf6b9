"""Whom to name, and under which licence: the attribution of the music that may train what ships, out of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fewnotes.meta.rows import Row


class Attribution(NamedTuple):
    """What one source asks for. encoders: people whom its licence asks to name, in order of the alphabet."""

    source: str
    licence: str
    pieces: int
    styles: int
    encoders: tuple[str, ...]


def attributions(rows: Sequence[Row]) -> list[Attribution]:
    """One line a source and licence over the rows that may ship, sorted; nothing else is named."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.may_ship:
            credit = row.attribution.partition("; ")[0]
            groups.setdefault((credit, row.licence), []).append(row)
    found = []
    for (credit, licence), inside in sorted(groups.items()):
        people = sorted({row.attribution.partition("; ")[2] for row in inside} - {""})
        found.append(Attribution(credit, licence, len(inside), len({r.style for r in inside}), tuple(people)))
    return found
