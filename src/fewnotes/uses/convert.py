"""convert: music from one form into another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.profile import bar_count
from fewnotes.uses import Kind, Output, Result, Table, Use, param


@dataclass(frozen=True)
class Converted:
    """Pieces to be written, as they were read."""

    pieces: tuple[Piece, ...]

    @property
    def warnings(self) -> tuple[Notice, ...]:
        return ()

    @property
    def outputs(self) -> list[Output]:
        many = len(self.pieces) > 1
        return [Output(_stem(p, n if many else 0), piece=p) for n, p in enumerate(self.pieces, 1)]

    def to_dict(self) -> dict[str, Any]:
        return {"pieces": [p.to_dict() for p in self.pieces]}

    def to_table(self) -> Table:
        rows = [(n, p.title or "-", len(p.tracks), bar_count(p), len(p.notes)) for n, p in enumerate(self.pieces, 1)]
        return Table(("", "title", "tracks", "bars", "notes"), rows, "Converted")


@dataclass(frozen=True, kw_only=True)
class Convert(Use):
    """Convert music from any form that can be read into any that can be written.

    A book of tunes becomes one file a tune, in a folder. What the new form cannot hold is said.
    """

    returns: ClassVar[str] = "the same music in another form"
    result: ClassVar[Result] = Result.PIECES
    output_argument: ClassVar[bool] = True
    example: ClassVar[str] = "fewnotes convert tune.abc tune.musicxml"

    pieces: Sequence[Piece] = param(Kind.PIECES, "Music file, folder or pattern", positional=True, minimum=1)
    semitones: int = param(Kind.INT, "Move all notes but drums up or down", default=0, minimum=-60, maximum=60)

    def run(self, progress: Progress = no_progress) -> Converted:
        """Raises BadParameter if moving would leave the MIDI keys."""
        moved = tuple(transpose(p, self.semitones) if self.semitones else p for p in self.pieces)
        return Converted(moved)


def _stem(piece: Piece, number: int) -> str:
    """A file name out of a title: letters, digits, dashes, at most 60; numbered where there are several."""
    word = re.sub(r"\W+", "-", piece.title.casefold()).strip("-")[:60] or "piece"
    return f"{number:04d}-{word}" if number else word
