"""What the composer trains on: the events of every piece of meta-train and meta-validation.

python recipes/composer_data.py --work WORK [--workers 2]
"""

from __future__ import annotations

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from gan_data import vector_of

from fewnotes.meta import split
from fewnotes.meta.corpus import load, table
from fewnotes.meta.events import Events, events
from fewnotes.meta.preprocess import normalised
from fewnotes.music.piece import Piece


@dataclass
class EventSet:
    """Events of all pieces one after another, each twice. rows: (N, F). starts: (P + 1,). vectors: by the judge, (P,
    D).

    own_tracks: whether its tracks are its own, else one a role and family. The rest (P,).
    """

    rows: np.ndarray
    starts: np.ndarray
    minor: np.ndarray
    styles: np.ndarray
    split: np.ndarray
    vectors: np.ndarray
    own_tracks: np.ndarray

    def of(self, piece: int) -> Events:
        return Events(self.rows[self.starts[piece] : self.starts[piece + 1]], bool(self.minor[piece]), 0)


def of_piece(piece: Piece) -> tuple[Events, Events]:
    """With a track for each role and family, as pieces are measured, and with its own tracks, as they are written."""
    return events(normalised(piece)), events(normalised(piece, parts=True))


def main() -> None:
    """Read, count, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    rows = [r for r in table("shared") if r.may_ship and r.key not in split.removed_keys()]
    entries = [e for e in load(rows).entries if len(e.piece.notes) >= 24]
    with ProcessPoolExecutor(arguments.workers, get_context("spawn")) as pool:
        pieces = [e.piece for e in entries]
        both = list(pool.map(of_piece, pieces, chunksize=8))
        vectors = list(pool.map(vector_of, pieces, chunksize=8))
    found = [one for one, _ in both] + [other for _, other in both]
    arguments.work.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        arguments.work / "composer-data.npz",
        rows=np.concatenate([e.rows for e in found]).astype(np.int32),
        starts=np.cumsum([0, *(len(e.rows) for e in found)]),
        minor=np.array([e.minor for e in found]),
        styles=np.tile(np.array([e.row.style for e in entries]), 2),
        split=np.tile(np.array([split.split_of(e.row) for e in entries]), 2),
        vectors=np.tile(np.array(vectors, np.float32), (2, 1)),
        own_tracks=np.repeat([False, True], len(entries)),
    )
    print(f"{sum(len(e.rows) for e in found):,} events of {len(found):,} pieces")


def load_events(work: Path) -> EventSet:
    """Read what `main` wrote."""
    with np.load(work / "composer-data.npz") as file:
        return EventSet(**{name: file[name] for name in file.files})


if __name__ == "__main__":
    main()
