"""Piece to what people look at and listen to: score (SVG, PDF), roll picture (PNG, SVG), sound (WAV)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadParameter
from fewnotes.music.piece import Notice, Piece

#: Suffixes that `render` knows, and what each gives. The longest that fits counts.
SUFFIXES = {
    ".roll.svg": "roll picture as SVG",
    ".svg": "score as SVG, one file a page",
    ".pdf": "score as PDF",
    ".png": "roll picture as PNG",
    ".wav": "sound",
}


@dataclass(frozen=True)
class Rendered:
    """The files that were written, in order, and what was cut or could be better."""

    paths: tuple[Path, ...]
    warnings: tuple[Notice, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {"paths": [str(p) for p in self.paths], "warnings": [w._asdict() for w in self.warnings]}


@dataclass(frozen=True)
class Pages:
    """Files as bytes, one a page, and what was cut or could be better."""

    pages: tuple[bytes, ...]
    warnings: tuple[Notice, ...] = ()


def render(piece: Piece, path: str | os.PathLike[str]) -> Rendered:
    """Draw or play a piece into a file; its suffix says which.

    A score of several SVG pages goes to name-1.svg, name-2.svg and so on.

    Raises BadParameter for another suffix, NotInstalled where a part is missing, NotPossible for a piece without
    notes, TooLarge for one that is too long to draw, StoreError if the file cannot be written.
    """
    target = Path(path)
    made = make(piece, suffix_of(target))
    paths = _page_paths(target, len(made.pages))
    written = tuple(write_atomic(page, data) for page, data in zip(paths, made.pages, strict=True))
    return Rendered(written, made.warnings)


def make(piece: Piece, suffix: str) -> Pages:
    """What `render` writes, as bytes, for one of `SUFFIXES`. Raises as `render` does."""
    match suffix_of(Path("piece" + suffix)):
        case ".roll.svg":
            from fewnotes.render.roll import roll_svg

            return Pages((roll_svg(piece),))
        case ".png":
            from fewnotes.render.roll import roll_png

            return Pages((roll_png(piece),))
        case ".wav":
            from fewnotes.render.audio import play

            sound = play(piece)
            return Pages((sound.data,), sound.warnings)
        case score_suffix:
            from fewnotes.render.score import engrave

            score = engrave(piece, "pdf" if score_suffix == ".pdf" else "svg")
            return Pages(score.pages, score.warnings)


def suffix_of(path: Path) -> str:
    """The suffix of `SUFFIXES` that a path ends in. Raises BadParameter, listing them, if there is none."""
    for suffix in SUFFIXES:
        if path.name.lower().endswith(suffix) and len(path.name) > len(suffix):
            return suffix
    raise BadParameter(
        f"{path.name or path} does not end in a kind of picture or sound",
        expected=", ".join(f"{suffix} ({what})" for suffix, what in SUFFIXES.items()),
    )


def _page_paths(target: Path, count: int) -> list[Path]:
    if count == 1:
        return [target]
    return [target.with_name(f"{target.stem}-{number}{target.suffix}") for number in range(1, count + 1)]
