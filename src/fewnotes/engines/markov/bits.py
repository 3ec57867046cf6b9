"""Bits a note: how surprising a piece is to one who has read the support set, or has read nothing.

Every note is told in three steps, each over an alphabet that is the same whatever was learned, so that figures
with and without learning compare: how long after the note before it in its track it begins (0 to 192 twelfths of a
quarter), how long it lasts (1 to 192), and which of the 128 keys it is once the piece is moved to a tonic of C or A.
Longer values count as the longest. Rhythm is the first two steps, pitch the third.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from fewnotes.engines import Surprisal
from fewnotes.engines.markov.prediction.ppm import Floats, product
from fewnotes.engines.markov.prediction.viewpoint import Viewpoint
from fewnotes.music.key import estimate_key
from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index, barlines

_STEPS = 12
_LONGEST = 192
_SIZES = (_LONGEST + 1, _LONGEST + 1, 128)
_PAST = 8

#: A piece left out in learning is measured on so many of its first notes: pieces go on more predictably than they
#: begin, so only figures over equally many notes compare.
TESTED_NOTES = 150
#: Notes read in all, so many of each piece at least.
READ_NOTES = 12_000
_LEAST_READ = 500

Facts = tuple[Hashable, ...]


class Told(NamedTuple):
    """One note: its three symbols, and for each the facts of its viewpoints."""

    symbols: tuple[int, int, int]
    facts: tuple[tuple[Facts, ...], tuple[Facts, ...], tuple[Facts, ...]]


def piece_bits(piece: Piece, support: Sequence[Piece]) -> Surprisal:
    """Bits of each note of `piece` after reading `support` (`notes_read` of each); parts "pitch" and "rhythm"."""
    return _piece_bits(piece, tuple(support))


@lru_cache(maxsize=16)
def _piece_bits(piece: Piece, support: tuple[Piece, ...]) -> Surprisal:
    with _reader_of(support) as reader:
        return reader.surprisal(piece)


@contextmanager
def _reader_of(support: tuple[Piece, ...]) -> Iterator[Reader]:
    """A reader that has read `support`. The last one is kept; whoever uses it has it alone."""
    reader = _kept.pop(support, None)
    if reader is None:
        reader = Reader()
        for other in support:
            reader.learn(other, notes_read(len(support)))
    yield reader
    _kept.clear()
    _kept[support] = reader


#: A cache of one.
_kept: dict[tuple[Piece, ...], Reader] = {}


def notes_read(pieces: int) -> int:
    """How many first notes are read of each of so many pieces."""
    return max(READ_NOTES // max(1, pieces), _LEAST_READ)


def head(piece: Piece) -> Piece:
    """A piece as far as it is measured where figures are to compare: its first `TESTED_NOTES` notes."""
    return replace(piece, notes=piece.notes[:TESTED_NOTES])


class Reader:
    """The viewpoints of the three steps, and the counts of their symbols."""

    def __init__(self) -> None:
        self._views: dict[tuple[int, int], Viewpoint] = {}
        self._totals = [np.zeros(size, np.int64) for size in _SIZES]

    def learn(self, piece: Piece, first_notes: int | None = None) -> None:
        for told in tell(piece, first_notes):
            for step, symbol in enumerate(told.symbols):
                self._totals[step][symbol] += 1
                for i, row in enumerate(told.facts[step]):
                    self._view(step, i, row).add(row, symbol)

    def surprisal(self, piece: Piece, first_notes: int | None = None) -> Surprisal:
        for view in self._views.values():
            view.freeze()
        present = [np.zeros(size, np.int64) for size in _SIZES]
        rows: list[list[float]] = []
        for told in tell(piece, first_notes):
            bits = []
            for step, symbol in enumerate(told.symbols):
                totals = (self._totals[step], present[step])
                views = [(self._view(step, i, row), row) for i, row in enumerate(told.facts[step])]
                odds = product([view.predict(row, totals) for view, row in views], 2.0)
                bits.append(-float(np.log2(odds[symbol])))
                present[step][symbol] += 1
                for view, row in views:
                    view.add(row, symbol)
            rows.append(bits)
        for view in self._views.values():
            view.rewind()
        table: Floats = np.maximum(np.asarray(rows, np.float64).reshape(-1, 3), 0.0)
        rhythm, pitch = table[:, 0] + table[:, 1], table[:, 2]
        return Surprisal(rhythm + pitch, {"pitch": pitch, "rhythm": rhythm})

    def _view(self, step: int, number: int, row: Facts) -> Viewpoint:
        view = self._views.get((step, number))
        if view is None:
            view = self._views[step, number] = Viewpoint(len(row))
        return view


def tell(piece: Piece, first_notes: int | None = None) -> Iterator[Told]:
    """The notes of a piece in order, each as three symbols with what is known before it."""
    notes = piece.notes[:first_notes]
    if not len(notes):
        return
    scale = _STEPS / piece.ticks_per_quarter
    key = estimate_key(piece)
    shift = (-(key.tonic - (9 if key.mode == "minor" else 0)) + 5) % 12 - 5
    drums = [t.is_drum for t in piece.tracks]
    bar = bar_index(piece, notes["onset_tick"])
    place = np.round((notes["onset_tick"] - barlines(piece)[bar]) * scale).astype(int).tolist()
    step = np.round(notes["onset_tick"] * scale).astype(int).tolist()
    length = np.clip(np.round(notes["duration_tick"] * scale), 1, _LONGEST).astype(int).tolist()
    tracks, pitches = notes["track"].tolist(), notes["pitch"].tolist()
    past: dict[int, list[tuple[int, int, int]]] = {}
    clock: dict[int, tuple[int, int]] = {}
    heard: list[tuple[int, int]] = []
    for at, where, lasting, track, raw in zip(step, place, length, tracks, pitches, strict=True):
        pitch = raw if drums[track] else min(127, max(0, raw + shift))
        before = past.setdefault(track, [])
        since, where_before = clock.get(track, (0, 0))
        advance = min(at - since, _LONGEST)
        recent = [*before[: -_PAST - 1 : -1], *[(-1, -1, -1)] * max(0, _PAST - len(before))]
        heard = [(end, p) for end, p in heard if end > at]
        together = tuple(p for _, p in heard)
        lowest = min(together) if together and not drums[track] else -1
        now = _Now(advance, lasting, where, where_before, lowest, together)
        yield Told((advance, lasting, pitch), _facts(now, recent))
        before.append((advance, lasting, pitch))
        clock[track] = (at, where)
        if not drums[track]:
            heard.append((at + lasting, pitch))


class _Now(NamedTuple):
    """What a note's facts are made of besides the past of its track. place, before: ticks into the bar."""

    advance: int
    lasting: int
    place: int
    before: int
    lowest: int
    together: tuple[int, ...]


def _facts(
    now: _Now, recent: Sequence[tuple[int, int, int]]
) -> tuple[tuple[Facts, ...], tuple[Facts, ...], tuple[Facts, ...]]:
    (a1, d1, p1), (a2, d2, p2), (a3, d3, p3) = recent[:3]
    older = [p for _, _, p in recent[3:]]
    begins = ((d1, a1, d2, a2, d3, a3), (now.before, a1, d1, a2, d2, p1))
    lasts = ((now.advance, d1, now.place, d2, d3), (now.place, now.advance, d1, a1))
    which = (
        (p1, p2, now.advance, p3, now.place, *older),
        (now.lowest, p1, now.place, now.advance, p2, now.together),
        (now.place, p1, now.lasting, p2, now.advance),
    )
    return begins, lasts, which
