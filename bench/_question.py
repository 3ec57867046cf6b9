"""What programs that ask one question of `fewnotes.measure` have in common: arguments, progress, table, result."""

from __future__ import annotations

import argparse
import inspect
import sys
import warnings
from pathlib import Path
from types import ModuleType

from fewnotes.errors import BadInput, FewnotesError
from fewnotes.measure.report import Report

_RESULTS = Path(__file__).parent / "results"


def ask(module: ModuleType, doc: str | None, skipped: tuple[type[FewnotesError], ...] = (BadInput,)) -> int:
    """Measure, print the table, write the result; returns the exit status. skipped: what is no failure."""
    name = module.__name__.rpartition(".")[2]
    has_rows = "rows" in inspect.signature(module.run).parameters
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="minutes (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="up to hours")
    parser.set_defaults(size="quick")
    if has_rows:
        parser.add_argument("--rows", nargs="+", metavar="ROW", help="only these rows")
    parser.add_argument("--out", type=Path, default=_RESULTS / f"{name}.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    chosen = {"rows": arguments.rows} if has_rows else {}
    try:
        report = module.run(arguments.size, _told, **chosen)
    except skipped as error:
        print(f"skipped: {error.what}")
        return 0
    _print(report)
    arguments.out.parent.mkdir(exist_ok=True)
    report.write(arguments.out)
    return 0


def _told(done: int, total: int, label: str) -> None:
    print(f"\r{label} {done}/{total}".ljust(78), end="", file=sys.stderr, flush=True)


def _print(report: Report) -> None:
    """One block a column: a screen is narrower than a report has columns."""
    print(f"\n{report.question}\n")
    wide = max((len(figure.row) for figure in report.figures), default=0) + 2
    for column in report.columns:
        print(column)
        for figure in report.figures:
            if figure.column == column:
                worst = figure.interval.worst_style
                print(f"    {figure.row:{wide}}{figure.text:24}{f'worst at {worst}' if worst else ''}".rstrip())
    print("\n".join(report.words))
