"""What the relation recipe trains on: segments and statistics of every piece of meta-train and meta-validation.

Made once from the corpus, kept in the work folder. A piece has several views: whole, either half, its melody alone,
either half of that. Styles known by their melodies are many more kinds of style than those that were written as one
line.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from fewnotes.meta.preprocess import normalised
from fewnotes.meta.roles import Role, roles
from fewnotes.meta.segments import FAMILIES, STEPS, Segments, rolls, segments
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import STATISTICS, statistics
from fewnotes.music.time import barlines

#: Views of a piece for which statistics are kept, in this order.
VIEWS = ("whole", "first half", "second half", "melody", "melody, first half", "melody, second half")
_LEAST_NOTES = 24
#: Segments of a piece to train on at most.
MOST_KEPT = 24


@dataclass
class TrainingSet:
    """cells of segment i: cells[cell_starts[i]:cell_starts[i + 1]]; segments of piece p: starts[p] to starts[p + 1].

    statistics: (pieces, views, F), raw. styles, families, periods: names, a piece each.
    """

    cells: np.ndarray
    cell_starts: np.ndarray
    meter: np.ndarray
    families: np.ndarray
    starts: np.ndarray
    statistics: np.ndarray
    styles: np.ndarray
    family: np.ndarray
    period: np.ndarray
    split: np.ndarray

    def batch(self, chosen: np.ndarray, shifts: np.ndarray | None = None, keep: np.ndarray | None = None):
        """Rolls, meter and families of segments by number."""
        cells = [self.cells[self.cell_starts[i] : self.cell_starts[i + 1]] for i in chosen.tolist()]
        meter = np.unpackbits(self.meter[chosen], axis=-1, count=STEPS)
        return rolls(cells, shifts, keep), meter, self.families[chosen]


def views(piece: Piece) -> list[Piece]:
    """The views of a normalised piece; a view with too few notes is the whole instead."""
    found = []
    for base in (piece, _melody(piece)):
        bars = len(barlines(base)) - 1
        halves = [(0, bars - 1)] if bars < 8 else [(0, bars // 2 - 1), (bars // 2, bars - 1)]
        cut = [base]
        for number in range(2):
            cut.append(slice_bars(base, *halves[number]) if len(halves) > 1 else base)
        found += [c if len(c.notes) >= _LEAST_NOTES else base for c in cut]
    return found


def _melody(piece: Piece) -> Piece:
    rows = piece.notes[roles(piece) == Role.MELODY]
    return replace(piece, notes=rows.copy()) if len(rows) >= _LEAST_NOTES else piece


def prepare(entries, splits, path: Path, workers: int, progress) -> None:
    """Write the training set of corpus entries to one file."""
    cells, cell_counts, meter, families, counts, table = [], [], [], [], [], []
    with ProcessPoolExecutor(workers, get_context("fork")) as pool:
        for done, (found, values) in enumerate(pool.map(_of_piece, (e.piece for e in entries), chunksize=8)):
            if done % 100 == 0:
                progress(done, len(entries), "Preparing")
            cells.append(found.cells)
            cell_counts.append(np.diff(found.starts))
            meter.append(np.packbits(found.meter, axis=-1))
            families.append(found.families)
            counts.append(len(found))
            table.append(values)
    np.savez(
        path,
        cells=np.concatenate(cells),
        cell_starts=np.cumsum([0, *np.concatenate(cell_counts)]),
        meter=np.concatenate(meter),
        families=np.concatenate(families).reshape(-1, FAMILIES),
        starts=np.cumsum([0, *counts]),
        statistics=np.array(table, np.float32).reshape(len(entries), len(VIEWS), len(STATISTICS)),
        styles=np.array([e.row.style for e in entries]),
        family=np.array([e.row.family for e in entries]),
        period=np.array([e.row.period for e in entries]),
        split=np.array(splits),
    )


def _of_piece(piece: Piece) -> tuple[Segments, list[np.ndarray]]:
    piece = normalised(piece)
    return segments(piece, MOST_KEPT), [statistics(view) for view in views(piece)]


def load(path: Path) -> TrainingSet:
    """Read what `prepare` wrote."""
    with np.load(path) as file:
        return TrainingSet(**{name: file[name] for name in file.files})
