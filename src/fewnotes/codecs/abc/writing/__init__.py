"""Piece to text: header, then several bars a line, the voices of a line under one another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from fewnotes.codecs import Encoded
from fewnotes.codecs.abc.chord_text import is_chord_symbol
from fewnotes.codecs.abc.writing.bars import Field, Frame, VoiceText, bar_text, unit_length
from fewnotes.codecs.abc.writing.grid import Grid, bar_times, lines_of
from fewnotes.codecs.abc.writing.lengths import length_text
from fewnotes.codecs.abc.writing.pitches import Speller, key_text
from fewnotes.errors import BadInput
from fewnotes.music.piece import DEFAULT_VELOCITY, Meter, Notice, Piece, Track
from fewnotes.music.time import DEFAULT_METER, beat_length_tick

_LINE_WIDTH = 72
_BARS_A_LINE = 4
_DEFAULT_RESOLUTION = 480


def write_tune(piece: Piece, mark: str) -> Encoded:
    """The piece as one tune. Raises BadInput for a piece without notes."""
    if len(piece.notes) == 0:
        raise BadInput("This piece has no notes to write", expected="a piece with at least one note", code="no-notes")
    grid = Grid(piece.ticks_per_quarter)
    writer = _Writer(piece, grid)
    text = "\n".join([*writer.header(mark), *writer.body(), ""])
    return Encoded(text.encode("utf-8"), tuple(writer.notices()))


class _Writer:
    """Collects the text of one piece and what the text cannot hold."""

    def __init__(self, piece: Piece, grid: Grid) -> None:
        self.piece = piece
        self.grid = grid
        self.lost: dict[str, int] = {}
        self.bars = bar_times(piece, grid)
        rows: list[list[int]] = [[] for _ in piece.tracks]
        for row, track in enumerate(piece.notes["track"].tolist()):
            rows[track].append(row)
        placed = [lines_of(piece.notes, own, grid) for own in rows]
        self.lines = [lines for lines, _ in placed]
        if homeless := sum(count for _, count in placed):
            self.lost["dropped-overlapping"] = homeless
        self.unit = unit_length([e for lines in self.lines for line in lines for e in line], grid.quarter)
        self.first_key = piece.keys[0] if piece.keys else None
        self.has_voices = len(piece.tracks) > 1

    # -- header ---------------------------------------------------------------------------------------------

    def header(self, mark: str) -> list[str]:
        piece = self.piece
        out = ["%abc-2.1", "X:1", f"T:{_plain(piece.title) or 'Untitled'}"]
        if piece.composer:
            out.append(f"C:{_plain(piece.composer)}")
        if mark:
            out.append(f"N:{_plain(mark)}")
        if piece.ticks_per_quarter != _DEFAULT_RESOLUTION:
            out.append(f"%%fewnotes-ticks-per-quarter {piece.ticks_per_quarter}")
        out.append("M:" + (_meter_text(piece.meters[0]) if piece.meters else "none"))
        out.append(f"L:{self.unit / 4}")
        if piece.tempos:
            out.append(f"Q:{_tempo_text(piece.tempos[0].quarters_per_minute)}")
        out.append(f"K:{key_text(self.first_key)}")
        for i, track in enumerate(piece.tracks):
            out.extend(self._voice_header(i, track))
        return out

    def _voice_header(self, index: int, track: Track) -> list[str]:
        out = []
        if self.has_voices or track.name:
            name = _plain(track.name).replace('"', "'").replace("\\%", "")
            clef = " clef=perc" if track.is_drum else ""
            out.append(f"V:{index + 1}{clef}" + (f' name="{name}"' if name else ""))
        if track.is_drum:
            out.append("%%MIDI channel 10")
        if track.program:
            out.append(f"%%MIDI program {track.program}")
        return out

    # -- body -----------------------------------------------------------------------------------------------

    def body(self) -> list[str]:
        """Lines of music, one a voice and system."""
        voices = [self._voice(i) for i in range(len(self.piece.tracks))]
        columns: list[list[str]] = [[] for _ in voices]
        for frame in self._frames():
            for column, voice in zip(columns, voices, strict=True):
                column.append(bar_text(voice, frame))
        out: list[str] = []
        for first, last in _systems(columns):
            for i, column in enumerate(columns):
                end = " |]" if last == len(column) else " |"
                prefix = f"[V:{i + 1}] " if self.has_voices else ""
                out.append(prefix + " | ".join(column[first:last]) + end)
        return out

    def _frames(self) -> list[Frame]:
        piece, grid = self.piece, self.grid
        meters = [(grid.place(m.onset_tick), m) for m in piece.meters] or [(0, DEFAULT_METER)]
        frames: list[Frame] = []
        current = 0
        for start, end in zip(self.bars[:-1], self.bars[1:], strict=True):
            while current + 1 < len(meters) and meters[current + 1][0] <= start:
                current += 1
            beat = max(1, int(beat_length_tick(meters[current][1], grid.quarter)))
            anchor = end if not frames and piece.pickup_tick else start
            frames.append(Frame(start, end, grid.quarter, self.unit, beat, anchor))
        return frames

    def _voice(self, index: int) -> VoiceText:
        lines = self.lines[index]
        chords = self._chords() if index == 0 else []
        return VoiceText(lines, self._fields(index), chords, self._graces(index), Speller(self.first_key))

    def _fields(self, index: int) -> list[Field]:
        """Changes of meter and key stand in every voice, of tempo in the first."""
        piece, place = self.piece, self.grid.place
        fields = [Field(place(m.onset_tick), f"M:{_meter_text(m)}") for m in piece.meters[1:]]
        fields += [Field(place(k.onset_tick), f"K:{key_text(k)}", k) for k in piece.keys[1:]]
        if index == 0:
            tempos = [Field(place(t.onset_tick), f"Q:{_tempo_text(t.quarters_per_minute)}") for t in piece.tempos[1:]]
            fields += tempos
        end = self.bars[-1]
        if index == 0 and any(f.time >= end for f in fields):
            self.lost["change-after-end"] = sum(f.time >= end for f in fields)
        return sorted((f for f in fields if f.time < end), key=lambda f: f.time)

    def _chords(self) -> list[tuple[int, str]]:
        found: dict[int, str] = {}
        for chord in self.piece.chords:
            time = self.grid.place(chord.onset_tick)
            if time in found or time >= self.bars[-1] or not is_chord_symbol(chord.text):
                self.lost["chord-symbol-left-out"] = self.lost.get("chord-symbol-left-out", 0) + 1
            else:
                found[time] = chord.text
        return sorted(found.items())

    def _graces(self, index: int) -> dict[int, list[tuple[int, str]]]:
        """Grace notes by the row of the note they lead to, of the same voice if there is one."""
        piece = self.piece
        graces = piece.graces[piece.graces["track"] == index]
        if len(graces) == 0:
            return {}
        rows: dict[tuple[int, int], int] = {}
        for line in self.lines[index]:
            for event in line:
                onset = int(piece.notes["onset_tick"][event.row])
                voice = int(piece.notes["voice"][event.row])
                rows.setdefault((onset, voice), event.row)
                rows.setdefault((onset, -1), event.row)
        out: dict[int, list[tuple[int, str]]] = {}
        for grace in graces:
            onset = int(grace["onset_tick"])
            row = rows.get((onset, int(grace["voice"])), rows.get((onset, -1), -1))
            if row < 0:
                self.lost["grace-left-out"] = self.lost.get("grace-left-out", 0) + 1
                continue
            length = Fraction(int(grace["duration_tick"]), piece.ticks_per_quarter)
            if (4 * length).denominator > 16 or not Fraction(1, 64) <= length <= 4:
                length = Fraction(1, 4)
                self.lost["grace-length"] = self.lost.get("grace-length", 0) + 1
            out.setdefault(row, []).append((int(grace["pitch"]), length_text(length, Fraction(1, 4))))
        return out

    # -- what was lost --------------------------------------------------------------------------------------

    def notices(self) -> list[Notice]:
        piece, lost = self.piece, dict(self.lost)
        lost["velocity-left-out"] = int(np.count_nonzero(piece.notes["velocity"] != DEFAULT_VELOCITY))
        lost["staff-left-out"] = int(np.count_nonzero(piece.notes["staff"]))
        lost["cannot-hold-times"] = self.grid.rounded
        lost["drum-voice"] = sum(t.is_drum for t in piece.tracks)
        numbers: list[int] = [0] * len(piece.notes)
        for lines in self.lines:
            for i, line in enumerate(lines):
                for event in line:
                    numbers[event.row] = i + 1 if len(lines) > 1 else 0
        heads = [e.row for lines in self.lines for line in lines for e in line]
        lost["voice-numbers"] = sum(int(piece.notes["voice"][row]) != numbers[row] for row in heads)
        return [Notice(code, _LOST[code].format(n=n)) for code, n in lost.items() if n]


_LOST = {
    "velocity-left-out": "ABC has no velocities: {n} notes lose theirs",
    "staff-left-out": "ABC has no staves within a voice: {n} notes lose theirs",
    "voice-numbers": "ABC numbers the voices of a track in its own order; notes or chords that change voice: {n}",
    "cannot-hold-times": "Times that no score shows were rounded to 1/24 of a quarter: {n}",
    "dropped-overlapping": "More than 64 lines sound at once in a track: {n} notes or chords were left out",
    "drum-voice": "Drums are written as a percussion voice on MIDI channel 10; tracks: {n}",
    "change-after-end": "Changes of meter, key or tempo after the last note were left out: {n}",
    "chord-symbol-left-out": "Chord symbols that ABC cannot tell from text, or that share a place, were left out: {n}",
    "grace-length": "Grace notes of unusual length are written as sixteenths: {n}",
    "grace-left-out": "Grace notes that lead to no note were left out: {n}",
}


def _systems(columns: list[list[str]]) -> list[tuple[int, int]]:
    """First and last bar of each line of text: up to four bars, fewer where a voice is long."""
    out, first = [], 0
    count = len(columns[0])
    while first < count:
        last = first + 1
        while last < count and last - first < _BARS_A_LINE:
            width = max(sum(len(text) + 3 for text in column[first : last + 1]) for column in columns)
            if width > _LINE_WIDTH:
                break
            last += 1
        out.append((first, last))
        first = last
    return out


def _plain(text: str) -> str:
    """One printable line; per cent signs would begin a comment."""
    line = "".join(ch if ch.isprintable() else " " for ch in text)
    return " ".join(line.split())[:500].replace("%", "\\%")


def _meter_text(meter: Meter) -> str:
    return f"{meter.numerator}/{meter.denominator}"


def _tempo_text(quarters_per_minute: float) -> str:
    return f"1/4={quarters_per_minute:.3f}".rstrip("0").rstrip(".")
