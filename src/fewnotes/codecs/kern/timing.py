"""Rows in time: when each line of a kern file sounds, and what it brings.

A line begins where the columns that have something new in it ended; in a good file they all agree. Where they do
not, most of them decide, and the file is named in a Notice. Time is cut into `Span`s at section labels and repeat
barlines, so that `sections` can play them in another order.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from fewnotes.codecs import MAX_END_TICK
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.spines import Bar, Column, Data, Path, SpineReader, Tandem
from fewnotes.codecs.kern.tokens import Cell
from fewnotes.errors import TooLarge

_BASE_TICKS = 480
_MAX_TICKS = 1_000_000
#: Holds halves to 1/64, thirds to 1/27, fifths to 1/25 and sevenths of a quarter.
_ROUNDED_TICKS = 604_800


class Sounding(NamedTuple):
    """One notehead. `tie` as in the token; graces have the onset of the note they lead to."""

    onset_tick: int
    duration_tick: int
    spine: int
    pitch: int
    voice: int
    tie: str
    line: int


class Change(NamedTuple):
    """Tandem interpretations of one line, by spine, in force from `onset_tick`."""

    onset_tick: int
    line: int
    texts: tuple[tuple[int, str], ...]


class BarStart(NamedTuple):
    onset_tick: int
    is_numbered: bool


@dataclass
class Span:
    """Music between two places where the order of play may change."""

    start_tick: int
    end_tick: int = 0
    label: str = ""
    starts_repeat: bool = False
    ends_repeat: bool = False
    notes: list[Sounding] = field(default_factory=list)
    graces: list[Sounding] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    bars: list[BarStart] = field(default_factory=list)


@dataclass
class Timeline:
    ticks_per_quarter: int
    spans: list[Span]
    #: Order of sections: "" for the plain list `*>[A,A,B]`, else its name (`*>norep[A,B]`).
    orders: dict[str, list[str]]


def timeline(reader: SpineReader, log: FaultLog) -> Timeline:
    """Set all rows in time. Raises TooLarge if the music is longer than can be counted."""
    ticks_per_quarter = _resolution(reader.cells, log)
    clock = _Clock(ticks_per_quarter, reader.cells, log)
    for row in reader.rows:
        if isinstance(row, Data):
            clock.data(row)
        elif isinstance(row, Path):
            end = max(column.end_tick for column in row.sources)
            for column in row.columns:
                column.end_tick = end
        else:
            clock.pending.append(row)
    clock.finish()
    return Timeline(ticks_per_quarter, clock.spans, clock.orders)


def _resolution(cells: list[Cell], log: FaultLog) -> int:
    """Ticks a quarter that hold every duration exactly, if there are."""
    below = {length.denominator for cell in cells for length in (cell.quarters, *(n.quarters for n in cell.notes))}
    needed = 1
    for denominator in below:
        needed = math.lcm(needed, denominator)
        if needed > _MAX_TICKS:
            log.add("rhythm-rounded")
            return _ROUNDED_TICKS
    exact = math.lcm(needed, _BASE_TICKS)
    return exact if exact <= _MAX_TICKS else needed


class _Clock:
    def __init__(self, ticks_per_quarter: int, cells: list[Cell], log: FaultLog) -> None:
        self.spans = [Span(0)]
        self.orders: dict[str, list[str]] = {}
        self.pending: list[Bar | Tandem] = []
        self._log = log
        self._cells = cells
        self._step = [round(cell.quarters * ticks_per_quarter) for cell in cells]
        self._lengths = [[max(1, round(n.quarters * ticks_per_quarter)) for n in cell.notes] for cell in cells]
        self._now = 0
        self._end = 0
        self._active: set[Column] = set()

    def data(self, row: Data) -> None:
        now = self._onset(row)
        if self.pending or any(self._step[index] for _, index in row.cells):
            self._settle(now)
            self._now = now
        span = self.spans[-1]
        for column, index in row.cells:
            cell = self._cells[index]
            target = span.graces if cell.is_grace else span.notes
            onset = max(now, column.end_tick) if cell.is_grace else now
            for note, length in zip(cell.notes, self._lengths[index], strict=True):
                target.append(Sounding(onset, length, column.spine, note.pitch, column.voice, note.tie, row.line))
            if self._step[index]:
                column.end_tick = now + self._step[index]
                self._end = max(self._end, column.end_tick)
                self._active.add(column)
        if self._end > MAX_END_TICK:
            raise TooLarge("The piece is too long to count its time", expected=f"at most {MAX_END_TICK:,} ticks")

    def _onset(self, row: Data) -> int:
        """Where this line begins."""
        moving = [column for column, index in row.cells if self._step[index]] or [column for column, _ in row.cells]
        ends = [column.end_tick for column in moving if column.end_tick >= self._now]
        if not ends:
            running = [column.end_tick for column in self._active if column.end_tick > self._now]
            self._active = {column for column in self._active if column.end_tick > self._now}
            return min(running, default=self._now)
        if len(ends) == 1 or min(ends) == max(ends):
            if len(ends) < len(moving) and any(0 <= c.end_tick < self._now for c in moving):
                self._log.add("spines-apart", row.line)
            return ends[0]
        self._log.add("spines-apart", row.line)
        votes = Counter(ends).most_common()
        return max(end for end, count in votes if count == votes[0][1])

    def _settle(self, now: int) -> None:
        """Give what stood between two lines of notes its time; labels and repeats begin a new span."""
        if not self.pending:
            return
        rows, self.pending = self.pending, []
        repeat = [row.barline for row in rows if isinstance(row, Bar)]
        ends, starts = any(b.ends_repeat for b in repeat), any(b.starts_repeat for b in repeat)
        label = ""
        for row in rows:
            if isinstance(row, Tandem) and row.texts[0][1].startswith("*>"):
                label = self._label(row.texts[0][1]) or label
        span = self.spans[-1]
        if label or ends or starts:
            if now > span.start_tick or span.notes or span.graces:
                span.ends_repeat = ends
                span = Span(now)
                self.spans.append(span)
            span.label = label or span.label
            span.starts_repeat = starts
        for row in rows:
            if isinstance(row, Bar):
                span.bars.append(BarStart(now, row.barline.is_numbered))
            else:
                span.changes.append(Change(now, row.line, tuple(row.texts)))

    def _label(self, text: str) -> str:
        """The label in `*>A`; a list such as `*>[A,A,B]` is kept in `orders`."""
        name, bracket, rest = text[2:].partition("[")
        if not bracket:
            return name
        order = [part.strip() for part in rest.rstrip("]").split(",")]
        self.orders.setdefault(name, [part for part in order if part])
        return ""

    def finish(self) -> None:
        self._settle(self._end)
        for span, following in zip(self.spans, [*self.spans[1:], None], strict=True):
            span.end_tick = following.start_tick if following else max(self._end, span.start_tick)
