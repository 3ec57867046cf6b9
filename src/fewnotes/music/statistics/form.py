"""Form: which bars come back after how many bars, as rhythm and as shape, and how long the piece is."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.statistics._facts import Facts, Floats, Ints, share
from fewnotes.music.statistics._statistic import Statistic, several

_F = "form"
_LAGS = (1, 2, 4, 8, 16)
Words = NDArray[np.uint64]
STATISTICS = (
    *several(_F, "rhythm_again", "bars with the rhythm of the bar {} before", _LAGS),
    *several(_F, "shape_again", "bars note for note, in some key, like the bar {} before", _LAGS),
    Statistic("same_again", _F, "bars note for note like some bar before"),
    Statistic("rhythm_variety", _F, "different rhythms of bars, against the number of bars"),
    Statistic("shape_variety", _F, "different bars, in any key, against the number of bars"),
    Statistic("opening_returns", _F, "rhythms of the first four bars that come back in the second half"),
    Statistic("phrase_rhythm", _F, "bars whose last attack lies early, every fourth bar against the others"),
    Statistic("bars", _F, "length in bars, as a logarithm"),
    Statistic("bars_by_eight", _F, "length a multiple of eight bars"),
    Statistic("bars_by_four", _F, "length a multiple of four bars"),
    Statistic("pickup", _F, "begins with a pickup"),
    Statistic("meter_changes", _F, "meter changes, as a logarithm"),
)


def measured(facts: Facts) -> list[Floats]:
    """In the order of STATISTICS. Shares are square roots."""
    bars = facts.bars
    count = int(bars.of(facts.attack)[-1]) + 1
    rhythm, shape, exact = _signatures(facts, count)
    full = count - (1 if bars.lead else 0)
    repeats = [share(words[lag:] == words[:-lag]) for words in (rhythm, shape) for lag in _LAGS]
    changes = int((np.diff(bars.numerator[:count] * 1000 + bars.denominator[:count]) != 0).sum())
    opening = rhythm[1:5] if bars.lead else rhythm[:4]
    values = [
        share(_heard_before(exact)),
        float(np.sqrt(len(np.unique(rhythm)) / count)),
        float(np.sqrt(len(np.unique(shape)) / count)),
        share(np.isin(opening, rhythm[max(count // 2, len(opening)) :])),
        _phrase_rhythm(facts, count),
        float(np.log(count)),
        float(full % 8 == 0),
        float(full % 4 == 0),
        float(bars.lead > 0),
        float(np.log1p(changes)),
    ]
    return [np.array(repeats), np.array(values)]


def _signatures(facts: Facts, count: int) -> tuple[Words, Words, Words]:
    """A number for each bar's rhythm, for its notes in any key, and for its notes: equal bars, equal numbers."""
    bar = facts.bars.of(facts.onset)
    place = facts.onset - facts.bars.start[bar]
    lowest = np.full(count, 255, np.int64)
    np.minimum.at(lowest, bar, facts.pitch)
    attack_bar = facts.bars.of(facts.attack)
    attack_place = facts.attack - facts.bars.start[attack_bar]
    return (
        _summed(attack_bar, _mixed(attack_place), count),
        _summed(bar, _mixed(place * 256 + facts.pitch - lowest[bar]), count),
        _summed(bar, _mixed(place * 256 + facts.pitch), count),
    )


def _mixed(values: Ints) -> Words:
    """Numbers scattered over 64 bits, so that sums of different sets differ: the finish of SplitMix64 (Steele 2014)."""
    x = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _summed(bar: Ints, words: Words, count: int) -> Words:
    found = np.zeros(count, np.uint64)
    np.add.at(found, bar, words)
    return found


def _heard_before(words: Words) -> NDArray[np.bool_]:
    first = np.unique(words, return_index=True)[1]
    found = np.ones(len(words), bool)
    found[first] = False
    return found


def _phrase_rhythm(facts: Facts, count: int) -> float:
    """How much earlier in the bar the last attack of bars 4, 8, 12 ... lies than that of the others, -1 to 1."""
    bars = facts.bars
    bar = bars.of(facts.attack)
    place = bars.place(facts.attack) / bars.full[bar]
    last = np.full(count, -1.0)
    np.maximum.at(last, bar, np.minimum(place, 1.0))
    number = np.arange(count) + (0 if bars.lead else 1)
    ends = (number % 4 == 0) & (number > 0) & (last >= 0)
    others = (number % 4 != 0) & (number > 0) & (last >= 0)
    return float(last[others].mean() - last[ends].mean()) if ends.any() and others.any() else 0.0
