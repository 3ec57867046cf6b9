"""An engine of fewnotes by name, as anyone would use it: it learns the support set and composes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from fewnotes.engines import ComposeRequest
from fewnotes.errors import NotPossible
from fewnotes.measure.generated.rows import Task
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece
from fewnotes.registry import find
from fewnotes.style import Style

TITLE = "What an engine learns from the support set and composes"


@dataclass(frozen=True)
class _Engine:
    name: str
    module: ModuleType

    def pieces(self, task: Task) -> list[Piece]:
        part = self.module.learn(task.support, seed=task.seed)
        style = Style(task.style, task.support, {self.name: part})
        request = ComposeRequest(bars=task.bars, candidates=task.count, seed=task.seed)
        found: list[Piece] = self.module.compose(style, request)
        return found


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _Engine:
    """The engine called `argument`. Raises BadParameter for an unknown one, NotPossible where it cannot compose."""
    module = find("engines", argument)
    if not hasattr(module, "compose"):
        raise NotPossible(f"The engine {argument!r} cannot compose", fix="Measure another one")
    return _Engine(argument, module)
