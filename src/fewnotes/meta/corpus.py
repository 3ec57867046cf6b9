"""The corpus: one table over all sources, and its pieces out of the cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from fewnotes.errors import BadInput, BadParameter, FewnotesError
from fewnotes.meta import cache
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry, Row, Unreadable, by_style
from fewnotes.meta.sources import collections, labelled, shared


@dataclass(frozen=True)
class Corpus:
    """Pieces with their rows, and the rows that have none with the reason. Rows stand in the order of the table."""

    entries: tuple[Entry, ...]
    unreadable: tuple[Unreadable, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Rows of the pieces that could be read."""
        return tuple(entry.row for entry in self.entries)

    @cached_property
    def styles(self) -> dict[str, tuple[Entry, ...]]:
        """Entries by style label, styles in order of name."""
        found: dict[str, list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(entry.row.style, []).append(entry)
        return {style: tuple(entries) for style, entries in sorted(found.items())}

    def without(self, keys: set[str]) -> Corpus:
        """The corpus less some pieces, by key."""
        return Corpus(tuple(e for e in self.entries if e.row.key not in keys), self.unreadable)


def table(source: str | None = None) -> list[Row]:
    """All rows of all sources that are here: the shared corpus, the music21 corpus, what was added.

    source: "shared", "music21" or the name of an added corpus, to list that one alone.
    Raises BadParameter for a source that is not here, BadInput or StoreError for one that cannot be listed.
    """
    found: list[Row] = []
    if source in (None, shared.NAME):
        found += shared.rows()
    if source in (None, collections.NAME):
        found += collections.rows()
    if source not in (shared.NAME, collections.NAME):
        found += [row for row in labelled.rows() if source in (None, row.source)]
    if source is not None and not found:
        here = [shared.NAME, collections.NAME, *(item["name"] for item in labelled.added())]
        raise BadParameter(f"There is no music from {source!r}", expected=f"one of {', '.join(here)}, if it is here")
    return found


def rows_of_style(style: str, rows: Sequence[Row]) -> list[Row]:
    """The rows of one style. Raises BadParameter naming near ones where there is none."""
    styles = by_style(rows)
    if style in styles:
        return styles[style]
    near = [s for s in styles if style.lower() in s.lower()] or list(styles)
    raise BadParameter(
        f"There is no style {style!r} in the corpus",
        expected=f"one of {', '.join(near[:12])}" + (" ..." if len(near) > 12 else ""),
        fix="fewnotes corpus list shows them all",
    )


def load(rows: Sequence[Row], progress: Progress = no_progress) -> Corpus:
    """The pieces of rows: parsed once, from the cache after that. Repeats are not played out.

    A file of several pieces gives as many rows, the second with `#2` after its key. Raises StoreError.
    """
    results = cache.load([cache.Item(row.path, row.part) for row in rows], progress)
    entries: list[Entry] = []
    unreadable: list[Unreadable] = []
    for row, result in zip(rows, results, strict=True):
        if isinstance(result, FewnotesError):
            unreadable.append(Unreadable(row, result))
            continue
        usable = [piece for piece in result if len(piece)]
        if not usable:
            unreadable.append(Unreadable(row, BadInput(f"{row.path.name} holds no notes", code="no-notes")))
        for number, piece in enumerate(usable, 1):
            entries.append(Entry(row if number == 1 else replace(row, key=f"{row.key}#{number}"), piece))
    return Corpus(tuple(entries), tuple(unreadable))
