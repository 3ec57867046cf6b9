"""Events: the notes of a piece in order, as numbers that a net reads and foretells.

Three things are foretold of every note, over the alphabets of `fewnotes.engines.markov.bits`: how long after the note
before it in its track it begins (0 to 192 twelfths of a quarter), how long it lasts (1 to 192), and its key (the tonic
moved to C or A). Known before: the meter, the tracks, and to which track each note belongs. The rest of an event is what
follows from the notes before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.key import estimate_key
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
    *(f"with_{i}" for i in range(TOGETHER)),
)  # fmt: skip
KEY, LENGTH, DELTA, PLACE, BAR, FAMILY, TRACK, LAST_KEY, LAST_LENGTH, GAP, TIME = range(11)
WITH = slice(11, 11 + TOGETHER)


@dataclass(frozen=True)
class Events:
    """Of one piece. rows: (T, len(FIELDS)), int32. minor: its mode. shift: semitones that keys were moved by.

    key: 0 to 127. length, gap, last_length: 1 to 192, 0 where there is none. delta: from the event before, gap: from the note
    before in the track to the event before; both add up to what is foretold. place: steps into the bar. bar: steps of the
    bar. time: steps from the beginning. with: keys that sound when the note begins, from the lowest.
    """

    rows: NDArray[np.int32]
    minor: bool
    shift: int


def events(piece: Piece, first_notes: int | None = None) -> Events:
    """The events of a piece, in the order of its notes."""
    notes = piece.notes[:first_notes]
    key = estimate_key(piece)
    shift = (-(key.tonic - (9 if key.mode == "minor" else 0)) + 5) % 12 - 5
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
