"""A person's taste, from the store, and how it moves an order. Three calls are all that an engine or a use needs:

    person = taste.mine()                                what was liked and disliked, anywhere, as one small model
    order = taste.rank(drafts, judged, person, style)    indices, best first, by the judge and the person together
    liked, disliked = taste.said_of(style)               the drafts of a style themselves, to adapt to

`taste.preference(drafts, person, style)` gives the chance that each is liked, and how sure that is.
Without the relation network pieces are seen by their named features alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.relation.judge import Judge
from fewnotes.engines.relation.preference import Doubles, Preference, Seen, Taste, learned
from fewnotes.errors import FewnotesError, NotInstalled
from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.music.likeness import MEANS, SPREADS
from fewnotes.music.piece import Piece
from fewnotes.store import load_style
from fewnotes.store.folders import StrPath
from fewnotes.store.tastes import Impression, Opinion, Tastes, tastes_path
from fewnotes.style import Style

_NONE = np.zeros(0, np.float32)
#: How much a taste counts beside the judge. Chosen on drafts of two styles of meta-train: with 16 of them heard, 64 %
#: of the first five are liked by weight 2, 59 % by 1, 66 % by 3, 28 % by none; and their relation to the style is
#: 0.73, 0.75, 0.71 and 0.81.
WEIGHT = 2.0
#: A chance of nothing would rule a piece out for good; so sure is nobody.
_LEAST = 1e-3
#: Digest under which impressions are kept where no network can listen.
_UNHEARD = "features"
_WITHIN = np.array([SPREADS[f.name][0] for f in FEATURES])
_MIDDLE = np.array([MEANS[f.name] for f in FEATURES])


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual where pieces come from. features: (F,). vector: (D,), of size 0 where no network listens."""

    features: Doubles
    vector: Doubles


def mine(home: StrPath | None = None, progress: Progress = no_progress) -> Taste:
    """The taste of the person whose store this is; one that knows nothing where nothing was said. Raises StoreError."""
    nothing = learned(Seen(np.zeros((0, 0)), np.zeros((0, len(FEATURES)))), np.zeros(0, bool))
    if not tastes_path(home).exists():
        return nothing
    with Tastes(home) as tastes:
        if not len(tastes):
            return nothing
    with Tastes(home) as tastes:
        opinions = tastes.opinions()
        heard = _heard(tastes, opinions, progress)
    middle = usual(None)
    rows = [_difference(heard[o.content], middle) for o in opinions]
    seen = Seen(np.array([r[0] for r in rows]), np.array([r[1] for r in rows]))
    return learned(seen, np.array([o.liked for o in opinions]))


def said_of(style: Style | str, home: StrPath | None = None) -> tuple[list[Piece], list[Piece]]:
    """The liked and the disliked drafts of a style, oldest first."""
    if not tastes_path(home).exists():
        return [], []
    with Tastes(home) as tastes:
        opinions = tastes.opinions(style if isinstance(style, str) else style.name)
    return [o.piece for o in opinions if o.liked], [o.piece for o in opinions if not o.liked]


def usual(style: Style | None) -> Usual:
    """The prototype of a style; the middle of all music where there is none."""
    ear = _ear()
    if style is None or not any(len(p.notes) for p in style.support):
        return Usual(_MIDDLE, np.zeros(0) if ear is None else ear.head.centre.astype(np.float64))
    pieces = [p for p in style.support if len(p.notes)]
    features = np.mean([feature_vector(p) for p in pieces], axis=0)
    if ear is None:
        return Usual(features, np.zeros(0))
    part = style.parts.get("relation")
    fits = part is not None and part.values.get("checkpoint") == ear.digest
    vectors = part.arrays["vectors"] if part is not None and fits else ear.embed(pieces)
    return Usual(features, np.asarray(vectors, np.float64).mean(axis=0))


def rank(
    pieces: Sequence[Piece], judged: Sequence[float] | Doubles, person: Taste, style: Style | None = None,
    weight: float = WEIGHT,
) -> list[int]:  # fmt: skip
    """Indices of pieces, best first, by judged * odds ** weight, with the odds that each is liked.

    judged: in [0, 1], one a piece. style: the one they were composed in. weight: 0 leaves the order to the judge.
    Equals keep their order. A taste without a pattern changes nothing, and listens to nothing.
    """
    value = np.asarray(judged, np.float64)
    if weight and len(pieces) and person.says_something:
        value = joined(value, preference(pieces, person, style), weight)
    return [int(i) for i in np.argsort(-value, kind="stable")]


def preference(
    pieces: Sequence[Piece], person: Taste, style: Style | None = None, vectors: NDArray[np.float32] | None = None
) -> Preference:
    """How much each piece is liked, against what is usual in a style. vectors: their embeddings, where they are known.

    Raises BadInput for a piece without notes.
    """
    features = np.array([feature_vector(p) for p in pieces]).reshape(len(pieces), len(FEATURES))
    if not person.says_something:  # what it is seen as makes no difference
        return person.preference(Seen(np.zeros((len(pieces), person.seen.rolls.shape[1])), features))
    ear = _ear()
    if vectors is None:
        vectors = np.zeros((len(pieces), 0), np.float32) if ear is None else ear.embed(pieces)
    return person.preference(seen(features, vectors, usual(style)))


def seen(features: NDArray[np.floating], vectors: NDArray[np.floating], around: Usual) -> Seen:
    """Pieces as differences from the usual, from features (n, F) and embeddings (n, D), D may be 0."""
    named = (np.asarray(features, np.float64) - around.features) / _WITHIN
    ear = _ear() if vectors.shape[1] else None
    if ear is None or len(around.vector) != vectors.shape[1]:
        return Seen(np.zeros((len(named), 0)), named)
    return Seen((np.asarray(vectors, np.float64) - around.vector) / np.sqrt(ear.head.within), named)


def joined(judged: Doubles, liked: Preference, weight: float = WEIGHT) -> Doubles:
    """What `rank` goes by, in logarithms: (n,)."""
    chance = np.clip(liked.chance, _LEAST, 1 - _LEAST)
    return np.asarray(np.log(np.maximum(judged, 1e-12)) + weight * np.log(chance / (1 - chance)))


def impression(piece: Piece, style: Style | None) -> Impression:
    """How a piece is heard now, and what is usual in its style. Raises BadInput for a piece without notes."""
    ear = _ear()
    around = usual(style) if style is not None else None
    return Impression(
        feature_vector(piece).astype(np.float32),
        _NONE if ear is None else ear.embed([piece])[0],
        _NONE if around is None else around.features.astype(np.float32),
        _NONE if around is None else around.vector.astype(np.float32),
    )


def checkpoint() -> str:
    """Whose impressions count here."""
    ear = _ear()
    return _UNHEARD if ear is None else ear.digest


def _ear() -> Judge | None:
    """The judge, or None where no network is installed. A checkpoint that is damaged is said, not passed over."""
    from fewnotes.engines import relation

    try:
        return relation.judge()
    except NotInstalled:
        return None


def _heard(tastes: Tastes, opinions: Sequence[Opinion], progress: Progress) -> dict[str, Impression]:
    """Impressions of all opinions; those that are missing are made now and kept."""
    known = tastes.heard(checkpoint())
    new = [o for o in opinions if o.content not in known]
    styles: dict[str, Style | None] = {}
    made = {}
    for done, opinion in enumerate(new):
        progress(done, len(new), "Listening to what you like")
        if opinion.style not in styles:
            styles[opinion.style] = _style(opinion.style)
        made[opinion.content] = impression(opinion.piece, styles[opinion.style])
    if made:
        tastes.put_heard(checkpoint(), made)
    return known | made


def _style(name: str) -> Style | None:
    """A style of the store by name; None where it is gone, so that its drafts count as pieces of the world."""
    try:
        return load_style(name) if name else None
    except FewnotesError:
        return None


def _difference(heard: Impression, middle: Usual) -> tuple[Doubles, Doubles]:
    """One opinion as it was seen: against what is usual in its style, else in all music."""
    features = heard.usual_features if len(heard.usual_features) else middle.features
    vector = heard.usual_vector if len(heard.usual_vector) else middle.vector
    found = seen(
        heard.features[None],
        heard.vector[None],
        Usual(np.asarray(features, np.float64), np.asarray(vector, np.float64)),
    )
    return found.rolls[0], found.named[0]
