"""Out of a library of many styles, do the pieces of the liked style come first, given five of them?

See `docs/few-shot/recommendation.md` for the protocol. Rows are the modules of `fewnotes.measure.rows`; all get the
same questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.recommended.asked import (
    LIKED,
    NARROW,
    SIZES,
    Copies,
    Question,
    Size,
    copies,
    first,
    narrowed,
    questions,
)
from fewnotes.measure.recommended.ranked import MAP, NDCG, Way, by_each, by_liked, by_liked_and_disliked, judged
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.rows import Scorer
from fewnotes.measure.rows._finding import is_slow, prepared, row_names, title
from fewnotes.meta import split
from fewnotes.meta.progress import Progress, no_progress

QUESTION = "Out of a library of styles that were never trained on, do those of a liked style come first, given five?"
ONE, REFUSED, MIXED = "5 liked", "5 liked, 5 disliked", "3 + 2 liked of two styles"
EACH, NARROWED = f"{MIXED}, one by one", f"{ONE}, small library"
SPEED = "milliseconds a query, measured on this machine, not a promise"
#: Draws a style for a slow row that is asked for by name where the size would leave it out.
_SLOW_ASKED_FOR = 1
_PLAIN = " (no timbre)"


@dataclass(frozen=True)
class Part:
    """One group of columns: the same questions, ranked in one way."""

    column: str
    asked: list[Question]
    way: Way


def run(size: str, progress: Progress = no_progress, rows: Sequence[str] | None = None) -> Report:
    """Measure on meta-test. rows: names of rows; None for all, less the slow ones at size "quick".

    Raises BadParameter for an unknown size or row, BadInput where there is no corpus.
    """
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=f"one of {', '.join(SIZES)}")
    chosen = SIZES[size]
    names = list(rows) if rows else [n for n in row_names() if chosen.slow or not is_slow(n)]
    for name in names:
        title(name)
    train = load_bank((split.TRAIN,), progress, pieces_a_style=chosen.background)
    test = load_bank((split.TEST,), progress, pieces_a_style=chosen.pieces)
    found = answer(Bank(train.entries + test.entries), names, chosen, progress)
    return Report(found.name, found.question, found.figures, {"size": size, **found.facts}, found.words)


def answer(
    bank: Bank, names: Sequence[str], size: Size, progress: Progress = no_progress, part: str = split.TEST
) -> Report:
    """Ask rows about a library of the styles of one split of a bank; what is in meta-train is their background."""
    background = [i for i, where in enumerate(bank.splits) if where == split.TRAIN]
    library = [i for inside in bank.styles(part).values() for i in inside]
    same = copies(bank, library, progress)
    one, mixed = questions(bank, part, size.each, same)
    small = [narrowed(q, bank) for q in first(one, size.slow or _SLOW_ASKED_FOR)]
    parts = [
        Part(ONE, one, by_liked), Part(REFUSED, one, by_liked_and_disliked), Part(MIXED, mixed, by_liked),
        Part(EACH, mixed, by_each),
    ]  # fmt: skip
    narrow = Part(NARROWED, small, by_liked)
    slow = [name for name in names if is_slow(name)]
    quick = [name for name in names if name not in slow]
    figures: list[Figure] = []
    left_out: dict[str, str] = {}
    speed: dict[str, dict[str, float]] = {}

    def ask(names: Sequence[str], seen: Bank, parts: Sequence[Part]) -> None:
        for name, scorer in prepared(names, seen, background, progress):
            if isinstance(scorer, str):
                left_out[name] = scorer
                continue
            for number, asked in enumerate(parts):
                progress(number, len(parts), f"Asking {name}")
                ending = "" if seen.timbre else _PLAIN
                found, taken = _figures(name, scorer, asked, ending)
                figures.extend(found)
                if asked.column in (ONE, NARROWED) and found:
                    speed.setdefault(name, {})[asked.column + ending] = round(taken * 1000, 3)

    ask(slow, bank, [narrow])
    # Where no slow row is here, nobody has to be held against it.
    ask(quick, bank, [*parts, narrow] if figures else parts)
    ask(quick, bank.without_timbre(), parts)
    figures.sort(key=lambda f: names.index(f.row))
    facts = _facts(bank, part, background, same, parts + [narrow] * any(n in speed for n in slow))
    return Report("recommendation", QUESTION, figures, {**facts, SPEED: speed}, _words(names, len(library), left_out))


def _figures(name: str, scorer: Scorer, part: Part, ending: str) -> tuple[list[Figure], float]:
    """Figures of one row in one group of columns, and the mean seconds of a question."""
    found, taken = judged(scorer, part.asked, part.way)
    return [
        Figure(
            name,
            f"{measure}, {part.column}{ending}",
            over_styles(values),
            *(("", 3) if measure in (NDCG, MAP) else ("%", 1)),
        )
        for measure, values in found.items()
    ], taken


def _facts(bank: Bank, part: str, background: Sequence[int], same: Copies, parts: Sequence[Part]) -> dict[str, Any]:
    styles = bank.styles(part)
    return {
        "split": part,
        "styles": len(styles),
        "library": len(same),
        "background styles": len({bank.entries[i].row.style for i in background}),
        "background pieces": len(background),
        "liked": LIKED,
        "questions": {asked.column: len(asked.asked) for asked in parts},
        "pieces ranked a question": {asked.column: _mean([len(q.library) for q in asked.asked]) for asked in parts},
        "pieces to find a question": {
            asked.column: _mean([int((q.taste > 0).sum()) for q in asked.asked]) for asked in parts
        },
        "near duplicates in the library": sum(len(inside) for inside in same.values()) // 2,
        "near duplicates left out a question": _mean(
            [len(frozenset().union(*(same[i] for i in q.liked)) - {*q.liked}) for q in parts[0].asked]
        ),
    }  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), 2) if len(values) else 0.0


def _words(names: Sequence[str], library: int, left_out: dict[str, str]) -> tuple[str, ...]:
    words = [f"{name}: {title(name)}" for name in names if name not in left_out]
    words += [f"{name} is left out: {reason}" for name, reason in sorted(left_out.items())]
    slow = [name for name in names if is_slow(name) and name not in left_out]
    if slow:
        words.append(
            f"{', '.join(slow)}: slow; only the columns 'small library', {NARROW} pieces a style, as all rows have"
        )
    absent = [name for name in row_names() if name not in names]
    if absent:
        words.append(f"Not asked: {', '.join(absent)}")
    words.append(f"The library has {library:,} pieces; near duplicates of liked pieces are left out of it")
    return tuple(words)
