"""What a piece can be recognised by in the bytes of a store, and looking for it there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fewnotes.errors import StoreError
from fewnotes.music.piece import Piece
from fewnotes.style import nameless
from fewnotes.uses._listening.facts import same_notes

#: Bytes that are looked through at a time.
_BLOCK = 4 * 2**20
#: A hash is known by its first half: some caches keep no more of it.
_HALF = 32
#: Fewer notes than this may stand in any file by chance.
_LEAST_NOTES = 24


@dataclass(frozen=True)
class Marks:
    """hashes: of pieces, of their notes in any key, of files, as hexadecimal text. notes: (what, bytes)."""

    hashes: frozenset[str] = frozenset()
    notes: tuple[tuple[str, bytes], ...] = ()
    paths: frozenset[str] = frozenset()
    titles: tuple[str, ...] = ()

    def __or__(self, other: Marks) -> Marks:
        return Marks(
            self.hashes | other.hashes, self.notes + other.notes, self.paths | other.paths, self.titles + other.titles
        )

    def with_hashes(self, more: Iterable[str]) -> Marks:
        """The same, and some hashes more."""
        return Marks(self.hashes | frozenset(more), self.notes, self.paths, self.titles)

    def needles(self) -> dict[bytes, str]:
        """What to look for -> what it is. A hash is looked for as text in both cases and as bytes."""
        found: dict[bytes, str] = {}
        for digest in self.hashes:
            half = digest[:_HALF]
            found[half.encode()] = found[half.upper().encode()] = "a hash"
            found[bytes.fromhex(half)] = "a hash, as bytes"
        found |= {data: what for what, data in self.notes}
        return found | {os.fsencode(path): "a path" for path in self.paths}


@dataclass(frozen=True)
class Trace:
    """Something that is left. path: the file it stands in. what: a hash, notes, or a path."""

    path: Path
    what: str


@dataclass(frozen=True)
class Looked:
    """What a look through folders found. files, size: how many files and bytes were looked through."""

    traces: tuple[Trace, ...]
    files: int
    size: int
    places: tuple[Path, ...] = field(default=())


def marks_of(pieces: Iterable[Piece], path: Path | None = None) -> Marks:
    """Of pieces, and of the file they came in."""
    hashes: set[str] = set()
    notes: list[tuple[str, bytes]] = []
    titles = []
    for piece in pieces:
        hashes |= {piece.content_hash, nameless(piece).content_hash, same_notes(piece)} - {""}
        titles.append(piece.title)
        if len(piece.notes) >= _LEAST_NOTES:
            notes.append(("its notes", piece.notes.tobytes()))
            # A style keeps columns.
            notes.append(("its pitches", np.ascontiguousarray(piece.notes["pitch"]).tobytes()))
    paths: frozenset[str] = frozenset()
    if path is not None:
        hashes.add(hashlib.sha256(path.read_bytes()).hexdigest())
        paths = frozenset([os.path.abspath(path)])  # noqa: PTH100 - links stay as the person named them
    return Marks(frozenset(hashes), tuple(dict.fromkeys(notes)), paths, tuple(titles))


def look(marks: Marks, places: Sequence[Path]) -> Looked:
    """Every file below some folders, byte by byte. Raises StoreError where one cannot be read."""
    needles = marks.needles()
    traces: list[Trace] = []
    files = size = 0
    for path in _below(places):
        try:
            found, length = _in_file(path, needles)
        except FileNotFoundError:  # gone in between
            continue
        except OSError as error:
            raise StoreError(
                f"{path} could not be looked through: {error.strerror or error}", fix="Check its permissions"
            ) from error
        traces += [Trace(path, what) for what in found]
        files, size = files + 1, size + length
    return Looked(tuple(traces), files, size, tuple(places))


def _below(places: Sequence[Path]) -> Iterator[Path]:
    seen = set()
    for place in places:
        for folder, _, names in os.walk(place):
            for name in sorted(names):
                path = Path(folder) / name
                if path not in seen and path.is_file() and not path.is_symlink():
                    seen.add(path)
                    yield path


def _in_file(path: Path, needles: dict[bytes, str]) -> tuple[list[str], int]:
    """What of the needles stands in a file, block by block with as much overlap as the longest is long."""
    overlap = max((len(n) for n in needles), default=1) - 1
    found: dict[str, None] = {}
    size, tail = 0, b""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            size += len(block)
            window = tail + block
            found |= {what: None for needle, what in needles.items() if what not in found and needle in window}
            tail = window[-overlap:] if overlap else b""
    return list(found), size
