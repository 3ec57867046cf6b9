"""Can a relation score be taken at its word, and do the bars that are named carry it?

    python bench/trust.py [--quick | --full] [--rows relation likeness] [--out FILE]

Skipped where there is no corpus, or no torch. The same as `fewnotes bench trust`.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from fewnotes.errors import BadInput, NotInstalled
from fewnotes.measure.trust import run


def main() -> int:
    """Measure, print the table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="minutes (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="some minutes more")
    parser.set_defaults(size="quick")
    parser.add_argument("--rows", nargs="+", metavar="ROW", help="only these rows")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "trust.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    def told(done: int, total: int, label: str) -> None:
        print(f"\r{label} {done}/{total}".ljust(78), end="", file=sys.stderr, flush=True)

    try:
        report = run(arguments.size, told, arguments.rows)
    except (BadInput, NotInstalled) as error:
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
