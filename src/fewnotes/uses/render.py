"""render: music as a picture or as sound."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.piece import Notice, Piece
from fewnotes.uses import Kind, Output, Result, Table, Use, param

_WHAT = {
    "svg": "score as SVG, one file a page",
    "pdf": "score as PDF",
    "png": "piano roll as PNG",
    "roll.svg": "piano roll as SVG",
    "wav": "sound",
}


@dataclass(frozen=True)
class Picture:
    """Pages or sound as bytes, in order. form: one of the forms of `render`."""

    form: str
    stem: str
    pages: tuple[bytes, ...]
    warnings: tuple[Notice, ...] = ()

    @property
    def outputs(self) -> list[Output]:
        return [
            Output(self.stem if number == 1 else f"{self.stem}-{number}", data=data, suffix=f".{self.form}")
            for number, data in enumerate(self.pages, 1)
        ]

    def to_dict(self) -> dict[str, Any]:
        return {"form": self.form, "pages": len(self.pages), "bytes": sum(len(p) for p in self.pages)}

    def to_table(self) -> Table:
        size = sum(len(p) for p in self.pages)
        pages = f", {len(self.pages)} pages" if len(self.pages) > 1 else ""
        return Table((), (), "", {"rendered": f"{_WHAT[self.form]}{pages}, {max(1, size // 1024):,} KiB"})


@dataclass(frozen=True, kw_only=True)
class Render(Use):
    """Render a piece as a score, as a piano roll, or as sound.

    The suffix of the output says which: .svg and .pdf are scores, .png and .roll.svg piano rolls, .wav is sound.
    """

    returns: ClassVar[str] = "a picture or a sound file"
    result: ClassVar[Result] = Result.FILES
    example: ClassVar[str] = "fewnotes render tune.mid -o tune.svg"

    piece: Piece = param(Kind.PIECE, "The piece to render", positional=True)
    form: str | None = param(
        Kind.CHOICE,
        "What to make; else by the suffix of the output, else svg",
        default=None,
        optional=True,
        choices=tuple(_WHAT),
        from_suffix=True,
    )

    def run(self, progress: Progress = no_progress) -> Picture:
        """Raises NotInstalled where an optional part is missing, NotPossible for a piece without notes."""
        from fewnotes.render import render

        form = self.form or "svg"
        progress(0, 1, "Rendering")
        with tempfile.TemporaryDirectory(prefix="fewnotes-") as folder:
            made = render(self.piece, Path(folder) / f"piece.{form}")
            pages = tuple(path.read_bytes() for path in made.paths)
        progress(1, 1, "Rendered")
        stem = re.sub(r"\W+", "-", self.piece.title.casefold()).strip("-")[:60] or "piece"
        return Picture(form, stem, pages, made.warnings)
