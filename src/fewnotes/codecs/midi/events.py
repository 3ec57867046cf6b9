"""The events of one MIDI track, whatever state it is in."""

from __future__ import annotations

import re

from fewnotes.codecs import MAX_END_TICK
from fewnotes.codecs.midi.assemble import check_end_tick
from fewnotes.codecs.midi.container import Chunk
from fewnotes.codecs.midi.meta import END_OF_TRACK, MetaEvents
from fewnotes.codecs.midi.notes import Notes
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.errors import TooLarge

#: Data bytes of system messages; those that are not here do not exist.
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}
_ALL_SOUND_OFF = 120
_FIRST_ALL_NOTES_OFF = 123
_STATUS = re.compile(rb"[\x80-\xff]")
_DATA = re.compile(rb"[\x00-\x7f]")
#: More is not read event by event; a file in good order may have more.
MAX_EVENTS = 2_000_000
#: An event that is not plain takes the time of so many that are.
_SLOW = 2


class _TrackEndsError(Exception):
    """The bytes end inside an event."""


class Reader:
    """Reads one track into meta events, notes and repairs. `tick` is where it is, in the end the end of the track."""

    def __init__(
        self, data: bytes, chunk: Chunk, track: int, begin: int, into: tuple[MetaEvents, Notes, Repairs]
    ) -> None:
        self.tick = self.last_event_tick = begin
        self._data, self._chunk, self._track = data, chunk, track
        self._position, self._stop = chunk.start, chunk.stop
        self._meta, self._notes, self._repairs = into
        # Running status; `_interrupted` after an event that ends it by the standard.
        self._status = 0
        self._interrupted = False
        # A status byte stood where data should be: the next event has no time before it.
        self._without_time = False

    def read(self) -> None:
        """Read all events up to the end of track, or to the end of the bytes."""
        try:
            while self._position < self._stop:
                if not self._without_time:
                    self._read_plain_messages()
                    self.tick += self._variable_length()
                self._without_time = False
                check_end_tick(self.tick)
                if self._position >= self._stop:
                    raise _TrackEndsError
                self._count_events(_SLOW)
                if self._read_event():
                    self._after_end()
                    return
                self.last_event_tick = self.tick
        except (_TrackEndsError, IndexError):
            self._repair("cut-off", "The track breaks off in the middle of an event")
            return
        self._repair("no-end-of-track", "The track has no end-of-track event; it ends with its last event")

    def _count_events(self, count: int) -> None:
        self._meta.events += count
        if self._meta.events > MAX_EVENTS:
            raise TooLarge(
                f"This MIDI file has more than {MAX_EVENTS:,} events",
                expected="fewer, or a file of less than 4 MiB in good order",
                fix="Export the file again, without controllers if there are very many",
            )

    def _read_plain_messages(self) -> None:
        """Read channel messages as long as they have nothing unusual, and stop before the first that has."""
        data, position, tick, status = self._data, self._position, self.tick, self._status
        notes_on, notes_off = self._notes.on, self._notes.off
        # Six bytes are the most that is read without looking: time, status, data, and the next time.
        stop = 0 if self._interrupted else self._stop - 6
        count = 0
        while position < stop and count < MAX_EVENTS and tick < MAX_END_TICK:
            at = position + 1
            delta = data[position]
            if delta > 127:
                low = data[at]
                at += 1
                if low > 127:
                    break
                delta = (delta & 127) << 7 | low
            kind = data[at]
            if kind > 127:
                at += 1
            else:
                kind = status
            pitch, value = data[at], data[at + 1]
            # 0x80 to 0xBF have two bytes of data; a status of 0 is none at all.
            if not 0x80 <= kind < 0xC0 or pitch > 127 or value > 127 or (kind >= 0xB0 and pitch >= _ALL_SOUND_OFF):
                break
            tick += delta
            status = kind
            position = at + 2
            count += 1
            if kind < 0x90 or (kind < 0xA0 and value == 0):
                notes_off(tick, kind & 15, pitch)
            elif kind < 0xA0:
                notes_on(tick, kind & 15, pitch, value)
        if count:
            self._position, self.tick, self.last_event_tick, self._status = position, tick, tick, status
            self._count_events(count)

    def _read_event(self) -> bool:
        """Read one event, its time has been read; True for the end of track."""
        status = self._data[self._position]
        if status >= 0xF0:
            self._position += 1
            return self._read_system(status)
        if status >= 0x80:
            self._position += 1
            self._status = status
            self._interrupted = False
        elif self._status == 0:
            self._repair("data-without-status", "Data bytes come before any status byte; passed over")
            found = _STATUS.search(self._data, self._position, self._stop)
            self._position = found.start() if found else self._stop
            self._without_time = True
            return False
        elif self._interrupted:
            self._interrupted = False
            self._repair(
                "running-status", "A meta or system event is followed by running status; the one before it holds"
            )
        self._read_channel_message(self._status)
        return False

    def _read_channel_message(self, status: int) -> None:
        kind, channel = status & 0xF0, status & 0x0F
        first = self._data_byte()
        if first < 0:
            return
        if kind == 0xC0:
            self._notes.set_program(channel, first)
            return
        if kind == 0xD0:
            return
        second = self._data_byte(clamp=True)
        if kind == 0x90 and second:
            self._notes.on(self.tick, channel, first, second)
        elif kind == 0x90 or kind == 0x80:
            self._notes.off(self.tick, channel, first)
        elif kind == 0xB0 and (first == _ALL_SOUND_OFF or first >= _FIRST_ALL_NOTES_OFF):
            self._notes.all_off(self.tick, channel)

    def _data_byte(self, *, clamp: bool = False) -> int:
        """The next data byte; -1 where a status byte stands in its place, or 127 with `clamp`."""
        if self._position >= self._stop:
            raise _TrackEndsError
        byte = self._data[self._position]
        if byte < 128:
            self._position += 1
            return byte
        if clamp:
            self._position += 1
            self._repair("data-over-127", f"A value of {byte} is above 127; taken for 127")
            return 127
        self._repair("data-missing", "An event lacks its data; it is left out")
        self._without_time = True
        return -1

    def _read_system(self, status: int) -> bool:
        if status == 0xFF:
            return self._read_meta()
        self._interrupted = self._status != 0
        if status in (0xF0, 0xF7):
            length = self._variable_length()
            if length > self._stop - self._position:
                raise _TrackEndsError
            self._position += length
        else:
            self._repair("system-message", f"A system message ({status:#x}) has no place in a file; passed over")
            self._position += _SYSTEM_DATA_BYTES.get(status, 0)
        return False

    def _read_meta(self) -> bool:
        self._interrupted = self._status != 0
        kind = self._data[self._position]
        self._position += 1
        length = self._variable_length()
        start = self._position
        if kind == END_OF_TRACK and length:
            self._repair("meta-length", f"An end of track event has {length} bytes instead of 0")
        if length > self._stop - start:
            if kind == END_OF_TRACK:
                return True
            raise _TrackEndsError
        self._position = start + length
        if kind == END_OF_TRACK:
            return True
        self._meta.take(kind, self.tick, self._track, self._data[start : self._position], self._repairs)
        return False

    def _after_end(self) -> None:
        left = self._stop - self._position
        if self._chunk.stated != self._stop and self._position != self._chunk.stated:
            self._repair("track-length", "The length this track states is wrong; it is read up to its end of track")
        elif left:
            self._repair("after-end-of-track", f"{left:,} bytes follow an end-of-track event; they are left out")

    def _variable_length(self) -> int:
        data, start, stop = self._data, self._position, self._stop
        value = 0
        for position in range(start, min(start + 4, stop)):
            byte = data[position]
            value = value << 7 | byte & 127
            if byte < 128:
                self._position = position + 1
                return value
        last = _DATA.search(data, start, stop)
        if last is None:
            raise _TrackEndsError
        self._position = last.end()
        digits = data[last.end() - 4 : last.end()]
        if data[start : last.end() - 4].strip(b"\x80"):
            self._repair("long-number", "A time or length takes more than four bytes; its end is taken")
        return sum((digit & 127) << 7 * power for power, digit in enumerate(reversed(digits)))

    def _repair(self, code: str, message: str) -> None:
        self._repairs.add(code, message, f"byte {self._position}, MIDI track {self._track + 1}")
