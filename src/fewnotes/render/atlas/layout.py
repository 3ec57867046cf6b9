"""From relations to places on a plane: classical scaling, then stress majorisation. The same input, the same plane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: Relations below this are all equally far: the judge does not tell degrees of unlikeness apart.
_FAR = 0.02
_STEPS = 200
_STILL = 1e-5


@dataclass(frozen=True)
class Chart:
    """What is to be drawn. names, counts: of each style and its pieces. relation: symmetric, (N, N), in [0, 1].

    families: what to colour by, one for each style; empty to colour by groups of near styles.
    """

    names: tuple[str, ...]
    counts: tuple[int, ...]
    relation: Floats
    families: tuple[str, ...] = ()


def dissimilarity(relation: Floats) -> Floats:
    """Minus the logarithm of relations in units of the styles' relations to themselves: (N, N), zero diagonal.

    A logarithm, since from 0.02 to 0.2 is as much of a step as from 0.1 to 1. No two styles are nearer than a tenth of
    the median, so that none hides another.
    """
    own = np.sqrt(np.maximum(np.diag(relation), _FAR))
    found = -np.log(np.clip(relation / np.outer(own, own), _FAR, 1.0))
    off = ~np.eye(len(found), dtype=bool)
    if off.any():
        least = max(0.1 * float(np.median(found[off])), 1e-3)
        found = np.maximum(found, least)
    return np.where(off, (found + found.T) / 2, 0.0)


def classical_scaling(distance: Floats) -> Floats:
    """Places from distances by their two largest principal coordinates (Torgerson 1952): (N, 2)."""
    count = len(distance)
    centre = np.eye(count) - 1.0 / count
    values, axes = np.linalg.eigh(-0.5 * centre @ distance**2 @ centre)
    axes = axes[:, ::-1][:, :2] * np.sqrt(np.maximum(values[::-1][:2], 0.0))
    if axes.shape[1] < 2:
        axes = np.pad(axes, ((0, 0), (0, 2 - axes.shape[1])))
    # The sign of an axis is arbitrary: the style that lies farthest out lies right, or below.
    far = np.argmax(np.abs(np.round(axes, 9)), axis=0)
    return np.asarray(axes * np.where(axes[far, [0, 1]] < 0, -1.0, 1.0))


def majorise(distance: Floats, start: Floats) -> Floats:
    """Places with less stress, sum of w (d - |x_i - x_j|)^2, w = 1 / d^2: SMACOF (de Leeuw 1977), weighted as in
    Gansner, Koren and North 2004, so that near neighbours count most. start: (N, 2).
    """
    count = len(distance)
    if count < 3:
        return start
    off = ~np.eye(count, dtype=bool)
    weight = np.where(off, 1.0 / np.maximum(distance, 1e-9) ** 2, 0.0)
    laplacian = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplacian)
    places, before = start, np.inf
    for _ in range(_STEPS):
        apart = _apart(places)
        ratio = np.where(off, weight * distance / np.maximum(apart, 1e-9), 0.0)
        pull = np.diag(ratio.sum(axis=1)) - ratio
        places = inverse @ (pull @ places)
        now = stress(distance, places)
        if before - now < _STILL:
            break
        before = now
    return places


def stress(distance: Floats, places: Floats) -> float:
    """How much a plane bends the distances: 0 for not at all; the root mean square of relative errors."""
    off = ~np.eye(len(distance), dtype=bool)
    if not off.any():
        return 0.0
    error = (distance - _apart(places))[off] / distance[off]
    return float(np.sqrt(np.mean(error**2)))


def spread(places: Floats, least: float) -> Floats:
    """The same places, those nearer than `least` to each other pushed apart: (N, 2)."""
    places = places.copy()
    count = len(places)
    i, j = np.triu_indices(count, 1)
    for _ in range(60):
        gap = places[j] - places[i]
        apart = np.linalg.norm(gap, axis=1)
        close = apart < least * 0.999
        if not close.any():
            break
        angle = 2.399963 * (i + count * j)  # a direction of its own for two styles in one place
        away = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        unit = np.where(apart[:, None] > 1e-9, gap / np.maximum(apart, 1e-9)[:, None], away)
        push = (0.5 * (least - apart) * close)[:, None] * unit
        np.add.at(places, i, -push)
        np.add.at(places, j, push)
    return places


def turned(places: Floats) -> Floats:
    """The same places about their middle, their longest extent lying across: (N, 2)."""
    middle = places - places.mean(axis=0)
    _, axes = np.linalg.eigh(middle.T @ middle)
    found = middle @ axes[:, ::-1]
    far = np.argmax(np.abs(np.round(found, 9)), axis=0)
    return np.asarray(found * np.where(found[far, [0, 1]] < 0, -1.0, 1.0))


def _apart(places: Floats) -> Floats:
    return np.asarray(np.linalg.norm(places[:, None] - places[None], axis=2))
