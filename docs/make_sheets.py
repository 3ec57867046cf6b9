"""Draw the contact sheets of docs/images: sixteen sketches after five pieces of a style that nothing was trained on.

python docs/make_sheets.py [--midi FOLDER]

Styles by name, pieces and sketches by seed: nothing is chosen by hand. The first five pieces in the order of seed 0 are
the support set, as in `bench/sketchpad.py`. With --midi the sketches are written there too, to listen to.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import fewnotes
from fewnotes.measure.bank import load_bank
from fewnotes.meta import split
from fewnotes.render.sheet import Cell, sheet_png
from fewnotes.uses.sketch import Sketch

IMAGES = Path(__file__).parent / "images"
#: Style of meta-test and what to call it.
STYLES = {
    "m21_northumbrian": "Northumbrian pipe tunes",
    "m21_palestrina_mass": "masses by Palestrina",
    "nottingham_waltz": "waltzes with chords from Nottingham",
}
SHOT, COUNT, SEED = 5, 16, 1


def main() -> None:
    """All sheets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--midi", type=Path)
    arguments = parser.parse_args()
    bank = load_bank((split.TEST,))
    for name, words in STYLES.items():
        order = np.random.default_rng(0).permutation(bank.styles()[name]).tolist()
        style = fewnotes.learn([bank.pieces[i] for i in order[:SHOT]], name=name, engine="markov,gan,relation")
        found = Sketch(style=style, count=COUNT, seed=SEED).run()
        cells = [
            Cell(idea.piece, (f"{n}", f"relation {idea.relation:.2f}, longest shared run {idea.longest_run} notes"))
            for n, idea in enumerate(found.ideas, 1)
        ]
        title = f"Sketches after five {words}, seed {SEED}: {len(cells)} of {3 * COUNT} drawn"
        (IMAGES / f"sheet-{name.replace('_', '-')}.png").write_bytes(sheet_png(cells, title, scale=1.0))
        print(name, len(found.ideas), found.dropped)
        for number, idea in enumerate(found.ideas, 1):
            if arguments.midi:
                arguments.midi.mkdir(parents=True, exist_ok=True)
                fewnotes.write(idea.piece, arguments.midi / f"{name}-{number:02}.mid")


if __name__ == "__main__":
    main()
