"""What is known before each of the three symbols of a note, in several orders of importance.

A viewpoint is one order: what stands first must agree for anything to count. The symbols are those of
`fewnotes.engines.markov.bits`: how long after the note before in the track, how long, which key.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.prediction.memory import Facts
from fewnotes.meta.events import DELTA, FAMILIES, FAMILY, GAP, KEY, LENGTH, LONGEST, NO_KEY, PLACE, TIME, TRACK, WITH

SIZES = (LONGEST + 1, LONGEST + 1, 128)
_PAST = 7


class Note(NamedTuple):
    """A note of a track as those after it remember it. place: steps into the bar."""

    advance: int
    length: int
    key: int
    place: int
    time: int


_NOTHING = Note(-1, -1, -1, -1, -1)


@dataclass
class Past:
    """Of a piece so far: the notes of each track, the latest first, and the event before, whosever it is."""

    tracks: dict[int, list[Note]] = field(default_factory=dict)
    before: tuple[int, int, int, int] = (-1, -1, -1, -1)

    def of(self, track: int) -> list[Note]:
        return self.tracks.setdefault(track, [_NOTHING] * _PAST)

    def begins(self, track: int, gap: int) -> tuple[Facts, ...]:
        """Before it is known when the next note of a track begins. gap: from its last to the event before."""
        a, b, c, *_ = self.of(track)
        length, _, place, whose = self.before
        return (
            (a.length, a.advance, b.length, b.advance, c.length, c.advance),
            (a.place, a.advance, a.length, b.advance, b.length, a.key),
            (track, gap, place, a.length, whose, length),
        )

    def lasts(self, track: int, advance: int, place: int) -> tuple[Facts, ...]:
        """Before it is known how long it lasts."""
        a, b, c, *_ = self.of(track)
        length, _, where, whose = self.before
        return (
            (advance, a.length, place, b.length, c.length),
            (place, advance, a.length, a.advance),
            (track, where == place, length, whose, place, a.length),
        )

    def sounds(self, track: int, advance: int, place: int, length: int, together: tuple[int, ...]) -> tuple[Facts, ...]:
        """Before it is known which key it is. together: keys that sound then."""
        a, b, c, *older = self.of(track)
        lowest = together[0] if together else -1
        return (
            (a.key, b.key, advance, c.key, place, *(n.key for n in older)),
            (lowest, a.key, place, advance, b.key, together),
            (place, a.key, length, b.key, advance),
            (track, together, a.key, b.key),
        )

    def add(self, track: int, note: Note) -> None:
        """The note came."""
        own = self.of(track)
        own.insert(0, note)
        own.pop()
        self.before = (note.length, note.key, note.place, track)


class Told(NamedTuple):
    """One note: its symbols, and for each the facts of its viewpoints."""

    symbols: tuple[int, int, int]
    facts: tuple[tuple[Facts, ...], ...]


def told(rows: NDArray[np.int32]) -> Iterator[Told]:
    """The notes of a piece, (T, F), in order."""
    past = Past()
    for row in rows.tolist():
        track, gap, place, length, key = row[TRACK], row[GAP], row[PLACE], row[LENGTH], row[KEY]
        advance = min(row[DELTA] + gap, LONGEST)
        drum = row[FAMILY] == FAMILIES - 1
        together = () if drum else tuple(k for k in row[WITH] if k != NO_KEY)
        facts = (
            past.begins(track, gap),
            past.lasts(track, advance, place),
            past.sounds(track, advance, place, length, together),
        )
        yield Told((advance, length, key), facts)
        past.add(track, Note(advance, length, key, place, row[TIME]))
