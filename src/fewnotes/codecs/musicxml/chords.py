"""Chord symbols: the text a lead sheet prints, and MusicXML's <harmony>, in both directions."""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fewnotes.codecs.musicxml.reading.raw import number
from fewnotes.music.pitch import STEP_PITCH_CLASS, accidental, spell

#: Value of <kind>, and what stands behind the root.
KINDS = {
    "major": "",
    "minor": "m",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "major-seventh": "maj7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "aug7",
    "half-diminished": "m7b5",
    "major-minor": "m(maj7)",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "m9",
    "dominant-11th": "11",
    "major-11th": "maj11",
    "minor-11th": "m11",
    "dominant-13th": "13",
    "major-13th": "maj13",
    "minor-13th": "m13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
    "power": "5",
    "pedal": "pedal",
    "Neapolitan": "(N6)",
    "Italian": "(It6)",
    "French": "(Fr6)",
    "German": "(Ger6)",
    "Tristan": "(Tristan)",
}
NO_CHORD = "N.C."
_KIND_OF = {suffix: kind for kind, suffix in KINDS.items()}
_SYMBOL = re.compile(r"([A-G])(#{1,2}|b{1,2})?([^/]*)(?:/([A-G])(#{1,2}|b{1,2})?)?\Z")
_DEGREE = re.compile(r"(?:(add|no)(\d{1,2})|\(?(#{1,2}|b{1,2})(\d{1,2})\)?)\Z")


class Degree(NamedTuple):
    """`what`: "add", "alter" or "subtract"."""

    what: str
    value: int
    alter: int


class Harmony(NamedTuple):
    """A chord symbol in the terms of MusicXML; `text` is what is printed behind the root for kind "other"."""

    root: tuple[str, int]
    kind: str
    text: str
    degrees: tuple[Degree, ...]
    bass: tuple[str, int] | None


def text_of(harmony: Element, semitones: int = 0, fifths: int = 0) -> str | None:
    """The symbol that a <harmony> element prints, moved by `semitones` and spelled in a key of `fifths`.

    None where the element names no root (a Roman numeral, a figure).
    """
    kind_element = harmony.find("kind")
    kind = (kind_element.text or "").strip() if kind_element is not None else ""
    if kind == "none":
        return NO_CHORD
    root = _named(harmony.find("root"), "root", semitones, fifths)
    if root is None:
        return None
    suffix = KINDS.get(kind)
    if suffix is None:
        suffix = ((kind_element.get("text") if kind_element is not None else "") or "").strip()[:32]
    for degree in harmony.findall("degree"):
        suffix = _with_degree(suffix, degree)
    bass = _named(harmony.find("bass"), "bass", semitones, fifths)
    return f"{root}{suffix}/{bass}" if bass else f"{root}{suffix}"


def harmony_of(text: str) -> Harmony | None:
    """A chord symbol in MusicXML's terms; None for what is no symbol on a root (also for `N.C.`)."""
    match = _SYMBOL.match(text)
    if match is None:
        return None
    step, sharps, suffix, bass_step, bass_sharps = match.groups()
    bass = (bass_step, _alter(bass_sharps or "")) if bass_step else None
    root = (step, _alter(sharps or ""))
    degrees: list[Degree] = []
    rest = suffix
    while rest not in _KIND_OF and (found := _DEGREE.search(rest)):
        value = int(found[2] or found[4])
        verb = {"add": "add", "no": "subtract", None: "add" if value > 7 else "alter"}[found[1]]
        degrees.insert(0, Degree(verb, value, _alter(found[3] or "")))
        rest = rest[: found.start()]
    if rest not in _KIND_OF:
        return Harmony(root, "other", suffix, (), bass)
    return Harmony(root, _KIND_OF[rest], rest, tuple(degrees), bass)


def _alter(signs: str) -> int:
    return len(signs) if signs.startswith("#") else -len(signs)


def _named(element: Element | None, what: str, semitones: int, fifths: int) -> str | None:
    if element is None:
        return None
    step = (element.findtext(f"{what}-step") or "").strip()
    alter = number(element.findtext(f"{what}-alter") or "0")
    if step not in STEP_PITCH_CLASS or alter is None or abs(alter) > 2:
        return None
    if semitones:
        step, moved, _ = spell(STEP_PITCH_CLASS[step] + round(alter) + semitones + 60, fifths)
        return step + accidental(moved)
    return step + accidental(round(alter))


def _with_degree(suffix: str, degree: Element) -> str:
    """`7` with a flat ninth is `7b9`; behind a bare root brackets keep the sign from the root: `C(b5)`."""
    value = number(degree.findtext("degree-value"))
    alter = number(degree.findtext("degree-alter") or "0")
    if value is None or alter is None or abs(alter) > 2 or not 1 <= value <= 15:
        return suffix
    if (degree.findtext("degree-type") or "").strip() == "subtract":
        return f"{suffix}no{int(value)}"
    if not round(alter):
        return f"{suffix}add{int(value)}"
    signed = f"{accidental(round(alter))}{int(value)}"
    return f"{suffix}{signed}" if suffix else f"({signed})"
