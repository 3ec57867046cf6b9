"""Harmony of a piece to be: which pitch classes are to sound in each half bar or so, drawn from how the style goes on.

Each segment has a set of pitch classes, as `fewnotes.meta.events` asks for them. A ladder counts after which sets,
where in the bar and how far from the end they came. What is read off pieces has their tonic moved to C or A.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.frame import Frame
from fewnotes.engines.transformer.prediction.memory import Facts, Ladder, spread
from fewnotes.meta.events import segments_in

Ints = NDArray[np.int64]
#: Bars up to the end that are told apart.
_NEAR_THE_END = 3


class Progression:
    """How sets of pitch classes follow each other in some pieces of one mode."""

    def __init__(self, frames: Sequence[Frame]) -> None:
        told = [list(_segments(f.lines)) for f in frames]
        sets = [[_set_at(f, first) for _, _, first, _ in own] for f, own in zip(frames, told, strict=True)]
        #: Sets by how often they came, the commonest first.
        names, counts = np.unique([s for own in sets for s in own], return_counts=True)
        self.sets = names[np.argsort(-counts, kind="stable")].astype(np.int64)
        number = {int(s): i for i, s in enumerate(self.sets)}
        self._ladders = [Ladder(max(1, len(self.sets))) for _ in range(2)]
        for frame, own, named in zip(frames, told, sets, strict=True):
            past: list[int] = []
            for (bar, part, _, _), name in zip(own, named, strict=True):
                for ladder, facts in zip(
                    self._ladders, _facts(past, part, bar, len(frame.lines) - 1 - bar), strict=True
                ):
                    ladder.add(facts, number[name])
                past.append(number[name])

    def odds(self, past: Sequence[int], part: int, bar: int, left: int) -> NDArray[np.float64]:
        """Probability of each set after others. part: which segment of its bar. left: bars until the end."""
        into = np.zeros(len(self.sets))
        for ladder, facts in zip(self._ladders, _facts(past, part, bar, left), strict=True):
            into += spread(ladder, facts) / len(self._ladders)
        return into

    def drawn(
        self, lines: Ints, again: Mapping[int, int], rng: np.random.Generator, fits: NDArray[np.float64] | None = None,
        sharpness: float = 1.0,
    ) -> Ints:  # fmt: skip
        """Bits of pitch classes at each step, (steps,). again: bars whose harmony is that of an earlier one.

        fits: (segments, sets), factors for what is known, such as a melody. sharpness: above 1 the likelier sets gain.
        """
        found = np.zeros(int(lines[-1]), np.int64)
        past: list[int] = []
        chosen: dict[tuple[int, int], int] = {}
        for i, (bar, part, first, end) in enumerate(_segments(lines)):
            pick = chosen.get((again.get(bar, -1), part), -1)
            if pick < 0:
                odds = self.odds(past, part, bar, len(lines) - 1 - bar) ** sharpness
                if fits is not None:
                    odds = odds * fits[i]
                pick = int(rng.choice(len(odds), p=odds / odds.sum()))
            chosen[bar, part] = pick
            past.append(pick)
            found[first:end] = self.sets[pick]
        return found


def segments_of(lines: Ints) -> list[tuple[int, int]]:
    """Where segments of harmony begin and end, in steps."""
    return [(first, end) for _, _, first, end in _segments(lines)]


def _segments(lines: Ints) -> Iterator[tuple[int, int, int, int]]:
    """Bar, number in the bar, begin and end of every segment."""
    for bar, (start, stop) in enumerate(zip(lines[:-1].tolist(), lines[1:].tolist(), strict=True)):
        edges = np.linspace(start, stop, segments_in(stop - start) + 1).round().astype(int).tolist()
        for part, (first, end) in enumerate(itertools.pairwise(edges)):
            if end > first:
                yield bar, part, first, end


def _set_at(frame: Frame, step: int) -> int:
    return int(frame.classes[min(step, len(frame.classes) - 1)])


def _facts(past: Sequence[int], part: int, bar: int, left: int) -> tuple[Facts, Facts]:
    a, b, c = (past[-i] if len(past) >= i else -1 for i in (1, 2, 3))
    return (a, part, b, c), (min(left, _NEAR_THE_END), part, a, bar % 4, b)
