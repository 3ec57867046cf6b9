"""Do real files read as they should, and come back from every form we write? Differences must be told by a Notice.

    python bench/roundtrip.py [--files 80] [--full] [--form FORM ...] [--out JSON]

First table, where the developers' pairs are: files read as published, against the MIDI made from each by others:
notes (onset, duration, pitch), their number, and bars. Second table: files of four forms read, written as MIDI,
MusicXML and ABC, and read again: notes, grace notes, meters, keys, tempos, pickup and barlines are compared exactly.

A difference is explained when the writer's or reader's Notices name that kind of loss, or, in the first table, by a
reason listed in `roundtrip_pairs.KNOWN`. Exits with 1 if one is not.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from fewnotes.codecs import DecodeOptions
from fewnotes.errors import FewnotesError
from fewnotes.registry import find
from roundtrip_compare import Verdict, differences, explained
from roundtrip_pairs import check_pairs, sample_of

SOURCES = ("midi", "musicxml", "abc", "kern")
TARGETS = ("midi", "musicxml", "abc")
OUTCOMES = ("exact", "explained", "unexplained")
PIECES_A_FILE = 3


def there_and_back(form: str, path: Path) -> list[Verdict]:
    """Every piece of a file (three at most) written in every form and read again."""
    name = path.name
    try:
        pieces = find("codecs", form).decode(path.read_bytes(), DecodeOptions(repeats=False))[:PIECES_A_FILE]
    except FewnotesError as error:
        return [Verdict(form, "read", name, "unexplained", str(error).replace("\n", " "))]
    verdicts = []
    for piece in pieces:
        for target in TARGETS:
            codec = find("codecs", target)
            try:
                encoded = codec.encode(piece)
                (back,) = codec.decode(encoded.data, DecodeOptions(repeats=False))
            except (FewnotesError, ValueError) as error:
                verdicts.append(Verdict(form, target, name, "unexplained", f"{type(error).__name__}: {error}"))
                continue
            codes = {notice.code for notice in (*encoded.warnings, *back.warnings)}
            found = differences(piece, back)
            left = {aspect: text for aspect, text in found.items() if not explained(aspect, codes)}
            outcome = "exact" if not found else "unexplained" if left else "explained"
            detail = "; ".join(f"{aspect}: {text}" for aspect, text in (left or found).items())
            verdicts.append(
                Verdict(form, target, f"{name} ({piece.title})" if len(pieces) > 1 else name, outcome, detail)
            )
    return verdicts


def table(verdicts: list[Verdict], title: str) -> list[dict[str, object]]:
    """Print a row for each pair of forms; returns the rows."""
    print(f"\n{title}\n{'from':10} {'to':10} {'pieces':>7} " + " ".join(f"{o:>11}" for o in OUTCOMES))
    counts = Counter((v.source, v.target, v.outcome) for v in verdicts)
    rows = []
    for source, target in dict.fromkeys((v.source, v.target) for v in verdicts):
        numbers = {o: counts[(source, target, o)] for o in OUTCOMES}
        print(f"{source:10} {target:10} {sum(numbers.values()):7} " + " ".join(f"{n:11}" for n in numbers.values()))
        rows.append({"from": source, "to": target, **numbers})
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=80, help="files of each form for writing and reading again")
    parser.add_argument("--full", action="store_true", help="400 files of each form, large ones among them")
    parser.add_argument("--form", action="append", choices=SOURCES, help="only files of this form; may be given again")
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args()
    began = time.perf_counter()
    pairs = [v for v in check_pairs() if not options.form or v.source in options.form]
    if not pairs:
        print("Pairs skipped: there are none here")
    rows = table(pairs, "Read, against the MIDI that others made of it")
    again: list[Verdict] = []
    files = 0
    for form in options.form or SOURCES:
        paths = sample_of(form, 400 if options.full else options.files, 4_000_000 if options.full else 150_000)
        files += len(paths)
        for path in paths:
            again += there_and_back(form, path)
    rows += table(again, f"Read, written and read again: {files} files")
    open_cases = [v for v in (*pairs, *again) if v.outcome == "unexplained"]
    for v in open_cases[:60]:
        print(f"unexplained {v.source} -> {v.target}: {v.name}: {v.detail[:160]}")
    print(f"{len(pairs) + files} files, {len(open_cases)} unexplained; {time.perf_counter() - began:.0f} s")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        result = {"files": len(pairs) + files, "rows": rows, "not_exact": [
            v._asdict() for v in (*pairs, *again) if v.outcome != "exact"
        ]}  # fmt: skip
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return int(bool(open_cases))


if __name__ == "__main__":
    sys.exit(main())
