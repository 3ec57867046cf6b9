"""Which of N styles is a piece in, given K pieces of each, when none of these styles was ever trained on?

See `docs/few-shot/recognition.md` for the protocol. Rows are the modules of `fewnotes.measure.rows`; all get
the same episodes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.draws import Episode
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.recognised.asking import ByStyle, Trial, accuracy, none_of_these, ranked, trials
from fewnotes.measure.recognised.plan import (
    SIZES,
    SLOW_ASKED_FOR,
    SLOW_COLUMNS,
    Setting,
    Size,
    composers,
    possible,
    settings,
)
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.rows import Scorer
from fewnotes.measure.rows._finding import is_slow, prepared, row_names, title
from fewnotes.meta import split
from fewnotes.meta.progress import Progress, no_progress

QUESTION = "Which of N styles that were never trained on is a piece in, given K pieces of each?"
OPEN, RANKED = "none of these, AUROC", "in style above out of style"
_OPEN_WAY, _OPEN_SHOT = 5, 5
_PLAIN = " (no timbre)"


@dataclass(frozen=True)
class Asked:
    """All that every row is asked: episodes by column, the open set, and trials by pool."""

    settings: list[tuple[Setting, list[Episode]]]
    trials: dict[str, list[Trial]]
    missing: list[str] = field(default_factory=list)

    def first(self, few: int) -> Asked:
        """The first few episodes and trials of some columns, which slow rows are asked, and all others beside them."""
        ending = f", first {few}"
        chosen = [(s, made) for s, made in self.settings if s.column in SLOW_COLUMNS]
        return Asked(
            [(replace(s, column=s.column + ending), made[:few]) for s, made in chosen],
            {pool + ending: made[:few] for pool, made in self.trials.items()},
        )


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
    """Ask rows about the styles of one split of a bank; what is in meta-train is their background."""
    background = [i for i, where in enumerate(bank.splits) if where == split.TRAIN]
    asked = _asked(bank, part, size)
    narrow = asked.first(size.slow or SLOW_ASKED_FOR)
    slow = [name for name in names if is_slow(name)]
    figures: list[Figure] = []
    left_out: dict[str, str] = {}

    def ask(names: Sequence[str], seen: Bank, parts: Sequence[Asked]) -> None:
        for name, scorer in prepared(names, seen, background, progress):
            if isinstance(scorer, str):
                left_out[name] = scorer
                continue
            for column, values, unit in (a for part in parts for a in _answers(scorer, part, progress, name)):
                ending = "" if seen.timbre else _PLAIN
                figures.append(Figure(name, column + ending, over_styles(values), unit, 1 if unit else 3))

    ask(slow, bank, [narrow])
    quick = [name for name in names if name not in slow]
    # Where no slow row is here, nobody has to be held against it.
    ask(quick, bank, [asked, narrow] if figures else [asked])
    ask(quick, bank.without_timbre(), [asked])
    figures.sort(key=lambda f: names.index(f.row))
    return Report("recognition", QUESTION, figures, _facts(bank, part, background, asked, size),
                  _words(names, asked, size, left_out))  # fmt: skip


def _asked(bank: Bank, part: str, size: Size) -> Asked:
    episodes, missing = possible(settings(bank, part, broad=size.broad), size)
    pools = {", styles": bank.styles(part), ", composers": composers(bank, part)}
    found = {name: trials(pool, size.trials) for name, pool in pools.items()}
    return Asked(episodes, {name: made for name, made in found.items() if made}, missing)


def _answers(scorer: Scorer, asked: Asked, progress: Progress, name: str) -> list[tuple[str, ByStyle, str]]:
    """(column, values by style, unit) of one row."""
    found: list[tuple[str, ByStyle, str]] = []
    total = len(asked.settings) + 2 * len(asked.trials) + 1
    for setting, made in asked.settings:
        progress(len(found), total, f"Asking {name}")
        found.append((setting.column, accuracy(scorer, made), "%"))
        if setting.column == f"{_OPEN_WAY}-way {_OPEN_SHOT}-shot":
            found.append((OPEN, none_of_these(scorer, made, setting.styles), ""))
    for pool, made_trials in asked.trials.items():
        progress(len(found), total, f"Asking {name}")
        above, sure = ranked(scorer, made_trials)
        found += [(RANKED + pool, above, "%"), (f"{RANKED}{pool}, p < 0.05", sure, "%")]
    return [(column, values, unit) for column, values, unit in found if values]


def _facts(bank: Bank, part: str, background: Sequence[int], asked: Asked, size: Size) -> dict[str, Any]:
    styles = bank.styles(part)
    return {
        "split": part,
        "styles": len(styles),
        "pieces": sum(len(inside) for inside in styles.values()),
        "composers": sorted(composers(bank, part)),
        "background styles": len({bank.entries[i].row.style for i in background}),
        "background pieces": len(background),
        "queries a style": size.queries,
        "episodes": {setting.column: len(made) for setting, made in asked.settings},
        "trials": {RANKED + pool: len(made) for pool, made in asked.trials.items()},
    }


def _words(names: Sequence[str], asked: Asked, size: Size, left_out: dict[str, str]) -> tuple[str, ...]:
    words = [f"{name}: {title(name)}" for name in names if name not in left_out]
    words += [f"{name} is left out: {reason}" for name, reason in sorted(left_out.items())]
    slow = [name for name in names if is_slow(name) and name not in left_out]
    if slow:
        few = size.slow or SLOW_ASKED_FOR
        words.append(f"{', '.join(slow)}: seconds an episode, so only the columns 'first {few}', which all rows have")
    absent = [name for name in row_names() if name not in names]
    if absent:
        words.append(f"Not asked: {', '.join(absent)}")
    if asked.missing:
        words.append(f"Too few styles or pieces for: {', '.join(asked.missing)}")
    return tuple(words)
