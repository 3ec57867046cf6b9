"""Which styles are asked about, in which settings, and how often."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil

from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank
from fewnotes.measure.draws import Episode, Styles, episodes
from fewnotes.meta import split

#: Kinds of music whose styles are hard to tell apart, by the families of the corpus table.
KINDS: dict[str, tuple[str, ...]] = {
    "folk tunes": ("British and Irish airs", "Essen folk song", "Northumbrian pipe tunes", "Irish dance",
                   "British folk + chords"),
    "old vocal music": ("chorale", "madrigal", "Renaissance mass", "trecento", "Polish vocal"),
    "piano and song": ("piano", "piano four hands", "art song", "Ukrainian folk song + piano", "guitar"),
}  # fmt: skip
#: No composer, though the column says so.
_NOBODY = ("traditional", "anonymous", "anon", "unknown", "various")
#: A composer of fewer pieces is not asked about.
_LEAST_PIECES = 8
_SEED = 20


@dataclass(frozen=True)
class Size:
    """How much is measured.

    pieces: of a style of meta-test at most. background: of a style of meta-train. each: draws a style. queries: a
    style and episode. trials: a style, in-style against out-of-style. slow: episodes of a setting for rows that are
    slow, 0 to leave them out unless they are asked for by name. broad: all settings, not the main ones alone.
    """

    pieces: int
    background: int
    each: int
    queries: int
    trials: int
    slow: int
    broad: bool


SIZES = {"quick": Size(20, 12, 10, 2, 6, 0, False), "full": Size(60, 60, 40, 4, 40, 30, True)}
#: Episodes for a slow row that is asked for by name where the size would leave it out.
SLOW_ASKED_FOR = 4
#: The columns that a slow row is asked, beside trials.
SLOW_COLUMNS = ("5-way 1-shot", "5-way 5-shot", "5-way 5-shot, composers")


@dataclass(frozen=True)
class Setting:
    """One column: N-way K-shot episodes over a pool of styles."""

    column: str
    way: int
    shot: int
    styles: Styles
    groups: Sequence[Sequence[str]] = field(default=())

    def episodes(self, size: Size) -> list[Episode]:
        """Each style is drawn `size.each` times or more. Raises BadParameter where there are too few styles."""
        usable = [s for s, pieces in self.styles.items() if len(pieces) >= self.shot + size.queries]
        if self.groups:
            usable = sorted({s for group in self.groups for s in group} & set(usable))
        return episodes(
            self.styles, self.way, self.shot, queries=size.queries, count=ceil(size.each * len(usable) / self.way),
            seed=_SEED, groups=self.groups,
        )  # fmt: skip


def settings(bank: Bank, part: str, *, broad: bool) -> list[Setting]:
    """All settings that are wanted; some of them may turn out not to be possible."""
    pools: list[tuple[str, Styles, tuple[tuple[int, int], ...]]] = [
        ("", bank.styles(part), ((5, 1), (5, 5), (5, 10), (9, 1), (9, 5), (9, 10), (15, 1), (15, 5), (15, 10)))
    ]
    five: tuple[tuple[int, int], ...] = ((5, 1), (5, 5), (5, 10))
    if part == split.TEST:
        pools += [(f", {reach} styles", bank.styles(part, reach), five) for reach in ("near", "far")]
    pools.append((", composers", composers(bank, part), (*five, (9, 1), (9, 5), (9, 10))))
    found = [Setting(f"{n}-way {k}-shot{name}", n, k, styles) for name, styles, shapes in pools for n, k in shapes]
    groups = list(kinds(bank, part).values())
    found += [Setting(f"{n}-way {k}-shot, one kind", n, k, bank.styles(part), groups) for n, k in five if groups]
    if broad:
        return found
    return [
        s for s in found if s.shot in (1, 5) and s.way < 15 and not s.column.endswith(("near styles", "far styles"))
    ]


def kinds(bank: Bank, part: str) -> dict[str, tuple[str, ...]]:
    """Styles of one split by kind of music: where they are hard to tell apart."""
    found: dict[str, list[str]] = {}
    for style, inside in bank.styles(part).items():
        family = bank.entries[inside[0]].row.family
        for kind, families in KINDS.items():
            if family in families:
                found.setdefault(kind, []).append(style)
    return {kind: tuple(styles) for kind, styles in found.items()}


def composers(bank: Bank, part: str) -> dict[str, tuple[int, ...]]:
    """Indices by composer; two spellings (`Bach, Johann Sebastian`, `BachJS`) are one, "Traditional" is none."""
    found: dict[str, list[int]] = {}
    names: dict[str, str] = {}
    for name, inside in bank.composers(part, least=1).items():
        if name.lower() not in _NOBODY:
            key = _spelling(name)
            names.setdefault(key, name)
            found.setdefault(key, []).extend(inside)
    return {names[k]: tuple(sorted(inside)) for k, inside in sorted(found.items()) if len(inside) >= _LEAST_PIECES}


def _spelling(name: str) -> str:
    """Surname and first initial in small letters: `bach j` for both spellings above."""
    surname, comma, given = name.partition(",")
    if not comma:
        parts = re.fullmatch(r"([A-Z][a-z]+)([A-Z]*)", name)
        if parts is None:
            return name.lower()
        surname, given = parts.groups()
    return f"{surname.strip().lower()} {given.strip()[:1].lower()}".strip()


def possible(wanted: Sequence[Setting], size: Size) -> tuple[list[tuple[Setting, list[Episode]]], list[str]]:
    """The settings with their episodes, and the columns of those that there are too few styles for."""
    found, missing = [], []
    for setting in wanted:
        try:
            found.append((setting, setting.episodes(size)))
        except BadParameter:
            missing.append(setting.column)
    return found, missing
