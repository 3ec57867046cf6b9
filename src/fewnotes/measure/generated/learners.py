"""The classifier of all judges: extremely randomised trees (Geurts, Ernst and Wehenkel 2006), the same for all.

Trees need no scaling and no tuning, so no row can gain from a setting that suits it.
"""

from __future__ import annotations

import importlib
from typing import Any

from fewnotes.errors import NotInstalled

TREES = 300


def trees(seed: int, count: int | None = None) -> Any:
    """An unfitted forest of one seed; classes weigh alike, however many pieces they have. Raises NotInstalled.

    count: how many trees; `TREES` where it is not said.
    """
    try:
        ensemble = importlib.import_module("sklearn.ensemble")
    except ImportError as error:
        raise NotInstalled(
            "Judging made music needs scikit-learn, which is not installed", fix="pip install 'fewnotes[bench]'"
        ) from error
    return ensemble.ExtraTreesClassifier(
        n_estimators=count or TREES, min_samples_leaf=2, class_weight="balanced", random_state=seed, n_jobs=1
    )
