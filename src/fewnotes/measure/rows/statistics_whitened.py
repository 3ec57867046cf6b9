"""Statistics, linear discriminant analysis: nearest mean where pieces vary alike in all directions within a style.

The covariance within styles is that of the background, shrunk towards a sphere as Ledoit and Wolf (2004, "A
well-conditioned estimator for large-dimensional covariance matrices") have it. It treats one support piece as if it
were the mean of its style, which costs much at K = 1: see `statistics_lda`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.measure.bank import Bank
from fewnotes.measure.rows._space import Floats, NearestMean, Space
from fewnotes.meta.progress import Progress, no_progress

TITLE = "statistics, discriminant analysis with shrinkage"


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> NearestMean:
    """Raises NotPossible where the background is too small."""
    space = Space(bank, background, progress)
    value, vector = np.linalg.eigh(ledoit_wolf(space.pooled))
    return NearestMean(space.x @ (vector / np.sqrt(value)))


def ledoit_wolf(x: Floats) -> Floats:
    """The shrunk covariance of centred rows x of shape (n, F), lemma 3.2 to 3.4 of the paper: shape (F, F)."""
    count, size = x.shape
    sample = x.T @ x / count
    scale = float(np.trace(sample)) / size
    distance = float(((sample - scale * np.eye(size)) ** 2).sum())
    noise = float(((x**2).sum(axis=1) ** 2).sum()) / count**2 - float((sample**2).sum()) / count
    weight = min(1.0, max(noise, 0.0) / distance) if distance > 0 else 1.0
    return np.asarray((1 - weight) * sample + weight * scale * np.eye(size))
