"""Musical sense in plain counts, for each output: what a musician sees at a glance. None is good by itself; compare
with the row `real`.

    empty bars           share of bars in which nothing sounds (Dong 2018, MuseGAN)
    used pitch classes   distinct ones a bar that sounds (the same)
    qualified notes      share of notes of a 32nd or longer (the same)
    scale consistency    largest share of notes in one major scale (Mogren 2016)
    polyphony            mean number of notes that sound where any does
    density              notes a quarter
    struck again         share of notes that repeat the pitch before them in their line without a gap
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index, barlines

#: column -> (unit, digits, higher is better); the last only orders what is called the worst style.
SENSE: dict[str, tuple[str, int, bool]] = {
    "empty bars": ("%", 1, False),
    "used pitch classes": ("", 2, True),
    "qualified notes": ("%", 1, True),
    "scale consistency": ("%", 1, True),
    "polyphony": ("", 2, True),
    "density": ("", 2, True),
    "struck again": ("%", 1, False),
}
_MAJOR = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))
_SCALES = np.array([np.roll(_MAJOR, tonic) for tonic in range(12)])


def sense_of(pieces: Sequence[Piece]) -> dict[str, list[float]]:
    """By column, a value for each piece with notes."""
    found: dict[str, list[float]] = {column: [] for column in SENSE}
    for piece in pieces:
        if len(piece.notes):
            for column, value in zip(SENSE, _counts(piece), strict=True):
                found[column].append(value)
    return found


def _counts(piece: Piece) -> tuple[float, ...]:
    drums = np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]]
    notes = piece.notes[~drums] if (~drums).any() else piece.notes
    onset = notes["onset_tick"].astype(np.int64)
    end = onset + notes["duration_tick"]
    pitch = notes["pitch"].astype(np.int64)
    lines = barlines(piece)
    sounding = np.array([bool(((onset < b) & (end > a)).any()) for a, b in pairwise(lines.tolist())])
    bar = bar_index(piece, onset)
    classes = [len(np.unique(pitch[bar == i] % 12)) for i in np.unique(bar)]
    in_scale = _SCALES @ np.bincount(pitch % 12, minlength=12)
    marks = np.arange(0, int(end.max()), max(1, piece.ticks_per_quarter // 4))
    heard = ((onset <= marks[:, None]) & (end > marks[:, None])).sum(axis=1)
    quarters = max(1, int(lines[-1])) / piece.ticks_per_quarter
    return (
        1 - float(sounding.mean()), float(np.mean(classes)),
        float((notes["duration_tick"] >= piece.ticks_per_quarter / 8).mean()), float(in_scale.max() / len(pitch)),
        float(heard[heard > 0].mean()) if (heard > 0).any() else 0.0, len(piece.notes) / quarters,
        _struck_again(piece),
    )  # fmt: skip


def _struck_again(piece: Piece) -> float:
    """Of notes that follow one in their track without a gap, how many have its pitch."""
    again = total = 0
    for track in range(len(piece.tracks)):
        notes = piece.notes[piece.notes["track"] == track]
        if piece.tracks[track].is_drum or len(notes) < 2:
            continue
        onset = notes["onset_tick"].astype(np.int64)
        start = {(int(o), int(p)) for o, p in zip(onset, notes["pitch"], strict=True)}
        ends = zip(onset + notes["duration_tick"], notes["pitch"], strict=True)
        again += sum((int(end), int(pitch)) in start for end, pitch in ends)
        total += len(notes)
    return again / total if total else 0.0
