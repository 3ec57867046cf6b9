"""The ceiling of both, where it is known: the same song as it stands in the style."""

from __future__ import annotations

from fewnotes.errors import NotPossible
from fewnotes.measure.transferring.rows import Task
from fewnotes.music.piece import Piece

TITLE = "The same song as it stands in the style: as good as it gets"


class _Truth:
    def transferred(self, task: Task) -> Piece:
        if task.truth is None:
            raise NotPossible("Only songs that stand in several styles have a truth")
        return task.truth


def prepare(argument: str) -> _Truth:
    """Needs nothing."""
    return _Truth()
