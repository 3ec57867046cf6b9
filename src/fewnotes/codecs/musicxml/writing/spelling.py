"""Names and accidentals of the notes of a bar."""

from __future__ import annotations

from typing import NamedTuple

from fewnotes.music.piece import KeySignature
from fewnotes.music.pitch import spell

SIGNS = {2: "double-sharp", 1: "sharp", 0: "natural", -1: "flat", -2: "flat-flat"}
_SHARPS, _FLATS = "FCGDAEB", "BEADGCF"
_NO_KEY = KeySignature(0, 0)


class Spelled(NamedTuple):
    step: str
    alter: int
    octave: int


def spelled(pitch: int, key: KeySignature | None) -> Spelled:
    key = key or _NO_KEY
    return Spelled(*spell(pitch, key.fifths, key.mode))


class BarSigns:
    """Which accidentals are in force in one bar, by staff, step and octave."""

    def __init__(self, key: KeySignature | None) -> None:
        fifths = (key or _NO_KEY).fifths
        self._key = dict.fromkeys(_SHARPS[: max(0, fifths)], 1) | dict.fromkeys(_FLATS[: max(0, -fifths)], -1)
        self._seen: dict[tuple[int, str, int], int] = {}

    def sign(self, name: Spelled, staff: int) -> str:
        """The accidental to print, "" for none; a step altered in another octave of the bar is made clear."""
        place = (staff, name.step, name.octave)
        expected = self._seen.get(place, self._key.get(name.step, 0))
        elsewhere = any(s == staff and step == name.step and a != name.alter for (s, step, _), a in self._seen.items())
        is_new = place not in self._seen
        self._seen[place] = name.alter
        return SIGNS[name.alter] if name.alter != expected or (elsewhere and is_new) else ""
