"""From a RawScore to a Piece: measures are laid out in playing order, ties joined, bars and changes placed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs import MAX_END_TICK, MAX_NOTES
from fewnotes.codecs.musicxml.reading.raw import GRACE, TIE_START, TIE_STOP, RawPart, RawScore
from fewnotes.codecs.musicxml.repeats import playing_order
from fewnotes.errors import BadInput, TooLarge
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
    sort_notes,
)
from fewnotes.music.time import DEFAULT_METER, DEFAULT_QUARTERS_PER_MINUTE, bar_length_tick, explicit_barlines

_Ints = NDArray[np.int64]


class Layout(NamedTuple):
    """Measures as played. `order[i]` is a written measure, `onset[i]` where it begins; shape (M,) each."""

    order: _Ints
    onset: _Ints
    length: _Ints
    end: int


def to_piece(score: RawScore, repeats: bool) -> Piece:
    """Play a score out (or keep its written order).

    Raises BadInput where it has no notes, TooLarge where it is too long.
    """
    if not any(len(part.notes) for part in score.parts):
        raise BadInput("The score has no notes", expected="at least one note", code="no-notes")
    meters = _meter_of_measures(score)
    lengths = _measure_lengths(score, meters)
    layout = _layout(score, lengths, repeats)
    notes, graces = [], []
    for track, part in enumerate(score.parts):
        sounding, grace = _play_part(score, part, track, layout)
        notes.append(sounding)
        graces.append(grace)
    rows = sort_notes(np.concatenate(notes))
    if not len(rows):
        raise BadInput("The score has only grace notes", expected="at least one note", code="no-notes")
    played_meters = _played_meters(layout, meters)
    piece = Piece(
        ticks_per_quarter=score.ticks,
        tracks=tuple(_track(part) for part in score.parts),
        notes=rows,
        meters=played_meters,
        tempos=_played_tempos(score, layout),
        keys=_played_keys(score, layout),
        pickup_tick=_pickup(layout, meters, score.ticks),
        graces=_in_playing_order(np.concatenate(graces)),
        chords=_played_chords(score, layout),
        title=score.title,
        composer=score.composer,
    )
    barlines = explicit_barlines(piece, layout.onset.tolist())
    return replace(piece, barlines_tick=barlines, warnings=score.notices.all())


def _in_playing_order(graces: NoteArray) -> NoteArray:
    """Several grace notes before one note keep the order in which they are played."""
    return graces[np.lexsort((graces["track"], graces["onset_tick"]))]


def _track(part: RawPart) -> Track:
    instruments = list(part.instruments.values())
    is_drum = any(i.channel == 10 for i in instruments) or 2 * part.unpitched_notes > len(part.notes)
    programs = [i.program for i in instruments if i.program is not None]
    return Track(part.name, programs[0] if programs else 0, is_drum)


# Measures


def _meter_of_measures(score: RawScore) -> list[tuple[int, int] | None]:
    """The meter in force in each written measure; None where none was ever given."""
    current: tuple[int, int] | None = None
    found = []
    free = False
    for measure in range(len(score.numbers)):
        if measure in score.meters:
            current, free = score.meters[measure], False
        if measure in score.free_measures:
            free = True
            score.notices.add("senza-misura", "Bars without a meter keep their own length", score.where(measure))
        found.append(current)
        if free:
            score.free_measures.add(measure)
    return found


def _measure_lengths(score: RawScore, meters: list[tuple[int, int] | None]) -> _Ints:
    count = len(score.numbers)
    fill = np.zeros(count, np.int64)
    rest_fill = np.zeros(count, np.int64)
    for part in score.parts:
        fill[: len(part.fill)] = np.maximum(fill[: len(part.fill)], part.fill)
        rest_fill[: len(part.rest_fill)] = np.maximum(rest_fill[: len(part.rest_fill)], part.rest_fill)
    lengths = np.zeros(count, np.int64)
    nominal = np.zeros(count, np.int64)
    for measure, meter in enumerate(meters):
        full = round(bar_length_tick(Meter(0, *(meter or DEFAULT_METER[1:])), score.ticks))
        has_meter = meter is not None and measure not in score.free_measures
        rest = min(int(rest_fill[measure]), full) if has_meter else int(rest_fill[measure])
        if score.implicit[measure] and fill[measure]:
            rest = 0
        lengths[measure] = max(int(fill[measure]), rest) or full
        nominal[measure] = full if has_meter else 0
    _note_fill(score, lengths, nominal)
    return lengths


def _note_fill(score: RawScore, lengths: _Ints, nominal: _Ints) -> None:
    """Note bars that are longer or shorter than their meter, but not upbeats and the two halves of a parted bar."""
    last = len(lengths) - 1
    for measure in np.flatnonzero((lengths != nominal) & (nominal > 0)).tolist():
        where = score.where(measure)
        if lengths[measure] > nominal[measure]:
            score.notices.add("bar-overfull", "A bar is longer than its meter; it keeps its length", where)
            continue
        beside = [lengths[m] for m in (measure - 1, measure + 1) if 0 <= m <= last]
        is_half = any(lengths[measure] + other == nominal[measure] for other in beside)
        if 0 < measure < last and not score.implicit[measure] and not is_half:
            score.notices.add("bar-underfull", "A bar is shorter than its meter; it keeps its length", where)


def _layout(score: RawScore, lengths: _Ints, repeats: bool) -> Layout:
    count = len(lengths)
    order = list(range(count))
    if repeats:
        order, amiss = playing_order(score.marks, count)
        if amiss:
            score.notices.add("repeats", f"The repeats make no sense ({amiss}); the score is read in written order")
    elif any(m.backward_times for m in score.marks.values()):
        score.notices.add("repeats-written", "Repeats are not played out")
    played = np.asarray(order, np.int64)
    total = sum(_counts(part, count)[played].sum() for part in score.parts)
    if total > MAX_NOTES and len(order) > count:
        score.notices.add("repeats", f"Played out, the score has over {MAX_NOTES:,} notes; it is read in written order")
        played = np.arange(count)
    length = lengths[played]
    ends = np.cumsum(length)
    if len(ends) and int(ends[-1]) > MAX_END_TICK:
        raise TooLarge("The score is too long", expected=f"at most {MAX_END_TICK:,} ticks")
    return Layout(played, ends - length, length, int(ends[-1]) if len(ends) else 0)


def _counts(part: RawPart, count: int) -> _Ints:
    """Notes in each written measure."""
    return np.bincount(np.asarray(part.notes.measure, np.int64), minlength=count)


# Notes


def _play_part(score: RawScore, part: RawPart, track: int, layout: Layout) -> tuple[NoteArray, NoteArray]:
    columns = {name: np.asarray(getattr(part.notes, name), np.int64) for name in part.notes.__slots__}
    counts = _counts(part, len(score.numbers))
    first = np.cumsum(counts) - counts
    repeated = counts[layout.order]
    total = int(repeated.sum())
    index = np.repeat(first[layout.order] - (np.cumsum(repeated) - repeated), repeated) + np.arange(total)
    onset = columns["offset"][index] + np.repeat(layout.onset, repeated)
    rows = np.zeros(total, NOTE)
    rows["onset_tick"] = onset
    rows["duration_tick"] = columns["duration"][index]
    rows["track"] = track
    for name in ("pitch", "voice", "staff"):
        rows[name] = columns[name][index]
    rows["velocity"] = _velocities(part, columns)[index]
    flags = columns["flags"][index]
    is_grace = (flags & GRACE) > 0
    kept = _join_ties(score, rows, np.where(is_grace, 0, flags), layout)
    return rows[kept & ~is_grace], rows[is_grace]


def _velocities(part: RawPart, columns: dict[str, _Ints]) -> _Ints:
    """Velocity of each written note: its own, else of the last dynamic before it, else the default."""
    own = columns["velocity"]
    if not part.dynamics:
        return np.where(own > 0, own, DEFAULT_VELOCITY)
    marks = sorted(part.dynamics, key=lambda mark: mark[:2])
    when = np.asarray([(m << 40) + t for m, t, _ in marks], np.int64)
    loud = np.asarray([DEFAULT_VELOCITY] + [v for _, _, v in marks], np.int64)
    place = np.searchsorted(when, (columns["measure"] << 40) + columns["offset"], side="right")
    return np.where(own > 0, own, loud[place])


def _join_ties(score: RawScore, rows: NoteArray, flags: _Ints, layout: Layout) -> NDArray[np.bool_]:
    """Lengthen the first note of every tie in place; returns which rows remain, shape (T,)."""
    kept = np.ones(len(rows), bool)
    tied = np.flatnonzero(flags & (TIE_START | TIE_STOP))
    tied = tied[np.argsort(rows["onset_tick"][tied], kind="stable")]
    onset, duration = rows["onset_tick"].tolist(), rows["duration_tick"].tolist()
    pitch, voice = rows["pitch"].tolist(), rows["voice"].tolist()
    open_ties: dict[tuple[int, int], list[int]] = {}
    jumps = _jump_ticks(layout)
    lonely_stops = 0
    for i in tied.tolist():
        head = i
        if flags[i] & TIE_STOP:
            waiting = open_ties.get((pitch[i], onset[i]), [])
            if waiting:
                same = [h for h in waiting if voice[h] == voice[i]] or waiting
                head = same[0]
                waiting.remove(head)
                rows["duration_tick"][head] = onset[i] + duration[i] - onset[head]
                kept[i] = False
            else:
                lonely_stops += onset[i] not in jumps
        if flags[i] & TIE_START:
            open_ties.setdefault((pitch[i], onset[i] + duration[i]), []).append(head)
    lonely_starts = sum(len(heads) for (_, tick), heads in open_ties.items() if tick not in jumps)
    for count, message in ((lonely_starts, "begins and never ends"), (lonely_stops, "ends that never began")):
        for _ in range(count):
            score.notices.add("tie", f"A tie {message}; the notes stay apart")
    return kept


def _jump_ticks(layout: Layout) -> set[int]:
    """Where the playing order leaves the written one: ties lead into nothing there."""
    leaps = np.flatnonzero(np.diff(layout.order) != 1) + 1
    return set(layout.onset[leaps].tolist())


# Changes


def _played_meters(layout: Layout, meters: list[tuple[int, int] | None]) -> tuple[Meter, ...]:
    found: list[Meter] = []
    if not any(meters):
        return ()
    for measure, onset in zip(layout.order.tolist(), layout.onset.tolist(), strict=True):
        meter = meters[measure] or (DEFAULT_METER.numerator, DEFAULT_METER.denominator)
        if not found or found[-1][1:] != meter:
            found.append(Meter(onset, *meter))
    return tuple(found)


def _pickup(layout: Layout, meters: list[tuple[int, int] | None], ticks: int) -> int:
    """Length of the first bar where it is shorter than its meter."""
    meter = meters[int(layout.order[0])] or (DEFAULT_METER.numerator, DEFAULT_METER.denominator)
    length = int(layout.length[0])
    return length if len(layout.order) > 1 and Fraction(length) < bar_length_tick(Meter(0, *meter), ticks) else 0


def _in_force(changes: list[tuple[int, int, object]], layout: Layout) -> list[tuple[int, object]]:
    """(tick, value) of changes at (measure, offset, value) in playing order; what held before a jump target holds."""
    by_measure: dict[int, list[tuple[int, object]]] = {}
    for measure, offset, value in sorted(changes, key=lambda c: c[:2]):
        by_measure.setdefault(measure, []).append((offset, value))
    holding: dict[int, object] = {}
    current: object = None
    for measure in range(int(layout.order.max()) + 1):
        holding[measure] = current
        if measure in by_measure:
            current = by_measure[measure][-1][1]
    played: dict[int, object] = {}
    previous = -1
    for measure, onset in zip(layout.order.tolist(), layout.onset.tolist(), strict=True):
        if measure != previous + 1 and holding[measure] is not None:
            played[onset] = holding[measure]
        for offset, value in by_measure.get(measure, ()):
            played[onset + offset] = value
        previous = measure
    distinct: list[tuple[int, object]] = []
    for tick in sorted(played):
        if not distinct or distinct[-1][1] != played[tick]:
            distinct.append((tick, played[tick]))
    return distinct


def _played_tempos(score: RawScore, layout: Layout) -> tuple[Tempo, ...]:
    changes: list[tuple[int, int, object]] = [(m, o, qpm) for (m, o), qpm in score.tempos.items()]
    found = [Tempo(tick, float(str(value))) for tick, value in _in_force(changes, layout)]
    if found and found[0].onset_tick > 0:
        is_default = found[0].quarters_per_minute == DEFAULT_QUARTERS_PER_MINUTE
        found[: int(is_default)] = [Tempo(0, DEFAULT_QUARTERS_PER_MINUTE)]
    return tuple(found)


def _played_keys(score: RawScore, layout: Layout) -> tuple[KeySignature, ...]:
    """The key signatures that most parts agree on, of the upper ones where they do not."""
    sounding = [tuple(p.keys) for p in score.parts if p.keys]
    if not sounding:
        return ()
    chosen = max(sounding, key=sounding.count)
    changes: list[tuple[int, int, object]] = [(k.measure, k.offset, (k.fifths, k.mode)) for k in chosen]
    found = []
    for tick, value in _in_force(changes, layout):
        assert isinstance(value, tuple)
        found.append(KeySignature(tick, *value))
    if found and found[0].onset_tick > 0:
        found[: int(found[0][1:] == (0, ""))] = [KeySignature(0, 0)]
    return tuple(found)


def _played_chords(score: RawScore, layout: Layout) -> tuple[ChordSymbol, ...]:
    by_measure: dict[int, list[tuple[int, str]]] = {}
    for (measure, offset), (_, texts) in sorted(score.chords.items()):
        by_measure.setdefault(measure, []).extend((offset, text) for text in texts)
    return tuple(
        ChordSymbol(onset + offset, text)
        for measure, onset in zip(layout.order.tolist(), layout.onset.tolist(), strict=True)
        for offset, text in by_measure.get(measure, ())
    )
