"""infill: some bars of a piece written anew, the rest untouched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import EditRequest, Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, Result, Use, param
from fewnotes.uses._working import Task, Worked, bar_words, track_words, worked


@dataclass(frozen=True, kw_only=True)
class Infill(Use):
    """Fill in bars of a piece in a learned style, in all tracks or in some; every other note stays as it is.

    Several passages are drawn, and those come first after which the rest of the piece follows best.
    """

    returns: ClassVar[str] = "the piece with those bars written anew, several to choose from, the best first"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = "fewnotes infill jigs tune.mid --bars 5-8 -o filled/"
    then: ClassVar[str] = "fewnotes render {name} -o score.svg"

    style: Style = param(Kind.STYLE, "A learned style: its name, or a .style file", positional=True)
    piece: Piece = param(Kind.PIECE, "The piece", positional=True)
    bars: str = param(Kind.BARS, "Which bars, such as 5-8, as a score numbers them")
    tracks: str | None = param(
        Kind.STR, "Which tracks, by number from 1 or by name, such as 2,bass; all", default=None, optional=True
    )
    candidates: int = param(Kind.INT, "How many versions", default=3, minimum=1, maximum=16)
    seed: int = param(Kind.SEED, "Same seed, same bars", default=0, minimum=0, maximum=2**31 - 1)
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is safer, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    engine: str | None = param(Kind.STR, "Which engine writes", default=None, optional=True)

    def run(self, progress: Progress = no_progress) -> Worked:
        """Raises BadParameter for bars or tracks that are not there, NotPossible, NotInstalled without torch."""
        where = bar_words(self.bars, self.piece)
        tracks = track_words(self.tracks, self.piece) if self.tracks else None
        request = EditRequest(self.candidates, self.seed, float(self.temperature))
        task = Task("infill", "infilled", self.piece, request, self.engine, as_they_come=True)
        return worked(
            task, self.style,
            lambda engine, style, asked: engine.infill(style, self.piece, where, tracks, asked, progress=progress),
            progress,
        )  # fmt: skip
