"""A measured question: rows of figures with intervals, as JSON and as a table."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fewnotes import __version__
from fewnotes.atomic import write_atomic
from fewnotes.measure.intervals import Interval


@dataclass(frozen=True)
class Figure:
    """One cell: what was measured (row), in which setting (column), and what came out.

    unit: "%" shows the mean times 100. digits: after the point.
    """

    row: str
    column: str
    interval: Interval
    unit: str = ""
    digits: int = 1

    @property
    def text(self) -> str:
        return self.interval.text(100.0 if self.unit == "%" else 1.0, self.digits)

    def to_dict(self) -> dict[str, Any]:
        return {"row": self.row, "column": self.column, "unit": self.unit, **self.interval.to_dict()}


@dataclass(frozen=True)
class Report:
    """A question with its answer. facts: size, seeds, counts; words: what a reader must know beside the figures."""

    name: str
    question: str
    figures: Sequence[Figure]
    facts: Mapping[str, Any] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    def get(self, row: str, column: str) -> Interval:
        """One cell. Raises KeyError where there is none."""
        for figure in self.figures:
            if (figure.row, figure.column) == (row, column):
                return figure.interval
        raise KeyError((row, column))

    @property
    def rows(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f.row for f in self.figures))

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f.column for f in self.figures))

    def cells(self) -> list[list[str]]:
        """The table: one list a row, its name first; empty where nothing was measured."""
        found = {(f.row, f.column): f.text for f in self.figures}
        return [[row, *(found.get((row, column), "") for column in self.columns)] for row in self.rows]

    def to_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "question": self.question,
            "fewnotes": __version__,
            "facts": dict(self.facts),
            "figures": [f.to_dict() for f in self.figures],
            "words": list(self.words),
        }

    def markdown(self) -> str:
        """The table for the documentation."""
        lines = [["", *self.columns], ["---"] * (1 + len(self.columns)), *self.cells()]
        return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"

    def write(self, path: Path) -> None:
        """As JSON, all at once or not at all. Raises StoreError."""
        write_atomic(path, (json.dumps(self.to_dict(), indent=1, ensure_ascii=False) + "\n").encode())
