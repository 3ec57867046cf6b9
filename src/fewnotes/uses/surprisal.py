"""surprisal: how well a style foresees a piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.engines import Surprisal as Bits
from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index
from fewnotes.registry import find
from fewnotes.style import Style
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._style import engine_of, verb_of


@dataclass(frozen=True)
class Surprise:
    """Bits a note under a style, in the order of `piece.notes`.

    before: the mean before learning, None where no style was given. by_bar: (bar number, notes, mean bits).
    usual: mean of pieces of the style that were left out in learning, None where that was not measured.
    """

    bits: NDArray[np.float64]
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    engine: str = ""
    before: float | None = None
    usual: float | None = None
    by_bar: tuple[tuple[int, int, float], ...] = ()

    @property
    def bits_per_note(self) -> float:
        return float(self.bits.mean()) if len(self.bits) else 0.0

    def to_dict(self) -> dict[str, Any]:
        return {
            "bits_per_note": self.bits_per_note,
            "parts": {k: float(v.mean()) if len(v) else 0.0 for k, v in self.parts.items()},
            "before_learning": self.before,
            "usual_in_style": self.usual,
            "engine": self.engine,
            "notes": len(self.bits),
            "by_bar": [{"bar": b, "notes": n, "bits_per_note": x} for b, n, x in self.by_bar],
            "bits": [round(float(b), 4) for b in self.bits],
        }

    def to_table(self) -> Table:
        facts: dict[str, Any] = {"bits a note": f"{self.bits_per_note:.2f}", "engine": self.engine}
        for key, values in self.parts.items():
            facts[f"of that, {key}"] = f"{float(values.mean()) if len(values) else 0.0:.2f}"
        if self.before is not None:
            facts["before learning"] = f"{self.before:.2f}"
        if self.usual is not None:
            facts["pieces of the style"] = f"{self.usual:.2f}"
        rows = sorted(self.by_bar, key=lambda row: -row[2])[:8]
        words = [_meaning(self.bits_per_note, self.usual)] if len(self.bits) else []
        if len(self.by_bar) > len(rows):
            words.append("The table shows the most surprising bars; a beginning surprises more than what follows.")
        shown = [(b, n, f"{x:.2f}") for b, n, x in rows]
        return Table(("bar", "notes", "bits a note"), shown, "Surprise", facts, tuple(words))


@dataclass(frozen=True, kw_only=True)
class Surprisal(Use):
    """Measure how well a style foresees a piece, in bits a note.

    Fewer bits are better foreseen: one bit less is a choice between half as many notes. Without a style it is
    what the engine expects before it has learned anything.
    """

    returns: ClassVar[str] = "bits a note, before and after learning, and the bars that surprise most"
    example: ClassVar[str] = "fewnotes surprisal tune.mid jigs"

    piece: Piece = param(Kind.PIECE, "The piece to measure", positional=True)
    style: Style | None = param(
        Kind.STYLE, "A learned style; none for before learning", default=None, optional=True, positional=True
    )
    engine: str | None = param(
        Kind.STR, "Which engine measures; the one that learned the style", default=None, optional=True
    )

    def run(self, progress: Progress = no_progress) -> Surprise:
        name = self.engine or "markov"
        if self.style is not None:
            name, _ = engine_of(self.style, self.engine)
        measure = verb_of(find("engines", name), name, "surprisal")
        found: Bits = measure(self.piece, self.style)
        before = None if self.style is None else measure(self.piece, None).bits_per_note
        usual = self.style.profile.get("leave_one_out", {}).get("bits_per_note") if self.style else None
        return Surprise(found.bits, dict(found.parts), name, before, usual, _by_bar(self.piece, found.bits))


def _meaning(bits: float, usual: float | None) -> str:
    """The figure in words: a choice among how many equally likely notes, and how that is for the style."""
    guess = "hardly a choice" if bits < 1 else f"like guessing among {2 ** min(bits, 20):,.0f} notes"
    text = f"Fewer bits are better foreseen; {bits:.1f} bits a note are {guess}."
    if usual is None or usual <= 0:
        return text
    share = bits / usual
    place = "more than" if share > 1.1 else "less than" if share < 0.9 else "about as much as"
    return f"{text} It surprises {place} a piece of the style does."


def _by_bar(piece: Piece, bits: NDArray[np.float64]) -> tuple[tuple[int, int, float], ...]:
    if not len(bits):
        return ()
    index = bar_index(piece, piece.notes["onset_tick"])
    first = 0 if piece.pickup_tick else 1
    count = np.bincount(index)
    total = np.bincount(index, weights=bits)
    return tuple(
        (first + i, int(count[i]), round(float(total[i] / count[i]), 4)) for i in np.flatnonzero(count).tolist()
    )
