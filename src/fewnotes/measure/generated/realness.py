"""Can made music be told from real music of the style, and can it stand in for it?

Told apart: a classifier sees made and real windows of one style in cross-validation; the area under its ROC curve is
0.5 where it must guess. All outputs of a draw come of five pieces, and to know these again is enough for it; so a
second classifier learns the tells of a generator from other styles alone.

Stand in: a classifier of styles learns from made music alone and is tested on real music (train on synthetic, test on
real: Esteban, Hyland and Raetsch 2017); its control learns from as many real windows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.measure.generated.excerpts import Floats
from fewnotes.measure.generated.judge import taught
from fewnotes.measure.generated.learners import trees

FOLDS = 5
REPEATS = 3
#: Many small forests are fitted; their scores are pooled over folds and repeats, so that each may be small.
_TREES = 100


def area(positive: Floats, negative: Floats) -> float:
    """Area under the ROC curve: the share of pairs in which the positive scores higher, ties half."""
    difference = np.asarray(positive)[:, None] - np.asarray(negative)[None, :]
    return float((np.sign(difference) + 1).mean() / 2)


def told_apart(made: Floats, real: Floats, owner: Sequence[int] = (), *, seed: int = 0) -> float:
    """Cross-validated area of a classifier of made, shape (n, F), against real, shape (m, F), windows: 0.5 is perfect.

    owner: shape (m,), the piece each real window is from: windows of one piece stand in one fold. The larger side is
    cut to the size of the smaller, anew for each repeat; areas are taken within folds, so that scores of two forests
    are never compared.
    """
    found: list[float] = []
    owners = np.asarray(owner if len(owner) else range(len(real)))
    for repeat in range(REPEATS):
        rng = np.random.default_rng([seed, repeat])
        size = min(len(made), len(real))
        sides = [rng.permutation(len(side))[:size] for side in (made, real)]
        folds = [_parts(np.arange(len(made))[sides[0]], size, rng), _parts(owners[sides[1]], size, rng)]
        x = np.concatenate([made[sides[0]], real[sides[1]]])
        y = np.repeat([1, 0], size)
        fold = np.concatenate(folds)
        for number in np.unique(fold).tolist():
            held = fold == number
            if len(np.unique(y[held])) < 2 or len(np.unique(y[~held])) < 2:
                continue
            score = trees(seed + repeat, _TREES).fit(x[~held], y[~held]).predict_proba(x[held])[:, 1]
            found.append(area(score[y[held] == 1], score[y[held] == 0]))
    return float(np.mean(found)) if found else float("nan")


def told_elsewhere(made: Mapping[str, Floats], real: Mapping[str, Floats], *, seed: int = 0) -> dict[str, float]:
    """For every style the area of a classifier of made against real windows that learned from all other styles.

    made, real: windows by style, shape (n, F) each. Empty where there are fewer than two styles.
    """
    found: dict[str, float] = {}
    for style in made:
        others = [name for name in made if name != style]
        if others:
            sides = [np.concatenate([side[name] for name in others]) for side in (made, real)]
            forest = trees(seed).fit(np.concatenate(sides), np.repeat([1, 0], [len(side) for side in sides]))
            scores = [forest.predict_proba(side[style])[:, 1] for side in (made, real)]
            found[style] = area(*scores)
    return found


def tells(made: Floats, real: Floats) -> Floats:
    """How well each statistic alone tells made from real windows, shape (F,): its area, 0.5 to 1."""
    areas = np.array([area(made[:, i], real[:, i]) for i in range(made.shape[1])])
    return np.asarray(np.maximum(areas, 1 - areas))


def _parts(owner: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """A fold for each window, the same for windows of one owner."""
    names, place = np.unique(owner, return_inverse=True)
    return np.asarray(rng.permutation(len(names))[place] % min(FOLDS, size), np.int64)


def stand_in(learned: Mapping[str, Floats], real: Mapping[str, Floats], *, seed: int = 0) -> dict[str, float]:
    """For every style the share of real windows, shape (m, F), that a judge knows which learned from other windows of
    all these styles, shape (n, F) each."""
    said = [name for name, vectors in learned.items() for _ in vectors]
    judge = taught(np.concatenate(list(learned.values())), said, seed)
    return {name: judge.agreement(vectors, name) for name, vectors in real.items()}
