"""The real music of a run, read and described once: styles long enough to be judged, and meta-train to scale by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from fewnotes.errors import BadInput
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.generated.excerpts import Floats, described, full_bars, windows
from fewnotes.measure.generated.frechet import Whitening
from fewnotes.measure.generated.plan import Parting, Windows, parted, windows_of
from fewnotes.measure.generated.variety import Scale
from fewnotes.meta import split
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece

#: Pieces of a style that are looked at before those that are too short are left out.
_LOOKED_AT = 200


@dataclass(frozen=True)
class RealStyle:
    """One style of meta-test: its parting, its windows, and their statistics, shape (n, F)."""

    parting: Parting
    windows: Windows
    vectors: Floats

    def vectors_of(self, owners: Sequence[int]) -> Floats:
        """The statistics of the windows of some pieces."""
        return np.asarray(self.vectors[list(self.windows.of(owners))])

    def one_each(self, places: Sequence[int]) -> list[int]:
        """Places of windows, reordered: the first of each piece, then the others."""
        first = {self.windows.owner[i]: i for i in reversed(places)}
        heads = sorted(first.values())
        return [*heads, *(i for i in places if i not in set(heads))]

    def aside(self) -> list[Piece]:
        """The windows that are judged: the first of each piece, then the others."""
        return [self.windows.pieces[i] for i in self.one_each(self.windows.of(self.parting.aside))]


@dataclass(frozen=True)
class Material:
    """styles: those that can be judged. too_few: those that cannot. background: pieces of meta-train, and `vectors` of
    a window of each, shape (B, F)."""

    bank: Bank
    styles: dict[str, RealStyle]
    too_few: tuple[str, ...]
    background: tuple[Piece, ...]
    vectors: Floats

    @cached_property
    def scale(self) -> Scale:
        """The deviations of meta-train."""
        return Scale(self.vectors)

    @cached_property
    def whitening(self) -> Whitening:
        """The principal components of meta-train."""
        return Whitening(self.scale(self.vectors))


def gathered(
    bars: int, shot: int, pieces: int, background: int, progress: Progress, *, part: str = split.TEST
) -> Material:
    """All styles of a split with enough pieces of `bars` full bars, at most `pieces` of each, and `background` pieces
    of every style of meta-train. Raises BadInput where there is none."""
    bank = load_bank((part,), progress, pieces_a_style=_LOOKED_AT)
    styles: dict[str, RealStyle] = {}
    too_few = []
    every = bank.styles(part)
    for done, (name, indices) in enumerate(every.items()):
        progress(done, len(every), "Describing real music")
        parting = parted(name, _spread([i for i in indices if full_bars(bank.pieces[i]) >= bars], pieces), shot)
        if parting is None:
            too_few.append(name)
            continue
        used = (*parting.pool, *parting.aside, *parting.reference)
        cut = windows_of({i: bank.pieces[i] for i in used}, bars)
        styles[name] = RealStyle(parting, cut, described(cut.pieces))
    if not styles:
        raise BadInput(
            f"No style of {part} has enough pieces of {bars} bars",
            expected="the corpus of many styles, or the one inside music21",
            fix="Install fewnotes[corpus]; `fewnotes corpus list` shows what is here",
        )
    train = _background(background, progress)
    heads = [w for piece in train for w in windows(piece, bars, 1)]
    return Material(bank, styles, tuple(too_few), train, described(heads))


def _background(each: int, progress: Progress) -> tuple[Piece, ...]:
    """Pieces of meta-train; where the corpus of developers is not here, of what music21 has besides meta-test."""
    try:
        return load_bank((split.TRAIN,), progress, pieces_a_style=each).pieces
    except BadInput:
        return load_bank((split.RESERVE,), progress, pieces_a_style=each).pieces


def _spread(items: Sequence[int], most: int) -> list[int]:
    if len(items) <= most:
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, most).round().astype(int).tolist()]
