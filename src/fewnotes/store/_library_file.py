"""The SQLite file behind a library: its tables, its transactions, and what is said when it is damaged or locked."""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import StoreError

VERSION = 1
#: How long a process waits for another that is writing.
PATIENCE_S = 60.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS roots (path PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    path PRIMARY KEY, root, size INTEGER, mtime_ns INTEGER, digest TEXT, state TEXT, reason TEXT, reader TEXT)
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS files_of ON files (digest);
CREATE TABLE IF NOT EXISTS pieces (
    digest TEXT, number INTEGER, content TEXT, same TEXT, meter TEXT, bars INTEGER, families INTEGER, facts TEXT,
    features BLOB, PRIMARY KEY (digest, number));
CREATE INDEX IF NOT EXISTS pieces_by_content ON pieces (content);
CREATE TABLE IF NOT EXISTS vectors (
    digest TEXT, number INTEGER, checkpoint TEXT, vector BLOB, PRIMARY KEY (digest, number, checkpoint));
CREATE TABLE IF NOT EXISTS heard (
    content TEXT, checkpoint TEXT, same TEXT, features BLOB, vector BLOB, PRIMARY KEY (content, checkpoint));
CREATE TABLE IF NOT EXISTS feedback (
    list TEXT, content TEXT, liked INTEGER, title TEXT, time TEXT, PRIMARY KEY (list, content));
"""

WHOLE = """
SELECT digest FROM pieces LEFT JOIN (SELECT digest AS d, number AS n FROM vectors WHERE checkpoint = ?)
ON d = digest AND n = number GROUP BY digest HAVING count(*) = count(d)
"""
DROP_ORPHANS = "DELETE FROM pieces WHERE digest NOT IN (SELECT digest FROM files)"
#: Vectors of pieces that are gone, and those of another checkpoint where there is one of this.
DROP_STALE = """
DELETE FROM vectors WHERE NOT EXISTS (SELECT 1 FROM pieces AS p WHERE p.digest = vectors.digest
    AND p.number = vectors.number)
OR (checkpoint <> ? AND EXISTS (SELECT 1 FROM vectors AS v WHERE v.digest = vectors.digest
    AND v.number = vectors.number AND v.checkpoint = ?))
"""
INDEX = """
SELECT p.digest, p.number, content, same, meter, bars, families, features, vector FROM pieces AS p
JOIN vectors AS v ON v.digest = p.digest AND v.number = p.number AND v.checkpoint = ? ORDER BY p.digest, p.number
"""
HEARD = "SELECT same, features, vector FROM heard WHERE content = ? AND checkpoint = ?"
HEARD_IN_FILES = """
SELECT same, features, vector FROM pieces AS p JOIN vectors AS v ON v.digest = p.digest AND v.number = p.number
WHERE content = ? AND checkpoint = ? LIMIT 1
"""
PIECE_AT = "SELECT content FROM pieces JOIN files USING (digest) WHERE path = ? AND number = ?"
COUNTS = {
    "folders": "SELECT count(*) FROM roots",
    "files": "SELECT count(*) FROM files",
    "unreadable": "SELECT count(*) FROM files WHERE state = 'unreadable'",
    "pieces": "SELECT count(*) FROM pieces",
}

Write = Callable[[str, Sequence[Sequence[Any]]], None]


def bound(path: str) -> str | bytes:
    """A path as SQLite takes it: text, or bytes where the system's name is no text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return os.fsencode(path)
    return path


def unbound(value: str | bytes) -> str:
    """The path again."""
    return os.fsdecode(value) if isinstance(value, bytes) else value


def file_row(
    path: str, root: str, size: int, mtime_ns: int, *rest: str
) -> tuple[str | bytes, str | bytes, int, int, *tuple[str, ...]]:
    """A row of the table of files."""
    return (bound(path), bound(root), size, mtime_ns, *rest)


class LibraryFile:
    """An open file with the tables in it. WAL: who reads does not wait for who writes."""

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        with self._reported():
            self._connection = sqlite3.connect(path, PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            with self._reported():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise StoreError(
                f"The library {self._name!r} was made by a later fewnotes",
                expected=f"version {VERSION} of libraries",
                fix="Install the newest fewnotes",
            )
        self._write_ahead()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        if version < VERSION:
            self._connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")

    def _write_ahead(self) -> None:
        """Turning WAL on does not wait for others by itself."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return

    def close(self) -> None:
        """Close without a word: what was written is written."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()

    def rows(self, query: str, *values: Any) -> list[Any]:
        """All rows of a query."""
        with self._reported():
            return self._connection.execute(query, values).fetchall()

    @contextlib.contextmanager
    def writing(self) -> Iterator[Write]:
        """One transaction: `write(statement, rows)` any number of times, then all of it is there or nothing."""

        def write(statement: str, rows: Sequence[Sequence[Any]]) -> None:
            self._connection.executemany(statement, rows)

        with self._reported():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield write
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def matrix(self, blobs: Sequence[bytes]) -> NDArray[np.float32]:
        """Rows of float32 from blobs, all of one length: shape (n, D)."""
        if set(map(type, blobs)) - {bytes} or len(set(map(len, blobs))) > 1:
            raise self._damaged()
        width = len(blobs[0]) if blobs else 0
        if width % 4:
            raise self._damaged()
        found = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), width // 4)
        if not np.isfinite(found).all():
            raise self._damaged()
        return np.asarray(found, np.float32)

    def plain(self, text: str) -> Any:
        """JSON out of the file."""
        try:
            return json.loads(text)
        except (ValueError, TypeError) as error:
            raise self._damaged() from error

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        """Errors of SQLite as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            said = str(error)
            if "locked" in said or "busy" in said:
                raise StoreError(
                    f"Another process has been writing to the library {self._name!r} for a minute",
                    fix="Wait until it has ended, and run the command again",
                ) from error
            if "malformed" in said or "no such" in said:
                raise self._damaged() from error
            raise StoreError(
                f"The library {self._name!r} could not be read or written: {said}",
                expected=f"room and permission to write in {self._path.parent}",
                fix="Free some space, or change the permissions, and run the command again; nothing was lost",
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise self._damaged() from error

    def _damaged(self) -> StoreError:
        return StoreError(
            f"The library {self._name!r} is damaged",
            expected=f"an index that fewnotes wrote, in {self._path}",
            fix=f"fewnotes library remove {self._name}, then give its folder again: it is built anew from your music; "
            "only remembered likes are lost",
            code="damaged-library",
        )
