"""The tolerant reader: every event by itself, every repair said. Linear in the bytes."""

from __future__ import annotations

import numpy as np

from fewnotes.codecs import MAX_TRACKS
from fewnotes.codecs.midi.assemble import (
    LONGEST_SILENCE_QUARTERS,
    NOTE_ROW,
    check_end_tick,
    check_note_count,
    check_track_count,
    finish,
    note_table,
)
from fewnotes.codecs.midi.container import Chunk, Division, find_chunks, read_division, unwrap
from fewnotes.codecs.midi.events import Reader
from fewnotes.codecs.midi.meta import MetaEvents
from fewnotes.codecs.midi.notes import Notes, Origin
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.music.piece import Piece, Tempo, Track


def read_tolerant(data: bytes) -> Piece:
    """The Piece of any MIDI file that has notes.

    Raises BadInput where there is nothing to read, TooLarge beyond the caps.
    """
    repairs = Repairs()
    data = unwrap(data, repairs)
    form, stated = int.from_bytes(data[8:10], "big"), int.from_bytes(data[10:12], "big")
    chunks = find_chunks(data, repairs)
    division = read_division(int.from_bytes(data[12:14], "big"), repairs)
    meta, notes = MetaEvents(), Notes(repairs)
    count, last_tick = _read_tracks(data, chunks, division, form, (meta, notes, repairs))
    _check_header(form, stated, count, repairs)
    check_note_count(len(notes.onsets))
    tracks, numbers = _tracks(notes, meta, repairs)
    order = np.argsort(numbers, kind="stable")
    rows = np.zeros(len(order), NOTE_ROW)
    rows["onset"], rows["duration"] = np.asarray(notes.onsets)[order], np.asarray(notes.durations)[order]
    rows["pitch"], rows["velocity"] = np.asarray(notes.pitches)[order], np.asarray(notes.velocities)[order]
    counts = np.bincount(numbers, minlength=len(tracks))
    end_tick = int((rows["onset"].astype(np.int64) + rows["duration"]).max())
    check_end_tick(end_tick)
    has_own_notes = any(track == 0 for track, _, _ in notes.numbers)
    return finish(
        division.ticks_per_quarter,
        tracks,
        note_table(rows, counts.tolist(), repairs),
        meta,
        repairs,
        last_tick=max(last_tick, int(rows["onset"].max())),
        title_track=0 if count == 1 or not has_own_notes else -1,
        tempos=None if division.quarters_per_minute is None else (Tempo(0, division.quarters_per_minute),),
    )


def _read_tracks(
    data: bytes, chunks: list[Chunk], division: Division, form: int, into: tuple[MetaEvents, Notes, Repairs]
) -> tuple[int, int]:
    """(number of tracks read, latest end that comes long after the last event of its track).

    Tracks of format 2 are put one after the other.
    """
    notes = into[1]
    longest = LONGEST_SILENCE_QUARTERS * division.ticks_per_quarter
    begin = last_tick = 0
    for track, chunk in enumerate(chunks):
        notes.start_track(track)
        reader = Reader(data, chunk, track, begin if form == 2 else 0, into)
        reader.read()
        # A track that ends hours after its last event would drag hanging notes along.
        end = reader.tick
        if end - reader.last_event_tick > longest:
            last_tick = max(last_tick, end)
            end = reader.last_event_tick
        notes.end_track(end, division.ticks_per_quarter)
        begin = max(begin, end)
    return len(chunks), last_tick


def _check_header(form: int, stated: int, count: int, repairs: Repairs) -> None:
    if form > 2:
        repairs.add(
            "unknown-format", f"The header names format {form}, which does not exist; read as format 1", "header"
        )
    if form == 2:
        repairs.add(
            "format-2", "Format 2 holds independent patterns; they are read one after the other (consecutive)", "header"
        )
    if form == 0 and count > 1:
        repairs.add("format-0-tracks", f"Format 0 has one track, this file has {count}; they sound together", "header")
    if stated != count:
        repairs.add(
            "track-count", f"The header announces {stated} tracks, the file has {count}; all are read", "header"
        )


def _tracks(
    notes: Notes, meta: MetaEvents, repairs: Repairs
) -> tuple[list[Track], np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """Tracks by MIDI track, channel and first use of a program, and the track of each note."""
    ordered = sorted(notes.numbers, key=lambda origin: (origin[0], origin[1], notes.numbers[origin]))
    if len(ordered) > MAX_TRACKS:
        repairs.add(
            "programs-merged",
            f"More than {MAX_TRACKS} combinations of track, channel and program; each channel keeps its first program",
        )
        firsts: dict[tuple[int, int], Origin] = {}
        for origin in ordered:
            firsts.setdefault(origin[:2], origin)
        kept = list(firsts.values())
        number = {origin[:2]: place for place, origin in enumerate(kept)}
        places = {origin: number[origin[:2]] for origin in ordered}
        check_track_count(len(kept))
    else:
        kept = ordered
        places = {origin: place for place, origin in enumerate(kept)}
        if len({origin[:2] for origin in ordered}) < len(ordered):
            repairs.add(
                "programs-split", "A channel changes its program between notes; each program is a track of its own"
            )
    table = np.zeros(len(notes.numbers), np.int64)
    for origin, order in notes.numbers.items():
        table[order] = places[origin]
    names = {track: meta.track_name(track) for track, _, _ in kept}
    tracks = [Track(names[track], program, channel == 9) for track, channel, program in kept]
    return tracks, table[np.asarray(notes.origins)]
