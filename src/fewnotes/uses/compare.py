"""compare: how near pieces and styles are to each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput
from fewnotes.music.features import FEATURES
from fewnotes.music.likeness import STRANGE, log_odds, relation, vectors
from fewnotes.music.piece import Piece
from fewnotes.music.profile import percent
from fewnotes.style import Style
from fewnotes.uses import Kind, Table, Use, param

#: With fewer pieces than this in a style, "none of these" is not answered.
_ENOUGH = 3
_REASONS = 4


@dataclass(frozen=True)
class Reason:
    """One feature and what it says. a, b: its mean on either side. weight: log odds, positive speaks for."""

    feature: str
    family: str
    words: str
    a: float
    b: float
    weight: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Comparison:
    """How near two things are. relation: in [0, 1], 0.5 where for and against weigh the same.

    reasons: features that say most, first those for, then those against. none_of_these: whether a piece lies
    outside a style altogether; None where that cannot be told (two pieces, or fewer than three in the style).
    engine: "features": statistics of the notes, not a trained net.
    """

    relation: float
    reasons: tuple[Reason, ...]
    none_of_these: bool | None
    engine: str
    statement: str

    def to_dict(self) -> dict[str, Any]:
        return {
            "relation": self.relation,
            "none_of_these": self.none_of_these,
            "engine": self.engine,
            "statement": self.statement,
            "reasons": [r.to_dict() for r in self.reasons],
        }

    def to_table(self) -> Table:
        outside = {None: "cannot be told", True: "yes", False: "no"}[self.none_of_these]
        facts = {"relation": f"{self.relation:.2f}  ({nearness(self.relation)})", "outside the style": outside}
        rows = [
            ("alike" if r.weight > 0 else "differ", r.words, _shown(r.feature, r.a), _shown(r.feature, r.b))
            for r in self.reasons
        ]
        return Table(("", "feature", "first", "second"), rows, "Comparison", facts, (self.statement,))


@dataclass(frozen=True, kw_only=True)
class Compare(Use):
    """Compare two pieces, two styles, or a piece and a style: how near, and why.

    The score comes from statistics of the notes, calibrated on many styles; it hears neither form nor phrase.
    """

    returns: ClassVar[str] = "a relation from 0 to 1, and the features that speak for and against"
    example: ClassVar[str] = "fewnotes compare tune.mid jigs"

    a: Piece | Style = param(Kind.MUSIC, "A piece (file) or a style (name or .style file)", positional=True)
    b: Piece | Style = param(Kind.MUSIC, "Another piece or style", positional=True)

    def run(self, progress: Progress = no_progress) -> Comparison:
        """Raises BadInput for a piece without notes."""
        one, two = vectors(_pieces(self.a)), vectors(_pieces(self.b))
        said, score = _both_ways(one, two)
        strange = None
        same = isinstance(self.a, Piece) and isinstance(self.b, Piece) and np.array_equal(self.a.notes, self.b.notes)
        has_style = isinstance(self.a, Style) or isinstance(self.b, Style)
        enough = max(len(one), len(two)) >= _ENOUGH
        if has_style and enough:
            strange = score < STRANGE
        return Comparison(
            round(score, 4), _reasons(said, one, two), strange, "features", _statement(len(one), len(two), same)
        )


def nearness(score: float) -> str:
    """A relation in words."""
    for floor, words in ((0.8, "very near"), (0.5, "near"), (0.2, "some likeness"), (0.05, "far")):
        if score >= floor:
            return words
    return "very far"


def _pieces(music: Piece | Style) -> Sequence[Piece]:
    pieces = music.support if isinstance(music, Style) else (music,)
    if not any(len(p.notes) for p in pieces):
        raise BadInput("There are no notes to compare", expected="a piece or a style with notes")
    return pieces


def _both_ways(one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Log odds by feature and the relation: each piece of the smaller side against the larger one; of two sides
    of the same size, both ways, so that order does not matter.
    """
    ways = [(one, two)] if len(one) < len(two) else [(two, one)] if len(two) < len(one) else [(one, two), (two, one)]
    said = np.mean([np.mean([log_odds(x, support) for x in side], axis=0) for side, support in ways], axis=0)
    return said, relation(float(said.sum()), max(len(one), len(two)))


def _reasons(said: NDArray[np.float64], one: NDArray[np.float64], two: NDArray[np.float64]) -> tuple[Reason, ...]:
    """What says most for and against, spread over the families; that both lack something is no likeness to tell."""
    order = np.argsort(-said, kind="stable").tolist()
    a, b = one.mean(axis=0), two.mean(axis=0)
    alike = _spread([i for i in order if said[i] > 0.05 and max(abs(a[i]), abs(b[i])) > 1e-9], 1)
    differ = _spread([i for i in reversed(order) if said[i] < -0.05], 2)
    return tuple(
        Reason(f.name, f.family, f.words, round(float(a[i]), 4), round(float(b[i]), 4), round(float(said[i]), 3))
        for i in (*alike, *differ)
        for f in (FEATURES[i],)
    )


def _spread(order: Sequence[int], most: int) -> list[int]:
    """The first few, at most `most` of one family."""
    chosen: list[int] = []
    for i in order:
        if sum(FEATURES[j].family == FEATURES[i].family for j in chosen) < most and len(chosen) < _REASONS:
            chosen.append(i)
    return chosen


def _shown(feature: str, value: float) -> str:
    unit = next(f.unit for f in FEATURES if f.name == feature)
    return percent(value) if unit == "%" else f"{value:.1f}"


def _statement(one: int, two: int, same: bool = False) -> str:
    if same:
        return "The two pieces are the same, note for note; the score of statistics alone never reaches 1."
    most = max(one, two)
    base = "This is the score of the simple engine: statistics of the notes, calibrated on 139 styles, no trained net."
    return base if most >= _ENOUGH else base + " With so few pieces it is a rough guess."
