"""Groups of near styles, and colours with shapes that tell them apart for colour-blind people too."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.render.canvas import Colour

Floats = NDArray[np.float64]
#: Colours that stay apart for all common kinds of colour blindness (Okabe and Ito 2008); each has a shape of its own.
COLOURS: tuple[Colour, ...] = (
    (0, 114, 178), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0), (86, 180, 233), (240, 228, 66),
    (120, 124, 130),
)  # fmt: skip
MOST = len(COLOURS)
OTHER = "other"


class Key(NamedTuple):
    """What a colour and shape stand for."""

    name: str
    number: int


def numbered(families: tuple[str, ...]) -> tuple[list[int], list[Key]]:
    """Families as numbers, the commonest first; beyond the eighth they are "other"."""
    order = sorted(set(families), key=lambda f: (-families.count(f), f))
    if len(order) > MOST:
        order = order[: MOST - 1]
        families = tuple(f if f in order else OTHER for f in families)
        order.append(OTHER)
    return [order.index(f) for f in families], [Key(f, n) for n, f in enumerate(order)]


def groups(distance: Floats) -> list[int]:
    """Group of each style, numbered by first member: average linkage, cut where the mean silhouette is largest.

    Many styles in two colours would tell little: from ten styles on there are three groups or more, from twenty four.
    """
    count = len(distance)
    if count < 4:
        return [0] * count
    cuts = _merges(distance)
    best, chosen = -np.inf, cuts[2]
    for number in range(2 + (count >= 10) + (count >= 20), min(MOST, count // 2) + 1):
        worth = _silhouette(distance, cuts[number])
        if worth > best + 1e-9:
            best, chosen = worth, cuts[number]
    names = {label: n for n, label in enumerate(dict.fromkeys(chosen.tolist()))}
    return [names[label] for label in chosen.tolist()]


def _merges(distance: Floats) -> dict[int, NDArray[np.int64]]:
    """Number of groups -> group of each style, down to one: the two nearest groups are joined again and again."""
    count = len(distance)
    label = np.arange(count)
    between = distance + np.diag(np.full(count, np.inf))
    size = np.ones(count)
    cuts = {count: label.copy()}
    for left in range(count - 1, 0, -1):
        a, b = sorted(np.unravel_index(int(np.argmin(between)), between.shape))
        mean = (size[a] * between[a] + size[b] * between[b]) / (size[a] + size[b])
        between[a], between[:, a] = mean, mean
        between[a, a] = np.inf
        between[b], between[:, b] = np.inf, np.inf
        size[a] += size[b]
        label = np.where(label == b, a, label)
        cuts[left] = label.copy()
    return cuts


def _silhouette(distance: Floats, label: NDArray[np.int64]) -> float:
    """Mean silhouette (Rousseeuw 1987); a style alone in its group counts 0."""
    member = label[None] == np.unique(label)[:, None]
    size = member.sum(axis=1)
    total = member.astype(float) @ distance  # (groups, N)
    own = np.argmax(member, axis=0)
    at = np.arange(len(label))
    inside = total[own, at] / np.maximum(size[own] - 1, 1)
    mean = total / size[:, None]
    mean[own, at] = np.inf
    outside = mean.min(axis=0)
    worth = np.where(size[own] > 1, (outside - inside) / np.maximum(np.maximum(inside, outside), 1e-12), 0.0)
    return float(worth.mean())


def outline(number: int, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """The marker of a group as a polygon about (x, y): circle, square, triangle, diamond, cross, and so on."""
    match number % MOST:
        case 0:
            corners = _regular(24, 0.0, 1.0)
        case 1:
            corners = _regular(4, math.pi / 4, 1.25)
        case 2:
            corners = _regular(3, -math.pi / 2, 1.35)
        case 3:
            corners = _regular(4, 0.0, 1.3)
        case 4:
            a, b = 1.2, 0.42
            corners = [(-b, -a), (b, -a), (b, -b), (a, -b), (a, b), (b, b), (b, a), (-b, a), (-b, b), (-a, b), (-a, -b),
                       (-b, -b)]  # fmt: skip
        case 5:
            corners = _regular(3, math.pi / 2, 1.35)
        case 6:
            inner = _regular(5, -math.pi / 2 + math.pi / 5, 0.62)
            corners = [c for pair in zip(_regular(5, -math.pi / 2, 1.45), inner, strict=True) for c in pair]
        case _:
            corners = _regular(6, 0.0, 1.15)
    return [(x + radius * a, y + radius * b) for a, b in corners]


def _regular(count: int, first: float, radius: float) -> list[tuple[float, float]]:
    angles = [first + 2 * math.pi * k / count for k in range(count)]
    return [(radius * math.cos(a), radius * math.sin(a)) for a in angles]
