"""The relation engine: a network that learned across many styles how to compare, and fits itself to one from a few
pieces.

`judge` is the trained encoder and head of a checkpoint; `head` the formula in numpy; `learning` what a style changes in
it; `scoring` the same for millions of stored pieces; `reasons` which statistics and which bars carry a score.

A `Part` of this engine holds the embeddings of its support set (vectors), which say where the style lies and how its
pieces vary, how much they count (prior), the digest of the checkpoint, and below which relation a piece belongs to none
of these.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.head import chance
from fewnotes.engines.relation.judge import Judge, judge
from fewnotes.engines.relation.learning import Learned
from fewnotes.engines.relation.learning import learn as _learn
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece
from fewnotes.style import Part

__all__ = [
    "Fitted", "Judge", "judge", "learn", "learn_vectors", "log_odds", "none_below", "of_pieces", "scores", "style_of",
]  # fmt: skip

TITLE = "Hears how alike pieces and styles are: a relation network trained across many styles"
Floats = NDArray[np.float32]


def learn(pieces: Sequence[Piece], *, seed: int = 0, progress: Progress = no_progress) -> Part:
    """Where a style lies and how much it varies. Raises BadInput without notes, NotInstalled without torch."""
    heard = [piece for piece in pieces if len(piece.notes)]
    if not heard:
        raise BadInput("There is no note in these pieces", expected="at least one piece with notes")
    return learn_vectors(judge().embed(heard, progress), np.zeros((0, judge().head.dimensions), np.float32), seed=seed)


def learn_vectors(liked: Floats, disliked: Floats, *, seed: int = 0) -> Part:
    """A part from embeddings: liked (K, D), K at least 1, and disliked (J, D), J may be 0. The seed changes nothing."""
    listening = judge()
    found = _learn(listening.head, np.asarray(liked, np.float32), listening.background)
    arrays: dict[str, NDArray[Any]] = {
        "vectors": np.asarray(liked, np.float32),
        "disliked": np.asarray(disliked, np.float32).reshape(-1, listening.head.dimensions),
    }  # fmt: skip
    values = {
        "checkpoint": listening.digest,
        "shots": len(liked),
        "prior": found.fitted.prior if np.isfinite(found.fitted.prior) else 0.0,
        "error": found.error,
        "error_before": found.error_before,
        "none_below": listening.none_below(len(liked)),
    }
    return Part(arrays, values, (_words(found),))


def log_odds(part: Part, vectors: Floats) -> NDArray[np.float64]:
    """Log odds of the relation of pieces (n, D) to a part, (n,).

    With disliked pieces: less by about as much as a piece is more like those than like the liked ones.
    """
    head = judge().head
    x = np.asarray(vectors, np.float32).reshape(-1, head.dimensions)
    found = style_of(part).log_odds(x)
    disliked = part.arrays.get("disliked")
    if disliked is not None and len(disliked):
        refused = head.log_odds(x, disliked.mean(axis=0), len(disliked))
        found = found - np.logaddexp(0, refused - found)
    return found


def style_of(part: Part) -> Fitted:
    """The style of a part as the head has it."""
    prior = float(part.values["prior"]) or np.inf
    return Fitted.to(judge().head, part.arrays["vectors"], prior)


def scores(part: Part, vectors: Floats) -> NDArray[np.float64]:
    """Calibrated relation of pieces (n, D) to a part, (n,) in [0, 1]."""
    return chance(log_odds(part, vectors))


def none_below(part: Part) -> float:
    """Below this relation a piece belongs to none of these: 19 of 20 pieces of a style lie above it."""
    return float(part.values["none_below"])


def of_pieces(one: Floats, two: Floats) -> float:
    """Relation of two sides, (n, D) each: every piece against the other side, both ways, in log odds."""
    head = judge().head
    first = head.log_odds(one, two.mean(axis=0), len(two)).mean()
    second = head.log_odds(two, one.mean(axis=0), len(one)).mean()
    return float(chance(np.array([(first + second) / 2]))[0])


def _words(found: Learned) -> str:
    if found.error is None or found.error_before is None:
        return "The judge knows where this style lies, and takes from other styles how much it varies."
    if not np.isfinite(found.fitted.prior):
        return "The judge knows where this style lies; how much it varies is as in other styles."
    less = 100 * (1 - found.error / found.error_before) if found.error_before else 0.0
    base = "The judge knows where this style lies and how much it varies"
    return f"{base}, which makes {less:.0f} % less error on pieces left out."
