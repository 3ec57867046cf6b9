"""A library: an index of music files in one SQLite file, so that a search does not listen to everything again.

    $FEWNOTES_HOME/libraries/NAME.sqlite

Content-addressed: a file is known by the hash of its bytes. Two paths with the same bytes are one content with two
paths; a file that moved keeps what was found in it. Every write is one transaction, and what stands in it twice is the
same twice: a killed process loses its open transaction and nothing else, two processes may write at once.

The store neither reads music nor listens to it: `fewnotes.uses._listening` does, and brings what it found here.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadParameter, StoreError
from fewnotes.store import _library_file as file
from fewnotes.store._library_file import bound, unbound
from fewnotes.store.folders import StrPath, entries, home_folder, make_folder
from fewnotes.store.names import check_label, slug

Floats = NDArray[np.float32]
READ, UNREADABLE = "read", "unreadable"
_SUFFIX = ".sqlite"


class Known(NamedTuple):
    """What the index holds about a path. state: "read" or "unreadable", then with the reason.

    root: the folder, file or pattern that led to it. digest: hash of its bytes, "" where there was no opening it.
    reader: version of fewnotes that read it.
    """

    path: str
    root: str
    size: int
    mtime_ns: int
    digest: str
    state: str
    reason: str
    reader: str


class Found(NamedTuple):
    """A piece as it goes in. number: from 1 within its file. same: hash of its notes in any key. facts: plain JSON.

    families: instrument families as bits. features: (F,) float32. vector: (D,) float32.
    """

    number: int
    content: str
    same: str
    meter: str
    bars: int
    families: int
    facts: dict[str, Any]
    features: Floats
    vector: Floats


@dataclass(frozen=True)
class Index:
    """All pieces that have a vector of one checkpoint, in order of digest and number.

    contents: hash of each piece. same: hash of its notes in any key. features: (n, F). vectors: (n, D), float32.
    """

    digests: tuple[str, ...]
    numbers: tuple[int, ...]
    contents: tuple[str, ...]
    same: tuple[str, ...]
    meters: tuple[str, ...]
    bars: NDArray[np.int64]
    families: NDArray[np.int64]
    features: Floats
    vectors: Floats

    def __len__(self) -> int:
        return len(self.digests)


class Heard(NamedTuple):
    """A piece that was listened to apart from the files: of a style, or said to be liked."""

    content: str
    same: str
    features: Floats
    vector: Floats


class Feedback(NamedTuple):
    """What a person said about a piece for one list. content: hash of the piece. liked: or disliked. title: of it."""

    content: str
    liked: bool
    title: str


def library_path(name: str, home: StrPath | None = None) -> Path:
    """The file of a library. Raises BadParameter for a name that cannot be one."""
    try:
        label = check_label(name)
    except BadParameter as error:
        said = error.what.replace("of the style", "of the library").replace("of a style", "of a library")
        raise BadParameter(said, expected=error.expected) from error
    return libraries_folder(home) / f"{slug(label)}{_SUFFIX}"


def libraries_folder(home: StrPath | None = None) -> Path:
    """Where the libraries of a home lie."""
    return home_folder(home) / "libraries"


def library_names(home: StrPath | None = None) -> list[str]:
    """The names of all libraries, as their files are called."""
    return [p.name.removesuffix(_SUFFIX) for p in entries(libraries_folder(home)) if p.name.endswith(_SUFFIX)]


def name_for(paths: Iterable[StrPath]) -> str:
    """The name of the library of some paths that were given without one: their last part, and a hash of the whole."""
    whole = sorted(os.path.abspath(p) for p in paths)  # noqa: PTH100 - links stay as the person named them
    digest = hashlib.sha256("\0".join(whole).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    readable = slug(Path(whole[0]).name[:40].strip() or "music").partition("-")[0] if whole else "music"
    return f"{readable}-{digest}"


def remove_library(name: str, home: StrPath | None = None) -> bool:
    """Delete a library, be it damaged; its music files stay. False if there was none. Raises StoreError."""
    path = library_path(name, home)
    there = path.exists()
    for gone in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        try:
            gone.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"{gone} could not be removed: {error.strerror or error}") from error
    return there


class Library:
    """An open library; closes with `with`. Every method raises StoreError where its file is damaged or locked."""

    def __init__(self, name: str, home: StrPath | None = None, *, create: bool = True) -> None:
        """Raises BadParameter if there is none of the name and `create` is False."""
        self.name = name
        self.path = library_path(name, home)
        if not create and not self.path.exists():
            there = ", ".join(library_names(home)[:8])
            raise BadParameter(
                f"There is no library called {name!r}",
                expected=f"one of {there}" if there else "a library that was made before",
                fix="Give a folder of music, and it is made",
            )
        make_folder(self.path.parent)
        self._file = file.LibraryFile(self.path, name)

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._file.close()

    # --- folders and files ---

    def roots(self) -> list[str]:
        """Folders, files and patterns that an update looks at, sorted."""
        return sorted(unbound(p) for (p,) in self._file.rows("SELECT path FROM roots"))

    def add_roots(self, paths: Iterable[str]) -> None:
        """Look at these too from now on."""
        with self._file.writing() as write:
            write("INSERT OR IGNORE INTO roots VALUES (?)", [(bound(p),) for p in paths])

    def remove_root(self, path: str) -> bool:
        """Do not look at a folder any more: its files leave at once. False if it was none of the library's."""
        there = path in self.roots()
        with self._file.writing() as write:
            write("DELETE FROM roots WHERE path = ?", [(bound(path),)])
            write("DELETE FROM files WHERE root = ?", [(bound(path),)])
            write(file.DROP_ORPHANS, [()])
        return there

    def files(self) -> dict[str, Known]:
        """What is known of every path."""
        rows = self._file.rows("SELECT path, root, size, mtime_ns, digest, state, reason, reader FROM files")
        found = (Known(unbound(p), unbound(root), *rest) for p, root, *rest in rows)
        return {known.path: known for known in sorted(found)}

    def unreadable(self) -> list[tuple[str, str]]:
        """(path, reason) of every file that holds no music one can read."""
        return [(k.path, k.reason) for k in self.files().values() if k.state == UNREADABLE]

    def paths_of(self, digest: str) -> list[str]:
        """Where a content lies, sorted."""
        return sorted(unbound(p) for (p,) in self._file.rows("SELECT path FROM files WHERE digest = ?", digest))

    def whole_digests(self, checkpoint: str) -> set[str]:
        """Contents whose pieces all have a vector of this checkpoint."""
        return {digest for (digest,) in self._file.rows(file.WHOLE, checkpoint)}

    def put(self, checkpoint: str, files: Sequence[Known], found: dict[str, Sequence[Found]]) -> None:
        """Keep files, and the pieces of contents by digest, in one transaction; what is there already is replaced."""
        pieces, vectors = [], []
        for digest, inside in found.items():
            for f in inside:
                facts = json.dumps(f.facts, ensure_ascii=True, allow_nan=False)
                row = (digest, f.number, f.content, f.same, f.meter, f.bars, f.families, facts)
                pieces.append((*row, f.features.astype("<f4").tobytes()))
                vectors.append((digest, f.number, checkpoint, f.vector.astype("<f4").tobytes()))
        with self._file.writing() as write:
            write("INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?,?)", [file.file_row(*k) for k in files])
            write("DELETE FROM pieces WHERE digest = ?", [(digest,) for digest in found])
            write("INSERT OR REPLACE INTO pieces VALUES (?,?,?,?,?,?,?,?,?)", pieces)
            write("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", vectors)

    def tidy(self, gone: Iterable[str], checkpoint: str) -> None:
        """Forget paths that are gone, contents that no path has any more, and vectors of other checkpoints."""
        with self._file.writing() as write:
            write("DELETE FROM files WHERE path = ?", [(bound(p),) for p in gone])
            write(file.DROP_ORPHANS, [()])
            write(file.DROP_STALE, [(checkpoint, checkpoint)])

    # --- searching ---

    def index(self, checkpoint: str) -> Index:
        """Everything a search needs, in memory."""
        rows = self._file.rows(file.INDEX, checkpoint)
        columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 9
        return Index(
            digests=tuple(columns[0]),
            numbers=tuple(columns[1]),
            contents=tuple(columns[2]),
            same=tuple(columns[3]),
            meters=tuple(columns[4]),
            bars=np.array(columns[5], np.int64),
            families=np.array(columns[6], np.int64),
            features=self._file.matrix(columns[7]),
            vectors=self._file.matrix(columns[8]),
        )

    def facts(self, digest: str, number: int) -> dict[str, Any]:
        """What was written down about one piece: title, composer, key, tempo and so on."""
        rows = self._file.rows("SELECT facts FROM pieces WHERE digest = ? AND number = ?", digest, number)
        found: dict[str, Any] = self._file.plain(rows[0][0]) if rows else {}
        return found

    def piece_at(self, path: str, number: int = 1) -> str:
        """The hash of the piece at a path, "" if there is none."""
        rows = self._file.rows(file.PIECE_AT, bound(path), number)
        return str(rows[0][0]) if rows else ""

    # --- pieces apart from the files ---

    def heard(self, checkpoint: str, contents: Sequence[str]) -> dict[str, Heard]:
        """What is known of pieces by their hash: from having been listened to, or because they are in the library."""
        found: dict[str, Heard] = {}
        for query in (file.HEARD, file.HEARD_IN_FILES):
            for content in set(contents) - set(found):
                for same, features, vector in self._file.rows(query, content, checkpoint):
                    found[content] = Heard(
                        content, same, self._file.matrix([features])[0], self._file.matrix([vector])[0]
                    )
        return found

    def put_heard(self, checkpoint: str, heard: Iterable[Heard]) -> None:
        """Keep what was listened to."""
        rows = [
            (h.content, checkpoint, h.same, h.features.astype("<f4").tobytes(), h.vector.astype("<f4").tobytes())
            for h in heard
        ]
        with self._file.writing() as write:
            write("INSERT OR REPLACE INTO heard VALUES (?,?,?,?,?)", rows)

    # --- likes and dislikes ---

    def remember(self, for_list: str, said: Iterable[Feedback], when: str) -> None:
        """Keep what a person likes and dislikes for a list; the last word on a piece counts."""
        with self._file.writing() as write:
            write(
                "INSERT OR REPLACE INTO feedback VALUES (?,?,?,?,?)",
                [(for_list, f.content, int(f.liked), f.title, when) for f in said],
            )

    def remembered(self, for_list: str) -> list[Feedback]:
        """What was said for a list, oldest first."""
        query = "SELECT content, liked, title FROM feedback WHERE list = ? ORDER BY time, content"
        return [Feedback(content, bool(liked), title) for content, liked, title in self._file.rows(query, for_list)]

    def forget(self, for_list: str) -> int:
        """Forget what was said for a list; returns how many pieces that were."""
        count = len(self.remembered(for_list))
        with self._file.writing() as write:
            write("DELETE FROM feedback WHERE list = ?", [(for_list,)])
        return count

    def counts(self) -> dict[str, int]:
        """How many folders, files, unreadable files and pieces there are."""
        return {name: int(self._file.rows(query)[0][0]) for name, query in file.COUNTS.items()}
