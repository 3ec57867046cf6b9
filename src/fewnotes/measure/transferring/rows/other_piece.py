"""The ceiling of style and the floor of content: a real piece of the style that has nothing to do with the source."""

from __future__ import annotations

import numpy as np

from fewnotes.errors import NotPossible
from fewnotes.measure.transferring.rows import Task
from fewnotes.music.piece import Piece

TITLE = "A real piece of the style, drawn at random: all of the style, nothing of the content"


class _OtherPiece:
    def transferred(self, task: Task) -> Piece:
        if not task.aside:
            raise NotPossible(f"No real piece of {task.style} stands aside")
        return task.aside[int(np.random.default_rng([task.seed, 1]).integers(len(task.aside)))]


def prepare(argument: str) -> _OtherPiece:
    """Needs nothing."""
    return _OtherPiece()
