"""From columns of numbers and meta events to a Piece: what the fast and the tolerant reader share."""

from __future__ import annotations

from collections.abc import Sequence
from operator import mul

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs import MAX_END_TICK, MAX_NOTES, MAX_TRACKS
from fewnotes.codecs.midi.meta import MetaEvents, keys_of, meters_of, tempos_of
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import NOTE, NoteArray, Piece, Tempo, Track

#: What both readers hand over; the layout is that of symusic's own notes.
NOTE_ROW = np.dtype([("onset", "<u4"), ("duration", "<u4"), ("pitch", "u1"), ("velocity", "u1"), ("unused", "<u2")])

#: Longer silences and notes are worth a word: over a quarter of an hour at 120 quarters a minute.
LONGEST_SILENCE_QUARTERS = 2000
#: No music starts one key of one track so many times at once.
_DEEPEST_STACK = 16
_TRACK_NUMBERS = tuple(number.to_bytes(2, "little") for number in range(MAX_TRACKS))
_NO_GRACES: NoteArray = np.zeros(0, NOTE)


def check_note_count(count: int) -> None:
    """Raise BadInput for no notes and TooLarge for more than a piece may have."""
    if count == 0:
        raise BadInput(
            "This MIDI file has no notes",
            expected="at least one note-on event",
            fix="Check that the right file was chosen; lyrics, tempos or controllers alone are not music",
            code="no-notes",
        )
    if count > MAX_NOTES:
        raise TooLarge(
            f"This MIDI file has more than {MAX_NOTES:,} notes",
            expected=f"at most {MAX_NOTES:,} notes a piece",
            fix="Split the file, or remove tracks from it",
        )


def check_end_tick(tick: int) -> None:
    """Raise TooLarge for music that runs on beyond what a piece holds."""
    if tick > MAX_END_TICK:
        raise TooLarge(
            f"This MIDI file runs on beyond tick {MAX_END_TICK:,}",
            expected="music that ends before that, some 25 days at 480 ticks a quarter",
            fix="The file is damaged, or has a huge silence in it; cut that out",
        )


def check_track_count(count: int) -> None:
    """Raise TooLarge for more tracks than a piece may have."""
    if count > MAX_TRACKS:
        raise TooLarge(
            f"This MIDI file has {count:,} tracks and channels with notes",
            expected=f"at most {MAX_TRACKS:,}",
            fix="Split the file, or merge tracks in it",
        )


def note_table(rows: NoteArray, counts: Sequence[int], repairs: Repairs) -> NoteArray:
    """Sorted `NOTE` rows. rows: of `NOTE_ROW`, track after track; counts: how many each track has.

    Every call into numpy costs as much as some hundred notes do, so there are few.
    """
    onset, pitch = rows["onset"], rows["pitch"]
    size = onset.size
    out = np.zeros(size, NOTE)
    out["onset_tick"] = onset
    out["duration_tick"] = rows["duration"]
    out["pitch"] = pitch
    out["velocity"] = rows["velocity"]
    key = onset.astype(np.int64)
    key <<= 17
    if len(counts) > 1:
        # Twice as fast as numpy's own way to repeat numbers.
        track = np.frombuffer(b"".join(map(mul, _TRACK_NUMBERS, counts)), "<u2")
        out["track"] = track
        key |= np.left_shift(track, 7, dtype=np.int64)
    key |= pitch
    # The rows of a track are in order of onset, long runs for this sort. Where onset, track and key are equal, the
    # first note on was the first off, so that the shorter note is first as it should be.
    order = key.argsort(kind="stable")
    if int(key[order[-1]]) >> 17 < size > _DEEPEST_STACK:
        _warn_stack(key.take(order), repairs)
    table: NoteArray = out.take(order)
    return table


def _warn_stack(place: NDArray[np.int64], repairs: Repairs) -> None:
    """place: in order, equal where onset, track and pitch are equal. Asked where notes outnumber ticks."""
    deep = place[_DEEPEST_STACK:] == place[:-_DEEPEST_STACK]
    if deep.any():
        repairs.add(
            "stacked-notes",
            f"One key is struck more than {_DEEPEST_STACK} times on one tick; all these notes are kept",
            f"note {int(deep.argmax()) + 1}",
        )


def finish(
    ticks_per_quarter: int,
    tracks: list[Track],
    notes: NoteArray,
    meta: MetaEvents,
    repairs: Repairs,
    *,
    last_tick: int,
    title_track: int = -1,
    tempos: tuple[Tempo, ...] | None = None,
) -> Piece:
    """The Piece. last_tick: silence is looked for up to it. title_track: whose name is the title; -1 for none.

    tempos: instead of those of the file, for SMPTE time.
    """
    if last_tick > LONGEST_SILENCE_QUARTERS * ticks_per_quarter:
        _warn_silence(notes, LONGEST_SILENCE_QUARTERS * ticks_per_quarter, last_tick, repairs)
    meters, pickup_tick = meters_of(meta.meters, ticks_per_quarter, repairs) if meta.meters else ((), 0)
    return Piece(
        ticks_per_quarter,
        tuple(tracks),
        notes,
        meters,
        (tempos_of(meta.tempos, repairs) if meta.tempos else ()) if tempos is None else tempos,
        keys_of(meta.keys, repairs) if meta.keys else (),
        pickup_tick,
        graces=_NO_GRACES,
        chords=meta.chord_symbols() if meta.chords else (),
        title=meta.track_name(title_track),
        composer=meta.composer_name(),
        warnings=repairs.notices() if repairs else (),
    )


def _warn_silence(notes: NoteArray, limit: int, last_tick: int, repairs: Repairs) -> None:
    onset = notes["onset_tick"].astype(np.int64)
    sounding_until = np.maximum.accumulate(onset + notes["duration_tick"])
    last_tick = max(last_tick, int(sounding_until[-1]))
    gaps = np.append(onset, last_tick) - np.append(0, sounding_until)
    widest = int(gaps.argmax())
    if gaps[widest] > limit:
        after = int(sounding_until[widest - 1]) if widest else 0
        place = "after the last note" if widest == len(onset) else "before the next note"
        repairs.add("huge-silence", f"There is a silence of {int(gaps[widest]):,} ticks {place}", f"tick {after}")
    longest = int(notes["duration_tick"].argmax())
    if notes["duration_tick"][longest] > limit:
        repairs.add(
            "huge-note",
            f"One note lasts {int(notes['duration_tick'][longest]):,} ticks",
            f"tick {int(onset[longest])}",
        )
