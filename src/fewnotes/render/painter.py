"""What paints one system of a roll picture: key rows, drum rows, bars, chord symbols and notes."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fewnotes.music.piece import Piece
from fewnotes.music.time import Bar, beat_length_tick
from fewnotes.render.canvas import LETTER_WIDTH, Box, Colour, Line, Words
from fewnotes.render.drums import drum_name

#: Where the notes begin, from the left edge: before it stand the names of keys and drums.
LEFT = 66.0
INK: Colour = (40, 44, 52)
GREY: Colour = (105, 112, 124)
DRUM_GAP = 6.0

_BLACK_KEY: Colour = (240, 241, 245)
_OCTAVE: Colour = (190, 195, 206)
_BEAT: Colour = (226, 229, 235)
_BAR: Colour = (150, 156, 168)
_BLACK_KEYS = frozenset((1, 3, 6, 8, 10))
_LEAST_BEAT, _LEAST_BAR, _LEAST_NUMBER, _FAR = 7.0, 4.0, 26.0, 1e9
_WIDEST_HIT = 5.0


class Frame(NamedTuple):
    """What all systems share: points a tick, and rows. `low`, `high`: lowest and highest pitch row, inclusive.

    strip: keys of the drum rows, top row first. head: room above the rows for bar numbers and chord symbols.
    """

    per_tick: float
    low: int
    high: int
    row: float
    strip: tuple[int, ...]
    strip_row: float
    head: float

    @property
    def grid_height(self) -> float:
        return (self.high - self.low + 1) * self.row if self.high >= self.low else 0.0

    @property
    def height(self) -> float:
        gap = DRUM_GAP if self.strip and self.grid_height else 0.0
        return self.head + self.grid_height + gap + len(self.strip) * self.strip_row


class System(NamedTuple):
    """One row of the picture: height of its top, and the ticks it spans."""

    y: float
    start: int
    stop: int


@dataclass(frozen=True)
class Painter:
    """Paints systems of one piece; `shapes` is where they go."""

    piece: Piece
    frame: Frame
    barred: Sequence[Bar]
    colours: Sequence[Colour]
    shapes: list[Box | Line | Words]

    def paint(self, system: System) -> None:
        self._key_rows(system)
        self._drum_rows(system)
        self._bars(system)
        self._chords(system)
        self._notes(system)
        self._graces(system)

    def _x(self, system: System, tick: float) -> float:
        return LEFT + (tick - system.start) * self.frame.per_tick

    def _row_y(self, system: System, pitch: int) -> float:
        return system.y + self.frame.head + (self.frame.high - pitch) * self.frame.row

    def _strip_top(self, system: System) -> float:
        return system.y + self.frame.height - len(self.frame.strip) * self.frame.strip_row

    def _key_rows(self, system: System) -> None:
        frame, right = self.frame, self._x(system, system.stop)
        for pitch in range(frame.low, frame.high + 1):
            y = self._row_y(system, pitch)
            if pitch % 12 in _BLACK_KEYS:
                self.shapes.append(Box(LEFT, y, right - LEFT, frame.row, _BLACK_KEY))
            if pitch % 12 == 0:
                self.shapes.append(Line(LEFT, y + frame.row, right, y + frame.row, _OCTAVE, 0.5))
                self.shapes.append(Words(LEFT - 6, y + frame.row / 2, f"C{pitch // 12 - 1}", 10, GREY, "end"))

    def _drum_rows(self, system: System) -> None:
        row, width = self.frame.strip_row, self._x(system, system.stop) - LEFT
        for i, key in enumerate(self.frame.strip):
            y = self._strip_top(system) + i * row
            if i % 2 == 0:
                self.shapes.append(Box(LEFT, y, width, row, _BLACK_KEY))
            if row >= 8:
                self.shapes.append(Words(LEFT - 6, y + row / 2, fit(drum_name(key), 64, 8), 8, GREY, "end"))

    def _bars(self, system: System) -> None:
        """Beats, barlines and bar numbers, each only where there is room."""
        top, foot = system.y + self.frame.head, system.y + self.frame.height
        last_line, last_number = -_FAR, -_FAR
        first = bisect_right(self.barred, system.start, key=lambda bar: bar.end_tick)
        for bar in self.barred[first : bisect_left(self.barred, system.stop, key=lambda bar: bar.onset_tick)]:
            beat = float(beat_length_tick(bar.meter, self.piece.ticks_per_quarter))
            if beat * self.frame.per_tick >= _LEAST_BEAT:
                for tick in np.arange(bar.onset_tick + beat, bar.end_tick - 0.5, beat).tolist():
                    if system.start < tick < system.stop:
                        x = self._x(system, tick)
                        self.shapes.append(Line(x, top, x, foot, _BEAT, 0.5))
            x = self._x(system, bar.onset_tick)
            if x >= LEFT and x - last_line >= _LEAST_BAR:
                self.shapes.append(Line(x, top - 3, x, foot, _BAR, 1.0))
                last_line = x
            if x >= LEFT and x - last_number >= _LEAST_NUMBER:
                self.shapes.append(Words(x + 2, top - 8, str(bar.number), 9, GREY))
                last_number = x
        x = self._x(system, system.stop)
        self.shapes.append(Line(x, top - 3, x, foot, _BAR, 1.0))

    def _chords(self, system: System) -> None:
        free = 0.0
        for chord in self.piece.chords:
            x = self._x(system, chord.onset_tick)
            if system.start <= chord.onset_tick < system.stop and x >= free:
                self.shapes.append(Words(x + 2, system.y + 6, chord.text, 11, INK))
                free = x + 8 + len(chord.text) * 11 * LETTER_WIDTH

    def _notes(self, system: System) -> None:
        notes = self.piece.notes
        end = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
        inside = (notes["onset_tick"] < system.stop) & (end > system.start)
        notes, end = notes[inside], np.minimum(end[inside], system.stop)
        onset = np.maximum(notes["onset_tick"], system.start)
        # The gap lets repeated notes be seen apart.
        width = np.maximum((end - onset) * self.frame.per_tick - 0.7, 1.0).tolist()
        left = (LEFT + (onset - system.start) * self.frame.per_tick).tolist()
        rows = zip(notes["track"].tolist(), notes["pitch"].tolist(), notes["velocity"].tolist(), strict=True)
        for i, (track, pitch, velocity) in enumerate(rows):
            colour = self.colours[track]
            if self.piece.tracks[track].is_drum:
                height, wide = self.frame.strip_row, min(width[i], _WIDEST_HIT)
                y = self._strip_top(system) + self.frame.strip.index(pitch) * height
            else:
                height, wide = self.frame.row, width[i]
                y = self._row_y(system, pitch)
            edge = shade(colour, 1.0, darker=0.75) if height >= 5 else None
            fill = shade(colour, 0.3 + 0.7 * velocity / 127)
            self.shapes.append(Box(left[i], y + 0.5, wide, height - 1, fill, edge))

    def _graces(self, system: System) -> None:
        """Grace notes as slim boxes just before the note they lead to."""
        graces = self.piece.graces
        inside = (graces["onset_tick"] >= system.start) & (graces["onset_tick"] < system.stop)
        for row in graces[inside]:
            if self.frame.low <= row["pitch"] <= self.frame.high:
                x = max(LEFT, self._x(system, int(row["onset_tick"])) - 4)
                y = self._row_y(system, int(row["pitch"]))
                self.shapes.append(Box(x, y + 1, 3, self.frame.row - 2, self.colours[int(row["track"])]))


def shade(colour: Colour, strength: float, *, darker: float = 1.0) -> Colour:
    """The colour on white paper at a strength of 0 to 1, then darkened."""
    r, g, b = (round((255 + (part - 255) * strength) * darker) for part in colour)
    return r, g, b


def fit(text: str, width: float, size: float) -> str:
    room = max(4, int(width / (size * LETTER_WIDTH)))
    return text if len(text) <= room else text[: room - 3].rstrip() + "..."
