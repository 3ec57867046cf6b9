"""What carries pieces over into a style: one transferer a file.

The contract of a module here:

    TITLE: str                          what it is, in a line
    STRENGTHS: tuple[float, ...]        optional: asked at each of these; without it the strength says nothing
    def prepare(argument) -> Transferer           argument: what stands after the colon in the name of a row

    transferer.transferred(task) -> Piece         task.piece in the style of task.support, from task.seed

A row is `NAME` or `NAME:ARGUMENT`, with `@STRENGTH` behind it where a single strength is asked for, as in
`engine:NAME@0.5`. A transferer looks at `task.piece`, `task.support` and `task.strength`, at nothing else; only
controls look at real pieces that stand aside. It may raise NotPossible for a task, which is then said in the report.

An engine needs no file: `engine:NAME` is any engine with `transfer(piece, style, strength, seed) -> Piece`.
"""

from __future__ import annotations

import importlib
import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple, Protocol

from fewnotes.errors import BadParameter
from fewnotes.music.piece import Piece

STRENGTHS = (0.25, 0.5, 1.0)


@dataclass(frozen=True)
class Task:
    """What a transferer is asked: `piece` in the style of `support`. strength: 0 leaves it alone, 1 keeps least.

    aside: real pieces of the style that are not in the support set. truth: the same piece as it stands in the style,
    where there is one. Both are for controls alone.
    """

    style: str
    piece: Piece
    support: tuple[Piece, ...]
    seed: int
    strength: float = 1.0
    aside: tuple[Piece, ...] = ()
    truth: Piece | None = None


class Transferer(Protocol):
    """Carries a piece over into a style."""

    def transferred(self, task: Task) -> Piece:
        """The piece in the style. Raises NotPossible."""
        ...


class Row(NamedTuple):
    """A transferer at one strength. name: as it stands in a table."""

    name: str
    transferer: Transferer
    strength: float


def names() -> tuple[str, ...]:
    """Modules of this folder, in order of name."""
    found = (entry.name.partition(".") for entry in importlib.resources.files(__name__).iterdir())
    return tuple(sorted(stem for stem, _, suffix in found if suffix == "py" and not stem.startswith("_")))


def prepared(asked: Sequence[str]) -> list[Row]:
    """The rows of some names, each at all its strengths or at the one that is named.

    Raises BadParameter for an unknown row or strength, NotPossible and NotInstalled as `prepare` does.
    """
    found = []
    for name in asked:
        plain, at, strength = name.partition("@")
        stem, _, argument = plain.partition(":")
        module = _module(stem)
        transferer: Transferer = module.prepare(argument)
        strengths = (_number(strength),) if at else getattr(module, "STRENGTHS", None)
        if strengths is None:
            found.append(Row(plain, transferer, 1.0))
        else:
            found += [Row(f"{plain}@{s:g}", transferer, s) for s in strengths]
    return found


def _module(stem: str) -> ModuleType:
    module = stem.replace(" ", "_")
    if module not in names():
        raise BadParameter(f"There is no transferer {stem!r} to measure", expected=f"one of {', '.join(names())}")
    return importlib.import_module(f"{__name__}.{module}")


def _number(text: str) -> float:
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise BadParameter(f"{text!r} is no strength", expected="a number from 0 to 1 behind the @")
    return strength
