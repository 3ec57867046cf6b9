"""An engine of fewnotes by name, as anyone would use it: it learns the support set and carries the piece over."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import ModuleType

from fewnotes.errors import NotPossible
from fewnotes.measure.transferring.rows import STRENGTHS as STRENGTHS
from fewnotes.measure.transferring.rows import Task
from fewnotes.music.piece import Piece
from fewnotes.registry import find, names
from fewnotes.style import Style

TITLE = "An engine that learns the support set and carries the piece over"


@dataclass
class _Engine:
    name: str
    module: ModuleType
    #: The style that was learned last: the strengths and sources of one support set learn it once.
    _last: tuple[tuple[Piece, ...], Style] | None = field(default=None, repr=False)

    def transferred(self, task: Task) -> Piece:
        found: Piece = self.module.transfer(task.piece, self._style(task), task.strength, task.seed)
        return found

    def _style(self, task: Task) -> Style:
        if self._last is None or self._last[0] != task.support:
            # Always from one seed, so that it does not matter which source comes first.
            part = self.module.learn(task.support, seed=0)
            self._last = (task.support, Style(task.style, task.support, {self.name: part}))
        return self._last[1]


def prepare(argument: str) -> _Engine:
    """The engine called `argument`. Raises BadParameter for an unknown one, NotPossible where it cannot transfer."""
    module = find("engines", argument)
    if not can_transfer(module):
        raise NotPossible(f"The engine {argument!r} cannot carry a piece over into a style", fix="Measure another one")
    return _Engine(argument, module)


def can_transfer(module: ModuleType) -> bool:
    """Has an engine what this row asks of it?"""
    return hasattr(module, "learn") and hasattr(module, "transfer")


def transferring_engines() -> tuple[str, ...]:
    """Names of all engines that can carry a piece over."""
    return tuple(name for name in names("engines") if can_transfer(find("engines", name)))
