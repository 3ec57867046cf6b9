"""Windows of real music from two collections that nobody confuses, read once a test process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from fewnotes.files import read_each
from fewnotes.measure.generated.excerpts import windows
from fewnotes.music.piece import Piece

BARS = 16
PATTERNS = {"palestrina": "palestrina/Kyrie_*.krn", "dance": "ryansMammoth/*Strathspey.abc"}


@cache
def real_pieces(corpus: Path, name: str) -> tuple[Piece, ...]:
    """Up to 27 pieces long enough for a window."""
    paths = sorted(corpus.glob(PATTERNS[name]))[:27]
    found = [result[0] for _, result in read_each(paths, repeats=False) if isinstance(result, list)]
    return tuple(piece for piece in found if windows(piece, BARS, 1))


@cache
def real_windows(corpus: Path, name: str) -> tuple[Piece, ...]:
    """The first window of each."""
    return tuple(windows(piece, BARS, 1)[0] for piece in real_pieces(corpus, name))
