"""Do damaged files ever crash, hang, or eat memory? Seeded mutants of real files, decoded in forked workers.

    python bench/mutants.py [--count 10000] [--form FORM ...] [--only FORM:NUMBER] [--save PATH] [--encode] [--out JSON]

Every mutant must give pieces that keep the promises of `check_piece`, or BadInput (TooLarge). Anything else is a
finding: another exception, a badly worded refusal, a crash, more than 5 seconds of work, more than 256 MiB. A mutant is
made from its form and number alone, so `--only kern:4711` makes it again and `--save` writes it to a file.
With `--encode`, pieces that are read are also written in every form, which may not fail either.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mutant_maker import FORMS, make_mutant, seeds_of
from mutant_runner import Finding, run_form, try_one


def main() -> int:
    options = arguments()
    if options.only:
        return reproduce(options.only, options.save)
    began = time.perf_counter()
    findings: list[Finding] = []
    rows = []
    for form in options.form or FORMS:
        seeds = seeds_of(form)
        if not seeds:
            print(f"{form:9} skipped: no seed files here")
            continue
        started = time.perf_counter()
        counts, found, slowest, largest = run_form(form, seeds, options.count, options.first, options.encode)
        rows.append(
            {
                "form": form,
                "seeds": len(seeds),
                "mutants": sum(counts.values()),
                **{key: counts.get(key, 0) for key in ("read", "refused")},
                "findings": len(found),
                "slowest_s": round(slowest, 2),
                "largest_mib": round(largest),
                "seconds": round(time.perf_counter() - started),
            }
        )
        findings += found
        print_row(rows[-1], header=len(rows) == 1)
    for line in summaries(findings):
        print(line)
    print(f"{len(findings)} findings in {time.perf_counter() - began:.0f} s")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"count": options.count, "rows": rows, "findings": [f._asdict() for f in findings]}, indent=1)
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(bool(findings))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="mutants a form")
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--form", action="append", choices=FORMS, help="only this form; may be given again")
    parser.add_argument("--only", help="decode one mutant here, for example kern:4711, and show what happens")
    parser.add_argument("--save", type=Path, help="with --only: write the mutant to this file")
    parser.add_argument("--encode", action="store_true", help="also write what was read, in every form")
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    return parser.parse_args()


def reproduce(name: str, save: Path | None) -> int:
    """Make one mutant again and decode it in this process, with its traceback if it has one."""
    form, _, number = name.partition(":")
    data, seed = make_mutant(form, int(number), seeds_of(form))
    print(f"{name}: {len(data):,} bytes, made from {seed}")
    if save:
        save.write_bytes(data)
    outcome, detail = try_one(form, data, encode=True)
    print(f"{outcome}: {detail}")
    return int(outcome not in ("read", "refused"))


def print_row(row: dict[str, object], *, header: bool) -> None:
    if header:
        print(" ".join(f"{key:>11}" if key != "form" else f"{key:9}" for key in row))
    print(" ".join(f"{value:>11}" if key != "form" else f"{value:9}" for key, value in row.items()), flush=True)


def summaries(findings: list[Finding]) -> Iterator[str]:
    """One line a kind of finding: how many, and the first numbers."""
    kinds = Counter((f.form, f.outcome, f.detail) for f in findings)
    for (form, outcome, detail), count in kinds.most_common():
        numbers = [f.number for f in findings if (f.form, f.outcome, f.detail) == (form, outcome, detail)]
        shown = ", ".join(f"{form}:{n}" for n in numbers[:4])
        yield f"{count:5} x {outcome}: {detail}  [{shown}{', ...' if count > 4 else ''}]"


if __name__ == "__main__":
    sys.exit(main())
