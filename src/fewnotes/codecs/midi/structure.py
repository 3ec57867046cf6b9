"""A cheap look at the structure of a MIDI file: chunks, first events, times; nothing is read note by note.

All functions answer None where anything is not exactly as the standard has it.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

import numpy as np

from fewnotes.codecs.midi.meta import END_OF_TRACK, MetaEvents
from fewnotes.codecs.midi.repairs import Repairs

HEADER = Struct(">4sIHHH")
CHUNK = Struct(">4sI")
END = b"\xff\x2f\x00"
#: The largest number of variable length: four bytes of seven bits.
LARGEST = 2**28 - 1
#: symusic needs up to 16 times the bytes of a file.
_LARGEST_FAST_FILE = 4 * 2**20
_LOW_BYTES = bytes(range(0x80))
#: More meta events than this before the first note are read by the tolerant reader, which counts all events.
_MOST_EVENTS_BEFORE = 200_000
_CHANNEL_STATUS = bytes(range(0x80, 0xF0))


class Body(NamedTuple):
    """A MIDI track from its first channel message on.

    events: from the time before that message to the time before the end of track, which is left out. seen: the
    same, or the whole track where the events before take up time. status: of the first message. data_bytes: how
    many bytes of `events` are below 128. has_system: whether one is above 0xEF.
    """

    track: int
    events: bytes
    seen: bytes
    status: int
    data_bytes: int
    has_system: bool


def chunks_of(data: bytes) -> tuple[int, list[tuple[int, int]]] | None:
    """(ticks a quarter, where each track starts and stops), if header, chunk lengths and ends are all right."""
    size = len(data)
    if not 26 <= size <= _LARGEST_FAST_FILE:
        return None
    tag, length, form, count, division = HEADER.unpack_from(data)
    if tag != b"MThd" or length != 6 or form > 1 or not 0 < division < 0x8000 or (form == 0 and count != 1):
        return None
    places: list[tuple[int, int]] = []
    position = 14
    while position < size:
        if size - position < 12 or len(places) == count:
            return None
        tag, length = CHUNK.unpack_from(data, position)
        position += 8
        stop = position + length
        if tag != b"MTrk" or stop > size or not data.endswith(END, position, stop):
            return None
        places.append((position, stop))
        position = stop
    return (division, places) if len(places) == count else None


def bodies_of(
    data: bytes, places: list[tuple[int, int]], meta: MetaEvents, repairs: Repairs
) -> tuple[list[Body], int] | None:
    """(bodies of the tracks that have one, tick where the longest of the others ends); reads the events before."""
    bodies = []
    last_tick = 0
    for track, (start, stop) in enumerate(places):
        walked = _walk_to_first_note(data, start, stop, track, meta, repairs)
        if walked is None:
            return None
        first, tick, status = walked
        if status == 0:
            last_tick = max(last_tick, tick)
            continue
        events = data[first : stop - 3]
        high = events.translate(None, _LOW_BYTES)
        has_system = bool(high.translate(None, _CHANNEL_STATUS))
        # Events before that took up time have to be seen by symusic as well.
        seen = data[start : stop - 3] if tick else events
        bodies.append(Body(track, events, seen, status, len(events) - len(high), has_system))
    return None if repairs else (bodies, last_tick)


def may_run_over(events: bytes) -> bool:
    """Whether times of more than three bytes occur, or so many of three that they could add up to 2^32 ticks."""
    high = np.frombuffer(events, np.uint8) > 127
    two = high[1:] & high[:-1]
    if (two[1:] & two[:-1]).any():
        return True
    return (int(np.count_nonzero(two)) << 21) + (high.size // 3 << 14) >= 2**32


def _walk_to_first_note(
    data: bytes, start: int, stop: int, track: int, meta: MetaEvents, repairs: Repairs
) -> tuple[int, int, int] | None:
    """(offset, tick, status) of the first event that is neither meta nor sysex; the offset is where its time begins.

    Status 0 says that there is none; the tick is then that of the end of track.
    """
    position = start
    tick = 0
    for _ in range(_MOST_EVENTS_BEFORE):
        if position >= stop:
            return None
        first = position
        byte = data[position]
        delta = byte & 127
        while byte > 127 and position < stop:
            position += 1
            byte = data[position]
            delta = delta << 7 | byte & 127
        status = data[position + 1]
        if position - first > 2 or status < 128:
            return None
        if status < 0xF0:
            return first, tick, status
        tick += delta
        if status == 0xFF:
            position += 3
            kind = data[position - 1]
        elif status == 0xF0:
            position += 2
            kind = -1
        else:
            return None
        length = 0
        byte = 128
        while byte > 127 and position < stop:
            byte = data[position]
            length = length << 7 | byte & 127
            position += 1
        after = position + length
        if kind == END_OF_TRACK and after == stop:
            return stop, tick, 0
        if after > stop - 3 or kind == END_OF_TRACK:
            return None
        if kind >= 0:
            meta.take(kind, tick, track, data[position:after], repairs)
        position = after
    return None


def variable_length(value: int) -> bytes:
    """A number from 0 to `LARGEST` as MIDI writes times: seven bits a byte, the last byte below 128."""
    out = bytes((value & 127,))
    while value := value >> 7:
        out = bytes((value & 127 | 128,)) + out
    return out
