"""Why something is thought to be liked: the named features that a person's taste goes by, in words with numbers."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.preference import Doubles, Taste
from fewnotes.music.features import FEATURES
from fewnotes.music.likeness import SPREADS
from fewnotes.music.pitch import name
from fewnotes.music.profile import percent

#: What moves the logit by less than this is no reason.
_LEAST = 0.03
_REASONS = 3
_WITHIN = np.array([SPREADS[f.name][0] for f in FEATURES])


@dataclass(frozen=True)
class Leaning:
    """A feature that a taste goes by. weight: what it adds to the logit of liking. value: of the piece, None for none.

    usual: what is usual. more: whether more of it is liked, or less.
    """

    feature: str
    words: str
    more: bool
    weight: float
    usual: float
    value: float | None = None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        what, _, unit = self.words.partition(", in ")
        what = what.partition(", as ")[0]
        numbers = [shown(self.feature, v) for v in (self.value, self.usual) if v is not None]
        said = f"{what} {numbers[0]}{' ' if unit else ''}{unit}" if self.value is not None else what
        return f"{said} (you like {'more' if self.more else 'less'}; usual: {numbers[-1]})"


def leanings(person: Taste, usual: Doubles, most: int = _REASONS) -> tuple[Leaning, ...]:
    """What a taste goes by in general, one deviation of each feature, the strongest first. usual: (F,)."""
    return _told(person, np.abs(person.weights()), usual, None, most)


def because(person: Taste, features: NDArray[np.floating], usual: Doubles) -> tuple[Leaning, ...]:
    """What of a piece speaks for it. features: (F,), usual: (F,)."""
    values = np.asarray(features, np.float64)
    named = np.clip((values - usual) / _WITHIN, -3, 3) / np.sqrt(len(FEATURES))
    return _told(person, person.weights() * named * np.sqrt(len(FEATURES)), usual, values, _REASONS)


def shown(feature: str, value: float) -> str:
    """A value as a person reads it: a note, a share, or a number."""
    if feature == "pitch_mean":
        return name(min(127, max(0, round(value))))
    return percent(value) if next(f.unit for f in FEATURES if f.name == feature) == "%" else f"{value:.1f}"


def _told(person: Taste, said: Doubles, usual: Doubles, values: Doubles | None, most: int) -> tuple[Leaning, ...]:
    """The features that say most, at most one of a family."""
    weights = person.weights()
    chosen: list[int] = []
    for i in np.argsort(-said, kind="stable").tolist():
        if said[i] >= _LEAST and all(FEATURES[i].family != FEATURES[j].family for j in chosen):
            chosen.append(i)
    return tuple(
        Leaning(
            FEATURES[i].name, FEATURES[i].words, bool(weights[i] > 0), round(float(said[i]), 3),
            round(float(usual[i]), 4), None if values is None else round(float(values[i]), 4),
        )
        for i in chosen[:most]
    )  # fmt: skip
