"""StyleRank (Ens and Pasquier, ISMIR 2019), with the features of the authors' package `style-rank`.

For one style a random forest is grown on each of the package's categorical distributions of chords, chord transitions
and intervals, to tell the support pieces C (label 1) from the pieces that are asked about G (label 0). R_f(x) is the
one-hot code of the leaves that x reaches, and

    S(x; G, C, F) = 1 / (|C| |F|) sum over c in C, f in F of cos(R_f(x), R_f(c)),

the cosine being the share of trees where both reach the same leaf. Forests are as the package has them by default: 100
trees of depth 3, entropy, balanced classes, bootstrap; here they have a seed. What is asked about is part of the
forest: this row alone sees all queries of an episode at once.

The package reads MIDI, so normalised pieces are written to a temporary folder. The 500 commonest categories of each
distribution are taken over all pieces of the bank outside the background, not over each episode's pieces: features are
then worked out once. A piece that the package cannot read has zeros.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.atomic import write_atomic
from fewnotes.errors import NotInstalled
from fewnotes.files import write
from fewnotes.measure.bank import Bank
from fewnotes.meta.cache import cache_folder
from fewnotes.meta.progress import Progress, no_progress

TITLE = "StyleRank: random forests on chord and interval distributions"
#: Seconds an episode, not milliseconds: measured on fewer episodes, the first of those that the other rows get.
SLOW = True
_TREES, _DEPTH, _CATEGORIES = 100, 3, 500
Counts = NDArray[np.float32]


def prepare(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> StyleRank:
    """The background is not looked at. Raises NotInstalled where the package or scikit-learn is missing."""
    try:
        import style_rank  # noqa: F401, I001
        import sklearn.tree  # noqa: F401
    except ImportError as error:
        raise NotInstalled(
            f"The row stylerank needs {error.name}, which is not installed",
            fix='pip install "fewnotes[bench]", and for the package of the authors, which a compiler builds: '
            'CXXFLAGS="-include memory -include cstdint" pip install style-rank',
        ) from error
    wanted = sorted(set(range(len(bank.entries))) - set(background))
    place = np.full(len(bank.entries), -1, np.int64)
    place[wanted] = np.arange(len(wanted))
    return StyleRank(_counts(bank, wanted, progress), place)


class StyleRank:
    """Scores by mean similarity to the support. counts: per distribution, (pieces, categories). place: piece to row."""

    def __init__(self, counts: Sequence[Counts], place: NDArray[np.int64]) -> None:
        self.counts, self.place = counts, place

    def scores(self, support: Sequence[Sequence[int]], query: Sequence[int]) -> NDArray[np.float64]:
        """Shape (Q, N), in [0, 1]."""
        return np.stack([self._similarity(inside, query) for inside in support], axis=1)

    def _similarity(self, inside: Sequence[int], query: Sequence[int]) -> NDArray[np.float64]:
        rows = self.place[[*query, *inside]]
        label = np.repeat([0, 1], [len(query), len(inside)])
        rng = np.random.default_rng([len(query), *(int(i) for i in (*query, *inside))])
        found = [_forest(counts[rows], label, rng) for counts in self.counts]
        return np.asarray(np.mean(found, axis=0), np.float64)


def _forest(x: Counts, label: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Mean share of trees in which a piece with label 0 shares its leaf with one with label 1: shape (Q,)."""
    from sklearn.tree import DecisionTreeClassifier

    asked, known = np.flatnonzero(label == 0), np.flatnonzero(label == 1)
    same = np.zeros((len(asked), len(known)))
    balance = np.where(label == 1, len(label) / (2 * len(known)), len(label) / (2 * len(asked)))
    for _ in range(_TREES):
        drawn = np.bincount(rng.integers(len(label), size=len(label)), minlength=len(label))
        tree = DecisionTreeClassifier(criterion="entropy", max_depth=_DEPTH, max_features="sqrt",
                                      random_state=int(rng.integers(2**31)))  # fmt: skip
        tree.fit(x, label, sample_weight=drawn * balance, check_input=False)
        leaf = tree.tree_.apply(x)
        same += leaf[asked][:, None] == leaf[known][None]
    return np.asarray(same.mean(axis=1) / _TREES)


def _counts(bank: Bank, wanted: Sequence[int], progress: Progress) -> list[Counts]:
    """The package's distributions of pieces, out of the cache where they were worked out for the same pieces."""
    from safetensors.numpy import load_file, save

    digest = hashlib.sha256(importlib.metadata.version("style-rank").encode())
    for index in wanted:
        digest.update(bank.pieces[index].content_hash.encode())
    path = cache_folder().parent / "stylerank" / f"{digest.hexdigest()[:24]}.safetensors"
    if not path.is_file():
        write_atomic(path, save(_extracted(bank, wanted, progress)))
    return [values.astype(np.float32) for _, values in sorted(load_file(path).items())]


def _extracted(bank: Bank, wanted: Sequence[int], progress: Progress) -> dict[str, NDArray[Any]]:
    from style_rank import get_feature_names, get_features

    with tempfile.TemporaryDirectory(prefix="fewnotes-") as folder:
        paths = [str(Path(folder) / f"{index}.mid") for index in wanted]
        for done, (index, path) in enumerate(zip(wanted, paths, strict=True)):
            if done % 50 == 0:
                progress(done, len(wanted), "Writing for StyleRank")
            write(bank.pieces[index], path)
        progress(0, 1, "StyleRank's features")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            names = get_feature_names("ORIGINAL")
            found, _, read = get_features(paths, upper_bound=_CATEGORIES, feature_names=names)
    counts = {}
    for name, values in found.items():
        counts[name] = np.zeros((len(wanted), values.shape[1]), np.int64)
        counts[name][np.asarray(read)] = values
    return counts
