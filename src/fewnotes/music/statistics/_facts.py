"""What the statistics of a piece are counted from, worked out once: attacks, outer lines, bars, key.

Axes: T pitched notes, A attacks (distinct onsets), M bars. Time is in steps, 12 a quarter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fewnotes.music.harmony import Chord, chords
from fewnotes.music.key import estimate_key
from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import onset_steps, pitched
from fewnotes.music.time import DEFAULT_METER, barlines

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
STEPS = 12
#: Beyond this many notes a piece is judged by its beginning.
NOTE_CAP = 20_000
#: A note counts at this many attacks at most: a pedal point may lie under thousands.
_SPAN_CAP = 64


def shares(classes: Ints, size: int, weights: Floats | None = None) -> Floats:
    """Square roots of the shares of classes 0 to size - 1, shape (size,); all 0 where nothing is counted.

    The root makes the spread of a share about the same whether it is rare or common, so that it is nearly normal
    (Bartlett 1936); distances between such vectors are Hellinger distances.
    """
    count = np.bincount(classes, weights, minlength=size)[:size].astype(np.float64)
    total = count.sum()
    return np.sqrt(count / total) if total > 0 else np.zeros(size)


def share(mask: ArrayLike) -> float:
    """Square root of the share of True, 0 of nothing."""
    mask = np.asarray(mask)
    return float(np.sqrt(mask.mean())) if mask.size else 0.0


@dataclass(frozen=True)
class Facts:
    """A piece with at least one note, moved so that its tonic is C, seen as attacks and lines.

    piece: as moved, with drums where they were. mode: "major" or "minor". shift: semitones that it was moved by.
    onset, duration, pitch: of pitched notes, shape (T,), in order of onset. attack: distinct onsets, shape (A,).
    at: index of the attack of each note, shape (T,). top, bottom, sounding: highest and lowest pitch and number of
    notes that sound at each attack, shape (A,). pairs: (note, attack) wherever a note sounds at an attack.
    """

    piece: Piece
    mode: str
    shift: int
    onset: Ints
    duration: Ints
    pitch: Ints
    attack: Ints
    at: Ints
    pairs: tuple[Ints, Ints]
    top: Ints
    bottom: Ints
    sounding: Ints

    @cached_property
    def top_line(self) -> Ints:
        """Notes that are the highest that sounds when they begin, one an attack, in order of onset."""
        return self._outer(self.top)

    @cached_property
    def bottom_line(self) -> Ints:
        """Notes that are the lowest that sounds when they begin, one an attack, in order of onset."""
        return self._outer(self.bottom)

    def _outer(self, limit: Ints) -> Ints:
        found = np.flatnonzero(self.pitch == limit[self.at])
        return np.asarray(found[np.append(True, np.diff(self.at[found]) > 0)[: len(found)]], np.int64)

    @cached_property
    def chords(self) -> list[Chord]:
        return chords(self.piece)

    @cached_property
    def bars(self) -> Bars:
        return _bars(self.piece)


@dataclass(frozen=True)
class Bars:
    """Bars in steps. start: shape (M,). full, beat: length of a full bar and of the felt beat, shape (M,).

    numerator, denominator: of the meter in force, shape (M,). lead: steps that a pickup lacks to a full bar.
    """

    start: Ints
    full: Ints
    beat: Ints
    numerator: Ints
    denominator: Ints
    lead: int

    def of(self, onset: Ints) -> Ints:
        """Index of the bar of each onset."""
        return np.maximum(np.searchsorted(self.start, onset, side="right") - 1, 0).astype(np.int64)

    def place(self, onset: Ints) -> Ints:
        """Steps since the barline; in a pickup, as if its bar were full."""
        bar = self.of(onset)
        return np.asarray(np.maximum(0, onset - self.start[bar] + np.where(bar == 0, self.lead, 0)), np.int64)


def facts(piece: Piece) -> Facts:
    """The facts of a piece that has notes."""
    if len(piece.notes) > NOTE_CAP:
        piece = replace(piece, notes=piece.notes[:NOTE_CAP].copy())
    key = estimate_key(piece)
    piece, shift = _on_c(piece, key.tonic)
    use = pitched(piece)
    notes = piece.notes[use]
    onset = onset_steps(piece, STEPS)[use]
    end = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
    stop = (2 * end * STEPS + piece.ticks_per_quarter) // (2 * piece.ticks_per_quarter)
    duration = np.maximum(1, stop - onset)
    pitch = notes["pitch"].astype(np.int64)
    # In order of step and pitch: a resolution finer than the grid must not decide the order.
    order = np.lexsort((duration, pitch, onset))
    onset, duration, pitch = onset[order], duration[order], pitch[order]
    attack, at = np.unique(onset, return_inverse=True)
    last = np.minimum(np.searchsorted(attack, onset + duration, side="left") - 1, at + _SPAN_CAP)
    count = last - at + 1
    note = np.repeat(np.arange(len(onset)), count)
    where = np.arange(len(note)) - np.repeat(np.cumsum(count) - count, count) + at[note]
    top, bottom = np.zeros(len(attack), np.int64), np.full(len(attack), 255, np.int64)
    np.maximum.at(top, where, pitch[note])
    np.minimum.at(bottom, where, pitch[note])
    sounding = np.bincount(where, minlength=len(attack))
    return Facts(
        piece, key.mode, shift, onset, duration, pitch, attack, at, (note, where), top, bottom, sounding
    )  # fmt: skip


def _on_c(piece: Piece, tonic: int) -> tuple[Piece, int]:
    """The piece with its tonic on C, and by how many semitones it moved.

    Chord labels break ties by the name of the root: only in one key are they the same for a transposed piece.
    """
    drums = np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]]
    pitch = piece.notes["pitch"].astype(np.int64)
    if drums.all():
        return piece, 0
    # Down wherever there is room; a pitch above 127 is still a pitch here.
    shift = -tonic if int(pitch[~drums].min()) >= tonic else 12 - tonic
    notes = piece.notes.copy()
    notes["pitch"] = np.where(drums, pitch, pitch + shift)
    return replace(piece, notes=notes), shift


def _bars(piece: Piece) -> Bars:
    lines = barlines(piece)
    ticks = lines[:-1] if len(lines) > 1 else lines
    meters = piece.meters or (DEFAULT_METER,)
    index = np.clip(np.searchsorted([m.onset_tick for m in meters], ticks, side="right") - 1, 0, None)
    numerator = np.array([m.numerator for m in meters], np.int64)[index]
    denominator = np.array([m.denominator for m in meters], np.int64)[index]
    unit = 4 * STEPS / denominator
    compound = (denominator >= 8) & (numerator > 3) & (numerator % 3 == 0)
    full = np.maximum(1, np.round(unit * numerator)).astype(np.int64)
    beat = np.maximum(1, np.round(np.where(compound, 3 * unit, unit))).astype(np.int64)
    scale = STEPS / piece.ticks_per_quarter
    start = np.round(ticks * scale).astype(np.int64)
    lead = max(0, int(full[0]) - round(piece.pickup_tick * scale)) if piece.pickup_tick else 0
    return Bars(start, full, beat, numerator, denominator, lead)
