"""What the net has heard before it writes: excerpts of the pieces of the style, one after another, as in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.events import Events, begin
from fewnotes.meta.events.excerpts import joined, plain

#: Events heard in all, and notes of a piece at most.
HEARD, _EXCERPT = 256, 128


def heard(pieces: Sequence[Events], first: int, rng: np.random.Generator, count: int = HEARD) -> NDArray[np.int32]:
    """(count, F): excerpts of pieces, the last of them of the piece `first`."""
    order = rng.permutation([i for i in range(len(pieces)) if i != first] or [first]).tolist()
    parts: list[NDArray[np.int32]] = [_excerpt(pieces[first])]
    total, turn = len(parts[0]), 0
    while total < count:
        part = _excerpt(pieces[order[turn % len(order)]])
        parts.insert(0, part[: max(1, count - total)])
        total += len(parts[0])
        turn += 1
    return joined(parts)[-count:]


def _excerpt(piece: Events) -> NDArray[np.int32]:
    """The beginning of a piece, of which nothing was asked."""
    return plain(begin(piece, piece.rows[:_EXCERPT]))
