"""M:, L:, Q:, P: and the clef properties of K: and V: fields. Each parser returns None for what makes no sense."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

_METER = re.compile(r"\D{0,12}?\(?([0-9]{1,3}(?:\s*\+\s*[0-9]{1,3})*)\)?\s*/\s*([0-9]{1,3})(?![0-9])")
_FRACTION = re.compile(r"([0-9]{1,4})\s*/\s*([0-9]{1,4})(?![0-9])")
_TEMPO = re.compile(r"((?:[0-9]{1,3}/[0-9]{1,3}\s*)+)=\s*([0-9]{1,5}(?:\.[0-9]{1,4})?)")
_UNIT_TEMPO = re.compile(r"\s*C([0-9]{0,2})\s*=\s*([0-9]{1,5}(?:\.[0-9]{1,4})?)")
_PROPERTY = re.compile(r'([A-Za-z]+)\s*=\s*("[^"]*"|\S+)|(\S+)')
_OCTAVE_SIGN = re.compile(r"[A-Za-z0-9]*([+-])(8|15|22)$")


class Signature(NamedTuple):
    """A meter; numerator 0 stands for free meter."""

    numerator: int
    denominator: int


FREE = Signature(0, 4)


def parse_meter(text: str) -> Signature | None:
    """`4/4`, `C`, `C|`, `(2+3+2)/8`, `none`; words before the fraction are passed over."""
    text = text.strip()
    if text.lower() in ("", "none", "free", "frei"):
        return FREE
    if text.startswith("C|"):
        return Signature(2, 2)
    if text.startswith("C"):
        return Signature(4, 4)
    match = _METER.match(text)
    if match is None:
        return None
    numerator = sum(int(n) for n in match[1].split("+"))
    denominator = int(match[2])
    if not 1 <= numerator <= 255 or denominator not in (1, 2, 4, 8, 16, 32, 64, 128):
        return None
    return Signature(numerator, denominator)


def parse_unit(text: str) -> Fraction | None:
    """`1/8`, or `1` for a whole note; in whole notes."""
    if text.strip() == "1":
        return Fraction(1)
    match = _FRACTION.match(text.strip())
    if match is None or int(match[2]) == 0 or int(match[1]) == 0:
        return None
    unit = Fraction(int(match[1]), int(match[2]))
    is_binary = unit.denominator & (unit.denominator - 1) == 0
    return unit if is_binary and unit.denominator <= 512 and unit <= 4 else None


def default_unit(meter: Signature | None) -> Fraction:
    """A sixteenth where the meter as a fraction is below 3/4, else an eighth (ABC 2.1, 3.1.7)."""
    if meter is None or meter == FREE:
        return Fraction(1, 8)
    return Fraction(1, 16) if Fraction(meter.numerator, meter.denominator) < Fraction(3, 4) else Fraction(1, 8)


def parse_tempo(text: str, unit: Fraction) -> float | None:
    """Quarters a minute; 0.0 where the field holds only words such as `"Allegro"`.

    A bare number and `C=` count in units of L:, as ABC 1.6 and the notes on old forms in 2.1 say.
    """
    plain = re.sub(r'"[^"]*"?', " ", text).strip()
    if not plain or not re.search("[0-9]", plain):
        return 0.0
    if match := _TEMPO.search(plain):
        parts = [(int(n), int(d)) for n, d in _FRACTION.findall(match[1])]
        if any(d == 0 for _, d in parts):
            return None
        beat = sum((Fraction(n, d) for n, d in parts), Fraction(0))
        number = match[2]
    elif match := _UNIT_TEMPO.match(plain):
        beat, number = unit * int(match[1] or 1), match[2]
    elif match := re.match(r"=?\s*([0-9]{1,5}(?:\.[0-9]{1,4})?)(?![0-9/])", plain):
        beat, number = unit, match[1]
    else:
        return None
    quarters = float(beat * 4) * float(number)
    return quarters if 5 <= quarters <= 2000 else None


class Properties(NamedTuple):
    """What K: and V: fields say besides the key. None: not said."""

    semitones: int | None = None
    octaves: int | None = None
    clef_octaves: int | None = None
    is_percussion: bool | None = None
    name: str | None = None


def parse_properties(text: str) -> Properties:
    """Clef, octave and transposition; `middle=` and the bare clef move no note (ABC 2.1, 4.6)."""
    found: dict[str, int | str | bool] = {}
    for word, value, bare in _PROPERTY.findall(text):
        value = value.strip('"')
        word = word.lower()
        if word in ("transpose", "t", "score", "sound") and re.fullmatch(r"[+-]?[0-9]{1,2}", value):
            if word in ("transpose", "t"):
                found["semitones"] = max(-36, min(36, int(value)))
        elif word == "octave" and re.fullmatch(r"[+-]?[0-9]", value):
            found["octaves"] = max(-4, min(4, int(value)))
        elif word in ("name", "nm"):
            found["name"] = value[:80]
        elif word == "clef" or bare.lower().startswith(("treble", "bass", "alto", "tenor", "perc", "none", "soprano")):
            clef = value if word == "clef" else bare
            sign = _OCTAVE_SIGN.fullmatch(clef)
            size = {"8": 1, "15": 2, "22": 3}[sign[2]] if sign else 0
            found["clef_octaves"] = -size if sign and sign[1] == "-" else size
            found["is_percussion"] = clef.lower().startswith("perc")
    return Properties(**found)  # type: ignore[arg-type]


_ORDER_LIMIT = 4096


def parse_order(text: str) -> list[str] | None:
    """The labels of P: in the order of playing: `(AB)2C` is A B A B C. None: no order, or one too long."""
    text = re.sub(r'"[^"]*"|[\s.,*;|]', "", text)
    if not re.fullmatch(r"(?:[A-Za-z()][0-9]{0,3})+", text):
        return None
    stack: list[list[str]] = [[]]
    for sign, count in re.findall(r"([A-Za-z()])([0-9]{0,3})", text):
        times = int(count or 1)
        if sign == "(":
            stack.append([])
            continue
        if sign == ")":
            if len(stack) == 1:
                return None
            group = stack.pop()
        else:
            group = [sign]
        if len(stack[-1]) + len(group) * times > _ORDER_LIMIT:
            return None
        stack[-1].extend(group * times)
    return stack[0] if len(stack) == 1 else None
