"""Learning a style: how the judge hears it, the net fitted to it, what was read, and how much each of these counts.

All is measured with pieces left out, so that what does not help counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress
from fewnotes.engines.relation import judge
from fewnotes.engines.transformer.fitting.adapting import Adapted, adapted
from fewnotes.engines.transformer.fitting.pretrained import Pretrained, chances
from fewnotes.engines.transformer.frame import events_of
from fewnotes.engines.transformer.prediction.telling import (
    TESTED_NOTES,
    Memory,
    mixed,
    notes_read,
    remembered,
    surprisal,
)  # fmt: skip
from fewnotes.meta.events import Events, first_notes
from fewnotes.music.piece import Piece

Floats = NDArray[np.float32]
#: Pieces are left out in so many groups at most.
_FOLDS = 5


@dataclass(frozen=True)
class Learned:
    """style: how the judge hears it, (D,). changed: arrays of the net that fitting changed

    bits, before: bits a note of pieces left out, with and without the others; None for one piece.
    """

    style: Floats
    changed: dict[str, NDArray[Any]]
    steps: int
    bits: float | None
    before: float | None


def learned(base: Pretrained, pieces: Sequence[Piece], seed: int, progress: Progress, *, fit: bool = True) -> Learned:
    """What is learned from pieces. fit: fit the net to them, too. Raises BadInput for a piece without notes."""
    vectors = judge().embed(pieces)
    events = [events_of(piece) for piece in pieces]
    progress(1, 10, "Reading")
    style = base.style(vectors)
    found = Adapted({}, 0)
    if fit:
        found = adapted(
            base, events, vectors, seed, lambda done, total: progress(1 + 6 * done // total, 10, "Fitting the net")
        )
    if len(pieces) < 2:
        return Learned(style, found.arrays, found.steps, None, None)
    progress(8, 10, "How sure")
    return _measured(base, events, vectors, style, found)


def _measured(base: Pretrained, events: Sequence[Events], vectors: Floats, style: Floats, fit: Adapted) -> Learned:
    """With bits of pieces left out; the net is as it was trained, for fitting it once for each would take too long."""
    folds = [list(range(i, len(events), min(_FOLDS, len(events)))) for i in range(min(_FOLDS, len(events)))]
    notes = notes_read(len(events))
    memories = [Memory().read([events[i] for i in fold], notes) for fold in folds]
    bits, before = [], []
    for number, fold in enumerate(folds):
        piece = first_notes(events[fold[0]], TESTED_NOTES)
        rest = [i for i in range(len(events)) if i not in fold]
        said = chances(base.net, piece, base.style(vectors[rest]))
        ladders = remembered(piece, [m for i, m in enumerate(memories) if i != number], said)
        chance, _ = mixed([said], ladders)
        bits.append(surprisal(chance).bits_per_note)
        unfitted = chances(base.net, piece, 0 * style)
        alone, _ = mixed([unfitted], remembered(piece, (), unfitted))
        before.append(surprisal(alone).bits_per_note)
    return Learned(style, fit.arrays, fit.steps, float(np.mean(bits)), float(np.mean(before)))
