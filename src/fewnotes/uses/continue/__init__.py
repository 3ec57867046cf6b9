"""continue: a fragment carried on in a learned style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import EditRequest, Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, Result, Use, param
from fewnotes.uses._working import Task, Worked, worked


@dataclass(frozen=True, kw_only=True)
class Continue(Use):
    """Continue a piece in a learned style: what you give stays note for note, and so many bars follow.

    The continuation keeps the tracks, the key and the meter of what you give.
    """

    returns: ClassVar[str] = "the piece with its continuation, several to choose from, the best first"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = "fewnotes continue jigs opening.mid --bars 8 -o more/"
    then: ClassVar[str] = "fewnotes render {name} -o score.svg"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The beginning", positional=True)
    bars: int = param(Kind.INT, "Bars to add", default=8, minimum=1, maximum=512)
    candidates: int = param(Kind.INT, "How many continuations", default=3, minimum=1, maximum=16)
    seed: int = param(Kind.SEED, "Same seed, same continuation", default=0, minimum=0, maximum=2**31 - 1)
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is safer, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    engine: str | None = param(Kind.STR, "Which engine writes", default=None, optional=True)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadInput for a piece without notes, NotPossible where no engine can, NotInstalled without torch."""
        request = EditRequest(self.candidates, self.seed, float(self.temperature))
        task = Task("extend", "continued", self.piece, request, self.engine)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.extend(style, self.piece, self.bars, asked, progress=progress),
            progress,
        )  # fmt: skip
