"""vary: a piece with more or less of its notes changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, param
from fewnotes.uses._working import Worked, Working, worked


@dataclass(frozen=True, kw_only=True)
class Vary(Working):
    """Vary a piece in a learned style: its form and harmony stay, more or less of its notes change.

    Up to a strength of 0.5 the rhythm stays and notes that are not on a beat move; above, rhythms change too, and at 1
    every note may move. Drums stay.
    """

    returns: ClassVar[str] = "variations, several to choose from, the best first"
    example: ClassVar[str] = "fewnotes vary jigs tune.mid --strength 0.4 -o variations/"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The theme", positional=True)
    strength: float = param(Kind.FLOAT, "How much changes, 0 nothing, 1 all", default=0.5, minimum=0.0, maximum=1.0)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadInput for a piece without notes, NotPossible where no engine can, NotInstalled without torch."""
        task = self.task("vary", "varied", self.piece)
        strength = float(self.strength)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.vary(style, self.piece, strength, asked, progress=progress), progress,
        )  # fmt: skip
