"""learn: a style from a handful of pieces."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece
from fewnotes.music.profile import profile
from fewnotes.music.similarity import borrowing
from fewnotes.registry import find
from fewnotes.style import Style, created_now, nameless
from fewnotes.uses import Kind, Result, Use, param
from fewnotes.uses._style import leave_one_out, verb_of


@dataclass(frozen=True, kw_only=True)
class Learn(Use):
    """Learn a style from a handful of pieces, and say what was learned and how sure.

    Drums, instruments, keys, meters and rhythms are learned as they stand. The style keeps the notes it was
    learned from, without titles, names and paths; it needs two pieces or more to say how sure it is.
    """

    returns: ClassVar[str] = "a style, kept in the store under its name, and in words what was learned"
    result: ClassVar[Result] = Result.STYLE
    example: ClassVar[str] = "fewnotes learn tunes/*.mid --name jigs"
    then: ClassVar[str] = "fewnotes compose {name}"

    pieces: Sequence[Piece] = param(
        Kind.PIECES,
        "Music files, folders or patterns; 3 to 20 pieces are a good handful",
        positional=True,
        minimum=1,
        maximum=1000,
    )
    name: str = param(Kind.STR, "What to call the style", default="style")
    engine: str = param(
        Kind.STR,
        "Engines, with commas between: trio, markov, relation, gan; auto is trio where torch is, else markov",
        default="auto",
    )
    seed: int = param(Kind.SEED, "Same seed, same style", default=0, minimum=0, maximum=2**63 - 1)

    def run(self, progress: Progress = no_progress) -> Style:
        """Raises BadInput if no piece has a note, BadParameter if there is no such engine."""
        pieces = tuple(nameless(p) for p in self.pieces if len(p.notes))
        if not pieces:
            raise BadInput("There is not one note in these pieces", expected="at least one piece with notes")
        engines = list(dict.fromkeys(name.strip() for name in self.engine.split(",") if name.strip())) or ["auto"]
        engines = [_automatic() if name == "auto" else name for name in engines]
        verbs = {name: verb_of(find("engines", name), name, "learn") for name in engines}
        parts = {}
        for name, learned_by in verbs.items():
            progress(0, 4, "Learning")
            parts[name] = learned_by(pieces, seed=self.seed, progress=progress)
        progress(1, 4, "Describing")
        facts = profile(pieces)
        progress(2, 4, "How sure")
        facts["leave_one_out"] = leave_one_out(pieces, engines[0], self.seed, parts[engines[0]], progress)
        progress(3, 4, "What the pieces share")
        facts["borrowing"] = borrowing(pieces).to_dict()
        facts["seed"] = self.seed
        progress(4, 4, "Learned")
        return Style(self.name, pieces, parts, facts, created_now())


def _automatic() -> str:
    """The composer and its judge; without torch, which is an extra, the engine that counts."""
    return "trio" if importlib.util.find_spec("torch") else "markov"
