"""One SQLite file of the store: its transactions, its upgrades, and what is said when it is damaged or locked."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import StoreError

#: How long a process waits for another that is writing.
PATIENCE_S = 60.0
_STEP = 0.02
#: Rows of a long answer that are fetched at a time.
_FETCHED = 4096

Write = Callable[[str, Sequence[Sequence[Any]]], None]


class Kept(NamedTuple):
    """What a file is. called: in sentences. steps: statements that bring version i to i + 1. damaged: how to mend it.

    code: of the error for a damaged one.
    """

    called: str
    steps: tuple[tuple[str, ...], ...]
    damaged: str
    code: str

    @property
    def version(self) -> int:
        return len(self.steps)

    @property
    def within(self) -> str:
        """What it is called within a sentence."""
        return self.called[0].lower() + self.called[1:]


class Database:
    """An open file. WAL: who reads does not wait for who writes. What is deleted is overwritten, not only unlinked."""

    def __init__(self, path: Path, kept: Kept) -> None:
        self.path, self._kept = path, kept
        with self._reported():
            self._connection = sqlite3.connect(path, PATIENCE_S, isolation_level=None, check_same_thread=False)
        try:
            with self._reported():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        version = self._version()
        if version > self._kept.version:
            raise StoreError(
                f"{self._kept.called} was made by a later fewnotes",
                expected=f"version {self._kept.version}",
                fix="Install the newest fewnotes",
            )
        self._write_ahead()
        self._connection.execute("PRAGMA synchronous = NORMAL")
        self._connection.execute("PRAGMA secure_delete = ON")
        if version < self._kept.version:
            with self.writing() as write:
                # Another process may have been quicker: what it did is not done twice.
                for step in self._kept.steps[self._version() :]:
                    for statement in step:
                        write(statement, [()])
                write(f"PRAGMA user_version = {self._kept.version}", [()])

    def _version(self) -> int:
        return int(self._connection.execute("PRAGMA user_version").fetchone()[0])

    def _write_ahead(self) -> None:
        """Turning WAL on does not wait for others by itself."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL").fetchone()
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(_STEP)
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

    def each(self, query: str, *values: Any) -> Iterator[list[Any]]:
        """The rows of a long answer, some thousand at a time."""
        with self._reported():
            answer = self._connection.execute(query, values)
            while rows := answer.fetchmany(_FETCHED):
                yield rows

    @contextlib.contextmanager
    def writing(self) -> Iterator[Write]:
        """One transaction: `write(statement, rows)` any number of times, then all of it is there or nothing."""

        def write(statement: str, rows: Sequence[Sequence[Any]]) -> None:
            if rows == [()]:
                self._connection.execute(statement)
            else:
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

    def wipe(self) -> None:
        """Write the file anew without what was deleted, and empty the log beside it: not one byte of it stays.

        Raises StoreError where another process keeps the file open, so that it cannot be.
        """
        with self._reported():
            self._connection.execute("VACUUM")
            deadline = time.monotonic() + PATIENCE_S
            while self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                if time.monotonic() > deadline:
                    raise StoreError(
                        f"{self._kept.called} is open in another process, whose log still holds what was deleted",
                        fix="End it, and run the command again",
                    )
                time.sleep(_STEP)

    def matrix(self, blobs: Sequence[bytes]) -> NDArray[np.float32]:
        """Rows of float32 from blobs, all of one length: shape (n, D)."""
        if set(map(type, blobs)) - {bytes} or len(set(map(len, blobs))) > 1:
            raise self.damaged()
        width = len(blobs[0]) if blobs else 0
        if width % 4:
            raise self.damaged()
        if not width:
            return np.zeros((len(blobs), 0), np.float32)
        found = np.frombuffer(b"".join(blobs), "<f4").reshape(len(blobs), width // 4)
        if not np.isfinite(found).all():
            raise self.damaged()
        return np.asarray(found, np.float32)

    def plain(self, text: str) -> Any:
        """JSON out of the file."""
        try:
            return json.loads(text)
        except (ValueError, TypeError) as error:
            raise self.damaged() from error

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        """Errors of SQLite as ours."""
        try:
            yield
        except sqlite3.OperationalError as error:
            said = str(error)
            if "locked" in said or "busy" in said:
                raise StoreError(
                    f"Another process has been writing to {self._kept.within} for a minute",
                    fix="Wait until it has ended, and run the command again",
                ) from error
            if "malformed" in said or "no such" in said:
                raise self.damaged() from error
            raise StoreError(
                f"{self._kept.called} could not be read or written: {said}",
                expected=f"room and permission to write in {self.path.parent}",
                fix="Free some space, or change the permissions, and run the command again; nothing was lost",
            ) from error
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            raise self.damaged() from error

    def damaged(self) -> StoreError:
        """What to say of a file that does not hold what was written."""
        return StoreError(
            f"{self._kept.called} is damaged",
            expected=f"a file that fewnotes wrote, in {self.path}",
            fix=self._kept.damaged,
            code=self._kept.code,
        )
