"""Copy finding: what a piece shares with sources, in any key and any tempo.

Four views, since each misses something: the longest run of equal melodic steps (lines), the share of a window
that is one moved copy of a source (sets), piano-roll overlap (memorised outputs), and a report bar by bar.
Thresholds are no part of this: how much sharing is usual, `borrowing` measures on the pieces themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.bars import BarMatch as BarMatch
from fewnotes.music.similarity.bars import bar_by_bar as bar_by_bar
from fewnotes.music.similarity.passages import Passage as Passage
from fewnotes.music.similarity.passages import longest_of_each, longest_runs
from fewnotes.music.similarity.roll import Jaccard as Jaccard
from fewnotes.music.similarity.roll import jaccard as jaccard
from fewnotes.music.similarity.windows import Window as Window
from fewnotes.music.similarity.windows import window_shares as window_shares


@dataclass(frozen=True)
class Sharing:
    """What a piece shares with sources.

    nearest: the longest passages, longest first. shared_share: share of notes in runs of eight notes or more.
    windows: best cardinality match of each window of eight beats. bars: best match of each bar.
    same_piece: index of a source with the same notes at the same places in some key, else -1.
    """

    nearest: tuple[Passage, ...]
    shared_share: float
    windows: tuple[Window, ...]
    overlap: Jaccard
    bars: tuple[BarMatch, ...]
    same_piece: int

    @property
    def longest_run(self) -> int:
        """Notes of the longest shared run, 0 if there is none of three notes or more."""
        return self.nearest[0].notes if self.nearest else 0

    @property
    def cardinality(self) -> float:
        """The largest share of a window that is one translation of a source."""
        return max((w.share for w in self.windows), default=0.0)

    def to_dict(self) -> dict[str, Any]:
        return {
            "longest_run": self.longest_run,
            "nearest": [p.to_dict() for p in self.nearest],
            "shared_share": round(self.shared_share, 4),
            "cardinality": self.cardinality,
            "windows": [w.to_dict() for w in self.windows],
            "overlap": self.overlap.to_dict(),
            "bars": [b.to_dict() for b in self.bars],
            "same_piece": self.same_piece,
        }


@dataclass(frozen=True)
class Borrowing:
    """How much pieces of one style share among themselves, each held against all others.

    longest_runs: notes, one a piece. cardinalities: best window, one for each piece that was looked at.
    """

    longest_runs: tuple[int, ...] = ()
    cardinalities: tuple[float, ...] = ()

    @property
    def usual_run(self) -> int:
        """The longest run that 95 % of the pieces stay at or below; 0 with fewer than two pieces."""
        return int(np.percentile(self.longest_runs, 95, method="lower")) if self.longest_runs else 0

    @property
    def usual_cardinality(self) -> float:
        return float(np.percentile(self.cardinalities, 95)) if self.cardinalities else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "longest_runs": list(self.longest_runs),
            "cardinalities": list(self.cardinalities),
            "usual_run": self.usual_run,
            "usual_cardinality": round(self.usual_cardinality, 4),
        }


def shared_passages(piece: Piece, sources: Sequence[Piece], limit: int = 5) -> tuple[Passage, ...]:
    """The longest passages that `piece` shares with any source, longest first; equal intervals and proportions."""
    return longest_runs(piece, sources, limit)[0]


def sharing(piece: Piece, sources: Sequence[Piece], limit: int = 5) -> Sharing:
    """All four views at once."""
    nearest, share = longest_runs(piece, sources, limit)
    return Sharing(
        nearest=nearest,
        shared_share=share,
        windows=tuple(window_shares(piece, sources)),
        overlap=jaccard(piece, sources),
        bars=bar_by_bar(piece, sources),
        same_piece=next((i for i, source in enumerate(sources) if _same(piece, source)), -1),
    )


def borrowing(pieces: Sequence[Piece], most_pieces: int = 6, most_windows: int = 8) -> Borrowing:
    """How much the pieces share among themselves: each against all others.

    Runs are measured on all pieces; window shares on `most_pieces` of them and `most_windows` windows of each,
    evenly spread, against at most twelve others.
    """
    if len(pieces) < 2:
        return Borrowing()
    runs = longest_of_each(pieces)
    chosen = np.unique(np.linspace(0, len(pieces) - 1, min(most_pieces, len(pieces))).astype(int)).tolist()
    best = []
    for index in chosen:
        others = [p for i, p in enumerate(pieces) if i != index][:12]
        windows = window_shares(pieces[index], others, most_windows)
        best.append(max((w.share for w in windows), default=0.0))
    return Borrowing(tuple(runs), tuple(best))


def _same(piece: Piece, source: Piece) -> bool:
    """The same notes in the same order at the same distances, in any key and resolution; tracks do not count."""
    if len(piece.notes) != len(source.notes) or not len(piece.notes):
        return False

    def shape(work: Piece) -> list[tuple[float, int]]:
        onset = work.notes["onset_tick"] / work.ticks_per_quarter
        lowest = int(work.notes["pitch"].min())
        first = float(onset.min())
        pairs = zip(onset.tolist(), work.notes["pitch"].tolist(), strict=True)
        return sorted((round(t - first, 3), p - lowest) for t, p in pairs)

    return shape(piece) == shape(source)
