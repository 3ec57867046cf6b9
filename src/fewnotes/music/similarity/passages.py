"""Shared passages in words of music: which bars, how many notes and beats, moved how far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.runs import Matches, Shelf, match, shelve
from fewnotes.music.time import barlines, beat_length_tick, meter_at

#: Runs from this many notes on count towards `shared_share`; shorter ones are the words every tune is made of.
RUN_NOTES = 8


@dataclass(frozen=True)
class Passage:
    """The same melodic steps in the same proportions, in a piece and in a source.

    notes: how many. beats: how long, in beats of the piece, first onset to last. source: index of the source.
    first_bar to last_bar: in the piece; source_first_bar to source_last_bar: in the source; as scores number them.
    transposition: semitones from source to piece. tempo: source length over piece length, 1 at equal note values.
    """

    notes: int
    beats: float
    source: int
    first_bar: int
    last_bar: int
    source_first_bar: int
    source_last_bar: int
    transposition: int
    tempo: float
    track: int
    source_track: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def longest_runs(piece: Piece, sources: Sequence[Piece], limit: int = 5) -> tuple[tuple[Passage, ...], float]:
    """The longest passages `piece` shares with any source, longest first, and the share of notes in long runs.

    Passages that lie mostly inside a longer one are left out. The share counts notes in runs of `RUN_NOTES` notes
    or more, over the notes that stand in any line.
    """
    shelf = shelve([piece, *sources])
    matches = match(shelf, only=0)
    return _passages(shelf, matches, limit), _share(shelf, matches)


def longest_of_each(pieces: Sequence[Piece]) -> list[int]:
    """For every piece, the notes of its longest run that another of the pieces has too."""
    shelf = shelve(pieces)
    matches = match(shelf)
    longest = np.zeros(len(pieces), np.int64)
    np.maximum.at(longest, shelf.owner, matches.notes)
    return [int(n) for n in longest]


def bar_numbers(piece: Piece, ticks: Sequence[int]) -> list[int]:
    """Numbers of the bars that hold the ticks, as scores print them."""
    index = np.searchsorted(barlines(piece), np.asarray(ticks, np.int64), side="right") - 1
    first = 0 if piece.pickup_tick else 1
    return [max(0, int(i)) + first for i in index]


def _passages(shelf: Shelf, matches: Matches, limit: int) -> tuple[Passage, ...]:
    candidates = np.flatnonzero((shelf.owner == 0) & (matches.notes >= 3))
    # A run that begins one token later is the tail of this one; only heads are looked at.
    head = np.append(True, (np.diff(candidates) != 1) | (np.diff(matches.notes[candidates]) >= 0))
    candidates = candidates[head[: len(candidates)]]
    order = candidates[np.argsort(-matches.notes[candidates], kind="stable")]
    taken = np.zeros(len(shelf.pieces[0].notes), bool)
    found: list[Passage] = []
    for at in order[:2000].tolist():
        notes = _notes_at(shelf, at, int(matches.start[at]), int(matches.notes[at]))
        if taken[notes].mean() > 0.5:
            continue
        taken[notes] = True
        found.append(_passage(shelf, matches, at))
        if len(found) == limit:
            break
    return tuple(found)


def _notes_at(shelf: Shelf, token: int, start: int, count: int) -> np.ndarray[Any, np.dtype[np.int64]]:
    _, line = shelf.lines[int(shelf.line[token])]
    return line.notes[start : start + count]


def _passage(shelf: Shelf, matches: Matches, at: int) -> Passage:
    count, start, other = int(matches.notes[at]), int(matches.start[at]), int(matches.partner[at])
    shift = int(shelf.note[at]) - start
    owner = int(shelf.owner[other])
    piece, source = shelf.pieces[0], shelf.pieces[owner]
    here = piece.notes[_notes_at(shelf, at, start, count)]
    there = source.notes[_notes_at(shelf, other, int(shelf.note[other]) - shift, count)]
    span = int(here["onset_tick"][-1]) - int(here["onset_tick"][0])
    span_there = int(there["onset_tick"][-1]) - int(there["onset_tick"][0])
    beat = beat_length_tick(meter_at(piece, int(here["onset_tick"][0])), piece.ticks_per_quarter)
    first_bar, last_bar = bar_numbers(piece, [int(here["onset_tick"][0]), int(here["onset_tick"][-1])])
    source_bars = bar_numbers(source, [int(there["onset_tick"][0]), int(there["onset_tick"][-1])])
    quarters, quarters_there = span / piece.ticks_per_quarter, span_there / source.ticks_per_quarter
    return Passage(
        notes=count,
        beats=round(float(span / beat), 2),
        source=owner - 1,
        first_bar=first_bar,
        last_bar=last_bar,
        source_first_bar=source_bars[0],
        source_last_bar=source_bars[1],
        transposition=int(here["pitch"][0]) - int(there["pitch"][0]),
        tempo=round(quarters_there / quarters, 3) if quarters else 1.0,
        track=int(here["track"][0]),
        source_track=int(there["track"][0]),
    )


def _share(shelf: Shelf, matches: Matches) -> float:
    """Share of the first piece's notes in lines that stand in a run of `RUN_NOTES` notes or more."""
    mine = [line.notes for owner, line in shelf.lines if owner == 0]
    if not mine:
        return 0.0
    begin = np.concatenate([[0], np.cumsum([len(notes) for notes in mine])])
    at = np.flatnonzero((shelf.owner == 0) & (matches.notes >= RUN_NOTES))
    first = begin[shelf.line[at]] + matches.start[at]
    edge = np.zeros(int(begin[-1]) + 1, np.int64)
    np.add.at(edge, first, 1)
    np.add.at(edge, first + matches.notes[at], -1)
    notes = np.concatenate(mine)
    return len(np.unique(notes[np.cumsum(edge)[:-1] > 0])) / len(np.unique(notes))
