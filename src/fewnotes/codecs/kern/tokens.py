"""One **kern data token: pitch, duration, tie and grace of its notes.

Source: the **kern reference of the Humdrum Toolkit (Huron 1994), and the additions in common use since: rational
durations (`3%2`), several zeros for long and maxima.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_PITCH = re.compile(r"([a-gA-G])\1*")
_ACCIDENTAL = re.compile(r"#+|-+|n")
_RECIP = re.compile(r"(\d+)(?:%(\d+))?")
_SEMITONE = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
_QUARTER = Fraction(1)
_GRACE_QUARTERS = Fraction(1, 2)
_MAX_RECIP = 4096
_MAX_DOTS = 6


class KernNote(NamedTuple):
    """`pitch`: MIDI key, may be out of range. `quarters`: as written. `tie`: "", "[", "_" or "]"."""

    pitch: int
    quarters: Fraction
    tie: str


class Cell(NamedTuple):
    """One token. `quarters`: what it moves its spine on by, 0 for graces. `faults`: codes of what was repaired."""

    notes: tuple[KernNote, ...]
    quarters: Fraction
    is_grace: bool
    faults: tuple[str, ...]


def read_cell(token: str) -> Cell:
    """A token of one or more subtokens (a chord) as notes. Never raises: what cannot be read is a fault."""
    notes: list[KernNote] = []
    faults: list[str] = []
    quarters: Fraction | None = None
    is_grace = False
    for text in token.split(" "):
        if not text or text == ".":
            continue
        grace = "q" in text or "Q" in text
        length = _duration(text, faults)
        if length is None:
            length = _GRACE_QUARTERS if grace else quarters
        pitch = None if "r" in text else _pitch(text, faults)
        if pitch is None and "r" not in text:
            continue
        if length is None:
            faults.append("no-duration")
            length = _QUARTER
        if quarters is None:
            quarters, is_grace = length, grace
        elif length != quarters and pitch is not None:
            faults.append("chord-durations")
        if pitch is not None:
            notes.append(KernNote(pitch, length, _tie(text)))
    if quarters is None or is_grace:
        quarters = Fraction(0)
    return Cell(tuple(notes), quarters, is_grace, tuple(dict.fromkeys(faults)))


def _tie(text: str) -> str:
    if "_" in text or ("[" in text and "]" in text):
        return "_"
    return "[" if "[" in text else "]" if "]" in text else ""


def _pitch(text: str, faults: list[str]) -> int | None:
    found = _PITCH.findall(text)
    match = _PITCH.search(text)
    if match is None:
        faults.append("bad-note")
        return None
    if len(found) > 1:
        faults.append("mixed-pitch")
    letters = match.group()
    octaves = len(letters) - 1 if letters[0].islower() else -len(letters)
    if not -6 <= octaves <= 6:
        faults.append("pitch-range")
        return None
    pitch = 60 + 12 * octaves + _SEMITONE[letters[0].lower()]
    sign = _ACCIDENTAL.match(text, match.end())
    if sign:
        pitch += sign.group().count("#") - sign.group().count("-")
    if not 0 <= pitch <= 127:
        faults.append("pitch-range")
        return None
    return pitch


def _duration(text: str, faults: list[str]) -> Fraction | None:
    """Length in quarters; None if the text names none."""
    match = _RECIP.search(text)
    if match is None:
        return None
    length = _plain_length(match.group(1), match.group(2))
    if length is None:
        faults.append("bad-duration")
        return _QUARTER
    dots = text.count(".")
    if dots > _MAX_DOTS:
        faults.append("many-dots")
        dots = _MAX_DOTS
    return length * (2 - Fraction(1, 2**dots)) if dots else length


def _plain_length(recip: str, ratio: str | None) -> Fraction | None:
    """`recip` notes to `ratio` whole notes, in quarters; "0" is a breve, "00" a long, "000" a maxima."""
    if not recip.strip("0"):
        return Fraction(4 * 2 ** len(recip)) if len(recip) <= 3 and ratio is None else None
    if len(recip) > 4 or (ratio is not None and len(ratio) > 4):
        return None
    number, whole = int(recip), int(ratio or "1")
    if number > _MAX_RECIP or not 1 <= whole <= _MAX_RECIP:
        return None
    return Fraction(4 * whole, number)
