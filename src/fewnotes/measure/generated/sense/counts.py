"""Plain counts, most of them as other papers have them.

empty bars           share of bars in which nothing sounds (Dong 2018, MuseGAN)
bars filled          share of a bar in which something sounds, mean over bars
used pitch classes   distinct ones a bar that sounds (Dong 2018)
qualified notes      share of notes of a 32nd or longer (the same)
scale consistency    largest share of notes in one major scale (Mogren 2016)
polyphony            mean number of notes that sound where any does
density              notes a quarter
struck again         share of notes that repeat the pitch before them in their line without a gap
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index, barlines

#: column -> (unit, digits, higher is better)
COLUMNS: dict[str, tuple[str, int, bool]] = {
    "empty bars": ("%", 1, False),
    "bars filled": ("%", 1, True),
    "used pitch classes": ("", 2, True),
    "qualified notes": ("%", 1, True),
    "scale consistency": ("%", 1, True),
    "polyphony": ("", 2, True),
    "density": ("", 2, True),
    "struck again": ("%", 1, False),
}
_MAJOR = np.isin(np.arange(12), (0, 2, 4, 5, 7, 9, 11))
_SCALES = np.array([np.roll(_MAJOR, tonic) for tonic in range(12)])


def counted(piece: Piece) -> dict[str, float]:
    """By column. The piece has notes."""
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
    values = (
        1 - float(sounding.mean()), _filled(onset, end, lines), float(np.mean(classes)),
        float((notes["duration_tick"] >= piece.ticks_per_quarter / 8).mean()), float(in_scale.max() / len(pitch)),
        float(heard[heard > 0].mean()) if (heard > 0).any() else 0.0, len(piece.notes) / quarters,
        _struck_again(piece),
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _filled(onset: NDArray[np.int64], end: NDArray[np.int64], lines: NDArray[np.int64]) -> float:
    """The share of each bar in which something sounds, mean over bars."""
    changes = np.zeros(int(max(end.max(), lines[-1])) + 1, np.int64)
    np.add.at(changes, onset, 1)
    np.add.at(changes, end, -1)
    heard = np.concatenate([[0], np.cumsum(np.cumsum(changes) > 0)])
    length = np.diff(lines)
    return float(((heard[lines[1:]] - heard[lines[:-1]]) / np.maximum(length, 1)).mean())


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
