"""A piece as symbols, with what is known before each: what the rows that count read.

The alphabet is that of `fewnotes.engines.markov.bits`, whose `tell` gives the symbols: every note is told in three
steps, how long after the note before it in its track it begins (0 to 192 twelfths of a quarter), how long it lasts
(1 to 192, here 0 to 191), and which of the 128 keys it is once the piece is moved to a tonic of C or A.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.markov.bits import tell
from fewnotes.music.piece import Piece

Ints = NDArray[np.int64]

ONSET, LENGTH, PITCH = range(3)
#: How many symbols each step has.
SIZES = (193, 192, 128)
#: How many facts are known before each symbol.
FACTS = 4
#: What stands for a note before the first, in symbols.
_NONE = -1


class Told(NamedTuple):
    """symbols: shape (T, 3), in the order of `piece.notes`. tracks: shape (T,), which line each note belongs to."""

    symbols: Ints
    tracks: Ints

    def facts(self) -> Ints:
        """What is known before each symbol, most telling first, from the same track: shape (3, T, FACTS).

        Onset: length and onset of the note before, and of the one before that. Length: the note's own onset, then the
        length and onset of the note before and the length of the one before that. Pitch: the pitch before, the note's
        own onset (0 is a chord), and the two pitches before that.
        """
        before = _before(self.tracks)
        padded = np.concatenate([self.symbols, np.full((1, 3), _NONE)])
        steps = [before]
        while len(steps) < 3:
            steps.append(np.append(before, -1)[steps[-1]])
        (a1, d1, p1), (a2, d2, p2), (_, _, p3) = (padded[i].T for i in steps)
        now = self.symbols[:, ONSET]
        rows = ((d1, a1, d2, a2), (now, d1, a1, d2), (p1, now, p2, p3))
        return np.stack([np.stack(row, axis=1) for row in rows])


def read(piece: Piece, first_notes: int | None = None) -> Told:
    """The symbols of a piece, or of its first notes. The key is that of the whole piece."""
    symbols = np.asarray([told.symbols for told in tell(piece, first_notes)], np.int64).reshape(-1, 3)
    symbols[:, LENGTH] -= 1
    return Told(symbols, piece.notes["track"][:first_notes].astype(np.int64))


#: The same support pieces come back at every draw.
read_again = lru_cache(maxsize=2048)(read)


def _before(tracks: Ints) -> Ints:
    """Index of the note before in the same track, -1 where there is none: shape (T,)."""
    found = np.full(len(tracks), -1, np.int64)
    for track in np.unique(tracks):
        mine = np.flatnonzero(tracks == track)
        found[mine[1:]] = mine[:-1]
    return found
