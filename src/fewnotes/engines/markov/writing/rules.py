"""Bounds and manners of lines, all read off the support set: range, leaps, closing notes, how lines sound together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from fewnotes.engines import ComposeRequest
from fewnotes.engines.markov.prediction.ppm import Floats, Ints
from fewnotes.engines.markov.reading.facts import Moment
from fewnotes.engines.markov.reading.lines import Rhythm, Voiced
from fewnotes.engines.markov.reading.model import LineModel, Model, kinds_of_moves

#: A distance between two lines that is heard in fewer than this share of moments is avoided in proportion.
_USUAL_INTERVAL = 0.04
_LEAST_TASTE = 0.02
#: Likewise for a pitch class in a chord.
_USUAL_TONE = 0.04
_USUAL_REPEAT = 0.25
_MOVES_HEARD = 48
_RARE_CROSSING = 0.03
_PARALLEL = 0.1


class Rules:
    """Factors on the odds of the pitch values of each line."""

    def __init__(self, model: Model, request: ComposeRequest) -> None:
        self.model = model
        self.is_drum = [p.is_drum for p in model.shelf.layout.parts]
        self.anchors: list[Ints] = []
        self.moves: list[int] = []
        self.bounds: list[tuple[int, int]] = []
        self._shapes: list[list[tuple[int, ...]]] = []
        self._inside: list[np.ndarray] = []
        self._finals: list[tuple[int, tuple[int, ...]] | None] = [None] * len(model.lines)
        #: Pitch classes of the closing chord.
        self._closing: set[int] = set()
        for line, drum in zip(model.lines, self.is_drum, strict=True):
            self._prepare(line, drum, request)

    def _prepare(self, line: LineModel, drum: bool, request: ComposeRequest) -> None:
        values = line.anchor.alphabet.values
        self.anchors.append(np.asarray([v if isinstance(v, int) else 0 for v in values], np.int64))
        shapes = [v for v in line.shape.alphabet.values if isinstance(v, tuple)]
        self._shapes.append(shapes)
        low, high, move = line.lowest, line.highest, 0
        if not drum and values and (request.lowest is not None or request.highest is not None):
            low = request.lowest if request.lowest is not None else 0
            high = request.highest if request.highest is not None else 127
            shares = {12 * k: float(self._between(-1, 12 * k, low, high).mean()) for k in range(-5, 6)}
            move = max(shares, key=lambda m: (round(shares[m], 2), -abs(m)))
            if move == 0 and line.lowest <= high and line.highest >= low:
                low, high = max(low, line.lowest), min(high, line.highest)
        self.moves.append(move)
        self.bounds.append((low - move, high - move))
        inside = self._between(-1, move, low, high)
        self._inside.append(inside if not drum and inside.sum() >= min(3, len(values)) else np.ones(len(values), bool))

    def _between(self, number: int, move: int, low: int, high: int) -> np.ndarray:
        moved = self.anchors[number] + move
        return np.asarray((moved >= low) & (moved <= high))

    def anchor_fits(self, number: int) -> Floats:
        """1 for anchors inside the range."""
        return np.asarray(self._inside[number].astype(np.float64))

    def shape_fits(self, number: int, anchor: int, rhythm: Rhythm) -> Floats:
        """1 for shapes that stay inside the range and have as many notes as the rhythm has durations."""
        low, high = self.bounds[number]
        shapes = self._shapes[number]
        fit = np.array([all(low <= anchor + d <= high for d in s) for s in shapes], bool)
        voices = self.model.lines[number].voices
        if voices and len(rhythm.durations) in (1, voices):
            full = fit & np.array([len(s) + 1 == voices for s in shapes], bool)
            fit = full if full.any() else fit
        if len(rhythm.durations) > 1:
            exact = np.array([len(s) + 1 == len(rhythm.durations) for s in shapes], bool)
            fit = fit & exact if (fit & exact).any() else exact
        return np.asarray(fit.astype(np.float64))

    def shape_taste(self, number: int, anchor: int, moment: Moment, tick: int) -> Floats:
        """Factors for how the other notes of a chord go with the lines that sound."""
        shapes = self._shapes[number]
        usual = self._tones(moment, tick)
        factor = np.array([min((float(usual[(anchor + d) % 12]) for d in s), default=1.0) for s in shapes])
        for other in moment.order:
            if other == number or self.is_drum[other]:
                continue
            heard = moment.sounding(other, tick)
            if heard:
                worst = self._worst(number, other, heard)
                factor *= [min((float(worst[(anchor + d) % 12]) for d in s), default=1.0) for s in shapes]
        return np.asarray(np.maximum(factor, _LEAST_TASTE**2))

    def endings(self, pieces: Sequence[Voiced]) -> list[Voiced]:
        """Pieces whose closing lowest note is the commonest one (the tonic where it is among the commonest)."""
        own = [v for v in pieces if v.in_mode]
        closing = {id(v): self._closing_class(v) for v in own}
        count = Counter(c for c in closing.values() if c >= 0)
        if not count:
            return own
        tonic = self.model.shelf.key.tonic
        best = max(count, key=lambda c: (2 * count[c] + (c == tonic), c))
        return [v for v in own if closing[id(v)] == best]

    def _closing_class(self, voiced: Voiced) -> int:
        for number in self.model.order:
            sounding = [e for e in voiced.lines[number] if e.pitches]
            if sounding and not self.is_drum[number]:
                return sounding[-1].pitches[0] % 12
        return -1

    def close_like(self, voiced: Voiced) -> None:
        """Let every line end on the pitch classes on which it ends in this piece."""
        for number, events in enumerate(voiced.lines):
            sounding = [e for e in events if e.pitches]
            if sounding and not self.is_drum[number]:
                last = sounding[-1].pitches
                anchor = last[self._side(number)]
                self._finals[number] = (anchor % 12, tuple(p - anchor for p in last if p != anchor))
                self._closing |= {p % 12 for p in last}

    def _side(self, number: int) -> int:
        return 0 if self.model.order[0] == number and len(self.model.order) > 1 else -1

    def close_anchor(self, number: int, odds: Floats) -> Floats:
        """Only anchors that may end the line, where there are any within the bounds."""
        if self.is_drum[number]:
            return odds
        own = self._finals[number]
        for classes in ({own[0]} if own else self._closing, {c for c, _ in self.model.lines[number].finals}):
            good = odds * np.isin(self.anchors[number] % 12, list(classes))
            if good.sum() > 0:
                return np.asarray(good)
        return odds

    def close_shape(self, number: int, anchor: int, odds: Floats) -> Floats:
        own = self._finals[number]
        known = {s for c, s in self.model.lines[number].finals if c == anchor % 12}
        for shapes in ({own[1]} if own and own[0] == anchor % 12 else set(), known):
            good = odds * np.array([s in shapes for s in self._shapes[number]], bool)
            if good.sum() > 0:
                return np.asarray(good)
        return odds

    def taste(self, number: int, moment: Moment, tick: int, length: int) -> Floats:
        """Factors for leaps, crossings, distances and parallels that the support set does not have."""
        factor = np.ones(len(self.anchors[number]))
        if self.is_drum[number]:
            return factor
        factor = self._tones(moment, tick)[self.anchors[number] % 12]
        state = moment.lines[number]
        before = state.tops[-1] if state.tops else None
        if before is not None:
            factor = factor * self._moving(number, state.tops)
            factor[self.anchors[number] == before] *= self._staying(number, moment, tick, length)
            factor[np.abs(self.anchors[number] - before) > self.model.lines[number].leap] *= _LEAST_TASTE
        for other in moment.order:
            if other == number or self.is_drum[other]:
                continue
            heard = moment.sounding(other, tick)
            if heard:
                factor *= self._together(number, other, heard)
                if before is not None:
                    factor *= self._parallel(number, other, moment, tick, before)
        return factor

    def _staying(self, number: int, moment: Moment, tick: int, length: int) -> float:
        """Where lines move on in the support set (passing eighths), the same note again is avoided."""
        place = moment.bars.place(moment.bar_at(tick), tick)
        same, total = self.model.lines[number].repeats.get((place, length), (0, 0))
        share = (same + 1) / (total + 2) if total else 1.0
        tops = moment.lines[number].tops
        run = next((i for i, top in enumerate(reversed(tops)) if top != tops[-1]), len(tops))
        if run >= self.model.lines[number].longest_run:
            return 0.0
        return min(1.0, share / _USUAL_REPEAT)

    def _moving(self, number: int, tops: list[int]) -> Floats:
        """Factors that keep the share of repeated notes, steps and leaps near that of the pieces, whatever is drawn."""
        usual = self.model.lines[number].moves
        heard = np.asarray(tops[-_MOVES_HEARD:], np.int64)
        taken = heard[1:] - heard[:-1]
        sofar = np.bincount(kinds_of_moves(taken), minlength=len(usual))
        wanted = (usual * (len(taken) + 4) + 0.5) / (sofar + usual * 4 + 0.5)
        return np.clip(wanted**1.5, 0.25, 2.0)[kinds_of_moves(self.anchors[number] - tops[-1])]

    def _tones(self, moment: Moment, tick: int) -> Floats:
        """For each pitch class how usual it is in the chord that holds: 0.02 to 1."""
        share = self.model.tones.get(moment.chord(tick)[0])
        return np.ones(12) if share is None else np.asarray(np.clip(share / _USUAL_TONE, _LEAST_TASTE, 1.0))

    def _worst(self, number: int, other: int, heard: tuple[int, ...]) -> Floats:
        """For each pitch class of ours, how usual its least usual distance to a note of theirs is: 0 to 1."""
        share = np.minimum(1.0, self.model.together[number, other] / _USUAL_INTERVAL)
        return np.asarray(np.min([np.roll(share, p % 12) for p in heard], axis=0))

    def _together(self, number: int, other: int, heard: tuple[int, ...]) -> Floats:
        anchors = self.anchors[number]
        factor = self._worst(number, other, heard)[anchors % 12]
        theirs = heard[self._side(other)]
        if self.model.crossing[number, other] < _RARE_CROSSING:
            factor = factor * np.where(anchors > theirs, _LEAST_TASTE, 1.0)
        elif self.model.crossing[number, other] > 1 - _RARE_CROSSING:
            factor = factor * np.where(anchors <= theirs, _LEAST_TASTE, 1.0)
        return np.asarray(np.maximum(factor, _LEAST_TASTE))

    def _parallel(self, number: int, other: int, moment: Moment, tick: int, before: int) -> Floats:
        """Fifths and octaves in parallel between single lines, avoided where the support set avoids them."""
        ones = np.ones(len(self.anchors[number]))
        theirs = moment.lines[other]
        if self.model.parallels[number, other] > _RARE_CROSSING or theirs.onsets[-1:] != [tick] or len(theirs.tops) < 2:
            return ones
        now, then = theirs.tops[-1], theirs.tops[-2]
        if now == then or (before - then) % 12 not in (0, 7):
            return ones
        same = (self.anchors[number] - now == before - then) & (self.anchors[number] != before)
        return np.where(same, _PARALLEL, 1.0)
