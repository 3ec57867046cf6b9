"""Piece: a musical work as notes in time. Immutable, equal by content, its units in its field names.

Conventions
-----------
- Time is an integer count of ticks from the start of the piece; a quarter note is
  `ticks_per_quarter` ticks, a number of the piece's own.
- `pitch` is the sounding MIDI key number (middle C = 60), also for transposing instruments.
- `notes` are what sounds: ties are joined, grace notes are apart in `graces`, repeats are played out
  by the reader unless it was asked not to.
- `meters`, `tempos` and `keys` are in order of onset, and the first of each, if any, is at tick 0.
  A piece without meters counts as 4/4, without tempos as 120 quarters a minute.
- A first bar shorter than its meter is a pickup of `pickup_tick` ticks; the meter at tick 0 is then the
  meter of the full bars.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadInput

#: One row a note. `voice` and `staff` are the notated voice and staff within the track, 0 if unknown.
NOTE = np.dtype(
    [
        ("onset_tick", "<i4"),
        ("duration_tick", "<i4"),
        ("track", "<u2"),
        ("pitch", "u1"),
        ("velocity", "u1"),
        ("voice", "u1"),
        ("staff", "u1"),
    ]
)

DEFAULT_VELOCITY = 80
NoteArray = NDArray[np.void]


class Track(NamedTuple):
    """One instrumental line or set of lines. `program` is the General MIDI program, 0 to 127."""

    name: str = ""
    program: int = 0
    is_drum: bool = False


class Meter(NamedTuple):
    onset_tick: int
    numerator: int
    denominator: int


class Tempo(NamedTuple):
    onset_tick: int
    quarters_per_minute: float


class KeySignature(NamedTuple):
    """`fifths`: sharps are positive, -7 to 7. `mode`: "major", "minor" or "" where the source says none."""

    onset_tick: int
    fifths: int
    mode: str = ""


class ChordSymbol(NamedTuple):
    """A chord symbol as a lead sheet prints it, for example `Gm7/D`."""

    onset_tick: int
    text: str


class Notice(NamedTuple):
    """What a reader or writer repaired, dropped or could not hold. `where`: bar, tick, line or offset."""

    code: str
    message: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.message} ({self.where})" if self.where else self.message


@dataclass(frozen=True, eq=False)
class Piece:
    """A musical work.

    notes: rows of `NOTE`, in order of (onset_tick, track, pitch); read-only.
    graces: rows of `NOTE` for grace notes, onset_tick that of the note they lead to, duration_tick nominal.
    barlines_tick: onsets of all bars, only where they differ from what meters and pickup say, else empty.
    warnings: what the reader repaired or dropped; no part of the content, nor are titles and names.
    """

    ticks_per_quarter: int
    tracks: tuple[Track, ...]
    notes: NoteArray
    meters: tuple[Meter, ...] = ()
    tempos: tuple[Tempo, ...] = ()
    keys: tuple[KeySignature, ...] = ()
    pickup_tick: int = 0
    graces: NoteArray = field(default_factory=lambda: np.zeros(0, NOTE))
    chords: tuple[ChordSymbol, ...] = ()
    barlines_tick: tuple[int, ...] = ()
    title: str = ""
    composer: str = ""
    warnings: tuple[Notice, ...] = ()

    def __post_init__(self) -> None:
        self.notes.flags.writeable = False
        self.graces.flags.writeable = False

    @property
    def end_tick(self) -> int:
        """Where the last note ends; 0 for a piece without notes."""
        if len(self.notes) == 0:
            return 0
        return int((self.notes["onset_tick"].astype(np.int64) + self.notes["duration_tick"]).max())

    @cached_property
    def content_hash(self) -> str:
        """SHA-256 over everything that sounds or is counted: same music, same hash."""
        digest = hashlib.sha256()
        head = (
            self.ticks_per_quarter,
            [(t.program, t.is_drum) for t in self.tracks],
            [tuple(m) for m in self.meters],
            [(t.onset_tick, round(float(t.quarters_per_minute), 3)) for t in self.tempos],
            [tuple(k) for k in self.keys],
            self.pickup_tick,
            [tuple(c) for c in self.chords],
            self.barlines_tick,
        )
        digest.update(repr(head).encode())
        digest.update(np.ascontiguousarray(self.notes).tobytes())
        digest.update(b"|")
        digest.update(np.ascontiguousarray(self.graces).tobytes())
        return digest.hexdigest()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Piece):
            return NotImplemented
        return self.content_hash == other.content_hash

    def __hash__(self) -> int:
        return hash(self.content_hash)

    def __len__(self) -> int:
        return len(self.notes)

    def __repr__(self) -> str:
        name = f"{self.title!r}, " if self.title else ""
        return f"Piece({name}{len(self.notes)} notes, {len(self.tracks)} tracks, {self.content_hash[:8]})"

    def with_warnings(self, notices: Sequence[Notice]) -> Piece:
        """The same piece, its warnings followed by `notices`."""
        return replace(self, warnings=self.warnings + tuple(notices)) if notices else self

    def to_dict(self) -> dict[str, Any]:
        """Facts about the piece, not its notes."""
        return {
            "title": self.title,
            "composer": self.composer,
            "notes": len(self.notes),
            "tracks": [t._asdict() for t in self.tracks],
            "end_tick": self.end_tick,
            "ticks_per_quarter": self.ticks_per_quarter,
            "meters": [m._asdict() for m in self.meters],
            "tempos": [t._asdict() for t in self.tempos],
            "keys": [k._asdict() for k in self.keys],
            "pickup_tick": self.pickup_tick,
            "content_hash": self.content_hash,
            "warnings": [w._asdict() for w in self.warnings],
        }


def note_array(rows: Sequence[Sequence[int]] | NoteArray) -> NoteArray:
    """Rows of (onset_tick, duration_tick, track, pitch, velocity, voice, staff) as a sorted `NOTE` array.

    Rows may also be an unsorted `NOTE` array.
    """
    array = rows if isinstance(rows, np.ndarray) else np.array([tuple(r) for r in rows], NOTE)
    return sort_notes(array)


def sort_notes(notes: NoteArray) -> NoteArray:
    """A copy in the order every Piece keeps: onset, then track, then pitch, then duration."""
    order = np.lexsort((notes["duration_tick"], notes["pitch"], notes["track"], notes["onset_tick"]))
    return notes[order]


def sort_graces(graces: NoteArray) -> NoteArray:
    """A copy in order of onset and track; grace notes that lead to one note keep the order they are played in."""
    return graces[np.lexsort((graces["track"], graces["onset_tick"]))]


def check_piece(piece: Piece) -> Piece:
    """Return the piece if every promise of `Piece` holds.

    Raises BadInput with the first promise that does not hold.
    """
    notes = piece.notes
    faults = {
        "ticks_per_quarter is not between 1 and 1,000,000": not 1 <= piece.ticks_per_quarter <= 1_000_000,
        "notes are not an array of NOTE rows": notes.dtype != NOTE,
        "the piece has no track": not piece.tracks,
    }
    if len(notes) and notes.dtype == NOTE:
        onset, track = notes["onset_tick"], notes["track"].astype(np.int64)
        key = (onset.astype(np.int64) << 24) + (track << 8) + notes["pitch"]
        faults |= {
            "an onset is before tick 0": int(onset.min()) < 0,
            "a duration is below one tick": int(notes["duration_tick"].min()) < 1,
            "a pitch is above 127": int(notes["pitch"].max()) > 127,
            "a velocity is not 1 to 127": not (
                int(notes["velocity"].min()) >= 1 and int(notes["velocity"].max()) <= 127
            ),
            "a note names a track that is not there": int(track.max()) >= len(piece.tracks),
            "notes are out of order": bool((np.diff(key) < 0).any()),
        }
    for label, changes in (("meters", piece.meters), ("tempos", piece.tempos), ("keys", piece.keys)):
        ticks = [c.onset_tick for c in changes]
        faults[f"{label} do not begin at tick 0 in rising order"] = bool(ticks) and (
            ticks[0] != 0 or any(a >= b for a, b in itertools.pairwise(ticks))
        )
    faults["a meter is not 1 to 255 over a power of two up to 128"] = any(
        not 1 <= m.numerator <= 255 or m.denominator not in (1, 2, 4, 8, 16, 32, 64, 128) for m in piece.meters
    )
    faults["a tempo is not 5 to 2000 quarters a minute"] = any(
        not 5 <= t.quarters_per_minute <= 2000 for t in piece.tempos
    )
    faults["a key signature is not -7 to 7 fifths"] = any(
        not -7 <= k.fifths <= 7 or k.mode not in ("", "major", "minor") for k in piece.keys
    )
    faults["a program is not 0 to 127"] = any(not 0 <= t.program <= 127 for t in piece.tracks)
    faults["the pickup is negative"] = piece.pickup_tick < 0
    for message, broken in faults.items():
        if broken:
            raise BadInput(f"This piece is not well formed: {message}", code="bad-piece")
    return piece
