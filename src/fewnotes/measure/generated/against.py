"""What the outputs of one draw are held against, and the figures that come of it.

Worked out once a draw, so that every row is held against the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fewnotes.measure.generated.excerpts import Floats
from fewnotes.measure.generated.judge import Judge
from fewnotes.measure.generated.material import RealStyle
from fewnotes.measure.generated.novelty import Human, human_interval, shared_with
from fewnotes.measure.generated.realness import told_apart
from fewnotes.measure.generated.sense import Usual, usual_of
from fewnotes.measure.generated.variety import Scale, near_duplicates, variety
from fewnotes.music.piece import Piece

#: Real windows that the human borrowing interval is measured on.
HUMAN = 20
#: Outputs that are held against the support set, evenly spread.
SHARED = 12
#: Real windows whose plain counts are taken.
COUNTED = 40


@dataclass(frozen=True)
class Against:
    """style: its name. support: as judges hear it. reference: statistics of real windows, shape (m, F), that are of
    the pieces `owner`, shape (m,). human: what such windows share with the support set. usual: their plain counts."""

    style: str
    support: tuple[Piece, ...]
    reference: Floats
    owner: tuple[int, ...]
    human: Human
    judge: Judge
    scale: Scale
    seed: int
    usual: Usual

    def figures(self, outputs: Sequence[Piece], vectors: Floats) -> dict[str, float]:
        """By column. outputs: two or more pieces as judges hear them, with their statistics, shape (n, F)."""
        step = max(1, -(-len(outputs) // SHARED))
        shared = shared_with(outputs[::step], self.support)
        run, share, overlap = shared.mean(axis=0).tolist()
        scaled, usual = self.scale(vectors), self.scale(self.reference)
        return {
            "judged in the style": self.judge.agreement(vectors, self.style),
            "told from real": told_apart(vectors, self.reference, self.owner, seed=self.seed),
            "longest run": run,
            "cardinality": share,
            "Jaccard": overlap,
            "inside human borrowing": float(self.human.inside(shared)[-1]),
            "above human borrowing": float(self.human.above(shared)[-1]),
            "variety": variety(scaled, usual),
            "near duplicates": near_duplicates(scaled, usual),
        }


def against(
    real: RealStyle, support: tuple[Piece, ...], judge: Judge, scale: Scale, seed: int, closings: Sequence[Piece] = ()
) -> Against:
    """For one draw of a style. support: as judges hear it. closings: how real pieces end, where outputs end too."""
    places = real.windows.of(real.parting.reference)
    owner = tuple(real.windows.owner[i] for i in places)
    held = [real.windows.pieces[i] for i in real.one_each(places)[:HUMAN]]
    human = human_interval(shared_with(held, support))
    usual = usual_of([real.windows.pieces[i] for i in real.one_each(places)[:COUNTED]], closings)
    return Against(real.parting.style, support, real.vectors[list(places)], owner, human, judge, scale, seed, usual)
