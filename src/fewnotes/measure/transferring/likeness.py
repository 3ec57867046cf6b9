"""How near is an output to the same song as it stands in the style? F-measures, role by role.

The song in the style was made by someone who knew the style; an output is held against it note by note. Within a role
(melody, harmony, bass, drums) onsets, notes (onset and key) or chroma (onset and pitch class) are paired one to one, at
most a twelfth of a quarter apart; precision and recall give an F-measure (van Rijsbergen 1979), as in transcription.
Overlap is the F-measure of what sounds: key by key and step by step, without roles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.transferring.profiles import STEPS_A_QUARTER
from fewnotes.meta.roles import Role, roles
from fewnotes.music.edit import rescale
from fewnotes.music.piece import NoteArray, Piece

#: Steps of the grid that a note may be early or late.
TOLERANCE = 1
#: Role -> what it is called in a table.
NAMES = {Role.MELODY: "melody", Role.HARMONY: "harmony", Role.BASS: "bass", Role.RHYTHM: "drums"}
_ACCOMPANIMENT = (Role.HARMONY, Role.BASS, Role.RHYTHM)


def likeness(output: Piece, truth: Piece) -> dict[str, float]:
    """By column, in [0, 1]: the F-measures of each role of the accompaniment that the truth has, the melody's notes,
    and the overlap. A role that the output lacks has 0."""
    one, other = rescale(output, STEPS_A_QUARTER), rescale(truth, STEPS_A_QUARTER)
    mine, theirs = roles(one), roles(other)
    found: dict[str, float] = {}
    for role in _ACCOMPANIMENT:
        wanted = other.notes[theirs == role]
        if not len(wanted):
            continue
        given = one.notes[mine == role]
        found[f"onsets, {NAMES[role]}"] = onset_f(given, wanted)
        found[f"notes, {NAMES[role]}"] = note_f(given, wanted)
        if role != Role.RHYTHM:
            found[f"chroma, {NAMES[role]}"] = note_f(given, wanted, octave=12)
    if (theirs == Role.MELODY).any():
        found["notes, melody"] = note_f(one.notes[mine == Role.MELODY], other.notes[theirs == Role.MELODY])
    found["overlap"] = overlap(one.notes[mine != Role.RHYTHM], other.notes[theirs != Role.RHYTHM])
    return found


def onset_f(given: NoteArray, wanted: NoteArray) -> float:
    """F-measure of the times at which anything begins."""
    one, other = np.unique(given["onset_tick"]), np.unique(wanted["onset_tick"])
    return _f(paired(one, other), len(one), len(other))


def note_f(given: NoteArray, wanted: NoteArray, octave: int = 128) -> float:
    """F-measure of notes by onset and key; octave=12: by pitch class, those of one class and onset once."""
    one, other = _by_key(given, octave), _by_key(wanted, octave)
    right = sum(paired(onsets, other[key]) for key, onsets in one.items() if key in other)
    return _f(right, sum(map(len, one.values())), sum(map(len, other.values())))


def overlap(given: NoteArray, wanted: NoteArray) -> float:
    """F-measure of the cells of two piano rolls, a cell a key and step."""
    one, other = _cells(given), _cells(wanted)
    return _f(len(one & other), len(one), len(other))


def paired(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many times of two rising rows can be paired one to one, at most `TOLERANCE` steps apart."""
    i = j = count = 0
    while i < len(one) and j < len(other):
        apart = int(one[i]) - int(other[j])
        if abs(apart) <= TOLERANCE:
            count, i, j = count + 1, i + 1, j + 1
        elif apart < 0:
            i += 1
        else:
            j += 1
    return count


def _by_key(notes: NoteArray, octave: int) -> dict[int, NDArray[np.int64]]:
    found: dict[int, set[int]] = defaultdict(set)
    for onset, pitch in zip(notes["onset_tick"].tolist(), notes["pitch"].tolist(), strict=True):
        found[pitch % octave].add(onset)
    return {key: np.array(sorted(onsets), np.int64) for key, onsets in found.items()}


def _cells(notes: NoteArray) -> set[tuple[int, int]]:
    found: set[tuple[int, int]] = set()
    rows: Iterable[tuple[int, int, int]] = zip(
        notes["onset_tick"].tolist(), notes["duration_tick"].tolist(), notes["pitch"].tolist(), strict=True
    )
    for onset, duration, pitch in rows:
        found.update((step, pitch) for step in range(onset, onset + duration))
    return found


def _f(right: int, given: int, wanted: int) -> float:
    return 2 * right / (given + wanted) if given + wanted else 0.0
