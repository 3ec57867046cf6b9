"""Pitches as letters, and the accidentals they need at this place of the bar."""

from __future__ import annotations

from fewnotes.codecs.abc.reading.keys import alters_of
from fewnotes.music.piece import KeySignature
from fewnotes.music.pitch import key_name, spell

_SIGN = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


class Speller:
    """Writes notes of one voice and remembers which accidentals stand.

    Programs differ: an accidental holds for its letter in all octaves (ABC 2.1) or for its own octave only, and for
    all lines of the bar or for its own overlay only. A sign is written unless all four readings need none. A tie
    carries its sign over the barline, and who reads may carry it to another overlay.
    """

    def __init__(self, key: KeySignature | None) -> None:
        self._bar: dict[object, int] = {}
        self._overlay: dict[object, int] = {}
        self._tied: dict[tuple[str, int], set[int]] = {}
        self._carried: dict[tuple[str, int], set[int]] = {}
        self.set_key(key)

    def set_key(self, key: KeySignature | None) -> None:
        self._fifths, self._mode = (key.fifths, key.mode) if key else (0, "")
        self._alters = alters_of(self._fifths)
        self._bar.clear()
        self._overlay.clear()

    def new_bar(self) -> None:
        self._bar.clear()
        self._overlay.clear()
        self._carried, self._tied = self._tied, {}

    def new_overlay(self) -> None:
        self._overlay.clear()

    def note(self, pitch: int, tied: bool = False) -> str:
        """`^c'` and the like, without length. tied: over the barline, to a note of the next bar."""
        step, alter, octave = spell(pitch, self._fifths, self._mode)
        plain = self._alters.get(step, 0)
        readings = (state.get(place, plain) for state in (self._bar, self._overlay) for place in (step, (step, octave)))
        sign = ""
        place = step, octave
        if tied:
            self._tied.setdefault(place, set()).add(alter)
        if any(reading != alter for reading in readings) or self._carried.get(place, set()) - {alter}:
            sign = _SIGN[alter]
            for state in (self._bar, self._overlay):
                state[step] = state[step, octave] = alter
        letter = step if octave < 5 else step.lower()
        marks = "'" * (octave - 5) if octave > 5 else "," * (4 - octave)
        return f"{sign}{letter}{marks}"


def key_text(key: KeySignature | None) -> str:
    """The value of a K: field. A key without mode is written with its accidentals: `G exp ^f`."""
    if key is None:
        return "none"
    tonic = key_name(key.fifths, key.mode or "major").split()[0]
    if key.mode:
        return tonic + ("m" if key.mode == "minor" else "")
    signs = " ".join(_SIGN[alter] + letter.lower() for letter, alter in alters_of(key.fifths).items())
    return f"{tonic} exp {signs}".rstrip()
