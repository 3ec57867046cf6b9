"""A sheet under way: its notes so far, what is known of the next one, and what it may not be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.writing.sheet import ANY_KEY, KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.meta import events as ev
from fewnotes.music.guard import HARD, SOFT, Guard, Watcher

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Row = tuple[int, int, int, int, int]
_NOT_YET = (-1, -1)


@dataclass
class Page:
    """One sheet under way. guard: the lines that none of its own may follow for long."""

    sheet: Sheet
    guard: Guard
    notes: list[Row] = field(default_factory=list)
    last: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    sounding: list[tuple[int, int]] = field(default_factory=list)
    clock: int = 0
    last_track: int = -1
    last_key: int = -1
    done: bool = False

    def __post_init__(self) -> None:
        #: Where notes may still begin, and locked notes that are still to come, the next one last.
        self.open = self.sheet.open.copy()
        self.waiting: list[Row] = []
        self._wait([(*note, 1) for note in self.sheet.locked.tolist()])
        self._begun = -1
        #: Of each track the lower and the upper line; the last upper note is known when the next chord begins.
        self._watchers = {t: (Watcher(self.guard), Watcher(self.guard)) for t in range(len(self.sheet.families))}
        self._top: dict[int, tuple[int, int]] = {}

    def _wait(self, notes: Sequence[tuple[int, ...]]) -> None:
        self.waiting += notes  # type: ignore[arg-type]
        self.waiting.sort(key=lambda n: (n[TIME], n[TRACK], n[KEY]), reverse=True)

    def next_locked(self) -> Row | None:
        """The locked note that comes next."""
        return self.waiting[-1] if self.waiting else None

    def room(self, track: int, time: int) -> int:
        """Steps from a time to the next locked note of a track."""
        ahead = [n[TIME] for n in self.waiting if n[TRACK] == track and n[TIME] > time]
        return min(ahead) - time if ahead else ev.LONGEST

    def silent(self, track: int) -> int:
        """Steps since the track's last note ended; below 0 while it sounds."""
        onset, _, length = self.last.get(track, (0, 0, 0))
        return self.clock - onset - length

    def first_in_turn(self, track: int, time: int) -> bool:
        """Is this the first note of a track in a segment of harmony?"""
        return self.sheet.turns is None or self.last.get(track, (-1, 0, 0))[0] < int(self.sheet.turns[time])

    def open_from_now(self, track: int, size: int) -> Mask:
        """Where the track may begin in so many steps from now on."""
        found = np.zeros(size, bool)
        ahead = self.open[track, self.clock : self.clock + size]
        found[: len(ahead)] = ahead
        return found

    def enter(self, time: int) -> None:
        """Bars up to the one of a time that take up earlier ones have their notes from there, where nothing stands."""
        sheet = self.sheet
        for bar in range(self._begun + 1, sheet.bar_of(min(time, sheet.steps - 1)) + 1):
            every = [(t, *self._source(bar, t)) for t in range(len(sheet.families))]
            taken = [(track, source, exact) for track, source, exact in every if source is not None]
            if taken and self.waiting and self.waiting[-1][TIME] < sheet.span(bar)[0]:
                # What stands before this bar is not put down yet, and what it takes up may be part of that.
                return
            self._begun = bar
            again = [note for one in taken for note in self._taken_up(bar, *one)]
            if again:
                self._wait(again)
                # Later bars may take up what is still to be written.
                return

    def _source(self, bar: int, track: int) -> tuple[int | None, bool]:
        exact = self.sheet.again.get((bar, track))
        return (exact, True) if exact is not None else (self.sheet.rhythm.get((bar, track)), False)

    def _taken_up(self, bar: int, track: int, source: int, exact: bool) -> list[Row]:
        (first, end), (start, _) = self.sheet.span(bar), self.sheet.span(source)
        if not self.open[track, first]:
            return []
        found = [
            (n[TIME] - start + first, track, n[KEY] if exact else ANY_KEY, n[LENGTH], 0) for n in self.notes
            if n[TRACK] == track and start <= n[TIME] < start + end - first
        ]  # fmt: skip
        if found or exact:
            self.open[track, first:end] = False
        return found

    def is_drum(self, track: int) -> bool:
        return self.sheet.families[track] == ev.FAMILIES - 1

    def row(self, track: int) -> list[int]:
        """What is known of the next note of a track before anything of it is chosen."""
        onset, key, length = self.last.get(track, (0, ev.NO_KEY, 0))
        row = [0] * len(ev.FIELDS)
        row[ev.WITH] = [ev.NO_KEY] * ev.TOGETHER
        row[ev.FAMILY], row[ev.TRACK] = self.sheet.families[track], track
        row[ev.LAST_KEY], row[ev.LAST_LENGTH] = key, length
        row[ev.GAP] = min(self.clock - onset, ev.LONGEST)
        return row

    def at(self, row: list[int], time: int) -> None:
        """Put down when it begins and what follows from that."""
        now = min(time, self.sheet.steps - 1)
        bar = self.sheet.bar_of(now)
        first, end = self.sheet.span(bar)
        row[ev.DELTA], row[ev.TIME] = min(time - self.clock, ev.LONGEST), time
        row[ev.PLACE], row[ev.BAR] = min(now - first, ev.LONGEST - 1), min(end - first, ev.LONGEST)
        row[ev.CLASSES], row[ev.LEFT] = int(self.sheet.classes[now]), self.sheet.left(bar)
        row[ev.CROWD] = int(self.sheet.crowd[bar])
        together = sorted(p for end, p in self.sounding if end > time)
        if len(together) > ev.TOGETHER:
            together = [together[0], *together[-(ev.TOGETHER - 1) :]]
        row[ev.WITH] = together + [ev.NO_KEY] * (ev.TOGETHER - len(together))

    def near(self, track: int, key: int) -> int:
        """The key, moved by octaves in the range of the track to where the track is."""
        low, high = int(self.sheet.lowest[track]), int(self.sheet.highest[track])
        if track not in self.last or self.is_drum(track) or not self.sheet.single[track]:
            return key
        before = self.last[track][1]
        return min(
            (k for k in range(key % 12, 128, 12) if low <= k <= high), key=lambda k: abs(k - before), default=key
        )

    def forbidden(self, track: int, time: int) -> tuple[set[int], set[int]]:
        """Keys that would carry a copy on: never to be taken, and to be avoided."""
        if self.is_drum(track):
            return set(), set()
        low, high = self._watchers[track]
        self._settle(track, time)
        hard: set[int] = set()
        soft: set[int] = set()
        for watcher in (low, high):
            # Later notes of a chord are no part of the lower line.
            if watcher.last is None or (watcher is low and self._top.get(track, _NOT_YET)[0] == time):
                continue
            for found, bounds in ((hard, HARD), (soft, SOFT)):
                found |= {watcher.last + step for step in watcher.forbidden(time, bounds)}
        return hard, soft

    def _settle(self, track: int, time: int) -> None:
        """A chord before this time is complete: its upper note is known."""
        onset, key = self._top.get(track, _NOT_YET)
        if 0 <= onset < time:
            self._watchers[track][1].push(onset, key)
            del self._top[track]

    def add(self, row: list[int], stood: bool) -> None:
        """The note is complete."""
        time, track, key, length = row[ev.TIME], row[ev.TRACK], row[ev.KEY], row[ev.LENGTH]
        self.last[track] = (time, key, length)
        self.sounding = [(end, p) for end, p in self.sounding if end > time]
        if not self.is_drum(track):
            self.sounding.append((time + length, key))
            self._settle(track, time)
            if track not in self._top:
                self._watchers[track][0].push(time, key)
            self._top[track] = (time, max(key, self._top.get(track, _NOT_YET)[1]))
        self.clock, self.last_track, self.last_key = time, track, key
        self.notes.append((time, track, key, length, int(stood)))

    def finished(self) -> Ints:
        """All notes, (n, 5), with locked ones that were still to come; where tracks sound one note at a time no new
        note lasts into the next.
        """
        left = [note for note in self.waiting if note[KEY] != ANY_KEY]
        notes = np.array([*self.notes, *left], np.int64).reshape(-1, 5)
        notes = notes[np.lexsort((notes[:, KEY], notes[:, TRACK], notes[:, TIME]))]
        for track in np.flatnonzero(self.sheet.single).tolist():
            own = np.flatnonzero(notes[:, TRACK] == track)
            gaps = np.diff(notes[own, TIME])
            cut = (gaps > 0) & (notes[own[:-1], STOOD] == 0)
            notes[own[:-1], LENGTH] = np.where(cut, np.minimum(notes[own[:-1], LENGTH], gaps), notes[own[:-1], LENGTH])
        return np.asarray(notes)


def as_events(sheet: Sheet, notes: Ints) -> ev.Events:
    """Notes of a sheet, (n, 4 or more), as the net sees a piece."""
    page = Page(sheet, Guard((), ev.STEPS_PER_QUARTER))
    rows = []
    for note in notes.tolist():
        row = page.row(note[TRACK])
        page.at(row, note[TIME])
        row[ev.KEY], row[ev.LENGTH] = note[KEY], note[LENGTH]
        rows.append(row)
        page.add(row, True)
    return ev.Events(np.array(rows, np.int32).reshape(-1, len(ev.FIELDS)), sheet.minor, 0)
