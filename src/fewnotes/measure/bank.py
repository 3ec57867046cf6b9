"""The pieces that are measured on: styles of some splits, without the traces of where they come from.

Every row sees pieces through a bank, and so sees the same: notes on the grid, one velocity, one tempo, one track a role
and instrument family, no names (`fewnotes.meta.preprocess.normalised`). With timbre=False every pitched track is a
piano.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fewnotes.errors import BadInput
from fewnotes.meta import split
from fewnotes.meta.corpus import load, table
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry
from fewnotes.music.piece import Piece

#: Pieces of one style at most, evenly spaced in order of key: large collections do not outweigh small ones.
PIECES_A_STYLE = 60
#: A piece of fewer notes says too little of a style to be asked about.
LEAST_NOTES = 24


@dataclass(frozen=True)
class Bank:
    """Pieces with their rows. An index into `entries` is how draws and rows name a piece."""

    entries: tuple[Entry, ...]
    timbre: bool = True

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        """The pieces as rows see them, in the order of `entries`."""
        return tuple(normalised(e.piece, timbre=self.timbre) for e in self.entries)

    @cached_property
    def splits(self) -> tuple[str, ...]:
        """The split of every piece."""
        return tuple(split.split_of(e.row) for e in self.entries)

    def styles(self, part: str = split.TEST, reach: str = "") -> dict[str, tuple[int, ...]]:
        """Indices by style of one split, styles in order of name. reach: only "near" or "far" styles of meta-test."""
        found: dict[str, list[int]] = {}
        for index, entry in enumerate(self.entries):
            style = entry.row.style
            if self.splits[index] == part and (not reach or split.reach_of(style) == reach):
                found.setdefault(style, []).append(index)
        return {style: tuple(inside) for style, inside in sorted(found.items())}

    def composers(self, part: str = split.TEST, least: int = 8) -> dict[str, tuple[int, ...]]:
        """Indices by composer of one split, for composers of `least` pieces or more, in order of name."""
        found: dict[str, list[int]] = {}
        for index, entry in enumerate(self.entries):
            if self.splits[index] == part and entry.row.composer:
                found.setdefault(entry.row.composer, []).append(index)
        return {name: tuple(inside) for name, inside in sorted(found.items()) if len(inside) >= least}

    def without_timbre(self) -> Bank:
        """The same pieces, every pitched track a piano."""
        return Bank(self.entries, timbre=False)


def load_bank(
    parts: Sequence[str] = (split.TRAIN, split.TEST), progress: Progress = no_progress, *,
    pieces_a_style: int = PIECES_A_STYLE,
) -> Bank:  # fmt: skip
    """The bank of some splits, from the cache of parsed pieces. Raises BadInput where no style of them is here."""
    rows = [row for row in table() if split.split_of(row) in parts]
    by_style: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        by_style.setdefault(row.style, []).append(index)
    # A few more than wanted, for those that turn out too short or are near duplicates.
    wanted = sorted(i for inside in by_style.values() for i in _spread(inside, 2 * pieces_a_style))
    corpus = load([rows[i] for i in wanted], progress)
    entries: list[Entry] = []
    for part in parts:
        kept: dict[str, list[Entry]] = {}
        for entry in split.entries_of(corpus, part):
            if len(entry.piece.notes) >= LEAST_NOTES:
                kept.setdefault(entry.row.style, []).append(entry)
        for _, inside in sorted(kept.items()):
            inside.sort(key=lambda e: e.row.key)
            entries += [inside[i] for i in _spread(range(len(inside)), pieces_a_style)]
    if not entries:
        raise BadInput(
            "There is no style to measure on",
            expected="the corpus of many styles, or the one inside music21",
            fix="Install fewnotes[corpus]; `fewnotes corpus list` shows what is here",
        )
    return Bank(tuple(entries))


def _spread(items: Sequence[int], most: int) -> list[int]:
    """At most `most` items, evenly spaced."""
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int).tolist()]
