"""The events of one MIDI track, whatever state it is in, and the notes they make."""

from __future__ import annotations

from array import array
from collections import deque

from fewnotes.codecs import MAX_NOTES
from fewnotes.codecs.midi.assemble import check_end_tick, check_note_count
from fewnotes.codecs.midi.container import Chunk
from fewnotes.codecs.midi.meta import END_OF_TRACK, MetaEvents
from fewnotes.codecs.midi.repairs import Repairs

#: Data bytes of system messages; those that are not here do not exist.
_SYSTEM_DATA_BYTES = {0xF1: 1, 0xF2: 2, 0xF3: 1, 0xF6: 0, 0xF8: 0, 0xFA: 0, 0xFB: 0, 0xFC: 0, 0xFE: 0}
_ALL_SOUND_OFF = 120
_FIRST_ALL_NOTES_OFF = 123


#: Origin of a note: MIDI track, channel, program.
Origin = tuple[int, int, int]


class Notes:
    """Notes of a file as they are met. Several of one key and channel may sound: the first on is the first off."""

    def __init__(self, repairs: Repairs) -> None:
        self.onsets, self.durations = array("I"), array("I")
        self.origins, self.pitches, self.velocities = array("I"), array("B"), array("B")
        self.numbers: dict[Origin, int] = {}
        self._sounding: dict[int, deque[int]] = {}
        self._repairs = repairs

    def start_track(self, track: int) -> None:
        self._track = track
        self.programs = [0] * 16

    def on(self, tick: int, channel: int, pitch: int, velocity: int) -> None:
        key = (self._track, channel, self.programs[channel])
        number = self.numbers.get(key)
        if number is None:
            number = self.numbers[key] = len(self.numbers)
        index = len(self.onsets)
        if index >= MAX_NOTES:
            check_note_count(MAX_NOTES + 1)
        self._sounding.setdefault(channel << 7 | pitch, deque()).append(index)
        self.onsets.append(tick)
        self.durations.append(0)
        self.origins.append(number)
        self.pitches.append(pitch)
        self.velocities.append(velocity)

    def off(self, tick: int, channel: int, pitch: int) -> None:
        waiting = self._sounding.get(channel << 7 | pitch)
        if waiting:
            self._end(waiting.popleft(), tick)

    def all_off(self, tick: int, channel: int) -> None:
        for key, waiting in self._sounding.items():
            if key >> 7 == channel:
                while waiting:
                    self._end(waiting.popleft(), tick)

    def _end(self, index: int, tick: int) -> None:
        duration = tick - self.onsets[index]
        if duration < 1:
            duration = 1
            self._repairs.add(
                "zero-length",
                "A note is switched off on the tick it begins; it lasts one tick now",
                f"tick {tick}, MIDI track {self._track + 1}",
            )
        self.durations[index] = duration

    def end_track(self, end_tick: int, shortest: int) -> None:
        """Close what still sounds: at the end of the track, or after `shortest` ticks if it begins there."""
        for key, waiting in self._sounding.items():
            while waiting:
                index = waiting.popleft()
                onset = self.onsets[index]
                self.durations[index] = end_tick - onset if end_tick > onset else shortest
                self._repairs.add(
                    "never-off",
                    f"A note (key {key & 127}) is never switched off; it ends with its track",
                    f"tick {onset}, MIDI track {self._track + 1}",
                )
        self._sounding.clear()


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
                if self._without_time:
                    self._without_time = False
                else:
                    self.tick += self._variable_length()
                    check_end_tick(self.tick)
                if self._position >= self._stop:
                    raise _TrackEndsError
                if self._read_event():
                    self._after_end()
                    return
                self.last_event_tick = self.tick
        except (_TrackEndsError, IndexError):
            self._repair("cut-off", "The track breaks off in the middle of an event")
            return
        self._repair("no-end-of-track", "The track has no end-of-track event; it ends with its last event")

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
            self._position += 1
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
            self._notes.programs[channel] = first
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
        value = 0
        data, position, stop = self._data, self._position, self._stop
        while position < stop:
            byte = data[position]
            position += 1
            value = value << 7 | byte & 127
            if byte < 128:
                if position - self._position > 4:
                    if value >= 2**28:
                        self._repair("long-number", "A time or length takes more than four bytes; its end is taken")
                    value &= 2**28 - 1
                self._position = position
                return value
            value &= 2**35 - 1
        raise _TrackEndsError

    def _repair(self, code: str, message: str) -> None:
        self._repairs.add(code, message, f"byte {self._position}, MIDI track {self._track + 1}")
