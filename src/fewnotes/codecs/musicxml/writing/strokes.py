"""Drum strokes on paper: a played stroke has no length, so it is printed up to the next one or the next beat."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs.musicxml.writing.rhythm import head
from fewnotes.music.piece import Piece, sort_notes
from fewnotes.music.time import DEFAULT_METER, barlines, beat_length_tick

#: Number and share of strokes with a length nobody writes, from which a track counts as played.
_PLAYED_STROKES = 8
_PLAYED_SHARE = 0.1
#: Parts of a quarter that are written down, if seldom: such lengths stay as they are.
_WRITTEN_PARTS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 12, 16})
#: A stroke so near before a beat, in parts of the beat, belongs to that beat.
_NEAR_BEAT = 8


def with_stroke_lengths(piece: Piece) -> tuple[Piece, int]:
    """The piece with played drum strokes lengthened or cut to what is read easily, and how many notes that changed.

    Drum tracks with few strokes, or with lengths that are note values, stay as they are.
    """
    notes = piece.notes.copy()
    changed = 0
    for index, track in enumerate(piece.tracks):
        rows = np.flatnonzero(notes["track"] == index)
        if not track.is_drum or not len(rows) or not _is_played(notes["duration_tick"][rows], piece.ticks_per_quarter):
            continue
        onset = notes["onset_tick"][rows].astype(np.int64)
        struck = np.unique(onset)
        following = np.append(struck[1:], np.iinfo(np.int64).max)[np.searchsorted(struck, onset)]
        length = np.maximum(1, np.minimum(following, _next_beats(piece, onset)) - onset)
        changed += int((length != notes["duration_tick"][rows]).sum())
        notes["duration_tick"][rows] = length
    return (replace(piece, notes=sort_notes(notes)), changed) if changed else (piece, 0)


def _is_played(duration: NDArray[np.int32], quarter: int) -> bool:
    values, count = np.unique(duration, return_counts=True)
    odd = [
        Fraction(value, quarter).denominator not in _WRITTEN_PARTS
        and head(value, quarter) is None
        and head(Fraction(3 * value, 2), quarter) is None
        for value in values.tolist()
    ]
    strokes = int(count[np.asarray(odd, bool)].sum())
    return strokes >= _PLAYED_STROKES and strokes > _PLAYED_SHARE * len(duration)


def _next_beats(piece: Piece, onset: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where the beat of each onset ends; that of the next beat for those just before one."""
    edges = barlines(piece).astype(np.int64)
    bar = np.clip(np.searchsorted(edges, onset, side="right") - 1, 0, len(edges) - 2)
    meters = piece.meters or (DEFAULT_METER,)
    lengths = np.asarray([max(1, round(beat_length_tick(m, piece.ticks_per_quarter))) for m in meters], np.int64)
    starts = np.asarray([m.onset_tick for m in meters], np.int64)
    beat = lengths[np.clip(np.searchsorted(starts, edges[bar], side="right") - 1, 0, None)]
    near = np.maximum(1, beat // _NEAR_BEAT)
    end = edges[bar] + ((onset - edges[bar] + near) // beat + 1) * beat
    # No stroke goes over a barline; one just before it keeps what is left.
    return np.where(end > edges[bar + 1], np.maximum(edges[bar + 1], onset + 1), end)
