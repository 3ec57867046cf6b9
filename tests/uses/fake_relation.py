"""A relation engine made of features, for tests without torch and checkpoint: same functions, same shapes."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from fewnotes.engines import no_progress, relation
from fewnotes.music import likeness
from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.style import Part

SCALE = np.array([likeness.SPREADS[f.name][1] for f in FEATURES])
FLOOR = 0.2


class Judge:
    """embedded: the pieces that were listened to, in order, so that tests can count them."""

    def __init__(self, digest="fake-1"):
        self.digest = digest
        self.embedded = []
        count = len(FEATURES)
        self.head = SimpleNamespace(dimensions=count, centre=np.zeros(count), within=np.ones(count))

    def embed(self, pieces, progress=no_progress):
        self.embedded += [p.content_hash for p in pieces]
        found = np.array([feature_vector(p) / SCALE for p in pieces], np.float32)
        return found.reshape(len(pieces), len(FEATURES))


def learn_vectors(liked, disliked, seed=0):
    return Part({"liked": np.asarray(liked, np.float32), "disliked": np.asarray(disliked, np.float32)})


def scores(part, vectors):
    def related(x, support):
        return likeness.relation(float(likeness.log_odds(x * SCALE, support * SCALE).sum()), len(support))

    liked, disliked = (np.asarray(part.arrays[key], float) for key in ("liked", "disliked"))
    found = []
    for x in np.asarray(vectors, float):
        wanted = related(x, liked)
        found.append(wanted * (1 - related(x, disliked)) if len(disliked) else wanted)
    return np.array(found)


def install(put=setattr, digest="fake-1"):
    """Put the fake where the engine is; `put` is setattr or that of monkeypatch. Returns the judge."""
    made = Judge(digest)

    def learn(pieces, *, seed=0, progress=no_progress):
        return learn_vectors(made.embed(pieces), np.zeros((0, len(FEATURES)), np.float32))

    put(relation, "judge", lambda *_: made)
    put(relation, "learn", learn)
    put(relation, "learn_vectors", learn_vectors)
    put(relation, "scores", scores)
    put(relation, "none_below", lambda part: FLOOR)
    return made
