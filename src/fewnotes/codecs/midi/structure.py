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
_LATEST_START = 2**27
_LOW_BYTES = bytes(range(0x80))
#: More meta events than this before the first note are read by the tolerant reader, which counts all events.
_MOST_EVENTS_BEFORE = 200_000


class Body(NamedTuple):
    """A MIDI track from its first channel message on.

    start: where the track begins in the file. first: where the time before its first channel message begins.
    stop: where its end-of-track event begins, behind the time of it. tick: where the events before `first` end.
    data_bytes: how many bytes from first to stop are below 128. high: those that are not.
    """

    track: int
    start: int
    first: int
    stop: int
    tick: int
    data_bytes: int
    high: bytes


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
    data: bytes, places: list[tuple[int, int]], longest_silence: int, meta: MetaEvents, repairs: Repairs
) -> tuple[list[Body], int] | None:
    """(bodies of the tracks that have one, latest end of the others); reads the events before.

    Only an end counts that comes more than `longest_silence` ticks after the last event of its track.
    """
    bodies = []
    last_tick = 0
    for track, (start, stop) in enumerate(places):
        walked = _walk_to_first_message(data, start, stop, track, meta, repairs)
        if walked is None:
            return None
        first, tick = walked
        if tick >= _LATEST_START:
            return None
        is_empty = first == stop
        stop -= 3
        if data[stop - 2] > 127 and _time_before_end(data, stop) > longest_silence:
            if not is_empty:
                return None
            last_tick = max(last_tick, tick)
        if is_empty:
            continue
        high = data[first:stop].translate(None, _LOW_BYTES)
        bodies.append(Body(track, start, first, stop, tick, stop - first - len(high), high))
    return None if repairs else (bodies, last_tick)


def _time_before_end(data: bytes, stop: int) -> int:
    """Ticks between the last event of a track and its end-of-track event, which begins at `stop`."""
    ticks = data[stop - 1]
    position, power = stop - 2, 7
    while data[position] > 127 and power < 28:
        ticks |= (data[position] & 127) << power
        position, power = position - 1, power + 7
    return ticks


def may_run_over(events: bytes) -> bool:
    """Whether times of more than three bytes occur, or so many of three that they could add up to 2^32 ticks."""
    high = np.frombuffer(events, np.uint8) > 127
    two = high[1:] & high[:-1]
    if (two[1:] & two[:-1]).any():
        return True
    return (int(np.count_nonzero(two)) << 21) + (high.size // 3 << 14) >= 2**32


def _walk_to_first_message(
    data: bytes, start: int, stop: int, track: int, meta: MetaEvents, repairs: Repairs
) -> tuple[int, int] | None:
    """(offset, tick) of the first event that is neither meta nor sysex; the offset is where its time begins.

    The offset is `stop` where there is none; the tick is then that of the end of track.
    """
    position = start
    tick = 0
    last = stop - 3
    take = meta.take
    for _ in range(_MOST_EVENTS_BEFORE):
        if position >= last:
            return None
        first = position
        delta = data[position]
        if delta > 127:
            delta, position = _read_number(data, position)
            if position - first > 2:
                return None
        status = data[position + 1]
        if status == 0xFF:
            kind = data[position + 2]
            position += 3
        elif status == 0xF0:
            kind = -1
            position += 2
        else:
            return (first, tick) if 127 < status < 0xF0 else None
        tick += delta
        length = data[position]
        if length > 127:
            length, position = _read_number(data, position)
        position += 1
        after = position + length
        if kind == END_OF_TRACK:
            return (stop, tick) if after == stop else None
        if after > last:
            return None
        if kind >= 0:
            take(kind, tick, track, data[position:after], repairs)
        position = after
    return None


def _read_number(data: bytes, position: int) -> tuple[int, int]:
    """(number of variable length, offset of its last byte); reads four bytes at most."""
    value = data[position] & 127
    for position in range(position, position + 4):  # noqa: B020
        if data[position] < 128:
            break
        value = value << 7 | data[position + 1] & 127
    return value, position


def variable_length(value: int) -> bytes:
    """A number from 0 to `LARGEST` as MIDI writes times: seven bits a byte, the last byte below 128."""
    out = bytes((value & 127,))
    while value := value >> 7:
        out = bytes((value & 127 | 128,)) + out
    return out
