"""The plain GANs beside the sketch pad, meta-trained by Reptile and then fitted to the support set.

control_gan:literal   perceptrons of two layers and the minimax loss, noise and a style to a roll
control_gan:figr      FIGR: convolutions, a critic with a penalty on its gradient, noise alone, ten steps

Lines, meter and mode of an output are those of a phrase of the support set, as the sketch pad has them too. An output
may be silent; who judges counts that as a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fewnotes.engines import relation
from fewnotes.engines.gan import plain
from fewnotes.engines.gan.scene import Wish
from fewnotes.engines.gan.writing import layout_of, to_piece
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.measure.generated.rows import Task
from fewnotes.measure.rows._embedded import control
from fewnotes.meta.phrases import phrases
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import Progress
from fewnotes.music.piece import Piece

TITLE = "control: a plain GAN on rolls, meta-trained by Reptile and fitted to the support set"
#: Phrases of one support piece at most, as the sketch pad takes.
_MOST = 24


@dataclass(frozen=True)
class _Control:
    own: plain.Plain

    def pieces(self, task: Task) -> list[Piece]:
        cut = [phrases(normalised(piece), _MOST) for piece in task.support]
        heard = [piece for piece, found in zip(task.support, cut, strict=True) if found]
        if not heard:
            raise NotPossible("There are no four full bars of one meter in these pieces")
        every = [phrase for found in cut for phrase in found]
        style = self.own.style(relation.judge().embed(heard).astype(np.float32))
        pair = plain.fitted(self.own, every, style, task.seed)
        order = np.random.default_rng(task.seed).integers(0, len(every), task.count)
        drawn = plain.drawn(pair, style, [Wish.like(every[i]) for i in order.tolist()], task.seed)
        owner = [number for number, found in enumerate(f for f in cut if f) for _ in found]
        layouts = [layout_of([piece], found) for piece, found in zip(heard, (f for f in cut if f), strict=True)]
        return [to_piece(phrase, layouts[owner[i]]) for phrase, i in zip(drawn, order.tolist(), strict=True)]


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _Control:
    """Raises BadParameter for an unknown control, NotInstalled without torch or the control."""
    if argument not in plain.RULES:
        raise BadParameter(
            f"There is no row control_gan:{argument}", expected=", ".join(f"control_gan:{p}" for p in plain.RULES)
        )
    return _Control(plain.plain(str(control(f"gan_{argument}"))))
