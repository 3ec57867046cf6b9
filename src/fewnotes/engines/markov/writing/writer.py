"""Writing one new piece: line by line through time, each event drawn from what the viewpoints expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fewnotes.engines import ComposeRequest
from fewnotes.engines.markov.prediction.ppm import Floats, Ints
from fewnotes.engines.markov.reading.facts import Moment
from fewnotes.engines.markov.reading.form import Plan, Return, repeated_share, stretch
from fewnotes.engines.markov.reading.grid import WHOLE, divisions
from fewnotes.engines.markov.reading.lines import REST, TICKS, Bars, Event, Rhythm
from fewnotes.engines.markov.reading.model import LineModel, Model, rhythm_of
from fewnotes.engines.markov.reading.progression import Label, closing_labels
from fewnotes.engines.markov.writing.rules import Rules
from fewnotes.engines.markov.writing.texture import draw_texture
from fewnotes.music.guard import HARD, SOFT, Guard, Watcher

#: How the note and the step to it count; on seven held-out styles 0.1 to 0.6 bits better than the note alone.
_NOTE_POWER = 0.8
_STEP_POWER = 0.5
_CLOSING_BARS = 2
_CLOSING_WEIGHT = 3.0
#: Pieces with more bars than this share of mixed division may mix.
_MIXED = 0.25
_NUCLEUS = 0.95
_FLOOR = 0.02


@dataclass
class Script:
    """Events that a line is to take over from an earlier bar, nearest last; exact: with their pitches."""

    events: list[Event] = field(default_factory=list)
    exact: bool = True


class Writer:
    """Writes one piece. All randomness comes from `rng`. sharpness: 1 draws by the learned odds, more is safer."""

    def __init__(
        self, model: Model, guard: Guard, request: ComposeRequest, rng: np.random.Generator, sharpness: float = 1.0
    ) -> None:
        self.sharpness = sharpness
        self.model = model
        self.rng = rng
        self.temperature = request.temperature
        self.bars = _bars(model, request.bars)
        drums = [p.is_drum for p in model.shelf.layout.parts]
        self.moment = Moment(self.bars, model.order, drums)
        self.rules = Rules(model, request)
        self.plan = self._choose_plan(request.bars)
        self.watchers = [None if d else Watcher(guard) for d in drums]
        self.scripts = [Script() for _ in drums]
        self._ready = [-1 for _ in drums]
        self._closing_chords: list[Label] = []
        self._ending = self._choose_ending()
        if model.chords is not None:
            chords = model.chords.draw(self.bars, self.moment.phase, self.plan, self._closing_chords, self._draw)
            self.moment.plan_chords(chords)
        self._tilt = _tilt(model, request.density)
        #: By bar, the division of the beat that it is written in.
        self._division: dict[int, int] = {}
        self._texture = draw_texture(model, request.bars, rng)
        self._places: list[dict[int, np.ndarray]] = [{} for _ in drums]
        self._lengths = [
            np.asarray([rhythm_of(line, s).length for s in range(len(line.rhythm.alphabet))], np.int64)
            for line in model.lines
        ]
        self._sounding = [
            np.asarray([bool(rhythm_of(line, s).durations) for s in range(len(line.rhythm.alphabet))], bool)
            for line in model.lines
        ]

    def write(self, tick_done: Callable[[int], None]) -> Moment:
        end = self.bars.starts[-1]
        for state, line in zip(self.moment.lines, self.model.lines, strict=True):
            if not len(line.rhythm.alphabet) or not len(line.anchor.alphabet):
                state.cursor = end
        while True:
            number = self.moment.next_line()
            tick = self.moment.lines[number].cursor
            if tick >= end:
                break
            tick_done(self.moment.bar_at(tick))
            self._step(number, tick)
        return self.moment

    def _step(self, number: int, tick: int) -> None:
        line = self.model.lines[number]
        bar = self.moment.bar_at(tick)
        if tick == self.bars.starts[bar] and self._ready[number] != bar:
            self._ready[number] = bar
            self.scripts[number] = self._script(number, bar)
        given = self._given(number, tick)
        rhythm = given.rhythm if given is not None else self._draw_rhythm(number, line, tick)
        pitches: tuple[int, ...] = REST
        if rhythm.durations:
            if given is not None and self.scripts[number].exact and self._may_copy(number, given, tick):
                pitches = given.pitches
            else:
                pitches = self._draw_pitches(number, rhythm, tick)
        durations = rhythm.durations if len(rhythm.durations) in (1, len(pitches)) else rhythm.durations[:1]
        self.moment.push(number, Event(tick, rhythm.length, durations if pitches else REST, pitches))
        watcher = self.watchers[number]
        if watcher is not None and pitches:
            watcher.push(tick, pitches[self.moment.side(number)])

    # --- what comes again -----------------------------------------------------------------------------------------

    def _choose_plan(self, count: int) -> Plan:
        """The form of one of the pieces, of those that repeat as many bars as the middle one or more."""
        plans = [p for p in self.model.plans if len(p) >= min(count, 8)] or self.model.plans
        forms = sorted((stretch(p, count) for p in plans), key=repeated_share)[len(plans) // 2 :]
        return forms[int(self.rng.integers(len(forms)))] if forms else (None,) * count

    def _script(self, number: int, bar: int) -> Script:
        count = len(self.bars.starts) - 1
        if bar == count - 1 and self._ending is not None:
            events = self._ending[number]
            return Script(list(reversed(events)), exact=False)
        first = 1 if self.bars.pickup else 0
        entry: Return | None = self.plan[bar - first] if bar >= first else None
        if entry is None:
            return Script()
        start, stop = self.bars.starts[entry.bar + first], self.bars.starts[entry.bar + first + 1]
        events = [e for e in self.moment.lines[number].events if start <= e.onset < stop]
        if not events or events[0].onset != start:
            return Script()
        if not any(e.pitches for e in events) and self._sounds(number, bar):
            return Script()
        return Script([e._replace(onset=e.onset - start) for e in reversed(events)], entry.exact)

    def _given(self, number: int, tick: int) -> Event | None:
        """The next event of the line's script if it still fits; a script that does not fit is dropped."""
        script = self.scripts[number]
        if not script.events:
            return None
        event = script.events.pop()
        bar = self.moment.bar_at(tick)
        if event.onset != tick - self.bars.starts[bar] or tick + event.length > self.bars.starts[-1]:
            script.events.clear()
            return None
        return event

    def _may_copy(self, number: int, event: Event, tick: int) -> bool:
        watcher = self.watchers[number]
        if watcher is None or watcher.last is None:
            return True
        step = event.pitches[self.moment.side(number)] - watcher.last
        return step not in watcher.forbidden(tick, HARD) and abs(step) <= self.model.lines[number].leap

    def _choose_ending(self) -> list[list[Event]] | None:
        """The last bar of one piece, line by line, for its rhythm and, if it closes as most do, for its chords."""
        fit = [v for v in self.model.shelf.pieces if v.bars.meter and v.bars.meter[-1] == self.model.shelf.meter]
        best = self.rules.endings(fit)
        if not best:
            return None
        voiced = best[int(self.rng.integers(len(best)))]
        # Where the pieces in this meter close otherwise than most, the closing chord comes from one of the others.
        closers = self.rules.endings(self.model.shelf.pieces)
        closer = voiced if voiced in closers or not closers else closers[int(self.rng.integers(len(closers)))]
        self.rules.close_like(closer)
        self._closing_chords = closing_labels(closer.bars, closer.harmony)
        start = voiced.bars.starts[-2]
        if voiced.bars.starts[-1] - start != self.bars.starts[-1] - self.bars.starts[-2]:
            return None
        found = [[e._replace(onset=e.onset - start) for e in events if e.onset >= start] for events in voiced.lines]
        return found if any(e.pitches for events in found for e in events) else None

    # --- drawing --------------------------------------------------------------------------------------------------

    def _draw_rhythm(self, number: int, line: LineModel, tick: int) -> Rhythm:
        bar = self.moment.bar_at(tick)
        place = self.bars.place(bar, tick)
        stop = self.bars.starts[bar + 1]
        allowed = self._at_place(number, line, place) & (tick + self._lengths[number] <= self.bars.starts[-1])
        if not any(sounds for _, _, sounds in self.moment.lines[number].shape.get(bar, ())):
            if not self._sounds(number, bar):
                return Rhythm(stop - tick, REST)
            # A bar in which the line should sound is not rested through.
            begun = allowed & (self._sounding[number] | (tick + self._lengths[number] < stop))
            allowed = begun if begun.any() else allowed
        if not allowed.any():
            return Rhythm(stop - tick, REST)
        ends = place + self._lengths[number]
        same = allowed & self._in_division(bar, ends, self.bars.place(bar, stop))
        allowed = same if same.any() else allowed
        odds = line.rhythm.predict(self.moment.rhythm_facts(number)) * allowed * self._tilt[number]
        drawn = rhythm_of(line, self._draw(odds))
        division = int(divisions(np.asarray([place + drawn.length]))[0])
        if tick + drawn.length < stop and division != WHOLE:
            self._division.setdefault(bar, division)
        return drawn

    def _in_division(self, bar: int, ends: Ints, full: int) -> np.ndarray:
        """Which ends of events keep to the division of the beat in which the bar has begun, where pieces do."""
        begun = self._division.get(bar)
        if begun is None or self.model.mixed > _MIXED:
            return np.ones(len(ends), bool)
        kinds = divisions(ends)
        return np.asarray((ends >= full) | (kinds == WHOLE) | (kinds == begun))

    def _sounds(self, number: int, bar: int) -> bool:
        """Should the line sound in this bar? In a pickup each may as it likes."""
        first = 1 if self.bars.pickup else 0
        return bar < first or bool(self._texture[number, bar - first])

    def _at_place(self, number: int, line: LineModel, place: int) -> np.ndarray:
        """Which rhythms the line has had at this place of the bar."""
        found = self._places[number].get(place)
        if found is None:
            found = np.zeros(len(line.rhythm.alphabet), bool)
            found[[s for p, s in line.places if p == place]] = True
            self._places[number][place] = found
        return found

    def _draw_pitches(self, number: int, rhythm: Rhythm, tick: int) -> tuple[int, ...]:
        """The leading note first, then what goes with it."""
        line = self.model.lines[number]
        learned = self._expected(number, rhythm, tick) * self.rules.anchor_fits(number)
        final = tick + rhythm.length >= self.bars.starts[-1] or self._is_last(number)
        odds = self.rules.close_anchor(number, learned) if final else learned
        odds = self._unlike(number, odds * self.rules.taste(number, self.moment, tick, rhythm.length), tick)
        if odds.sum() <= 0:
            odds = self._unlike(number, learned, tick)
        if odds.sum() <= 0:
            return REST
        anchor = line.anchor.alphabet.values[self._draw(odds)]
        if not isinstance(anchor, int):
            assert isinstance(anchor, tuple)
            return anchor
        if len(line.shape.alphabet) < 2:
            return (anchor,)
        odds = line.shape.predict(self.moment.shape_facts(number, rhythm, anchor))
        odds = odds * self.rules.shape_fits(number, anchor, rhythm)
        odds = self.rules.close_shape(number, anchor, odds) if final else odds
        odds = odds * self.rules.shape_taste(number, anchor, self.moment, tick)
        if odds.sum() <= 0:
            return (anchor,)
        shape = line.shape.alphabet.values[self._draw(odds)]
        assert isinstance(shape, tuple)
        return tuple(sorted((anchor, *(anchor + d for d in shape))))

    def _expected(self, number: int, rhythm: Rhythm, tick: int) -> Floats:
        """What the viewpoints of the note and those of the step to it expect, joined."""
        line = self.model.lines[number]
        odds = line.anchor.predict(self.moment.anchor_facts(number, rhythm), self._emphasis(tick))
        facts = self.moment.motion_facts(number, rhythm)
        if not facts:
            return odds
        motion = line.motion.predict(facts)
        steps = (self.rules.anchors[number] - self.moment.lines[number].tops[-1]).tolist()
        known = [line.motion.alphabet.get(step) for step in steps]
        towards = np.array([motion[k] if k >= 0 else 0.5 * motion.min() for k in known])
        joined = odds**_NOTE_POWER * towards**_STEP_POWER
        return np.asarray(joined / joined.sum())

    def _emphasis(self, tick: int) -> tuple[float, ...]:
        """Towards the end, the viewpoint that begins with the place before the end counts for more."""
        near = len(self.bars.starts) - 2 - self.moment.bar_at(tick) < _CLOSING_BARS
        return (1.0, _CLOSING_WEIGHT, 1.0, 1.0) if near else ()

    def _is_last(self, number: int) -> bool:
        """In a closing bar taken for its rhythm: is no sounding event left in the script?"""
        bar = len(self.bars.starts) - 2
        script = self.scripts[number]
        closing = self._ready[number] == bar and self._ending is not None and not script.exact
        return closing and not any(e.pitches for e in script.events)

    def _unlike(self, number: int, odds: Floats, tick: int) -> Floats:
        """Take out what would carry on a copied run too far."""
        watcher = self.watchers[number]
        if watcher is None or watcher.last is None:
            return odds
        step = self.rules.anchors[number] - watcher.last
        for bounds, needed in ((SOFT, 0.02), (HARD, 0.0)):
            forbidden = watcher.forbidden(tick, bounds)
            free = odds * ~np.isin(step, list(forbidden)) if forbidden else odds
            if free.sum() > needed * odds.sum():
                return free
        return np.zeros_like(odds)

    def _draw(self, odds: Floats) -> int:
        """One index by temperature and nucleus; what is far less likely than the best is never taken."""
        scaled = (odds / odds.max()) ** (self.sharpness / max(self.temperature, 0.05))
        scaled[scaled < _FLOOR] = 0.0
        order = np.argsort(-scaled, kind="stable")
        running = np.cumsum(scaled[order])
        keep = order[: int(np.searchsorted(running, _NUCLEUS * running[-1])) + 1]
        chance = scaled[keep] / scaled[keep].sum()
        return int(keep[min(int(np.searchsorted(np.cumsum(chance), self.rng.random())), len(keep) - 1)])


def _bars(model: Model, count: int) -> Bars:
    shelf = model.shelf
    length = shelf.bar_ticks
    pickup = shelf.pickup if shelf.pickup < length else 0
    starts = [0, *[pickup + i * length for i in range(count + 1)]] if pickup else [i * length for i in range(count + 1)]
    return Bars(tuple(starts), (shelf.meter,) * (len(starts) - 1), length, pickup)


def _tilt(model: Model, density: float | None) -> list[Floats]:
    """Factors on rhythms that make notes more or less frequent than the support set has them."""
    ones = [np.ones(len(line.rhythm.alphabet)) for line in model.lines]
    if density is None:
        return ones
    quarters = sum((v.bars.starts[-1]) / TICKS for v in model.shelf.pieces if v.in_mode)
    usual = sum(line.notes for line in model.lines) / max(1.0, quarters)
    power = float(np.clip(1.5 * np.log2(max(density, 0.01) / max(usual, 0.01)), -4, 4))
    for factors, line in zip(ones, model.lines, strict=True):
        for symbol, value in enumerate(line.rhythm.alphabet.values):
            assert isinstance(value, Rhythm)
            notes = len(value.durations) if value.durations else 0.5
            factors[symbol] = (notes * TICKS / value.length) ** power
    return ones
