"""Counting and backing off: how often which symbol came where which facts held.

Interpolated back-off after Witten and Bell 1991, their method C: with n the count of a context and t the number of
kinds of symbols seen in it, p(s | c) = (n(c, s) + t(c) p(s | c')) / (n(c) + t(c)), c' being c without its last fact;
below the empty context all symbols are equally likely. A context never seen passes c' through.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, Surprisal, no_progress
from fewnotes.engines.markov.bits import notes_read
from fewnotes.measure.bank import Bank
from fewnotes.measure.predictors._alphabet import FACTS, LENGTH, ONSET, PITCH, SIZES, Ints, Told, read, read_again
from fewnotes.music.piece import Piece

Floats = NDArray[np.float64]
_BASE = 256
#: First notes read of each piece of meta-train.
READ_OF_BACKGROUND = 500
_TOLD_EACH = 100


class Seen(NamedTuple):
    """For T moments: how often the symbol came in the context, the context at all, and kinds of symbols in it."""

    both: Floats
    context: Floats
    kinds: Floats


class Counts:
    """Counts over pieces, for contexts of 0 to `depth` facts."""

    def __init__(self, pieces: Iterable[Told], depth: int) -> None:
        self.depth = depth
        codes: list[list[list[Ints]]] = [[[] for _ in range(depth + 1)] for _ in SIZES]
        for told in pieces:
            for step, facts in enumerate(told.facts()):
                for level in range(depth + 1):
                    codes[step][level].append(_codes(facts, level) * _BASE + told.symbols[:, step])
        self._tables = [[_table(rows) for rows in levels] for levels in codes]

    def seen(self, step: int, level: int, contexts: Ints, symbols: Ints) -> Seen:
        """Look up T contexts, as `_codes` numbers them, with their symbols."""
        keys, key_counts, known, totals, kinds = self._tables[step][level]
        return Seen(
            _looked_up(keys, key_counts, contexts * _BASE + symbols),
            _looked_up(known, totals, contexts),
            _looked_up(known, kinds, contexts),
        )


def probabilities(told: Told, counts: Counts, *, own_past: bool = False) -> Floats:
    """Probability of every symbol of a piece: shape (T, 3). own_past: count the piece's earlier notes as well."""
    found = np.empty(told.symbols.shape)
    for step, facts in enumerate(told.facts()):
        symbols = told.symbols[:, step]
        chance = np.full(len(symbols), 1.0 / SIZES[step])
        for level in range(counts.depth + 1):
            contexts = _codes(facts, level)
            seen = counts.seen(step, level, contexts, symbols)
            if own_past:
                seen = _with_past(seen, contexts, symbols)
            room = seen.context + seen.kinds
            backed = (seen.both + seen.kinds * chance) / np.maximum(room, 1.0)
            chance = np.where(seen.context > 0, backed, chance)
        found[:, step] = chance
    return found


def blended(experts: Sequence[Floats], memory: float) -> Floats:
    """Mean of what several experts gave each symbol, weighted by how well each foresaw those before: shape (T, 3).

    The weight of an expert is the product of its earlier probabilities, the older ones raised to powers of `memory`;
    all begin alike. With memory 1 it is the Bayesian mixture, with less it forgets. Each step has its own weights.
    """
    chance = np.stack(experts)
    logs = np.log(chance)
    weight = np.zeros_like(chance)
    for t in range(1, chance.shape[1]):
        weight[:, t] = memory * weight[:, t - 1] + logs[:, t - 1]
    weight = np.exp(weight - weight.max(axis=0))
    return np.asarray((weight * chance).sum(axis=0) / weight.sum(axis=0))


class CountingPredictor:
    """A predictor over symbols: says how probable each symbol of a piece is, given pieces as symbols."""

    def probabilities(self, support: tuple[Piece, ...], query: Told) -> Floats:
        """Shape (T, 3). A probability may depend on the symbols before it, not on itself or what follows."""
        raise NotImplementedError

    def bits(self, support: Sequence[Piece], query: Piece) -> Surprisal:
        """Bits of each note; parts "pitch" and "rhythm"."""
        table = -np.log2(self.probabilities(tuple(support), read(query)))
        rhythm, pitch = table[:, ONSET] + table[:, LENGTH], table[:, PITCH]
        return Surprisal(rhythm + pitch, {"pitch": pitch, "rhythm": rhythm})


@lru_cache(maxsize=8)
def support_counts(support: tuple[Piece, ...], depth: int = FACTS) -> Counts:
    """Counts over the support set, `notes_read` first notes of each piece."""
    return Counts([read_again(piece, notes_read(len(support))) for piece in support], depth)


def background_counts(bank: Bank, background: Sequence[int], progress: Progress = no_progress) -> Counts:
    """Counts over meta-train, the first `READ_OF_BACKGROUND` notes of each piece. The last are kept for other rows."""
    for known, indices, counts in _kept:
        if known is bank and indices == tuple(background):
            return counts

    def pieces() -> Iterator[Told]:
        for done, index in enumerate(background):
            if done % _TOLD_EACH == 0:
                progress(done, len(background), "reading meta-train")
            yield read(bank.pieces[index], READ_OF_BACKGROUND)

    counts = Counts(pieces(), FACTS)
    _kept[:] = [(bank, tuple(background), counts)]
    return counts


#: One at most.
_kept: list[tuple[Bank, tuple[int, ...], Counts]] = []


def _codes(facts: Ints, level: int) -> Ints:
    """The first `level` facts of each moment as one number: shape (T,)."""
    found = np.zeros(len(facts), np.int64)
    for column in range(level):
        found = found * _BASE + facts[:, column] + 1
    return found


def _table(rows: list[Ints]) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Keys in order with their counts; contexts in order with their counts and kinds."""
    keys, counts = np.unique(np.concatenate(rows) if rows else np.zeros(0, np.int64), return_counts=True)
    known, starts, kinds = np.unique(keys // _BASE, return_index=True, return_counts=True)
    totals = np.add.reduceat(counts, starts) if len(starts) else counts
    return keys, counts, known, totals, kinds


def _looked_up(keys: Ints, values: Ints, wanted: Ints) -> Floats:
    if not len(keys):
        return np.zeros(len(wanted))
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0).astype(np.float64)


def _with_past(seen: Seen, contexts: Ints, symbols: Ints) -> Seen:
    """The same counts with those of the piece's own earlier notes added."""
    earlier = np.tri(len(symbols), k=-1, dtype=bool)
    same_context = (contexts[:, None] == contexts) & earlier
    same_both = same_context & (symbols[:, None] == symbols)
    both = same_both.sum(axis=1)
    new_kind = (both == 0) & (seen.both == 0)
    return Seen(
        seen.both + both,
        seen.context + same_context.sum(axis=1),
        seen.kinds + (same_context & new_kind).sum(axis=1),
    )
