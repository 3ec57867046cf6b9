"""The relation head as plain arrays: R = f(x1, x2; theta) in numpy, for one style or many, with what a style changed.

The formulas are those of `fewnotes.nets.relation`, which trained it. Axes: Q pieces, N styles, D coordinates, H units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Head:
    """Arrays of the head.

    within, between: variance in a style and among styles, (D,). centre: mean of all styles, (D,). slope: weight of each
    coordinate's term, (D,), one value a side. offset, by_shots: log odds where nothing is known, and for ln K.
    piece: (D, H); bias: (H,); style: (D, H); out: (H,): two layers on the concatenation [x1; x2].
    """

    within: Floats
    between: Floats
    centre: Floats
    slope: Floats
    offset: float
    by_shots: float
    piece: Floats
    bias: Floats
    style: Floats
    out: Floats

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]], prefix: str = "head.") -> Head:
        """From the arrays of a checkpoint."""

        def floats(name: str) -> Floats:
            return np.ascontiguousarray(arrays[prefix + name].astype(np.float32))

        return cls(
            floats("within"), floats("between"), floats("centre"), floats("slope"), float(arrays[prefix + "offset"][0]),
            float(arrays[prefix + "by_shots"][0]), floats("piece"), floats("bias"), floats("style"), floats("out"),
        )  # fmt: skip

    @property
    def dimensions(self) -> int:
        return len(self.within)

    @cached_property
    def sides(self) -> list[slice]:
        """Coordinates of one slope beside each other: the rolls, the statistics."""
        edges = np.flatnonzero(np.diff(self.slope)) + 1
        return [slice(int(a), int(b)) for a, b in pairwise([0, *edges.tolist(), self.dimensions])]

    def expected(self, mean: Floats, shots: float, within: Floats | None = None) -> tuple[Floats, Floats]:
        """Where a style lies given the mean (D,) of K pieces, and the variance of one more piece: two of (D,)."""
        own = self.within if within is None else within
        trust = self.between / (self.between + own / shots)
        where = np.asarray(self.centre + trust * (mean - self.centre), np.float32)
        return where, np.asarray(own + self.between * (1 - trust), np.float32)

    def terms(self, x: Floats, mean: Floats, shots: float, within: Floats | None = None) -> Floats:
        """What each coordinate says of each piece, (Q, D): slope * ln (one more piece of the style / any piece)."""
        own = self.within if within is None else within
        where, variance = self.expected(mean, shots, own)
        total = own + self.between
        told = (x - self.centre) ** 2 / total + np.log(total) - (x - where) ** 2 / variance - np.log(variance)
        return np.asarray(0.5 * self.slope * told, np.float32)

    def layers(self, x: Floats, mean: Floats) -> Floats:
        """What the two layers say of each piece, (Q,)."""
        hidden = x @ self.piece + self.bias + mean @ self.style
        return np.asarray(np.maximum(hidden, 0) @ self.out, np.float32)

    def log_odds(self, x: Floats, mean: Floats, shots: float, within: Floats | None = None) -> NDArray[np.float64]:
        """Log odds of R for pieces x (Q, D) and a support set of K pieces with mean (D,): (Q,)."""
        told = self.terms(x, mean, shots, within).sum(axis=1, dtype=np.float64)
        found = told + self.layers(x, mean) + self.offset + self.by_shots * float(np.log(shots))
        return np.asarray(found, np.float64)


def chance(log_odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """R = 1 / (1 + exp(-log odds)), without overflow."""
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -60, 60))), np.float64)
