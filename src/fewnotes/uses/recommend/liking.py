"""What a person likes, as vectors: the pieces of a style, what was said now, and what is remembered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput, BadParameter
from fewnotes.music.features import feature_vector
from fewnotes.music.piece import Piece
from fewnotes.store.library import Feedback, Heard, Library
from fewnotes.store.tastes import Opinion, Tastes, tastes_path
from fewnotes.style import Part, Style
from fewnotes.uses._listening import embed, known_part
from fewnotes.uses._listening.facts import same_notes

#: The list of likes that belong to no style.
LIKES = "likes"


@dataclass(frozen=True)
class Liking:
    """part: what relation learned of it. titles: of the liked pieces. vectors: (K, D). features: (K, F).

    same: hashes of the notes of all pieces that were liked or disliked. lost: remembered pieces that are no longer
    here and were listened to by another checkpoint, so that they count no more.
    """

    part: Part
    titles: tuple[str, ...]
    vectors: NDArray[np.float32]
    features: NDArray[np.float32]
    same: frozenset[str]
    remembered: int
    lost: int


def said_now(like: Sequence[Piece], dislike: Sequence[Piece]) -> list[Feedback]:
    """What is liked and disliked in this call. Raises BadParameter for a piece that is both."""
    liked = [_feedback(p, True, n) for n, p in enumerate(like, 1) if len(p.notes)]
    disliked = [_feedback(p, False, n) for n, p in enumerate(dislike, 1) if len(p.notes)]
    both = {f.content for f in liked} & {f.content for f in disliked}
    if both:
        title = next(f.title for f in liked if f.content in both)
        raise BadParameter(f"{title} is both liked and disliked", expected="one or the other")
    return liked + disliked


def tastes_in() -> list[Opinion]:
    """What the person whose store this is ever said of pieces, anywhere."""
    if not tastes_path().exists():
        return []
    with Tastes() as tastes:
        return tastes.opinions()


def check_liked(
    library: Library | None, style: Style | None, now: Sequence[Feedback], taste: Sequence[Opinion] = ()
) -> None:
    """Raises BadInput where nothing at all is liked, before a whole library is listened to, or made: None."""
    remembered = library.remembered(LIKES) if library else ()
    if style is None and not any(f.liked for f in (*now, *remembered, *taste)):
        raise BadInput(
            "It is not said what the music should be like",
            expected="a style, or one liked piece or more",
            fix="fewnotes recommend STYLE MUSIC, or fewnotes recommend MUSIC --like FILE",
        )


def gather(
    library: Library,
    style: Style | None,
    now: Sequence[Feedback],
    pieces: Iterable[Piece],
    progress: Progress = no_progress,
    *,
    taste: Sequence[Opinion] = (),
) -> Liking:
    """All that is liked and disliked, and what relation learns of it.

    now: said in this call. pieces: those it was said about. taste: what the person ever said, which leads where there
    is no style and nothing is liked for this list. Raises BadInput where nothing at all is liked.
    """
    own = [p for p in style.support if len(p.notes)] if style else []
    remembered = library.remembered(style.name if style else LIKES)
    ever = taste if style is None and not any(f.liked for f in (*remembered, *now)) else ()
    by_content = {p.content_hash: p for p in (*(o.piece for o in ever), *own, *pieces)}
    said = [_feedback(o.piece, o.liked, n) for n, o in enumerate(ever, 1)]
    feedback = {f.content: f for f in (*said, *remembered, *now)}
    titles = {p.content_hash: f"piece {n} of {style.name if style else ''}" for n, p in enumerate(own, 1)}
    wanted = [*titles, *(c for c in feedback if c not in titles)]
    heard = _listened(library, wanted, by_content, progress)
    disliked = [c for c in wanted if c in heard and c in feedback and not feedback[c].liked]
    liked = [c for c in wanted if c in heard and c not in disliked]
    if not liked:
        raise BadInput(
            "Nothing is liked that can be listened to", expected="one liked piece or more, or a style with notes"
        )
    part = known_part(style) if style is not None and not feedback else None
    if part is None:
        none = np.zeros((0, len(heard[liked[0]].vector)), np.float32)
        refused = np.array([heard[c].vector for c in disliked], np.float32) if disliked else none
        part = relation.learn_vectors(np.array([heard[c].vector for c in liked], np.float32), refused, seed=0)
    return Liking(
        part=part,
        titles=tuple(titles.get(c) or feedback[c].title for c in liked),
        vectors=np.array([heard[c].vector for c in liked]),
        features=np.array([heard[c].features for c in liked]),
        same=frozenset(heard[c].same for c in (*liked, *disliked)),
        remembered=len(remembered),
        lost=len(wanted) - len(liked) - len(disliked),
    )


def _feedback(piece: Piece, liked: bool, number: int) -> Feedback:
    title = piece.title.encode("utf-8", "replace").decode()[:200]
    return Feedback(piece.content_hash, liked, title or f"{'liked' if liked else 'disliked'} piece {number}")


def _listened(
    library: Library, wanted: Sequence[str], pieces: dict[str, Piece], progress: Progress
) -> dict[str, Heard]:
    """Pieces by hash, out of the library where it knows them, else listened to now and kept there."""
    checkpoint = relation.judge().digest
    heard = library.heard(checkpoint, wanted)
    new = [c for c in wanted if c not in heard and c in pieces]
    if new:
        vectors = embed([pieces[c] for c in new], progress)
        made = [
            Heard(c, same_notes(pieces[c]), feature_vector(pieces[c]).astype(np.float32), v)
            for c, v in zip(new, vectors, strict=True)
        ]
        library.put_heard(checkpoint, made)
        heard |= {h.content: h for h in made}
    return heard
