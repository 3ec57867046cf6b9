"""Can a relation score be taken at its word, and do the bars that are named carry it?

Calibration: pairs of a piece and K support pieces, of one style or not, one to one; of pairs scored 0.8, eight in ten
should be of one style. The figure is the expected calibration error over ten equal bins (Naeini 2015). Deletion: the
bars that explain a score are taken out, and as many bars at random; the score should fall further without the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation import reasons
from fewnotes.engines.relation.head import chance
from fewnotes.engines.relation.judge import judge
from fewnotes.engines.relation.learning import learn
from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.draws import Draw, draws
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.rows import Scorer, likeness, relation
from fewnotes.meta import split
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.time import barlines

QUESTION = "Can a relation score be taken at its word, and do the bars that are named carry it?"
SHOTS = (1, 3, 5, 10)
BINS = 10
_RANDOM = 3


@dataclass(frozen=True)
class Size:
    """pieces: of a style at most. each: draws a style. deleted: pieces a style whose bars are taken out."""

    pieces: int
    each: int
    deleted: int


SIZES = {"quick": Size(20, 10, 1), "full": Size(60, 40, 4)}


def run(size: str, progress: Progress = no_progress, rows: Sequence[str] | None = None) -> Report:
    """Measure on meta-test. rows: "relation", "likeness" or both. Raises BadParameter, BadInput, NotInstalled."""
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=f"one of {', '.join(SIZES)}")
    chosen = SIZES[size]
    modules: dict[str, Any] = {"relation": relation, "likeness": likeness}
    names = list(rows or modules)
    if unknown := set(names) - set(modules):
        raise BadParameter(f"There is no row {sorted(unknown)[0]!r}", expected=f"one of {', '.join(modules)}")
    bank = load_bank((split.TEST,), progress, pieces_a_style=chosen.pieces)
    figures: list[Figure] = []
    facts: dict[str, Any] = {"size": size, "styles": len(bank.styles()), "pieces": len(bank.entries), "bins": BINS}
    for name in names:
        scorer = modules[name].prepare(bank, (), progress)
        for done, shots in enumerate(SHOTS):
            progress(done, len(SHOTS), f"Asking {name}")
            styles, own, scores = pairs(scorer, bank, shots, chosen.each, is_log_odds=name == "relation")
            figures += _calibration(name, f"K={shots}", styles, own, scores)
            facts[f"reliability of {name}, K={shots}"] = reliability(own, scores)
    if "relation" in names:
        figures += _deletion(bank, chosen, progress)
    return Report("trust", QUESTION, figures, facts, _WORDS)


_WORDS = (
    "calibration error: mean gap between score and share, over all pairs; its interval is over styles left in.",
    "own above 0.5, strangers below 0.5: shares of pairs on the right side.",
    "named, random: fall of the log odds without the bars; named falls more: share of pieces where it does.",
)


def pairs(
    scorer: Scorer, bank: Bank, shots: int, each: int, *, is_log_odds: bool
) -> tuple[NDArray[np.str_], NDArray[np.bool_], NDArray[np.float64]]:
    """The style of the support set, whether the piece is of it, and the score: own and strange one to one."""
    styles = bank.styles()
    rng = np.random.default_rng([7, shots])
    names, own, found = [], [], []
    for draw in draws(styles, shots, queries=1, each=each, seed=11):
        other = str(rng.choice([s for s in styles if s != draw.style]))
        asked = [draw.query[0], int(rng.choice(styles[other]))]
        found += scorer.scores([draw.support], asked)[:, 0].tolist()
        own += [True, False]
        names += [draw.style] * 2
    scores = np.array(found)
    return np.array(names), np.array(own), chance(scores) if is_log_odds else scores


def calibration_error(own: NDArray[np.bool_], scores: NDArray[np.float64]) -> float:
    """Expected calibration error over `BINS` equal bins."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    gaps = [(place == b).mean() * abs(scores[place == b].mean() - own[place == b].mean()) for b in np.unique(place)]
    return float(sum(gaps))


def reliability(own: NDArray[np.bool_], scores: NDArray[np.float64]) -> list[list[float]]:
    """Of each bin that has pairs: mean score, share of own, pairs. What a reliability diagram is drawn from."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    return [
        [round(float(scores[place == b].mean()), 4), round(float(own[place == b].mean()), 4), int((place == b).sum())]
        for b in np.unique(place)
    ]


def _calibration(
    row: str, column: str, styles: NDArray[np.str_], own: NDArray[np.bool_], scores: NDArray[np.float64]
) -> list[Figure]:
    names = np.unique(styles)
    # Calibration is a property of all pairs together: the jackknife over styles gives its spread.
    whole = calibration_error(own, scores)
    left = [calibration_error(own[styles != s], scores[styles != s]) for s in names]
    error = float(np.sqrt((len(names) - 1) / len(names) * np.sum((np.array(left) - np.mean(left)) ** 2)))
    middle = over_styles({str(s): [whole] for s in names})
    middle = type(middle)(whole, max(0.0, whole - 1.96 * error), whole + 1.96 * error, whole, "", len(names), len(own))
    found = [Figure(row, f"calibration error, {column}", middle, "", 3)]
    for words, mask, right in (("own above 0.5", own, scores > 0.5), ("strangers below 0.5", ~own, scores < 0.5)):
        values = {str(s): right[mask & (styles == s)].astype(float).tolist() for s in names}
        found.append(Figure(row, f"{words}, {column}", over_styles(values), "%"))
    return found


def _deletion(bank: Bank, size: Size, progress: Progress) -> list[Figure]:
    named: dict[str, list[float]] = {}
    random: dict[str, list[float]] = {}
    wins: dict[str, list[float]] = {}
    asked = draws(bank.styles(), 5, queries=1, each=size.deleted, seed=12)
    for number, draw in enumerate(asked):
        progress(number, len(asked), "Taking bars out")
        fell = falls(bank, draw, number)
        if fell is not None:
            named.setdefault(draw.style, []).append(fell[0])
            random.setdefault(draw.style, []).append(fell[1])
            wins.setdefault(draw.style, []).append(float(fell[0] > fell[1]))
    return [
        Figure("relation", "without the named bars", over_styles(named), "", 2),
        Figure("relation", "without random bars", over_styles(random), "", 2),
        Figure("relation", "named fall more", over_styles(wins), "%"),
    ]


def falls(bank: Bank, draw: Draw, seed: int) -> tuple[float, float] | None:
    """How far the log odds fall without the bars that carry most, and without as many at random (mean of three).

    None for a piece that is too short to lose any.
    """
    listening, piece = judge(), bank.pieces[draw.query[0]]
    support = listening.embed([bank.pieces[i] for i in draw.support])
    style = learn(listening.head, support, listening.background).fitted
    carried = reasons.by_bars(listening, piece, style)
    if len(carried) < 2:
        return None

    def score(first: int, last: int) -> float:
        rest = reasons.without_bars(piece, first, last)
        x = listening.embed([rest])
        return float(style.log_odds(x)[0])

    whole = float(style.log_odds(listening.embed([piece]))[0])
    top = carried[0]
    length, count = top.last_bar - top.first_bar + 1, len(barlines(piece)) - 1
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, max(1, count - length + 1), _RANDOM).tolist()
    fallen = [whole - score(a, a + length - 1) for a in starts]
    return whole - score(top.first_bar, top.last_bar), float(np.mean(fallen))
