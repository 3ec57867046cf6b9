"""Out of a library of styles that were never trained on, do those of a liked style come first, given five?

    python bench/recommendation.py [--quick | --full] [--rows statistics_lda chance ...] [--out FILE]

Rows are the modules of src/fewnotes/measure/rows. Skipped where there is no corpus. The same as `fewnotes bench
recommendation`.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from fewnotes.errors import BadInput
from fewnotes.measure.recommendation import run


def main() -> int:
    """Measure, print the table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="minutes (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="hours, with every row")
    parser.set_defaults(size="quick")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="only these rows")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "recommendation.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    def told(done: int, total: int, label: str) -> None:
        print(f"\r{label} {done}/{total}".ljust(78), end="", file=sys.stderr, flush=True)

    try:
        report = run(arguments.size, told, arguments.rows)
    except BadInput as error:
        print(f"skipped: {error.what}")
        return 0
    print(f"\n{report.question}\n")
    for column in report.columns:
        print(column)
        for figure in report.figures:
            if figure.column == column:
                print(f"    {figure.row:24}{figure.text:24}worst at {figure.interval.worst_style}")
    print("\n".join(report.words))
    arguments.out.parent.mkdir(exist_ok=True)
    report.write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
