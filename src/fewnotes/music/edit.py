"""Piece to Piece: pure edits. Nothing is changed in place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from fewnotes.errors import BadParameter
from fewnotes.music.piece import KeySignature, Meter, NoteArray, Piece, Tempo, sort_graces, sort_notes
from fewnotes.music.time import barlines

_Change = TypeVar("_Change", Meter, Tempo, KeySignature)


def transpose(piece: Piece, semitones: int) -> Piece:
    """The piece higher or lower; drums stay. Key signatures move along the shorter way round.

    Raises BadParameter if a note would leave 0 to 127.
    """

    def moved(notes: NoteArray) -> NoteArray:
        out = notes.copy()
        pitched = ~np.array([t.is_drum for t in piece.tracks], bool)[out["track"]]
        pitch = out["pitch"].astype(np.int64) + semitones * pitched
        if len(pitch) and not (pitch.min() >= 0 and pitch.max() <= 127):
            raise BadParameter(
                f"Moving this piece by {semitones} semitones leaves the range of MIDI keys",
                expected=f"{-int(notes['pitch'].min())} to {127 - int(notes['pitch'].max())} semitones",
            )
        out["pitch"] = pitch
        return out

    keys = tuple(k._replace(fifths=(k.fifths + 7 * semitones + 5) % 12 - 5) for k in piece.keys)
    return replace(piece, notes=moved(piece.notes), graces=moved(piece.graces), keys=keys, chords=())


def rescale(piece: Piece, ticks_per_quarter: int) -> Piece:
    """The piece in another resolution; onsets and ends are rounded to the nearest tick, no note vanishes."""
    if ticks_per_quarter == piece.ticks_per_quarter:
        return piece
    old = piece.ticks_per_quarter

    def tick(value: int) -> int:
        return (2 * int(value) * ticks_per_quarter + old) // (2 * old)

    def moved(notes: NoteArray) -> NoteArray:
        out = notes.copy()
        onset = notes["onset_tick"].astype(np.int64)
        start = (2 * onset * ticks_per_quarter + old) // (2 * old)
        stop = (2 * (onset + notes["duration_tick"]) * ticks_per_quarter + old) // (2 * old)
        out["onset_tick"] = start
        out["duration_tick"] = np.maximum(1, stop - start)
        return out

    return replace(
        piece,
        ticks_per_quarter=ticks_per_quarter,
        notes=sort_notes(moved(piece.notes)),
        graces=sort_graces(moved(piece.graces)),
        meters=_at_distinct_ticks([m._replace(onset_tick=tick(m.onset_tick)) for m in piece.meters]),
        tempos=_at_distinct_ticks([t._replace(onset_tick=tick(t.onset_tick)) for t in piece.tempos]),
        keys=_at_distinct_ticks([k._replace(onset_tick=tick(k.onset_tick)) for k in piece.keys]),
        chords=tuple(c._replace(onset_tick=tick(c.onset_tick)) for c in piece.chords),
        pickup_tick=tick(piece.pickup_tick),
        barlines_tick=tuple(tick(t) for t in piece.barlines_tick),
    )


def slice_bars(piece: Piece, first: int, last: int) -> Piece:
    """Bars `first` to `last` by index from 0, both included; notes that cross the end are cut there.

    Notes that began before the first bar are left out. Meter, tempo and key in force are carried to tick 0.
    Raises BadParameter if there is no such bar.
    """
    lines = barlines(piece)
    if not 0 <= first <= last < len(lines) - 1:
        raise BadParameter(f"There are no bars {first} to {last}", expected=f"0 to {len(lines) - 2}")
    start, stop = int(lines[first]), int(lines[last + 1])

    def cut(notes: NoteArray) -> NoteArray:
        out = notes[(notes["onset_tick"] >= start) & (notes["onset_tick"] < stop)].copy()
        out["duration_tick"] = np.minimum(out["duration_tick"], stop - out["onset_tick"])
        out["onset_tick"] -= start
        return out

    def changes(values: Sequence[_Change]) -> tuple[_Change, ...]:
        moved = [v._replace(onset_tick=max(0, v.onset_tick - start)) for v in values if v.onset_tick < stop]
        return _at_distinct_ticks(moved)

    inner = tuple(int(t) - start for t in lines[first : last + 1]) if piece.barlines_tick else ()
    return replace(
        piece,
        notes=cut(piece.notes),
        graces=cut(piece.graces),
        meters=changes(piece.meters),
        tempos=changes(piece.tempos),
        keys=changes(piece.keys),
        chords=tuple(c._replace(onset_tick=c.onset_tick - start) for c in piece.chords if start <= c.onset_tick < stop),
        pickup_tick=piece.pickup_tick if first == 0 else 0,
        barlines_tick=inner,
    )


def select_tracks(piece: Piece, indices: Sequence[int]) -> Piece:
    """Only the tracks named, in that order."""
    order = {old: new for new, old in enumerate(indices)}

    def kept(notes: NoteArray) -> NoteArray:
        out = notes[np.isin(notes["track"], list(order))].copy()
        out["track"] = [order[int(t)] for t in out["track"]]
        return out

    return replace(
        piece,
        tracks=tuple(piece.tracks[i] for i in indices),
        notes=sort_notes(kept(piece.notes)),
        graces=sort_graces(kept(piece.graces)),
    )


def _at_distinct_ticks(changes: Sequence[_Change]) -> tuple[_Change, ...]:
    """The last of several changes that fell on one tick."""
    return tuple({c.onset_tick: c for c in changes}.values())
