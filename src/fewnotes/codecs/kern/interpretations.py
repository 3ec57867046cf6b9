"""Tandem interpretations (`*M3/4`, `*k[f#]`, `*g:`, `*MM96` ...) as values; None where the text is another one."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import NamedTuple

_METER = re.compile(r"\*M(\d{1,4}(?:\+\d{1,4}){0,8})/(\d{1,4})(?:%(\d{1,2}))?$")
_SIGNATURE = re.compile(r"\*k\[((?:[a-gA-G][#\-n]{0,2})*)\]$")
_KEY = re.compile(r"\*([a-gA-G])([#\-]?):([a-z]{0,8})$")
_TEMPO = re.compile(r"\*MM(\d{1,6}(?:\.\d{1,6})?)")
_TRANSPOSITION = re.compile(r"\*Trd([+-]?\d{1,3})c([+-]?\d{1,3})$")
_SHARPS = "fcgdaeb"
_FIFTHS = {"f": -1, "c": 0, "g": 1, "d": 2, "a": 3, "e": 4, "b": 5}
#: Fifths from the major key on the same tonic, and the mode a Piece can hold.
_MODES = {
    "": (0, "major"),
    "ion": (0, "major"),
    "lyd": (1, ""),
    "mix": (-1, ""),
    "dor": (-2, ""),
    "aeo": (-3, "minor"),
    "phr": (-4, ""),
    "loc": (-5, ""),
}
_MENSURATION = {"C": (4, 4), "c": (4, 4), "C|": (2, 2), "c|": (2, 2)}


class Signature(NamedTuple):
    fifths: int
    is_usual: bool


class Key(NamedTuple):
    fifths: int
    mode: str


def meter(text: str) -> tuple[int, int] | None:
    """`*M3/4`, `*M2+3/8`, `*M3/0` (breves), `*M4/3%2`; (0, 0) for a meter that cannot be held."""
    match = _METER.match(text)
    if match is None:
        return (0, 0) if re.match(r"\*M\d", text) else None
    numerator = sum(int(n) for n in match.group(1).split("+"))
    below = match.group(2)
    unit = Fraction(2 ** len(below)) if not below.strip("0") else Fraction(1, int(below))
    if match.group(3):
        unit *= int(match.group(3))
    bar = numerator * unit
    if unit > 1:
        return (int(bar), 1) if 1 <= bar <= 255 else (0, 0)
    if not 1 <= numerator <= 255:
        return (0, 0)
    if unit.numerator == 1 and unit.denominator in (1, 2, 4, 8, 16, 32, 64, 128):
        return numerator, unit.denominator
    if 1 <= bar.numerator <= 255 and bar.denominator in (1, 2, 4, 8, 16, 32, 64, 128):
        return bar.numerator, bar.denominator
    return (0, 0)


def mensuration(text: str) -> tuple[int, int] | None:
    """`*met(C)` and `*met(C|)`: only counts in files that have no `*M` at all."""
    if text.startswith("*met(") and text.endswith(")"):
        return _MENSURATION.get(text[5:-1])
    return None


def signature(text: str) -> Signature | None:
    """The sharps or flats of `*k[f#c#]`, and whether they are those of a usual key signature."""
    match = _SIGNATURE.match(text)
    if match is None:
        return None
    signs = re.findall(r"([a-gA-G])([#\-n]{0,2})", match.group(1))
    sharps = {letter.lower() for letter, sign in signs if "#" in sign}
    flats = {letter.lower() for letter, sign in signs if "-" in sign}
    usual = sharps == set(_SHARPS[: len(sharps)]) and flats == set(_SHARPS[7 - len(flats) :])
    return Signature(len(sharps) - len(flats), usual and not (sharps and flats))


def key(text: str) -> Key | None:
    """`*G:`, `*g:`, `*D:dor`, `*a:aeo`: what its plain signature would be, and the mode."""
    match = _KEY.match(text)
    if match is None:
        return None
    letter, sign, mode = match.groups()
    shift, name = _MODES.get(mode, (0, ""))
    if letter.islower() and mode == "":
        shift, name = -3, "minor"
    fifths = _FIFTHS[letter.lower()] + {"#": 7, "-": -7, "": 0}[sign] + shift
    return Key(max(-7, min(7, fifths)), name)


def tempo(text: str) -> float | None:
    """Quarters a minute of `*MM120`; NaN for one that cannot be held."""
    match = _TEMPO.match(text)
    if match is None:
        return None
    value = float(match.group(1))
    return value if 5 <= value <= 2000 else math.nan


def transposition(text: str) -> int | None:
    """Semitones by which data marked `*Trd1c2` were moved from sounding pitch.

    **kern is sounding pitch; `*ITrd1c2` only says how to print a part and changes nothing here. Data that are
    moved are marked `*Tr`, which is taken back.
    """
    match = _TRANSPOSITION.match(text)
    return int(match.group(2)) if match else None
