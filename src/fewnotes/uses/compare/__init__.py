"""compare: how near pieces and styles are to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.music.piece import Piece
from fewnotes.style import Part, Style
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses.compare import by_features
from fewnotes.uses.compare.found import Bars as Bars
from fewnotes.uses.compare.found import Found
from fewnotes.uses.compare.found import Reason as Reason

#: With fewer pieces than this in a style, "none of these" is not answered.
_ENOUGH = 3
_ENGINES = ("auto", "relation", "features")


@dataclass(frozen=True)
class Comparison:
    """How near two things are. relation: in [0, 1], 0.5 where for and against weigh the same.

    reasons: features that say most, first those for, then those against. bars: those of the piece that carry the score,
    where a piece is compared with a style by the relation network. none_of_these: whether a piece lies outside a style
    altogether; None where that cannot be told (two pieces, or fewer than three in the style).
    engine: "relation", the trained network, or "features", statistics of the notes without a net.
    """

    relation: float
    reasons: tuple[Reason, ...]
    none_of_these: bool | None
    engine: str
    statement: str
    bars: tuple[Bars, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "none_of_these": self.none_of_these,
            "engine": self.engine,
            "statement": self.statement,
            "reasons": [r.to_dict() for r in self.reasons],
            "bars": [b.to_dict() for b in self.bars],
        }

    def to_table(self) -> Table:
        outside = {None: "cannot be told", True: "yes", False: "no"}[self.none_of_these]
        facts = {"relation": f"{self.relation:.2f}  ({nearness(self.relation)})", "outside the style": outside}
        if self.bars:
            facts["most in the style"] = ", ".join(_bars(b) for b in self.bars)
        rows = [("alike" if r.weight > 0 else "differ", r.words, r.shown(r.a), r.shown(r.b)) for r in self.reasons]
        return Table(("", "feature", "first", "second"), rows, "Comparison", facts, (self.statement,))


@dataclass(frozen=True, kw_only=True)
class Compare(Use):
    """Compare two pieces, two styles, or a piece and a style: how near, why, and which bars say so.

    The score is that of the relation network, trained across many styles and calibrated on styles it was not trained
    on; where torch is not installed, that of statistics of the notes.
    """

    returns: ClassVar[str] = "a relation from 0 to 1, and the features and bars that speak for and against"
    example: ClassVar[str] = "fewnotes compare tune.mid jigs"

    a: Piece | Style = param(Kind.MUSIC, "A piece (file) or a style (name or .style file)", positional=True)
    b: Piece | Style = param(Kind.MUSIC, "Another piece or style", positional=True)
    engine: str = param(
        Kind.CHOICE, "What compares: the relation network, or features alone", default="auto", choices=_ENGINES
    )

    def run(self, progress: Progress = no_progress) -> Comparison:
        """Raises BadInput for a piece without notes, NotInstalled where the network is asked for and not here."""
        one, two = _pieces(self.a), _pieces(self.b)
        found = _found(self.engine, one, two, (_part(self.a), _part(self.b)))
        same = isinstance(self.a, Piece) and isinstance(self.b, Piece) and np.array_equal(self.a.notes, self.b.notes)
        has_style = isinstance(self.a, Style) or isinstance(self.b, Style)
        enough = max(len(one), len(two)) >= _ENOUGH
        return Comparison(
            round(found.relation, 4), found.reasons, found.is_strange if has_style and enough else None,
            found.engine, _statement(found.engine, max(len(one), len(two)), same), found.bars,
        )  # fmt: skip


def _found(engine: str, one: Sequence[Piece], two: Sequence[Piece], parts: Sequence[Part | None]) -> Found:
    if engine == by_features.NAME:
        return by_features.found(one, two)
    from fewnotes.uses.compare import by_relation

    try:
        return by_relation.found(one, two, parts)
    except NotInstalled:
        if engine == by_relation.NAME:
            raise
        return by_features.found(one, two)


def nearness(score: float) -> str:
    """A relation in words."""
    for floor, words in ((0.8, "very near"), (0.5, "near"), (0.2, "some likeness"), (0.05, "far")):
        if score >= floor:
            return words
    return "very far"


def _pieces(music: Piece | Style) -> Sequence[Piece]:
    pieces = music.support if isinstance(music, Style) else (music,)
    found = [p for p in pieces if len(p.notes)]
    if not found:
        raise BadInput("There are no notes to compare", expected="a piece or a style with notes")
    return found


def _part(music: Piece | Style) -> Part | None:
    return music.parts.get("relation") if isinstance(music, Style) else None


def _bars(bars: Bars) -> str:
    return f"bar {bars.first}" if bars.first == bars.last else f"bars {bars.first} to {bars.last}"


def _statement(engine: str, most: int, same: bool) -> str:
    if same:
        return "The two pieces are the same, note for note; the score is of style, and need not reach 1."
    base = "This is the score of the relation network: trained on 124 styles, calibrated on 15 others."
    if engine == by_features.NAME:
        base = (
            "This is the score of the simple engine: statistics of the notes, calibrated on 139 styles, no trained net."
        )
    return base if most >= _ENOUGH else base + " With so few pieces it is a rough guess."
