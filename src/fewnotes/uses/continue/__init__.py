"""continue: a fragment carried on in a learned style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, param
from fewnotes.uses._working import Worked, Working, worked


@dataclass(frozen=True, kw_only=True)
class Continue(Working):
    """Continue a piece in a learned style: what you give stays note for note, and so many bars follow.

    The continuation keeps the tracks, the key and the meter of what you give.
    """

    returns: ClassVar[str] = "the piece with its continuation, several to choose from, the best first"
    example: ClassVar[str] = "fewnotes continue jigs opening.mid --bars 8 -o more/"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The beginning", positional=True)
    bars: int = param(Kind.INT, "Bars to add", default=8, minimum=1, maximum=512)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadInput for a piece without notes, NotPossible where no engine can, NotInstalled without torch."""
        task = self.task("extend", "continued", self.piece)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.extend(style, self.piece, self.bars, asked, progress=progress),
            progress,
        )  # fmt: skip
