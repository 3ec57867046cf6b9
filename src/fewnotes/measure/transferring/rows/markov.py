"""A control without a net: the melody stays, and the Markov engine's bars that fit its harmony best go under it.

The engine learns the support set and composes a few pieces as long as the source, in its key and, where the style has
it, in its meter; in another meter the source's bars are stretched to the style's. Then a path through all composed bars
is chosen (Viterbi), one for every bar of the source: the cosine of its pitch classes with the source's is rewarded, and
so is going on with the bar that comes next in the same composed piece. Under each bar of the source's melody stands
what the composed bar has besides its own melody.

strength: the share of bars that are composed through and through, melody too; those that fit best come first. At 0
every bar keeps the source's melody, at 1 nothing but its harmony is left.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import ComposeRequest
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.measure.transferring.profiles import STEPS_A_QUARTER
from fewnotes.measure.transferring.rows import STRENGTHS as STRENGTHS
from fewnotes.measure.transferring.rows import Task
from fewnotes.meta.roles import Role, roles
from fewnotes.music.edit import rescale
from fewnotes.music.harmony import pitch_class_weights
from fewnotes.music.key import estimate_key, key_of
from fewnotes.music.piece import KeySignature, Meter, NoteArray, Piece, note_array, sort_notes
from fewnotes.music.time import barlines, meter_at
from fewnotes.registry import find
from fewnotes.style import Style

TITLE = "Control: the source's melody over those bars of the Markov engine that fit its harmony best"
#: Pieces that are composed to choose bars from.
_COMPOSED = 3
#: What going on with the next bar of the same composed piece is worth beside the cosine.
_GOING_ON = 0.15

Floats = NDArray[np.float64]


@dataclass
class _Bars:
    """All full bars of some pieces. notes: by bar, onsets from its barline. melody: which of them are melody.
    chroma: shape (B, 12), each of length 1. follows: by bar, whether it comes right after the one before."""

    notes: list[NoteArray] = field(default_factory=list)
    melody: list[NDArray[np.bool_]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    chroma: Floats = field(default_factory=lambda: np.zeros((0, 12)))
    follows: list[bool] = field(default_factory=list)

    def add(self, piece: Piece) -> None:
        lines = barlines(piece)
        role = roles(piece)
        onset = piece.notes["onset_tick"].astype(np.int64)
        weights = pitch_class_weights(piece, lines)[0]
        norms = np.linalg.norm(weights, axis=1, keepdims=True)
        first = int(bool(piece.pickup_tick))
        self.chroma = np.concatenate([self.chroma, (weights / np.maximum(norms, 1e-9))[first:]])
        for bar, (start, stop) in enumerate(zip(lines[first:-1].tolist(), lines[first + 1 :].tolist(), strict=True)):
            inside = (onset >= start) & (onset < stop)
            notes = piece.notes[inside].copy()
            notes["duration_tick"] = np.minimum(notes["duration_tick"], stop - notes["onset_tick"])
            notes["onset_tick"] -= start
            self.notes.append(notes)
            self.melody.append(role[inside] == Role.MELODY)
            self.lengths.append(stop - start)
            self.follows.append(bar > 0)


class _Markov:
    def __init__(self, engine: ModuleType) -> None:
        self._engine = engine
        self._last: tuple[tuple[Piece, tuple[Piece, ...], int], list[Piece]] | None = None

    def transferred(self, task: Task) -> Piece:
        source = rescale(task.piece, STEPS_A_QUARTER)
        known = (task.piece, task.support, task.seed)
        if self._last is None or self._last[0] != known:
            self._last = (known, self._composed(source, task))
        composed = [rescale(piece, STEPS_A_QUARTER) for piece in self._last[1]]
        return dressed(source, composed, task.strength)

    def _composed(self, source: Piece, task: Task) -> list[Piece]:
        """Pieces in the key of the source, in its meter if the style has it. Raises NotPossible."""
        style = Style(task.style, task.support, {"markov": self._engine.learn(task.support, seed=0)})
        key, meter = estimate_key(source), meter_at(source, source.pickup_tick)
        bars = max(1, len(barlines(source)) - 1 - bool(source.pickup_tick))
        parallel = key_of(key.tonic, "minor" if key.mode == "major" else "major")
        keys: list[tuple[int, str] | None] = [(key.fifths, key.mode), (parallel.fifths, parallel.mode), None]
        meters: list[tuple[int, int] | None] = [(meter.numerator, meter.denominator), None]
        for wanted_meter in meters:
            for wanted_key in keys:
                request = ComposeRequest(bars, _COMPOSED, task.seed, key=wanted_key, meter=wanted_meter)
                try:
                    found: list[Piece] = self._engine.compose(style, request)
                except (NotPossible, BadParameter):
                    continue
                return found
        raise NotPossible("The Markov engine composes nothing from these pieces")


def dressed(source: Piece, composed: Sequence[Piece], strength: float) -> Piece:
    """The source's melody over the composed bars that fit. All at `STEPS_A_QUARTER`."""
    mine, theirs = _Bars(), _Bars()
    mine.add(source)
    for piece in composed:
        theirs.add(piece)
    if not mine.notes or not theirs.notes:
        raise NotPossible("There is no full bar to carry over")
    fit = mine.chroma @ theirs.chroma.T
    path = best_path(fit, theirs.follows)
    through = np.argsort([-fit[bar, place] for bar, place in enumerate(path)], kind="stable")
    whole = set(through[: round(strength * len(path))].tolist())
    model = composed[0]
    track = _melody_track(model)
    rows: list[NoteArray] = []
    at = 0
    for bar, place in enumerate(path):
        length = theirs.lengths[place]
        parts = [theirs.notes[place]]
        if bar not in whole:
            parts = [theirs.notes[place][~theirs.melody[place]], _stretched(mine, bar, length, track)]
        notes = np.concatenate(parts)
        notes["onset_tick"] += at
        rows.append(notes)
        at += length
    first = meter_at(model, model.pickup_tick)
    key = estimate_key(source)
    return replace(
        model, notes=sort_notes(_unstruck(np.concatenate(rows))), graces=model.graces[:0], chords=(), pickup_tick=0,
        barlines_tick=(), meters=(Meter(0, *first[1:]),), keys=(KeySignature(0, key.fifths, key.mode),),
        tempos=model.tempos[:1], title="", composer="",
    )  # fmt: skip


def best_path(fit: Floats, follows: Sequence[bool]) -> list[int]:
    """A composed bar for every bar: the path of the largest sum. fit: shape (M, B). follows: shape (B,)."""
    goes_on = np.where(follows, _GOING_ON, -np.inf)
    score = fit[0]
    back = []
    for row in fit[1:]:
        anywhere = int(score.argmax())
        before = np.concatenate([[-np.inf], score[:-1]]) + goes_on
        stays = before > score[anywhere]
        back.append(np.where(stays, np.arange(len(score)) - 1, anywhere))
        score = row + np.where(stays, before, score[anywhere])
    path = [int(score.argmax())]
    for step in reversed(back):
        path.append(int(step[path[-1]]))
    return path[::-1]


def _melody_track(piece: Piece) -> int:
    """The track with most notes of the melody."""
    return int(np.bincount(piece.notes["track"][roles(piece) == Role.MELODY], minlength=len(piece.tracks)).argmax())


def _stretched(bars: _Bars, bar: int, length: int, track: int) -> NoteArray:
    """The melody of a bar of the source, as long as the bar that it goes over."""
    notes = bars.notes[bar][bars.melody[bar]].copy()
    ratio = length / max(1, bars.lengths[bar])
    start = np.rint(notes["onset_tick"] * ratio)
    stop = np.rint((notes["onset_tick"].astype(np.int64) + notes["duration_tick"]) * ratio)
    notes["onset_tick"], notes["duration_tick"], notes["track"] = start, np.maximum(1, stop - start), track
    return notes[start < length]


def _unstruck(notes: NoteArray) -> NoteArray:
    """Of notes of one track, key and onset the longest; one that sounds when its key is struck again ends there."""
    rows: list[tuple[int, ...]] = []
    last: dict[tuple[int, int], int] = {}
    for row in sort_notes(notes).tolist():
        onset, duration, track, pitch = row[:4]
        before = last.get((track, pitch))
        if before is not None:
            start, held = rows[before][:2]
            if start == onset:
                rows[before] = (onset, max(held, duration), *row[2:])
                continue
            rows[before] = (start, min(held, onset - start), *rows[before][2:])
        last[track, pitch] = len(rows)
        rows.append(row)
    return note_array(rows)


def prepare(argument: str) -> _Markov:
    """Needs nothing but the package."""
    return _Markov(find("engines", "markov"))
