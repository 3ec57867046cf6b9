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
_RINGS = 26
_RING_STEP = 6.0
#: Right, left, then above and below, then between: as a reader looks for the name of a point.
_FIRST = (0.0, math.pi, -math.pi / 4, math.pi / 4, -3 * math.pi / 4, 3 * math.pi / 4, -math.pi / 2, math.pi / 2)
_ANGLES = (*_FIRST, *(math.pi / 8 + k * math.pi / 4 for k in range(8)))
_LINE = 1.25
_AIR = 2.0


class Label(NamedTuple):
    """A name in its place: x, y is the middle of its box. far: so far from its point that a line must lead to it.

    anchor: which end of the text is at its side of the box, since the box is rather too wide for it.
    """

    x: float
    y: float
    width: float
    height: float
    text: str
    far: bool
    anchor: Anchor = "middle"

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
    points: Floats, texts: Sequence[str], size: float, radius: float, frame: tuple[float, float, float, float]
) -> list[Label] | None:
    """A place for each name inside the frame, or None if there is no room. points: (N, 2). radius: of the markers.

    Crowded points choose first. frame: left, top, right, bottom.
    """
    count = len(points)
    apart = np.linalg.norm(points[:, None] - points[None], axis=2)
    crowd = (1.0 / (apart + 20.0)).sum(axis=1)
    taken = np.concatenate([points - radius * 1.4, points + radius * 1.4], axis=1)
    found: list[Label | None] = [None] * count
    for i in np.argsort(-crowd, kind="stable").tolist():
        width, height = width_of(texts[i], size), size * _LINE
        for label in _candidates(points[i], width, height, radius, texts[i]):
            left, top, right, bottom = label.box
            inside = left >= frame[0] and top >= frame[1] and right <= frame[2] and bottom <= frame[3]
            free = (taken[:, 2] <= left) | (taken[:, 0] >= right) | (taken[:, 3] <= top) | (taken[:, 1] >= bottom)
            if inside and free.all():
                found[i] = label
                box = [left - _AIR, top - _AIR / 2, right + _AIR, bottom + _AIR / 2]
                taken = np.concatenate([taken, [box]])
                break
        else:
            return None
    return [label for label in found if label is not None]


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
            found.append(Label(x, y, width, height, text, ring >= 2, anchor))
    return found


def _sign(value: float) -> float:
    """-1 to 1, and gently through 0, so that names above a point stand in its middle."""
    return max(-1.0, min(1.0, 2.0 * value))
