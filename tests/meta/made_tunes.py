"""Tunes made for these tests: no collection holds them."""

from __future__ import annotations

import random

from fewnotes.music.piece import Meter, Piece, Track, note_array


def made_tune(seed: int, bars: int = 16) -> Piece:
    """A tune in 6/8 that wanders over D major: running eighths, now and then a quarter and an eighth."""
    draw = random.Random(seed)
    scale = [50 + 12 * octave + step for octave in range(1, 4) for step in (0, 2, 4, 5, 7, 9, 11)]
    rows, place, at = [], 10, 0
    while at < bars * 720:
        for length in draw.choice(((240, 240, 240), (480, 240))):
            place = min(len(scale) - 1, max(0, place + draw.choice((-3, -2, -1, -1, 1, 1, 2, 4))))
            rows.append((at, length, 0, scale[place], 80, 0, 0))
            at += length
    return Piece(480, (Track("Fiddle", 40),), note_array(rows), (Meter(0, 6, 8),))
