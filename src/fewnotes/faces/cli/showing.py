"""Tables, words and progress for a terminal: 80 columns, no markup from foreign text, colours only where wanted."""

from __future__ import annotations

import sys
import time
from typing import Any, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid
from rich.text import Text

from fewnotes.uses import Table

_WIDTH = 80
#: The bar appears when this has passed; what is quicker shows none.
_PATIENCE_SECONDS = 1.0
_WARNINGS_SHOWN = 5


def console(stream: TextIO) -> Console:
    """A console at most as wide as a page; NO_COLOR and pipes are honoured by rich."""
    found = Console(file=stream, highlight=False, markup=False, emoji=False, soft_wrap=False)
    if not found.is_terminal or found.width > 100:
        found.width = 100 if found.is_terminal else _WIDTH
    return found


def clean(value: Any) -> str:
    """Text for a terminal: control characters of a foreign title cannot steer it."""
    return "".join(ch if ch.isprintable() else " " for ch in str(value))


def show(table: Table, out: Console) -> None:
    """Title, facts, rows, words: whatever of these there is."""
    if table.title:
        out.print(Text(clean(table.title), style="bold"))
    facts = {k: v for k, v in table.facts.items() if isinstance(v, (str, int, float, bool)) and v != ""}
    if facts:
        grid = Grid.grid(padding=(0, 2))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        for key, value in facts.items():
            grid.add_row(Text("  " + clean(key)), Text(clean(value)))
        out.print(grid)
    if table.rows and table.columns == ("",):
        for (sentence,) in table.rows:
            _bullet(out, clean(sentence))
    elif table.rows:
        grid = Grid(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
        for index, name in enumerate(table.columns):
            numeric = all(isinstance(row[index], (int, float)) or _is_number(row[index]) for row in table.rows)
            grid.add_column(clean(name), justify="right" if numeric else "left", overflow="fold")
        for row in table.rows:
            grid.add_row(*(Text(clean(cell)) for cell in row))
        out.print()
        out.print(grid)
    for sentence in table.words:
        _bullet(out, clean(sentence))


def _bullet(out: Console, sentence: str) -> None:
    grid = Grid.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(" -"), Text(sentence))
    out.print(grid)


def _is_number(cell: Any) -> bool:
    text = str(cell).replace("%", "").strip()
    try:
        float(text)
    except ValueError:
        return text == "-"
    return True


def show_warnings(warnings: list[tuple[str, str]], out: Console) -> None:
    """The first few warnings, equal ones of several files once."""
    if not warnings:
        return
    out.print(Text(f"{len(warnings)} warning{'s' if len(warnings) > 1 else ''}", style="yellow"))
    for where, message in warnings[:_WARNINGS_SHOWN]:
        _bullet(out, clean(f"{where}: {message}" if where else message))
    if len(warnings) > _WARNINGS_SHOWN:
        _bullet(out, f"and {len(warnings) - _WARNINGS_SHOWN} more; --json lists all")


class Bar:
    """The progress callback of the command line: a bar on stderr once something takes more than a moment."""

    def __init__(self, wanted: bool) -> None:
        self._console = Console(stderr=True)
        self._wanted = wanted and self._console.is_terminal
        self._begin = time.monotonic()
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def __call__(self, done: int, total: int, label: str) -> None:
        if not self._wanted or time.monotonic() - self._begin < _PATIENCE_SECONDS:
            return
        if self._bar is None:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.start()
            self._task = self._bar.add_task(label)
        assert self._task is not None
        self._bar.update(self._task, completed=done, total=max(1, total), description=clean(label))

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def stderr_console() -> Console:
    return console(sys.stderr)
