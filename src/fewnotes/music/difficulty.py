"""How hard a piece is to play, as a number from 1 to 10: an estimate from its notes, no grade of any school.

Six things that make music hard, each in standard deviations of some 3,400 pieces of 124 styles: attacks a second at
the piece's own tempo, notes struck together, leaps, variety of rhythm, notes outside one scale, range. Their weighted
sum as a share of the normal distribution: half of those pieces lie below 6, one in ten above 9. All tracks count as if
one person played them, so that ensembles come out harder than each of their parts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

#: Weight, mean and standard deviation of each.
_TERMS = {
    "ln attacks a second": (0.30, 1.15, 0.60),
    "notes_per_attack": (0.20, 2.30, 0.98),
    "interval_mean": (0.15, 3.30, 1.43),
    "length_entropy": (0.15, 1.85, 0.55),
    "outside": (0.10, 0.07, 0.07),
    "pitch_range": (0.10, 38.1, 16.2),
}
#: No single thing says more than this.
_CAP = 2.5
#: Standard deviation of the sum: its terms hang together.
_SPREAD = 0.57
_SLOWEST = 0.05


def difficulty(features: Mapping[str, float], quarters_per_minute: float) -> float:
    """From the features of `music.features` by name and the tempo: 1 (easy) to 10, in steps of a tenth."""
    attacks = features["onsets_per_quarter"] * quarters_per_minute / 60
    values = {
        **features,
        "ln attacks a second": math.log(max(attacks, _SLOWEST)),
        "outside": 1 - features["scale_share"],
    }
    total = sum(
        weight * min(_CAP, max(-_CAP, (values[name] - mean) / spread))
        for name, (weight, mean, spread) in _TERMS.items()
    )
    share = 0.5 * (1 + math.erf(total / _SPREAD / math.sqrt(2)))
    return round(1 + 9 * share, 1)
