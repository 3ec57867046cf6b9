"""K: fields: tonic, mode, single accidentals, and what they do to the notes."""

from __future__ import annotations

import re
from typing import NamedTuple

_FIFTHS_LINE = "FCGDAEB"
_MODE_FIFTHS = {
    "maj": 0,
    "ion": 0,
    "lyd": 1,
    "mix": -1,
    "dor": -2,
    "min": -3,
    "aeo": -3,
    "phr": -4,
    "loc": -5,
}
_KEY = re.compile(r"\s*(?:(HP|Hp)\b|(none)\b|([A-G])([#b♯♭]|is\b|es\b|(?<=[EA])s\b)?(\s*)(?P<word>[A-Za-z]*))")
_SINGLE = re.compile(r"(\^\^|\^|__|_|=)([A-Ga-g])")
_ALTER = {"^^": 2, "^": 1, "=": 0, "_": -1, "__": -2}


class Key(NamedTuple):
    """`alters`: semitones each letter is raised by. `is_standard`: fifths says all of it."""

    fifths: int
    mode: str
    alters: dict[str, int]
    is_standard: bool = True


C_MAJOR = Key(0, "major", {})
NO_KEY = Key(0, "", {})


def alters_of(fifths: int) -> dict[str, int]:
    """Semitones each letter is raised by in a signature of `fifths` sharps."""
    alters: dict[str, int] = {}
    order = _FIFTHS_LINE if fifths > 0 else _FIFTHS_LINE[::-1]
    for i in range(abs(fifths)):
        letter = order[i % 7]
        alters[letter] = alters.get(letter, 0) + (1 if fifths > 0 else -1)
    return alters


def parse_key(text: str) -> tuple[Key | None, str]:
    """The key of a K: field and the rest of the text, where clef and transposition stand.

    The key is None where the field names none, as in `K:clef=bass`. Bagpipe keys HP and Hp sound F and C sharp.
    German names of flats and sharps, `Es` and `Fis`, are understood. `M` is minor like `m`: case means nothing here.
    """
    match = _KEY.match(text)
    if match is None:
        return (NO_KEY, "") if not text.strip() else (None, text)
    bagpipe, none, tonic, sign, space, word = match.groups()
    if bagpipe:
        return _with_singles(Key(2, "", alters_of(2)), text[match.end() :])
    if none:
        return _with_singles(NO_KEY, text[match.end() :])
    mode_fifths, mode, used = _mode(word)
    if used is None and word and not sign and not space:
        return None, text  # a word such as `bass`, `alto` or `clef`, no tonic
    end = match.end() if used or not word else match.start("word")
    fifths = _FIFTHS_LINE.index(tonic) - 1 + mode_fifths
    fifths += {"#": 7, "♯": 7, "is": 7}.get(sign, -7) if sign else 0
    if used == "exp":
        return _with_singles(Key(0, "", {}), text[end:])
    held = max(-7, min(7, fifths))
    return _with_singles(Key(held, mode, alters_of(fifths), held == fifths), text[end:])


def _mode(word: str) -> tuple[int, str, str | None]:
    """(fifths against major, mode of the Piece, the word if it is a mode)."""
    short = word[:3].lower()
    if word in ("m", "M") or short in ("min", "aeo"):
        return -3, "minor", word
    if word == "" or short in ("maj", "ion"):
        return 0, "major", word or None
    if short == "exp":
        return 0, "", "exp"
    if short in _MODE_FIFTHS:
        return _MODE_FIFTHS[short], "", word
    return 0, "major", None


def _with_singles(key: Key, rest: str) -> tuple[Key, str]:
    """The key with the single accidentals that follow it, `K:D =c ^g`."""
    alters = dict(key.alters)
    found = False
    while match := _SINGLE.match(rest.lstrip()):
        alters[match[2].upper()] = _ALTER[match[1]]
        rest = rest.lstrip()[match.end() :]
        found = True
    if not found:
        return key, rest
    alters = {letter: alter for letter, alter in alters.items() if alter}
    for fifths in range(-7, 8):
        if alters == alters_of(fifths):
            mode = key.mode if fifths == key.fifths else ""
            return Key(fifths, mode, alters), rest
    return Key(key.fifths, key.mode, alters, False), rest
