"""Names beside points so that no two overlap, and none covers a point: nearest free place first, on growing rings."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.render.canvas import Anchor

Floats = NDArray[np.float64]
#: Letters are so many points high.
SIZE = 12.0
_RINGS = 26
#: Up to this ring a name is plainly that of its point.
_BESIDE = 1
_RING_STEP = 6.0
#: Right, left, then above and below, then between: as a reader looks for the name of a point.
_FIRST = (0.0, math.pi, -math.pi / 4, math.pi / 4, -3 * math.pi / 4, 3 * math.pi / 4, -math.pi / 2, math.pi / 2)
_ANGLES = (*_FIRST, *(math.pi / 8 + k * math.pi / 4 for k in range(8)))
_LINE = 1.25
_AIR = 2.0


class Label(NamedTuple):
    """A name in its place: x, y is the middle of its box. ring: how far from its point, 0 for next to it.

    anchor: which end of the text is at its side of the box, since the box is rather too wide for it.
    """

    x: float
    y: float
    width: float
    height: float
    text: str
    ring: int
    anchor: Anchor = "middle"

    @property
    def far(self) -> bool:
        """Whether a line must lead from the point to the name."""
        return self.ring > _BESIDE

    @property
    def text_x(self) -> float:
        """Where the anchor of the text stands."""
        return self.x + {"start": -0.5, "middle": 0.0, "end": 0.5}[self.anchor] * self.width

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom"""
        w, h = self.width / 2, self.height / 2
        return self.x - w, self.y - h, self.x + w, self.y + h


def width_of(text: str, size: float) -> float:
    """Width of text in a plain sans-serif font, rather too much than too little."""
    total = 0.0
    for sign in text:
        if unicodedata.combining(sign):
            continue
        if unicodedata.east_asian_width(sign) in "WF":
            total += 1.05
        elif sign in "mwMW@%":
            total += 0.92
        else:
            total += 0.74 if sign.isupper() else 0.36 if sign in " ijl.,;:'|!-()[]" else 0.6
    return total * size


def place(
    points: Floats, texts: Sequence[str], radius: float, frame: tuple[float, float, float, float], lines: Floats
) -> list[Label] | None:
    """A place for each name inside the frame, or None if there is no room. points: (N, 2). radius: of the markers.

    Crowded points choose first. Of the free places beside a point the first that fewest lines cross is taken.
    frame: left, top, right, bottom. lines: x1, y1, x2, y2 of each, (M, 4).
    """
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    crowd = (1.0 / (apart + 20.0)).sum(axis=1)
    taken = np.concatenate([points - radius * 1.4, points + radius * 1.4], axis=1)
    found: dict[int, Label] = {}
    for i in np.argsort(-crowd, kind="stable").tolist():
        best, least = None, np.inf
        for label in _candidates(points[i], width_of(texts[i], SIZE), SIZE * _LINE, radius, texts[i]):
            if best is not None and label.ring > _BESIDE:
                break
            if _is_free(label, taken, frame):
                crossed = _crossings(label, lines)
                if crossed < least:
                    best, least = label, crossed
                if crossed == 0 or label.ring > _BESIDE:
                    break
        if best is None:
            return None
        found[i] = best
        left, top, right, bottom = best.box
        taken = np.concatenate([taken, [[left - _AIR, top - _AIR / 2, right + _AIR, bottom + _AIR / 2]]])
    return [found[i] for i in range(len(points))]


def _is_free(label: Label, taken: Floats, frame: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = label.box
    inside = left >= frame[0] and top >= frame[1] and right <= frame[2] and bottom <= frame[3]
    free = (taken[:, 2] <= left) | (taken[:, 0] >= right) | (taken[:, 3] <= top) | (taken[:, 1] >= bottom)
    return bool(inside and free.all())


def _crossings(label: Label, lines: Floats) -> int:
    """How many lines cross the box of a name (Liang and Barsky 1984)."""
    if not len(lines):
        return 0
    left, top, right, bottom = label.box
    x, y = lines[:, 0], lines[:, 1]
    dx, dy = lines[:, 2] - x, lines[:, 3] - y
    p = np.stack([-dx, dx, -dy, dy])
    q = np.stack([x - left, right - x, y - top, bottom - y])
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = q / p
    enters = np.where(p < 0, ratio, 0.0).max(axis=0).clip(min=0.0)
    leaves = np.where(p > 0, ratio, 1.0).min(axis=0).clip(max=1.0)
    return int(((enters <= leaves) & ~((p == 0) & (q < 0)).any(axis=0)).sum())


def _candidates(point: Floats, width: float, height: float, radius: float, text: str) -> list[Label]:
    """Boxes that touch a growing ring round the point from outside, nearest ring first."""
    found = []
    for ring in range(_RINGS):
        reach = radius * 1.5 + 2.0 + ring * _RING_STEP
        for angle in _ANGLES:
            c, s = math.cos(angle), math.sin(angle)
            x = float(point[0]) + c * reach + _sign(c) * width / 2
            y = float(point[1]) + s * reach + _sign(s) * height / 2
            anchor: Anchor = "start" if c > 0.3 else "end" if c < -0.3 else "middle"
            found.append(Label(x, y, width, height, text, ring, anchor))
    return found


def _sign(value: float) -> float:
    """-1 to 1, and gently through 0, so that names above a point stand in its middle."""
    return max(-1.0, min(1.0, 2.0 * value))
