"""Pieces as frames of bytes between a parent and its reading child: a JSON head and raw note rows. No pickle.

frame = length of head (4 bytes, little-endian) + length of body (8 bytes) + head (JSON, UTF-8) + body
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from fewnotes.errors import BadInput
from fewnotes.music.piece import NOTE, ChordSymbol, KeySignature, Meter, Notice, Piece, Tempo, Track

_LENGTHS = struct.Struct("<IQ")
MAX_HEAD_BYTES = 64 * 2**20
MAX_BODY_BYTES = 2**30


def pack(head: Any, body: bytes = b"") -> bytes:
    text = json.dumps(head, separators=(",", ":")).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


def unpack(read: Callable[[int], bytes]) -> tuple[Any, bytes] | None:
    """The next frame from `read(count)`, or None at a clean end. Raises BadInput if the stream breaks off."""
    lengths = read(_LENGTHS.size)
    if not lengths:
        return None
    if len(lengths) < _LENGTHS.size:
        raise BadInput("The reading child broke off", code="child-died")
    head_length, body_length = _LENGTHS.unpack(lengths)
    if head_length > MAX_HEAD_BYTES or body_length > MAX_BODY_BYTES:
        raise BadInput("The reading child answered with too much", code="child-died")
    head, body = read(head_length), read(body_length) if body_length else b""
    if len(head) < head_length or len(body) < body_length:
        raise BadInput("The reading child broke off", code="child-died")
    return json.loads(head), body


def pack_pieces(pieces: list[Piece]) -> tuple[list[Any], bytes]:
    """Head and body for pieces: field values as JSON, notes and graces one after the other in the body."""
    heads, rows = [], []
    for p in pieces:
        heads.append(
            [
                p.ticks_per_quarter,
                p.tracks,
                len(p.notes),
                p.meters,
                p.tempos,
                p.keys,
                p.pickup_tick,
                len(p.graces),
                p.chords,
                p.barlines_tick,
                p.title,
                p.composer,
                p.warnings,
            ]
        )
        rows.append(p.notes.tobytes())
        if len(p.graces):
            rows.append(p.graces.tobytes())
    return heads, b"".join(rows)


def unpack_pieces(heads: list[Any], body: bytes) -> list[Piece]:
    """The inverse of `pack_pieces`; note arrays are views of `body`, read-only as it is."""
    pieces, at = [], 0
    for (
        tpq,
        tracks,
        note_count,
        meters,
        tempos,
        keys,
        pickup,
        grace_count,
        chords,
        barlines,
        title,
        composer,
        said,
    ) in heads:
        notes = np.frombuffer(body, NOTE, note_count, at)
        at += note_count * NOTE.itemsize
        graces = np.frombuffer(body, NOTE, grace_count, at) if grace_count else np.zeros(0, NOTE)
        at += grace_count * NOTE.itemsize
        pieces.append(
            Piece(
                ticks_per_quarter=tpq,
                tracks=tuple(Track(*t) for t in tracks),
                notes=notes,
                meters=tuple(Meter(*m) for m in meters),
                tempos=tuple(Tempo(*t) for t in tempos),
                keys=tuple(KeySignature(*k) for k in keys),
                pickup_tick=pickup,
                graces=graces,
                chords=tuple(ChordSymbol(*c) for c in chords),
                barlines_tick=tuple(barlines),
                title=title,
                composer=composer,
                warnings=tuple(Notice(*w) for w in said),
            )
        )
    return pieces
