"""Some 300 named statistics of a piece: the features of `fewnotes.music.features`, and histograms beside them.

    STATISTICS          what each number is, in order       TIMBRE      which of them are about instruments
    statistics(piece)   the numbers, shape (F,)

They are for comparing styles by their means and spreads, and so are scaled to be nearly normal: shares are square roots
(0.2 for 4 %), counts and lengths logarithms, heights, ranges and entropies as they are.

Nothing depends on velocity, tempo, names of tracks, or ticks a quarter (onsets count on a grid of 12 steps a quarter).
All but `KEY_DEPENDENT` are the same in every key. Form and rhythm count bars, and so depend on barlines. A piece is
judged by its first 20,000 notes. A piece without notes has zeros.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import form, harmony, instruments, melody, pitch, rhythm, texture
from fewnotes.music.statistics._facts import facts
from fewnotes.music.statistics._statistic import Statistic

Floats = NDArray[np.float64]
_PARTS = (pitch, melody, rhythm, harmony, texture, form, instruments)
#: Features that are counts or rates, as log(1 + x).
_LOGARITHMS = ("onsets_per_quarter", "notes_per_attack", "sounding_notes", "line_count", "interval_mean")

STATISTICS: tuple[Statistic, ...] = (
    *(Statistic(f.name, f.family, f.words) for f in FEATURES),
    *(statistic for part in _PARTS for statistic in part.STATISTICS),
)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(s.family for s in STATISTICS))
#: Those that change when a piece is transposed.
KEY_DEPENDENT = frozenset(("pitch_mean", "top_height", "bottom_height"))
#: Which statistics are about instruments: shape (F,).
TIMBRE: NDArray[np.bool_] = np.array([s.family == "instruments" for s in STATISTICS])

_MOVED = np.array([f.name == "pitch_mean" for f in FEATURES])
_ROOT = np.array([f.unit == "%" for f in FEATURES])
_LOG = np.array([f.name in _LOGARITHMS for f in FEATURES])


def statistics(piece: Piece) -> Floats:
    """All statistics in the order of STATISTICS, shape (F,); zeros for a piece without notes."""
    if not len(piece.notes):
        return np.zeros(len(STATISTICS))
    seen = facts(piece)
    plain = feature_vector(seen.piece) - seen.shift * _MOVED
    plain = np.where(_ROOT, np.sqrt(np.maximum(plain, 0.0)), np.where(_LOG, np.log1p(np.maximum(plain, 0.0)), plain))
    found = np.concatenate([plain, *(values for part in _PARTS for values in part.measured(seen))])
    assert len(found) == len(STATISTICS)
    return np.asarray(np.nan_to_num(found, nan=0.0, posinf=0.0, neginf=0.0), np.float64)
