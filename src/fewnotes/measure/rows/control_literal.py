"""Control: the relation network in its plainest form, two layers on concatenated statistics, the same episodes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._embedded import control
from fewnotes.measure.vectors import vectors
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.statistics import TIMBRE
from fewnotes.store.checkpoints import load_checkpoint

TITLE = "control: relation/literal, two layers on concatenated statistics, the same episodes"
_CLIP = 3.0


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Literal:
    """Raises NotInstalled without the control."""
    arrays = {k: v.astype(np.float64) for k, v in load_checkpoint(str(control("literal"))).arrays.items()}
    x = (vectors(bank, progress) - arrays["statistics.mean"]) / arrays["statistics.spread"]
    x = np.clip(x, -_CLIP, _CLIP)
    return Literal(x if bank.timbre else np.where(TIMBRE, 0, x), arrays)


class Literal:
    """second relu(first [x1; x2]), x2 the mean of the support. x: (P, F)."""

    def __init__(self, x: NDArray[np.float64], arrays: dict[str, NDArray[np.float64]]) -> None:
        self.x, self.arrays = x, arrays

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N)."""
        first, size = self.arrays["head.first.weight"], self.x.shape[1]
        asked = self.x[list(query)] @ first[:, :size].T + self.arrays["head.first.bias"]
        means = np.array([self.x[list(inside)].mean(axis=0) for inside in support]) @ first[:, size:].T
        hidden = np.maximum(asked[:, None] + means[None], 0)
        return np.asarray(hidden @ self.arrays["head.second.weight"][0], np.float64)
