"""Rhythm: lengths, their order, where in beat and bar attacks fall, meter, density, silence and articulation."""

from __future__ import annotations

import numpy as np

from fewnotes.music.statistics._facts import STEPS, Facts, Floats, Ints, share, shares
from fewnotes.music.statistics._statistic import Statistic, several

_F = "rhythm"
#: Upper limits of length classes in steps: 12 is a quarter.
_LIMITS = np.array([2, 3, 4, 6, 8, 9, 12, 18, 24, 36, 48])
_LENGTHS = ("32nd", "16th", "8th triplet", "8th", "4th triplet", "dotted 8th", "4th", "dotted 4th", "half",
            "dotted half", "whole", "longer")  # fmt: skip
#: Limits of the ratio of one distance to the next, as binary logarithms, between classes.
_RATIO_LIMITS = np.array([-1.8, -1.3, -0.8, -0.2, 0.2, 0.8, 1.3, 1.8])
_RATIOS = ("1 to 4", "1 to 3", "1 to 2", "2 to 3", "1 to 1", "3 to 2", "2 to 1", "3 to 1", "4 to 1")
_METERS = ("2 quarters", "3 quarters", "4 quarters", "6 eighths", "9 or 12 eighths", "2 or 4 halves", "3 halves",
           "another meter")  # fmt: skip
_PLACES = 16
#: Longer distances are phrase ends, and say nothing of articulation.
_LONGEST_HELD = 24
STATISTICS = (
    *several(_F, "top_length", "notes of the top line as long as a {}, to the next attack", _LENGTHS),
    *several(_F, "bottom_length", "notes of the lowest line as long as a {}, to the next attack", _LENGTHS),
    *several(_F, "in_beat", "attacks {} twelfths into the beat", range(STEPS)),
    *several(_F, "in_bar", "attacks in sixteenth {} of the bar, counted from 0", range(_PLACES)),
    *several(_F, "lengths", "neighbouring lengths in the top line like {}", _RATIOS),
    *several(_F, "meter", "bars of {}", _METERS),
    Statistic("notes_a_bar", _F, "notes a bar, as a logarithm"),
    Statistic("notes_a_bar_vary", _F, "how much the number of notes varies from bar to bar, against their mean"),
    Statistic("silence", _F, "time when nothing sounds"),
    Statistic("held", _F, "how much of the time to the next attack of the top line its notes are held"),
    Statistic("cut_short", _F, "notes of the top line held for less than six tenths of the time to the next"),
    Statistic("overlapping", _F, "notes of the top line held beyond the next attack of that line"),
    Statistic("half_beat", _F, "attacks halfway between beats"),
    Statistic("small_syncopation", _F, "attacks off the half beat held over the next half beat"),
    Statistic("bottom_on_beat", _F, "attacks of the lowest line that fall on a beat"),
    Statistic("top_lone", _F, "attacks of the top line while the lowest line strikes nothing"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS. Shares are square roots, notes a bar a logarithm, ratios as they are."""
    bars = facts.bars
    bar = bars.of(facts.attack)
    place = bars.place(facts.attack)
    beat, full = bars.beat[bar], bars.full[bar]
    in_beat = place % beat
    top_gap, bottom_gap = np.diff(facts.onset[facts.top_line]), np.diff(facts.onset[facts.bottom_line])
    ratio = np.log2(top_gap[:-1] / top_gap[1:])
    return [
        shares(_length_class(top_gap), len(_LENGTHS)),
        shares(_length_class(bottom_gap), len(_LENGTHS)),
        shares(np.minimum(in_beat * STEPS // beat, STEPS - 1), STEPS),
        shares(np.minimum(place * _PLACES // full, _PLACES - 1), _PLACES),
        shares(np.searchsorted(_RATIO_LIMITS, ratio), len(_RATIOS)),
        shares(_meter_class(facts), len(_METERS)),
        _density(facts),
        _articulation(facts),
        _accents(facts, in_beat, beat),
    ]


def _length_class(gap: Ints) -> Ints:
    return np.searchsorted(_LIMITS, gap)


def _meter_class(facts: Facts) -> Ints:
    bars = facts.bars
    over, under = bars.numerator, bars.denominator
    cases = [
        (under == 4) & (over == 2),
        (under == 4) & (over == 3) | (under == 8) & (over == 3),
        (under == 4) & (over == 4),
        (under >= 8) & (over == 6),
        (under >= 8) & ((over == 9) | (over == 12)),
        (under <= 2) & ((over == 2) | (over == 4) | (over == 1)),
        (under <= 2) & ((over == 3) | (over == 6)),
    ]
    return np.select(cases, list(range(len(cases))), len(cases))


def _density(facts: Facts) -> Floats:
    bar = facts.bars.of(facts.onset)
    count = np.bincount(bar)
    end = np.maximum.accumulate(facts.onset + facts.duration)
    silent = float(np.maximum(0, facts.onset[1:] - end[:-1]).sum())
    span = max(1, int(end[-1]))
    return np.array([np.log(count.mean()), count.std() / count.mean(), np.sqrt(silent / span)])


def _articulation(facts: Facts) -> Floats:
    line = facts.top_line
    gap = np.diff(facts.onset[line])
    near = gap <= _LONGEST_HELD
    held = (facts.duration[line][:-1] / np.maximum(gap, 1))[near]
    if not held.size:
        return np.zeros(3)
    return np.array([float(np.minimum(held, 1.5).mean()), share(held < 0.6), share(held > 1.01)])


def _accents(facts: Facts, in_beat: Ints, beat: Ints) -> Floats:
    half = np.maximum(1, beat // 2)
    off = in_beat % half
    gap = np.diff(facts.attack, append=facts.attack[-1] + 1)
    over = (off > 0) & (gap > half - off)
    low = np.unique(facts.at[facts.bottom_line])
    lone = ~np.isin(facts.at[facts.top_line], low)
    return np.array([share((in_beat == half) & (beat > 1)), share(over), share(in_beat[low] == 0), share(lone)])
