"""Is the output still the same piece? Content preservation as Groove2Groove measures it (Cifka et al. 2020).

After Lu and Su (ISMIR 2018): drums left out, chroma at 12 frames a quarter, every note as loud as any other, averaged
over windows of 24 frames, a window a quarter; the cosine of the two at each window, averaged over the windows in which
either piece sounds. Where one of the two is silent the cosine is 0. The shorter piece is silent after its end.

That asks for the same harmony at the same time, as in music of one meter. A style of another meter cannot keep time, so
`content_by_bar` asks the same of bar after bar, whatever their length.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.harmony import pitch_class_weights
from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import barlines

Floats = NDArray[np.float64]
FRAMES_A_QUARTER = 12
_WINDOW = 24
_STRIDE = 12
_SILENT = 1e-9


def content(output: Piece, source: Piece) -> float:
    """Cosine of the averaged chroma of two pieces, in [0, 1]; 0 where neither has a pitched note."""
    one, other = chroma(output), chroma(source)
    length = max(one.shape[1], other.shape[1])
    return _mean_cosine(_averaged(_padded(one, length)), _averaged(_padded(other, length)))


def content_by_bar(output: Piece, source: Piece) -> float:
    """The same cosine of whole bars: bar 1 beside bar 1, a pickup beside a pickup. In [0, 1]."""
    one, other = bar_chroma(output), bar_chroma(source)
    length = max(one.shape[1], other.shape[1])
    return _mean_cosine(_padded(one, length), _padded(other, length))


def bar_chroma(piece: Piece) -> Floats:
    """How long each pitch class sounds in each bar, in ticks: shape (12, M + 1). The first column is the pickup, silent
    where there is none."""
    weights = pitch_class_weights(piece, barlines(piece))[0].T
    return weights if piece.pickup_tick else np.concatenate([np.zeros((12, 1)), weights], axis=1)


def chroma(piece: Piece) -> Floats:
    """How many notes of each pitch class sound in each frame: shape (12, T). Drums are left out."""
    notes = without_drums(piece)
    start = notes["onset_tick"].astype(np.int64) * FRAMES_A_QUARTER // piece.ticks_per_quarter
    end = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
    stop = end * FRAMES_A_QUARTER // piece.ticks_per_quarter
    length = int(stop.max()) if len(notes) else 0
    changes = np.zeros((12, length + 1))
    np.add.at(changes, (notes["pitch"] % 12, start), 1)
    np.add.at(changes, (notes["pitch"] % 12, stop), -1)
    return np.asarray(changes.cumsum(axis=1)[:, :length])


def without_drums(piece: Piece) -> NoteArray:
    """The pitched notes, in order."""
    drums = np.array([t.is_drum for t in piece.tracks], bool)
    return np.asarray(piece.notes[~drums[piece.notes["track"]]])


def _padded(values: Floats, length: int) -> Floats:
    return np.pad(values, [(0, 0), (0, length - values.shape[1])])


def _averaged(values: Floats) -> Floats:
    """Means over windows of `_WINDOW` frames that end with every `_STRIDE`th frame; outside there is silence."""
    padded = np.pad(values, [(0, 0), (_WINDOW, _WINDOW - 1)]).cumsum(axis=1)
    means = (padded[:, _WINDOW:] - padded[:, :-_WINDOW]) / _WINDOW
    return np.asarray(means[:, (_WINDOW - 1) % _STRIDE :: _STRIDE])


def _mean_cosine(one: Floats, other: Floats) -> float:
    norms = [np.linalg.norm(values, axis=0) for values in (one, other)]
    sounding = (norms[0] > _SILENT) | (norms[1] > _SILENT)
    if not sounding.any():
        return 0.0
    product = np.maximum(norms[0] * norms[1], _SILENT**2)
    return float(((one * other).sum(axis=0) / product)[sounding].mean())
