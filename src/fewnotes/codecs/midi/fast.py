"""The fast reader: symusic, asked only where a cheap look has shown that it will not repair in silence.

symusic drops notes that are never switched off, closes gaps and skips what it does not know, all without a
word. So the structure of a file is looked at first, the events before the first note are read here, and symusic
is trusted with the rest only where these questions are answered:

- Is every note switched off? A channel message is two data bytes and the last byte of its time, three bytes
  below 128, or two if it is a program change or channel pressure. So the number of such bytes says how many
  messages there are, running status or not. symusic says how many notes, controllers and pitch bends it found;
  two messages a note must be all the rest, but for a program change or two.
- If that cannot be told, note-offs for every key are put before the end of track, at a distance no real note
  lasts (`_FAR`): a note that long was never switched off.
- Is a byte above 0xEF part of a time, or a message? The track is read once more with all of them turned into
  0xFD, which no reader accepts as a message and every reader accepts in a time.
- Which MIDI track and channel did a track of symusic come from? The last event of a channel is a mark, a note
  beyond `_FAR` that says so.

Any doubt gives None, and the tolerant reader does the work. Doubt costs time only.
"""

from __future__ import annotations

from functools import cache, lru_cache
from struct import Struct
from typing import Any, NamedTuple

import numpy as np

from fewnotes.codecs import MAX_TRACKS
from fewnotes.codecs.midi.assemble import NOTE_ROW, check_note_count, finish, note_table
from fewnotes.codecs.midi.meta import MetaEvents
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.codecs.midi.structure import CHUNK, END, HEADER, Body, bodies_of, chunks_of, may_run_over, variable_length
from fewnotes.music.piece import Piece, Track

_FAR = 2**27
#: A channel pressure, which symusic passes over, takes the time of the end of track; the next event comes far behind.
_FAR_AWAY = b"\xd0\x00" + variable_length(_FAR)
_ROW = Struct("<iibb2x")
_CONTROL = Struct("<iBB2x")
_KEYS = bytes(range(128))
_NOTE_ONS = bytes(range(0x90, 0xA0))
_SYSTEM_TO_ILLEGAL = bytes(range(0xF0)) + b"\xfd" * 16
#: Controllers that leave sounding notes alone: all but 120 and 123 to 127.
_HARMLESS_CONTROLS = bytes((*range(120), 121, 122))

#: What may be left of the count of data bytes: nothing, one or two messages of two bytes, never a message of three.
_CLEAN_REMAINDERS = (0, 2, 4)


def read_clean(data: bytes) -> Piece | None:
    """The Piece of a file in which nothing needs repair, None for any other.

    Raises BadInput without notes and TooLarge with too many, as the tolerant reader would.
    """
    split = chunks_of(data)
    if split is None:
        return None
    division, places = split
    meta, repairs = MetaEvents(), Repairs()
    looked = bodies_of(data, places, meta, repairs)
    if looked is None:
        return None
    bodies, last_tick = looked
    head = HEADER.pack(b"MThd", 6, 1, len(bodies), division)
    try:
        if any(body.has_system for body in bodies):
            _check_system_bytes(bodies, division)
        found = _found(_ask(bodies, head, closing=False), bodies)
        if found is None and not any(may_run_over(body.events) for body in bodies):
            found = _found(_ask(bodies, head, closing=True), None)
            if found is not None and _has_unclosed(found.rows):
                return None
    except (RuntimeError, ValueError, MemoryError):
        return None
    if found is None:
        return None
    return _piece(found, division, len(places), meta, repairs, last_tick)


def _ask(bodies: list[Body], head: bytes, *, closing: bool) -> Any:
    """What symusic makes of the tracks with marks. closing: also with note-offs, and marks on all channels."""
    parts = [head]
    for body in bodies:
        events = body.seen
        if closing:
            marks = b"".join(
                _note_offs(status, events) + _mark(body.track, status)
                for status in _NOTE_ONS.translate(None, _NOTE_ONS.translate(None, events))
            )
        else:
            marks = _mark(body.track, body.status & 15 | 0x90)
        size = len(events) + len(_FAR_AWAY) + len(marks) + len(END)
        parts += (CHUNK.pack(b"MTrk", size), events, _FAR_AWAY, marks, END)
    return _symusic()(b"".join(parts))


def _check_system_bytes(bodies: list[Body], division: int) -> None:
    """Raises RuntimeError where a byte above 0xEF is an event and no part of a time."""
    parts = [body.events.translate(_SYSTEM_TO_ILLEGAL) + END for body in bodies if body.has_system]
    head = HEADER.pack(b"MThd", 6, 1, len(parts), division)
    _symusic()(head + b"".join(CHUNK.pack(b"MTrk", len(part)) + part for part in parts))


@lru_cache(maxsize=512)
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


class _Found(NamedTuple):
    """What symusic found. origins: MIDI track, channel and program of its tracks; counts and rows of their notes."""

    origins: list[tuple[int, int, int]]
    counts: list[int]
    rows: list[bytes]
    last_tick: int


def _found(score: Any, bodies: list[Body] | None) -> _Found | None:
    """Tracks with their origin; None where one has no mark or, given `bodies`, a message is unaccounted for.

    Where all messages are accounted for, times have not run over 2^31 either: no single time can step over the
    ticks that then would be negative, and notes, controllers and bends at negative ticks are looked for.
    """
    note_rows, control_rows = _row_readers()
    origins, counts, rows = [], [], []
    last_tick = 0
    left = {body.track: body.data_bytes - 1 for body in bodies} if bodies is not None else None
    for track in score.tracks:
        state = note_rows(track.notes)
        count = len(state) // _ROW.size - 1
        if count < 0:
            return None
        onset, duration, channel, velocity = _ROW.unpack_from(state, len(state) - _ROW.size)
        end = onset - _FAR
        index = duration - 1
        if not 0 <= end < _FAR or velocity != 127 or channel > 15:
            return None
        if end > last_tick:
            last_tick = end
        controls, bends = track.controls, len(track.pitch_bends)
        messages = 2 * count + bends
        if controls:
            state_of_controls = control_rows(controls)
            messages += len(controls)
            if state_of_controls[8::8].translate(None, _HARMLESS_CONTROLS) or _runs_over(state_of_controls):
                return None
        if bends and track.pitch_bends.numpy()["time"].min() < 0:
            return None
        if left is not None:
            if index not in left:
                return None
            left[index] -= 3 * messages
        if count:
            origins.append((index, channel, track.program))
            counts.append(count)
            rows.append(state[4 : -_ROW.size])
    if left is not None and any(remainder not in _CLEAN_REMAINDERS for remainder in left.values()):
        return None
    return _Found(origins, counts, rows, last_tick)


def _has_unclosed(rows: list[bytes]) -> bool:
    """Whether a note lasts so long that the note-offs behind all music ended it."""
    return any(bool((np.frombuffer(part, NOTE_ROW)["duration"] >= _FAR).any()) for part in rows)


def _runs_over(state_of_controls: bytes) -> bool:
    """Whether the time of a controller is negative: the highest of its four bytes is above 127."""
    return not state_of_controls[7::8].isascii()


def _piece(
    found: _Found, division: int, midi_tracks: int, meta: MetaEvents, repairs: Repairs, last_tick: int
) -> Piece | None:
    origins, counts = found.origins, found.counts
    check_note_count(sum(counts))
    if len(origins) > MAX_TRACKS:
        return None
    rows = np.frombuffer(b"".join(found.rows), NOTE_ROW)
    if not rows["duration"].all():
        return None
    notes = note_table(rows, counts, repairs)
    # Rows are unsigned: where an onset was negative, it is the last of all here.
    if not 0 <= notes["onset_tick"][-1] < _FAR:
        return None
    names = {index: meta.track_name(index) for index, _, _ in origins}
    tracks = [Track(names[index], program, channel == 9) for index, channel, program in origins]
    return finish(
        division,
        tracks,
        notes,
        meta,
        repairs,
        last_tick=max(last_tick, found.last_tick),
        title_track=0 if midi_tracks == 1 or 0 not in names else -1,
    )


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
