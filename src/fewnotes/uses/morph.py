"""morph: a path of phrases from one idea to another."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import fewnotes
from fewnotes.engines import Progress, no_progress
from fewnotes.engines.gan.morphing import apart, path
from fewnotes.music.piece import Piece
from fewnotes.render.sheet import Cell, sheet_svg
from fewnotes.style import Style
from fewnotes.uses import Kind, Output, Result, Table, Use, param
from fewnotes.uses.sketch.learned import sketcher_of
from fewnotes.uses.sketch.locking import first_phrase


@dataclass(frozen=True)
class Path:
    """Phrases on a path. distances: of each from the first and from the last, 0 (the same) to 1, (n, 2)."""

    pieces: tuple[Piece, ...]
    distances: tuple[tuple[float, float], ...]
    style_name: str
    digest: str
    seed: int

    @property
    def outputs(self) -> list[Output]:
        """The pieces, then a sheet that shows them in order."""
        stem = re.sub(r"[^\w.-]+", "-", self.style_name).strip("-.") or "morph"
        mark = f"Machine-composed by fewnotes {fewnotes.__version__}, style {self.digest[:8]}, seed {self.seed}"
        made = [Output(f"{stem}-step-{n}", piece=p, mark=mark) for n, p in enumerate(self.pieces, 1)]
        cells = [
            Cell(p, (f"{n} of {len(self.pieces)}", f"{far[0]:.2f} from the first, {far[1]:.2f} from the last"))
            for n, (p, far) in enumerate(zip(self.pieces, self.distances, strict=True), 1)
        ]
        sheet = sheet_svg(cells, f"From one phrase to another in the style of {self.style_name}")
        return [*made, Output(f"{stem}-path", data=sheet, suffix=".svg")]

    def to_dict(self) -> dict[str, Any]:
        return {
            "style": self.style_name, "style_digest": self.digest, "engine": "gan", "seed": self.seed,
            "steps": [
                p.to_dict() | {"from_first": d[0], "from_last": d[1]}
                for p, d in zip(self.pieces, self.distances, strict=True)
            ],
        }  # fmt: skip

    def to_table(self) -> Table:
        rows = [
            (n, len(p.notes), f"{d[0]:.2f}", f"{d[1]:.2f}")
            for n, (p, d) in enumerate(zip(self.pieces, self.distances, strict=True), 1)
        ]
        return Table(("step", "notes", "from the first", "from the last"), rows, "A path", {"style": self.style_name})


@dataclass(frozen=True, kw_only=True)
class Morph(Use):
    """Morph one phrase into another: a path of playable phrases between them, through the style.

    Of each piece the first four full bars are taken; both must be in one meter. The first and the last phrase are
    those given, in the key and the layout of the style; sketches are good ends.
    """

    returns: ClassVar[str] = "a phrase for each step, and a sheet (SVG) that shows the path"
    result: ClassVar[Result] = Result.PIECES
    example: ClassVar[str] = "fewnotes morph ideas/jigs-01.mid ideas/jigs-07.mid jigs -o path/"
    then: ClassVar[str] = "fewnotes render {name} -o step.wav"

    first: Piece = param(Kind.PIECE, "Where the path begins", positional=True)
    last: Piece = param(Kind.PIECE, "Where it ends", positional=True)
    style: Style = param(Kind.STYLE, "The style it goes through", positional=True)
    steps: int = param(Kind.INT, "Phrases, with both ends", default=6, minimum=3, maximum=16)
    seed: int = param(Kind.SEED, "Same seed, same path", default=0, minimum=0, maximum=2**31 - 1)

    def run(self, progress: Progress = no_progress) -> Path:
        """Raises BadInput for a piece without four bars, NotPossible for two meters, NotInstalled without torch."""
        ends = [first_phrase(piece) for piece in (self.first, self.last)]
        sketcher = sketcher_of(self.style, progress)
        progress(0, 1, "Finding a path")
        found = path(sketcher, ends[0], ends[1], self.steps, self.seed)
        progress(1, 1, "Found")
        distances = tuple((round(apart(found[0], p), 4), round(apart(p, found[-1]), 4)) for p in found)
        pieces = [
            replace(sketcher.piece(p), title=f"Step {n} of {len(found)}", composer="fewnotes (machine-composed)")
            for n, p in enumerate(found, 1)
        ]
        return Path(tuple(pieces), distances, self.style.name, self.style.digest, self.seed)
