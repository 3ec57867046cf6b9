"""What the sketch pad trains on: phrases of all pieces of meta-train and meta-validation, and how the judge hears each.

    python recipes/gan_data.py --work WORK [--workers 2]

Made once from the corpus, kept in the work folder as gan-data.npz.
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fewnotes.meta import split
from fewnotes.meta.corpus import load, table
from fewnotes.meta.phrases import LINES, Frame, Phrase, phrases
from fewnotes.meta.preprocess import normalised
from fewnotes.music.piece import Meter, Piece

#: Phrases of one piece at most.
MOST = 24


@dataclass
class PhraseSet:
    """tokens: (LINES, all slots), phrase i at starts[i]:starts[i + 1]. frame: (n, 3): numerator, denominator, slots.

    minor: (n,). piece: (n,), index into styles, split and vectors (P, D).
    """

    tokens: np.ndarray
    starts: np.ndarray
    frame: np.ndarray
    minor: np.ndarray
    lost: np.ndarray
    piece: np.ndarray
    styles: np.ndarray
    split: np.ndarray
    vectors: np.ndarray

    def phrase(self, i: int) -> Phrase:
        numerator, denominator, slots = self.frame[i].tolist()
        a, b = self.starts[i], self.starts[i + 1]
        return Phrase(self.tokens[:, a:b], Frame(Meter(0, numerator, denominator), slots), bool(self.minor[i]))


def of_piece(piece: Piece) -> list[Phrase]:
    return phrases(normalised(piece), MOST)


def vector_of(piece: Piece) -> np.ndarray:
    import torch

    from fewnotes.engines.relation import judge

    torch.set_num_threads(1)
    return judge().embed([piece])[0]


def main() -> None:
    """Cut, hear, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    rows = [r for r in table("shared") if r.may_ship and r.key not in split.removed_keys()]
    entries = load(rows).entries
    pieces = [e.piece for e in entries]
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        cut = list(pool.map(of_piece, pieces, chunksize=8))
        print("cut", flush=True)
        vectors = list(pool.map(vector_of, pieces, chunksize=8))
    every = [(i, phrase) for i, found in enumerate(cut) for phrase in found]
    arguments.work.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.work / "gan-data.npz",
        tokens=np.concatenate([np.zeros((LINES, 0), np.uint8), *(p.tokens for _, p in every)], axis=1),
        starts=np.cumsum([0, *(p.frame.length for _, p in every)]),
        frame=np.array(
            [(p.frame.meter.numerator, p.frame.meter.denominator, p.frame.slots) for _, p in every], np.int16
        ),
        minor=np.array([p.minor for _, p in every]),
        lost=np.array([p.lost for _, p in every], np.float32),
        piece=np.array([i for i, _ in every], np.int32),
        styles=np.array([e.row.style for e in entries]),
        split=np.array([split.split_of(e.row) for e in entries]),
        vectors=np.array(vectors, np.float32),
    )
    lost = np.array([p.lost for _, p in every])
    print(f"{len(every)} phrases of {len(entries)} pieces; lost {lost.mean():.3f} of notes")


def load_phrases(work: Path) -> PhraseSet:
    """Read what `main` wrote."""
    with np.load(work / "gan-data.npz") as file:
        return PhraseSet(**{name: file[name] for name in file.files})


if __name__ == "__main__":
    main()
