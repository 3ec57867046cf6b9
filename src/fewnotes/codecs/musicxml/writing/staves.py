"""Staves and clefs of a part: two staves for a keyboard, a clef by range and instrument."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import NoteArray, Track

_KEYBOARDS = (*range(8), *range(16, 24))
_LOWEST_SPLIT, _HIGHEST_SPLIT = 52, 68
_HAND_SPAN = 12
_MIDDLE_C = 60
_CLEF_CHANGE_COST = 14.0


class Clef(NamedTuple):
    """`octave`: the small figure at the clef, -1 for an octave below what is printed."""

    sign: str
    line: int
    octave: int = 0


TREBLE, BASS, ALTO = Clef("G", 2), Clef("F", 4), Clef("C", 3)
TREBLE_BELOW, BASS_BELOW = Clef("G", 2, -1), Clef("F", 4, -1)
PERCUSSION = Clef("percussion", 2)


def staff_of_notes(notes: NoteArray, track: Track, bar_of: NDArray[np.int64]) -> list[int]:
    """Staff of each note of a part, from 1; as the piece says, else by hand for a keyboard, else 1.

    bar_of: index of the bar of each note.
    """
    given = notes["staff"].astype(int)
    if given.any():
        return np.clip(given, 1, None).tolist()  # type: ignore[no-any-return]
    if track.is_drum or track.program not in _KEYBOARDS or not _needs_two(notes):
        return [1] * len(notes)
    splits = _hand_splits(notes, bar_of)
    return [1 if p >= splits[b] else 2 for p, b in zip(notes["pitch"].tolist(), bar_of.tolist(), strict=True)]


def _needs_two(notes: NoteArray) -> bool:
    if not len(notes):
        return False
    low, high = np.percentile(notes["pitch"], [5, 95])
    return bool(low < 55 and high > 64)


def _hand_splits(notes: NoteArray, bar_of: NDArray[np.int64]) -> dict[int, int]:
    """Lowest key of the right hand in each bar: spans a hand can reach, few ledger lines, few changes.

    The cheapest path through the bars (Viterbi).
    """
    candidates = range(_LOWEST_SPLIT, _HIGHEST_SPLIT + 1)
    bars: dict[int, dict[int, list[int]]] = {}
    for bar, onset, pitch in zip(bar_of.tolist(), notes["onset_tick"].tolist(), notes["pitch"].tolist(), strict=True):
        bars.setdefault(bar, {}).setdefault(onset, []).append(pitch)
    cost = dict.fromkeys(candidates, 0.0)
    back: list[dict[int, int]] = []
    for sonorities in bars.values():
        step: dict[int, int] = {}
        new: dict[int, float] = {}
        for split in candidates:
            best = min(candidates, key=lambda s, split=split: cost[s] + 0.3 * abs(s - split))  # type: ignore[misc]
            step[split] = best
            new[split] = cost[best] + 0.3 * abs(best - split) + _split_cost(sonorities, split)
        cost = new
        back.append(step)
    split = min(candidates, key=lambda s: cost[s])
    path = []
    for step in reversed(back):
        path.append(split)
        split = step[split]
    return dict(zip(bars, reversed(path), strict=True))


def _split_cost(sonorities: dict[int, list[int]], split: int) -> float:
    total = 0.05 * abs(split - _MIDDLE_C)
    for pitches in sonorities.values():
        right = [p for p in pitches if p >= split]
        left = [p for p in pitches if p < split]
        for hand in (right, left):
            if hand:
                total += max(0, max(hand) - min(hand) - _HAND_SPAN)
        total += sum(0.1 * max(0, 55 - p) for p in right) + sum(0.1 * max(0, p - 64) for p in left)
    return total


def clefs_of(pitches_of_bars: list[list[int]], track: Track, staff: int, staves: int) -> list[Clef]:
    """The clef of a staff in each bar: the usual one, and treble or bass instead where many ledger lines ask for it.

    pitches_of_bars: keys that begin in each bar. The cheapest path through the bars (Viterbi).
    """
    usual = _usual_clef([p for bar in pitches_of_bars for p in bar], track, staff, staves)
    if usual not in (TREBLE, BASS):
        return [usual] * len(pitches_of_bars)
    choices = (usual, BASS if usual == TREBLE else TREBLE)
    cost = {usual: 0.0, choices[1]: _CLEF_CHANGE_COST if staves == 2 else np.inf}
    back: list[dict[Clef, Clef]] = []
    for pitches in pitches_of_bars:
        step, new = {}, {}
        for clef in choices:
            best = min(choices, key=lambda c, clef=clef: cost[c] + _CLEF_CHANGE_COST * (c != clef))  # type: ignore[misc]
            step[clef] = best
            new[clef] = cost[best] + _CLEF_CHANGE_COST * (best != clef) + sum(_ledger_lines(p, clef) for p in pitches)
        cost = new
        back.append(step)
    clef = min(choices, key=lambda c: cost[c])
    path = []
    for step in reversed(back):
        path.append(clef)
        clef = step[clef]
    return path[::-1]


def _ledger_lines(pitch: int, clef: Clef) -> float:
    """Ledger lines a key needs, about: two semitones a step, two steps a line."""
    low, high = (62, 79) if clef == TREBLE else (41, 59)
    return max(0, low - pitch, pitch - high) / 3.5


def _usual_clef(pitches: list[int], track: Track, staff: int, staves: int) -> Clef:
    if track.is_drum:
        return PERCUSSION
    if not pitches:
        return BASS if staff == 2 else TREBLE
    middle = float(np.median(pitches))
    if staves == 2:
        return TREBLE if middle >= (64 if staff == 2 else 55) else BASS
    if 24 <= track.program <= 31 and middle < 67:
        return TREBLE_BELOW
    if 32 <= track.program <= 39 and middle < 55:
        return BASS_BELOW
    if track.program == 41 and 50 <= middle <= 70:
        return ALTO
    name = track.name.strip().lower()
    if name.startswith("viola") and 50 <= middle <= 70:
        return ALTO
    if name.startswith("tenor") and 48 <= middle <= 64:
        return TREBLE_BELOW
    return TREBLE if middle >= 57 else BASS
