"""Can the source of a piece be told from its notes, beyond what two books of one source differ by?

    python bench/leakage.py [--quick | --full] [--out FILE]

Skipped where the shared corpus or music21 is missing.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from pathlib import Path

from fewnotes.errors import BadInput
from fewnotes.measure.leakage import run


def main() -> int:
    """Measure, print the table, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="40 pieces a side")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="160 a side")
    parser.set_defaults(size="quick")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "leakage.json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        report = run(arguments.size)
    except BadInput as error:
        print(f"skipped: {error.what}")
        return 0
    print(f"{report.question}\n\n{report.markdown()}")
    print("\n".join(report.words))
    print(json.dumps(report.facts["loudest"], indent=1))
    arguments.out.parent.mkdir(exist_ok=True)
    report.write(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
