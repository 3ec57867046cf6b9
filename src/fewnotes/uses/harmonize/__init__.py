"""harmonize: parts to a melody, in a learned style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, param
from fewnotes.uses._working import Worked, Working, worked


@dataclass(frozen=True, kw_only=True)
class Harmonize(Working):
    """Harmonize a melody in a learned style: the melody stays note for note, the style's parts come to it.

    Of a piece with several lines the melody is taken. Chords follow each other as in the style and go with the melody.
    For a melody to given chords use `compose --chords`.
    """

    returns: ClassVar[str] = "the melody with parts, several to choose from, the best first"
    example: ClassVar[str] = "fewnotes harmonize chorales melody.mid -o parts/"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The melody, or a piece whose melody is taken", positional=True)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises NotPossible for a style of one line, BadInput without notes, NotInstalled without torch."""
        task = self.task("harmonize", "harmonized", self.piece)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.harmonize(style, self.piece, asked, progress=progress), progress,
        )  # fmt: skip
