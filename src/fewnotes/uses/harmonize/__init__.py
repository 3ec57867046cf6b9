"""harmonize: parts to a melody, in a learned style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import EditRequest, Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, Result, Use, param
from fewnotes.uses._working import Task, Worked, worked


@dataclass(frozen=True, kw_only=True)
class Harmonize(Use):
    """Harmonize a melody in a learned style: the melody stays note for note, the style's parts come to it.

    Of a piece with several lines the melody is taken. Chords follow each other as in the style and go with the melody.
    For a melody to given chords use `compose --chords`.
    """

    returns: ClassVar[str] = "the melody with parts, several to choose from, the best first"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = "fewnotes harmonize chorales melody.mid -o parts/"
    then: ClassVar[str] = "fewnotes render {name} -o score.svg"

    style: Style = param(
        Kind.STYLE, "A learned style of two parts or more: its name, or a .style file", positional=True
    )
    piece: Piece = param(Kind.PIECE, "The melody, or a piece whose melody is taken", positional=True)
    candidates: int = param(Kind.INT, "How many settings", default=3, minimum=1, maximum=16)
    seed: int = param(Kind.SEED, "Same seed, same setting", default=0, minimum=0, maximum=2**31 - 1)
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is safer, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    engine: str | None = param(Kind.STR, "Which engine writes", default=None, optional=True)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises NotPossible for a style of one line, BadInput without notes, NotInstalled without torch."""
        request = EditRequest(self.candidates, self.seed, float(self.temperature))
        task = Task("harmonize", "harmonized", self.piece, request, self.engine)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.harmonize(style, self.piece, asked, progress=progress), progress,
        )  # fmt: skip
