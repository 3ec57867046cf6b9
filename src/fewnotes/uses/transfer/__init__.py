"""transfer: a piece in the clothes of another style."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, param
from fewnotes.uses._working import Worked, Working, worked


@dataclass(frozen=True, kw_only=True)
class Transfer(Working):
    """Transfer a piece into a learned style: its harmony, bars and form stay, instruments and manners are the style's.

    Strength is how much is given up: below 0.4 melody and bass stay, up to 0.6 the melody, above less and less of it,
    and at 1 only the harmony.
    """

    returns: ClassVar[str] = "the piece in the style, several to choose from, with how much it is in the style"
    example: ClassVar[str] = "fewnotes transfer song.mid chorales --strength 0.5 -o song-as-chorale/"

    piece: Piece = param(Kind.PIECE, "The piece", positional=True)
    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    strength: float = param(
        Kind.FLOAT, "How much of the piece is given up, 0 to 1", default=0.5, minimum=0.0, maximum=1.0
    )

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadInput for a piece without notes, NotPossible where no engine can, NotInstalled without torch."""
        task = self.task("dress", "transferred", self.piece)
        strength = float(self.strength)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.dress(style, self.piece, strength, asked, progress=progress), progress,
        )  # fmt: skip
