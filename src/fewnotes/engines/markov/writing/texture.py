"""Which lines sound in which bar of a new piece: taken from real bars, so that no line falls silent for good."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.markov.reading.form import bars_of
from fewnotes.engines.markov.reading.lines import Voiced
from fewnotes.engines.markov.reading.model import Model

#: [line, bar]: does it sound?
Texture = NDArray[np.bool_]

#: A line that sounds in so many of the bars of the pieces that have it sounds in every bar.
_ALWAYS = 0.8


def texture_of(voiced: Voiced) -> Texture:
    """In which full bars of a piece each line begins a note or holds one, shape (lines, bars)."""
    first = 1 if voiced.bars.pickup else 0
    starts = np.asarray(voiced.bars.starts)
    found = np.zeros((len(voiced.lines), len(starts) - 1), bool)
    for number, events in enumerate(voiced.lines):
        for bar, content in enumerate(bars_of(events, voiced.bars.starts)):
            for event in content:
                if event.pitches:
                    onset = int(starts[bar]) + event.onset
                    last = int(np.searchsorted(starts, onset + max(event.durations), side="left"))
                    found[number, bar : max(bar + 1, last)] = True
    return found[:, first:]


def draw_texture(model: Model, count: int, rng: np.random.Generator) -> Texture:
    """A stretch of `count` bars of a piece in which most lines sound; lines that do not sound there take their
    busiest stretch of any piece. Shape (lines, count).
    """
    textures = [texture_of(v) for v in model.shelf.pieces]
    textures = [t for t in textures if t.shape[1]]
    lines = len(model.lines)
    if not textures:
        return np.ones((lines, count), bool)
    stretches = [_wrapped(t, start, count) for t in textures for start in range(0, max(1, t.shape[1] - count + 1), 4)]
    sounding = [int(s.any(axis=1).sum()) for s in stretches]
    best = [i for i, n in enumerate(sounding) if n == max(sounding)]
    chosen = stretches[best[int(rng.integers(len(best)))]].copy()
    for number in range(lines):
        having = [t[number] for t in textures if t[number].any()]
        if having and np.concatenate(having).mean() >= _ALWAYS:
            chosen[number] = True
        elif not chosen[number].any():
            chosen[number] = max((s[number] for s in stretches), key=lambda bars: int(bars.sum()))
    return chosen


def _wrapped(texture: Texture, start: int, count: int) -> Texture:
    return texture[:, (start + np.arange(count)) % texture.shape[1]]
