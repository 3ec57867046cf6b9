"""Is what a generator writes after five pieces in their style, new, varied, and like real music?

    python bench/generation.py [--quick | --full] [--rows real engine:markov ...] [--out FILE]

Rows: real, shuffled, other style, random notes, and engine:NAME for any engine. Skipped where there is no corpus.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path

from fewnotes.errors import BadInput
from fewnotes.measure.generation import ROWS, run


def main() -> int:
    """Measure, print the table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="four styles (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="all styles")
    parser.set_defaults(size="quick")
    parser.add_argument("--rows", nargs="+", default=list(ROWS), metavar="ROW")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "generation.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")

    def told(done: int, total: int, label: str) -> None:
        print(f"\r{label} {done}/{total}".ljust(78), end="", file=sys.stderr, flush=True)

    try:
        report = run(arguments.size, told, arguments.rows)
    except BadInput as error:
        print(f"skipped: {error.what}")
        return 0
    print(f"\n{report.question}\n\n{report.markdown()}")
    print("\n".join(report.words))
    arguments.out.parent.mkdir(exist_ok=True)
    report.write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
