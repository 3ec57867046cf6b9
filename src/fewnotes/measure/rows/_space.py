"""Standardised statistics, and how they vary within and between the styles of the background.

Axes: P pieces, F statistics kept, S styles of the background.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import NotPossible
from fewnotes.measure.bank import Bank
from fewnotes.measure.vectors import vectors
from fewnotes.meta.progress import Progress

Floats = NDArray[np.float64]
#: Beyond this many deviations from the mean a value counts as that many: rare instruments must not decide alone.
CLIP = 3.0
_LEAST_SPREAD = 1e-6


class Space:
    """Statistics of all pieces as z-scores of the background; what does not vary there is left out.

    x: shape (P, F). means: of the background's styles of two pieces or more, shape (S, F). deviations: per style, from
    its mean, scaled to be free of bias, list of (pieces, F).
    """

    def __init__(self, bank: Bank, background: Sequence[int], progress: Progress) -> None:
        """Raises NotPossible where the background has fewer than two styles of two pieces."""
        raw, known = vectors(bank, progress), np.asarray(background, np.int64)
        spread = raw[known].std(axis=0) if len(known) else np.zeros(raw.shape[1])
        kept = spread > _LEAST_SPREAD
        by_style: dict[str, list[int]] = {}
        for index in known.tolist():
            by_style.setdefault(bank.entries[index].row.style, []).append(index)
        groups = [inside for _, inside in sorted(by_style.items()) if len(inside) > 1]
        if len(groups) < 2:
            raise NotPossible(
                "There are too few styles to learn from", expected="two styles of two pieces or more in meta-train",
                fix="Bring the corpus of many styles; `fewnotes corpus list` shows what is here",
            )  # fmt: skip
        z = (raw[:, kept] - raw[known][:, kept].mean(axis=0)) / spread[kept]
        self.x: Floats = np.clip(z, -CLIP, CLIP)
        self.means: Floats = np.array([self.x[g].mean(axis=0) for g in groups])
        self.deviations: list[Floats] = [
            (self.x[g] - m) * np.sqrt(len(g) / (len(g) - 1)) for g, m in zip(groups, self.means, strict=True)
        ]

    @property
    def pooled(self) -> Floats:
        """All deviations within styles, every piece alike: shape (pieces, F)."""
        return np.concatenate(self.deviations)

    def within(self) -> Floats:
        """Covariance within a style, every style alike: shape (F, F)."""
        return np.asarray(np.mean([d.T @ d / len(d) for d in self.deviations], axis=0))

    def between(self) -> Floats:
        """Covariance of the styles' true means: of those measured, less what sampling adds; no negative variance."""
        moved = self.means - self.means.mean(axis=0)
        sampling = self.within() * float(np.mean([1 / len(d) for d in self.deviations]))
        value, vector = np.linalg.eigh(moved.T @ moved / len(moved) - sampling)
        return np.asarray((vector * np.maximum(value, 0.0)) @ vector.T)


class NearestMean:
    """Scores by minus the squared distance to the mean of the support, in coordinates y of shape (P, D)."""

    def __init__(self, y: Floats) -> None:
        self.y = y

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> Floats:
        """Shape (Q, N)."""
        asked = self.y[list(query)]
        centres = np.array([self.y[list(inside)].mean(axis=0) for inside in support])
        return -np.asarray(((asked[:, None] - centres[None]) ** 2).sum(axis=2), np.float64)
