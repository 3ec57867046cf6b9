"""Words of music as people type them: "G minor", "3/4", "C#4", "0,33"."""

from __future__ import annotations

import re

from fewnotes.errors import BadParameter
from fewnotes.music.harmony import QUALITIES
from fewnotes.music.pitch import STEP_PITCH_CLASS, pitch_of

_FIFTHS = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_ALTER = {"": 0, "#": 1, "b": -1, "sharp": 1, "flat": -1}
_MODES = {"": "major", "major": "major", "maj": "major", "minor": "minor", "min": "minor", "m": "minor"}
_KEY = re.compile(r"([A-Ga-g])[ -]?(#|b|sharp|flat|)[ -]?(major|maj|minor|min|m|)", re.ASCII)
_CHORD = re.compile(r"([A-G](?:#|b|))([a-z0-9øA-Z+]*?)(?:/([A-G](?:#|b|)))?", re.ASCII)
_PITCH = re.compile(r"([A-Ga-g])(#|b|)(-?[0-9])", re.ASCII)


def key_words(text: str) -> tuple[int, str]:
    """(fifths, mode) of "G minor", "F# major", "Bb", "Am". Raises BadParameter."""
    found = _KEY.fullmatch(text.strip().replace("♯", "#").replace("♭", "b"))
    if found:
        letter, sign, mode = found.group(1).upper(), found.group(2), _MODES[found.group(3)]
        fifths = _FIFTHS[letter] + 7 * _ALTER[sign] - (3 if mode == "minor" else 0)
        if -7 <= fifths <= 7:
            return fifths, mode
    raise BadParameter(f"There is no key {text!r}", expected='a key such as "G minor", "F# major" or "Bb"')


def meter_words(text: str) -> tuple[int, int]:
    """(numerator, denominator) of "6/8". Raises BadParameter."""
    numerator, slash, denominator = text.strip().partition("/")
    if slash and numerator.isdecimal() and denominator.isdecimal() and len(numerator) <= 3 and len(denominator) <= 3:
        upper, lower = int(numerator), int(denominator)
        if 1 <= upper <= 64 and lower in (1, 2, 4, 8, 16, 32, 64):
            return upper, lower
    raise BadParameter(f"There is no meter {text!r}", expected="a meter such as 3/4 or 6/8, at most 64 beats")


def pitch_words(text: str) -> int:
    """MIDI key of "C#4", "Bb3" or "61"; middle C is C4 and 60. Raises BadParameter."""
    clean = text.strip()
    if clean.isdecimal() and len(clean) <= 3 and int(clean) <= 127:
        return int(clean)
    found = _PITCH.fullmatch(clean)
    if found:
        step, sign, octave = found.group(1).upper(), found.group(2), int(found.group(3))
        assert step in STEP_PITCH_CLASS
        pitch = pitch_of(step, _ALTER[sign], octave)
        if 0 <= pitch <= 127:
            return pitch
    raise BadParameter(
        f"There is no note {text!r}", expected="a note such as C4 (middle C), F#3, or a MIDI key 0 to 127"
    )


def program_words(text: str) -> tuple[int, ...]:
    """General MIDI programs of "0,33": one a track, 0 to 127. Raises BadParameter."""
    words = [w.strip() for w in text.split(",")]
    if words and len(words) <= 16 and all(w.isdecimal() and len(w) <= 3 and int(w) <= 127 for w in words):
        return tuple(int(w) for w in words)
    raise BadParameter(
        f"There are no instruments {text!r}", expected="General MIDI programs 0 to 127 with commas, such as 0,33"
    )


def form_words(text: str) -> str:
    """Letters of "A A B A" or "aaba". Raises BadParameter."""
    letters = re.sub(r"[\s,|-]", "", text).upper()
    if re.fullmatch(r"[A-Z]{1,32}", letters, re.ASCII):
        return letters
    raise BadParameter(f"There is no form {text!r}", expected="one letter a section, such as AABA, at most 32")


def chord_words(text: str) -> tuple[int, ...]:
    """Pitch classes of each chord of "G Em C/E D7", as bits from C. Raises BadParameter for one that is not known."""
    words = [w for w in re.split(r"[\s,|]+", text.strip()) if w]
    if not 1 <= len(words) <= 1024:
        raise BadParameter("There are no chords", expected="1 to 1024 chord symbols, such as 'G Em C D7'")
    return tuple(_chord(word) for word in words)


def _chord(word: str) -> int:
    found = _CHORD.fullmatch(word.replace("♯", "#").replace("♭", "b"))
    ends = {end: tones for tones, end in QUALITIES.values()} | {
        "dim7": (0, 3, 6, 9),
        "min": (0, 3, 7),
        "ø": (0, 3, 6, 10),
    }
    if found and found.group(2) in ends:
        root = _root(found.group(1))
        tones = {(root + tone) % 12 for tone in ends[found.group(2)]}
        if found.group(3):
            tones.add(_root(found.group(3)))
        return sum(1 << tone for tone in tones)
    known = ", ".join(f"G{end}" for end in ends)
    raise BadParameter(f"There is no chord {word!r}", expected=f"chords such as {known}, or G/B over another bass")


def _root(text: str) -> int:
    return (STEP_PITCH_CLASS[text[0].upper()] + _ALTER[text[1:]]) % 12
