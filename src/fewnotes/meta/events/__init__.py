"""Events: the notes of a piece in order, as numbers that a net reads and foretells.

Three things are foretold of every note, over the alphabets of `fewnotes.engines.markov.bits`: how long after the note
before it in its track it begins (0 to 192 twelfths of a quarter), how long it lasts (1 to 192), and its key (the tonic
moved to C or A). Known before: the meter, the tracks, and to which track each note belongs. The rest of an event is
what follows from the notes before it, and what may be asked for: pitch classes, notes in the bar, bars until the end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.harmony import pitch_class_weights
from fewnotes.music.key import Key, estimate_key
from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index, barlines

STEPS_PER_QUARTER = 12
LONGEST = 192
NO_KEY = 128
#: Instrument families of General MIDI, and drums.
FAMILIES = 17
TRACKS = 16
#: Keys that sound when a note begins, at most so many.
TOGETHER = 6
#: Fields of an event, in order of the columns.
FIELDS = (
    "key", "length", "delta", "place", "bar", "family", "track", "last_key", "last_length", "gap", "time",
    "classes", "crowd", "left", *(f"with_{i}" for i in range(TOGETHER)),
)  # fmt: skip
KEY, LENGTH, DELTA, PLACE, BAR, FAMILY, TRACK, LAST_KEY, LAST_LENGTH, GAP, TIME, CLASSES, CROWD, LEFT = range(14)
WITH = slice(14, 14 + TOGETHER)
#: The key of an event that begins a piece: one for each track, its length 1 for minor and 0 for major.
BEGIN = 256
#: Bars left are counted up to here, the last bar has 1; kinds of bars by how many notes begin in them.
BARS_LEFT, CROWDS = 24, 16
#: A segment of harmony: about so many steps of a bar; of it the pitch classes that sound so much of the time, most
#: first.
_SEGMENT, _HEARD_SHARE, _MOST_CLASSES = 24, 0.12, 4


@dataclass(frozen=True)
class Events:
    """Of one piece. rows: (T, len(FIELDS)), int32. minor: its mode. shift: semitones that keys were moved by.

    key: 0 to 127. length, gap, last_length: 1 to 192, 0 where there is none. delta: from the event before, gap: from
    the note before in the track to the event before; both add up to what is foretold. place: steps into the bar. bar:
    steps of the bar. time: steps from the beginning. with: keys that sound when the note begins, from the lowest.
    classes: those that sound most about there, as bits from C. crowd: kind of the bar by how many notes begin in it,
    from 1. left: bars until the end, this one counted.
    """

    rows: NDArray[np.int32]
    minor: bool
    shift: int


def events(piece: Piece, first_notes: int | None = None) -> Events:
    """The events of a piece, in the order of its notes."""
    notes = piece.notes[:first_notes]
    key = estimate_key(piece)
    shift = key_shift_of(key)
    scale = STEPS_PER_QUARTER / piece.ticks_per_quarter
    lines = barlines(piece)
    bar = bar_index(piece, notes["onset_tick"])
    place = np.round((notes["onset_tick"] - lines[bar]) * scale).astype(int).tolist()
    lengths = np.append(np.diff(lines), 0)
    long = np.clip(np.round(lengths[bar] * scale), 0, LONGEST).astype(int).tolist()
    step = np.round(notes["onset_tick"] * scale).astype(int).tolist()
    lasting = np.clip(np.round(notes["duration_tick"] * scale), 1, LONGEST).astype(int).tolist()
    family = [16 if t.is_drum else t.program // 8 for t in piece.tracks]
    drum = [t.is_drum for t in piece.tracks]
    found = np.zeros((len(notes), len(FIELDS)), np.int32)
    found[:, WITH] = NO_KEY
    classes, crowd = _classes(piece, shift, len(notes)), _crowd(bar)
    ends = int(bar_index(piece, np.array([max(0, piece.end_tick - 1)]))[0])
    found[:, CLASSES], found[:, CROWD], found[:, LEFT] = classes, crowd, np.clip(ends - bar + 1, 1, BARS_LEFT)
    last: dict[int, tuple[int, int, int]] = {}
    sounding: list[tuple[int, int]] = []
    before = 0
    for i, (at, where, bar_steps, dur, track, raw) in enumerate(
        zip(step, place, long, lasting, notes["track"].tolist(), notes["pitch"].tolist(), strict=True)
    ):
        pitch = raw if drum[track] else min(127, max(0, raw + shift))
        onset, last_key, last_length = last.get(track, (0, NO_KEY, 0))
        sounding = [(end, p) for end, p in sounding if end > at]
        found[i, :11] = (
            pitch, dur, min(at - before, LONGEST), min(where, LONGEST - 1), bar_steps, family[track],
            min(track, TRACKS - 1), last_key, last_length, min(before - onset, LONGEST), at,
        )  # fmt: skip
        together = sorted(p for _, p in sounding)
        if len(together) > TOGETHER:
            together = [together[0], *together[-(TOGETHER - 1) :]]
        found[i, WITH.start : WITH.start + len(together)] = together
        last[track] = (at, pitch, dur)
        before = at
        if not drum[track]:
            sounding.append((at + dur, pitch))
    return Events(found, key.mode == "minor", int(shift))


def first_notes(events: Events, count: int) -> Events:
    """The first notes of a piece as events."""
    return replace(events, rows=events.rows[:count])


def key_shift_of(key: Key) -> int:
    """Semitones that bring the tonic to C, or to A in minor, along the shorter way."""
    return (-(key.tonic - (9 if key.mode == "minor" else 0)) + 5) % 12 - 5


def _crowd(bar: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each note the kind of its bar by how many notes begin in it."""
    count = np.bincount(bar)[bar] if len(bar) else bar
    return np.clip(np.round(2 * np.log2(count + 1)), 1, CROWDS - 1).astype(np.int64)


def segment_edges(piece: Piece) -> NDArray[np.int64]:
    """Where segments of harmony begin and the last one ends, in ticks: bars in equal parts of about two quarters."""
    lines = barlines(piece)
    most = piece.ticks_per_quarter * _SEGMENT // STEPS_PER_QUARTER
    edges = [lines[-1:]]
    for start, stop in zip(lines[:-1].tolist(), lines[1:].tolist(), strict=True):
        edges.append(np.linspace(start, stop, segments_in(stop - start, most) + 1)[:-1].round())
    return np.unique(np.concatenate(edges).astype(np.int64))


def segments_in(length: int, segment: int = _SEGMENT) -> int:
    """How many segments of harmony a bar has."""
    return max(1, round(length / max(1, segment)))


def class_bits(weight: NDArray[np.float64]) -> NDArray[np.int64]:
    """Which of twelve pitch classes sound much, (S, 12) of sounding time, as bits from the first, (S,)."""
    share = weight / np.maximum(1e-9, weight.sum(axis=1, keepdims=True))
    among = np.argsort(np.argsort(-share, axis=1, kind="stable"), axis=1) < _MOST_CLASSES
    return np.asarray(((share >= _HEARD_SHARE) & among) @ (1 << np.arange(12)))


def _classes(piece: Piece, shift: int, count: int) -> NDArray[np.int64]:
    """Bits of the pitch classes that sound most about each of the first notes."""
    edges, bits = segment_classes(piece, shift)
    if not len(bits):
        return np.zeros(count, np.int64)
    at = np.searchsorted(edges, piece.notes["onset_tick"][:count], side="right") - 1
    return np.asarray(bits[np.clip(at, 0, len(bits) - 1)])


def segment_classes(piece: Piece, shift: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Edges of segments of harmony in ticks, (S + 1,), and pitch classes that sound most in each, as bits, (S,)."""
    edges = segment_edges(piece)
    weight, _ = pitch_class_weights(piece, edges)
    return edges, class_bits(np.roll(weight, shift, axis=1))


def begin(events: Events, rows: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
    """Rows, all or those given, with the events before them that say meter, mode and tracks; times from there."""
    rows = events.rows if rows is None else rows
    tracks, first = np.unique(events.rows[:, TRACK], return_index=True)
    cast = np.zeros((len(tracks), len(FIELDS)), np.int32)
    cast[:, WITH] = cast[:, LAST_KEY] = NO_KEY
    cast[:, KEY], cast[:, LENGTH] = BEGIN, int(events.minor)
    cast[:, BAR] = rows[0, BAR]
    cast[:, TRACK], cast[:, FAMILY] = tracks, events.rows[first, FAMILY]
    rows = rows.copy()
    rows[:, TIME] -= rows[0, TIME]
    return np.concatenate([cast, rows])
