"""Instruments: which families of the General MIDI programs play, and drums."""

from __future__ import annotations

import numpy as np

from fewnotes.music.statistics._facts import Facts, Floats, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "instruments"
_FAMILIES = ("piano", "chromatic percussion", "organ", "guitar", "bass", "strings", "ensemble", "brass", "reed", "pipe",
             "synth lead", "synth pad", "synth effects", "ethnic", "percussive", "sound effects", "drums")  # fmt: skip
_DRUMS = 16
STATISTICS = (
    *several(_F, "family", "notes on {}", _FAMILIES),
    Statistic("families", _F, "how many families play, as a logarithm"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS; shares are square roots."""
    piece = facts.piece
    family = np.array([_DRUMS if t.is_drum else min(t.program, 127) // 8 for t in piece.tracks], np.int64)
    playing = family[piece.notes["track"]]
    return [shares(playing, len(_FAMILIES)), np.array([np.log(len(np.unique(playing)))])]
