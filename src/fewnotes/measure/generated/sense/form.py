"""Form: do bars and phrases come again?

bars again       share of bars, the first left out, that are note for note like an earlier one
phrases alike    how like its most like predecessor a phrase of four bars is (F-measure of onset in the phrase and
                 key), mean over phrases; of windows of fewer than eight bars, of halves
"""

from __future__ import annotations

from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import pitched
from fewnotes.music.time import barlines

COLUMNS: dict[str, tuple[str, int, bool]] = {"bars again": ("%", 1, True), "phrases alike": ("%", 1, True)}
_PHRASE = 4

Cells = frozenset[tuple[int, int]]


def counted(piece: Piece) -> dict[str, float]:
    """By column; NaN where there are too few bars to compare."""
    bars = _cut(piece, 1)
    count = len(bars)
    phrases = _cut(piece, _PHRASE if count >= 2 * _PHRASE else max(1, count // 2))
    return {"bars again": _again(bars), "phrases alike": _alike(phrases)}


def _cut(piece: Piece, bars: int) -> list[Cells]:
    """What begins in every so many bars: (onset from the first barline, key). A rest of fewer bars is left out."""
    lines = barlines(piece)[int(bool(piece.pickup_tick)) :].tolist()
    notes = piece.notes[pitched(piece)]
    rows = list(zip(notes["onset_tick"].tolist(), notes["pitch"].tolist(), strict=True))
    found = []
    at = 0
    for first in range(0, len(lines) - bars, bars):
        start, stop = lines[first], lines[first + bars]
        while at < len(rows) and rows[at][0] < start:
            at += 1
        inside = set()
        while at < len(rows) and rows[at][0] < stop:
            inside.add((rows[at][0] - start, rows[at][1]))
            at += 1
        found.append(frozenset(inside))
    return found


def _again(bars: list[Cells]) -> float:
    sounding = [bar for bar in bars if bar]
    later = [bar in sounding[:i] for i, bar in enumerate(sounding) if i]
    return sum(later) / len(later) if later else float("nan")


def _alike(phrases: list[Cells]) -> float:
    best = [
        max(2 * len(phrase & earlier) / (len(phrase) + len(earlier)) for earlier in phrases[:i])
        for i, phrase in enumerate(phrases)
        if i and phrase
    ]
    return sum(best) / len(best) if best else float("nan")
