"""Is the output in the style? Style profiles as Groove2Groove takes them (Cifka, Simsekli, Richard 2020).

    time and pitch       for every two notes that begin less than 4 quarters apart, the later less the earlier (of two
                         that begin together both ways): the interval, -20 to 20 semitones, and the distance in sixths
                         of a quarter
    onset and duration   for every note, its place in the bar and its length up to 2 quarters, in sixths of a quarter
    onset and drum       for every stroke, its place in the bar and the drum (General MIDI key)

A profile is a histogram, the fit of two profiles their cosine. What lies outside the bins is left out. There the place
in the bar is counted modulo 4 quarters, since all is in 4/4; here it is counted from the barline, up to 8 quarters,
which in 4/4 is the same. Pieces are put on a grid of 12 steps a quarter, so that no bin depends on how a fraction is
rounded.

There, profiles are taken of one instrument; here of all pitched notes of a piece, and role by role (melody, harmony,
bass): a role that the output lacks fits as 0.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.roles import Role, roles
from fewnotes.music.edit import rescale
from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import bar_index, barlines

Floats = NDArray[np.float64]
STEPS_A_QUARTER = 12
_BIN = STEPS_A_QUARTER // 6
_REACH = 4 * STEPS_A_QUARTER
_WIDEST = 20
_LONGEST = 2 * STEPS_A_QUARTER
_LONGEST_BAR = 8 * STEPS_A_QUARTER
#: The roles that have pitches.
PITCHED = (Role.MELODY, Role.HARMONY, Role.BASS)
#: What a profile is called -> its shape.
SHAPES = {
    "time and pitch": (2 * _WIDEST + 1, _REACH // _BIN),
    "onset and duration": (_LONGEST_BAR // _BIN, _LONGEST // _BIN),
    "onset and drum": (_LONGEST_BAR // _BIN, 128),
}


class Profiles:
    """All profiles of some pieces together: by name and role (None: all pitched notes), as histograms."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.found: dict[tuple[str, Role | None], Floats] = {}
        for piece in pieces:
            self._add(rescale(piece, STEPS_A_QUARTER))

    def _add(self, piece: Piece) -> None:
        role = roles(piece)
        place = _places(piece)
        for which in (None, *PITCHED):
            chosen = role != Role.RHYTHM if which is None else role == which
            if chosen.any():
                notes = piece.notes[chosen]
                self._count("time and pitch", which, time_and_pitch(notes))
                self._count("onset and duration", which, _onset_and_duration(notes, place[chosen]))
        struck = role == Role.RHYTHM
        if struck.any():
            self._count("onset and drum", Role.RHYTHM, _onset_and_drum(piece.notes[struck], place[struck]))

    def _count(self, name: str, role: Role | None, histogram: Floats) -> None:
        known = self.found.get((name, role))
        self.found[name, role] = histogram if known is None else known + histogram

    def fit(self, name: str, other: Profiles, role: Role | None = None) -> float:
        """The cosine of one profile of both, in [0, 1]; 0 where one has none, NaN where both have none."""
        one, two = self.found.get((name, role)), other.found.get((name, role))
        if one is None and two is None:
            return float("nan")
        return cosine(one, two) if one is not None and two is not None else 0.0

    def fit_by_role(self, name: str, other: Profiles) -> float:
        """The mean of the fits of all roles that either has."""
        fits = np.array([self.fit(name, other, role) for role in PITCHED])
        return float(np.nanmean(fits)) if not np.isnan(fits).all() else float("nan")


def cosine(one: Floats, other: Floats) -> float:
    """Of two histograms of one shape; 0 where one is empty."""
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float((one * other).sum()) / norm if norm else 0.0


def time_and_pitch(notes: NoteArray) -> Floats:
    """Counts of ordered pairs of notes: intervals by distance, shape (41, 24). notes: on the grid, by onset."""
    onset, pitch = notes["onset_tick"].astype(np.int64), notes["pitch"].astype(np.int64)
    stop = np.searchsorted(onset, onset + _REACH, side="left")
    first = np.searchsorted(onset, onset, side="left")
    count = stop - first
    earlier = np.repeat(np.arange(len(notes)), count)
    later = np.arange(len(earlier)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    earlier, later = earlier[earlier != later], later[earlier != later]
    interval = pitch[later] - pitch[earlier]
    near = np.abs(interval) <= _WIDEST
    found = np.zeros(SHAPES["time and pitch"])
    np.add.at(found, (interval[near] + _WIDEST, (onset[later] - onset[earlier])[near] // _BIN), 1)
    return found


def _places(piece: Piece) -> NDArray[np.int64]:
    """Steps from the barline, shape (T,). A pickup is counted back from the barline that it leads to."""
    lines = barlines(piece)
    onset = piece.notes["onset_tick"].astype(np.int64)
    bar = bar_index(piece, onset)
    place = onset - lines[bar]
    if piece.pickup_tick and len(lines) > 2:
        place = np.where(bar == 0, place + max(0, int(lines[2] - lines[1]) - piece.pickup_tick), place)
    return np.asarray(place)


def _onset_and_duration(notes: NoteArray, place: NDArray[np.int64]) -> Floats:
    length = notes["duration_tick"].astype(np.int64)
    inside = (length <= _LONGEST) & (place < _LONGEST_BAR)
    found = np.zeros(SHAPES["onset and duration"])
    # The last bin has both its ends, as histograms are usually taken: a half note is in it.
    np.add.at(found, (place[inside] // _BIN, np.minimum(length[inside], _LONGEST - 1) // _BIN), 1)
    return found


def _onset_and_drum(notes: NoteArray, place: NDArray[np.int64]) -> Floats:
    inside = place < _LONGEST_BAR
    found = np.zeros(SHAPES["onset and drum"])
    np.add.at(found, (place[inside] // _BIN, notes["pitch"][inside].astype(np.int64)), 1)
    return found
