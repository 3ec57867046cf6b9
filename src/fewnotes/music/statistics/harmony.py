"""Harmony: intervals over the lowest note, kinds of chord, what they stand on, and how their roots move."""

from __future__ import annotations

import numpy as np

from fewnotes.music.harmony import QUALITIES, merged
from fewnotes.music.statistics._facts import Facts, Floats, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "harmony"
_QUALITY = {name: i for i, name in enumerate(QUALITIES)}
STATISTICS = (
    *several(_F, "over_bottom", "notes {} semitones over the lowest that sounds, octaves apart", range(12)),
    *several(_F, "outer", "top note {} semitones over the lowest, octaves apart", range(12)),
    *several(_F, "quality", "time on chords: {}", QUALITIES),
    *several(_F, "root", "time on chords {} semitones over the tonic", range(12)),
    *several(_F, "root_move", "chord roots that move up by {} semitones", range(1, 12)),
    Statistic("chord_length", _F, "beats from one chord to the next, as a logarithm"),
    Statistic("inverted", _F, "beats whose lowest note is not the root of the chord"),
    Statistic("dissonance", _F, "attacks with a second, a seventh or a tritone over the lowest note"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS. Shares are square roots."""
    note, where = facts.pairs
    over = facts.pitch[note] - facts.bottom[where]
    above = over > 0
    clash = np.bincount(where[np.isin(over % 12, (1, 2, 6, 10, 11))], minlength=len(facts.attack)) > 0
    several_sound = facts.sounding > 1
    outer = (facts.top - facts.bottom)[several_sound] % 12
    return [
        shares(over[above] % 12, 12),
        shares(outer, 12),
        *_chords(facts),
        np.array([float(np.sqrt(clash.mean()))]),
    ]


def _chords(facts: Facts) -> list[Floats]:
    labels = facts.chords
    if not labels:
        return [np.zeros(len(QUALITIES) + 12 + 11 + 2)]
    joined = merged(labels)
    length = np.array([c.end_tick - c.onset_tick for c in labels], np.float64)
    root = np.array([c.root for c in labels], np.int64)
    quality = np.array([_QUALITY[c.quality] for c in labels], np.int64)
    bass = np.array([c.bass for c in labels], np.int64)
    move = np.diff([c.root for c in joined]) % 12
    return [
        shares(quality, len(QUALITIES), length),
        shares(root, 12, length),
        shares(move[move > 0] - 1, 11),
        np.array([np.log(len(labels) / len(joined)), np.sqrt((bass != root).mean())]),
    ]
