"""The longest passage that two pieces share in some key, by the definition and nothing else.

A passage of n notes is shared by two lines if its n - 1 intervals are equal and its n - 2 ratios of the distances
between attacks are, exactly. All pairs of notes are looked at, one row of the table of runs at a time (the dynamic
programming for the longest common substring): slow, and as plain as the definition. No part of fewnotes that looks for
copies is used here: this is what they are held against.

A line is the highest or the lowest note at each attack of a track, or of the whole piece (`outer`). Drums have none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from fewnotes.music.piece import Piece

#: More notes than this that last longer than these quarters are a copy: the bound that the guard of the engines keeps.
MOST_NOTES = 15
MOST_QUARTERS = 8


@dataclass(frozen=True)
class Line:
    """Attacks in ticks and MIDI keys, shape (n,) each, rising in time. quarter: ticks of one."""

    name: str
    onset: np.ndarray
    pitch: np.ndarray
    quarter: int


@dataclass(frozen=True)
class Shared:
    """The longest passage that two lines, or pieces, share. notes, quarters: how long; the quarters are those of the
    first. at: quarters from its start. line, other: names of the lines. transposed: semitones from the other.
    is_breach: is any shared passage, be it this one or another, over the bound?"""

    notes: int = 0
    quarters: float = 0.0
    at: float = 0.0
    line: str = ""
    other: str = ""
    transposed: int = 0
    is_breach: bool = False


def lines(piece: Piece, *, outer: bool = False) -> list[Line]:
    """Upper and lower line of every pitched track; outer: of the piece as a whole instead. Equal ones once."""
    rows = [
        (int(n["onset_tick"]), int(n["pitch"]), int(n["track"]))
        for n in piece.notes
        if not piece.tracks[int(n["track"])].is_drum
    ]
    groups = {"whole": rows} if outer else {}
    if not outer:
        for row in rows:
            groups.setdefault(f"track {row[2] + 1}", []).append(row)
    found: list[Line] = []
    known = set()
    for name, group in groups.items():
        for side, choose in (("upper", max), ("lower", min)):
            at: dict[int, int] = {}
            for onset, pitch, _ in group:
                at[onset] = choose(at.get(onset, pitch), pitch)
            attacks = tuple(sorted(at.items()))
            if len(attacks) > 1 and attacks not in known:
                known.add(attacks)
                onset, pitch = np.array(attacks, np.int64).T
                found.append(Line(f"{name}, {side}", onset, pitch, piece.ticks_per_quarter))
    return found


def shared_by_lines(one: Line, other: Line) -> Shared:
    """The longest passage of two lines."""
    step = np.diff(other.pitch)
    gap = np.diff(other.onset)
    best = Shared()
    is_breach = False
    # run[j]: how many notes of the passage that ends with note i of `one` and note j of `other` are shared.
    run = np.ones(len(other.onset), np.int64)
    for i in range(1, len(one.onset)):
        interval = one.pitch[i] - one.pitch[i - 1]
        begins = step == interval
        goes_on = np.zeros(len(step), bool)
        if i > 1:
            before, after = one.onset[i - 1] - one.onset[i - 2], one.onset[i] - one.onset[i - 1]
            goes_on[1:] = (after * gap[:-1] == before * gap[1:]) & (run[1:-1] > 1)
        longer = np.where(begins, np.where(goes_on, run[:-1] + 1, 2), 1)
        run = np.append(1, longer)
        for j in np.flatnonzero(run > MOST_NOTES).tolist():
            is_breach |= int(one.onset[i] - one.onset[i - run[j] + 1]) > MOST_QUARTERS * one.quarter
        j = int(run.argmax())
        if run[j] > best.notes:
            start = int(one.onset[i - run[j] + 1])
            best = Shared(
                int(run[j]), int(one.onset[i] - start) / one.quarter, start / one.quarter, one.name, other.name,
                int(one.pitch[i] - other.pitch[j]),
            )  # fmt: skip
    return replace(best, is_breach=is_breach)


def shared_by_pieces(piece: Piece, others: Sequence[Piece], *, outer: bool = False) -> list[Shared]:
    """The longest passage that a piece shares with each of the others."""
    found = []
    own = lines(piece, outer=outer)
    for other in others:
        theirs = lines(other, outer=outer)
        pairs = [shared_by_lines(one, two) for one in own for two in theirs]
        longest = max(pairs, key=lambda shared: shared.notes, default=Shared())
        found.append(replace(longest, is_breach=any(shared.is_breach for shared in pairs)))
    return found
