"""What is learned from a shelf: the viewpoints of every line, and the bounds within which it moves."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.markov.prediction.ppm import Floats, Ints
from fewnotes.engines.markov.prediction.predictor import Predictor
from fewnotes.engines.markov.reading.facts import Moment
from fewnotes.engines.markov.reading.form import Plan, plan_of
from fewnotes.engines.markov.reading.grid import mixed_share
from fewnotes.engines.markov.reading.lines import Event, Rhythm, Voiced
from fewnotes.engines.markov.reading.progression import Progressions
from fewnotes.engines.markov.reading.shelf import Shelf, line_order, line_ranges
from fewnotes.music.piece import Piece

#: Events read in all; a string quartet has some 2,000 a movement.
READ_EVENTS = 12_000
#: A line that strikes equally many notes at so large a share of its events keeps to that number.
_CONSTANT = 0.8
#: Moves of a line by size in semitones: the same note, steps, small leaps, leaps up to the octave, more.
MOVES = (1, 3, 8, 13)


@dataclass
class LineModel:
    """A line's predictors and bounds.

    anchor: the leading note of an event (for drums all of them). shape: the other notes as distances from it.
    motion: the step to the anchor. leap: largest step of the anchor. places: (place, rhythm) seen.
    finals: (pitch class of the anchor, shape) of closing events. repeats: how often the leading note stays, of how
    many, by (place, length). longest_run: events on one leading note in a row. moves: share of the steps of the
    leading note that are of each of `MOVES`. voices: notes of nearly every event, 0 where that varies.
    velocity: by place in the bar.
    """

    rhythm: Predictor = field(default_factory=Predictor)
    anchor: Predictor = field(default_factory=Predictor)
    shape: Predictor = field(default_factory=Predictor)
    motion: Predictor = field(default_factory=Predictor)
    lowest: int = 0
    highest: int = 127
    leap: int = 12
    places: set[tuple[int, int]] = field(default_factory=set)
    finals: set[tuple[int, tuple[int, ...]]] = field(default_factory=set)
    repeats: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    longest_run: int = 1
    moves: Floats = field(default_factory=lambda: np.zeros(len(MOVES) + 1))
    voices: int = 0
    velocity: dict[int, int] = field(default_factory=dict)
    loudness: int = 80
    notes: int = 0


@dataclass
class Model:
    """All that was read: the lines in order of choosing, and how they sound together."""

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
    #: How the bars of each piece in the meter written relate.
    plans: list[Plan] = field(default_factory=list)
    #: Share of divided bars that hold two divisions of the beat, mean of the pieces.
    mixed: float = 1.0
    #: None where one line sings alone.
    chords: Progressions | None = None


def make_model(
    support: Sequence[Piece], shelf: Shelf, progress: Progress = no_progress, *, bounds_only: bool = False
) -> Model:
    """Read every piece of the shelf event by event into the viewpoints of its lines.

    Of very long pieces the beginning and the end are read, `READ_EVENTS` events in all. bounds_only: leave the
    viewpoints empty, for those who only want ranges.
    """
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
    if not bounds_only:
        model.mixed = float(np.mean([mixed_share(v) for v in shelf.pieces]))
        model.plans = [plan_of(v) for v in shelf.pieces if shelf.meter in v.bars.meter]
    if any(v.harmony for v in shelf.pieces):
        model.chords = Progressions()
    share = events_read(len(shelf.pieces))
    for done, voiced in enumerate(() if bounds_only else shelf.pieces):
        _read(model, voiced, share)
        progress(done + 1, len(shelf.pieces), "reading the style")
    for line in model.lines:
        line.rhythm.freeze()
        line.anchor.freeze()
        line.shape.freeze()
        line.motion.freeze()
    if model.chords is not None:
        model.chords.predictor.freeze()
    total = np.maximum(model.together.sum(axis=2, keepdims=True), 1.0)
    model.crossing /= total[:, :, 0]
    model.together /= total
    model.tones = {chord: tones / tones.sum() for chord, tones in model.tones.items()}
    model.parallels /= np.maximum(model.perfects, 1.0)
    return model


def events_read(pieces: int) -> int:
    """How many events are read of each of so many pieces: two thirds from its beginning, one third up to its end."""
    return max(READ_EVENTS // max(1, pieces), 500)


def _read(model: Model, voiced: Voiced, share: int) -> None:
    parts = model.shelf.layout.parts
    moment = Moment(voiced.bars, model.order, [p.is_drum for p in parts], voiced.harmony)
    if model.chords is not None and voiced.in_mode:
        model.chords.learn(voiced.bars, voiced.harmony, moment.phase, model.shelf.meter)
    queue = [list(reversed(events)) for events in voiced.lines]
    end = voiced.bars.starts[-1]
    for i, state in enumerate(moment.lines):
        if not queue[i]:
            state.cursor = end
    count, total = 0, sum(len(events) for events in voiced.lines)
    while True:
        i = moment.next_line()
        state, line = moment.lines[i], model.lines[i]
        if state.cursor >= end or not queue[i]:
            if all(s.cursor >= end or not queue[k] for k, s in enumerate(moment.lines)):
                return
            state.cursor = end
            continue
        event = queue[i].pop()
        count += 1
        if share * 2 // 3 < count < total - share // 3:
            moment.push(i, event)
            continue
        bar = moment.bar_at(event.onset)
        place = voiced.bars.place(bar, event.onset)
        if voiced.bars.meter[bar] == model.shelf.meter:
            line.rhythm.add(moment.rhythm_facts(i), event.rhythm)
            line.places.add((place, line.rhythm.alphabet.get(event.rhythm)))
        if event.pitches and voiced.in_mode:
            anchor, shape = moment.split(i, event.pitches)
            _repetition(line, moment, i, (place, event.length), anchor)
            line.motion.add(moment.motion_facts(i, event.rhythm), step_of(moment, i, anchor))
            line.anchor.add(moment.anchor_facts(i, event.rhythm), anchor)
            if isinstance(anchor, int):
                line.shape.add(moment.shape_facts(i, event.rhythm, anchor), shape)
            if isinstance(anchor, int):
                tones = model.tones.setdefault(moment.chord(event.onset)[0], np.zeros(12))
                for pitch in event.pitches:
                    tones[pitch % 12] += 1
            _vertical(model, moment, i, event)
        moment.push(i, event)


def _repetition(line: LineModel, moment: Moment, number: int, where: tuple[int, int], anchor: object) -> None:
    if moment.lines[number].tops:
        same, total = line.repeats.get(where, (0, 0))
        line.repeats[where] = (same + (step_of(moment, number, anchor) == 0), total + 1)


def step_of(moment: Moment, line: int, anchor: object) -> int:
    """Semitones from the last leading note of a line; 0 where there is none."""
    tops = moment.lines[line].tops
    return anchor - tops[-1] if isinstance(anchor, int) and tops else 0


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


def kinds_of_moves(steps: Ints) -> Ints:
    """Which of `MOVES` each step is, 0 to 4."""
    return np.searchsorted(np.asarray(MOVES), np.abs(steps), side="right")


def _bounds(model: Model, line: LineModel, number: int) -> None:
    """Largest step, finals, and loudness of a line."""
    side = 0 if model.order[0] == number and len(model.order) > 1 else -1
    steps: list[int] = []
    sizes: Counter[int] = Counter()
    loud: dict[int, list[int]] = {}
    for voiced in model.shelf.pieces:
        sounding = [e for e in voiced.lines[number] if e.pitches]
        tops = [e.pitches[side] for e in sounding]
        steps += [abs(b - a) for a, b in itertools.pairwise(tops)]
        if sounding and voiced.in_mode:
            last = sounding[-1].pitches
            line.finals.add((last[side] % 12, tuple(p - last[side] for p in last if p != last[side])))
        inside = np.searchsorted(np.asarray(voiced.bars.starts), [e.onset for e in sounding], side="right") - 1
        for e, bar in zip(sounding, np.minimum(inside, len(voiced.bars.meter) - 1).tolist(), strict=True):
            loud.setdefault(voiced.bars.place(bar, e.onset), []).append(e.velocity)
        line.notes += sum(len(e.pitches) for e in sounding) if voiced.in_mode else 0
        line.longest_run = max([line.longest_run, *(len(list(same)) for _, same in itertools.groupby(tops))])
        sizes.update(len(e.pitches) for e in sounding)
    line.leap = int(np.quantile(steps, 0.995)) if steps else 12
    line.moves = np.bincount(kinds_of_moves(np.asarray(steps, np.int64)), minlength=len(MOVES) + 1) / max(1, len(steps))
    most, often = max(sizes.items(), key=lambda item: item[1], default=(0, 0))
    line.voices = most if often >= _CONSTANT * sizes.total() else 0
    line.velocity = {place: round(float(np.mean(v))) for place, v in loud.items() if len(v) >= 3}
    everything = [x for v in loud.values() for x in v]
    line.loudness = round(float(np.median(everything))) if everything else 80


def rhythm_of(line: LineModel, symbol: int) -> Rhythm:
    value = line.rhythm.alphabet.values[symbol]
    assert isinstance(value, Rhythm)
    return value
