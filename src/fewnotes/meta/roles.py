"""Melody, harmony, bass or rhythm: what each note of a piece does, without regard to how its tracks are laid out.

Staves of keyboards, organs, harps and guitars are one player each and are taken together first, so that a piano
on one track and on two gives the same answer. Then
- drums are rhythm;
- a line: a player of one note at a time. The highest line that is heard for most of the piece is the melody, the
  lowest, if it lies under all else most of the time, is the bass;
- without such a line the melody is the highest note at each onset that is not under a higher one still sounding,
  and the bass the lowest sounding note below middle C;
- all else is harmony.
"""

from __future__ import annotations

import heapq
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import NoteArray, Piece

Ints = NDArray[np.int64]
_MIDDLE_C = 60
#: A line may overlap itself in this share of its notes (slurs that are held too long), no more.
_OVERLAP = 0.05
#: A melody line sounds on at least this share of the onsets between the first and the last of the piece.
_HEARD = 0.2
#: Two lines are one above the other if their mean pitches differ by this many semitones.
_APART = 1.0


class Role(IntEnum):
    """What a note does in its piece."""

    MELODY = 0
    HARMONY = 1
    BASS = 2
    RHYTHM = 3


def roles(piece: Piece) -> NDArray[np.uint8]:
    """The role of every note, shape (T,), in the order of `piece.notes`."""
    notes = piece.notes
    found = np.full(len(notes), Role.HARMONY, np.uint8)
    drums = np.array([t.is_drum for t in piece.tracks], bool)[notes["track"]]
    found[drums] = Role.RHYTHM
    pitched = np.flatnonzero(~drums)
    if len(pitched) == 0:
        return found
    players = _players(piece)[notes["track"][pitched]]
    names = np.unique(players).tolist()
    lines = {name: pitched[players == name] for name in names if _is_line(notes[pitched[players == name]])}
    melody = _melody_line(notes, pitched, lines)
    if melody is None:
        found[pitched[_is_top(notes[pitched])]] = Role.MELODY
    else:
        found[lines[melody]] = Role.MELODY
    rest = pitched[found[pitched] != Role.MELODY]
    bass = _bass_line(notes, {k: v for k, v in lines.items() if k != melody}, len(names))
    if bass is not None:
        found[lines[bass]] = Role.BASS
    elif len(rest):
        low = _is_bottom(notes[pitched]) & (notes["pitch"][pitched] < _MIDDLE_C)
        found[pitched[low & (found[pitched] != Role.MELODY)]] = Role.BASS
    return found


def _players(piece: Piece) -> Ints:
    """A number for every track; tracks of one keyboard, organ, harp or guitar program share one."""
    found = np.arange(len(piece.tracks), dtype=np.int64)
    first: dict[int, int] = {}
    for i, track in enumerate(piece.tracks):
        several_staves = track.program < 32 or track.program == 46
        if several_staves and not track.is_drum:
            found[i] = first.setdefault(track.program // 8, i)
    return found


def _is_line(notes: NoteArray) -> bool:
    """One note at a time, but for a few that overlap."""
    onset = notes["onset_tick"].astype(np.int64)
    end = np.maximum.accumulate(onset + notes["duration_tick"])
    overlaps = np.count_nonzero(onset[1:] < end[:-1])
    return bool(overlaps <= _OVERLAP * len(notes))


def _melody_line(notes: NoteArray, pitched: Ints, lines: dict[int, Ints]) -> int | None:
    """The highest line that takes part enough; among equals the one with most notes."""
    onsets = len(np.unique(notes["onset_tick"][pitched]))
    heard = {k: v for k, v in lines.items() if len(v) >= _HEARD * onsets}
    if not heard:
        return None
    height = {k: float(notes["pitch"][v].mean()) for k, v in heard.items()}
    highest = max(height.values())
    return max((k for k in heard if height[k] > highest - _APART), key=lambda k: len(heard[k]))


def _bass_line(notes: NoteArray, lines: dict[int, Ints], players: int) -> int | None:
    """The lowest line of an ensemble of lines, if it lies under the others and below middle C on average."""
    if not lines or len(lines) + 1 < players:
        return None
    height = {k: float(notes["pitch"][v].mean()) for k, v in lines.items()}
    lowest = min(height, key=lambda k: height[k])
    return lowest if height[lowest] < _MIDDLE_C else None


def _is_top(notes: NoteArray) -> NDArray[np.bool_]:
    """Highest at its onset, and no higher note sounds on from before. Notes are in order of onset."""
    return _is_outer(notes, notes["pitch"].astype(np.int64))


def _is_bottom(notes: NoteArray) -> NDArray[np.bool_]:
    """Lowest at its onset, and no lower note sounds on from before."""
    return _is_outer(notes, 127 - notes["pitch"].astype(np.int64))


def _is_outer(notes: NoteArray, height: Ints) -> NDArray[np.bool_]:
    """Is each note the highest of those that sound at its onset? Of several equal notes only the longest counts."""
    onset = notes["onset_tick"].astype(np.int64)
    end = onset + notes["duration_tick"]
    order = np.lexsort((-end, -height, onset))
    found = np.zeros(len(notes), bool)
    sounding: list[tuple[int, int]] = []  # a heap of (-height, end): the highest that still sounds comes first
    last = -1
    rows = zip(order.tolist(), onset[order].tolist(), height[order].tolist(), end[order].tolist(), strict=True)
    for index, at, high, stop in rows:
        while sounding and sounding[0][1] <= at:
            heapq.heappop(sounding)
        if at != last:
            found[index] = not sounding or high >= -sounding[0][0]
            last = at
        heapq.heappush(sounding, (-high, stop))
    return found
