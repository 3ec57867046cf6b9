"""A control that copies: bars of the support set in random order. Its style is right, nothing in it is new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from fewnotes.measure.generated.rows import Task
from fewnotes.meta.progress import Progress
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import KeySignature, Meter, Piece, sort_notes
from fewnotes.music.time import bars

TITLE = "Bars of the support set in random order: a copy without form"


class _Shuffled:
    def pieces(self, task: Task) -> list[Piece]:
        rng = np.random.default_rng([task.seed, 2])
        sources = [p for p in task.support if len(p.notes)]
        return [joined(sources[int(rng.integers(len(sources)))], task.bars, rng) for _ in range(task.count)]


def joined(piece: Piece, count: int, rng: np.random.Generator) -> Piece:
    """`count` bars of the commonest meter of a piece in random order, each as often as the others if it can be."""
    found = [(i, b) for i, b in enumerate(bars(piece)) if b.number > 0]
    usual = Counter((b.meter.numerator, b.meter.denominator, b.end_tick - b.onset_tick) for _, b in found)
    meter = usual.most_common(1)[0][0]
    usable = [i for i, b in found if (b.meter.numerator, b.meter.denominator, b.end_tick - b.onset_tick) == meter]
    rounds = [rng.permutation(usable) for _ in range(-(-count // len(usable)))]
    notes = []
    for place, index in enumerate(np.concatenate(rounds)[:count].tolist()):
        bar = slice_bars(piece, index, index).notes.copy()
        bar["onset_tick"] += place * meter[2]
        notes.append(bar)
    keys = tuple(KeySignature(0, *k[1:]) for k in piece.keys[:1])
    return replace(
        piece, notes=sort_notes(np.concatenate(notes)), graces=piece.graces[:0], meters=(Meter(0, *meter[:2]),),
        keys=keys, tempos=piece.tempos[:1], chords=(), pickup_tick=0, barlines_tick=(),
    )  # fmt: skip


def prepare(argument: str, background: Sequence[Piece], progress: Progress) -> _Shuffled:
    """Needs nothing."""
    return _Shuffled()
