"""preference: how much a piece is to one's taste, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.engines.relation import taste
from fewnotes.errors import BadInput
from fewnotes.music.features import feature_vector
from fewnotes.music.piece import Piece
from fewnotes.style import Style
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._personal.reasons import Leaning, because

#: Nine times in ten a logit lies within so many deviations.
_NINE_IN_TEN = 1.645


@dataclass(frozen=True)
class Guess:
    """chance: that a piece is liked, 0.5 where nothing is known. low, high: nine in ten that it lies between."""

    title: str
    chance: float
    low: float
    high: float
    because: tuple[Leaning, ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "title": self.title, "preference": self.chance, "low": self.low, "high": self.high,
            "because": [b.to_dict() for b in self.because],
        }  # fmt: skip


@dataclass(frozen=True)
class Guesses:
    """Guesses in the order of the pieces, and from how many likes and dislikes they come."""

    pieces: tuple[Guess, ...]
    likes: int
    dislikes: int
    says_something: bool

    def to_dict(self) -> dict[str, Any]:
        said = {"likes": self.likes, "dislikes": self.dislikes, "says_something": self.says_something}
        return {**said, "pieces": [g.to_dict() for g in self.pieces]}

    def to_table(self) -> Table:
        rows = [
            (g.title, f"{g.chance:.2f}", f"{g.low:.2f} to {g.high:.2f}", "; ".join(map(str, g.because)) or "-")
            for g in self.pieces
        ]
        facts = {"from": f"{self.likes} likes and {self.dislikes} dislikes"}
        nothing = "There is no pattern in what you like yet: all is as likely as before."
        words = () if self.says_something else (nothing,)
        return Table(("piece", "liked", "nine in ten", "because"), rows, "To your taste", facts, words)


@dataclass(frozen=True, kw_only=True)
class Preference(Use):
    """Tell how much pieces are to your taste: the chance that you like each, how sure, and why.

    Learned from what you said with like and dislike. 0.5 is what is known of a piece like none you judged.
    """

    returns: ClassVar[str] = "a chance for each piece, with the range it lies in nine times in ten, and reasons"
    example: ClassVar[str] = "fewnotes preference new/*.mid"

    pieces: Sequence[Piece] = param(
        Kind.PIECES, "Music files, folders or patterns", positional=True, minimum=1, maximum=1000
    )
    style: Style | None = param(
        Kind.STYLE, "The style they were composed in: they count against what is usual there", default=None,
        optional=True,
    )  # fmt: skip

    def run(self, progress: Progress = no_progress) -> Guesses:
        """Raises BadInput where no piece has a note, StoreError."""
        pieces = [p for p in self.pieces if len(p.notes)]
        if not pieces:
            raise BadInput("There is not one note in these pieces", expected="one piece with notes, or more")
        person = taste.mine(progress=progress)
        found = taste.preference(pieces, person, self.style)
        usual = taste.usual(self.style).features if person.says_something else np.zeros(0)
        guesses = []
        for number, piece in enumerate(pieces):
            low, high = (_chance(found.logit[number] + s * _NINE_IN_TEN * found.deviation[number]) for s in (-1, 1))
            why = because(person, feature_vector(piece), usual) if person.says_something else ()
            title = piece.title or f"piece {number + 1}"
            guesses.append(Guess(Path(title).name, round(float(found.chance[number]), 4), low, high, why))
        return Guesses(tuple(guesses), person.liked, person.disliked, person.says_something)


def _chance(logit: float) -> float:
    return round(float(1 / (1 + np.exp(-np.clip(logit, -60, 60)))), 4)
