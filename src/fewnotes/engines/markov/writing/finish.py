"""Last touches to written lines: closing notes that last, notes that end where their key is struck again."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines.markov.reading.lines import TICKS, Bars, Event
from fewnotes.music.piece import Meter
from fewnotes.music.time import beat_length_tick

#: A gap shorter than this before the next note of a line is a way of playing, no rest that anyone would write.
_SLIVER = TICKS // 6


def closed(events: Sequence[Event], bars: Bars) -> list[Event]:
    """A pitched line whose last note lasts at least a beat and to the end of the piece.

    A last note that comes too late in the last bar for a beat to be left takes the place of the one before it.
    """
    end, start = bars.starts[-1], bars.starts[-2]
    beat = min(round(beat_length_tick(Meter(0, *bars.meter[-1]), TICKS)), end - start)
    sounding = [e for e in events if e.pitches and e.onset < end]
    if not sounding or sounding[-1].onset < start:
        return list(events)
    last = sounding[-1]
    onset = max([e.onset for e in events if start <= e.onset <= end - beat], default=start)
    onset = min(onset, last.onset) if last.onset > end - beat else last.onset
    final = last._replace(onset=onset, length=end - onset, durations=(end - onset,))
    return [*(e for e in events if e.onset < onset), final]


def without_slivers(events: Sequence[Event]) -> list[Event]:
    """Notes that stop just before the next one of their line last until it begins; unbroken lines stay as they are."""
    found = []
    for event in events:
        gap = event.length - max(event.durations, default=event.length)
        if event.pitches and 0 < gap < _SLIVER:
            event = event._replace(
                durations=tuple(event.length if d + gap == event.length else d for d in event.durations)
            )
        found.append(event)
    return found


def unstruck(rows: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Rows as `note_array` takes them; a note that still sounds when its key is struck again ends there."""
    following: dict[tuple[int, int], int] = {}
    found = []
    for row in sorted(rows, reverse=True):
        onset, length, track, pitch = row[:4]
        length = min(length, following.get((track, pitch), onset + length) - onset)
        following[track, pitch] = onset
        if length > 0:
            found.append((onset, length, *row[2:]))
    return found[::-1]
