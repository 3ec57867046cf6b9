"""Notes of a MIDI file as they are met, event by event."""

from __future__ import annotations

from array import array
from collections import deque

from fewnotes.codecs import MAX_NOTES
from fewnotes.codecs.midi.assemble import check_note_count
from fewnotes.codecs.midi.repairs import Repairs

#: Origin of a note: MIDI track, channel, program.
Origin = tuple[int, int, int]


class Notes:
    """Notes of a file as they are met. Several of one key and channel may sound: the first on is the first off."""

    def __init__(self, repairs: Repairs) -> None:
        self.onsets, self.durations = array("I"), array("I")
        self.origins, self.pitches, self.velocities = array("I"), array("B"), array("B")
        self.numbers: dict[Origin, int] = {}
        self._repairs = repairs
        self.start_track(0)

    def start_track(self, track: int) -> None:
        self._track = track
        self._programs = [0] * 16
        # By channel: the number of the origin notes have now, -1 before the first; indices of notes by key.
        self._origin = [-1] * 16
        self._sounding: list[dict[int, deque[int]]] = [{} for _ in range(16)]

    def set_program(self, channel: int, program: int) -> None:
        self._programs[channel] = program
        self._origin[channel] = -1

    def on(self, tick: int, channel: int, pitch: int, velocity: int) -> None:
        origin = self._origin[channel]
        if origin < 0:
            key = (self._track, channel, self._programs[channel])
            origin = self._origin[channel] = self.numbers.setdefault(key, len(self.numbers))
        index = len(self.onsets)
        if index >= MAX_NOTES:
            check_note_count(MAX_NOTES + 1)
        waiting = self._sounding[channel].get(pitch)
        if waiting is None:
            self._sounding[channel][pitch] = deque((index,))
        else:
            waiting.append(index)
        self.onsets.append(tick)
        self.durations.append(0)
        self.origins.append(origin)
        self.pitches.append(pitch)
        self.velocities.append(velocity)

    def off(self, tick: int, channel: int, pitch: int) -> None:
        waiting = self._sounding[channel].get(pitch)
        if waiting:
            self._end(waiting.popleft(), tick)

    def all_off(self, tick: int, channel: int) -> None:
        for waiting in self._sounding[channel].values():
            while waiting:
                self._end(waiting.popleft(), tick)
        self._sounding[channel].clear()

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
        for keys in self._sounding:
            for pitch, waiting in keys.items():
                for index in waiting:
                    onset = self.onsets[index]
                    self.durations[index] = end_tick - onset if end_tick > onset else shortest
                    self._repairs.add(
                        "never-off",
                        f"A note (key {pitch}) is never switched off; it ends with its track",
                        f"tick {onset}, MIDI track {self._track + 1}",
                    )
