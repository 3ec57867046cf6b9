"""The demo: learn a style from five chorales, compose three pieces in it, look, listen, and check.

    python examples/demo.py --out demo-output

The chorales come from the corpus inside music21. Everything below is the public API.
"""

from __future__ import annotations

import argparse
import importlib.util
import textwrap
import time
import warnings
from pathlib import Path

import fewnotes as fn
from fewnotes.music.pitch import key_name
from fewnotes.music.time import bars
from fewnotes.render import render

CHORALES = ("bwv259.mxl", "bwv263.mxl", "bwv292.mxl", "bwv318.mxl", "bwv339.mxl")


def corpus_folder() -> Path:
    """Where the chorales are: music21 is installed for its corpus, and need not be imported."""
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        raise SystemExit("The demo learns from the corpus of music21.\nFix: pip install 'fewnotes[all]'")
    return Path(spec.origin).parent / "corpus" / "bach"


def facts(piece: fn.Piece) -> str:
    """One line about a piece."""
    meter = f"{piece.meters[0].numerator}/{piece.meters[0].denominator}" if piece.meters else "4/4"
    key = key_name(piece.keys[0].fifths, piece.keys[0].mode) if piece.keys else "no key given"
    return f"{len(bars(piece)):3} bars, {meter}, {key}, {len(piece)} notes in {len(piece.tracks)} parts"


def main() -> None:
    """Run the demo."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("demo-output"), help="folder for what the demo writes")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other music")
    args = parser.parse_args()
    began = time.perf_counter()
    warnings.simplefilter("ignore", fn.MusicWarning)

    print("1. Five chorales")
    pieces = [fn.read(corpus_folder() / name, repeats=False) for name in CHORALES]
    for name, piece in zip(CHORALES, pieces, strict=True):
        print(f"   {name:12} {facts(piece)}")

    style = fn.learn(pieces, name="chorale")
    print(f"\n2. What was learned (engine: {', '.join(style.parts)})")
    for line in fn.describe(style):
        print(textwrap.fill(line, 100, initial_indent="   - ", subsequent_indent="     "))

    print("\n3. Three new pieces, best first")
    written: list[Path] = []
    for number, draft in enumerate(fn.compose(style, bars=16, candidates=3, seed=args.seed), start=1):
        check = fn.check(draft, style)
        print(f"   {number}: {facts(draft)}; longest passage shared with a chorale: {check.longest_run} notes")
        for suffix in (".mid", ".musicxml", ".svg", ".png", ".wav"):
            target = args.out / f"chorale-{number}{suffix}"
            if suffix in (".mid", ".musicxml"):
                fn.write(draft, target)
                written.append(target)
            else:
                written.extend(render(draft, target).paths)

    print("\n4. Does the style know its own?")
    sibling = fn.read(corpus_folder() / "bwv262.mxl", repeats=False)
    stranger = fn.read(corpus_folder().parent / "ryansMammoth" / "AcaciaReel.abc", repeats=False)
    for label, piece in (("another chorale", sibling), ("a fiddle tune", stranger)):
        print(f"   {label:16} relation {fn.compare(piece, style).relation:.2f}")

    print(f"\nDone in {time.perf_counter() - began:.1f} s. Written:")
    for path in written:
        print(f"   {path}")


if __name__ == "__main__":
    main()
