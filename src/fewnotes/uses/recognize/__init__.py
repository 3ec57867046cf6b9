"""recognize: which of one's styles a piece is in, or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput
from fewnotes.music.piece import Notice, Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._listening import embed, part_of, scores
from fewnotes.uses._listening.asked import styles_asked

#: With fewer pieces than this a style is too little known to say "none of these" by.
_ENOUGH = 3
#: How sure is said in these words, from the chance of the answer.
_SURENESS = ((0.9, "very sure"), (0.7, "sure"), (0.5, "fairly sure"), (0.0, "unsure"))
_EDGE = 1e-6


@dataclass(frozen=True)
class Match:
    """A style and how the piece relates to it. relation: calibrated, in [0, 1]. floor: below it, it is not the style.

    chance: that the piece is in this style and no other; 0 where it does not fit.
    """

    style: str
    pieces: int
    relation: float
    floor: float
    chance: float

    @property
    def fits(self) -> bool:
        """Whether the relation is enough to belong."""
        return self.relation >= self.floor

    def to_dict(self) -> dict[str, Any]:
        return {
            "style": self.style, "pieces": self.pieces, "relation": self.relation, "floor": self.floor,
            "fits": self.fits, "chance": self.chance,
        }  # fmt: skip


@dataclass(frozen=True)
class Recognition:
    """matches: nearest first. answer: the style, or "" for none of these. chance: of the answer.

    warnings: styles that could not be asked.
    """

    matches: tuple[Match, ...]
    answer: str
    chance: float
    words: tuple[str, ...]
    warnings: tuple[Notice, ...] = ()

    @property
    def none_of_these(self) -> bool:
        return not self.answer

    @property
    def sure(self) -> str:
        """How sure, in words."""
        return next(words for floor, words in _SURENESS if self.chance >= floor)

    def to_dict(self) -> dict[str, Any]:
        return {
            "answer": self.answer or None,
            "none_of_these": self.none_of_these,
            "chance": self.chance,
            "sure": self.sure,
            "styles": [m.to_dict() for m in self.matches],
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        rows = [
            (m.style, m.pieces, f"{m.relation:.2f}", f"{m.floor:.2f}", "yes" if m.fits else "no") for m in self.matches
        ]
        facts = {"answer": self.answer or "none of these", "how sure": f"{self.sure} ({self.chance:.0%})"}
        return Table(("style", "pieces", "relation", "needed", "fits"), rows, "Recognized", facts, self.words)


@dataclass(frozen=True, kw_only=True)
class Recognize(Use):
    """Recognize which of your styles a piece is in, or that it is in none of them.

    The piece is held against every style; the relation is calibrated, and below what a style needs it does not count.
    """

    returns: ClassVar[str] = "the style, or none of these, how sure, and the relation to each"
    example: ClassVar[str] = "fewnotes recognize tune.mid jigs reels"

    piece: Piece = param(Kind.PIECE, "The piece to recognize", positional=True)
    styles: str | Sequence[str | Style] | None = param(
        Kind.NAMES,
        "Styles to ask: names or .style files; else all in the store",
        default=None,
        optional=True,
        positional=True,
    )

    def run(self, progress: Progress = no_progress) -> Recognition:
        """Raises BadInput for a piece without notes, StyleNotFound where there is no style, NotInstalled."""
        if not len(self.piece.notes):
            raise BadInput("There is not one note to recognize", expected="a piece with notes")
        styles, warnings = styles_asked(self.styles)
        vector = embed([self.piece])
        rows = []
        for done, style in enumerate(styles):
            progress(done, len(styles), "Asking")
            part = part_of(style)
            rows.append((style.name, len(style.support), float(scores(part, vector)[0]), relation.none_below(part)))
        progress(len(styles), len(styles), "Asked")
        return recognition(rows, warnings)


def recognition(rows: Sequence[tuple[str, int, float, float]], warnings: tuple[Notice, ...] = ()) -> Recognition:
    """The answer from (style, pieces in it, relation, floor): the nearest style whose relation reaches its floor.

    Whether the piece is in a style at all, the largest relation r says; which, the odds o = r / (1 - r) of those that
    fit, shared out. So the chance of the answer is r * o / (sum of o), and that of "none of these" is 1 - r. Each
    relation is calibrated by itself; with very many styles one of them comes near by luck, which is not counted.
    """
    r = np.clip([row[2] for row in rows], _EDGE, 1 - _EDGE)
    fits = np.array([row[2] >= row[3] for row in rows], bool)
    odds = np.where(fits, r / (1 - r), 0.0)
    chance = r * odds / max(float(odds.sum()), _EDGE)
    found = [
        Match(name, count, round(related, 4), round(floor, 4), round(float(c), 4))
        for (name, count, related, floor), c in zip(rows, chance, strict=True)
    ]
    found.sort(key=lambda m: (-m.relation, m.style))
    best = next((m for m in found if m.fits), None)
    sure = best.chance if best else round(float(1 - r.max()), 4)
    return Recognition(tuple(found), best.style if best else "", sure, _words(found, best), warnings)


def _words(found: Sequence[Match], best: Match | None) -> tuple[str, ...]:
    said = []
    if best is None:
        near = found[0]
        said.append(f"None of these: the nearest is {near.style}, at {near.relation:.2f}; it needs {near.floor:.2f}.")
    rivals = [m.style for m in found if best and m is not best and m.fits and m.chance >= 0.5 * best.chance]
    if rivals:
        said.append(f"Nearly as near: {', '.join(rivals[:4])}.")
    thin = [m.style for m in found[:3] if m.pieces < _ENOUGH]
    if thin:
        said.append(f"Learned from fewer than {_ENOUGH} pieces, and so a rough guess: {', '.join(thin)}.")
    return tuple(said)
