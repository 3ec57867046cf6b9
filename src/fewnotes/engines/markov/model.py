"""What is learned from a shelf: the viewpoints of every line, and the bounds within which it moves."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.markov.facts import Moment
from fewnotes.engines.markov.lines import Event, Rhythm, Voiced
from fewnotes.engines.markov.ppm import Floats
from fewnotes.engines.markov.predictor import Predictor
from fewnotes.engines.markov.progression import Progressions
from fewnotes.engines.markov.shelf import Shelf, line_order, line_ranges
from fewnotes.music.piece import Piece

@dataclass
class LineModel:
    """A line's predictors and bounds.

    anchor: the leading note of an event (for drums all of them). shape: the other notes as distances from it.
    leap: largest step of the anchor. places: (place, rhythm) seen. finals: (pitch class of the anchor, shape) of
    closing events. velocity: by place in the bar.
    """

    rhythm: Predictor = field(default_factory=Predictor)
    anchor: Predictor = field(default_factory=Predictor)
    shape: Predictor = field(default_factory=Predictor)
    lowest: int = 0
    highest: int = 127
    leap: int = 12
    places: set[tuple[int, int]] = field(default_factory=set)
    finals: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)
    velocity: dict[int, int] = field(default_factory=dict)
    loudness: int = 80
    notes: int = 0


@dataclass
class Model:
    shelf: Shelf
    order: list[int]
    lines: list[LineModel]
    #: [line, line, interval modulo 12]: share of moments in which two lines sound at that distance.
    together: Floats
    #: [line, line]: share of those moments in which the first is above the second.
    crossing: Floats
    #: [line, line]: how often a fifth or octave is followed by another one in the same direction.
    parallels: Floats
    perfects: Floats
    #: How often each pitch class begins while a chord holds, by chord: shape (12,).
    tones: dict[Hashable, Floats] = field(default_factory=dict)
    #: None where one line sings alone.
    chords: Progressions | None = None

    def rewind(self) -> None:
        for line in self.lines:
            line.rhythm.rewind()
            line.anchor.rewind()
            line.shape.rewind()


def make_model(support: Sequence[Piece], shelf: Shelf, progress: Progress = no_progress) -> Model:
    """Read every piece of the shelf event by event into the viewpoints of its lines."""
    count = len(shelf.layout.parts)
    order = line_order(shelf)
    model = Model(
        shelf,
        order,
        [LineModel() for _ in range(count)],
        np.zeros((count, count, 12)),
        np.zeros((count, count)),
        np.zeros((count, count)),
        np.zeros((count, count)),
    )
    for number, (line, bounds) in enumerate(zip(model.lines, line_ranges(support, shelf), strict=True)):
        line.lowest, line.highest = bounds
        _bounds(model, line, number)
    if any(v.harmony for v in shelf.pieces):
        model.chords = Progressions()
    for done, voiced in enumerate(shelf.pieces):
        _read(model, voiced)
        progress(done + 1, len(shelf.pieces), "reading the style")
    for line in model.lines:
        line.rhythm.freeze()
        line.anchor.freeze()
        line.shape.freeze()
    if model.chords is not None:
        model.chords.predictor.freeze()
    total = np.maximum(model.together.sum(axis=2, keepdims=True), 1.0)
    model.crossing /= total[:, :, 0]
    model.together /= total
    model.tones = {chord: tones / tones.sum() for chord, tones in model.tones.items()}
    model.parallels /= np.maximum(model.perfects, 1.0)
    return model



def _read(model: Model, voiced: Voiced) -> None:
    parts = model.shelf.layout.parts
    moment = Moment(voiced.bars, model.order, [p.is_drum for p in parts], voiced.harmony)
    if model.chords is not None and voiced.in_mode:
        model.chords.learn(voiced.bars, voiced.harmony, moment.phase, model.shelf.meter)
    queue = [list(reversed(events)) for events in voiced.lines]
    end = voiced.bars.starts[-1]
    for i, state in enumerate(moment.lines):
        if not queue[i]:
            state.cursor = end
    while True:
        i = moment.next_line()
        state, line = moment.lines[i], model.lines[i]
        if state.cursor >= end or not queue[i]:
            if all(s.cursor >= end or not queue[k] for k, s in enumerate(moment.lines)):
                return
            state.cursor = end
            continue
        event = queue[i].pop()
        bar = moment.bar_at(event.onset)
        if voiced.bars.meter[bar] == model.shelf.meter:
            line.rhythm.add(moment.rhythm_facts(i), event.rhythm)
            place = voiced.bars.place(bar, event.onset)
            line.places.add((place, line.rhythm.alphabet.get(event.rhythm)))
        if event.pitches and voiced.in_mode:
            anchor, shape = moment.split(i, event.pitches)
            line.anchor.add(moment.anchor_facts(i, event.rhythm), anchor)
            if isinstance(anchor, int):
                line.shape.add(moment.shape_facts(i, event.rhythm, anchor), shape)
            line.notes += len(event.pitches)
            if isinstance(anchor, int):
                tones = model.tones.setdefault(moment.chord(event.onset)[0], np.zeros(12))
                for pitch in event.pitches:
                    tones[pitch % 12] += 1
            _vertical(model, moment, i, event)
        moment.push(i, event)


def _vertical(model: Model, moment: Moment, line: int, event: Event) -> None:
    """Count at what distances, and on which side, the top notes of two lines sound when a note begins."""
    if moment.is_drum[line]:
        return
    for other in range(len(moment.lines)):
        if other == line or moment.is_drum[other]:
            continue
        heard = moment.sounding(other, event.onset)
        if heard:
            for a in event.pitches:
                for b in heard:
                    model.together[line, other, (a - b) % 12] += 1
            if event.pitches[moment.side(line)] > heard[moment.side(other)]:
                model.crossing[line, other] += len(event.pitches) * len(heard)
            _parallels(model, moment, line, other, event)


def _parallels(model: Model, moment: Moment, line: int, other: int, event: Event) -> None:
    mine, theirs = moment.lines[line], moment.lines[other]
    if not mine.tops or len(theirs.tops) < 2 or theirs.onsets[-1] != event.onset:
        return
    was, now = mine.tops[-1] - theirs.tops[-2], event.pitches[moment.side(line)] - theirs.tops[-1]
    if was % 12 in (0, 7) and event.pitches[moment.side(line)] != mine.tops[-1]:
        model.perfects[line, other] += 1
        model.parallels[line, other] += was == now


def _bounds(model: Model, line: LineModel, number: int) -> None:
    """Largest step, finals, and loudness of a line."""
    side = 0 if model.order[0] == number and len(model.order) > 1 else -1
    steps: list[int] = []
    loud: dict[int, list[int]] = {}
    for voiced in model.shelf.pieces:
        sounding = [e for e in voiced.lines[number] if e.pitches]
        tops = [e.pitches[side] for e in sounding]
        steps += [abs(b - a) for a, b in zip(tops[:-1], tops[1:], strict=True)]
        if sounding and voiced.in_mode:
            last = sounding[-1].pitches
            line.finals.add((last[side] % 12, tuple(p - last[side] for p in last if p != last[side])))
        for e in sounding:
            bar = int(np.searchsorted(voiced.bars.starts, e.onset, side="right")) - 1
            loud.setdefault(voiced.bars.place(min(bar, len(voiced.bars.meter) - 1), e.onset), []).append(e.velocity)
    line.leap = int(np.quantile(steps, 0.995)) if steps else 12
    line.velocity = {place: round(float(np.mean(v))) for place, v in loud.items() if len(v) >= 3}
    everything = [x for v in loud.values() for x in v]
    line.loudness = round(float(np.median(everything))) if everything else 80


def rhythm_of(line: LineModel, symbol: int) -> Rhythm:
    value = line.rhythm.alphabet.values[symbol]
    assert isinstance(value, Rhythm)
    return value
