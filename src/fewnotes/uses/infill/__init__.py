"""infill: some bars of a piece written anew, the rest untouched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, param
from fewnotes.uses._working import Worked, Working, bar_words, track_words, worked


@dataclass(frozen=True, kw_only=True)
class Infill(Working):
    """Fill in bars of a piece in a learned style, in all tracks or in some; every other note stays as it is.

    Several passages are drawn, and those come first after which the rest of the piece follows best.
    """

    returns: ClassVar[str] = "the piece with those bars written anew, several to choose from, the best first"
    example: ClassVar[str] = "fewnotes infill jigs tune.mid --bars 5-8 -o filled/"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The piece", positional=True)
    bars: str = param(Kind.BARS, "Which bars, such as 5-8, as a score numbers them")
    tracks: str | None = param(
        Kind.STR, "Which tracks, by number from 1 or by name, such as 2,bass; all", default=None, optional=True
    )

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadParameter for bars or tracks that are not there, NotPossible, NotInstalled without torch."""
        where = bar_words(self.bars, self.piece)
        tracks = track_words(self.tracks, self.piece) if self.tracks else None
        task = replace(self.task("infill", "infilled", self.piece), as_they_come=True)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.infill(style, self.piece, where, tracks, asked, progress=progress),
            progress,
        )  # fmt: skip
