"""Codec + nets + checkpoint = something that can learn a Style and act on it.

The contract of an engine module (see `fewnotes.testing.check_engine`):

    TITLE: str                                                     one honest line about what it is
    def learn(pieces, *, seed, progress) -> Part                   what was learned, as arrays and plain values
    def compose(style, request, *, progress) -> list[Piece]        request.candidates pieces, unranked
    def surprisal(piece, style) -> Surprisal                       bits a note; style=None is before learning
    def judge(style, pieces) -> list[float]                        how much each is in the style; drafts are ranked by
    it def extend(style, piece, bars, request, *, progress)           so many bars more; notes that stand stay untouched
    def infill(style, piece, where, tracks, request, *, progress)  bars (first, last), from 0, of tracks or of all
    (None) def vary(style, piece, strength, request, *, progress)         more or less of the notes changed, strength 0
    to 1 def harmonize(style, piece, request, *, progress)              parts to a melody def dress(style, piece,
    strength, request, *, progress)        the piece in the style; each gives request.candidates pieces

An engine that measured how well it foresees pieces it was not shown puts the means into the values of its part, as
"bits_a_note" and "bits_a_note_before" (before learning); else `learn` the use measures it.

An engine that lacks a verb leaves the function out; the use then says so. What is learned is returned, never
kept in the module: one engine serves any number of styles at once. All randomness comes from the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.style import Part as Part

#: progress(done, total, label): called now and then by whatever may take longer than two seconds.
Progress = Callable[[int, int, str], None]


def no_progress(done: int, total: int, label: str) -> None:
    """The callback for callers who do not watch."""


@dataclass(frozen=True)
class ComposeRequest:
    """What a person may ask of a new piece; None means "as the style has it".

    bars: full bars to write. key: (fifths, mode). meter: (numerator, denominator).
    tempo: quarters a minute. programs: one General MIDI program a track. lowest, highest: MIDI keys.
    density: notes a quarter over all tracks. form: sections by letters, such as AABA; empty as the style has it.
    chords: pitch classes of each as bits from C, spread evenly over the bars; none as the style has it. temperature:
    1.0 follows the learned odds, below is safer.
    """

    bars: int = 16
    candidates: int = 3
    seed: int = 0
    temperature: float = 1.0
    key: tuple[int, str] | None = None
    meter: tuple[int, int] | None = None
    tempo: float | None = None
    programs: tuple[int, ...] | None = None
    lowest: int | None = None
    highest: int | None = None
    density: float | None = None
    form: str = ""
    chords: tuple[int, ...] = ()


@dataclass(frozen=True)
class EditRequest:
    """How a given piece is to be worked on. temperature: 1.0 follows the learned odds, below is safer."""

    candidates: int = 3
    seed: int = 0
    temperature: float = 1.0


@dataclass(frozen=True)
class Surprisal:
    """Bits a note of a piece under a style. bits: shape (T,), float64, in the order of `piece.notes`.

    parts: the same total split by what was predicted, for example {"pitch": ..., "rhythm": ...}.
    """

    bits: NDArray[np.float64]
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)

    @property
    def bits_per_note(self) -> float:
        return float(self.bits.mean()) if len(self.bits) else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "bits_per_note": self.bits_per_note,
            "parts": {k: float(v.mean()) if len(v) else 0.0 for k, v in self.parts.items()},
            "notes": len(self.bits),
        }
