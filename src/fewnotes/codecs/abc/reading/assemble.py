"""A tune that has been read becomes a Piece: played order, ticks, bars, pickup, notices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.abc.reading import played
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.codecs.abc.reading.fields import FREE, Signature, parse_order
from fewnotes.codecs.abc.reading.keys import NO_KEY
from fewnotes.codecs.abc.reading.order import Stretch, joined, play_order
from fewnotes.codecs.abc.reading.played import DURATION, ONSET, OVERLAY, PITCH, TRACK, Rows, Timeline
from fewnotes.codecs.abc.reading.tune import TuneReader
from fewnotes.codecs.abc.reading.voice import QUARTER
from fewnotes.errors import TooLarge
from fewnotes.music.piece import (
    DEFAULT_VELOCITY,
    NOTE,
    ChordSymbol,
    KeySignature,
    Meter,
    NoteArray,
    Piece,
    Tempo,
    Track,
    check_piece,
    note_array,
)
from fewnotes.music.time import explicit_barlines

_Value = TypeVar("_Value")
#: Resolution where nothing asks for another, and the one times are rounded to where no other holds them.
DEFAULT_RESOLUTION = 480
_FINEST = 20160
_MAX_TICK = 2**31 - 1


def piece_of(tune: TuneReader, options: DecodeOptions) -> Piece | None:
    """The Piece of a tune; None if it has no notes."""
    voices = [v for v in tune.voices.values() if v.is_used]
    if not any(v.rows for v in voices):
        return None
    faults = tune.faults
    timeline = Timeline(voices, faults)
    notes, graces = timeline.rows()
    stretches = _stretches(tune, timeline, notes, options)
    sounding = played.join_ties(played.played_rows(notes, stretches), faults)
    graces = played.played_rows(graces, stretches)
    first = voices[0]
    meters = played.played_marks(timeline.marks(first, first.meters), stretches)
    lines = _barlines(timeline, stretches, meters, faults)
    clock = _Clock(sounding, graces, [*meters, *((t, None) for t in lines)], tune)
    shift = first.key_shift
    keys = [
        (t, (_shifted(k.fifths, shift), k.mode))
        for t, k in played.played_marks(timeline.marks(first, first.keys), stretches)
        if any(key is not NO_KEY for _, key in first.keys)
    ]
    tempos = _tempos(timeline, stretches)
    piece = Piece(
        clock.resolution,
        tuple(Track(_name(v.name or v.ident), v.program, v.is_drum) for v in voices),
        _notes(sounding, voices_with_overlays(timeline), clock, is_sorted=True),
        meters=tuple(Meter(t, *m) for t, m in clock.changes(_without_free(meters))),
        tempos=tuple(Tempo(t, q) for t, q in clock.changes(tempos)),
        keys=tuple(KeySignature(t, *k) for t, k in clock.changes(keys)),
        graces=_notes(graces, voices_with_overlays(timeline), clock, is_sorted=False),
        chords=_chords(timeline, stretches, clock, faults),
        title=" / ".join(t for t in tune.titles[:3] if t)[:500],
        composer=tune.composer[:500],
    )
    return check_piece(_with_bars(piece, [clock.tick(t) for t in lines]))


def _name(text: str) -> str:
    return "".join(ch for ch in text if ch.isprintable())[:80]


def voices_with_overlays(timeline: Timeline) -> np.ndarray:
    """Of each voice: does it ever hold more than one line?"""
    return np.asarray([v.has_overlays for v in timeline.voices], bool)


def _stretches(tune: TuneReader, timeline: Timeline, notes: Rows, options: DecodeOptions) -> list[Stretch]:
    written = [(0, timeline.end)]
    if not options.repeats:
        return written
    order = parse_order(tune.part_order) if tune.part_order else None
    if tune.part_order and order is None and any(ch.isdigit() or ch in "()" for ch in tune.part_order):
        tune.faults.add("part-order-unknown")
    stretches = joined(play_order(timeline.signs(), timeline.end, order, tune.faults))
    if not played.is_affordable(stretches, notes, timeline.end):
        tune.faults.add("repeat-too-long")
        return written
    return stretches or written


def _barlines(
    timeline: Timeline, stretches: Sequence[Stretch], meters: Sequence[tuple[int, Signature]], faults: Faults
) -> list[int]:
    """Played onsets of bars. Two parts of one bar on either side of a repeat or double bar are one bar.

    A bar that is neither full nor beside such a line, nor first or last, counts as uneven.
    """
    starts = [(time, kind) for time, kind in zip(timeline.starts, ["|:", *timeline.kinds], strict=False)]
    bars = played.played_marks(starts, stretches, is_state=False)
    begins = set(played.offsets(stretches))
    times = [t for t, _ in bars]
    end = played.offsets(stretches)[-1]
    lengths = [b - a for a, b in zip(times, [*times[1:], end], strict=True)]
    soft = [t in begins or kind != "|" for t, kind in bars] + [True]
    full = _full_lengths(times, meters)
    lines: list[int] = []
    filled = 0
    for i, time in enumerate(times):
        is_rest_of_bar = i and soft[i] and filled and filled + lengths[i] == full[i] == full[i - 1]
        if is_rest_of_bar:
            filled = 0
            continue
        lines.append(time)
        filled = lengths[i] if i and full[i] and lengths[i] < full[i] else 0
        is_short = lengths[i] < full[i] and (soft[i] or soft[i + 1])
        if full[i] and lengths[i] != full[i] and not is_short:
            faults.add("bars-uneven", f"bar {len(lines)}")
    return lines


def _full_lengths(times: Sequence[int], meters: Sequence[tuple[int, Signature]]) -> list[int]:
    """The length each bar should have by its meter; 0 in free meter."""
    full, current, i = [], 0, 0
    for time in times:
        while i < len(meters) and meters[i][0] <= time:
            current = 4 * QUARTER * meters[i][1].numerator // meters[i][1].denominator
            i += 1
        full.append(current)
    return full


def _with_bars(piece: Piece, lines: list[int]) -> Piece:
    """Pickup and barlines of the piece from the onsets of its bars."""
    pickup = 0
    if piece.meters and len(lines) > 1:
        meter = piece.meters[0]
        is_short = lines[1] * meter.denominator < 4 * piece.ticks_per_quarter * meter.numerator
        pickup = lines[1] if is_short and lines[1] < piece.end_tick else 0
    piece = replace(piece, pickup_tick=pickup)
    return replace(piece, barlines_tick=explicit_barlines(piece, lines))


class _Clock:
    """From the reader's grid to ticks: exact where a resolution up to 1,000,000 holds all times."""

    def __init__(self, notes: Rows, graces: Rows, marks: Sequence[tuple[int, object]], tune: TuneReader) -> None:
        columns = [notes[:, ONSET], notes[:, DURATION], graces[:, ONSET], graces[:, DURATION]]
        times = np.concatenate([*columns, np.asarray([t for t, _ in marks], np.int64)])
        self._grain = math.gcd(QUARTER, int(np.gcd.reduce(times))) if len(times) else QUARTER
        need = QUARTER // self._grain
        end = int((notes[:, ONSET] + notes[:, DURATION]).max())
        self.resolution = math.lcm(DEFAULT_RESOLUTION, need)
        if tune.resolution and tune.resolution % need == 0:
            self.resolution = tune.resolution
        self._is_exact = self.resolution <= 1_000_000 and end * self.resolution // QUARTER < _MAX_TICK
        if not self._is_exact:
            self.resolution = _FINEST
            tune.faults.add("time-rounded", count=int(np.count_nonzero(columns[0] % (QUARTER // _FINEST))) or 1)
            if end * _FINEST // QUARTER >= _MAX_TICK:
                raise TooLarge("This tune is too long for its finest note", expected=f"at most {_MAX_TICK} ticks")

    def ticks(self, times: np.ndarray) -> np.ndarray:
        if self._is_exact:
            return times // self._grain * (self.resolution * self._grain // QUARTER)
        step = QUARTER // _FINEST
        return (times + step // 2) // step

    def tick(self, time: int) -> int:
        return int(self.ticks(np.asarray([time], np.int64))[0])

    def changes(self, marks: Sequence[tuple[int, _Value]]) -> list[tuple[int, _Value]]:
        """Marks in ticks: the last at each tick, only where something changes."""
        at: dict[int, _Value] = {}
        for time, value in marks:
            at[self.tick(time)] = value
        out: list[tuple[int, _Value]] = []
        for tick in sorted(at):
            if not out or out[-1][1] != at[tick]:
                out.append((tick, at[tick]))
        return out


def _notes(rows: Rows, has_overlays: np.ndarray, clock: _Clock, *, is_sorted: bool) -> NoteArray:
    notes = np.zeros(len(rows), NOTE)
    onset, stop = clock.ticks(rows[:, ONSET]), clock.ticks(rows[:, ONSET] + rows[:, DURATION])
    notes["onset_tick"] = onset
    notes["duration_tick"] = np.maximum(1, stop - onset)
    notes["track"] = rows[:, TRACK]
    notes["pitch"] = rows[:, PITCH]
    notes["velocity"] = DEFAULT_VELOCITY
    notes["voice"] = np.where(has_overlays[rows[:, TRACK]], np.minimum(rows[:, OVERLAY] + 1, 255), 0)
    return note_array(notes) if is_sorted else notes


def _shifted(fifths: int, semitones: int) -> int:
    return fifths if semitones % 12 == 0 else (fifths + 7 * semitones + 5) % 12 - 5


def _without_free(meters: Sequence[tuple[int, Signature]]) -> list[tuple[int, Signature]]:
    """Free meter is held as no meter; where a tune has both, the free stretches count as 4/4."""
    if all(m == FREE for _, m in meters):
        return []
    return [(t, Signature(4, 4) if m == FREE else m) for t, m in meters]


def _tempos(timeline: Timeline, stretches: Sequence[Stretch]) -> list[tuple[int, float]]:
    marks: list[tuple[int, float]] = []
    for voice in reversed(timeline.voices):
        marks.extend(timeline.marks(voice, voice.tempos))
    marks.sort(key=lambda m: m[0])
    if marks and marks[0][0] > 0:
        marks.insert(0, (0, 120.0))
    return played.played_marks(marks, stretches)


def _chords(timeline: Timeline, stretches: Sequence[Stretch], clock: _Clock, faults: Faults) -> tuple[ChordSymbol, ...]:
    found: dict[int, str] = {}
    for voice in timeline.voices:
        for time, text in timeline.marks(voice, voice.chords):
            if found.setdefault(time, text) != text:
                faults.add("chord-symbol-twice")
    marks = played.played_marks(sorted(found.items()), stretches, is_state=False)
    return tuple(ChordSymbol(clock.tick(time), text) for time, text in marks)
