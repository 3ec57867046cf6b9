"""Control: the same encoder trained as a plain classifier of all styles at equal compute, nearest prototype."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.listening import Listener
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import MeanScorer, control, kept
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.segments import segments
from fewnotes.music.piece import Piece
from fewnotes.store.checkpoints import load_checkpoint

TITLE = "control: the same encoder as a plain classifier of styles, equal compute, nearest prototype"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> MeanScorer:
    """Raises NotInstalled without torch or the control."""
    checkpoint = load_checkpoint(str(control("classifier")))
    listener = Listener(checkpoint.config["encoder"], checkpoint.arrays)

    def embeds(piece: Piece) -> NDArray[np.float64]:
        vectors = listener.vectors(segments(piece, timbre=bank.timbre), bank.timbre)
        return np.asarray(listener.pool([vectors])[0], np.float64)

    return MeanScorer(kept(bank, background, checkpoint.digest, embeds, listener.dimensions, progress))
