"""The split: styles, not pieces, go to meta-train, meta-validation and meta-test.

Rules
- What the shared corpus calls validation is meta-test, and so are the music21 collections named in `split.json`.
- What it calls train is meta-train, less the styles named there for meta-validation, whole families among them.
- The rest of the music21 corpus is reserve: for benchmarks and tests, in no training. What a person added is "own".
- A piece that is a near duplicate of one in meta-test or reserve leaves meta-train and meta-validation; one of
  meta-validation leaves meta-train. The keys of those that left stand in `split.json`.

Near and far
Each style is the mean of the features (fewnotes.music.features) of up to 12 of its pieces, evenly spaced in order of
key, normalised and in one key; each feature is divided by its deviation within styles of meta-train. The distance of
two styles is the root of the mean squared difference. A meta-test style is far if the nearest style of meta-train
is farther than nine tenths of the meta-train styles are from their nearest; else near.
"""

from __future__ import annotations

import importlib.resources
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.corpus import Corpus
from fewnotes.meta.duplicates import near_duplicates
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry, Row
from fewnotes.meta.sources import collections, shared
from fewnotes.music.features import FEATURES, feature_vector

TRAIN, VALIDATION, TEST = "meta-train", "meta-validation", "meta-test"
RESERVE, OWN = "reserve", "own"
SPLITS = (TRAIN, VALIDATION, TEST, RESERVE, OWN)
FAR_QUANTILE = 0.9
PIECES_MEASURED = 12
_FILE = "split.json"
#: What stands on which side when near duplicates are sought; the lower side gives way.
_SIDES = {TRAIN: 0, VALIDATION: 1, TEST: 2, RESERVE: 2}
_EXAMPLES = 12


@cache
def committed() -> dict[str, Any]:
    """The split as it was decided and measured: what `split.json` holds."""
    text = (importlib.resources.files("fewnotes.meta") / _FILE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def split_of(row: Row) -> str:
    """The split that a row's style belongs to, one of `SPLITS`."""
    decided = committed()
    if row.source == shared.NAME:
        if row.given_split != "train":
            return TEST
        return VALIDATION if row.style in decided["meta_validation"] else TRAIN
    if row.source == collections.NAME:
        return TEST if row.style in decided["meta_test_collections"] else RESERVE
    return OWN


def reach_of(style: str) -> str:
    """ "near" or "far" for a style of meta-test, else ""."""
    return str(committed()["reach"].get(style, {}).get("reach", ""))


def removed_keys() -> frozenset[str]:
    """Keys of the pieces that left meta-train and meta-validation because they are near duplicates."""
    return frozenset(committed()["removed"])


def entries_of(corpus: Corpus, split: str) -> tuple[Entry, ...]:
    """The entries of one split, less the near duplicates that were removed from it."""
    gone = removed_keys() if split in (TRAIN, VALIDATION) else frozenset()
    return tuple(e for e in corpus.entries if split_of(e.row) == split and e.row.key not in gone)


def duplicates_across(corpus: Corpus, progress: Progress = no_progress) -> dict[str, Any]:
    """Near duplicates across splits: pairs found, how many pieces leave which split, examples, and the keys."""
    known = [e for e in corpus.entries if split_of(e.row) in _SIDES]
    sides = [_SIDES[split_of(e.row)] for e in known]
    pairs = near_duplicates([e.piece for e in known], sides, progress)
    leaving: dict[str, tuple[str, float]] = {}
    for a, b, share in pairs:
        out, stays = (a, b) if sides[a] < sides[b] else (b, a)
        key = known[out].row.key
        if share > leaving.get(key, ("", 0.0))[1]:
            leaving[key] = (known[stays].row.key, share)
    split = {e.row.key: split_of(e.row) for e in known}
    ranked = sorted(leaving, key=lambda k: (-leaving[k][1], k))
    chosen = [ranked[round(i)] for i in np.linspace(0, len(ranked) - 1, min(_EXAMPLES, len(ranked)))]
    return {
        "pairs": len(pairs),
        "removed_from": dict(Counter(split[k] for k in leaving)),
        "examples": [[k, leaving[k][0], round(leaving[k][1], 3)] for k in chosen],
        "removed": sorted(leaving),
    }


def measured_reach(corpus: Corpus, progress: Progress = no_progress) -> dict[str, Any]:
    """Distance of every meta-test style to its nearest meta-train style, and what counts as far."""
    gone = removed_keys()
    vectors: dict[str, NDArray[np.float64]] = {}
    splits: dict[str, str] = {}
    for done, (style, entries) in enumerate(corpus.styles.items()):
        progress(done, len(corpus.styles), "Measuring styles")
        splits[style] = split_of(entries[0].row)
        kept = [e for e in entries if e.row.key not in gone]
        if splits[style] in (TRAIN, TEST) and kept:
            vectors[style] = _vectors(kept)
    train = sorted(s for s in vectors if splits[s] == TRAIN)
    within = np.sqrt(np.mean([vectors[s].var(axis=0) for s in train], axis=0)) + 1e-9
    means = {s: v.mean(axis=0) / within for s, v in vectors.items()}

    def nearest(style: str) -> tuple[float, str]:
        return min((float(np.sqrt(np.mean((means[style] - means[t]) ** 2))), t) for t in train if t != style)

    limit = float(np.quantile([nearest(s)[0] for s in train], FAR_QUANTILE))
    reach = {}
    for style in sorted(s for s in vectors if splits[s] == TEST):
        distance, near = nearest(style)
        is_far = distance > limit
        reach[style] = {"reach": "far" if is_far else "near", "distance": round(distance, 3), "nearest": near}
    return {"far_beyond": round(limit, 3), "features": len(FEATURES), "reach": reach}


def _vectors(entries: Sequence[Entry]) -> NDArray[np.float64]:
    """Features of up to `PIECES_MEASURED` pieces, shape (pieces, F)."""
    ordered = sorted(entries, key=lambda e: e.row.key)
    places = np.unique(np.linspace(0, len(ordered) - 1, PIECES_MEASURED).round().astype(int))
    return np.array([feature_vector(normalised(ordered[i].piece, in_key=True)) for i in places])


def remeasured(corpus: Corpus, progress: Progress = no_progress) -> Mapping[str, Any]:
    """What `split.json` should hold for this corpus: the decided styles, and all that is measured anew."""
    decided = {k: committed()[k] for k in ("meta_validation", "meta_test_collections")}
    return decided | duplicates_across(corpus, progress) | measured_reach(corpus, progress)
