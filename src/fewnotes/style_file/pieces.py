"""The support set as plain arrays: each table of all pieces one after the other, and where each piece begins.

    support/pieces/FIELD           one value a piece
    support/TABLE/FIELD            one value a row, the rows of all pieces in order
    support/TABLE/offsets          shape (pieces + 1,): rows offsets[i] to offsets[i + 1] are piece i's

Texts (track names, modes, chord symbols) are indices into one list of words in the header.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadInput, NotPossible, TooLarge
from fewnotes.music.piece import NOTE, ChordSymbol, KeySignature, Meter, NoteArray, Piece, Tempo, Track, check_piece
from fewnotes.style_file.container import Arrays, damaged

MAX_PIECES = 1000
#: Rows of all tables but the notes, together: each becomes a Python object when a file is read.
MAX_ROWS = 1_000_000
MAX_WORD_LENGTH = 200
_WORD = "<u4"


class _Table(NamedTuple):
    """A table of a Piece: the field that holds it, the type of its rows, and field -> dtype."""

    row: Any
    fields: dict[str, str]


_TABLES = {
    "tracks": _Table(Track, {"name": _WORD, "program": "|u1", "is_drum": "|u1"}),
    "meters": _Table(Meter, {"onset_tick": "<i8", "numerator": "<i4", "denominator": "<i4"}),
    "tempos": _Table(Tempo, {"onset_tick": "<i8", "quarters_per_minute": "<f8"}),
    "keys": _Table(KeySignature, {"onset_tick": "<i8", "fifths": "<i4", "mode": _WORD}),
    "chords": _Table(ChordSymbol, {"onset_tick": "<i8", "text": _WORD}),
    "barlines_tick": _Table(None, {"onset_tick": "<i8"}),
}
_NOTE_TABLES = ("notes", "graces")
_NOTE_FIELDS = {name: NOTE[name].str for name in NOTE.names or ()}
_PIECE_FIELDS = {"ticks_per_quarter": "<i8", "pickup_tick": "<i8"}


def layout() -> dict[str, str]:
    """Name -> dtype of every array that a support set takes."""
    found = {f"support/pieces/{name}": kind for name, kind in _PIECE_FIELDS.items()}
    tables = {name: table.fields for name, table in _TABLES.items()} | dict.fromkeys(_NOTE_TABLES, _NOTE_FIELDS)
    for table, fields in tables.items():
        found |= {f"support/{table}/{name}": kind for name, kind in fields.items()}
        found[f"support/{table}/offsets"] = "<i8"
    return found


def pack_pieces(pieces: Sequence[Piece]) -> tuple[Arrays, list[str]]:
    """Arrays and words of a support set.

    Raises BadInput if a piece is not well formed, TooLarge where a cap would be passed.
    """
    if len(pieces) > MAX_PIECES:
        raise TooLarge(f"This style has {len(pieces):,} pieces", expected=f"at most {MAX_PIECES:,}")
    for piece in pieces:
        check_piece(piece)
        if fault := _fault(piece):
            raise BadInput(f"This piece is not well formed: {fault}", code="bad-piece")
    words: dict[str, int] = {}
    arrays: Arrays = {}
    try:
        for name, kind in _PIECE_FIELDS.items():
            arrays[f"support/pieces/{name}"] = np.array([getattr(p, name) for p in pieces], kind)
        for table, (row, fields) in _TABLES.items():
            rows = [getattr(p, table) for p in pieces]
            arrays[f"support/{table}/offsets"] = _offsets(map(len, rows))
            flat = [value if row else (value,) for values in rows for value in values]
            for column, (name, kind) in enumerate(fields.items()):
                values = [r[column] for r in flat]
                if kind == _WORD:
                    values = [words.setdefault(w, len(words)) for w in values]
                arrays[f"support/{table}/{name}"] = np.array(values, kind)
    except OverflowError as error:
        raise BadInput(f"This piece is not well formed: {error}", code="bad-piece") from error
    _cap(arrays, words)
    for table in _NOTE_TABLES:
        notes = [getattr(p, table) for p in pieces]
        joined = np.concatenate([np.zeros(0, NOTE), *notes])
        arrays[f"support/{table}/offsets"] = _offsets(map(len, notes))
        arrays |= {f"support/{table}/{name}": np.ascontiguousarray(joined[name]) for name in _NOTE_FIELDS}
    return arrays, list(words)


def _cap(arrays: Arrays, words: Iterable[str]) -> None:
    rows = sum(int(arrays[f"support/{table}/offsets"][-1]) for table in _TABLES)
    if rows > MAX_ROWS:
        raise TooLarge(
            f"These pieces hold {rows:,} tracks, tempos, meters, keys, chords and barlines",
            expected=f"at most {MAX_ROWS:,}",
            fix="Learn from fewer or shorter pieces",
        )
    if any(len(w) > MAX_WORD_LENGTH for w in words):
        raise NotPossible("A chord symbol of these pieces is too long", expected=f"at most {MAX_WORD_LENGTH} letters")


def _offsets(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(list(lengths), dtype=np.int64)]).astype("<i8")


def unpack_pieces(arrays: Mapping[str, NDArray[Any]], words: Sequence[str]) -> tuple[Piece, ...]:
    """The support set out of its arrays, each piece checked. Raises DamagedStyle."""
    for name, kind in layout().items():
        if name not in arrays or arrays[name].dtype.str != kind or arrays[name].ndim != 1:
            raise damaged(f"The array {name} is missing or of another type", f"one row of {kind}")
    count = len(arrays["support/pieces/ticks_per_quarter"])
    if count > MAX_PIECES or len(arrays["support/pieces/pickup_tick"]) != count:
        raise damaged("The pieces of the style do not fit together", f"at most {MAX_PIECES} pieces")
    offsets = {table: _checked_offsets(arrays, table, count) for table in (*_TABLES, *_NOTE_TABLES)}
    if sum(offsets[table][-1] for table in _TABLES) > MAX_ROWS:
        raise damaged("The pieces hold too many tempos, meters, keys, chords or barlines", f"at most {MAX_ROWS:,}")
    tables = {name: _rows(arrays, name, words) for name in _TABLES}
    notes = {table: _notes(arrays, table) for table in _NOTE_TABLES}
    pieces = []
    for i in range(count):
        cut = {table: slice(bounds[i], bounds[i + 1]) for table, bounds in offsets.items()}
        content: dict[str, Any] = {name: tuple(rows[cut[name]]) for name, rows in tables.items()}
        content |= {name: array[cut[name]] for name, array in notes.items()}
        content |= {name: int(arrays[f"support/pieces/{name}"][i]) for name in _PIECE_FIELDS}
        pieces.append(_checked(Piece(**content), i))
    return tuple(pieces)


def _checked_offsets(arrays: Mapping[str, NDArray[Any]], table: str, count: int) -> list[int]:
    """Offsets of one table as whole numbers: from 0 in rising order to the number of rows, alike for all columns."""
    offsets = arrays[f"support/{table}/offsets"]
    fields = _NOTE_FIELDS if table in _NOTE_TABLES else _TABLES[table].fields
    lengths = {len(arrays[f"support/{table}/{name}"]) for name in fields}
    whole = len(offsets) == count + 1 and int(offsets[0]) == 0 and lengths == {int(offsets[-1])}
    if not whole or bool((offsets[1:] < offsets[:-1]).any()):
        raise damaged(f"The {table} of the pieces do not fit together")
    found: list[int] = offsets.tolist()
    return found


def _rows(arrays: Mapping[str, NDArray[Any]], table: str, words: Sequence[str]) -> list[Any]:
    row, fields = _TABLES[table]
    columns = []
    for name, kind in fields.items():
        column = arrays[f"support/{table}/{name}"]
        if kind == _WORD:
            if len(column) and int(column.max()) >= len(words):
                raise damaged(f"The {table} of the pieces name a word that is not there")
            columns.append([words[i] for i in column.tolist()])
        elif name == "is_drum":
            columns.append(column.astype(bool).tolist())
        else:
            columns.append(column.tolist())
    return [row(*values) for values in zip(*columns, strict=True)] if row else columns[0]


def _notes(arrays: Mapping[str, NDArray[Any]], table: str) -> NoteArray:
    notes = np.zeros(len(arrays[f"support/{table}/pitch"]), NOTE)
    for name in _NOTE_FIELDS:
        notes[name] = arrays[f"support/{table}/{name}"]
    return notes


def _checked(piece: Piece, index: int) -> Piece:
    try:
        check_piece(piece)
    except BadInput as error:
        raise damaged(f"Piece {index + 1} of the style: {error.what}") from error
    if fault := _fault(piece):
        raise damaged(f"Piece {index + 1} of the style: {fault}")
    return piece


def _fault(piece: Piece) -> str:
    """The first promise of a Piece that does not hold, beyond those `check_piece` looks at."""
    graces, lines = piece.graces, np.asarray(piece.barlines_tick, np.int64)
    if graces.dtype != NOTE:
        return "grace notes are not an array of NOTE rows"
    if len(graces) and (
        int(graces["onset_tick"].min()) < 0
        or int(graces["duration_tick"].min()) < 0
        or int(graces["pitch"].max()) > 127
        or int(graces["velocity"].max()) > 127
        or int(graces["track"].max()) >= len(piece.tracks)
    ):
        return "a grace note has a value out of range"
    if len(lines) and (int(lines[0]) < 0 or bool((np.diff(lines) <= 0).any())):
        return "barlines are not in rising order"
    if any(c.onset_tick < 0 for c in piece.chords):
        return "a chord symbol is before tick 0"
    return ""
