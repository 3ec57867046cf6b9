"""What is known at the moment an event is chosen: the facts that the viewpoints of rhythm and pitch look at.

The same code reads a learned piece event by event and watches a new piece grow, so that both see the same facts.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from fewnotes.engines.markov.reading.lines import Bars, Event, Rhythm

Facts = tuple[Hashable, ...]

_PAST = 10
_STEPS = 4
#: How many bars before the end are told apart.
_ENDING = 3
_PHRASE = 4


@dataclass
class LineState:
    """A line as far as it is written. cursor: where its next event begins."""

    events: list[Event] = field(default_factory=list)
    cursor: int = 0
    #: Per bar index: (place, length, sounds) of the events that begin in it, and their pitches.
    shape: dict[int, tuple[tuple[int, int, bool], ...]] = field(default_factory=dict)
    tones: dict[tuple[int, int], tuple[int, ...]] = field(default_factory=dict)
    onsets: list[int] = field(default_factory=list)
    #: Of every sounding event: its leading note, and the others as distances from it.
    tops: list[int] = field(default_factory=list)
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    past: list[Hashable] = field(default_factory=list)


class Moment:
    """All lines of a piece up to now, and what follows from them.

    order: indices of lines in the order in which they choose at one tick: lowest, highest, then the rest.
    """

    def __init__(
        self, bars: Bars, order: Sequence[int], is_drum: Sequence[bool], harmony: Sequence[tuple[int, Hashable]] = ()
    ) -> None:
        self.bars = bars
        self.order = tuple(order)
        self.is_drum = tuple(is_drum)
        self.rank = {line: i for i, line in enumerate(order)}
        self.lines = [LineState() for _ in order]
        self._bar = 0
        self.plan_chords(harmony)

    def plan_chords(self, harmony: Sequence[tuple[int, Hashable]]) -> None:
        """Say which chord holds from which tick on."""
        self._chord_ticks = [tick for tick, _ in harmony]
        self._chords = [chord for _, chord in harmony]

    def chord(self, tick: int) -> tuple[Hashable, Hashable]:
        """The chord at a tick, and the next other one."""
        at = bisect_right(self._chord_ticks, tick) - 1
        if at < 0:
            return None, None
        now = self._chords[at]
        return now, next((c for c in self._chords[at + 1 : at + 9] if c != now), None)

    def bar_at(self, tick: int) -> int:
        starts = self.bars.starts
        if tick < starts[self._bar]:
            self._bar = 0
        while self._bar + 2 < len(starts) and tick >= starts[self._bar + 1]:
            self._bar += 1
        return self._bar

    def next_line(self) -> int:
        """The line that chooses next: the one that is behind, in order of rank at equal places."""
        return min(self.order, key=lambda i: (self.lines[i].cursor, self.rank[i]))

    def phase(self, bar: int) -> Hashable:
        """Where in the form: bars before the end, or the place in a phrase of four bars."""
        count = len(self.bars.starts) - 1
        left = count - 1 - bar
        if left < _ENDING:
            return ("end", left)
        number = bar - (1 if self.bars.pickup else 0)
        return ("phrase", number % _PHRASE if number >= 0 else -1, number <= 0)

    def rhythm_facts(self, line: int) -> tuple[Facts, ...]:
        """One row of facts for each viewpoint of rhythm."""
        state = self.lines[line]
        tick = state.cursor
        bar = self.bar_at(tick)
        place = self.bars.place(bar, tick)
        meter = self.bars.meter[bar]
        sofar = state.shape.get(bar, ())
        before, earlier = state.shape.get(bar - 1, ()), state.shape.get(bar - 2, ())
        phase = self.phase(bar)
        others = self._ahead(line, tick)
        last = state.events[-1].rhythm if state.events else None
        own = ((meter, place), sofar, before, phase, earlier)
        form = ((meter, place), phase, sofar, last, before)
        if len(self.lines) == 1:
            return own, form
        ensemble = ((meter, place), others[:2], sofar, others, phase, before)
        return own, form, ensemble

    def anchor_facts(self, line: int, rhythm: Rhythm) -> tuple[Facts, ...]:
        """One row of facts for each viewpoint of the anchor, the rhythm of the event being known."""
        state = self.lines[line]
        tick = state.cursor
        bar = self.bar_at(tick)
        place = self.bars.place(bar, tick)
        past = self._past(state)
        phase = self.phase(bar)
        ending = phase if self.is_ending(bar) else None
        melody = (past[0], past[1], rhythm.length, place, *past[2:])
        form = (ending, past[0], place, past[1], rhythm.length, phase, past[2])
        if self.is_drum[line]:
            return melody, (place, state.tones.get((bar - 1, place)), past[0], past[1], rhythm.length)
        chord, coming = self.chord(tick)
        if chord is None and len(self.lines) == 1:
            return melody, form
        lead, all_now = self._sounding(line, tick)
        harmony: Facts = (chord, past[0], place, coming, past[1], rhythm.length, lead, phase)
        if all_now:
            now = frozenset(p % 12 for p in all_now)
            return melody, form, harmony, (chord, lead, past[0], now, place, past[1], ending)
        return melody, form, harmony, (chord, place, past[0], phase, coming, past[1])

    def motion_facts(self, line: int, rhythm: Rhythm) -> tuple[Facts, ...]:
        """Facts for the step from the last leading note; none before the second note, and none for drums."""
        state = self.lines[line]
        if not state.tops or self.is_drum[line]:
            return ()
        tick = state.cursor
        place = self.bars.place(self.bar_at(tick), tick)
        recent = state.tops[-_STEPS - 1 :]
        taken = [b - a for a, b in pairwise(recent)][::-1]
        steps: list[Hashable] = [*taken, *["start"] * (_STEPS - len(taken))]
        before = state.events[-1].length
        return (
            (steps[0], rhythm.length, before, place, *steps[1:]),
            (rhythm.length, place, before, steps[0], steps[1]),
        )

    def shape_facts(self, line: int, rhythm: Rhythm, anchor: int) -> tuple[Facts, ...]:
        """Facts for the notes that go with the anchor of a pitched event."""
        state = self.lines[line]
        tick = state.cursor
        bar = self.bar_at(tick)
        place = self.bars.place(bar, tick)
        size = len(rhythm.durations)
        before = state.shapes[-1] if state.shapes else None
        last = self._past(state)[0]
        _, all_now = self._sounding(line, tick)
        now = frozenset(p % 12 for p in all_now)
        chord, _ = self.chord(tick)
        return (
            (size, anchor, place, before, last, rhythm.length, now),
            (size, chord, anchor % 12, anchor, now, before, place),
            (size, chord, anchor % 12, before, place, anchor, now),
        )

    def split(self, line: int, pitches: tuple[int, ...]) -> tuple[int | tuple[int, ...], tuple[int, ...]]:
        """The anchor of a sounding event, and the other notes as distances from it; drums have no anchor."""
        if self.is_drum[line]:
            return pitches, ()
        anchor = pitches[self.side(line)]
        return anchor, tuple(p - anchor for p in pitches if p != anchor)

    def side(self, line: int) -> int:
        """Which note of an event leads: the lowest (0) in the line that chooses first of several, else the top (-1)."""
        return 0 if self.rank[line] == 0 and len(self.lines) > 1 else -1

    def is_ending(self, bar: int) -> bool:
        return len(self.bars.starts) - 2 - bar < _ENDING

    def push(self, line: int, event: Event) -> None:
        """Write the next event of a line."""
        state = self.lines[line]
        bar = self.bar_at(event.onset)
        place = self.bars.place(bar, event.onset)
        state.events.append(event)
        state.shape[bar] = (*state.shape.get(bar, ()), (place, event.length, bool(event.pitches)))
        state.tones[bar, place] = event.pitches
        state.cursor = event.end
        if event.pitches:
            state.onsets.append(event.onset)
            anchor, shape = self.split(line, event.pitches)
            state.tops.append(event.pitches[self.side(line)])
            state.shapes.append(shape)
            state.past.append(anchor)
        else:
            state.past.append("rest")

    def sounding(self, line: int, tick: int) -> tuple[int, ...]:
        """Pitches of a line that has already chosen for this tick; () for rests and for lines yet to choose."""
        state = self.lines[line]
        if state.cursor <= tick or not state.events:
            return ()
        event = state.events[-1]
        if not event.pitches or event.onset + max(event.durations) <= tick:
            return ()
        return event.pitches

    def _past(self, state: LineState) -> list[Hashable]:
        recent = state.past[: -_PAST - 1 : -1]
        return [*recent, *["start"] * (_PAST - len(recent))]

    def _ahead(self, line: int, tick: int) -> tuple[int, ...]:
        """How far the lines that have chosen for this tick are ahead, in order of rank; rests count as 0."""
        return tuple(
            (self.lines[i].cursor - tick if self.sounding(i, tick) else 0)
            for i in self.order
            if i != line and self.lines[i].cursor > tick
        )

    def _sounding(self, line: int, tick: int) -> tuple[Hashable, tuple[int, ...]]:
        """The leading other line's (lowest, highest) note now, and all pitches of other lines now, no drums."""
        now = [self.sounding(i, tick) for i in self.order if i != line and not self.is_drum[i]]
        heard = [p for p in now if p]
        lead = (heard[0][0], heard[1][-1] % 12 if len(heard) > 1 else -1) if heard else None
        return lead, tuple(sorted({p for pitches in heard for p in pitches}))
