"""A bank of made tunes: styles that differ in steps, lengths, register and meter, with pieces enough for episodes."""

from __future__ import annotations

import random
from pathlib import Path

from fewnotes.measure.bank import Bank
from fewnotes.meta.rows import Entry, Row
from fewnotes.music.piece import Meter, Piece, Track, note_array

_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_STEPS = ((-1, 1), (-2, -1, 1, 2), (-4, 3, 1), (1, 1, 1, -5), (0, 0, 1, -1), (-3, 4, -1), (2, -2, 2, -3))
_LENGTHS = ((480,), (240, 240, 480), (720, 240), (240,), (960, 480), (160, 160, 160), (120, 360))


def made_piece(style: int, number: int, notes: int = 48) -> Piece:
    """One tune of a style: what is drawn depends on both numbers, how it is drawn on the style alone."""
    draw = random.Random(1000 * style + number)
    steps, lengths = _STEPS[style % len(_STEPS)], _LENGTHS[(style // 2) % len(_LENGTHS)]
    place, at, rows = 14, 0, []
    for i in range(notes):
        place = min(24, max(4, place + draw.choice(steps)))
        length = lengths[i % len(lengths)] if draw.random() < 0.8 else draw.choice(lengths)
        pitch = 36 + 12 * (place // 7) + _MAJOR[place % 7] + style % 3
        rows.append((at, length, 0, pitch, 80, 0, 0))
        at += length
    track = Track("", (0, 40, 73)[style % 3])
    return Piece(480, (track,), note_array(rows), (Meter(0, 3 if style % 2 else 4, 4),))


def made_bank(train: int = 6, test: int = 6, pieces: int = 8) -> Bank:
    """`train` styles of meta-train and `test` of meta-test; a composer for every test style."""
    entries = []
    for style in range(train + test):
        is_train = style < train
        for number in range(pieces):
            row = Row(
                key=f"made/{style:02}/{number:02}",
                style=f"made_{style:02}",
                source="shared",
                path=Path("made.mid"),
                family="art song",
                composer="" if is_train else f"Maker{style:02}, M.",
                given_split="train" if is_train else "validation",
            )
            entries.append(Entry(row, made_piece(style, number)))
    return Bank(tuple(entries))
