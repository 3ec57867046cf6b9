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
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from fewnotes.errors import BadParameter, StoreError
from fewnotes.store import _library_file as file
from fewnotes.store._library_file import bound, unbound
from fewnotes.store._library_rows import Feedback as Feedback
from fewnotes.store._library_rows import Floats
from fewnotes.store._library_rows import Found as Found
from fewnotes.store._library_rows import Heard as Heard
from fewnotes.store._library_rows import Index as Index
from fewnotes.store._library_rows import Known as Known
from fewnotes.store.folders import StrPath, entries, home_folder, make_folder
from fewnotes.store.names import check_label, slug

READ, UNREADABLE = "read", "unreadable"
_SUFFIX = ".sqlite"


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
                pieces.append((*row, f.features.astype("<f4").tobytes(), f.seconds, f.difficulty))
                vectors.append((digest, f.number, checkpoint, f.vector.astype("<f4").tobytes()))
        with self._file.writing() as write:
            write("INSERT OR REPLACE INTO files VALUES (?,?,?,?,?,?,?,?)", [file.file_row(*k) for k in files])
            write("DELETE FROM pieces WHERE digest = ?", [(digest,) for digest in found])
            write(file.PUT_PIECE, pieces)
            write("INSERT OR REPLACE INTO vectors VALUES (?,?,?,?)", vectors)

    def tidy(self, gone: Iterable[str], checkpoint: str) -> None:
        """Forget paths that are gone, contents that no path has any more, and vectors of other checkpoints."""
        with self._file.writing() as write:
            write("DELETE FROM files WHERE path = ?", [(bound(p),) for p in gone])
            write(file.DROP_ORPHANS, [()])
            write(file.DROP_STALE, [(checkpoint, checkpoint)])

    # --- searching ---

    def index(self, checkpoint: str) -> Index:
        """Everything a search needs, in memory: about 1.5 kB a piece."""
        plain: list[list[Any]] = [[] for _ in range(9)]
        blobs: list[list[Floats]] = [[], []]
        for rows in self._file.each(file.INDEX, checkpoint):
            *columns, features, vectors = zip(*rows, strict=True)
            for kept, column in zip(plain, columns, strict=True):
                kept.extend(column)
            blobs[0].append(self._file.matrix(features))
            blobs[1].append(self._file.matrix(vectors))
        digests, numbers, contents, same, meters, bars, families, seconds, difficulty = plain
        return Index(
            digests=tuple(digests),
            numbers=tuple(numbers),
            contents=tuple(contents),
            same=tuple(same),
            meters=tuple(map(sys.intern, meters)),
            bars=np.array(bars, np.int64),
            families=np.array(families, np.int64),
            features=self._joined(blobs[0]),
            vectors=self._joined(blobs[1]),
            seconds=np.array(seconds, np.float32),
            difficulty=np.array(difficulty, np.float32),
        )

    def _joined(self, blocks: list[Floats]) -> Floats:
        """Blocks of rows as one matrix; every block is let go of as soon as it is in."""
        if len({block.shape[1] for block in blocks}) > 1:
            raise self._file.damaged()
        made = np.empty((sum(map(len, blocks)), blocks[0].shape[1] if blocks else 0), np.float32)
        at = 0
        for number, block in enumerate(blocks):
            made[at : at + len(block)] = block
            at += len(block)
            blocks[number] = made[:0]
        return made

    def without_difficulty(self) -> list[tuple[str, int, float, Floats]]:
        """Pieces of an older index: (digest, number, quarters a minute, features) of each."""
        rows = self._file.rows(file.WITHOUT_DIFFICULTY)
        return [(d, n, float(qpm or 0), self._file.matrix([blob])[0]) for d, n, qpm, blob in rows]

    def put_difficulty(self, found: Iterable[tuple[float, str, int]]) -> None:
        """Write down (difficulty, digest, number)."""
        with self._file.writing() as write:
            write("UPDATE pieces SET difficulty = ? WHERE digest = ? AND number = ?", list(found))

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

    # --- forgetting a piece ---

    def editions(self, marks: Iterable[str]) -> set[str]:
        """Hashes of pieces, notes and files, and those of everything here that has one of them: other keys and copies.

        A file of several pieces counts only where its own hash is asked for.
        """
        found = set(marks)
        while True:
            before = len(found)
            for mark in list(found):
                for query in (file.EDITIONS, file.EDITIONS_HEARD):
                    found.update(h for row in self._file.rows(query, mark, mark, mark) for h in row if h)
            if len(found) == before:
                return found

    def forget_pieces(self, marks: Iterable[str]) -> dict[str, int]:
        """Delete every row about pieces of these hashes; returns how many of which table. Files of music stay."""
        wanted = [(m, m, m) for m in marks]
        touched = {row for m in wanted for row in self._file.rows(file.FILES_OF, *m)}
        before = self._sizes()
        with self._file.writing() as write:
            for statement in file.HOLDS:
                write(statement, wanted)
            write(file.DROP_FILE, [(digest,) for digest, _ in touched])
            write(file.DROP_ROOT, [(path,) for _, path in touched])
            write(file.DROP_LOOSE, [()])
        return {name: count - now for (name, count), now in zip(before.items(), self._sizes().values(), strict=True)}

    def drop_unheard(self) -> None:
        """Drop what was listened to apart from the files and is neither liked nor disliked; it can be heard again."""
        with self._file.writing() as write:
            write("DELETE FROM heard WHERE content NOT IN (SELECT content FROM feedback)", [()])

    def wipe(self) -> None:
        """Leave not one byte of what was deleted in the file. Raises StoreError where another process has it open."""
        self._file.wipe()

    def _sizes(self) -> dict[str, int]:
        return {name: int(self._file.rows(f"SELECT count(*) FROM {name}")[0][0]) for name in file.TABLES}  # noqa: S608

    def counts(self) -> dict[str, int]:
        """How many folders, files, unreadable files and pieces there are."""
        return {name: int(self._file.rows(query)[0][0]) for name, query in file.COUNTS.items()}
