"""A control of `leakage`: the same notes where it says nothing where barlines fall. Nothing else uses it."""

from __future__ import annotations

import zlib
from dataclasses import replace

from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_length_tick, meter_at


def barlines_anywhere(piece: Piece) -> Piece:
    """The piece with its barlines moved by some eighths, which follow from its pitches: a pickup of that length."""
    eighth = max(1, piece.ticks_per_quarter // 2)
    count = max(1, int(bar_length_tick(meter_at(piece, 0), piece.ticks_per_quarter)) // eighth)
    number = zlib.crc32(piece.notes["pitch"].tobytes()) % count
    return replace(piece, pickup_tick=number * eighth, meters=piece.meters[:1], barlines_tick=())
