"""How near is an output to the same song as it stands in the style? F-measures, part by part.

The song in the style was made by someone who knew the style; an output is held against it note by note. The melody is
known, since it is the same in every style: its notes are taken out of both, each once, and how many of them the output
has is a figure of its own. Of what is left drums are told by their tracks, the bass by its role, and the rest is
harmony: so a melody that was not asked for is harmony too much.

Within a part onsets, notes (onset and key) or chroma (onset and pitch class) are paired one to one, at most a twelfth
of a quarter apart; precision and recall give an F-measure (van Rijsbergen 1979), as in transcription. Overlap is the
F-measure of what sounds, melody too: key by key and step by step.
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
PARTS = ("harmony", "bass", "drums")


def likeness(output: Piece, truth: Piece, melody: NoteArray) -> dict[str, float]:
    """By column, in [0, 1]: the F-measures of each part that the truth has, the share of the melody that is kept, and
    the overlap. A part that the output lacks has 0. melody: its notes, at `STEPS_A_QUARTER`."""
    one, other = rescale(output, STEPS_A_QUARTER), rescale(truth, STEPS_A_QUARTER)
    mine, kept = parts_of(one, melody)
    theirs, _ = parts_of(other, melody)
    found = {"melody kept": kept}
    for part in PARTS:
        given, wanted = mine[part], theirs[part]
        if not len(wanted):
            continue
        found[f"onsets, {part}"] = onset_f(given, wanted)
        found[f"notes, {part}"] = note_f(given, wanted)
        if part != "drums":
            found[f"chroma, {part}"] = note_f(given, wanted, octave=12)
    found["overlap"] = overlap(one.notes[~_drums(one)], other.notes[~_drums(other)])
    return found


def parts_of(piece: Piece, melody: NoteArray) -> tuple[dict[str, NoteArray], float]:
    """The notes of each of `PARTS`, and the share of the melody's notes that the piece has."""
    drums = _drums(piece)
    rest = ~drums
    at: dict[tuple[int, int], list[int]] = defaultdict(list)
    rows = zip(piece.notes["onset_tick"].tolist(), piece.notes["pitch"].tolist(), strict=True)
    for index, (onset, pitch) in enumerate(rows):
        if not drums[index]:
            at[onset, pitch].append(index)
    kept = 0
    for onset, pitch in zip(melody["onset_tick"].tolist(), melody["pitch"].tolist(), strict=True):
        near = [at[onset + late, pitch] for late in (0, -TOLERANCE, TOLERANCE) if at.get((onset + late, pitch))]
        if near:
            rest[near[0].pop(0)] = False
            kept += 1
    bass = rest & (roles(piece) == Role.BASS)
    found = {"harmony": piece.notes[rest & ~bass], "bass": piece.notes[bass], "drums": piece.notes[drums]}
    return found, kept / len(melody) if len(melody) else float("nan")


def _drums(piece: Piece) -> NDArray[np.bool_]:
    return np.asarray(np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]])


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
