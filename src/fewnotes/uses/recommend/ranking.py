"""Which pieces of a library to name, in which order, and why: numbers only, no files and no net."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.features import FEATURES
from fewnotes.music.likeness import log_odds
from fewnotes.music.pitch import name
from fewnotes.music.profile import percent
from fewnotes.store.library import Index
from fewnotes.uses._listening.facts import FAMILIES

Floats = NDArray[np.float64]
#: Diversity chooses among the best so many times as many as asked for, and at least among so many.
_POOL_TIMES, _POOL_LEAST = 10, 50
_REASONS = 3
_SAMPLE = 500
#: What says less than this, in log odds, is no reason.
_LEAST_SAID = 0.05


#: Least and most, None for no bound.
Bounds = tuple[float | None, float | None]


@dataclass(frozen=True)
class Filters:
    """What a person wants to see at all; "" and None let all through. instrument: a family that plays.

    All of it was written down when the piece was listened to, so that filtering costs a comparison a piece.
    """

    meter: str = ""
    instrument: str = ""
    bars: Bounds = (None, None)
    seconds: Bounds = (None, None)
    difficulty: Bounds = (None, None)

    def mask(self, index: Index) -> NDArray[np.bool_]:
        """Which pieces pass: (n,). What is not known of a piece does not pass a bound."""
        passed = np.ones(len(index), bool)
        if self.meter:
            passed &= np.array([m == self.meter for m in index.meters], bool)
        if self.instrument:
            passed &= (index.families >> list(FAMILIES).index(self.instrument)) & 1 == 1
        for (least, most), values in (
            (self.bars, index.bars), (self.seconds, index.seconds), (self.difficulty, index.difficulty),
        ):  # fmt: skip
            if least is not None:
                passed &= values >= np.float32(least)
            if most is not None:
                passed &= values <= np.float32(most)
        return passed


@dataclass(frozen=True)
class Because:
    """A feature that speaks for a piece. value: of the piece. liked: mean of the liked pieces. weight: log odds."""

    feature: str
    words: str
    value: float
    liked: float
    weight: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        what, _, unit = self.words.partition(", in ")
        what = what.partition(", as ")[0]
        value, liked = (_shown(self.feature, v) for v in (self.value, self.liked))
        return f"{what} {value}{' ' if unit else ''}{unit} (liked: {liked})"


def choose(index: Index, relation: Floats, keep: NDArray[np.bool_], count: int, diversity: float) -> list[int]:
    """The pieces to name, first the best: maximal marginal relevance (Carbonell and Goldstein 1998).

    Each next piece is the one with the largest (1 - d) * relation - d * (likeness to the nearest one chosen before),
    both scaled to [0, 1] over the pool of the best pieces. d = 0 is the order of relation; d = 1 spreads the list as
    far as the pool goes. relation: (n,). keep: which may be named at all, (n,). Of pieces with the same notes in some
    key only the first is named.
    """
    order = np.argsort(-relation, kind="stable")
    best_of: dict[str, int] = {}
    for i in order[keep[order]].tolist():
        if best_of.setdefault(index.same[i], i) == i and len(best_of) >= max(_POOL_LEAST, _POOL_TIMES * count):
            break
    pool = np.array(list(best_of.values()), np.int64)
    if not len(pool):
        return []
    likeness = centred_cosine(index.vectors[pool], index.vectors[pool], index.vectors.mean(axis=0))
    worth = _scaled(relation[pool])
    nearest = np.zeros(len(pool))
    free = np.ones(len(pool), bool)
    chosen: list[int] = []
    for _ in range(min(count, len(pool))):
        gain = (1 - diversity) * worth - diversity * nearest if chosen else worth
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        chosen.append(best)
        free[best] = False
        nearest = np.maximum(nearest, (1 + likeness[best]) / 2)
    return [int(i) for i in pool[chosen]]


def centred_cosine(a: NDArray[np.float32], b: NDArray[np.float32], centre: NDArray[np.float32]) -> Floats:
    """Cosine of vectors as seen from a centre: a (n, D), b (m, D), result (n, m)."""
    one, two = (np.asarray(x, np.float64) - centre for x in (a, b))
    norms = [np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-12) for x in (one, two)]
    return np.asarray((one / norms[0]) @ (two / norms[1]).T)


def reasons(
    features: NDArray[np.float32], liked: NDArray[np.float32], usual: Floats | None = None
) -> tuple[Because, ...]:
    """The features that say most for a piece, at most one of a family. features: (F,). liked: (K, F).

    usual: what each feature says for other pieces of the library on average, (F,). A feature that speaks for all of
    them is no reason to take this one, so that what is above the usual comes first.
    """
    x, support = np.asarray(features, np.float64), np.asarray(liked, np.float64)
    said = log_odds(x, support)
    mean = support.mean(axis=0)
    found: list[int] = []
    for i in np.argsort(-(said if usual is None else said - usual), kind="stable").tolist():
        lacking = max(abs(x[i]), abs(mean[i])) < 1e-9  # that both lack something is no likeness to tell
        if said[i] >= _LEAST_SAID and not lacking and all(FEATURES[i].family != FEATURES[j].family for j in found):
            found.append(i)
    return tuple(_because(i, x, mean, said) for i in found[:_REASONS])


def usual(index: Index, liked: NDArray[np.float32]) -> Floats:
    """What each feature says for the pieces of a library on average, from some of them: (F,)."""
    some = np.unique(np.linspace(0, len(index) - 1, min(len(index), _SAMPLE)).astype(int))
    support = np.asarray(liked, np.float64)
    return np.asarray(log_odds(np.asarray(index.features[some], np.float64), support).mean(axis=0))


def _shown(feature: str, value: float) -> str:
    if feature == "pitch_mean":
        return name(round(value))
    return percent(value) if next(f.unit for f in FEATURES if f.name == feature) == "%" else f"{value:.1f}"


def _because(i: int, x: Floats, mean: Floats, said: Floats) -> Because:
    f = FEATURES[i]
    return Because(f.name, f.words, round(float(x[i]), 4), round(float(mean[i]), 4), round(float(said[i]), 3))


def _scaled(values: Floats | Sequence[float]) -> Floats:
    """Values from 0 (lowest) to 1 (highest)."""
    found = np.asarray(values, np.float64)
    span = float(found.max() - found.min())
    return (found - found.min()) / span if span > 0 else np.ones(len(found))
