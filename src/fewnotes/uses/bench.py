"""bench: measure how well styles are learned from a few pieces, on styles that were never trained on."""

from __future__ import annotations

import importlib
import importlib.resources
import inspect
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadParameter
from fewnotes.uses import Kind, Table, Use, param

if TYPE_CHECKING:
    from fewnotes.measure.report import Report

_FOLDER = "fewnotes.measure"


@dataclass(frozen=True)
class Measured:
    """An answered question; as a document it is what `bench/plots.py` draws."""

    report: Report

    def to_dict(self) -> dict[str, Any]:
        return self.report.to_dict()

    def to_table(self) -> Table:
        """One line a figure: a screen is narrower than a report has columns."""
        order = {column: i for i, column in enumerate(self.report.columns)}
        figures = sorted(self.report.figures, key=lambda f: order[f.column])
        lines = [(f.column + (f", {f.unit}" if f.unit else ""), f.row, f.text, f.interval.worst_style) for f in figures]
        plain = {k: v for k, v in self.report.facts.items() if not isinstance(v, (dict, list, tuple))}
        columns = ("what", "row", "mean [95 %]", "worst at")
        return Table(columns, lines, self.report.question, plain, tuple(self.report.words))


@dataclass(frozen=True, kw_only=True)
class Bench(Use):
    """Measure how well styles are learned from a few pieces: recognised, predicted, or written in.

    Styles are those of meta-test, which nothing was trained on. What needs a part that is not here is left out, and
    named. Without a question, the questions there are.
    """

    returns: ClassVar[str] = "a table of figures with 95 % intervals over styles, and with -o the same as JSON"
    example: ClassVar[str] = "fewnotes bench recognition --quick -o recognition.json"

    question: str | None = param(
        Kind.STR, "What to measure, by name", default=None, optional=True, positional=True
    )  # fmt: skip
    full: bool = param(
        Kind.BOOL, "The full size, which takes hours and makes the figures of the pages, or a quick one of minutes",
        default=False, off="quick",
    )  # fmt: skip
    rows: str | None = param(Kind.STR, "Only these rows, with commas between them", default=None, optional=True)

    def run(self, progress: Progress = no_progress) -> Measured | Table:
        """Raises BadParameter for an unknown question or row, BadInput where there is no corpus."""
        if self.question is None:
            lines = [(name, question(name).QUESTION) for name in question_names()]
            return Table(("name", "question"), lines, "What can be measured")
        module = question(self.question)
        size = "full" if self.full else "quick"
        if self.rows is None:
            return Measured(module.run(size, progress))
        if "rows" not in inspect.signature(module.run).parameters:
            raise BadParameter(f"{self.question} has no choice of rows", fix="Leave --rows out")
        wanted = [name.strip() for name in self.rows.split(",") if name.strip()]
        return Measured(module.run(size, progress, rows=wanted))


def question_names() -> tuple[str, ...]:
    """Modules of `fewnotes.measure` that ask a question, sorted."""
    found = []
    for entry in importlib.resources.files(_FOLDER).iterdir():
        stem, _, suffix = entry.name.partition(".")
        if suffix == "py" and not stem.startswith("_") and "\nQUESTION" in entry.read_text(encoding="utf-8"):
            found.append(stem)
    return tuple(sorted(found))


def question(name: str) -> ModuleType:
    """The module of a question. Raises BadParameter where there is none."""
    if name not in question_names():
        raise BadParameter(f"There is no question {name!r}", expected=f"one of {', '.join(question_names())}")
    return importlib.import_module(f"{_FOLDER}.{name}")
