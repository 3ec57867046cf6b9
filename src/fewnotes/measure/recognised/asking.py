"""Asking one row: which style does each query get, does in-style stand above out-of-style, is "none of these" heard?

All values are kept by the style that they speak of, so that intervals are over styles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.draws import Episode, Styles
from fewnotes.measure.rows import Scorer

Floats = NDArray[np.float64]
ByStyle = dict[str, list[float]]
REFERENCES = 10
#: Pieces in the style, and as many out of it, that are ranked against the references.
_RANKED = 10
_LEAST_RANKED = 2
#: One-sided 5 % point of the normal distribution.
_Z = 1.6449


@dataclass(frozen=True)
class Trial:
    """Experiment 1 of Ens and Pasquier (2019): references of a style, other pieces of it, and pieces of another."""

    style: str
    references: tuple[int, ...]
    inside: tuple[int, ...]
    outside: tuple[int, ...]


def accuracy(scorer: Scorer, found: Iterable[Episode]) -> ByStyle:
    """1.0 for each query that scores highest with its own style, by that style. A tie shares the point."""
    hits: ByStyle = {}
    for episode in found:
        query = [piece for inside in episode.query for piece in inside]
        owner = np.repeat(np.arange(len(episode.styles)), [len(inside) for inside in episode.query])
        scores = checked(scorer.scores(episode.support, query), len(query), len(episode.styles))
        best = scores == scores.max(axis=1, keepdims=True)
        right = best[np.arange(len(query)), owner] / best.sum(axis=1)
        for place, value in zip(owner.tolist(), right.tolist(), strict=True):
            hits.setdefault(episode.styles[place], []).append(value)
    return hits


def trials(styles: Styles, each: int, seed: int = 0) -> list[Trial]:
    """`each` trials of every style that has pieces enough, each against another style drawn at random."""
    usable = sorted(s for s, pieces in styles.items() if len(pieces) >= REFERENCES + _LEAST_RANKED)
    rng = np.random.default_rng([seed, each])
    found = []
    for _ in range(each):
        for style in usable:
            others = [s for s in usable if s != style]
            if not others:
                continue
            own = rng.permutation(np.asarray(styles[style])).tolist()
            strange = rng.permutation(np.asarray(styles[others[int(rng.integers(len(others)))]])).tolist()
            ranked = min(_RANKED, len(own) - REFERENCES, len(strange))
            inside, outside = own[REFERENCES : REFERENCES + ranked], strange[:ranked]
            # Composers may share a piece by mistake of a table: it can be on one side only.
            if not set(own[: REFERENCES + ranked]) & set(outside):
                found.append(Trial(style, tuple(own[:REFERENCES]), tuple(inside), tuple(outside)))
    return found


def ranked(scorer: Scorer, asked: Iterable[Trial]) -> tuple[ByStyle, ByStyle]:
    """By style: 1.0 where the mean score in the style is above that out of it, and where a one-sided Mann-Whitney test
    (normal approximation) has p < 0.05 in that one trial."""
    above: ByStyle = {}
    sure: ByStyle = {}
    for trial in asked:
        query = [*trial.inside, *trial.outside]
        scores = checked(scorer.scores([trial.references], query), len(query), 1)[:, 0]
        inside, outside = scores[: len(trial.inside)], scores[len(trial.inside) :]
        difference = float(inside.mean() - outside.mean())
        above.setdefault(trial.style, []).append(0.5 if difference == 0 else float(difference > 0))
        sure.setdefault(trial.style, []).append(float(_z(inside, outside) > _Z))
    return above, sure


def none_of_these(scorer: Scorer, found: Sequence[Episode], styles: Styles, seed: int = 0) -> ByStyle:
    """Area under the curve by style of an episode: its queries against as many pieces of styles not in the episode as
    the episode has queries, by the best score that a piece has with any style of the episode."""
    areas: ByStyle = {}
    for number, episode in enumerate(found):
        rng = np.random.default_rng([seed, number])
        query = [piece for inside in episode.query for piece in inside]
        others = sorted(set(styles) - set(episode.styles))
        if not others:
            continue
        taken = {*query, *(piece for inside in episode.support for piece in inside)}
        strange = [int(rng.choice(np.asarray(styles[str(rng.choice(others))]))) for _ in query]
        strange = [piece for piece in dict.fromkeys(strange) if piece not in taken]
        asked = [*query, *strange]
        best = checked(scorer.scores(episode.support, asked), len(asked), len(episode.styles)).max(axis=1)
        at = 0
        for style, inside in zip(episode.styles, episode.query, strict=True):
            areas.setdefault(style, []).append(area(best[at : at + len(inside)], best[len(query) :]))
            at += len(inside)
    return areas


def checked(scores: Floats, queries: int, way: int) -> Floats:
    """The scores, if a row keeps its promise: shape (Q, N) and no NaN. It is our own fault where it does not."""
    assert scores.shape == (queries, way), f"scores have shape {scores.shape}, not {(queries, way)}"
    assert not np.isnan(scores).any(), "a score is not a number"
    return scores


def area(inside: Floats, outside: Floats) -> float:
    """Chance that one of `inside` is above one of `outside`, ties counting half."""
    difference = inside[:, None] - outside[None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def _z(inside: Floats, outside: Floats) -> float:
    """Mann and Whitney (1947): how far the area lies above one half, in deviations, with correction for ties."""
    a, b = len(inside), len(outside)
    count = a + b
    ties = np.unique(np.concatenate([inside, outside]), return_counts=True)[1].astype(np.float64)
    variance = a * b / 12 * (count + 1 - float((ties**3 - ties).sum()) / (count * (count - 1)))
    if variance <= 0:
        return 0.0
    return float((area(inside, outside) * a * b - a * b / 2 - 0.5) / np.sqrt(variance))
