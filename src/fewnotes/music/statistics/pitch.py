"""Pitch: what is sung or played in relation to the tonic, and how high the outer lines lie."""

from __future__ import annotations

import numpy as np

from fewnotes.music.statistics._facts import Facts, Floats, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "pitch"
#: A note counts as at most a whole note, so that a pedal point does not outweigh the piece.
_LONGEST = 48
STATISTICS = (
    *several(_F, "degree", "sounding time {} semitones over the tonic", range(12)),
    Statistic("major_key", _F, "major rather than minor key"),
    Statistic("top_height", _F, "height of the top line, as MIDI key"),
    Statistic("bottom_height", _F, "height of the lowest line, as MIDI key"),
    Statistic("top_ambitus", _F, "range of the top line but for its outer twentieths, in semitones"),
    Statistic("bottom_ambitus", _F, "range of the lowest line but for its outer twentieths, in semitones"),
    Statistic("ends_low_on_tonic", _F, "the lowest last note is the tonic"),
    Statistic("ends_high_on_tonic", _F, "the highest last note is the tonic"),
    Statistic("begins_high_on_tonic", _F, "the highest first note is the tonic"),
    Statistic("begins_high_on_fifth", _F, "the highest first note is the fifth over the tonic"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS. Shares are square roots, heights in semitones as they are."""
    weight = np.minimum(facts.duration, _LONGEST).astype(np.float64)
    top, bottom = facts.pitch[facts.top_line], facts.pitch[facts.bottom_line]
    low, high = np.percentile(top, [5, 95])
    floor, ceiling = np.percentile(bottom, [5, 95])
    first, last = int(facts.top[0]) % 12, int(facts.top[-1]) % 12
    values = [
        float(facts.mode == "major"),
        float(top.mean()) - facts.shift,
        float(bottom.mean()) - facts.shift,
        float(high - low),
        float(ceiling - floor),
        float(int(facts.bottom[-1]) % 12 == 0),
        float(last == 0),
        float(first == 0),
        float(first == 7),
    ]
    return [shares(facts.pitch % 12, 12, weight), np.array(values)]
