"""Means with 95 % intervals. The unit is the style: pieces of one style are no independent witnesses.

The figure is the mean over styles of the mean within each style; the interval is a percentile bootstrap over styles
(Efron and Tibshirani 1993, section 13.3); the worst style stands beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fewnotes.errors import BadParameter

Values = Mapping[str, Sequence[float]]
RESAMPLES = 4000


@dataclass(frozen=True)
class Interval:
    """A mean over styles, the 95 % interval around it, and the style where it is worst.

    styles, values: how many styles, and how many single values in all, it is the mean of.
    """

    mean: float
    low: float
    high: float
    worst: float
    worst_style: str
    styles: int
    values: int

    def to_dict(self) -> dict[str, Any]:
        return {
            **{k: round(float(getattr(self, k)), 5) for k in ("mean", "low", "high", "worst")},
            "worst_style": self.worst_style,
            "styles": self.styles,
            "values": self.values,
        }

    def text(self, scale: float = 1.0, digits: int = 1) -> str:
        """For example `82.1 [78.0, 85.9]`."""
        return f"{self.mean * scale:.{digits}f} [{self.low * scale:.{digits}f}, {self.high * scale:.{digits}f}]"


def over_styles(values: Values, *, higher_is_better: bool = True, seed: int = 0) -> Interval:
    """The mean of each style's mean. Raises BadParameter where there is no value."""
    names = sorted(name for name, inside in values.items() if len(inside))
    if not names:
        raise BadParameter("There is nothing to average", expected="one value or more")
    means = np.array([float(np.mean(values[name])) for name in names])
    low, high = _bounds(means, seed)
    worst = int(np.argmin(means) if higher_is_better else np.argmax(means))
    total = sum(len(values[name]) for name in names)
    return Interval(float(means.mean()), low, high, float(means[worst]), names[worst], len(names), total)


def gain(after: Values, before: Values, *, higher_is_better: bool = True, seed: int = 0) -> Interval:
    """How much better `after` is than `before`, style by style; above 0 is better. Styles in both count."""
    sign = 1.0 if higher_is_better else -1.0
    both = sorted(set(after) & set(before))
    return over_styles({s: [sign * float(np.mean(after[s]) - np.mean(before[s]))] for s in both}, seed=seed)


def _bounds(means: np.ndarray, seed: int) -> tuple[float, float]:
    rng = np.random.default_rng(seed)
    resampled = means[rng.integers(len(means), size=(RESAMPLES, len(means)))].mean(axis=1)
    low, high = np.percentile(resampled, [2.5, 97.5])
    return float(low), float(high)
