"""What the uses share that stand on the relation network: a style as its relation part, and pieces as vectors.

part_of(style)              what relation learned of a style; learned now where it was not
indexing.update(library)    reads and listens to what is new among the files of a library
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece
from fewnotes.style import Part, Style

Floats = NDArray[np.float32]
ENGINE = "relation"
_BLOCK = 8192
#: Under this key a part says which checkpoint it was learned with, if it says so.
_CHECKPOINT = "checkpoint"


def part_of(style: Style, progress: Progress = no_progress) -> Part:
    """What the relation engine knows of a style: as it was learned, else learned now from its pieces.

    Raises NotInstalled where torch or the checkpoint is missing, BadInput for a style without notes.
    """
    known = known_part(style)
    if known is not None:
        return known
    pieces = [p for p in style.support if len(p.notes)]
    if not pieces:
        raise BadInput(f"There is not one note in the style {style.name!r}", expected="a style with notes")
    found: Part = relation.learn(pieces, seed=0, progress=progress)
    return found


def known_part(style: Style) -> Part | None:
    """What the relation engine learned of a style, if it was with the checkpoint that is here."""
    known = style.known(ENGINE)
    return known if known is not None and _fits(known.values) else None


def _fits(values: Mapping[str, Any]) -> bool:
    with_checkpoint = values.get(_CHECKPOINT)
    return not isinstance(with_checkpoint, str) or with_checkpoint == relation.judge().digest


def scores(part: Part, vectors: Floats) -> NDArray[np.float64]:
    """Calibrated relation of pieces to a style: vectors (n, D), result (n,)."""
    found = np.zeros(len(vectors))
    for at in range(0, len(vectors), _BLOCK):  # what the head works out is some times as large as what it is given
        found[at : at + _BLOCK] = relation.scores(part, vectors[at : at + _BLOCK])
    return found


def embed(pieces: Sequence[Piece], progress: Progress = no_progress) -> Floats:
    """Vectors of pieces: (n, D). Raises BadInput for a piece without notes, NotInstalled."""
    return np.asarray(relation.judge().embed(pieces, progress), np.float32)
