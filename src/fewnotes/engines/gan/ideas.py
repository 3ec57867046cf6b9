"""Ideas: phrases that were drawn, checked for copies and near duplicates, and judged by the relation network."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.engines.gan.drawing import Drawn, Locks
from fewnotes.engines.gan.morphing import apart
from fewnotes.engines.gan.scene import Wish
from fewnotes.engines.relation import taste
from fewnotes.engines.relation.preference import Taste
from fewnotes.errors import NotPossible
from fewnotes.meta.phrases import BARS, FIRST, Frame, Phrase
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import shared_passages
from fewnotes.style import Part, Style

if TYPE_CHECKING:
    from fewnotes.engines.gan import Sketcher

#: Phrases drawn for each that is wanted, so that the best can be kept.
_DRAWN = 3
#: Two phrases are near duplicates if they share more than this of their onsets.
_DUPLICATE = 0.75
#: Short phrases share runs of this length by chance, whatever the style.
_LEAST_USUAL = 8
#: How far the density may be from what was asked, as a factor.
_NEAR_DENSITY = 1.25


@dataclass(frozen=True)
class Request:
    """What a person asks; None means as the style has it."""

    count: int
    bars: int
    seed: int
    tonic: int | None
    minor: bool | None
    meter: tuple[int, int] | None
    tempo: float | None
    density: float | None
    temperature: float
    locks: Locks | None


@dataclass(frozen=True)
class Idea:
    """A sketch. relation: to the style, calibrated. longest_run: notes of the longest run shared with its pieces.

    preference: the chance that this person likes it, None where nothing is known of them.
    """

    piece: Piece
    phrase: Phrase
    relation: float
    longest_run: int
    preference: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return {
            "relation": round(self.relation, 4),
            "preference": self.preference,
            "longest_run": self.longest_run,
            "candidate_hash": self.piece.content_hash,
        }


@dataclass(frozen=True)
class Own:
    """What ideas are held against. pieces: of the support set. part: what the relation network learned of the style.
    usual_run: notes of the longest run that pieces of the style usually share among themselves. person: whose likes
    count in the order, weight: how much, style: what they count against."""

    pieces: tuple[Piece, ...]
    part: Part
    usual_run: int
    person: Taste | None = None
    weight: float = 0.0
    style: Style | None = None


def ideas(
    sketcher: Sketcher, own: Own, request: Request, progress: Progress = no_progress
) -> tuple[list[Idea], dict[str, int]]:
    """The ideas that are kept, best first, and how many were not, by reason. Raises NotPossible where none is."""
    wishes = [_asked(w, request) for w in sketcher.wishes(_DRAWN * request.count, request.seed, _meter(request))]
    progress(0, 3, "Drawing")
    drawn = sketcher.draw(wishes, request.seed, temperature=request.temperature, locks=request.locks)
    dropped: Counter[str] = Counter()
    kept = _sound(drawn, request, dropped)
    progress(1, 3, "Checking for copies")
    found = _new(kept, sketcher, own, request, dropped)
    if not found:
        why = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise NotPossible(
            f"None of the phrases that were drawn could be kept: {why}",
            expected="phrases that are no copies and have a note in each bar",
            fix="Give another seed, a higher temperature, or more pieces to the style",
        )
    progress(2, 3, "Judging")
    found = _judged(found, own)
    progress(3, 3, "Sketched")
    return found[: request.count], dict(dropped)


def _judged(found: list[Idea], own: Own) -> list[Idea]:
    """Ideas with what the judge says of them, and the person where one is known; best first by both."""
    pieces = [idea.piece for idea in found]
    vectors = relation.judge().embed(pieces)
    related = relation.scores(own.part, vectors)
    found = [replace(i, relation=float(r)) for i, r in zip(found, related, strict=True)]
    value = related
    if own.person is not None and own.person.says_something and own.weight:
        liked = taste.preference(pieces, own.person, own.style, vectors)
        value = taste.joined(related, liked, own.weight)
        found = [replace(i, preference=round(float(p), 4)) for i, p in zip(found, liked.chance, strict=True)]
    return [found[i] for i in np.argsort(-value, kind="stable").tolist()]


def _new(kept: list[Drawn], sketcher: Sketcher, own: Own, request: Request, dropped: Counter[str]) -> list[Idea]:
    """Phrases as pieces, those left out that follow a piece of the style for too long."""
    found = []
    longest = max(own.usual_run, _LEAST_USUAL)
    # Notes that are kept stay where they are, unless another key is asked for.
    shift = -request.locks.phrase.shift if request.locks is not None and request.locks.lines else None
    for drawn in kept:
        piece = sketcher.piece(drawn.phrase, drawn.wish, tonic=request.tonic, shift=shift, tempo=request.tempo)
        piece = slice_bars(piece, 0, request.bars - 1) if request.bars < BARS else piece
        passages = shared_passages(piece, own.pieces, 1) if len(piece.notes) else ()
        run = passages[0].notes if passages else 0
        if not len(piece.notes):
            dropped["silent"] += 1
        elif run > longest and not _locked_lines(request):
            dropped["too near to a piece of the style"] += 1
        else:
            found.append(Idea(piece, drawn.phrase, 0.0, run))
    return found


def _locked_lines(request: Request) -> bool:
    """Whether notes of a phrase are kept, so that a shared run is what was asked for."""
    return request.locks is not None and bool(request.locks.lines)


def _meter(request: Request) -> tuple[int, int] | None:
    if request.locks is None:
        return request.meter
    meter = request.locks.phrase.frame.meter
    return (meter.numerator, meter.denominator)


def _asked(wish: Wish, request: Request) -> Wish:
    """The wish with what was asked put in."""
    values = wish.values.copy()
    frame: Frame = wish.frame
    if request.minor is not None:
        values[-1] = request.minor
    if request.density is not None:
        values[0] = np.log(request.density)
    if request.locks is not None:
        frame = request.locks.phrase.frame
        if request.locks.lines and request.minor is None:
            values[-1] = request.locks.phrase.minor
        for line in request.locks.lines:
            values[1 + line] = request.locks.phrase.sounding[line]
        if request.locks.rhythm:
            values[1:-1] = request.locks.phrase.sounding
    return Wish(frame, values, wish.piece)


def _sound(drawn: list[Drawn], request: Request, dropped: Counter[str]) -> list[Drawn]:
    """Phrases with a note in every bar, near the density asked for, and no near duplicate of another."""
    kept: list[Drawn] = []
    for idea in drawn:
        phrase = idea.phrase
        begins = (phrase.tokens >= FIRST).any(axis=0).reshape(BARS, -1)[: request.bars]
        sounding = (phrase.tokens > 0).any(axis=0).reshape(BARS, -1)[: request.bars]
        if not sounding.any(axis=1).all() or not begins.any():
            dropped["a bar is empty"] += 1
        elif request.density is not None and not _near(phrase, request.density):
            dropped["too dense or too thin"] += 1
        elif any(_alike(other.phrase, phrase) for other in kept):
            dropped["a near duplicate"] += 1
        else:
            kept.append(idea)
    return kept


def _alike(one: Phrase, two: Phrase) -> bool:
    return one.frame == two.frame and 1 - apart(one, two) > _DUPLICATE


def _near(phrase: Phrase, density: float) -> bool:
    has = phrase.onsets * phrase.frame.slots / phrase.frame.length
    return density / _NEAR_DENSITY <= has <= density * _NEAR_DENSITY
