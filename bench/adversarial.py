"""Does reading bad, odd and hostile files end as the kit says: right music, a visible warning, or a clear refusal?

    python bench/adversarial.py [--kit DIR] [--isolated] [--only TEXT] [--out JSON]

The kit is a folder with files, `manifest.csv`, `probe.py` (runs a loader on every file in a fork of its own, with
limits) and `judge.py` (compares with the manifest). Both run as programs; this file is the loader they are given.
By default files are decoded in the probe's own fork, so that time, memory and exceptions are those of our readers;
`--isolated` takes the road of `fewnotes.read_all`, with its own child process.

Exits with 1 below 95 % of rows as the manifest asks, and on any crash, hang, memory error, or refusal that is not a
FewnotesError with what, and what was expected or how to fix it, in at most three lines.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from fewnotes import errors
from fewnotes.codecs._intake import all_codecs
from fewnotes.errors import FewnotesError

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("FEWNOTES_SHARED", ROOT.parent / "shared"))
SECONDS = 5.0
MIB = 256
NEEDED_SHARE = 0.95
NEVER = ("crash", "hang", "oom", "untyped")
MODEL_SUFFIXES = (".safetensors", ".npy", ".pt", ".json", ".style")


#: Loaded with this file: the probe measures memory above that of the idle program.
CODECS = all_codecs()


class BadRefusal(Exception):
    """A refusal that does not say enough, or says too much."""


def load(path: str) -> int | None:
    """What the probe calls on every file: number of notes, None for a model file that verifies."""
    return _load(path, isolate=False)


def load_isolated(path: str) -> int | None:
    """The same through the child process that users have."""
    return _load(path, isolate=True)


def _load(path: str, *, isolate: bool) -> int | None:
    try:
        if path.endswith(MODEL_SUFFIXES):
            from fewnotes import store

            store.verify_file(Path(path))
            return None
        from fewnotes.files import read_all

        return sum(len(piece.notes) for piece in read_all(path, isolate=isolate))
    except FewnotesError as error:
        fault = refusal_fault(error)
        if fault:
            raise BadRefusal(f"{fault}: {str(error)[:100]!r}") from error
        raise


def refusal_fault(error: FewnotesError) -> str:
    """What is wrong with the text of a refusal; empty if it is as it should be."""
    if len(str(error).splitlines()) > 3:
        return "more than three lines"
    if not error.what:
        return "does not say what happened"
    if not (error.expected or error.fix):
        return "says neither what was expected nor how to fix it"
    return ""


def typed_names() -> set[str]:
    """Names of all exceptions a reader may end with."""
    return {k for k, v in vars(errors).items() if isinstance(v, type) and issubclass(v, FewnotesError)}


def probe(kit: Path, loader: str, only: str, results: Path) -> None:
    """Run the kit's own probe over its files with the limits of this benchmark."""
    command = [sys.executable, str(kit / "probe.py"), "--kit", str(kit), "--out", str(results)]
    command += ["--seconds", str(SECONDS + (3 if "isolated" in loader else 0)), "--mib", str(MIB * 4)]
    command += ["--only", only, f"adversarial:{loader}"]
    subprocess.run(command, cwd=Path(__file__).parent, check=True)


def judge(kit: Path, loader: str, results: Path) -> tuple[str, dict[str, str]]:
    """The kit's own table, and the verdict on every row that did not pass."""
    name = f"adversarial:{loader}"
    command = [sys.executable, str(kit / "judge.py"), str(results), "--kit", str(kit), "--show", name]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("loader "))
    verdicts = dict(reversed(line.split(" ", 2)[:2]) for line in lines[:begin])
    return "\n".join(lines[begin:]), verdicts


def findings(rows: list[dict[str, str]], verdicts: dict[str, str], manifest: dict[str, Any]) -> list[dict[str, str]]:
    """Rows that do not pass, ours on top of the kit's: untyped or badly worded refusals, over 5 s or 256 MiB."""
    typed = typed_names()
    found = []
    for row in rows:
        outcome = row["outcome"].removeprefix("use:")
        verdict = verdicts.get(row["file"], "pass")
        if outcome == "BadRefusal":
            verdict = "wording"
        elif outcome not in typed and outcome not in ("ok", "HANG", "MemoryError") and verdict not in NEVER:
            verdict = "untyped"
        elif verdict == "pass" and (float(row["seconds"]) > SECONDS + 3 or float(row["peak_mib"]) > MIB):
            verdict = "heavy"
        if verdict != "pass":
            wanted = manifest[row["file"]]
            keep = {k: row[k] for k in ("file", "outcome", "notes", "seconds", "peak_mib", "flags", "message")}
            found.append({"verdict": verdict, "wrong": wanted["wrong"], "expect": wanted["expect"], **keep})
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kit", type=Path, default=SHARED / "adversarial")
    parser.add_argument("--isolated", action="store_true", help="read through the child process, as users do")
    parser.add_argument("--only", default="", help="rows whose file name holds this text")
    parser.add_argument("--out", type=Path, help="write the results as JSON")
    options = parser.parse_args()
    kit = options.kit.resolve()
    if not (kit / "probe.py").is_file():
        print(f"Skipped: there is no kit at {kit}")
        return 0
    loader = "load_isolated" if options.isolated else "load"
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        results = Path(folder) / "results.csv"
        probe(kit, loader, options.only, results)
        table, verdicts = judge(kit, loader, results)
        rows = list(csv.DictReader(results.open(encoding="utf-8")))
    manifest = {row["file"]: row for row in csv.DictReader((kit / "manifest.csv").open(encoding="utf-8"))}
    found = findings(rows, verdicts, manifest)
    share = 1 - len(found) / max(1, len(rows))
    never = [f for f in found if f["verdict"] in (*NEVER, "wording")]
    print(table)
    for f in found:
        print(f"{f['verdict']:8} {f['file']:40} must {f['expect']:6} got {f['outcome']} {f['notes']} {f['message']}")
    slowest = max((float(row["seconds"]) for row in rows), default=0.0)
    largest = max((float(row["peak_mib"]) for row in rows), default=0.0)
    print(
        f"{len(rows) - len(found)} of {len(rows)} rows pass ({share:.1%}), {len(never)} of a kind that may never be;"
        f" slowest {slowest:.2f} s, largest {largest:.0f} MiB; {time.perf_counter() - began:.0f} s in all"
    )
    if options.out:
        summary = {"rows": len(rows), "pass": len(rows) - len(found), "share": share, "slowest_s": slowest}
        text = json.dumps({**summary, "largest_mib": largest, "loader": loader, "findings": found}, indent=1)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text + "\n", encoding="utf-8")
    return int(share < NEEDED_SHARE or bool(never))


if __name__ == "__main__":
    sys.exit(main())
