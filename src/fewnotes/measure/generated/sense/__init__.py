"""Musical sense in plain counts, for each output: what a musician sees at a glance. None is good by itself; compare
with the row `real`, which is real music of the same style in windows of the same length.

    counts.py    bars, pitches, lengths and how much sounds at once, as other papers count them
    lines.py     are the voices in range, and do leaps turn back?
    form.py      do bars and phrases come again?
    voices.py    do voices move in parallel fifths and octaves?
    ending.py    does it end at rest?

`Usual` is what is usual in a style: the ranges of its roles, whether it avoids parallels, and all counts of real
windows. "sense away" sums up: how far the mean of each count lies from that of real windows, in their standard
deviations (at most 5), mean over all counts but those that look at the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fewnotes.measure.generated.sense import counts, ending, form, lines, voices
from fewnotes.measure.generated.sense.lines import Ranges
from fewnotes.music.piece import Piece

AWAY = "sense away"
AVOIDED = "parallels where avoided"
#: column -> (unit, digits, higher is better); the last only orders what is called the worst style.
SENSE: dict[str, tuple[str, int, bool]] = {
    **counts.COLUMNS,
    **lines.COLUMNS,
    **form.COLUMNS,
    **voices.COLUMNS,
    AVOIDED: ("%", 1, False),
    **ending.COLUMNS,
    AWAY: ("", 2, False),
}
#: A style avoids parallels if real music of it has less than this share, in this many moves of two voices or more.
_AVOIDS = 0.02
_LEAST_MOVES = 100
#: A standard deviation is taken for no smaller than this share of a hundred per cent, or of the mean.
_LEAST_SPREAD = 0.05
_FARTHEST = 5.0
_NOT_SUMMED = (*ending.COLUMNS, AVOIDED, AWAY)


@dataclass(frozen=True)
class Usual:
    """What is usual in a style. found: by column, a value for each real window. closings: how its pieces end."""

    ranges: Ranges
    avoids_parallels: bool
    found: dict[str, list[float]] = field(default_factory=dict)
    closings: tuple[Piece, ...] = ()

    def sense_of(self, pieces: Sequence[Piece], *, are_real: bool = False) -> dict[str, list[float]]:
        """By column, a value for each piece with notes, and `AWAY` once. are_real: windows of real pieces, which need
        not end where the piece ends: how pieces of the style end is then seen in the closings."""
        found = _counted(pieces, self.ranges)
        if self.avoids_parallels:
            found[AVOIDED] = list(found["parallels"])
        if are_real and self.closings:
            found |= {column: [] for column in ending.COLUMNS} | _endings(self.closings)
        found[AWAY] = [self.away(found)] if any(found.values()) else []
        return found

    def away(self, found: dict[str, list[float]]) -> float:
        """How far counts lie from those of real windows. NaN where nothing can be compared."""
        apart = []
        for column, values in found.items():
            real = np.array([v for v in self.found.get(column, ()) if np.isfinite(v)])
            mine = np.array([v for v in values if np.isfinite(v)])
            if column in _NOT_SUMMED or not len(real) or not len(mine):
                continue
            least = _LEAST_SPREAD * (1.0 if SENSE[column][0] == "%" else abs(float(real.mean())))
            apart.append(min(_FARTHEST, abs(float(mine.mean() - real.mean())) / max(float(real.std()), least, 1e-9)))
        return float(np.mean(apart)) if apart else float("nan")


def usual_of(windows: Sequence[Piece], closings: Sequence[Piece] = ()) -> Usual:
    """From real windows of a style, and, where outputs are whole pieces, real windows at the end of pieces."""
    usable = [window for window in windows if len(window.notes)]
    moves = sum((np.array(voices.moves(window)) for window in usable), np.zeros(2))
    ranges = lines.ranges_of(usable)
    avoids = bool(moves[1] >= _LEAST_MOVES and moves[0] < _AVOIDS * moves[1])
    return Usual(ranges, avoids, _counted(usable, ranges), tuple(closings))


def _counted(pieces: Sequence[Piece], ranges: Ranges) -> dict[str, list[float]]:
    """All counts but those that need what is usual; NaN where a piece has nothing to count."""
    found: dict[str, list[float]] = {column: [] for column in SENSE if column not in (AVOIDED, AWAY)}
    for piece in pieces:
        if len(piece.notes):
            values = (
                counts.counted(piece), lines.counted(piece, ranges), form.counted(piece), voices.counted(piece),
                ending.counted(piece),
            )  # fmt: skip
            for part in values:
                for column, value in part.items():
                    found[column].append(value)
    return found


def _endings(closings: Sequence[Piece]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {column: [] for column in ending.COLUMNS}
    for piece in closings:
        for column, value in ending.counted(piece).items():
            found[column].append(value)
    return found
