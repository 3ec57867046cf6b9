"""A piece as lines of events: each line is one hand, voice or instrument, its events follow without gap or overlap.

An event starts at a place, lasts until the next event of its line (`length`), and may sound: several notes at once
with a duration each, or none, which is a rest. Rests end at barlines, so that lines meet there. All times are in
ticks of `TICKS` a quarter.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fewnotes.music.key import Key
from fewnotes.music.piece import Piece
from fewnotes.music.time import DEFAULT_METER, barlines, meter_at

TICKS = 480
#: Onsets of performed music are moved to twelfths of a quarter; written music keeps what this fits exactly.
COARSE = TICKS // 12
FINE = TICKS // 24
_WRITTEN_SHARE = 0.9
_CHORD_CAP = 10


class Rhythm(NamedTuple):
    """length: ticks to the next event. durations: one for all notes of the event, or one a note; () is a rest."""

    length: int
    durations: tuple[int, ...]


class Event(NamedTuple):
    """onset, length: ticks. pitches: rising; durations: as in `Rhythm`. velocity: mean of the notes, 0 for a rest."""

    onset: int
    length: int
    durations: tuple[int, ...]
    pitches: tuple[int, ...]
    velocity: int = 0

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.length, self.durations)

    @property
    def end(self) -> int:
        return self.onset + self.length


REST: tuple[int, ...] = ()


@dataclass(frozen=True)
class Bars:
    """Where bars begin. starts: shape (M + 1,), the last is the end. full: length of a full bar of the main meter.

    pickup: ticks of a short first bar, else 0. meter: (numerator, denominator) of each bar.
    """

    starts: tuple[int, ...]
    meter: tuple[tuple[int, int], ...]
    full: int
    pickup: int = 0

    def place(self, bar: int, tick: int) -> int:
        """Ticks from the beginning of the bar; in a pickup counted as in the full bar that it completes."""
        shift = self.full - self.pickup if self.pickup and bar == 0 else 0
        return tick - self.starts[bar] + shift


@dataclass(frozen=True)
class Voiced:
    """A piece as lines. `lines[i]` may be empty where the piece lacks the instrument. key: as heard.

    in_mode: is it in the mode that is written? If not, only its rhythm counts. harmony: (tick, chord), in order.
    """

    lines: tuple[tuple[Event, ...], ...]
    bars: Bars
    key: Key
    source: int
    in_mode: bool = True
    harmony: tuple[tuple[int, tuple[int, str]], ...] = ()


def read_bars(piece: Piece) -> Bars:
    """Barlines and meters of a piece, in `TICKS` a quarter."""
    scale = TICKS / piece.ticks_per_quarter
    raw = barlines(piece)
    starts = [round(int(t) * scale) for t in raw]
    meters = [meter_at(piece, int(t)) for t in raw[:-1]]
    first = meters[0] if meters else DEFAULT_METER
    full = round(TICKS * 4 * first.numerator / first.denominator)
    pickup = round(piece.pickup_tick * scale) if len(starts) > 1 else 0
    return Bars(tuple(starts), tuple((m.numerator, m.denominator) for m in meters), full, pickup)


def grid_of(piece: Piece) -> int:
    """Ticks that onsets are rounded to: 1 for written music, a twelfth of a quarter for performed music."""
    if len(piece.notes) == 0:
        return COARSE
    onset = piece.notes["onset_tick"].astype(np.float64) * TICKS / piece.ticks_per_quarter
    exact = np.zeros(len(onset), bool)
    for step in (FINE, TICKS // 16, TICKS // 5):
        exact |= np.abs(onset / step - np.round(onset / step)) * step < 0.51
    return 1 if exact.mean() >= _WRITTEN_SHARE else COARSE


def line_events(piece: Piece, chosen: np.ndarray, bars: Bars, grid: int, shift: int) -> tuple[Event, ...]:
    """The notes `chosen` (a mask) as one line over the whole of `bars`, moved by `shift` semitones.

    Notes at one onset become one event; more than ten keep the outer ones.
    """
    notes = piece.notes[chosen]
    if len(notes) == 0 or len(bars.starts) < 2:
        return ()
    scale = TICKS / piece.ticks_per_quarter
    onset = (np.round(notes["onset_tick"] * scale / grid) * grid).astype(np.int64)
    stop = (notes["onset_tick"].astype(np.int64) + notes["duration_tick"]) * scale
    duration = np.maximum(grid, np.round((stop - onset) / grid) * grid).astype(np.int64)
    order = np.lexsort((notes["pitch"], onset))
    onset, duration = onset[order], duration[order]
    pitch, velocity = notes["pitch"][order].astype(int) + shift, notes["velocity"][order]
    cuts = np.flatnonzero(np.append(True, onset[1:] != onset[:-1]))
    edges = [*cuts.tolist(), len(onset)]
    starts = np.asarray(bars.starts)
    events = _rests(0, int(onset[0]), starts)
    for a, b in itertools.pairwise(edges):
        following = int(onset[b]) if b < len(onset) else int(starts[-1])
        together = dict(zip(pitch[a:b].tolist(), duration[a:b].tolist(), strict=True))
        events += _sound(int(onset[a]), following, together, int(velocity[a:b].mean()), starts)
    return tuple(e for e in events if e.length > 0)


def _sound(onset: int, following: int, together: dict[int, int], velocity: int, starts: np.ndarray) -> list[Event]:
    """One sounding event, and the rests up to the next one where a barline stands between."""
    if onset >= int(starts[-1]) or not all(0 <= p <= 127 for p in together):
        return []
    pitches = sorted(together)
    if len(pitches) > _CHORD_CAP:
        half = _CHORD_CAP // 2
        pitches = pitches[:half] + pitches[-half:]
    lengths = [together[p] for p in pitches]
    durations = (lengths[0],) if len(set(lengths)) == 1 else tuple(lengths)
    silence = onset + max(lengths)
    at = int(np.searchsorted(starts, silence, side="left"))
    barline = int(starts[min(at, len(starts) - 1)])
    stop = min(barline, following) if onset < barline else following
    sounding = Event(onset, stop - onset, durations, tuple(pitches), velocity)
    return [sounding, *_rests(stop, following, starts)]


def _rests(start: int, stop: int, starts: np.ndarray) -> list[Event]:
    """Rests from start to stop, each within one bar."""
    inside = starts[(starts > start) & (starts < stop)].tolist()
    edges = [start, *inside, stop]
    return [Event(a, b - a, REST, REST) for a, b in itertools.pairwise(edges) if b > a]
