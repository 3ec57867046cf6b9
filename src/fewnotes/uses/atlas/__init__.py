"""atlas: a picture of many styles, near where they are alike."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import NotPossible
from fewnotes.music.piece import Notice
from fewnotes.render.atlas import Chart, Picture, draw, page, png, svg
from fewnotes.render.atlas.draw import nearest
from fewnotes.style import Style
from fewnotes.uses import Kind, Output, Result, Table, Use, param
from fewnotes.uses.atlas.sources import MOST, Voice, of_library, of_styles, relations

_FORMS = {"html": page, "svg": svg, "png": png}


@dataclass(frozen=True)
class Map:
    """An atlas. relation: symmetric, (N, N). forms: which pictures `outputs` holds."""

    picture: Picture
    forms: tuple[str, ...]
    words: tuple[str, ...] = ()
    warnings: tuple[Notice, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return self.picture.chart.names

    @property
    def relation(self) -> NDArray[np.float64]:
        return self.picture.chart.relation

    @property
    def outputs(self) -> list[Output]:
        """The pictures. Raises NotInstalled for one in PNG without Pillow."""
        return [Output("atlas", data=_FORMS[form](self.picture), suffix=f".{form}") for form in self.forms]

    def near(self, i: int, count: int = 3) -> list[tuple[str, float]]:
        """The styles nearest to the i-th, with their relation."""
        return [(self.names[j], round(float(self.relation[i, j]), 4)) for j in nearest(self.relation, i, count)]

    def to_dict(self) -> dict[str, Any]:
        chart, points = self.picture.chart, self.picture.points
        return {
            "styles": [
                {
                    "style": name,
                    "pieces": chart.counts[i],
                    "family": chart.families[i] if chart.families else "",
                    "group": self.picture.groups[i],
                    "x": round(float(points[i, 0]), 1),
                    "y": round(float(points[i, 1]), 1),
                    "nearest": [{"style": n, "relation": r} for n, r in self.near(i)],
                }
                for i, name in enumerate(chart.names)
            ],
            "relation": np.round(chart.relation, 4).tolist(),
            "stress": round(self.picture.stress, 4),
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        rows = [
            (name, self.picture.chart.counts[i], ", ".join(f"{n} {r:.2f}" for n, r in self.near(i)))
            for i, name in enumerate(self.names)
        ]
        facts = {"styles": len(rows), "distances are off by": f"{100 * self.picture.stress:.0f} %"}
        return Table(("style", "pieces", "nearest"), rows, "Atlas", facts, self.words)


@dataclass(frozen=True, kw_only=True)
class Atlas(Use):
    """Draw an atlas of styles: a map on which styles that are alike lie near each other.

    Of the styles in the store, of a folder with one folder a style, or of a library, whose folders are the styles.
    The page (.html) shows the nearest styles of whatever you point at, and needs no network.
    """

    returns: ClassVar[str] = "a map as a page (.html), .svg and .png, or as the one that the output is called after"
    result: ClassVar[Result] = Result.FILES
    example: ClassVar[str] = "fewnotes atlas my-music -o atlas.html"

    styles: str | Sequence[str | Style] | None = param(
        Kind.NAMES,
        "A folder with one folder a style, or styles; else all in the store",
        default=None,
        optional=True,
        positional=True,
    )
    library: str | None = param(Kind.STR, "A library whose folders are the styles", default=None, optional=True)
    form: str | None = param(
        Kind.CHOICE,
        "What to make; else by the suffix of the output, else all three",
        default=None,
        optional=True,
        choices=tuple(_FORMS),
        from_suffix=True,
    )

    def run(self, progress: Progress = no_progress) -> Map:
        """Raises NotPossible with fewer than two styles, BadInput for a folder without music, NotInstalled."""
        words: tuple[str, ...] = ()
        folder = _folder(self.styles)
        if self.library or folder:
            voices, words, warnings = of_library(folder, self.library, progress)
        else:
            voices, warnings = of_styles(self.styles, progress)
        if len(voices) < 2:
            raise NotPossible(
                f"There is {'one style' if voices else 'no style'} to draw",
                expected="two styles or more",
                fix="Give a folder with one folder a style, or learn more styles",
            )
        chosen = sorted(sorted(voices, key=lambda v: -v.count)[:MOST], key=lambda v: v.name.casefold())
        if len(chosen) < len(voices):
            words += (f"The {MOST} styles with most pieces are drawn, of {len(voices)}.",)
        chart = Chart(
            tuple(v.name for v in chosen),
            tuple(v.count for v in chosen),
            relations(chosen, progress),
            _families(chosen),
        )
        forms = (self.form,) if self.form else tuple(_FORMS)
        if not self.form and find_spec("PIL") is None:
            forms = tuple(form for form in forms if form != "png")
            words += ("No PNG was drawn, since pillow is not installed: pip install 'fewnotes[render]'",)
        return Map(draw(chart), forms, words, warnings)


def _folder(styles: object) -> str | None:
    """The one folder that was given, if it was one."""
    one = styles[0] if isinstance(styles, (list, tuple)) and len(styles) == 1 else styles
    return os.fspath(one) if isinstance(one, (str, os.PathLike)) and os.path.isdir(one) else None  # noqa: PTH112


def _families(voices: Sequence[Voice]) -> tuple[str, ...]:
    """What to colour by, where the folders say it: two families or more, and fewer than styles."""
    found = tuple(v.family for v in voices)
    return found if all(found) and 1 < len(set(found)) < len(found) else ()
