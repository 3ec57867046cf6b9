"""What a library writes down about a piece: facts for filters and for people, and a hash of its notes in any key."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.difficulty import difficulty
from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.music.piece import Piece
from fewnotes.music.pitch import key_name
from fewnotes.music.profile import bar_count, key_of, meter_name, only_drums
from fewnotes.music.time import DEFAULT_QUARTERS_PER_MINUTE, seconds
from fewnotes.store.library import Found

#: Families of instruments in order of their bits, and the feature that says how much they play.
FAMILIES: dict[str, str] = {
    "keyboard": "keyboard_share",
    "plucked": "plucked_share",
    "bowed": "bowed_share",
    "winds": "wind_share",
    "voices": "voice_share",
    "drums": "drum_share",
}
#: A family plays in a piece from this share of its notes.
_PLAYS = 0.05
_TEXT_LENGTH = 300
#: Onsets are held against each other on this grid a quarter: finer than any notation, coarser than rounding.
_GRID = 960


def found(piece: Piece, number: int, vector: NDArray[np.float32]) -> Found:
    """A piece with notes as it goes into a library. number: from 1 within its file. vector: (D,)."""
    features = feature_vector(piece).astype(np.float32)
    facts = facts_of(piece, features)
    families = sum(1 << i for i, name in enumerate(FAMILIES) if name in facts["instruments"])
    return Found(
        number, piece.content_hash, same_notes(piece), facts["meter"], facts["bars"], families, facts, features, vector,
        facts["seconds"], facts["difficulty"],
    )  # fmt: skip


def facts_of(piece: Piece, features: NDArray[np.float32]) -> dict[str, Any]:
    """Title, composer, meter, key, bars, notes, tempo, length, instruments and difficulty, as plain JSON.

    features: (F,).
    """
    value = _by_name(features)
    tempo = piece.tempos[0].quarters_per_minute if piece.tempos else DEFAULT_QUARTERS_PER_MINUTE
    return {
        "title": _text(piece.title),
        "composer": _text(piece.composer),
        "meter": meter_name(piece),
        "key": "" if only_drums(piece) else key_name(*key_of(piece)),
        "bars": bar_count(piece),
        "notes": len(piece.notes),
        "quarters_per_minute": round(float(tempo), 2),
        "seconds": round(float(seconds(piece, [piece.end_tick])[0]), 1),
        "instruments": [name for name, feature in FAMILIES.items() if value[feature] >= _PLAYS],
        "drums": value["drum_share"] > 0,
        "difficulty": difficulty(value, float(tempo)),
    }


def difficulty_of(features: NDArray[np.float32], quarters_per_minute: float) -> float:
    """1 to 10, of a piece that was listened to before there was such a figure. features: (F,)."""
    return difficulty(_by_name(features), quarters_per_minute or DEFAULT_QUARTERS_PER_MINUTE)


def _by_name(features: NDArray[np.float32]) -> dict[str, float]:
    return dict(zip((f.name for f in FEATURES), features.tolist(), strict=True))


def same_notes(piece: Piece) -> str:
    """A hash that two pieces share if their notes begin at the same distances in the same pitches, in some key.

    Tracks, instruments, lengths, loudness, tempo and resolution do not count. Drums are not transposed.
    """
    notes = piece.notes
    if not len(notes):
        return ""
    drums = np.array([t.is_drum for t in piece.tracks], bool)[notes["track"]]
    onset = notes["onset_tick"].astype(np.float64) / piece.ticks_per_quarter
    step = np.round((onset - onset.min()) * _GRID).astype(np.int64)
    pitch = notes["pitch"].astype(np.int64)
    lowest = int(pitch[~drums].min()) if not drums.all() else 0
    moved = np.where(drums, pitch + 1000, pitch - lowest)
    rows = np.unique(np.stack([step, moved], axis=1), axis=0)
    return hashlib.sha256(np.ascontiguousarray(rows, "<i8").tobytes()).hexdigest()


def _text(text: str) -> str:
    """A title that can be stored anywhere: no lone surrogates, not endless."""
    return text[:_TEXT_LENGTH].encode("utf-8", "replace").decode()
