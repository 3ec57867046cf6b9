"""Near duplicates: the same tune in another collection, key, meter or tempo, found in near-linear time.

Each piece becomes lines: the highest notes of every track and of the whole. A line becomes tokens, one a note: the
interval to the next note, so transposition does not matter, and the ratio of the two time steps around it to the
nearest half octave, so tempo, note values and barlines do not. n tokens in a row are hashed to a shingle (Broder 1997),
at every note. An inverted index lists the pieces that share shingles. A shingle of many pieces is a common turn, says
nothing of identity and is left out. Two pieces are near duplicates if, for some pair of their lines, the shared
shingles are `SHARE` or more of the smaller line's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.piece import Piece

#: Tokens a shingle: it spans ten notes.
WIDTH = 8
#: Shared shingles over those of the smaller line.
SHARE = 0.25
#: A line of fewer distinct shingles is too short to be told from a turn of phrase.
LEAST = 16
#: A shingle in more pieces than this is a common turn.
COMMON = 24
#: Candidates share at least this many uncommon shingles.
_FIRST = 4
_STEPS = 24
_MAX_TRACKS = 64
_BASE = np.uint64(0x9E3779B97F4A7C15)
Hashes = NDArray[np.uint64]


class Pair(NamedTuple):
    """Two near duplicates by their place in what was given, and the share of the smaller line that both have."""

    first: int
    second: int
    share: float


@dataclass(frozen=True)
class _Index:
    """Shingles of all lines: `hashes[starts[i]:starts[i + 1]]` are line i's, sorted; `piece[i]` is whose it is."""

    hashes: Hashes
    starts: NDArray[np.int64]
    piece: NDArray[np.int64]

    def of_piece(self, number: int) -> list[Hashes]:
        a, b = np.searchsorted(self.piece, [number, number + 1]).tolist()
        return [self.hashes[self.starts[i] : self.starts[i + 1]] for i in range(a, b)]


def near_duplicates(
    pieces: Sequence[Piece], sides: Sequence[int], progress: Progress = no_progress, *, share: float = SHARE
) -> list[Pair]:
    """Pairs of near duplicates on different sides, in order. sides: a number a piece; within one nothing is sought."""
    index = _uncommon(_build(pieces, progress))
    found: list[Pair] = []
    lines: dict[int, list[Hashes]] = {}
    candidates = _candidates(index, np.asarray(sides, np.int64))
    for done, (a, b) in enumerate(candidates):
        if done % 1000 == 0:
            progress(done, len(candidates), "Comparing")
        for number in (a, b):
            if number not in lines:
                lines[number] = index.of_piece(number)
        common = max((_shared(x, y) for x in lines[a] for y in lines[b]), default=0.0)
        if common >= share:
            found.append(Pair(a, b, common))
    return found


def shared_share(a: Piece, b: Piece) -> float:
    """The largest share of shingles that two pieces have in common, 0 to 1."""
    first, second = shingles(a), shingles(b)
    return max((_shared(x, y) for x in first for y in second), default=0.0)


def shingles(piece: Piece) -> list[Hashes]:
    """The distinct shingles of every line that is long enough, each sorted."""
    token, line = _tokens(piece)
    if len(token) < WIDTH:
        return []
    hashes = np.zeros(len(token) - WIDTH + 1, np.uint64)
    changes = np.zeros(len(hashes), np.int64)
    for k in range(WIDTH):
        part = token[k : k + len(hashes)]
        hashes = hashes * _BASE + (part.astype(np.uint64) + np.uint64(1))
        if k:
            changes += part != token[k - 1 : k - 1 + len(hashes)]
    hashes ^= hashes >> np.uint64(29)
    # A run of equal steps is in every other piece.
    usable = (line[WIDTH - 1 :] == line[: len(hashes)]) & (changes >= WIDTH // 2)
    found: dict[bytes, Hashes] = {}
    for number in np.unique(line[: len(hashes)][usable]).tolist():
        distinct = np.unique(hashes[usable & (line[: len(hashes)] == number)])
        if len(distinct) >= LEAST:
            found.setdefault(distinct.tobytes(), distinct)
    return list(found.values())


def _tokens(piece: Piece) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Tokens of all lines one after the other, and the number of the line of each."""
    notes = piece.notes
    drums = np.array([t.is_drum for t in piece.tracks], bool)[notes["track"]]
    notes = notes[~drums]
    onset = (2 * notes["onset_tick"].astype(np.int64) * _STEPS + piece.ticks_per_quarter) // (
        2 * piece.ticks_per_quarter
    )
    pitch, track = notes["pitch"].astype(np.int64), np.minimum(notes["track"].astype(np.int64), _MAX_TRACKS)
    if len(np.unique(track)) > 1:  # the whole, as one line more
        onset, pitch = np.concatenate([onset, onset]), np.concatenate([pitch, pitch])
        track = np.concatenate([track, np.full(len(track), _MAX_TRACKS + 1)])
    order = np.lexsort((pitch, onset, track))
    onset, pitch, track = onset[order], pitch[order], track[order]
    last = (track[1:] != track[:-1]) | (onset[1:] != onset[:-1])
    top = np.append(last, True)[: len(track)]
    onset, pitch, track = onset[top], pitch[top], track[top]
    if len(onset) < 3:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    gap = np.maximum(1, np.diff(onset))
    ratio = np.clip(np.round(2 * np.log2(gap[1:] / gap[:-1])), -15, 15).astype(np.int64)
    interval = np.diff(pitch)[:-1]
    inside = track[2:] == track[:-2]
    return (((interval + 128) << 5) | (ratio + 16))[inside], track[:-2][inside]


def _build(pieces: Sequence[Piece], progress: Progress) -> _Index:
    hashes: list[Hashes] = []
    owner: list[int] = []
    for number, piece in enumerate(pieces):
        if number % 200 == 0:
            progress(number, len(pieces), "Shingling")
        for line in shingles(piece):
            hashes.append(line)
            owner.append(number)
    starts = np.concatenate([[0], np.cumsum([len(h) for h in hashes], dtype=np.int64)])
    return _Index(np.concatenate([np.zeros(0, np.uint64), *hashes]), starts.astype(np.int64), np.array(owner, np.int64))


def _uncommon(index: _Index) -> _Index:
    """The index less the shingles of more than `COMMON` pieces, and less the lines that are then too short."""
    line = np.repeat(np.arange(len(index.piece)), np.diff(index.starts))
    order = np.lexsort((line, index.hashes))
    hashes, owner = index.hashes[order], index.piece[line[order]]
    new = np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)]
    group = np.cumsum(new) - 1
    another = new | np.append(True, owner[1:] != owner[:-1])[: len(hashes)]
    rare = np.bincount(group[another], minlength=1)[group] <= COMMON
    keep = np.zeros(len(hashes), bool)
    keep[order] = rare
    keep &= (np.bincount(line[keep], minlength=len(index.piece)) >= LEAST)[line]
    left = np.bincount(line[keep], minlength=len(index.piece))
    starts = np.concatenate([[0], np.cumsum(left[left > 0])]).astype(np.int64)
    return _Index(index.hashes[keep], starts, index.piece[left > 0])


def _candidates(index: _Index, sides: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs of pieces on different sides that share enough uncommon shingles, by the inverted index."""
    owner = np.repeat(index.piece, np.diff(index.starts))
    order = np.lexsort((owner, index.hashes))
    hashes, owner = index.hashes[order], owner[order]
    first = np.append(True, (hashes[1:] != hashes[:-1]) | (owner[1:] != owner[:-1]))[: len(hashes)]
    hashes, owner = hashes[first], owner[first]
    begins = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1])[: len(hashes)])
    length = np.diff(np.append(begins, len(hashes)))
    usable = length > 1
    side = sides[owner]
    pairs: list[NDArray[np.int64]] = []
    for distance in range(1, COMMON):
        inside = begins[usable & (length > distance)]
        width = length[usable & (length > distance)]
        if len(inside) == 0:
            break
        # Every pair of members that stand `distance` apart in the list of one shingle.
        at = np.repeat(inside, width - distance) + _count_up(width - distance)
        differs = side[at] != side[at + distance]
        pairs.append(owner[at][differs] * len(sides) + owner[at + distance][differs])
    if not pairs:
        return []
    names, count = np.unique(np.concatenate(pairs), return_counts=True)
    found = names[count >= _FIRST]
    return list(zip((found // len(sides)).tolist(), (found % len(sides)).tolist(), strict=True))


def _count_up(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """0, 1, ... for each length, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - lengths, lengths)


def _shared(a: Hashes, b: Hashes) -> float:
    if len(a) > len(b):
        a, b = b, a
    where = np.minimum(np.searchsorted(b, a), len(b) - 1)
    return float((b[where] == a).mean())
