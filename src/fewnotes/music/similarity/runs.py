"""Longest runs that two pieces share, found for all positions at once by sorting suffixes.

The tokens of all lines stand in one array, each line ended by a token of its own. Prefix doubling (Manber and
Myers 1993) ranks all suffixes with a sort a level; the longest match of a suffix among other pieces is one of
its two neighbours of another owner in that order. Cost: O(N log N) a level, log2 of the longest line levels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import Line, lines, onset_steps, tokens

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Shelf:
    """All lines of all pieces as one row of tokens. owner, line, note: shape (N,), of every token.

    note: position within the line of the note that the token leads to (2 and up).
    """

    pieces: Sequence[Piece]
    lines: Sequence[tuple[int, Line]]
    token: Ints
    owner: Ints
    line: Ints
    note: Ints


@dataclass(frozen=True)
class Matches:
    """For every token of a Shelf: how many notes its best match in another piece has, and where that is.

    notes: shape (N,), 0 where nothing matches. partner: index of the matching token. start: position within the
    line of the first note of the match.
    """

    notes: Ints
    partner: Ints
    start: Ints


def shelve(pieces: Sequence[Piece]) -> Shelf:
    """Put the lines of all pieces side by side."""
    found: list[tuple[int, Line]] = []
    columns: list[list[Ints]] = [[], [], [], []]
    for owner, piece in enumerate(pieces):
        steps = onset_steps(piece)
        for line in lines(piece):
            row = tokens(piece, line, steps)
            end = np.array([-1 - len(found)], np.int64)
            size = len(row) + 1
            for column, values in zip(
                columns,
                (
                    np.concatenate([row, end]),
                    np.full(size, owner, np.int64),
                    np.full(size, len(found), np.int64),
                    np.arange(2, size + 2, dtype=np.int64),
                ),
                strict=True,
            ):
                column.append(values)
            found.append((owner, line))
    token, owner_of, line_of, note_of = (
        np.concatenate(column) if column else np.zeros(0, np.int64) for column in columns
    )
    return Shelf(pieces, found, token, owner_of, line_of, note_of)


def match(shelf: Shelf, only: int | None = None) -> Matches:
    """The best match of every token among pieces of other owners.

    only: match just the tokens of this owner; the others keep 0.
    """
    size = len(shelf.token)
    nothing = np.zeros(size, np.int64)
    if size == 0:
        return Matches(nothing, nothing, nothing)
    levels = _ranks(shelf.token, int(np.bincount(shelf.line).max()))
    order = np.argsort(levels[-1], kind="stable")
    owner = shelf.owner[order]
    step = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))
    block = np.searchsorted(step, np.arange(size), side="right") - 1
    above = step[block] - 1
    below = np.append(step, size)[block + 1]
    place = np.empty(size, np.int64)
    place[order] = np.arange(size)
    wanted = np.flatnonzero(shelf.owner == only) if only is not None else np.arange(size)
    best, partner = nothing.copy(), nothing.copy()
    for side in (above, below):
        neighbour = side[place[wanted]]
        inside = (neighbour >= 0) & (neighbour < size)
        here, there = wanted[inside], order[neighbour[inside]]
        length = _common_prefix(levels, here, there)
        longer = length > best[here]
        best[here[longer]] = length[longer]
        partner[here[longer]] = there[longer]
    return _in_notes(shelf, best, partner)


def _ranks(token: Ints, longest: int) -> list[Ints]:
    """Ranks of all substrings of length 1, 2, 4, ...; the last level tells all suffixes of lines apart."""
    levels = [np.unique(token, return_inverse=True)[1].astype(np.int64)]
    width = 1
    size = len(token)
    while width < longest and int(levels[-1].max()) < size - 1:
        rank = levels[-1]
        after = np.zeros(size, np.int64)
        after[: size - width] = rank[width:] + 1
        levels.append(np.unique(rank * (size + 1) + after, return_inverse=True)[1].astype(np.int64))
        width *= 2
    return levels


def _common_prefix(levels: list[Ints], one: Ints, two: Ints) -> Ints:
    """Length of the common prefix of the suffixes at `one` and at `two`, in tokens."""
    size = len(levels[0])
    length = np.zeros(len(one), np.int64)
    for power in range(len(levels) - 1, -1, -1):
        rank = levels[power]
        a, b = one + length, two + length
        equal = (a < size) & (b < size)
        equal &= rank[np.minimum(a, size - 1)] == rank[np.minimum(b, size - 1)]
        length += equal << power
    return length


def _in_notes(shelf: Shelf, length: Ints, partner: Ints) -> Matches:
    """Tokens to notes: k tokens are k + 1 notes, and one more where the interval before them is the same too."""
    extra = np.zeros(len(length), np.int64)
    first = _interval_before(shelf)
    matched = length > 0
    extra[matched] = first[matched] == first[partner[matched]]
    notes = np.where(matched, length + 1 + extra, 0)
    return Matches(notes, partner, shelf.note - 1 - extra)


def _interval_before(shelf: Shelf) -> Ints:
    """For every token, the interval between the two notes before the one it leads to."""
    parts = []
    for owner, line in shelf.lines:
        interval = np.diff(shelf.pieces[owner].notes["pitch"][line.notes].astype(np.int64))
        parts.append(interval)
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
