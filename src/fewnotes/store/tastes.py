"""What a person likes and dislikes, wherever it was said: pieces with one bit each, in one SQLite file.

    $FEWNOTES_HOME/tastes.sqlite

The notes of each piece are kept, since a piece may be gone from the disk, or never have been there, when a later
checkpoint or an engine wants to hear it. Every write is one transaction: any number of processes may say what they like
at once, and the last word on a piece counts. What is forgotten is overwritten (`fewnotes._database`).

    with Tastes() as tastes:
        tastes.say([Opinion(piece, liked=True)])
        for opinion in tastes.opinions(): ...

The store neither judges nor listens: `fewnotes.engines.relation.taste` does, and keeps what it heard here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs import _frames
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece, check_piece
from fewnotes.store._database import Database, Kept
from fewnotes.store.folders import StrPath, home_folder, make_folder
from fewnotes.style import canonical_json, created_now, nameless

Floats = NDArray[np.float32]
_FILE = "tastes.sqlite"
_TITLE_LENGTH = 200
_STEPS = (
    (
        """CREATE TABLE said (
            content TEXT PRIMARY KEY, liked INTEGER, title TEXT, style TEXT, time TEXT, head TEXT, notes BLOB)""",
        """CREATE TABLE heard (
            content TEXT, checkpoint TEXT, features BLOB, vector BLOB, usual_features BLOB, usual_vector BLOB,
            PRIMARY KEY (content, checkpoint))""",
    ),
)
#: A piece that is said to be of another style than before is held against something else.
_DROP_OF_OTHER_STYLE = """
DELETE FROM heard WHERE content = ? AND NOT EXISTS
(SELECT 1 FROM said WHERE said.content = heard.content AND style = ?)
"""
_PUT_HEARD = """
INSERT OR REPLACE INTO heard SELECT ?,?,?,?,?,? WHERE EXISTS (SELECT 1 FROM said WHERE content = ?)
"""
#: The titles that drafts are given name their style.
_DROP_NAME = "UPDATE said SET style = '', title = replace(title, ?, '') WHERE style = ?"
_DROP_OLD = "DELETE FROM heard WHERE checkpoint <> ? AND content IN (SELECT content FROM heard WHERE checkpoint = ?)"
_KEPT = Kept(
    "What you like and dislike",
    _STEPS,
    "Move the file away, and import what you exported before: fewnotes personal import FILE",
    "damaged-tastes",
)


@dataclass(frozen=True)
class Opinion:
    """One piece and whether it is liked. style: the style it was composed in, "" for a piece of the world.

    title: what a person knows it by. time: when it was said, UTC in ISO 8601; "" is now.
    """

    piece: Piece
    liked: bool
    title: str = ""
    style: str = ""
    time: str = ""

    @property
    def content(self) -> str:
        return self.piece.content_hash


@dataclass(frozen=True)
class Impression:
    """How one checkpoint heard a piece. features: (F,). vector: (D,), of size 0 where nothing could listen.

    usual_features, usual_vector: the same of what is usual in the piece's style; of size 0 for a piece of the world.
    """

    features: Floats
    vector: Floats
    usual_features: Floats
    usual_vector: Floats


def tastes_path(home: StrPath | None = None) -> Path:
    """The file of a home. It need not exist."""
    return home_folder(home) / _FILE


class Tastes:
    """The open file; closes with `with`. Every method raises StoreError where it is damaged or locked."""

    def __init__(self, home: StrPath | None = None) -> None:
        self.path = tastes_path(home)
        make_folder(self.path.parent)
        self._file = Database(self.path, _KEPT)

    def __enter__(self) -> Tastes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def say(self, opinions: Iterable[Opinion]) -> int:
        """Keep opinions; the last word on a piece counts. Returns how many are kept now. Raises BadInput for a piece
        without notes, or one that is not well formed."""
        rows = []
        for opinion in opinions:
            check_piece(opinion.piece)
            if not len(opinion.piece.notes):
                raise BadInput("A piece without notes is neither liked nor disliked", expected="a piece with notes")
            heads, body = _frames.pack_pieces([nameless(opinion.piece)])
            title = (opinion.title or opinion.piece.title).encode("utf-8", "replace").decode()[:_TITLE_LENGTH]
            said = (opinion.content, int(opinion.liked), title, opinion.style, opinion.time or created_now())
            rows.append((*said, canonical_json(heads[0]), body))
        with self._file.writing() as write:
            write(_DROP_OF_OTHER_STYLE, [(row[0], row[3]) for row in rows])
            write("INSERT OR REPLACE INTO said VALUES (?,?,?,?,?,?,?)", rows)
        return len(self)

    def opinions(self, style: str | None = None) -> list[Opinion]:
        """All opinions with their pieces, oldest first; only those about drafts of a style where one is named."""
        query = "SELECT liked, title, style, time, head, notes FROM said"
        asked = () if style is None else (style,)
        query += " ORDER BY time, rowid" if style is None else " WHERE style = ? ORDER BY time, rowid"
        return [self._opinion(*row) for row in self._file.rows(query, *asked)]

    def _opinion(self, liked: int, title: str, style: str, time: str, head: str, notes: bytes) -> Opinion:
        try:
            piece = _frames.unpack_pieces([self._file.plain(head)], notes)[0]
        except (ValueError, TypeError, IndexError, KeyError) as error:
            raise self._file.damaged() from error
        return Opinion(replace(piece, title=title), bool(liked), title, style, time)

    def __len__(self) -> int:
        return int(self._file.rows("SELECT count(*) FROM said")[0][0])

    # --- how they were heard ---

    def heard(self, checkpoint: str) -> dict[str, Impression]:
        """What one checkpoint heard, by hash of the piece."""
        query = "SELECT content, features, vector, usual_features, usual_vector FROM heard WHERE checkpoint = ?"
        found = {}
        for content, *blobs in self._file.rows(query, checkpoint):
            found[content] = Impression(*(self._file.matrix([blob])[0] for blob in blobs))
        return found

    def put_heard(self, checkpoint: str, heard: dict[str, Impression]) -> None:
        """Keep what was heard of pieces that there still is an opinion about; older checkpoints leave."""
        rows = [
            (c, checkpoint, *(_bytes(x) for x in (i.features, i.vector, i.usual_features, i.usual_vector)), c)
            for c, i in heard.items()
        ]
        with self._file.writing() as write:
            write(_PUT_HEARD, rows)
            write(_DROP_OLD, [(checkpoint, checkpoint)])

    # --- forgetting ---

    def forget(self, contents: Sequence[str]) -> int:
        """Drop pieces by their hash; returns how many there were."""
        before = len(self)
        with self._file.writing() as write:
            for table in ("said", "heard"):
                write(f"DELETE FROM {table} WHERE content = ?", [(c,) for c in contents])  # noqa: S608
        return before - len(self)

    def forget_style(self, style: str) -> int:
        """Keep no trace of a style: opinions about its drafts stay, as opinions about pieces of the world."""
        named = self._file.rows("SELECT content FROM said WHERE style = ?", style)
        with self._file.writing() as write:
            write("DELETE FROM heard WHERE content = ?", named)
            write(_DROP_NAME, [(f" in the style of {style}", style)])
        return len(named)

    def wipe(self) -> None:
        """Leave not one byte of what was deleted in the file. Raises StoreError where another process has it open."""
        self._file.wipe()


def _bytes(values: Any) -> bytes:
    return np.asarray(values, "<f4").tobytes()
