"""What makes the music that is judged: one generator a file. Given a task, it gives pieces.

The contract of a module here:

    TITLE: str                                                   what it is, in a line
    def prepare(argument, background, progress) -> Generator     argument: what stands after the colon in the name of a
                                                                 row, "" without one; background: pieces of meta-train

    generator.pieces(task) -> list of Piece                      at most task.count of them, of task.bars bars or more

A generator looks at `task.support` and at the background, at nothing else; only controls look at real pieces that stand
aside. It must follow from task.seed. It may raise NotPossible for a task, which is then said in the report.
A module that needs a package or a checkpoint that is not here raises NotInstalled or StyleNotFound in `prepare`.
"""

from __future__ import annotations

import importlib
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from fewnotes.errors import BadParameter
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece


@dataclass(frozen=True)
class Task:
    """What a generator is asked: `count` pieces of `bars` full bars in the style of the support set.

    aside: windows of real pieces of the style that are not in the support set; strangers: of other styles. Both are
    for controls alone.
    """

    style: str
    support: tuple[Piece, ...]
    count: int
    bars: int
    seed: int
    aside: tuple[Piece, ...] = ()
    strangers: tuple[Piece, ...] = ()


class Generator(Protocol):
    """Makes music for a task."""

    def pieces(self, task: Task) -> list[Piece]:
        """At most `task.count` pieces. Raises NotPossible."""
        ...


def names() -> tuple[str, ...]:
    """Modules of this folder, in order of name."""
    found = (entry.name.partition(".") for entry in importlib.resources.files(__name__).iterdir())
    return tuple(sorted(stem for stem, _, suffix in found if suffix == "py" and not stem.startswith("_")))


def prepared(row: str, background: Sequence[Piece], progress: Progress) -> Generator:
    """The generator of a row such as "real" or "engine:markov". Raises BadParameter, and what `prepare` raises."""
    name, _, argument = row.partition(":")
    module = name.replace(" ", "_")
    if module not in names():
        raise BadParameter(f"There is no generator {name!r} to measure", expected=f"one of {', '.join(names())}")
    made: Generator = importlib.import_module(f"{__name__}.{module}").prepare(argument, background, progress)
    return made
