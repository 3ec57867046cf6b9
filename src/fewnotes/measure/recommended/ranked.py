"""How good is a ranked list? hit@10, precision@10, nDCG@10 (Järvelin and Kekäläinen 2002) and average precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.recognised.asking import ByStyle, checked
from fewnotes.measure.recommended.asked import Question
from fewnotes.measure.rows import Scorer

Floats = NDArray[np.float64]
#: How many pieces a person looks at.
SEEN = 10
HIT, PRECISION, NDCG, MAP, BOTH = "hit@10", "precision@10", "nDCG@10", "MAP", "both styles@10"
Way = Callable[[Scorer, Question], Floats]


def by_liked(scorer: Scorer, question: Question) -> Floats:
    """Scores of the library, shape (L,): likeness to the liked pieces as one style."""
    return _scores(scorer, [question.liked], question)[:, 0]


def by_liked_and_disliked(scorer: Scorer, question: Question) -> Floats:
    """Likeness to the liked pieces, less what a piece is more like the disliked ones than like them: shape (L,).

    That asks of a row only that its scores for two styles can be compared, which recognition asks too. A row with a
    way of its own has `wanted(liked, disliked, query) -> (L,)`.
    """
    own = getattr(scorer, "wanted", None)
    if own is not None:
        found: Floats = own(question.liked, question.disliked, question.library.tolist())
        return checked(np.asarray(found)[:, None], len(question.library), 1)[:, 0]
    liked, disliked = _scores(scorer, [question.liked, question.disliked], question).T
    return np.asarray(liked - np.maximum(0.0, disliked - liked))


def by_each(scorer: Scorer, question: Question) -> Floats:
    """Likeness to the liked piece that a piece is most like, each a style of its own: shape (L,)."""
    return np.asarray(_scores(scorer, [(i,) for i in question.liked], question).max(axis=1))


def judged(scorer: Scorer, asked: Sequence[Question], way: Way) -> tuple[dict[str, ByStyle], float]:
    """Every measure by style, and the mean seconds a question took."""
    found: dict[str, ByStyle] = {}
    taken = 0.0
    for number, question in enumerate(asked):
        began = perf_counter()
        scores = way(scorer, question)
        taken += perf_counter() - began
        for name, value in measures(question.taste[order(scores, number)]).items():
            found.setdefault(name, {}).setdefault(question.style, []).append(value)
    return found, taken / max(1, len(asked))


def order(scores: Floats, seed: int = 0) -> NDArray[np.int64]:
    """Places from best to worst, those that share a score in random order: shape (L,)."""
    return np.asarray(np.lexsort((np.random.default_rng(seed).random(len(scores)), -scores)))


def measures(taste: NDArray[np.int64]) -> dict[str, float]:
    """Figures of one ranked list, best first. taste: 0 for what should not come, shape (L,).

    hit: whether one of the first ten is right. precision: the share of the first ten that is right. nDCG: binary gain,
    discounted by log2(1 + rank), over that of the best list there can be. Average precision is over all of the library.
    For two tastes also whether both are among the first ten. There must be something right in the list.
    """
    right = taste > 0
    count = int(right.sum())
    assert count, "nothing can be found in this library"
    discount = 1 / np.log2(np.arange(2, SEEN + 2))
    seen = right[:SEEN]
    ranks = np.flatnonzero(right) + 1
    found = {
        HIT: float(seen.any()),
        PRECISION: float(seen.sum() / SEEN),
        NDCG: float((seen * discount[: len(seen)]).sum() / discount[: min(SEEN, count)].sum()),
        MAP: float((np.arange(1, count + 1) / ranks).mean()),
    }
    if (taste == 2).any():
        found[BOTH] = float({1, 2} <= set(taste[:SEEN].tolist()))
    return found


def _scores(scorer: Scorer, support: Sequence[Sequence[int]], question: Question) -> Floats:
    return checked(scorer.scores(support, question.library.tolist()), len(question.library), len(support))
