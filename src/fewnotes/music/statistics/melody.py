"""Melody: how the top line moves, from note to note and over two moves."""

from __future__ import annotations

import numpy as np

from fewnotes.music.statistics._facts import Facts, Floats, share, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "melody"
_LARGEST = 12
_MOVES = ("falls", "stays", "rises")
STATISTICS = (
    *several(_F, "move", "moves of the top line by {} semitones (12: or more)", range(-_LARGEST, _LARGEST + 1)),
    *several(_F, "moves", "two moves of the top line: {}", [f"{a} then {b}" for a in _MOVES for b in _MOVES]),
    Statistic("leap_turned_by_step", _F, "leaps of the top line that a step the other way follows"),
    Statistic("leap_after_leap", _F, "leaps of the top line that a leap follows"),
    Statistic("step_after_step", _F, "steps of the top line that a step the same way follows"),
    Statistic("neighbour", _F, "two moves of the top line that lead back to the same note"),
    Statistic("third_outline", _F, "two moves of the top line that go on by thirds and fourths, as in a broken chord"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS; all are square roots of shares."""
    move = np.diff(facts.pitch[facts.top_line])
    a, b = move[:-1], move[1:]
    leap, step = np.abs(a) >= 3, (np.abs(a) > 0) & (np.abs(a) < 3)
    next_step = (np.abs(b) > 0) & (np.abs(b) < 3)
    same_way = np.sign(a) == np.sign(b)
    broken = same_way & (np.abs(a) >= 3) & (np.abs(a) <= 5) & (np.abs(b) >= 3) & (np.abs(b) <= 5)
    values = [
        share((next_step & ~same_way)[leap]),
        share((np.abs(b) >= 3)[leap]),
        share((next_step & same_way)[step]),
        share((a + b == 0) & (a != 0)),
        share(broken),
    ]
    return [
        shares(np.clip(move, -_LARGEST, _LARGEST) + _LARGEST, 2 * _LARGEST + 1),
        shares(3 * (np.sign(a) + 1) + np.sign(b) + 1, 9),
        np.array(values),
    ]
