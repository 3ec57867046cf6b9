"""What is measured: one predictor a file. How surprising is a piece to one who has read K pieces of its style?

The contract of a module here:

    TITLE: str                                             what it is, in a line
    def prepare(bank, background, progress) -> Predictor   may look at the pieces in `background` (indices into the
                                                           bank: meta-train), with their styles; at nothing else

    predictor.bits(support, query) -> Surprisal            support: K pieces, none at K = 0; bits: shape (T,), and the
                                                           parts "pitch" and "rhythm". Nothing is kept between calls.

Bits are over the alphabet of `fewnotes.engines.markov.bits`: of every note, in the order of `piece.notes`, its onset
after the note before it in its track (0 to 192 twelfths of a quarter), its length (1 to 192) and its key (128, the
tonic moved to C or A). Each step is a proper distribution given the notes before and the steps before. Free of charge
for everybody: the tonic of the query, the meter, and to which track each note belongs.

A predictor is sent to other processes, so it must be picklable. A row `engine:NAME` is any engine with `surprisal`.
A module that needs a package that is not installed raises NotInstalled (or NotPossible) in `prepare`.
"""

from __future__ import annotations

import importlib
import importlib.resources
from collections.abc import Sequence
from typing import Protocol

from fewnotes.engines import Progress, Surprisal
from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank
from fewnotes.music.piece import Piece

#: What begins the name of a row that is an engine.
ENGINE = "engine:"
#: Rows in the order of a table, from what knows least; others follow by name.
_ORDER = ("uniform", "unigram", "bigram", "background", "background_and_support", "markov", "adaptive")


class Predictor(Protocol):
    """Says how surprising a piece is after others."""

    def bits(self, support: Sequence[Piece], query: Piece) -> Surprisal:
        """Bits of each note of `query` for one who has read `support`."""
        ...


class Row(Protocol):
    """A module of this folder."""

    TITLE: str

    def prepare(self, bank: Bank, background: Sequence[int], progress: Progress) -> Predictor: ...


def names() -> tuple[str, ...]:
    """The rows of this folder, in the order of a table."""
    found = set()
    for entry in importlib.resources.files("fewnotes.measure.predictors").iterdir():
        stem, _, suffix = entry.name.partition(".")
        if suffix == "py" and not stem.startswith("_"):
            found.add(stem)
    return tuple(n for n in _ORDER if n in found) + tuple(sorted(found - set(_ORDER)))


def find(name: str) -> Row:
    """A row by name, or `engine:NAME`. Raises BadParameter where there is none, or the engine measures no bits."""
    if name.startswith(ENGINE):
        from fewnotes.measure.predictors._engine import engine

        return engine(name.removeprefix(ENGINE))
    if name not in names():
        raise BadParameter(
            f"There is no predictor {name!r}", expected=f"one of {', '.join(names())}, or {ENGINE}NAME of an engine"
        )
    module: Row = importlib.import_module(f"fewnotes.measure.predictors.{name}")
    return module
