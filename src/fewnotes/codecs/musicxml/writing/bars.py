"""A part laid out in bars: what each line prints in each bar."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs.musicxml.writing.beams import set_beams
from fewnotes.codecs.musicxml.writing.metre import Metre
from fewnotes.codecs.musicxml.writing.rhythm import Glyph, Item, glyphs_of_bar
from fewnotes.codecs.musicxml.writing.staves import Clef, clefs_of, staff_of_notes
from fewnotes.codecs.musicxml.writing.voices import MAX_READABLE, Line, lines_of
from fewnotes.music.piece import NoteArray, Piece, Track
from fewnotes.music.time import Bar, bar_length_tick, bars

#: Parts of a quarter that tuplets and noteheads need; the writer's resolution is a multiple.
_PARTS = 10_080


class Frame(NamedTuple):
    """The bars of the piece in the writer's resolution: `scale` fine ticks a tick, `quarter` a quarter."""

    bars: list[Bar]
    metres: list[Metre]
    scale: int
    quarter: int


@dataclass
class BarLine:
    """What one voice prints in one bar; hidden rests are left out at both ends."""

    line: Line
    glyphs: list[Glyph]


@dataclass
class PartPlan:
    """One part ready to be printed.

    clefs: `clefs[s][m]` is the clef of staff s + 1 in bar m. bars: `bars[m]` holds the lines of bar m; the first
    line of each staff is always there.
    """

    track: Track
    notes: NoteArray
    staff_of: list[int]
    clefs: list[list[Clef]]
    bars: list[list[BarLine]]
    graces: dict[int, list[int]] = field(default_factory=dict)
    voices: int = 1
    approximate: int = 0


def frame_of(piece: Piece) -> Frame:
    """Bars and metres of a piece; a piece without notes has one empty bar."""
    quarter = int(np.lcm(piece.ticks_per_quarter, _PARTS))
    scale = quarter // piece.ticks_per_quarter
    found = bars(piece)
    metres = []
    for i, bar in enumerate(found):
        length = (bar.end_tick - bar.onset_tick) * scale
        full = round(bar_length_tick(bar.meter, quarter))
        missing = full - length if i == 0 and bar.number == 0 and length < full else 0
        metres.append(Metre(bar.meter, length, missing, quarter))
    return Frame(found, metres, scale, quarter)


def plan_part(piece: Piece, track: int, frame: Frame) -> PartPlan:
    """Staves, clefs, voices and printed notes of one part."""
    notes = piece.notes[piece.notes["track"] == track]
    onsets = np.asarray([b.onset_tick for b in frame.bars], np.int64)
    bar_of = np.clip(np.searchsorted(onsets, notes["onset_tick"], side="right") - 1, 0, None)
    staff_of = _ranked(staff_of_notes(notes, piece.tracks[track], bar_of))
    lines = lines_of(notes, staff_of)
    staves = max(staff_of, default=1)
    for staff in range(1, staves + 1):
        if not any(line.staff == staff for line in lines):
            lines.append(Line(max((line.number for line in lines), default=0) + 1, staff))
    lines.sort(key=lambda line: (line.staff, line.number))
    clefs = []
    for staff in range(1, staves + 1):
        pitches: list[list[int]] = [[] for _ in frame.bars]
        for pitch, bar, s in zip(notes["pitch"].tolist(), bar_of.tolist(), staff_of, strict=True):
            if s == staff:
                pitches[bar].append(pitch)
        clefs.append(clefs_of(pitches, piece.tracks[track], staff, staves))
    plan = PartPlan(piece.tracks[track], notes, staff_of, clefs, [[] for _ in frame.bars])
    main = {min(k for k, line in enumerate(lines) if line.staff == s) for s in range(1, staves + 1)}
    for k, line in enumerate(lines):
        _lay_out(plan, line, k in main, frame, onsets)
    for staff in range(1, staves + 1):
        plan.voices = max(plan.voices, sum(line.staff == staff for line in lines))
    return plan


def too_many_voices(plan: PartPlan) -> bool:
    return plan.voices > MAX_READABLE


def _ranked(staff_of: list[int]) -> list[int]:
    """Staves numbered without gaps."""
    rank = {staff: i + 1 for i, staff in enumerate(sorted(set(staff_of)))}
    return [rank[s] for s in staff_of]


def _lay_out(plan: PartPlan, line: Line, is_main: bool, frame: Frame, onsets: NDArray[np.int64]) -> None:
    items: dict[int, list[Item]] = {}
    for chord in line.chords:
        bar = max(0, int(np.searchsorted(onsets, chord.onset, side="right")) - 1)
        cursor = chord.onset
        while cursor < chord.end:
            start = frame.bars[bar].onset_tick
            stop = min(chord.end, frame.bars[bar].end_tick) if bar + 1 < len(frame.bars) else chord.end
            items.setdefault(bar, []).append(
                Item(
                    (cursor - start) * frame.scale,
                    (stop - start) * frame.scale,
                    chord,
                    cursor > chord.onset,
                    stop < chord.end,
                )
            )
            cursor = stop
            bar += 1
    for bar in range(len(frame.bars)) if is_main else sorted(items):
        glyphs = glyphs_of_bar(items.get(bar, ()), frame.metres[bar])
        set_beams(glyphs, frame.metres[bar])
        plan.approximate += sum(g.is_approximate for g in glyphs)
        if not is_main:
            glyphs = _without_outer_rests(glyphs)
        plan.bars[bar].append(BarLine(line, glyphs))


def _without_outer_rests(glyphs: list[Glyph]) -> list[Glyph]:
    """Rests around the notes of a lesser voice say nothing; those of a tuplet stay, they complete its bracket."""
    first, last = 0, len(glyphs)
    while first < last and glyphs[first].content is None and glyphs[first].tuplet is None:
        first += 1
    while last > first and glyphs[last - 1].content is None and glyphs[last - 1].tuplet is None:
        last -= 1
    return glyphs[first:last]
