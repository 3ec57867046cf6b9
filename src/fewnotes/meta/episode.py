"""Episodes for training: styles, and pieces of each, half of the time styles that are hard to tell apart.

Evaluation draws its episodes elsewhere (`fewnotes.measure.draws`); here they come without end, from one random stream.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrainingEpisode:
    """pieces: (N, E) indices, E of each style, all distinct. shots: how many of E are support, the first ones."""

    styles: tuple[str, ...]
    pieces: NDArray[np.int64]
    shots: int


class EpisodeSampler:
    """Draws training episodes of `way` styles and `each` pieces a style; support of 1 to each - 1 pieces.

    groups: lists of styles that are alike (one family, one period). hard: share of episodes whose styles come from one
    group as far as it reaches.
    """

    def __init__(
        self, styles: Mapping[str, Sequence[int]], groups: Sequence[Sequence[str]], way: int, each: int, seed: int, *,
        hard: float = 0.5,
    ) -> None:  # fmt: skip
        self._styles = {name: np.asarray(pieces) for name, pieces in styles.items() if len(pieces) >= each}
        self._names = sorted(self._styles)
        self._groups = [[s for s in group if s in self._styles] for group in groups]
        self._groups = [group for group in self._groups if len(group) > 1]
        self._way, self._each, self._hard = min(way, len(self._names)), each, hard
        self.rng = np.random.default_rng(seed)

    def draw(self) -> TrainingEpisode:
        """The next episode."""
        rng = self.rng
        chosen: list[str] = []
        if self._groups and rng.random() < self._hard:
            sizes = np.array([len(g) for g in self._groups], float)
            group = self._groups[int(rng.choice(len(sizes), p=sizes / sizes.sum()))]
            chosen = [group[i] for i in rng.permutation(len(group))[: self._way]]
        taken = set(chosen)
        rest = [name for name in self._names if name not in taken]
        chosen += [rest[i] for i in rng.permutation(len(rest))[: self._way - len(chosen)]]
        pieces = np.array([rng.permutation(self._styles[name])[: self._each] for name in chosen])
        return TrainingEpisode(tuple(chosen), pieces, int(rng.integers(1, self._each)))
