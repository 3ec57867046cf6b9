"""Bring played time onto a grid that notation can show; a piece that is on one already stays as it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.edit import rescale
from fewnotes.music.piece import NoteArray, Piece, sort_notes
from fewnotes.music.time import barlines

#: Above this share of onsets and ends that notation cannot show, a piece counts as played, not written.
TOLERATED_SHARE = 0.02
#: Parts of a quarter that noteheads and tuplets of 3, 5, 7 and 9 can show.
_NOTATABLE_PARTS = (16, 48, 40, 28, 36)
_TICKS = 96
#: A written length is at most so far from the grid, in quarters: exporters round a third of 256 to 85.
_ROUNDING = 1 / 200
#: Holds all notatable parts.
_FINE_TICKS = 5040
#: Parts of a quarter to choose from, and what each costs in quarters of mean error.
_GRIDS = ((1, 0.0), (2, 0.004), (4, 0.01), (3, 0.016), (8, 0.03), (6, 0.03))

#: Onsets within so many ticks are struck together; what it costs to print one that is not as if it were.
_TOGETHER = _TICKS // 16
_LOST_COST = 0.05
_EIGHTH = _TICKS // 2

_Ints = NDArray[np.int64]


def share_off_grid(piece: Piece, tolerance: float = 0.0) -> float:
    """Share of onsets and ends further than `tolerance` quarters from all that noteheads and tuplets show, 0 to 1."""
    rest = _within_bars(piece, _boundaries(piece))
    if not len(rest):
        return 0.0
    distance = np.full(len(rest), np.inf)
    for parts in _NOTATABLE_PARTS:
        off = (rest * parts) % piece.ticks_per_quarter
        distance = np.minimum(distance, np.minimum(off, piece.ticks_per_quarter - off) / parts)
    return float((distance > tolerance * piece.ticks_per_quarter).mean())


def _boundaries(piece: Piece) -> _Ints:
    onset = piece.notes["onset_tick"].astype(np.int64)
    return np.concatenate([onset, onset + piece.notes["duration_tick"]])


def _within_bars(piece: Piece, ticks: _Ints) -> _Ints:
    lines = barlines(piece)
    return np.asarray(ticks - lines[np.clip(np.searchsorted(lines, ticks, side="right") - 1, 0, None)], np.int64)


def quantise(piece: Piece) -> tuple[Piece, float]:
    """The piece on a grid, and the mean distance onsets moved in quarters.

    Lengths that are only rounded go to the nearest thing notation shows; played ones to a simple grid for each
    beat of each part.
    """
    old = piece.notes["onset_tick"] / piece.ticks_per_quarter
    if share_off_grid(piece, _ROUNDING) <= TOLERATED_SHARE:
        fine = rescale(piece, _FINE_TICKS)
        notes = _straightened(fine)
    else:
        fine = rescale(piece, _TICKS)
        notes = fine.notes.copy()
        for track in range(len(piece.tracks)):
            rows = np.flatnonzero(notes["track"] == track)
            if len(rows):
                notes[rows] = _snapped(notes[rows])
    moved = float(np.abs(notes["onset_tick"] / fine.ticks_per_quarter - old).mean()) if len(old) else 0.0
    return replace(fine, notes=sort_notes(notes), graces=_led(fine, notes)), moved


def _led(fine: Piece, moved: NoteArray) -> NoteArray:
    """Grace notes go along with the notes they lead to."""
    old, new = fine.notes[["track", "onset_tick"]].tolist(), moved["onset_tick"].tolist()
    place = dict(zip(old, new, strict=True))
    graces = fine.graces.copy()
    keys = graces[["track", "onset_tick"]].tolist()
    graces["onset_tick"] = [place.get(key, key[1]) for key in keys]
    return graces


def _straightened(fine: Piece) -> NoteArray:
    """Every onset and end at the nearest place that notation shows."""
    ticks = _boundaries(fine)
    rest = _within_bars(fine, ticks)
    best = np.full(len(rest), _FINE_TICKS, np.int64)
    for parts in _NOTATABLE_PARTS:
        step = _FINE_TICKS // parts
        shift = (2 * rest + step) // (2 * step) * step - rest
        # The first kind of place that is near enough counts: a third lies close to some seventh, too.
        is_better = (np.abs(best) > _ROUNDING * _FINE_TICKS) & (np.abs(shift) < np.abs(best))
        best = np.where(is_better, shift, best)
    moved = (ticks + best).reshape(2, -1)
    notes = fine.notes.copy()
    notes["onset_tick"] = moved[0]
    notes["duration_tick"] = np.maximum(_FINE_TICKS // 64, moved[1] - moved[0])
    return notes


def _snapped(notes: NoteArray) -> NoteArray:
    onset = notes["onset_tick"].astype(np.int64)
    end = onset + notes["duration_tick"]
    parts = _parts_of_beats(onset)
    start = _snap(onset, parts)
    stop = _snap(end, parts)
    unit = np.asarray([_TICKS // parts.get(int(b), 4) for b in start // _TICKS], np.int64)
    out = notes.copy()
    out["onset_tick"] = start
    out["duration_tick"] = _released_together(start, np.where(stop > start, stop, start + unit)) - start
    return out


def _released_together(start: _Ints, stop: _Ints) -> _Ints:
    """Ends of notes struck together that were let go within a sixteenth are one end, at the next onset if near."""
    stop = stop.copy()
    onsets, place = np.unique(start, return_inverse=True)
    first, last = np.full(len(onsets), np.iinfo(np.int64).max), np.zeros(len(onsets), np.int64)
    np.minimum.at(first, place, stop)
    np.maximum.at(last, place, stop)
    following = np.append(onsets[1:], np.iinfo(np.int64).max)
    target = np.where((first <= following) & (following < last), following, last)
    is_near = last - first <= _TICKS // 4
    stop = np.where(is_near[place], target[place], stop)
    # A note let go up to a sixteenth before an eighth lasts until there: nobody wants to read that rest.
    eighth = -(-stop // _EIGHTH) * _EIGHTH
    gap, after = eighth - stop, following[place]
    lasts = (gap < stop - start) | ((gap == stop - start) & (eighth == after))
    lasts &= (gap <= _EIGHTH // 2) & ((eighth <= after) | (after < stop))
    return np.where(lasts, eighth, stop)


def _parts_of_beats(onset: _Ints) -> dict[int, int]:
    """For each quarter that has onsets: into how many parts it falls most simply."""
    beats = onset // _TICKS
    inside = onset - beats * _TICKS
    found: dict[int, int] = {}
    order = np.argsort(beats, kind="stable")
    bounds = np.flatnonzero(np.diff(beats[order])) + 1
    for group in np.split(order, bounds):
        struck = 1 + int((np.diff(np.sort(inside[group])) > _TOGETHER).sum())
        errors = []
        for parts, cost in _GRIDS:
            step = _TICKS // parts
            slots = np.round(inside[group] / step)
            distance = np.abs(inside[group] - slots * step) / _TICKS
            lost = max(0, struck - len(np.unique(slots)))
            errors.append((float(distance.mean()) + cost + _LOST_COST * lost, parts))
        found[int(beats[group[0]])] = min(errors)[1]
    return found


def _snap(ticks: _Ints, parts: dict[int, int]) -> _Ints:
    step = np.asarray([_TICKS // parts.get(int(b), 4) for b in ticks // _TICKS], np.int64)
    beat = ticks // _TICKS * _TICKS
    return beat + ((ticks - beat) * 2 + step) // (2 * step) * step
