"""Voices: do they move in parallel fifths and octaves, which counterpoint avoids and dances with chords do not?

    parallels   of all moves of two voices at once, the share that go the same way from a perfect fifth to a perfect
                fifth, or from an octave to an octave

Voices are what sounds at each attack, from the highest to the lowest, where as many sound as at the attack before: no
voice has to be told by a track. Drums are left out.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import pitched

COLUMNS: dict[str, tuple[str, int, bool]] = {"parallels": ("%", 1, False)}
_FIFTH, _OCTAVE = 7, 0
#: More voices than this are chords, and too many pairs.
_MOST = 8


def counted(piece: Piece) -> dict[str, float]:
    """By column; NaN where no two voices ever move at once."""
    parallel, moved = moves(piece)
    return {"parallels": parallel / moved if moved else float("nan")}


def moves(piece: Piece) -> tuple[int, int]:
    """How many moves of two voices are parallel fifths or octaves, and how many there are."""
    parallel = moved = 0
    for one, other in pairwise(_sounding(piece)):
        if len(one) != len(other) or not 2 <= len(one) <= _MOST:
            continue
        for i, j in combinations(range(len(one)), 2):
            high, low = other[i] - one[i], other[j] - one[j]
            if high and low:
                moved += 1
                before, after = one[i] - one[j], other[i] - other[j]
                parallel += (high > 0) == (low > 0) and before % 12 == after % 12 and before % 12 in (_FIFTH, _OCTAVE)
    return parallel, moved


def _sounding(piece: Piece) -> list[tuple[int, ...]]:
    """The keys that sound at each attack, highest first."""
    notes = piece.notes[pitched(piece)]
    found: list[tuple[int, ...]] = []
    held: list[tuple[int, int]] = []
    last = -1
    for onset, duration, pitch in zip(
        notes["onset_tick"].tolist(), notes["duration_tick"].tolist(), notes["pitch"].tolist(), strict=True
    ):
        if onset != last:
            if last >= 0:
                found.append(_keys(held))
            held = [(end, key) for end, key in held if end > onset]
            last = onset
        held.append((onset + duration, pitch))
    if held:
        found.append(_keys(held))
    return found


def _keys(held: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(sorted({key for _, key in held}, reverse=True))
