"""The floor of style: windows of real pieces of other styles, handed in as if they were of this one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.measure.generated.rows import Task
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece

TITLE = "Real pieces of other styles: good music, wrong style"


class _OtherStyle:
    def pieces(self, task: Task) -> list[Piece]:
        order = np.random.default_rng([task.seed, 1]).permutation(len(task.strangers))
        return [task.strangers[i] for i in order[: task.count].tolist()]


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _OtherStyle:
    """Needs nothing."""
    return _OtherStyle()
