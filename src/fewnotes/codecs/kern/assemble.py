"""A Piece out of a Timeline: spans laid end to end, ties joined, bars counted."""

from __future__ import annotations

import bisect
import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fewnotes.codecs import MAX_END_TICK, MAX_NOTES
from fewnotes.codecs.kern import parts, signatures
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.timing import BarStart, Change, Sounding, Span, Timeline
from fewnotes.errors import TooLarge
from fewnotes.music.piece import DEFAULT_VELOCITY, NOTE, Meter, NoteArray, Piece, note_array
from fewnotes.music.time import bar_length_tick, explicit_barlines

_MAX_OPEN_TIES = 16
_STATE = re.compile(r"\*(?:(?P<tempo>MM\d)|(?P<meter>M\d|met)|(?P<signature>k\[)|(?P<key>[a-gA-G][#\-]?:))")


class _Played:
    """What the spans give when they are played in an order."""

    def __init__(self, line: Timeline, order: Sequence[int]) -> None:
        self.notes: list[Sounding] = []
        self.graces: list[Sounding] = []
        self.changes: list[Change] = []
        self.bars: list[BarStart] = []
        self.seams: set[int] = set()
        self.end_tick = 0
        in_force = _in_force(line)
        expected = 0
        for index in order:
            span = line.spans[index]
            shift = self.end_tick - span.start_tick
            if index != expected:
                self.seams.add(self.end_tick)
                self.changes += [change._replace(onset_tick=self.end_tick) for change in in_force[index]]
            expected = index + 1
            self._add(span, shift)
            self.end_tick += span.end_tick - span.start_tick

    def _add(self, span: Span, shift: int) -> None:
        if shift == 0:
            self.notes += span.notes
            self.graces += span.graces
            self.changes += span.changes
            self.bars += span.bars
            return
        self.notes += [n._replace(onset_tick=n.onset_tick + shift) for n in span.notes]
        self.graces += [n._replace(onset_tick=n.onset_tick + shift) for n in span.graces]
        self.changes += [c._replace(onset_tick=c.onset_tick + shift) for c in span.changes]
        self.bars += [b._replace(onset_tick=b.onset_tick + shift) for b in span.bars]


def _in_force(line: Timeline) -> list[list[Change]]:
    """By span, the meter, signature, key and tempo that were said last before it: said again where play jumps."""
    found: list[list[Change]] = []
    latest: dict[str, Change] = {}
    for span in line.spans:
        found.append(sorted(latest.values(), key=lambda change: change.line))
        for change in span.changes:
            for _, text in change.texts[:4]:
                match = _STATE.match(text)
                if match:
                    latest[match.lastgroup or ""] = change
    return found


def assemble(line: Timeline, order: Sequence[int], log: FaultLog) -> Piece | None:
    """The piece; None if nothing sounds in it."""
    played = _Played(line, order)
    if played.end_tick > MAX_END_TICK:
        raise TooLarge("The piece is too long to count its time", expected=f"at most {MAX_END_TICK:,} ticks")
    if not played.notes:
        return None
    sounding = parts.arrange({n.spine for n in played.notes} | {n.spine for n in played.graces}, played.changes, log)
    moves = parts.transpositions(played.changes)
    notes = _rows(_joined(played.notes, log), sounding, moves, log)
    graces = _rows(played.graces, sounding, moves, log)
    if len(notes) == 0:
        return None
    bar_onsets = sorted({0, *(bar.onset_tick for bar in played.bars)})
    piece = Piece(
        line.ticks_per_quarter,
        sounding.tracks,
        notes,
        meters=signatures.meters(played.changes, bar_onsets, log),
        tempos=signatures.tempos(played.changes, log),
        keys=signatures.keys(played.changes, log),
        graces=graces,
    )
    return _with_bars(piece, played, log) if played.bars else piece


def _joined(notes: Sequence[Sounding], log: FaultLog) -> list[Sounding]:
    """Noteheads with their ties joined: the first keeps the sum of the durations."""
    done: list[Sounding] = []
    open_ties: dict[tuple[int, int], list[int]] = {}
    for note in notes:
        waiting = open_ties.get((note.spine, note.pitch), [])
        if note.tie in ("_", "]"):
            match = next((i for i in waiting if _end(done[i]) == note.onset_tick), None)
            if match is not None:
                done[match] = done[match]._replace(duration_tick=done[match].duration_tick + note.duration_tick)
                if note.tie == "]":
                    waiting.remove(match)
                continue
            log.add("tie-not-opened", note.line)
        if note.tie in ("[", "_"):
            open_ties.setdefault((note.spine, note.pitch), []).append(len(done))
            waiting = open_ties[(note.spine, note.pitch)]
            while len(waiting) > 1 and (_end(done[waiting[0]]) < note.onset_tick or len(waiting) > _MAX_OPEN_TIES):
                log.add("tie-not-closed", done[waiting.pop(0)].line)
        done.append(note)
    for waiting in open_ties.values():
        for i in waiting:
            log.add("tie-not-closed", done[i].line)
    return done


def _end(note: Sounding) -> int:
    return note.onset_tick + note.duration_tick


def _rows(
    notes: Sequence[Sounding], arranged: parts.Parts, moves: dict[int, list[tuple[int, int]]], log: FaultLog
) -> NoteArray:
    if len(notes) > MAX_NOTES:
        raise TooLarge(f"The piece has {len(notes):,} notes", expected=f"at most {MAX_NOTES:,}")
    rows = []
    for note in notes:
        pitch = note.pitch
        if note.spine in moves:
            before = bisect.bisect_right(moves[note.spine], (note.onset_tick, 128)) - 1
            pitch += moves[note.spine][before][1] if before >= 0 else 0
            log.add("transposed")
            if not 0 <= pitch <= 127:
                log.add("pitch-range", note.line)
                continue
        track, staff = arranged.track_of[note.spine], arranged.staff_of[note.spine]
        rows.append((note.onset_tick, note.duration_tick, track, pitch, DEFAULT_VELOCITY, note.voice, staff))
    return note_array(np.array(rows, NOTE))


def _with_bars(piece: Piece, played: _Played, log: FaultLog) -> Piece:
    """Pickup and barlines: regular ones follow from the meter, others are kept as the file has them."""
    end = max(1, piece.end_tick)
    any_numbered = any(bar.is_numbered for bar in played.bars)
    numbered = {bar.onset_tick for bar in played.bars if bar.is_numbered or not any_numbered}
    onsets = sorted(tick for tick in {0, *(bar.onset_tick for bar in played.bars)} if 0 <= tick < end)
    onsets = _without_halves(piece, onsets, numbered - played.seams)
    if not piece.meters:
        return replace(piece, barlines_tick=explicit_barlines(piece, onsets))
    lengths = [b - a for a, b in itertools.pairwise(onsets)]
    pickup = lengths[0] if lengths and lengths[0] < _full(piece.meters[0], piece) else 0
    piece = replace(piece, pickup_tick=pickup)
    piece = replace(piece, barlines_tick=explicit_barlines(piece, onsets))
    if piece.barlines_tick:
        _tell_uneven(piece, onsets, lengths, log)
    return piece


def _full(meter: Meter, piece: Piece) -> int:
    return round(bar_length_tick(meter, piece.ticks_per_quarter))


def _meters_at(piece: Piece, onsets: Sequence[int]) -> list[Meter]:
    ticks = [meter.onset_tick for meter in piece.meters]
    return [piece.meters[max(0, bisect.bisect_right(ticks, onset) - 1)] for onset in onsets]


def _without_halves(piece: Piece, onsets: list[int], firm: set[int]) -> list[int]:
    """Drop barlines within a bar: unnumbered ones (repeats, double bars) whose two sides make one full bar."""
    if not piece.meters:
        return onsets
    changes = {meter.onset_tick for meter in piece.meters}
    kept: list[int] = []
    following = [*onsets[1:], 0]
    for onset, after, meter in zip(onsets, following, _meters_at(piece, onsets), strict=True):
        full = _full(meter, piece)
        is_half = kept and after - kept[-1] == full and onset not in firm and onset not in changes
        if not is_half:
            kept.append(onset)
    return kept


def _tell_uneven(piece: Piece, onsets: Sequence[int], lengths: Sequence[int], log: FaultLog) -> None:
    """A Notice for bars between the first and the last that are longer or shorter than their meter."""
    meters = _meters_at(piece, onsets)
    wrong = [
        i
        for i, (length, meter) in enumerate(zip(lengths, meters, strict=False))
        if length != _full(meter, piece) and not (i == 0 and piece.pickup_tick)
    ]
    if wrong:
        number = wrong[0] + (0 if piece.pickup_tick else 1)
        log.add("bars-uneven", detail=f"{len(wrong)} of {len(onsets)} bars, first bar {number}")
