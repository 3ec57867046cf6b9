"""Chords as a plan: before any line is written, a progression is drawn for the whole piece, beat by beat.

Lines that choose one after another cannot agree on where the harmony goes; a progression known to all of them
can, and it brings cadences and phrase ends along, since it is learned with the place in the form.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from itertools import groupby

from fewnotes.engines.markov.prediction.ppm import Floats
from fewnotes.engines.markov.prediction.predictor import Predictor
from fewnotes.engines.markov.reading.form import Plan
from fewnotes.engines.markov.reading.lines import TICKS, Bars
from fewnotes.music.harmony import chords
from fewnotes.music.piece import Meter, Piece
from fewnotes.music.time import beat_length_tick

#: Root as pitch class, and kind of third and fifth.
Label = tuple[int, str]
#: (tick, chord from there on), in order.
Progression = tuple[tuple[int, Label], ...]

_KINDS = {
    "dominant seventh": "major", "major seventh": "major", "minor seventh": "minor",
    "half-diminished seventh": "diminished", "diminished seventh": "diminished",
}  # fmt: skip
_PAST = 6


def progression_of(piece: Piece, shift: int) -> Progression:
    """The chord of every beat that sounds, moved by `shift` semitones; sevenths count as their triads."""
    scale = TICKS / piece.ticks_per_quarter
    return tuple(
        (round(c.onset_tick * scale), ((c.root + shift) % 12, _KINDS.get(c.quality, c.quality))) for c in chords(piece)
    )


def beats_of(bars: Bars, bar: int) -> list[int]:
    """Onsets of the beats of a bar, counted back from the next barline in a pickup."""
    start, stop = bars.starts[bar], bars.starts[bar + 1]
    beat = round(beat_length_tick(Meter(0, *bars.meter[bar]), TICKS))
    if bars.pickup and bar == 0:
        return [t for t in range(stop - beat * ((stop - start) // beat + 1), stop, beat) if t >= start] or [start]
    return list(range(start, stop, beat))


class Progressions:
    """What chord follows what, where in the bar and in the form."""

    def __init__(self) -> None:
        self.predictor = Predictor()
        #: For how many beats a chord holds at most.
        self.longest: dict[Label, int] = {}

    def learn(
        self, bars: Bars, progression: Progression, phase: Callable[[int], Hashable], meter: tuple[int, int]
    ) -> None:
        labels = dict(progression)
        past: list[Label] = []
        for bar in range(len(bars.starts) - 1):
            for tick in beats_of(bars, bar):
                label = labels.get(tick)
                if label is None:
                    continue
                if bars.meter[bar] == meter:
                    self.predictor.add(_facts(bars.place(bar, tick), phase(bar), past), label)
                past.append(label)
        for label, held in groupby(past):
            self.longest[label] = max(self.longest.get(label, 1), len(list(held)))

    def draw(
        self,
        bars: Bars,
        phase: Callable[[int], Hashable],
        plan: Plan,
        close: Sequence[Label],
        pick: Callable[[Floats], int],
    ) -> Progression:
        """A progression over all beats; bars that return have the chords they had; the last chords are `close`."""
        found: dict[int, Label] = {}
        past: list[Label] = []
        if not len(self.predictor.alphabet):
            return ()
        first = 1 if bars.pickup else 0
        count = len(bars.starts) - 1
        for bar in range(count):
            entry = plan[bar - first] if bar >= first else None
            for number, tick in enumerate(beats_of(bars, bar)):
                offset = tick - bars.starts[bar]
                label: Label | None = None
                if bar == count - 1 and close:
                    label = close[min(number, len(close) - 1)]
                elif entry is not None:
                    label = found.get(bars.starts[entry.bar + first] + offset)
                if label is None:
                    odds = self.predictor.predict(_facts(bars.place(bar, tick), phase(bar), past))
                    label = self.predictor.alphabet.values[pick(self._moving(odds, past))]  # type: ignore[assignment]
                assert label is not None
                found[tick] = label
                past.append(label)
        return tuple(sorted(found.items()))

    def _moving(self, odds: Floats, past: Sequence[Label]) -> Floats:
        """Odds without the present chord, once it has held as long as it ever does."""
        run = next((i for i, label in enumerate(reversed(past)) if label != past[-1]), len(past))
        if not past or run < self.longest.get(past[-1], 1):
            return odds
        moving = odds.copy()
        moving[self.predictor.alphabet.get(past[-1])] = 0.0
        return moving if moving.sum() > 0 else odds


def closing_labels(bars: Bars, progression: Progression) -> list[Label]:
    """The chords on the beats of the last bar of a piece; a beat without sound keeps the chord before."""
    labels = dict(progression)
    found: list[Label] = []
    for tick in beats_of(bars, len(bars.starts) - 2):
        if tick in labels:
            found.append(labels[tick])
        elif found:
            found.append(found[-1])
    return found


def _facts(place: int, phase: Hashable, past: Sequence[Label]) -> tuple[tuple[Hashable, ...], ...]:
    recent: list[Hashable] = [*past[: -_PAST - 1 : -1], *["start"] * max(0, _PAST - len(past))]
    ending = phase if isinstance(phase, tuple) and phase[0] == "end" else None
    return (
        (recent[0], place, recent[1], recent[2], phase, *recent[3:]),
        (ending, place, recent[0], phase, recent[1]),
    )
