"""The fast reader: symusic, asked only where a cheap look has shown that it will not repair in silence.

symusic drops notes that are never switched off, closes gaps and skips what it does not know, all without a
word. So the structure of a file is looked at first, the events before the first note are read here, and symusic
is trusted with the rest only where these questions are answered:

- Is every note switched off? A channel message is two data bytes and the last byte of its time, three bytes
  below 128, or two if it is a program change or channel pressure. So the number of such bytes says how many
  messages a track has, running status or not. symusic says how many notes, controllers and pitch bends it found;
  two messages a note must be all the rest, but for a program change or two. That also shows that the track of
  symusic is all there is in the MIDI track.
- Is a byte above 0xEF part of a time, or a message? The track is read once more with all of them turned into
  0xFD, which no reader accepts as a message and every reader accepts in a time.

Where the count does not come out, because there are several channels in a track or many messages of two bytes,
symusic is asked again about a file with more events before each end of track: note-offs for every key, at a
distance no real note lasts (`_FAR`), so that a note that long was never switched off; and a mark, a note beyond
`_FAR` that says which MIDI track and channel a track of symusic came from.

Any doubt gives None, and the tolerant reader does the work. Doubt costs time only.
"""

from __future__ import annotations

from functools import cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from fewnotes.codecs import MAX_TRACKS
from fewnotes.codecs.midi.assemble import LONGEST_SILENCE_QUARTERS, NOTE_ROW, check_note_count, finish, note_table
from fewnotes.codecs.midi.meta import MetaEvents
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.codecs.midi.structure import (
    CHUNK,
    END,
    HEADER,
    Body,
    bodies_of,
    chunks_of,
    may_run_over,
    variable_length,
)
from fewnotes.music.piece import Piece, Track

_FAR = 2**27
#: A channel pressure, which symusic passes over, takes the time of the end of track; the next event comes far behind.
_FAR_AWAY = b"\xd0\x00" + variable_length(_FAR)
_ROW = Struct("<iibb2x")
_CONTROL = Struct("<iBB2x")
_KEYS = bytes(range(128))
_NOTE_ONS = bytes(range(0x90, 0xA0))
_CHANNEL_STATUS = bytes(range(0x80, 0xF0))
#: System messages that the count would notice are no reason to look closer: not 0xF0, 0xF1, 0xF3, 0xF7 and 0xFF.
_NO_DOUBT = bytes(range(0x80, 0xF0)) + bytes((0xF2, 0xF4, 0xF5, 0xF6, *range(0xF8, 0xFF)))
_SYSTEM_TO_ILLEGAL = bytes(range(0xF0)) + b"\xfd" * 16
#: Controllers that leave sounding notes alone: all but 120 and 123 to 127.
_HARMLESS_CONTROLS = bytes((*range(120), 121, 122))

#: What may be left of the count of data bytes: nothing, one or two messages of two bytes, never a message of three.
_CLEAN_REMAINDERS = (0, 2, 4)


class _Found(NamedTuple):
    """What symusic found: name, program and drum flag of its tracks; number and rows of their notes."""

    tracks: list[Track]
    counts: list[int]
    rows: list[bytes]
    has_first: bool


def read_clean(data: bytes) -> Piece | None:
    """The Piece of a file in which nothing needs repair, None for any other.

    Raises BadInput without notes and TooLarge with too many, as the tolerant reader would.
    """
    split = chunks_of(data)
    if split is None:
        return None
    division, places = split
    meta, repairs = MetaEvents(), Repairs()
    looked = bodies_of(data, places, LONGEST_SILENCE_QUARTERS * division, meta, repairs)
    if looked is None:
        return None
    bodies, last_tick = looked
    try:
        doubtful = [body for body in bodies if body.high.translate(None, _NO_DOUBT)]
        if doubtful:
            _check_system_bytes(data, doubtful, division)
        found = _found_by_count(_symusic()(data), bodies, meta)
        if found is None:
            found = _found_by_marks(data, bodies, division, meta)
    except (RuntimeError, ValueError, MemoryError):
        return None
    if found is None:
        return None
    return _piece(found, division, len(places), meta, repairs, last_tick)


def _check_system_bytes(data: bytes, bodies: list[Body], division: int) -> None:
    """Raises RuntimeError where a byte above 0xEF is an event and no part of a time."""
    parts = [data[body.first : body.stop].translate(_SYSTEM_TO_ILLEGAL) + END for body in bodies]
    head = HEADER.pack(b"MThd", 6, 1, len(parts), division)
    _symusic()(head + b"".join(CHUNK.pack(b"MTrk", len(part)) + part for part in parts))


def _found_by_count(score: Any, bodies: list[Body], meta: MetaEvents) -> _Found | None:
    """The tracks, one for each body; None where there are more or fewer, or a message is unaccounted for.

    Where all messages are accounted for, times have not run over 2^31 either: no single time can step over the
    ticks that then would be negative, and notes, controllers and bends at negative ticks are looked for.
    """
    note_rows = _row_readers()[0]
    found = score.tracks
    if len(found) != len(bodies):
        return None
    tracks, counts, rows = [], [], []
    for track, body in zip(found, bodies, strict=True):
        state = note_rows(track.notes)
        count = len(state) // _ROW.size
        left = body.data_bytes - 1 - 6 * count
        if left not in _CLEAN_REMAINDERS:
            others = _count_others(track)
            if others is None or left - 3 * others not in _CLEAN_REMAINDERS:
                return None
        if not count:
            return None
        tracks.append(Track(meta.track_name(body.track), track.program, track.is_drum))
        counts.append(count)
        rows.append(state[4:])
    return _Found(tracks, counts, rows, bool(bodies) and bodies[0].track == 0)


def _count_others(track: Any) -> int | None:
    """How many controllers and pitch bends; None if one silences notes, or time has run over to negative ticks."""
    controls, bends = track.controls, track.pitch_bends
    if len(controls):
        state = _row_readers()[1](controls)
        # The number of each controller, and the highest byte of each time.
        if state[8::8].translate(None, _HARMLESS_CONTROLS) or not state[7::8].isascii():
            return None
    if len(bends) and bends.numpy()["time"].min() < 0:
        return None
    return len(controls) + len(bends)


def _found_by_marks(data: bytes, bodies: list[Body], division: int, meta: MetaEvents) -> _Found | None:
    """The tracks, known by the marks in them; None where one has none, or a note is never switched off."""
    parts = [HEADER.pack(b"MThd", 6, 1, len(bodies), division)]
    doubtful = [body for body in bodies if body.high.translate(None, _CHANNEL_STATUS)]
    if doubtful:
        _check_system_bytes(data, doubtful, division)
    for body in bodies:
        events = data[body.first : body.stop]
        if may_run_over(events):
            return None
        if body.tick:
            # Events before that took up time have to be seen by symusic as well.
            events = data[body.start : body.stop]
        marks = b"".join(
            _note_offs(status, events) + _mark(body.track, status)
            for status in _NOTE_ONS.translate(None, _NOTE_ONS.translate(None, events))
        )
        size = len(events) + len(_FAR_AWAY) + len(marks) + len(END)
        parts += (CHUNK.pack(b"MTrk", size), events, _FAR_AWAY, marks, END)
    note_rows = _row_readers()[0]
    tracks, counts, rows = [], [], []
    has_first = False
    for track in _symusic()(b"".join(parts)).tracks:
        state = note_rows(track.notes)
        count = len(state) // _ROW.size - 1
        if count < 0:
            return None
        onset, duration, channel, velocity = _ROW.unpack_from(state, len(state) - _ROW.size)
        index = duration - 1
        if not _FAR <= onset < 2 * _FAR or velocity != 127 or channel > 15 or _count_others(track) is None:
            return None
        if count:
            part = state[4 : -_ROW.size]
            if np.frombuffer(part, NOTE_ROW)["duration"].max() >= _FAR:
                return None
            tracks.append(Track(meta.track_name(index), track.program, track.is_drum))
            counts.append(count)
            rows.append(part)
            has_first |= index == 0
    return _Found(tracks, counts, rows, has_first)


def _mark(track: int, status: int) -> bytes:
    """A note whose key is its channel, whose length in ticks is one more than the number of its MIDI track."""
    channel = status & 15
    return bytes((status, channel, 127)) + variable_length(track + 1) + bytes((channel, 0, 0))


def _note_offs(status: int, events: bytes) -> bytes:
    """Note-offs for all keys that may occur in some events: the numbers that do occur in them."""
    keys = _KEYS.translate(None, _KEYS.translate(None, events))
    out = bytearray(3 * len(keys))
    out[1::3] = keys
    return bytes((status, 0, 0)) + bytes(out) + b"\x00"


def _piece(
    found: _Found, division: int, midi_tracks: int, meta: MetaEvents, repairs: Repairs, last_tick: int
) -> Piece | None:
    tracks, counts, parts, has_first = found
    check_note_count(sum(counts))
    if len(tracks) > MAX_TRACKS:
        return None
    rows = np.frombuffer(b"".join(parts), NOTE_ROW)
    if not rows["duration"].min():
        return None
    notes = note_table(rows, counts, repairs)
    # Rows are unsigned: where an onset was negative, it is the last of all here.
    last_onset = int(notes["onset_tick"][-1])
    if not 0 <= last_onset < _FAR:
        return None
    last_tick = max(last_tick, last_onset)
    title_track = 0 if midi_tracks == 1 or not has_first else -1
    return finish(division, tracks, notes, meta, repairs, last_tick=last_tick, title_track=title_track)


@cache
def _symusic() -> Any:
    from symusic.core import ScoreTick

    return ScoreTick.from_midi


@cache
def _row_readers() -> tuple[Any, Any]:
    """Functions from symusic's notes and controllers to bytes: a head of 4, then `_ROW` or `_CONTROL` for each.

    The pickled state of these lists is that already, and is read several times faster than their arrays. Where a
    release of symusic lays it out another way, the arrays are taken.
    """
    events = b"\x00\xb0\x07\x64\x05\x90\x3c\x40\x07\x3c\x00\x01\x3d\x41\x02\x3d\x00\x03\xb0\x7b\x05\x00" + END
    head = HEADER.pack(b"MThd", 6, 0, 1, 480)
    track = _symusic()(head + CHUNK.pack(b"MTrk", len(events)) + events).tracks[0]
    readers = []
    for values, row, wanted, from_arrays in (
        (track.notes, _ROW, [(5, 7, 60, 64), (13, 2, 61, 65)], _rows_from_arrays),
        (track.controls, _CONTROL, [(0, 7, 100), (18, 123, 5)], _controls_from_arrays),
    ):
        try:
            state = values.__getstate__()
            fits = len(state) == 4 + 2 * row.size and [*row.iter_unpack(state[4:])] == wanted
        except (AttributeError, TypeError):
            fits = False
        readers.append(type(values).__getstate__ if fits else from_arrays)
    return readers[0], readers[1]


def _rows_from_arrays(notes: Any) -> bytes:
    arrays = notes.numpy()
    rows = np.zeros(len(arrays["time"]), NOTE_ROW)
    rows["onset"], rows["duration"] = arrays["time"], arrays["duration"]
    rows["pitch"], rows["velocity"] = arrays["pitch"], arrays["velocity"]
    return bytes(4) + rows.tobytes()


def _controls_from_arrays(controls: Any) -> bytes:
    numbers = np.asarray(controls.numpy()["number"], np.uint8)
    rows = np.zeros((len(numbers), _CONTROL.size), np.uint8)
    rows[:, 4] = numbers
    return bytes(4) + rows.tobytes()
