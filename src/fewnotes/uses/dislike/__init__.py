"""dislike: say that pieces are disliked, once and for everything that ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Piece
from fewnotes.uses import Kind, Use, param
from fewnotes.uses._personal.saying import Said, say


@dataclass(frozen=True, kw_only=True)
class Dislike(Use):
    """Say that you dislike pieces: drafts, or any music. What you say moves the order of everything that is ranked.

    It is kept on this machine alone, with the notes of the pieces; the last word on a piece counts. What compose and
    sketch made counts against what is usual in its style, anything else against all music. fewnotes personal shows
    what was learned, fewnotes forget takes it back.
    """

    returns: ClassVar[str] = "what was kept, and how many likes and dislikes there are"
    example: ClassVar[str] = "fewnotes dislike jigs-1.mid jigs-3.mid"

    pieces: Sequence[Piece] = param(
        Kind.PIECES, "Music files, folders or patterns", positional=True, minimum=1, maximum=1000
    )
    style: str | None = param(
        Kind.STR,
        "The style they were composed in, by name; else as their titles say",
        default=None,
        optional=True,
    )

    def run(self, progress: Progress = no_progress) -> Said:
        """Raises BadInput where no piece has a note, StyleNotFound, StoreError."""
        return say(self.pieces, False, self.style)
