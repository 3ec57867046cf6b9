"""The ceiling: windows of real pieces of the style that stood aside."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.measure.generated.rows import Task
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece

TITLE = "Real pieces of the style, held out: as good as it gets"


class _Real:
    def pieces(self, task: Task) -> list[Piece]:
        return list(task.aside[: task.count])


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _Real:
    """Needs nothing."""
    return _Real()
