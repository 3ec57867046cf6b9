"""The judge: encoder, statistics, head, background and calibration of one checkpoint, loaded once.

The embedding of a piece is two sides beside each other: what the encoder makes of its rolls, and its statistics in
coordinates where styles differ (a two-covariance model). The head weighs both (`head`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.relation.head import Floats, Head
from fewnotes.engines.relation.listening import Listener
from fewnotes.errors import BadInput
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.segments import segments
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import STATISTICS, TIMBRE, statistics
from fewnotes.store.checkpoints import Checkpoint, load_checkpoint

NAME = "relation"
#: Standardised statistics beyond this say no more.
CLIP = 3.0
_BATCH = 16


@dataclass(frozen=True)
class Heard:
    """One piece as the judge hears it.

    vector: its embedding, (D,). segments: of its segments, (M, segment). bars: first bar and the bar after the last of
    each segment, (M, 2). statistics: in standard deviations of meta-train, (F,).
    """

    vector: Floats
    segments: Floats
    bars: NDArray[np.int64]
    statistics: Floats


class Judge:
    """One checkpoint, ready. Immutable; threads may share it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Raises NotInstalled without torch, BadInput for a checkpoint that is not for this version."""
        self.digest, self.said, self.config = checkpoint.digest, checkpoint.said, checkpoint.config
        arrays = checkpoint.arrays
        _check_statistics(checkpoint)
        self.listener = Listener(checkpoint.config["encoder"], arrays)
        self._mean = arrays["statistics.mean"].astype(np.float32)
        self._spread = arrays["statistics.spread"].astype(np.float32)
        #: Side of statistics, with and without instruments: centre (F,), matrix (F, L).
        self._linear = {
            timbre: (arrays[f"{name}.centre"].astype(np.float32), arrays[f"{name}.matrix"].astype(np.float32))
            for timbre, name in ((True, "linear"), (False, "plain"))
        }
        self._instruments_in_rolls = bool(checkpoint.config["instruments_in_rolls"])
        self.head = Head.of(arrays, "head.")
        #: For pieces that were heard without instruments.
        self.plain_head = Head.of(arrays, "plain_head.")
        #: Embeddings of pieces of meta-train, (n, D), and the number of the style of each, (n,).
        self.background = arrays["background.vectors"].astype(np.float32)
        self.background_styles = arrays["background.styles"].astype(np.int64)
        self._none_below = {int(k): float(v) for k, v in checkpoint.config["none_below"].items()}

    def none_below(self, shots: int) -> float:
        """The relation that 19 of 20 pieces of a style reach, given K of its pieces; measured on meta-validation."""
        known = sorted(self._none_below)
        return float(np.interp(np.log(shots), np.log(known), [self._none_below[k] for k in known]))

    def embed(self, pieces: Sequence[Piece], progress: Progress = no_progress, *, timbre: bool = True) -> Floats:
        """Embeddings of pieces, (n, D). timbre=False: without instruments. Raises BadInput for one without notes."""
        found = [heard.vector for heard in self.hear(pieces, progress, timbre=timbre)]
        return np.array(found, np.float32).reshape(len(pieces), self.head.dimensions)

    def hear(self, pieces: Sequence[Piece], progress: Progress = no_progress, *, timbre: bool = True) -> list[Heard]:
        """Pieces with their segments, for who wants to know which bars say what."""
        found: list[Heard] = []
        for start in range(0, len(pieces), _BATCH):
            if len(pieces) > _BATCH:
                progress(start, len(pieces), "Listening")
            found += self._hear(pieces[start : start + _BATCH], timbre)
        return found

    def _hear(self, pieces: Sequence[Piece], timbre: bool) -> list[Heard]:
        cut = [segments(piece, timbre=timbre) for piece in pieces]
        if any(not len(c) for c in cut):
            raise BadInput("A piece without notes has no style", expected="pieces with notes")
        raw = np.array([statistics(normalised(piece, timbre=timbre)) for piece in pieces])
        values = self.standard(raw, timbre)
        vectors = [self.listener.vectors(c, timbre and self._instruments_in_rolls) for c in cut]
        joined = self.join(self.listener.pool(vectors), values, timbre)
        return [Heard(joined[i], vectors[i], cut[i].bars, values[i]) for i in range(len(pieces))]

    def standard(self, raw: NDArray[np.float64], timbre: bool = True) -> Floats:
        """Statistics (n, F) in standard deviations of meta-train."""
        values = np.clip((raw - self._mean) / self._spread, -CLIP, CLIP).astype(np.float32)
        return np.asarray(values if timbre else np.where(TIMBRE, 0, values), np.float32)

    def join(self, rolls: Floats, values: Floats, timbre: bool = True) -> Floats:
        """Embeddings (n, D) from those of rolls and from standardised statistics (n, F)."""
        centre, matrix = self._linear[timbre]
        return np.concatenate([rolls, (values - centre) @ matrix], axis=1).astype(np.float32)


@lru_cache(maxsize=4)
def judge(name: str = NAME) -> Judge:
    """The judge of a checkpoint, loaded once. Raises NotInstalled where torch or the checkpoint is missing."""
    return Judge(load_checkpoint(name))


def _check_statistics(checkpoint: Checkpoint) -> None:
    names = [s.name for s in STATISTICS]
    if list(checkpoint.config["statistics"]) != names:
        raise BadInput(
            f"The checkpoint {checkpoint.name!r} was trained on other statistics than these",
            expected=f"the {len(names)} statistics of this version of fewnotes",
            fix="Use the checkpoint that came with this version, or train one with recipes/relation.py",
        )
