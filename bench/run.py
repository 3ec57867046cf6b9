"""Run every benchmark at its quick size, one after the other; results go to bench/results/NAME.json.

    python bench/run.py [NAME ...]

A benchmark is a program of its own in this folder; it prints a table, writes JSON with --out, and exits with 1 when
a promise does not hold. What needs data that is not here says so and is skipped.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
#: name -> arguments of the quick size, which `make bench` and CI run
QUICK: dict[str, list[str]] = {
    "reading": [],
    "roundtrip": [],
    "adversarial": [],
    "mutants": ["--count", "300"],
    "melody_bits": [],
    "prediction": ["--quick"],
    "folk_melodies": ["--quick"],
    "kills": ["--count", "40"],
    "recognition": ["--quick"],
    "recommendation": ["--quick"],
    "trust": ["--quick"],
    "scoring": ["--quick"],
    "query": ["--quick"],
    "replay": ["--quick"],
    "personal": ["--quick", "--engines", "gan"],
    "generation": ["--quick"],
    "sketching": ["--quick"],
    "sketchpad": ["--quick"],
    "transfer": ["--quick"],
    "copies": ["--quick"],
    "composer_speed": ["--quick"],
    "leakage": ["--quick"],
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, or all; returns how many failed."""
    failed = []
    for name in names or QUICK:
        began = time.perf_counter()
        print(f"\n=== {name} {' '.join(QUICK[name])}", flush=True)
        out = HERE / "results" / f"{name}-quick.json"
        status = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py"), *QUICK[name], "--out", str(out)], check=False
        ).returncode
        print(f"=== {name}: {'ok' if status == 0 else f'exit {status}'} in {time.perf_counter() - began:.0f} s")
        if status:
            failed.append(name)
    if failed:
        print(f"\nFailed: {', '.join(failed)}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
