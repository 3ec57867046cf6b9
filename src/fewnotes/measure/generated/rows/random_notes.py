"""A control without structure: every pitch, length and place in the bar as often as in a support piece, at random.

The histograms of the style are right; melody, harmony and form are gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fewnotes.measure.generated.rows import Task
from fewnotes.measure.generated.rows.shuffled import joined
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece, sort_notes

TITLE = "Notes of the support set, drawn one by one: histograms without structure"


class _RandomNotes:
    def pieces(self, task: Task) -> list[Piece]:
        rng = np.random.default_rng([task.seed, 3])
        sources = [p for p in task.support if len(p.notes)]
        return [scattered(sources[int(rng.integers(len(sources)))], task.bars, rng) for _ in range(task.count)]


def scattered(piece: Piece, count: int, rng: np.random.Generator) -> Piece:
    """`count` bars like those of a piece in number of notes, with onsets, pitches and lengths drawn apart, by track.

    Onsets are drawn from bars in random order, so that they keep the places in the bar; pitches and lengths are each
    resampled from the whole track (an order-0 model).
    """
    made = joined(piece, count, rng)
    notes = made.notes.copy()
    for track in np.unique(notes["track"]).tolist():
        mine = np.flatnonzero(notes["track"] == track)
        whole = piece.notes[piece.notes["track"] == track]
        for field in ("pitch", "duration_tick"):
            notes[field][mine] = rng.choice(whole[field], len(mine))
    return replace(made, notes=sort_notes(notes))


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _RandomNotes:
    """Needs nothing."""
    return _RandomNotes()
