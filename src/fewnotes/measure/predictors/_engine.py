"""Any engine that measures bits, as a row: it learns the support set and is asked about the query."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.engines import Progress, Surprisal, no_progress
from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank
from fewnotes.music.piece import Piece
from fewnotes.registry import find
from fewnotes.style import Style

_SEED = 0


class EnginePredictor:
    """Learns with the engine's `learn` (seed 0) where it has one, and measures with its `surprisal`.

    The style of the last support set is at hand: queries that share one do not learn it again.
    """

    def __init__(self, name: str, *, learns: bool = True) -> None:
        self.name = name
        self.learns = learns
        self._last: tuple[tuple[Piece, ...], Style | None] = ((), None)

    def bits(self, support: Sequence[Piece], query: Piece) -> Surprisal:
        """Bits under the style of `support`; without support, before learning."""
        found: Surprisal = find("engines", self.name).surprisal(query, self._style(tuple(support)))
        return found

    def _style(self, support: tuple[Piece, ...]) -> Style | None:
        if not support:
            return None
        if support != self._last[0]:
            learn = getattr(find("engines", self.name), "learn", None) if self.learns else None
            parts = {self.name: learn(support, seed=_SEED, progress=no_progress)} if learn else {}
            self._last = (support, Style("", support, parts))
        return self._last[1]


class EngineRow:
    """An engine as a row of the table."""

    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.TITLE = title

    def prepare(
        self,
        bank: Bank,  # noqa: ARG002 the contract's
        background: Sequence[int],  # noqa: ARG002
        progress: Progress = no_progress,  # noqa: ARG002
    ) -> EnginePredictor:
        """Looks at nothing: what an engine knows before learning comes with it."""
        return EnginePredictor(self.name)


def engine(name: str) -> EngineRow:
    """The row of an engine. Raises BadParameter where there is none of that name, or it measures no bits."""
    module = find("engines", name)
    if not hasattr(module, "surprisal"):
        raise BadParameter(
            f"The engine {name!r} does not measure bits a note", expected="an engine with `surprisal`, such as markov"
        )
    return EngineRow(name, str(module.TITLE))
