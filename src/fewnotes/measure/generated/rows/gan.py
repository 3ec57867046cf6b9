"""The sketch pad, whole and without parts of it.

gan             as `fewnotes sketch` gives: drawn, checked for copies and near duplicates, judged, the best third kept
gan:drawn       learned, and what is drawn taken as it comes
gan:bare        the same, each slot written down by itself, without the habits of the support set
gan:unlearned   the meta-trained pair without learning the style: it only remembers the five pieces
gan:untrained   the same nets, coder apart, without meta-training, learning the five pieces alone
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fewnotes.engines import gan, relation
from fewnotes.engines.gan.ideas import Own, Request, ideas
from fewnotes.errors import BadParameter
from fewnotes.measure.generated.rows import Task
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import borrowing
from fewnotes.style import Part

TITLE = "Phrases that the sketch pad draws after learning from the support set"
_PARTS = ("", "drawn", "bare", "unlearned", "untrained")


@lru_cache(maxsize=1)
def _learned(support: tuple[Piece, ...], seed: int, way: str) -> Part:
    """Three rows learn the same; they are asked one after another."""
    return gan.learn(support, seed=seed, way=way)


@dataclass(frozen=True)
class _Pad:
    part: str

    def pieces(self, task: Task) -> list[Piece]:
        sketcher = gan.sketcher(_learned(task.support, task.seed, self.part if self.part.startswith("un") else ""))
        if not self.part:
            own = Own(task.support, relation.learn(task.support), borrowing(task.support).usual_run)
            asked = Request(task.count, 4, task.seed, None, None, None, None, None, 1.0, None)
            return [idea.piece for idea in ideas(sketcher, own, asked)[0]]
        habits = gan.Habits.none() if self.part == "bare" else None
        drawn = sketcher.draw(sketcher.wishes(task.count, task.seed), task.seed, habits=habits)
        return [sketcher.piece(d.phrase, d.wish) for d in drawn]


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _Pad:
    """Raises BadParameter for an unknown part, NotInstalled without torch or the checkpoint."""
    if argument not in _PARTS:
        raise BadParameter(f"There is no row gan:{argument}", expected=", ".join(f"gan:{p}" for p in _PARTS if p))
    gan.pad()
    return _Pad(argument)
