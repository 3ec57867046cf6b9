"""Voices of a part: chords that begin and end together, and lines of chords that do not overlap."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise

from fewnotes.music.piece import NoteArray

#: A staff is hard to read beyond this many.
MAX_READABLE = 4


@dataclass
class Chord:
    """Notes that begin and end together in one voice; `rows` index the notes of the part, lowest first."""

    onset: int
    end: int
    rows: list[int]
    top: int


@dataclass
class Line:
    """One voice. `number`: as printed; `staff`: where its rests stand."""

    number: int
    staff: int
    chords: list[Chord] = field(default_factory=list)


def lines_of(notes: NoteArray, staff_of: list[int]) -> list[Line]:
    """Lines of a part, in order of staff and voice.

    notes: rows of one part. staff_of: staff of each row, from 1. Voices that the piece gives are kept as far as
    their notes do not overlap; where it gives none, higher notes go to the upper voice.
    """
    partitions: dict[tuple[int, int], list[int]] = {}
    voices = notes["voice"].tolist()
    for i, (voice, staff) in enumerate(zip(voices, staff_of, strict=True)):
        partitions.setdefault((0, voice) if voice else (staff, 0), []).append(i)
    found: list[Line] = []
    taken = {voice for voice in voices if voice}
    for (_, voice), rows in sorted(partitions.items(), key=lambda p: (staff_of[p[1][0]], p[0])):
        chord_lines = _without_overlap(_chords(notes, rows))
        staves = [staff_of[i] for i in rows]
        staff = max(set(staves), key=staves.count)
        for k, chords in enumerate(chord_lines):
            number = voice if voice and k == 0 else _free_number(taken, staff)
            taken.add(number)
            found.append(Line(number, staff, chords))
    return sorted(found, key=lambda line: (line.staff, line.number))


def _free_number(taken: set[int], staff: int) -> int:
    """Custom: voices 1 to 4 on the first staff, 5 to 8 on the second."""
    number = 4 * (staff - 1) + 1
    while number in taken:
        number += 1
    return number


def _chords(notes: NoteArray, rows: list[int]) -> list[Chord]:
    onset, duration, pitch = (notes[name].tolist() for name in ("onset_tick", "duration_tick", "pitch"))
    found: dict[tuple[int, int], Chord] = {}
    for i in rows:
        key = (onset[i], onset[i] + duration[i])
        chord = found.setdefault(key, Chord(*key, [], 0))
        chord.rows.append(i)
        chord.top = max(chord.top, pitch[i])
    return sorted(found.values(), key=lambda c: (c.onset, c.end))


def _without_overlap(chords: list[Chord]) -> list[list[Chord]]:
    """Chords in as few lines as it takes, the higher of two that overlap in the upper line."""
    if all(a.end <= b.onset for a, b in pairwise(chords)):
        return [chords] if chords else []
    lines: list[tuple[list[int], list[Chord]]] = []
    for chord in sorted(chords, key=lambda c: (-c.top, c.onset, c.end)):
        for onsets, line in lines:
            place = bisect_right(onsets, chord.onset)
            before_is_free = place == 0 or line[place - 1].end <= chord.onset
            after_is_free = place == len(line) or line[place].onset >= chord.end
            if before_is_free and after_is_free:
                break
        else:
            onsets, line, place = [], [], 0
            lines.append((onsets, line))
        onsets.insert(place, chord.onset)
        line.insert(place, chord)
    return [line for _, line in lines]
