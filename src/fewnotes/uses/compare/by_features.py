"""Comparison without a net: log odds of features, calibrated (`fewnotes.music.likeness`)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.features import FEATURES
from fewnotes.music.likeness import STRANGE, log_odds, relation, vectors
from fewnotes.music.piece import Piece
from fewnotes.uses.compare.found import Found, Reason, spread

Floats = NDArray[np.float64]
NAME = "features"


def found(one: Sequence[Piece], two: Sequence[Piece]) -> Found:
    """Relation of two sides and the features that say most."""
    a, b = vectors(one), vectors(two)
    said, score = _both_ways(a, b)
    return Found(NAME, score, score < STRANGE, _reasons(said, a, b))


def _both_ways(one: Floats, two: Floats) -> tuple[Floats, float]:
    """Log odds by feature and the relation: each piece of the smaller side against the larger one; of two sides
    of the same size, both ways, so that order does not matter.
    """
    ways = [(one, two)] if len(one) < len(two) else [(two, one)] if len(two) < len(one) else [(one, two), (two, one)]
    said = np.mean([np.mean([log_odds(x, support) for x in side], axis=0) for side, support in ways], axis=0)
    return said, relation(float(said.sum()), max(len(one), len(two)))


def _reasons(said: Floats, one: Floats, two: Floats) -> tuple[Reason, ...]:
    """What says most for and against, spread over the families; that both lack something is no likeness to tell."""
    order = np.argsort(-said, kind="stable").tolist()
    a, b = one.mean(axis=0), two.mean(axis=0)
    families = [f.family for f in FEATURES]
    alike = spread([i for i in order if said[i] > 0.05 and max(abs(a[i]), abs(b[i])) > 1e-9], families, 1)
    differ = spread([i for i in reversed(order) if said[i] < -0.05], families, 2)
    return tuple(
        Reason(
            f.name, f.family, f.words, round(float(a[i]), 4), round(float(b[i]), 4), round(float(said[i]), 3), f.unit
        )
        for i in (*alike, *differ)
        for f in (FEATURES[i],)
    )
