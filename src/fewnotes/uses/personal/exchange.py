"""Likes and dislikes as JSON that a person can read, keep and take along; every piece with its notes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fewnotes
from fewnotes.codecs import MAX_FILE_BYTES
from fewnotes.errors import BadInput, FewnotesError, TooLarge
from fewnotes.music.piece import NOTE, ChordSymbol, KeySignature, Meter, NoteArray, Piece, Tempo, Track, check_piece
from fewnotes.store.tastes import Opinion
from fewnotes.style import nameless

_FORM, _VERSION = "fewnotes-tastes", 1
_LISTS = ("meters", "tempos", "keys", "chords")


def exported(opinions: Sequence[Opinion]) -> bytes:
    """All opinions as one JSON text."""
    document = {
        "form": _FORM,
        "version": _VERSION,
        "fewnotes": fewnotes.__version__,
        "note_columns": list(NOTE.names or ()),
        "opinions": [
            {"liked": o.liked, "title": o.title, "style": o.style, "time": o.time, "content": o.content,
             "piece": _plain(nameless(o.piece))}
            for o in opinions
        ],
    }  # fmt: skip
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def imported(path: Path) -> list[Opinion]:
    """The opinions in a file. Raises BadInput where it is none of ours or holds a piece that is not well formed."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise TooLarge(f"{path.name} is too large", expected=f"at most {MAX_FILE_BYTES // 2**20} MiB")
        document = json.loads(path.read_bytes())
        if document["form"] != _FORM or document["version"] > _VERSION:
            raise BadInput(f"{path.name} is of another form or a later version", expected=f"{_FORM} {_VERSION}")
        return [_opinion(entry) for entry in document["opinions"]]
    except FewnotesError:
        raise
    except OSError as error:
        raise BadInput(f"{path} could not be read: {error.strerror or error}", expected="an exported file") from error
    except (ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError, RecursionError) as error:
        raise BadInput(
            f"{path.name} holds no likes and dislikes", expected="a file that fewnotes personal export wrote"
        ) from error


def _plain(piece: Piece) -> dict[str, Any]:
    return {
        "ticks_per_quarter": piece.ticks_per_quarter,
        "pickup_tick": piece.pickup_tick,
        "tracks": [list(t) for t in piece.tracks],
        **{name: [list(change) for change in getattr(piece, name)] for name in _LISTS},
        "barlines_tick": list(piece.barlines_tick),
        "notes": [list(row) for row in piece.notes.tolist()],
        "graces": [list(row) for row in piece.graces.tolist()],
    }


def _opinion(entry: dict[str, Any]) -> Opinion:
    said = entry["piece"]
    piece = Piece(
        ticks_per_quarter=int(said["ticks_per_quarter"]),
        tracks=tuple(Track(str(n), int(p), bool(d)) for n, p, d in said["tracks"]),
        notes=_rows(said["notes"]),
        pickup_tick=int(said["pickup_tick"]),
        graces=_rows(said["graces"]),
        barlines_tick=tuple(int(t) for t in said["barlines_tick"]),
        meters=tuple(Meter(*m) for m in said["meters"]),
        tempos=tuple(Tempo(*t) for t in said["tempos"]),
        keys=tuple(KeySignature(*k) for k in said["keys"]),
        chords=tuple(ChordSymbol(*c) for c in said["chords"]),
    )
    check_piece(piece)
    texts = [str(entry[key]) for key in ("title", "style", "time")]
    return Opinion(nameless(piece), bool(entry["liked"]), *texts)


def _rows(rows: list[list[int]]) -> NoteArray:
    return np.array([tuple(int(v) for v in row) for row in rows], NOTE)
