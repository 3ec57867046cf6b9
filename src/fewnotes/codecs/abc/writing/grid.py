"""The times of a Piece as a score can show them: whole numbers of a grid, bars, lines of each track."""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd, lcm
from typing import NamedTuple

from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import barlines

#: Smallest parts of a quarter that are written as they are: 1/32 of it, or that of a tuplet of 3, 5, 7 or 9.
_SHOWN = (32, 48, 40, 56, 36)
#: Parts of a quarter that other times are rounded to.
_ROUNDED = 24
#: Lines that a voice may have at once; nothing a person plays needs more.
_MAX_LINES = 64


class Grid:
    """From ticks to whole numbers of 1/`quarter` of a quarter; times no score shows are rounded and counted."""

    def __init__(self, ticks_per_quarter: int) -> None:
        self._tpq = ticks_per_quarter
        self.quarter = lcm(ticks_per_quarter, _ROUNDED)
        self.rounded = 0
        self._known: dict[int, int] = {}

    def place(self, tick: int) -> int:
        """A tick on the grid."""
        if tick in self._known:
            return self._known[tick]
        parts = self._tpq // gcd(tick, self._tpq)
        if any(size % parts == 0 for size in _SHOWN):
            time = tick * (self.quarter // self._tpq)
        else:
            self.rounded += 1
            time = (2 * tick * _ROUNDED + self._tpq) // (2 * self._tpq) * (self.quarter // _ROUNDED)
        self._known[tick] = time
        return time


class Event(NamedTuple):
    """A chord or single note of a line. `row`: a row of the notes it was made of."""

    start: int
    end: int
    pitches: tuple[int, ...]
    row: int


Line = list[Event]


def bar_times(piece: Piece, grid: Grid) -> list[int]:
    """Barlines on the grid; the last is the end of the music."""
    lines = sorted({grid.place(int(t)) for t in barlines(piece)[:-1]} | {0})
    if len(piece.notes) == 0:
        return [0, 4 * grid.quarter]
    notes = piece.notes
    ends = {int(o) + int(d) for o, d in zip(notes["onset_tick"].tolist(), notes["duration_tick"].tolist(), strict=True)}
    end = max(grid.place(max(ends)), max(grid.place(int(notes["onset_tick"].max())), lines[-1]) + 1)
    return [*lines, end]


def lines_of(notes: NoteArray, rows: Sequence[int], grid: Grid) -> tuple[list[Line], int]:
    """Notes of one track as lines in which one thing follows another, and how many events found no line.

    Notated voices, where the piece knows them, come out as lines in their order; notes of one voice that overlap
    move to a further line.
    """
    lines: list[Line] = []
    homeless = 0
    voices: dict[tuple[int, int], list[int]] = {}
    for row in rows:
        voices.setdefault((int(notes["staff"][row]), int(notes["voice"][row])), []).append(row)
    for key in sorted(voices):
        own: list[Line] = []
        for event in _events(notes, voices[key], grid):
            for line in own:
                if line[-1].end <= event.start:
                    line.append(event)
                    break
            else:
                if len(lines) + len(own) < _MAX_LINES:
                    own.append([event])
                else:
                    homeless += 1
        lines.extend(own)
    return lines, homeless


def _events(notes: NoteArray, rows: Sequence[int], grid: Grid) -> list[Event]:
    """Notes of equal onset and end as chords, in order; a pitch that stands twice makes a chord of its own."""
    chords: dict[tuple[int, int], list[int]] = {}
    smallest = grid.quarter // _ROUNDED
    for row in rows:
        onset, duration = int(notes["onset_tick"][row]), int(notes["duration_tick"][row])
        start, end = grid.place(onset), grid.place(onset + duration)
        chords.setdefault((start, end if end > start else (start // smallest + 1) * smallest), []).append(row)
    events = []
    for (start, end), members in chords.items():
        left = sorted(members, key=lambda r: int(notes["pitch"][r]))
        while left:
            taken: dict[int, int] = {}
            again = []
            for row in left:
                pitch = int(notes["pitch"][row])
                if pitch in taken:
                    again.append(row)
                else:
                    taken[pitch] = row
            events.append(Event(start, end, tuple(taken), next(iter(taken.values()))))
            left = again
    return sorted(events, key=lambda e: (e.start, -e.end, -max(e.pitches)))
