"""Phrases as a net takes them: units of tokens, where each unit lies, and what may be asked of the whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.meta.phrases.shape import FACTS, GRIDS, LINES, UNIT, Frame, Phrase


def in_units(tokens: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """Tokens (LINES, T) as (U, LINES, UNIT); slots that a unit of this grid does not have are rests."""
    cut = tokens.reshape(LINES, frame.units, frame.unit).transpose(1, 0, 2)
    return np.pad(cut, ((0, 0), (0, 0), (0, UNIT - frame.unit)))


def from_units(units: NDArray[np.uint8], frame: Frame) -> NDArray[np.uint8]:
    """The other way: (U, LINES, UNIT) as tokens (LINES, T)."""
    return units[:, :, : frame.unit].transpose(1, 0, 2).reshape(LINES, frame.length)


def slots_of(frame: Frame) -> NDArray[np.bool_]:
    """Which slots of the units there are, (U, UNIT)."""
    return np.broadcast_to(np.arange(UNIT) < frame.unit, (frame.units, UNIT)).copy()


def facts_of(frame: Frame, minor: bool) -> NDArray[np.float32]:
    """Where the units of a phrase lie, (U, FACTS): barlines and beats by slot, place in the bar, bar, grid, mode."""
    slot = np.arange(frame.length)
    found = np.zeros((frame.units, FACTS), np.float32)
    for first, length in ((0, frame.bar), (UNIT, frame.beat)):
        begins = ((slot % frame.bar) % length == 0).reshape(frame.units, frame.unit)
        found[:, first : first + frame.unit] = begins
    start = np.arange(frame.units) * frame.unit
    turn = 2 * np.pi * (start % frame.bar) / frame.bar
    for harmonic in (1, 2, 3):
        column = 2 * UNIT + 2 * (harmonic - 1)
        found[:, column], found[:, column + 1] = np.sin(harmonic * turn), np.cos(harmonic * turn)
    found[np.arange(frame.units), 2 * UNIT + 6 + start // frame.bar] = 1
    found[:, 2 * UNIT + 10 + GRIDS.index(frame.slots)] = 1
    found[:, -1] = minor
    return found


def wishes_of(phrase: Phrase) -> NDArray[np.float32]:
    """What one may ask of a phrase, (WISHES,): density, lines that sound, mode."""
    return np.array([density(phrase), *phrase.sounding, phrase.minor], np.float32)


def density(phrase: Phrase) -> float:
    """ln of the onsets a quarter over all lines."""
    return float(np.log(max(1, phrase.onsets) * phrase.frame.slots / phrase.frame.length))
