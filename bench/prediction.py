"""Does reading K pieces of a style make another piece of it less surprising? Bits a note at K = 0, 1, 5, 10.

Held-out styles, near and far; the protocol stands in docs/few-shot/prediction.md. A row is a file of
`fewnotes.measure.predictors`, or `engine:NAME`.

    python bench/prediction.py [--quick | --full] [--rows ROW ...] [--workers N] [--out PATH]
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from fewnotes.errors import BadInput, FewnotesError
from fewnotes.measure.prediction import run


def show(done: int, total: int, label: str) -> None:
    """Progress on the error stream, where it is a terminal."""
    if sys.stderr.isatty():
        print(f"\r{label} {done}/{total}   ", end="", file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="two draws a style")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="twenty draws")
    parser.set_defaults(size="quick")
    parser.add_argument("--rows", nargs="+", help="only these; engine:NAME is an engine")
    parser.add_argument("--workers", type=int, help="processes; one a core if not given")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    try:
        report = run(options.size, show, options.rows, workers=options.workers)
        if options.out:
            report.write(options.out)
    except BadInput as error:
        print(f"Skipped: {error}")
        return 0
    except FewnotesError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    print(report.markdown())
    for word in report.words:
        print(word)
    return 0


if __name__ == "__main__":
    sys.exit(main())
