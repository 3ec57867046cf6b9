"""Embeddings of the pieces of a bank, worked out once and kept by content of the pieces and digest of the checkpoint.

Rows of the relation network score with them. Pieces of the background are left out: what the network learned from
meta-train is in its weights. Axes: P pieces, D coordinates, K support pieces, Q query pieces.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.judge import Judge, judge
from fewnotes.errors import NotInstalled
from fewnotes.measure.bank import Bank
from fewnotes.measure.vectors import cached
from fewnotes.meta.cache import cache_folder
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece

Floats = NDArray[np.float64]


class _Embeds(Protocol):
    def __call__(self, piece: Piece) -> Floats: ...


def embedded(bank: Bank, background: Sequence[int], progress: Progress, listening: Judge | None = None) -> Floats:
    """Embeddings of all pieces, (P, D), zeros for the background. Raises NotInstalled without torch or checkpoint."""
    one = listening or judge()
    return kept(bank, background, one.digest, lambda p: one.embed([p], timbre=bank.timbre)[0].astype(np.float64),
                one.head.dimensions, progress)  # fmt: skip


def kept(bank: Bank, background: Sequence[int], digest: str, embeds: _Embeds, size: int, progress: Progress) -> Floats:
    """What `embeds` makes of each piece that is not background, (P, size), out of the cache where it is there."""
    known = set(background)
    asked = [i for i in range(len(bank.entries)) if i not in known]
    folder = cache_folder().parent / "embeddings" / f"{digest[:16]}-{'timbre' if bank.timbre else 'plain'}"
    found = np.zeros((len(bank.entries), size))
    found[asked] = cached(Bank(tuple(bank.entries[i] for i in asked), bank.timbre), folder, embeds, size,
                          progress=progress)  # fmt: skip
    return found


def control(name: str) -> Path:
    """The folder of a checkpoint that is only measured beside ours: $FEWNOTES_CONTROLS/NAME, or that of a clone.

    Raises NotInstalled where it is not here.
    """
    given = os.environ.get("FEWNOTES_CONTROLS")
    folder = (Path(given) if given else Path(__file__).resolve().parents[4] / "bench" / "checkpoints") / name
    if not (folder / "config.json").is_file():
        raise NotInstalled(
            f"The control {name!r} is not here", expected="bench/checkpoints of a clone of fewnotes",
            fix="Run it from a clone, or name the folder in FEWNOTES_CONTROLS",
        )  # fmt: skip
    return folder


class MeanScorer:
    """Scores by something of a query and the mean of the support. x: (P, D)."""

    def __init__(self, x: Floats) -> None:
        self.x = x

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> Floats:
        """Shape (Q, N)."""
        asked = self.x[list(query)]
        means = np.array([self.x[list(inside)].mean(axis=0) for inside in support])
        return self.between(asked, means)

    def between(self, asked: Floats, means: Floats) -> Floats:
        """Minus the squared distance: (Q, D), (N, D) -> (Q, N)."""
        return -np.asarray(((asked[:, None] - means[None]) ** 2).sum(axis=2), np.float64)
