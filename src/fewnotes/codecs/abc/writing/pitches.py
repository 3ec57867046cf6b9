"""Pitches as letters, and the accidentals they need at this place of the bar."""

from __future__ import annotations

from fewnotes.codecs.abc.reading.keys import alters_of
from fewnotes.music.piece import KeySignature
from fewnotes.music.pitch import key_name, spell

_SIGN = {-2: "__", -1: "_", 0: "=", 1: "^", 2: "^^"}


class Speller:
    """Writes notes of one voice and remembers which accidentals stand.

    An accidental is written unless both readings in use need none: that it holds for its letter in all octaves
    (ABC 2.1), and that it holds for its own octave only (some programs).
    """

    def __init__(self, key: KeySignature | None) -> None:
        self._by_letter: dict[str, int] = {}
        self._by_pitch: dict[tuple[str, int], int] = {}
        self.set_key(key)

    def set_key(self, key: KeySignature | None) -> None:
        self._fifths, self._mode = (key.fifths, key.mode) if key else (0, "")
        self._alters = alters_of(self._fifths)
        self.new_bar()

    def new_bar(self) -> None:
        self._by_letter.clear()
        self._by_pitch.clear()

    def note(self, pitch: int) -> str:
        """`^c'` and the like, without length."""
        step, alter, octave = spell(pitch, self._fifths, self._mode)
        plain = self._alters.get(step, 0)
        by_letter = self._by_letter.get(step, plain)
        by_pitch = self._by_pitch.get((step, octave), plain)
        sign = ""
        if alter != by_letter or alter != by_pitch:
            sign = _SIGN[alter]
            self._by_letter[step] = self._by_pitch[step, octave] = alter
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
