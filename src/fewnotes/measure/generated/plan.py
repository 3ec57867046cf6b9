"""Which real pieces are support, which are judged, and which are what a judge learns from.

The pieces of a style long enough to be judged are parted in three once and for all: a pool that support sets are drawn
from, pieces that stand aside and are judged (the row `real`), and a reference that made music is held against. So no
judge has heard a piece that it judges, no piece is both sides of a comparison, and support is never among what the
judge of its draw learned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fewnotes.measure.generated.excerpts import windows
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index

#: A support piece is cut after the bar in which it has this many notes: learning and composing take minutes beyond.
SUPPORT_NOTES = 3000


@dataclass(frozen=True)
class Windows:
    """Windows of real pieces of one style. owner: shape (n,), which piece each was cut from, as index into a bank."""

    pieces: tuple[Piece, ...]
    owner: tuple[int, ...]

    def of(self, owners: Iterable[int]) -> tuple[int, ...]:
        """Places of the windows of some pieces."""
        wanted = set(owners)
        return tuple(i for i, o in enumerate(self.owner) if o in wanted)


@dataclass(frozen=True)
class Parting:
    """The pieces of one style, as indices into a bank: a pool for support, those that are judged, the reference."""

    style: str
    pool: tuple[int, ...]
    aside: tuple[int, ...]
    reference: tuple[int, ...]

    def support(self, shot: int, number: int) -> tuple[int, ...]:
        """The support set of a draw: the pool in order, `shot` pieces a draw, from the front again where it ends."""
        return tuple(self.pool[(number * shot + i) % len(self.pool)] for i in range(shot))

    def taught(self, shot: int, number: int) -> tuple[int, ...]:
        """What a judge of that draw may learn from: neither its support nor what is judged."""
        return (*self.reference, *(i for i in self.pool if i not in self.support(shot, number)))


def parted(style: str, pieces: Sequence[int], shot: int, seed: int = 0) -> Parting | None:
    """A third each, but `shot` pieces or more in the pool; None where that leaves less than `shot` for the others."""
    place = sum(ord(c) * 31**i for i, c in enumerate(style)) % 2**31
    order = np.random.default_rng([seed, place]).permutation(np.asarray(pieces)).tolist()
    pool = max(shot + 1, len(order) // 3)
    half = (len(order) - pool) // 2
    if half < shot:
        return None
    return Parting(style, tuple(order[:pool]), tuple(order[pool : pool + half]), tuple(order[pool + half :]))


def windows_of(pieces: Mapping[int, Piece], bars: int, most: int = 3) -> Windows:
    """All windows of some pieces, given by their index."""
    found = [(window, index) for index, piece in pieces.items() for window in windows(piece, bars, most)]
    return Windows(tuple(w for w, _ in found), tuple(i for _, i in found))


def capped(piece: Piece, notes: int = SUPPORT_NOTES) -> Piece:
    """The piece up to the bar in which its note number `notes` begins."""
    if len(piece.notes) <= notes:
        return piece
    return slice_bars(piece, 0, max(0, int(bar_index(piece, [int(piece.notes["onset_tick"][notes])])[0]) - 1))
