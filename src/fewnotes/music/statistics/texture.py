"""Texture: how many notes sound and are struck together, how they are spaced, and how the outer lines go together."""

from __future__ import annotations

import numpy as np

from fewnotes.music.statistics._facts import Facts, Floats, Ints, share, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "texture"
_MOTIONS = ("parallel", "similar", "contrary", "oblique", "still")
STATISTICS = (
    *several(_F, "sounding", "attacks at which {} notes sound (6: or more)", range(1, 7)),
    *several(_F, "struck", "attacks of {} notes (5: or more)", range(1, 6)),
    *several(_F, "outer_motion", "moves of the outer lines together: {}", _MOTIONS),
    Statistic("sounding_spread", _F, "how much the number of sounding notes varies"),
    Statistic("spacing", _F, "distance of neighbouring notes of a chord, in semitones, as a logarithm"),
    Statistic("spacing_low", _F, "distance of the two lowest notes of a chord, in semitones, as a logarithm"),
    Statistic("broken_chords", _F, "lone notes that leap by a third or more from a lone note"),
    Statistic("line_range", _F, "range of a track, in semitones, on average"),
    Statistic("doubled_octaves", _F, "notes doubled an octave away"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS. Shares are square roots."""
    struck = np.bincount(facts.at, minlength=len(facts.attack))
    lone = struck[facts.at] == 1
    both_lone = lone[1:] & lone[:-1]
    leaps = np.abs(np.diff(facts.pitch)) >= 3
    values = [float(facts.sounding.std()), *_spacing(facts), share(leaps[both_lone]), _line_range(facts)]
    return [
        shares(np.minimum(facts.sounding, 6) - 1, 6),
        shares(np.minimum(struck, 5) - 1, 5),
        shares(_motion(facts), len(_MOTIONS)),
        np.array([*values, _doubled(facts)]),
    ]


def _motion(facts: Facts) -> Ints:
    """Class in `_MOTIONS` of each move from an attack to the next where two notes or more sound at both."""
    several_sound = facts.sounding > 1
    use = several_sound[1:] & several_sound[:-1]
    up, down = np.diff(facts.top)[use], np.diff(facts.bottom)[use]
    cases = [(up == 0) & (down == 0), (up == 0) | (down == 0), up == down, np.sign(up) == np.sign(down)]
    return np.select(cases, [4, 3, 0, 1], 2).astype(np.int64)


def _spacing(facts: Facts) -> tuple[float, float]:
    note, where = facts.pairs
    pitch = facts.pitch[note]
    order = np.lexsort((pitch, where))
    gap, same = np.diff(pitch[order]), np.diff(where[order]) == 0
    lowest = np.append(True, ~same)[:-1]
    between, low = gap[same & (gap > 0)], gap[same & lowest & (gap > 0)]
    return (float(np.log(between.mean())) if between.size else 0.0, float(np.log(low.mean())) if low.size else 0.0)


def _line_range(facts: Facts) -> float:
    notes = facts.piece.notes
    drums = np.array([t.is_drum for t in facts.piece.tracks], bool)
    size = len(facts.piece.tracks)
    high, low = np.zeros(size), np.full(size, 255.0)
    np.maximum.at(high, notes["track"], notes["pitch"])
    np.minimum.at(low, notes["track"], notes["pitch"])
    use = (high >= low) & (~drums if not drums.all() else drums)
    return float((high - low)[use].mean()) if use.any() else 0.0


def _doubled(facts: Facts) -> float:
    code = facts.at * 256 + facts.pitch
    return share(np.isin(code + 12, code))
