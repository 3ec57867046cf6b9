"""Batches for the recipes of the sketch pad: phrases in buckets of one frame, as arrays a net takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from gan_data import PhraseSet

from fewnotes.meta import split
from fewnotes.meta.phrases import FIRST, PITCHED, VOCABULARY, Frame, facts_of, in_units, slots_of, wishes_of
from fewnotes.music.piece import Meter


@dataclass
class Bucket:
    """All phrases of one frame. units: (n, U, L, P). facts: (2, U, F), major and minor. The rest (n, ...)."""

    frame: Frame
    units: np.ndarray
    slots: np.ndarray
    facts: np.ndarray
    wishes: np.ndarray
    minor: np.ndarray
    piece: np.ndarray
    style: np.ndarray


def buckets(data: PhraseSet, part: str, least: int = 8) -> list[Bucket]:
    """One bucket a frame that at least `least` phrases of a split have."""
    inside = data.split[data.piece] == part
    found = []
    for row in np.unique(data.frame[inside], axis=0):
        chosen = np.flatnonzero(inside & (data.frame == row).all(axis=1))
        if len(chosen) < least:
            continue
        frame = Frame(Meter(0, int(row[0]), int(row[1])), int(row[2]))
        every = [data.phrase(i) for i in chosen.tolist()]
        found.append(
            Bucket(
                frame,
                np.array([in_units(p.tokens, frame) for p in every]),
                slots_of(frame),
                np.array([facts_of(frame, False), facts_of(frame, True)]),
                np.array([wishes_of(p) for p in every]),
                data.minor[chosen].astype(int),
                data.piece[chosen],
                data.styles[data.piece[chosen]],
            )
        )
    return found


def coder_batch(bucket: Bucket, chosen: np.ndarray, rng: np.random.Generator | None = None) -> tuple[torch.Tensor, ...]:
    """tokens (B, U, L, P), slots (B, U, P), facts (B, U, F), use (B, U). rng: vary the phrases with it."""
    count = len(chosen)
    units = bucket.units[chosen] if rng is None else varied(bucket.units[chosen], rng)
    slots = np.broadcast_to(bucket.slots, (count, *bucket.slots.shape))
    return (
        torch.from_numpy(units.astype(np.int64)),
        torch.from_numpy(slots.copy()),
        torch.from_numpy(bucket.facts[bucket.minor[chosen]]),
        torch.ones(count, bucket.frame.units, dtype=torch.bool),
    )


def varied(units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Phrases (B, U, L, P) seen anew: half of them transposed by up to a tritone, some without one of their lines."""
    units = units.copy()
    for phrase in units:
        lines = phrase[:, :PITCHED]
        struck = lines >= FIRST
        if struck.any() and rng.random() < 0.5:
            low, high = int(lines[struck].min()), int(lines.max())
            by = int(np.clip(rng.integers(-6, 7), FIRST - low, VOCABULARY - 1 - high))
            lines[struck] = (lines[struck].astype(int) + by).astype(lines.dtype)
        sounding = np.flatnonzero((phrase >= FIRST).any(axis=(0, 2)))
        if len(sounding) > 1 and rng.random() < 0.15:
            phrase[:, rng.choice(sounding)] = 0
    return units


def drawn(bucket: Bucket, count: int, rng: np.random.Generator) -> np.ndarray:
    """Phrases of a bucket: styles evenly first, then phrases of them."""
    styles, inverse = np.unique(bucket.style, return_inverse=True)
    wanted = rng.integers(0, len(styles), count)
    order = np.argsort(inverse, kind="stable")
    starts = np.searchsorted(inverse[order], np.arange(len(styles) + 1))
    places = starts[wanted] + (rng.random(count) * (starts[wanted + 1] - starts[wanted])).astype(int)
    return order[places]


def weights(found: list[Bucket]) -> np.ndarray:
    """How often a bucket is taken: by the root of its phrases, so that rare meters are learned too."""
    sizes = np.array([len(b.units) for b in found], float) ** 0.6
    return sizes / sizes.sum()


PARTS = (split.TRAIN, split.VALIDATION)
