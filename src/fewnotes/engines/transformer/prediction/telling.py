"""How surprising each note of a piece is: what nets say and what was read word for word, weighed as the piece goes on.

Experts: the net as it was trained, the net as it learned the style, and for each viewpoint two ladders of the memory.
Each symbol's probability is their weighted mean. After a symbol the weights move to those who foresaw it, and a
share of them comes back to all (fixed share, Herbster and Warmuth 1998): who is best may change within a piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Surprisal
from fewnotes.engines.transformer.prediction.facts import SIZES, told
from fewnotes.engines.transformer.prediction.memory import Ladder, odds
from fewnotes.meta.events import Events

Floats = NDArray[np.float64]
#: Bits are told over so many first notes: pieces go on more predictably than they begin.
TESTED_NOTES = 150
#: Notes read in all, so many of each piece at least.
READ_NOTES, _LEAST_READ = 12_000, 500
#: Weight of all nets together at first, share that comes back, and the power of what was foreseen. Chosen on
#: meta-validation.
NETS, SHARE, POWER = 0.6, 0.08, 0.6


@dataclass
class Memory:
    """A ladder for each symbol and viewpoint."""

    ladders: dict[tuple[int, int], Ladder] = field(default_factory=dict)

    def of(self, step: int, viewpoint: int) -> Ladder:
        found = self.ladders.get((step, viewpoint))
        if found is None:
            found = self.ladders[step, viewpoint] = Ladder(SIZES[step])
        return found

    def read(self, pieces: Sequence[Events], notes: int) -> Memory:
        """Remember the first notes of each piece."""
        for piece in pieces:
            for moment in told(piece.rows[:notes]):
                for step, symbol in enumerate(moment.symbols):
                    for i, facts in enumerate(moment.facts[step]):
                        self.of(step, i).add(facts, symbol)
        return self


def remembered(piece: Events, memories: Sequence[Memory], net: Floats) -> list[Floats]:
    """Probability of what came by each ladder expert, for each of the three symbols (T, experts).

    Beside every ladder of memories and piece stands one of the piece alone; where nothing was read, only that. Below
    their lowest rungs stands what the net says, (T, 3).
    """
    own, found = Memory(), [[], [], []]  # type: tuple[Memory, list[list[list[float]]]]
    for moment, bases in zip(told(piece.rows), net.tolist(), strict=True):
        for step, symbol in enumerate(moment.symbols):
            row, base = [], bases[step]
            for i, facts in enumerate(moment.facts[step]):
                fresh = own.of(step, i)
                if memories:
                    row.append(odds((*(memory.of(step, i) for memory in memories), fresh), facts, symbol, base))
                row.append(odds((fresh,), facts, symbol, base))
                fresh.add(facts, symbol)
            found[step].append(row)
    return [np.array(rows) for rows in found]


def mixed(nets: Sequence[Floats], ladders: Sequence[Floats]) -> tuple[Floats, list[Floats]]:
    """Probability of what came, (T, 3), and the mean weights of the experts of each symbol.

    nets: (T, 3) each. ladders: (T, experts) for each symbol.
    """
    count = len(nets[0])
    found, weights = np.zeros((count, 3)), []
    for step in range(3):
        said = np.concatenate([np.stack([net[:, step] for net in nets], axis=1), ladders[step]], axis=1)
        first = _first(len(nets), said.shape[1] - len(nets))
        weight, total = first.copy(), np.zeros_like(first)
        power = said**POWER
        for t in range(count):
            total += weight
            found[t, step] = weight @ said[t]
            weight = weight * power[t]
            weight = (1 - SHARE) * weight / weight.sum() + SHARE * first
        weights.append(total / max(1, count))
    return found, weights


def _first(nets: int, words: int) -> Floats:
    return np.array([NETS / nets] * nets + [(1 - NETS) / words] * words)


def notes_read(pieces: int) -> int:
    """How many first notes are read of each of so many pieces."""
    return max(READ_NOTES // max(1, pieces), _LEAST_READ)


def surprisal(chance: Floats) -> Surprisal:
    """Bits of probabilities (T, 3)."""
    bits = np.maximum(0.0, -np.log2(np.maximum(chance, 1e-12)))
    rhythm, pitch = bits[:, 0] + bits[:, 1], bits[:, 2]
    return Surprisal(rhythm + pitch, {"pitch": pitch, "rhythm": rhythm})
