"""<direction>, <sound>, <harmony> and <barline>: tempo, loudness, chord symbols and the marks of repeats."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from fewnotes.codecs.musicxml import chords
from fewnotes.codecs.musicxml.reading.raw import RawMarks, number, whole_number

if TYPE_CHECKING:
    from fewnotes.codecs.musicxml.reading.part import PartReader

_MIN_TEMPO, _MAX_TEMPO = 5, 2000
_FORTE_VELOCITY = 90
#: Velocity of a printed dynamic where the score gives no number.
_MARK_VELOCITY = {
    "pppp": 10, "ppp": 16, "pp": 33, "p": 49, "mp": 64, "mf": 80, "f": 96, "ff": 112, "fff": 120, "ffff": 126,
}  # fmt: skip
_FIRST_NUMBER = re.compile(r"\d{1,5}(?:\.\d{1,6})?")
_JUMP_WORDS = re.compile(r"\b(d\.?\s?[cs]\.?(\s|$)|da capo|dal segno)", re.IGNORECASE)
_NOTE_QUARTERS = {
    "64th": Fraction(1, 16),
    "32nd": Fraction(1, 8),
    "16th": Fraction(1, 4),
    "eighth": Fraction(1, 2),
    "quarter": Fraction(1),
    "half": Fraction(2),
    "whole": Fraction(4),
    "breve": Fraction(8),
}


def read_direction(reader: PartReader, element: Element) -> None:
    """Tempo, loudness and jumps that a <direction> says in words, signs or sound."""
    position = _moved(reader, element, only_sounding=True)
    sound = element.find("sound")
    says = sound.attrib if sound is not None else {}
    if sound is not None:
        read_sound(reader, sound, position)
    for kind in element.findall("direction-type"):
        metronome = kind.find("metronome")
        if metronome is not None and "tempo" not in says:
            _metronome(reader, metronome, position)
        dynamics = kind.find("dynamics")
        if dynamics is not None and "dynamics" not in says:
            for mark in dynamics:
                if mark.tag in _MARK_VELOCITY:
                    _loudness(reader, position, _MARK_VELOCITY[mark.tag])
        if kind.find("segno") is not None and reader.marks.segno is None and "dalsegno" not in says:
            reader.marks.segno = "segno"
        for words in kind.findall("words"):
            if _JUMP_WORDS.search((words.text or "")[:80]) and not {"dacapo", "dalsegno"} & says.keys():
                reader.note_down("jump-words", "A jump is written only in words (D.C., D.S.); it is not followed")


def read_sound(reader: PartReader, sound: Element, position: int | Fraction) -> None:
    """What a <sound> says about tempo, loudness and jumps, at a place of its own or that of its direction."""
    position = _moved(reader, sound, position=position)
    if "tempo" in sound.attrib:
        _tempo(reader, number(sound.get("tempo")), position)
    loudness = number(sound.get("dynamics"))
    if loudness is not None and 0 <= loudness <= 1000:
        _loudness(reader, position, min(127, max(1, round(loudness * _FORTE_VELOCITY / 100))))
    if _JUMPS & sound.attrib.keys():
        _jumps(reader.marks, sound)


def read_harmony(reader: PartReader, element: Element) -> None:
    """A chord symbol, at sounding pitch."""
    position = _moved(reader, element)
    moved = reader.transposition.semitones(1)
    fifths = reader.fifths + reader.transposition.fifths
    text = chords.text_of(element, moved, fifths)
    if text is None:
        reader.note_down("harmony", "A chord symbol without a root (a function or numeral) was left out")
        return
    place = (reader.measure, max(0, round(position)))
    giver, texts = reader.score.chords.setdefault(place, (id(reader.part), []))
    # Other parts of the same system repeat the symbols of the first.
    if giver == id(reader.part) and len(texts) < 16:
        texts.append(text)


def read_barline(reader: PartReader, element: Element) -> None:
    """Repeat signs and endings."""
    location = element.get("location", "right")
    repeat = element.find("repeat")
    ending = element.find("ending")
    if location == "middle":
        if repeat is not None or ending is not None:
            reader.note_down("repeat-middle", "A repeat sign in the middle of a bar is not followed")
        return
    if ending is not None:
        if ending.get("type") == "start":
            reader.marks.ending_start = ending.get("number", "")[:64]
        else:
            reader.marks.ending_stop = True
    if repeat is not None:
        _repeat(reader, repeat, location)


_JUMPS = frozenset({"segno", "coda", "dacapo", "dalsegno", "tocoda", "fine"})


def _repeat(reader: PartReader, repeat: Element, location: str) -> None:
    """A sign at the left of a bar that ends a repeat belongs to the bar before, and the other way round."""
    marks = reader.score.marks
    if repeat.get("direction") == "forward":
        measure = reader.measure + (location == "right")
        marks.setdefault(measure, RawMarks()).forward = True
        return
    measure = reader.measure - (location == "left")
    if measure < 0:
        return
    times = whole_number(repeat.get("times")) if repeat.get("times") else 2
    marks.setdefault(measure, RawMarks()).backward_times = max(2, times or 2)


def _jumps(marks: RawMarks, sound: Element) -> None:
    marks.segno = sound.get("segno", marks.segno)
    marks.coda = sound.get("coda", marks.coda)
    marks.dalsegno = sound.get("dalsegno", marks.dalsegno)
    marks.tocoda = sound.get("tocoda", marks.tocoda)
    marks.dacapo = marks.dacapo or sound.get("dacapo") == "yes"
    marks.fine = marks.fine or "fine" in sound.attrib


def _moved(
    reader: PartReader, element: Element, position: int | Fraction | None = None, only_sounding: bool = False
) -> int | Fraction:
    """The cursor, moved by an <offset>; that of a direction moves what sounds only where it says so."""
    position = reader.position if position is None else position
    offset = element.find("offset")
    if offset is None or (only_sounding and offset.get("sound") != "yes"):
        return position
    value = number(offset.text)
    if value is None or not reader.scale:
        return position
    moved: int | Fraction = position + value * reader.scale
    return 0 if moved < 0 else min(moved, Fraction(reader.limit))


def _metronome(reader: PartReader, element: Element, position: int | Fraction) -> None:
    per_minute = _FIRST_NUMBER.search((element.findtext("per-minute") or "")[:40])
    units = element.findall("beat-unit")
    if per_minute is None or not units:
        reader.note_down("metronome", "A tempo mark without a number (a metric modulation) is not followed")
        return
    quarters = _NOTE_QUARTERS.get((units[0].text or "").strip())
    if quarters is None:
        reader.note_down("metronome", "A tempo mark on an unknown note value was left out")
        return
    dots = min(3, len(element.findall("beat-unit-dot")))
    quarters *= 2 - Fraction(1, 2**dots)
    _tempo(reader, number(per_minute[0]), position, quarters)


def _tempo(
    reader: PartReader, beats_per_minute: Fraction | None, position: int | Fraction, quarters: Fraction = Fraction(1)
) -> None:
    if beats_per_minute is None or not _MIN_TEMPO <= beats_per_minute * quarters <= _MAX_TEMPO:
        reader.note_down("tempo", f"A tempo outside {_MIN_TEMPO} to {_MAX_TEMPO} quarters a minute was left out")
        return
    reader.score.tempos.setdefault((reader.measure, round(position)), float(beats_per_minute * quarters))


def _loudness(reader: PartReader, position: int | Fraction, velocity: int) -> None:
    reader.part.dynamics.append((reader.measure, round(position), velocity))
