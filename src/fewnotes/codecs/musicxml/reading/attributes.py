"""<attributes>: divisions, key, meter and transposition of a part."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from fewnotes.codecs.musicxml.reading.raw import RawKey, number, whole_number
from fewnotes.errors import BadInput

if TYPE_CHECKING:
    from fewnotes.codecs.musicxml.reading.part import PartReader

_MAX_DENOMINATOR = 128
_NO_MODE = ("", "none")


class Transposition:
    """Semitones from written to sounding, by staff; staff 0 stands for all. `doubled`: a second note so far away."""

    def __init__(self) -> None:
        self.by_staff: dict[int, int] = {}
        self.fifths = 0
        self.doubled = 0

    def semitones(self, staff: int) -> int:
        if not self.by_staff:
            return 0
        return self.by_staff.get(staff, self.by_staff.get(0, 0))


def read(reader: PartReader, element: Element) -> None:
    """Take over what an <attributes> element says; Raises BadInput for divisions that make no sense."""
    divisions = element.find("divisions")
    if divisions is not None:
        _divisions(reader, divisions.text)
    for transpose in element.findall("transpose"):
        _transpose(reader, transpose)
    key = element.find("key")
    if key is not None:
        _key(reader, key)
    time = element.find("time")
    if time is not None:
        _time(reader, time)


def _divisions(reader: PartReader, text: str | None) -> None:
    value = number(text)
    if value is None or not 0 < value <= 1_000_000:
        raise BadInput(
            f"The score divides a quarter into {(text or 'nothing').strip()[:20]!r} in {reader.where}",
            expected="divisions from 1 to 1,000,000",
            code="divisions",
        )
    scale = reader.score.ticks / value
    reader.scale = int(scale) if scale.denominator == 1 else scale


def _transpose(reader: PartReader, element: Element) -> None:
    chromatic = number(element.findtext("chromatic"))
    octave = whole_number(element.findtext("octave-change") or "0")
    diatonic = whole_number(element.findtext("diatonic"))
    if chromatic is None or octave is None or abs(chromatic) > 48 or abs(octave) > 8:
        reader.note_down("transpose", "A transposition that cannot be understood was left out")
        return
    if chromatic.denominator != 1:
        reader.note_down("quarter-tone", "A transposition by a quarter-tone was rounded up to the nearest semitone")
    semitones = int(chromatic + Fraction(1, 2) if chromatic.denominator != 1 else chromatic)
    staff = whole_number(element.get("number")) or 0
    change = reader.transposition
    if staff == 0:
        change.by_staff.clear()
    change.by_staff[staff] = semitones + 12 * octave
    change.fifths = _fifths_moved(semitones, diatonic)
    double = element.find("double")
    change.doubled = 0 if double is None else (12 if double.get("above") == "yes" else -12)


def _fifths_moved(semitones: int, diatonic: int | None) -> int:
    """How many fifths a transposition moves a key: a second down (-2 semitones, -1 step) is two fewer sharps."""
    if diatonic is not None:
        exact = 7 * semitones - 12 * diatonic
        if abs(exact) <= 7:
            return exact
    return (7 * semitones + 6) % 12 - 6


def _key(reader: PartReader, element: Element) -> None:
    text = element.findtext("fifths")
    if text is None:
        if element.find("key-step") is not None:
            reader.note_down("key", "A key signature of single accidentals cannot be held; it was left out")
        return
    fifths = whole_number(text)
    if fifths is None or not -7 <= fifths <= 7:
        reader.note_down("key", f"A key signature of {text.strip()[:12]!r} fifths was left out")
        return
    mode = (element.findtext("mode") or "").strip().lower()
    if mode not in ("major", "minor"):
        if mode not in _NO_MODE:
            reader.note_down("key-mode", f"The mode {mode[:12]!r} of a key signature cannot be held; the signature is")
        mode = ""
    reader.fifths = fifths
    sounding = fifths + reader.transposition.fifths
    if abs(sounding) > 7:
        sounding += 12 if sounding < 0 else -12
    reader.part.keys.append(RawKey(reader.measure, round(reader.position), sounding, mode))


def _time(reader: PartReader, element: Element) -> None:
    # A change in the middle of a bar announces the next one: a meter begins with a bar.
    measure = reader.measure if reader.position == 0 else reader.measure + 1
    if element.find("senza-misura") is not None:
        reader.score.free_measures.add(measure)
        return
    meter = _meter(element)
    if meter is None:
        reader.note_down("meter", "A time signature that cannot be held was left out")
        return
    if element.get("print-object") == "no" and reader.score.meters.get(measure):
        return
    known = reader.score.meters.setdefault(measure, meter)
    if Fraction(*known) != Fraction(*meter):
        reader.note_down("polymeter", "Parts have different time signatures at once; that of the upper part counts")


def _meter(element: Element) -> tuple[int, int] | None:
    """Numerator and denominator; additive and compound time signatures (3+2/8, 3/8+2/4) are added up."""
    beats = [b.text or "" for b in element.findall("beats")]
    types = [whole_number(b.text) for b in element.findall("beat-type")]
    pairs: list[tuple[int, int]] = []
    for text, unit in zip(beats, types, strict=False):
        groups = [whole_number(group) for group in text[:64].split("+")]
        if unit is None or not 0 < unit <= _MAX_DENOMINATOR or unit & (unit - 1) or None in groups:
            return None
        pairs.append((sum(g for g in groups if g is not None), unit))
    if not pairs:
        return None
    denominator = max(unit for _, unit in pairs)
    numerator = sum(count * (denominator // unit) for count, unit in pairs)
    return (numerator, denominator) if 1 <= numerator <= 255 else None
