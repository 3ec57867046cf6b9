"""Standardisation: a piece as notes on a grid of 12 steps a quarter, with roles, key, loudness and timbre in classes.

`grid_notes` gives what nets see, with the loss of putting the piece on the grid as figures. `normalised` gives the same
content as a plain Piece from which the traces of its source are gone. Everything here is a pure function.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.editions import folded, one_meter_a_length
from fewnotes.meta.roles import Role, roles
from fewnotes.music.key import Key, estimate_key
from fewnotes.music.piece import DEFAULT_VELOCITY, NOTE, KeySignature, Meter, Piece, Tempo, Track, sort_notes
from fewnotes.music.time import DEFAULT_QUARTERS_PER_MINUTE, barlines, explicit_barlines

STEPS_PER_QUARTER = 12
VELOCITY_BINS = 8
#: General MIDI has 16 families of 8 programs; drums are a family of their own.
FAMILIES = 16
DRUM_FAMILY = 16
#: The octave that key-normalised pitches are moved by at most, half up and half down.
_UP = 6
GRID_NOTE = np.dtype(
    [
        ("onset_step", "<i4"),
        ("duration_step", "<i4"),
        ("pitch", "u1"),
        ("pitch_in_key", "u1"),
        ("velocity_bin", "u1"),
        ("family", "u1"),
        ("role", "u1"),
        ("track", "<u2"),
    ]
)
#: More than there are roles and families together.
_LAYERS = 128
_ROLE_NAMES = ("melody", "harmony", "bass", "rhythm")


@dataclass(frozen=True)
class GridLoss:
    """What putting a piece on the grid cost.

    moved: share of notes whose onset is not on a step. onset_error: mean distance of onsets to their step, in steps, at
    most 0.5. duration_error: the same for lengths. merged: share of notes lost because two of one track and pitch fell
    on one step.
    """

    moved: float
    onset_error: float
    duration_error: float
    merged: float

    def to_dict(self) -> dict[str, float]:
        return {k: round(float(getattr(self, k)), 6) for k in ("moved", "onset_error", "duration_error", "merged")}


@dataclass(frozen=True)
class GridPiece:
    """A piece as a net sees it.

    notes: rows of `GRID_NOTE` in order of onset, track, pitch. `pitch` is absolute, `pitch_in_key` has the tonic moved
    to C along the shorter way (drums are not moved). barlines_step: onsets of all bars and the end of the last, shape
    (M + 1,). shift: semitones from `pitch` to `pitch_in_key`.
    """

    notes: NDArray[np.void]
    barlines_step: NDArray[np.int64]
    meters: tuple[Meter, ...]
    key: Key
    shift: int
    loss: GridLoss

    def to_dict(self) -> dict[str, Any]:
        """Facts, not notes."""
        return {
            "notes": len(self.notes),
            "bars": len(self.barlines_step) - 1,
            "key": str(self.key),
            "loss": self.loss.to_dict(),
        }


def grid_notes(piece: Piece) -> GridPiece:
    """The piece on the grid, with roles and classes; graces, tempos, chord symbols and names are left out."""
    onset, duration, loss, keep = _on_grid(piece)
    rows = piece.notes[keep]
    found = np.zeros(len(keep), GRID_NOTE)
    key = estimate_key(piece)
    shift = key_shift(key)
    families = np.array([family_of(t) for t in piece.tracks], np.uint8)
    found["onset_step"], found["duration_step"] = onset, duration
    found["pitch"] = rows["pitch"]
    found["family"] = families[rows["track"]]
    found["pitch_in_key"] = pitch_in_key(rows["pitch"], found["family"], shift)
    found["velocity_bin"] = velocity_bin(rows["velocity"])
    found["role"] = roles(piece)[keep]
    found["track"] = rows["track"]
    order = np.lexsort((found["duration_step"], found["pitch"], found["track"], found["onset_step"]))
    lines = np.unique(_steps(barlines(piece), piece.ticks_per_quarter))
    meters = tuple(
        Meter(int(_steps(np.array([m.onset_tick]), piece.ticks_per_quarter)[0]), *m[1:]) for m in piece.meters
    )
    return GridPiece(found[order], lines, meters, key, shift, loss)


def _steps(ticks: NDArray[Any], ticks_per_quarter: int) -> NDArray[np.int64]:
    """Ticks to the nearest step, halves up."""
    return (2 * ticks.astype(np.int64) * STEPS_PER_QUARTER + ticks_per_quarter) // (2 * ticks_per_quarter)


def _on_grid(piece: Piece) -> tuple[NDArray[np.int64], NDArray[np.int64], GridLoss, NDArray[np.int64]]:
    """Onset and length in steps of the notes that stay, the loss, and their indices.

    Of two notes of one track, pitch and step the longer stays. A length is at least one step.
    """
    notes = piece.notes
    start, length = notes["onset_tick"].astype(np.int64), notes["duration_tick"].astype(np.int64)
    onset = _steps(start, piece.ticks_per_quarter)
    duration = np.maximum(1, _steps(start + length, piece.ticks_per_quarter) - onset)
    scale = STEPS_PER_QUARTER / piece.ticks_per_quarter
    order = np.lexsort((-duration, notes["pitch"], notes["track"], onset))
    same = np.zeros(len(order), bool)
    for values in (onset, notes["track"], notes["pitch"]):
        sorted_values = values[order]
        equal = sorted_values[1:] == sorted_values[:-1]
        same[1:] = equal if values is onset else same[1:] & equal
    keep = np.sort(order[~same])
    count = max(1, len(notes))
    error = np.abs(start * scale - onset)
    loss = GridLoss(
        moved=float(np.count_nonzero(error > 1e-9) / count),
        onset_error=float(error.sum() / count),
        duration_error=float(np.abs(length * scale - duration).sum() / count),
        merged=float((len(notes) - len(keep)) / count),
    )
    return onset[keep], duration[keep], loss, keep


def velocity_bin(velocity: NDArray[Any]) -> NDArray[np.uint8]:
    """MIDI velocity 1 to 127 as 0 to 7, sixteen values a bin."""
    return (np.asarray(velocity, np.int64) * VELOCITY_BINS // 128).astype(np.uint8)


def family_of(track: Track) -> int:
    """0 to 15: the General MIDI family of a track's program; 16 for drums."""
    return DRUM_FAMILY if track.is_drum else track.program // 8


def key_shift(key: Key) -> int:
    """Semitones that bring the tonic to C along the shorter way, -5 to 6."""
    return (-key.tonic + _UP - 1) % 12 - (_UP - 1)


def pitch_in_key(pitch: NDArray[Any], family: NDArray[Any], shift: int) -> NDArray[np.uint8]:
    """Pitches moved by `shift`, drums as they are; what leaves 0 to 127 comes back by an octave."""
    moved = pitch.astype(np.int64) + np.where(family == DRUM_FAMILY, 0, shift)
    return np.where(moved < 0, moved + 12, np.where(moved > 127, moved - 12, moved)).astype(np.uint8)


def normalised(
    piece: Piece, *, in_key: bool = False, timbre: bool = True, editions: bool = True, parts: bool = False
) -> Piece:
    """The piece without the traces of where it comes from, at 12 ticks a quarter.

    One velocity, no tempo but 120, one track a role and instrument family in a fixed order, no names, voices, staves,
    graces, chord symbols or titles; the key signature is the estimated one; repeats that were played out are played
    once, and bars of one length have one meter. in_key: the tonic is C.
    timbre: keep instrument families; without it every pitched track is a piano. editions: without it repeats and names
    of meters stay as the source has them, as windows of a piece that is folded already must. parts: the tracks stay as
    they are, those without notes left out.
    """
    grid = grid_notes(folded(one_meter_a_length(piece)) if editions else piece)
    notes = grid.notes
    family = notes["family"] if timbre else np.where(notes["family"] == DRUM_FAMILY, DRUM_FAMILY, 0)
    layer = notes["role"].astype(np.int64) * (FAMILIES + 1) + family
    if parts:
        layer = notes["track"].astype(np.int64) * _LAYERS + family
    names, track = np.unique(layer, return_inverse=True)
    rows = np.zeros(len(notes), NOTE)
    rows["onset_tick"], rows["duration_tick"] = notes["onset_step"], notes["duration_step"]
    rows["pitch"] = notes["pitch_in_key"] if in_key else notes["pitch"]
    rows["velocity"] = DEFAULT_VELOCITY
    rows["track"] = track
    shift = grid.shift if in_key else 0
    fifths = (grid.key.fifths + 7 * shift + 5) % 12 - 5 if shift else grid.key.fifths
    made = Piece(
        ticks_per_quarter=STEPS_PER_QUARTER,
        tracks=tuple(_layer_track(int(name) % _LAYERS) for name in names) or (Track(),),
        notes=sort_notes(_without_doubles(rows)),
        meters=grid.meters,
        tempos=(Tempo(0, DEFAULT_QUARTERS_PER_MINUTE),),
        keys=(KeySignature(0, fifths, grid.key.mode),),
        pickup_tick=int(_steps(np.array([piece.pickup_tick]), piece.ticks_per_quarter)[0]),
    )
    return _with_barlines(made, grid.barlines_step.tolist()[:-1])


def _layer_track(layer: int) -> Track:
    role, family = divmod(layer, FAMILIES + 1)
    is_drum = family == DRUM_FAMILY
    return Track(_ROLE_NAMES[Role(role)], 0 if is_drum else family * 8, is_drum)


def _without_doubles(rows: NDArray[np.void]) -> NDArray[np.void]:
    """Of notes of one track, pitch and onset, which merged tracks can bring, the longest."""
    order = np.lexsort((-rows["duration_tick"].astype(np.int64), rows["pitch"], rows["track"], rows["onset_tick"]))
    rows = rows[order]
    fields = ("onset_tick", "track", "pitch")
    same = np.logical_and.reduce([rows[f][1:] == rows[f][:-1] for f in fields])
    return np.asarray(rows[np.append(True, ~same)[: len(rows)]])


def _with_barlines(piece: Piece, onsets: Sequence[int]) -> Piece:
    return replace(piece, barlines_tick=explicit_barlines(piece, onsets))
