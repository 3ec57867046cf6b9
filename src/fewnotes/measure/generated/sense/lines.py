"""Lines: are they in range, and do leaps turn back?

voices in range   share of notes inside the range of their role (melody, harmony, bass) in real windows of the style
leaps turned      of leaps of more than a fourth in the upper and lower lines of tracks, the share that is followed
                  by a move the other way, as most are in most music (von Hippel and Huron 2000)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from fewnotes.meta.roles import Role, roles
from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import lines

COLUMNS: dict[str, tuple[str, int, bool]] = {"voices in range": ("%", 1, True), "leaps turned": ("%", 1, True)}
#: The lowest and highest MIDI key of each role.
Ranges = Mapping[Role, tuple[float, float]]
#: Of the notes of a role, this share at either end does not count: a range is not made by one note.
_OUTLIERS = 1.0
#: Semitones of a fourth.
_FOURTH = 5
#: Quarters between two notes of a line, beyond which they are no move.
_PAUSE = 4


def ranges_of(pieces: Sequence[Piece]) -> Ranges:
    """The range of each role that real music has."""
    found: dict[Role, list[np.ndarray]] = {}
    for piece in pieces:
        which = roles(piece)
        for role in (Role.MELODY, Role.HARMONY, Role.BASS):
            if (which == role).any():
                found.setdefault(role, []).append(piece.notes["pitch"][which == role])
    return {role: _ends(np.concatenate(parts)) for role, parts in found.items()}


def _ends(pitch: np.ndarray) -> tuple[float, float]:
    low, high = np.percentile(pitch, [_OUTLIERS, 100 - _OUTLIERS])
    return float(low), float(high)


def counted(piece: Piece, ranges: Ranges) -> dict[str, float]:
    """By column; NaN where there is nothing to count. A role that real music of the style lacks has no range: none of
    its notes is inside."""
    which = roles(piece)
    inside = total = 0
    for role in (Role.MELODY, Role.HARMONY, Role.BASS):
        pitch = piece.notes["pitch"][which == role]
        total += len(pitch)
        if role in ranges:
            low, high = ranges[role]
            inside += int(((pitch >= low) & (pitch <= high)).sum())
    values = (inside / total if total and ranges else float("nan"), leaps_turned(piece))
    return dict(zip(COLUMNS, values, strict=True))


def leaps_turned(piece: Piece) -> float:
    """The share of leaps that are followed by a move the other way; NaN without a leap."""
    turned = total = 0
    for line in lines(piece):
        notes = piece.notes[line.notes]
        move = np.diff(notes["pitch"].astype(np.int64))
        near = np.diff(notes["onset_tick"].astype(np.int64)) <= _PAUSE * piece.ticks_per_quarter
        leap = (np.abs(move[:-1]) > _FOURTH) & near[:-1] & near[1:] & (move[1:] != 0)
        total += int(leap.sum())
        turned += int((leap & (np.sign(move[:-1]) != np.sign(move[1:]))).sum())
    return turned / total if total else float("nan")
