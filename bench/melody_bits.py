"""How many bits a note does the Markov predictor need, next to print? (Pearce & Wiggins 2004; Pearce 2005, table 6.6)

Data: the German `kinder` songs of the Essen collection as the music21 package holds them: 213 tunes, 8,393 notes.
Protocol: pitch only, alphabet of the pitches of all tunes, ten random folds, the first note counts; bits a note is
the mean over the notes of a tune, then over the tunes of a fold, then over folds (that mean meets the printed
short-term figure, which hardly depends on folds; the mean over all notes of a fold is given beside it).

    python bench/melody_bits.py [--folds 10] [--draws 5] [--out PATH] [FILE.abc ...]
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from fewnotes.codecs import DecodeOptions
from fewnotes.engines.markov.prediction.hybrid import Hybrid
from fewnotes.engines.markov.prediction.ppm import mixture
from fewnotes.registry import find

#: What the hybrid at bias 2 may be off by.
TOLERANCE = 0.03
BIASES = (0, 1, 2, 3, 4, 5, 6, 16, 32)
COLUMNS = ("STM", "LTM", "LTM+", *(f"b={b}" for b in BIASES))
PRINTED = dict(
    zip(COLUMNS, (2.693, 2.428, 2.237, 2.153, 2.120, 2.106, 2.102, 2.104, 2.109, 2.116, 2.176, 2.212), strict=True)
)


def kinder_path() -> Path | None:
    """The `kinder` songs inside the music21 package, found without importing it; None if it is not installed."""
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "corpus" / "essenFolksong" / "kinder0.abc"


def melodies(paths: list[Path]) -> tuple[list[list[int]], int]:
    """Pitches of each tune as symbols 0 to A - 1, and A."""
    tunes = []
    for path in paths:
        for piece in find("codecs", "abc").decode(path.read_bytes(), DecodeOptions(repeats=False)):
            if len(piece.notes):
                tunes.append(piece.notes["pitch"].tolist())
    return as_symbols(tunes)


def as_symbols(tunes: list[list[int]]) -> tuple[list[list[int]], int]:
    """Tunes with their pitches as 0 to A - 1 in order of pitch, and A."""
    symbols = {pitch: i for i, pitch in enumerate(sorted({p for tune in tunes for p in tune}))}
    return [[symbols[p] for p in tune] for tune in tunes], len(symbols)


def fold_indices(count: int, folds: int, seed: int) -> list[list[int]]:
    order = np.random.default_rng(seed).permutation(count)
    return [part.tolist() for part in np.array_split(order, folds)]


def tune_bits(model: Hybrid, tune: list[int]) -> np.ndarray:
    """Bits of every note under every column of the table: shape (T, columns)."""
    model.begin()
    rows = []
    for symbol in tune:
        short, learned, long = (model.predict(m) for m in ("short", "learned", "long"))
        row = [short, learned, long, *(mixture([long, short], b) for b in BIASES)]
        rows.append([-np.log2(p[symbol]) for p in row])
        model.observe(symbol)
    return np.asarray(rows)


def fold_bits(tunes: list[list[int]], alphabet_size: int, test: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """(mean over tunes of the mean over notes, mean over notes) of one fold, for every column."""
    held_out = set(test)
    model = Hybrid(alphabet_size)
    model.learn([tune for i, tune in enumerate(tunes) if i not in held_out])
    bits = [tune_bits(model, tunes[i]) for i in test]
    return np.mean([b.mean(axis=0) for b in bits], axis=0), np.concatenate(bits).mean(axis=0)


def measure(paths: list[Path], folds: int, draws: int) -> dict[str, Any]:
    """The result for the tunes of some ABC files."""
    return measure_tunes(*melodies(paths), folds, draws)


def measure_tunes(tunes: list[list[int]], alphabet_size: int, folds: int, draws: int) -> dict[str, Any]:
    """The result for tunes as symbols 0 to alphabet_size - 1: counts, and bits a note under every column."""
    start = time.perf_counter()
    per_tune, per_note = [], []
    for seed in range(draws):
        both = [fold_bits(tunes, alphabet_size, test) for test in fold_indices(len(tunes), folds, seed)]
        per_tune.append(np.mean([b[0] for b in both], axis=0))
        per_note.append(np.mean([b[1] for b in both], axis=0))
    return {
        "tunes": len(tunes),
        "notes": sum(map(len, tunes)),
        "alphabet": alphabet_size,
        "folds": folds,
        "draws": draws,
        "seconds": round(time.perf_counter() - start, 2),
        "bits_a_note": dict(zip(COLUMNS, np.mean(per_tune, axis=0).round(4).tolist(), strict=True)),
        "spread_over_draws": dict(zip(COLUMNS, np.std(per_tune, axis=0).round(4).tolist(), strict=True)),
        "mean_over_all_notes": dict(zip(COLUMNS, np.mean(per_note, axis=0).round(4).tolist(), strict=True)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--draws", type=int, default=5, help="random divisions into folds, averaged")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    kinder = kinder_path()
    paths = options.files or ([kinder] if kinder else [])
    if not paths:
        print("Skipped: no files given, and the music21 package is not installed")
        return 0
    result = measure(paths, options.folds, options.draws)
    if not options.files:
        result["printed"] = PRINTED
    print(f"{result['tunes']} tunes, {result['notes']:,} notes, {result['alphabet']} pitches; {result['seconds']} s")
    for column in COLUMNS:
        printed = f"   printed {PRINTED[column]:.3f}" if not options.files else ""
        print(f"{column:>5} {result['bits_a_note'][column]:.3f} +- {result['spread_over_draws'][column]:.3f}{printed}")
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    if options.files:
        return 0
    off = result["bits_a_note"]["b=2"] - PRINTED["b=2"]
    print(f"hybrid at bias 2: {off:+.3f} from print; {'ok' if abs(off) <= TOLERANCE else 'NOT'} within {TOLERANCE}")
    return int(abs(off) > TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
