"""Comparison by the relation network: calibrated, with the statistics and the bars that carry the score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import relation
from fewnotes.engines.relation import reasons
from fewnotes.engines.relation.judge import Judge
from fewnotes.music.features import FEATURES
from fewnotes.music.likeness import vectors
from fewnotes.music.piece import Piece
from fewnotes.style import Part
from fewnotes.uses.compare.found import Bars, Found, Reason, spread

NAME = "relation"
#: A side of more pieces is spoken for by so many of them, evenly spaced.
_PIECES_ASKED = 6
#: A side of more pieces is shown by the means of so many of them.
_PIECES_SHOWN = 50
_LEAST_WEIGHT = 0.03
_BARS = 3


def found(one: Sequence[Piece], two: Sequence[Piece], parts: Sequence[Part | None]) -> Found:
    """Relation of two sides. parts: what a style learned, for each side that is one.

    Raises NotInstalled without torch or checkpoint.
    """
    judge = relation.judge()
    if len(one) == 1 and (len(two) > 1 or parts[1] is not None):
        return _piece_and_style(judge, one[0], two, parts[1])
    if len(two) == 1 and (len(one) > 1 or parts[0] is not None):
        return _swapped(_piece_and_style(judge, two[0], one, parts[0]))
    a, b = judge.embed(one), judge.embed(two)
    score = relation.of_pieces(a, b)
    said = _said(judge, one, b) + _said(judge, two, a)
    strange = score < judge.none_below(max(len(one), len(two)))
    return Found(NAME, score, strange, _reasons(said, one, two))


def _piece_and_style(judge: Judge, piece: Piece, style: Sequence[Piece], part: Part | None) -> Found:
    known = part if part is not None and part.values.get("checkpoint") == judge.digest else relation.learn(style)
    fitted = relation.style_of(known)
    score = float(relation.scores(known, judge.embed([piece]))[0])
    said = reasons.by_statistic(judge, piece, fitted)
    first = 0 if piece.pickup_tick else 1
    carried = reasons.by_bars(judge, piece, fitted)
    bars = tuple(
        Bars(c.first_bar + first, c.last_bar + first, round(c.weight, 3)) for c in carried if c.weight > _LEAST_WEIGHT
    )
    return Found(NAME, score, score < relation.none_below(known), _reasons(said, [piece], style), bars[:_BARS])


def _swapped(found: Found) -> Found:
    turned = tuple(Reason(r.feature, r.family, r.words, r.b, r.a, r.weight, r.unit) for r in found.reasons)
    return Found(found.engine, found.relation, found.is_strange, turned, found.bars)


def _said(judge: Judge, pieces: Sequence[Piece], others: NDArray[np.float32]) -> NDArray[np.float64]:
    """Log odds that each statistic adds, mean over the pieces of one side against the other: (F,)."""
    asked = [pieces[i] for i in np.unique(np.linspace(0, len(pieces) - 1, _PIECES_ASKED).round().astype(int))]
    fitted = relation.Fitted.to(judge.head, others, np.inf)
    return np.asarray(np.mean([reasons.by_statistic(judge, p, fitted) for p in asked], axis=0))


def _reasons(said: NDArray[np.float64], one: Sequence[Piece], two: Sequence[Piece]) -> tuple[Reason, ...]:
    """Of the statistics those that have a name and a unit that musicians know: the features, which come first."""
    a, b = (vectors(side[:_PIECES_SHOWN]).mean(axis=0) for side in (one, two))
    families = [f.family for f in FEATURES]
    known = said[: len(FEATURES)]
    order = np.argsort(-known, kind="stable").tolist()
    alike = spread([i for i in order if known[i] > _LEAST_WEIGHT and max(abs(a[i]), abs(b[i])) > 1e-9], families, 1)
    differ = spread([i for i in reversed(order) if known[i] < -_LEAST_WEIGHT], families, 2)
    return tuple(
        Reason(
            f.name, f.family, f.words, round(float(a[i]), 4), round(float(b[i]), 4), round(float(said[i]), 3), f.unit
        )
        for i in (*alike, *differ)
        for f in (FEATURES[i],)
    )
