"""What is in a MusicXML score before it is played out: notes by written measure, and marks at (measure, offset).

Times are whole ticks from the start of their measure. Columns are compact arrays, so that a score of half a
million notes stays near 20 MiB.
"""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple

from fewnotes.music.piece import Notice

#: Bits of `RawPart.flags`.
TIE_START, TIE_STOP, GRACE = 1, 2, 4
_DECIMAL_LIMIT = 24


class NoticeBook:
    """Collects notices; the same code with the same message is one notice that says how often and where first."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}
        self._count: Counter[tuple[str, str]] = Counter()

    def add(self, code: str, message: str, where: str = "") -> None:
        self._first.setdefault((code, message), where)
        self._count[code, message] += 1

    def all(self) -> tuple[Notice, ...]:
        def one(key: tuple[str, str]) -> Notice:
            count, where = self._count[key], self._first[key]
            times = f", {count} times" if count > 1 else ""
            return Notice(key[0], key[1] + times, f"first in {where}" if where and count > 1 else where)

        return tuple(one(key) for key in self._first)


class RawNotes:
    """Columns of the notes of one part, in the order of the file: measures rise."""

    __slots__ = ("duration", "flags", "measure", "offset", "pitch", "staff", "velocity", "voice")

    def __init__(self) -> None:
        self.measure = array("i")
        self.offset = array("i")
        self.duration = array("i")
        self.pitch = array("h")
        self.velocity = array("h")
        self.voice = array("h")
        self.staff = array("h")
        self.flags = array("b")

    def __len__(self) -> int:
        return len(self.measure)


class RawInstrument(NamedTuple):
    """`unpitched`: the key that an unpitched note sounds, None where the score says none."""

    program: int | None = None
    channel: int | None = None
    unpitched: int | None = None


class RawKey(NamedTuple):
    measure: int
    offset: int
    fifths: int
    mode: str


@dataclass
class RawPart:
    """One part. `fill[k]`: how far measure k is filled in ticks; `rest_fill[k]`: by whole-measure rests alone."""

    name: str = ""
    instruments: dict[str, RawInstrument] = field(default_factory=dict)
    notes: RawNotes = field(default_factory=RawNotes)
    fill: list[int] = field(default_factory=list)
    rest_fill: list[int] = field(default_factory=list)
    keys: list[RawKey] = field(default_factory=list)
    dynamics: list[tuple[int, int, int]] = field(default_factory=list)
    unpitched_notes: int = 0


@dataclass
class RawMarks:
    """What steers the playing order, for one written measure."""

    forward: bool = False
    backward_times: int = 0
    ending_start: str | None = None
    ending_stop: bool = False
    segno: str | None = None
    coda: str | None = None
    dacapo: bool = False
    dalsegno: str | None = None
    tocoda: str | None = None
    fine: bool = False


@dataclass
class RawScore:
    """The whole score; lists indexed by written measure grow with the longest part."""

    ticks: int
    parts: list[RawPart] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    implicit: list[bool] = field(default_factory=list)
    meters: dict[int, tuple[int, int]] = field(default_factory=dict)
    tempos: dict[tuple[int, int], float] = field(default_factory=dict)
    #: Chord symbols by place: the part that gave them first, and their texts.
    chords: dict[tuple[int, int], tuple[int, list[str]]] = field(default_factory=dict)
    marks: dict[int, RawMarks] = field(default_factory=dict)
    free_measures: set[int] = field(default_factory=set)
    title: str = ""
    composer: str = ""
    notices: NoticeBook = field(default_factory=NoticeBook)

    def where(self, measure: int) -> str:
        number = self.numbers[measure] if measure < len(self.numbers) else ""
        return f"bar {number or measure + 1}"


def number(text: str | None) -> Fraction | None:
    """A decimal number as MusicXML writes them, exact; None for anything else, also for infinity and 1e308."""
    text = (text or "").strip()
    if not text or len(text) > _DECIMAL_LIMIT or not text.isascii():
        return None
    whole, _, decimals = text.lstrip("+-").partition(".")
    if not (whole + decimals).isdigit():
        return None
    return Fraction(text)


def whole_number(text: str | None) -> int | None:
    """A whole number; `4.0` counts, `4.5` does not."""
    value = number(text)
    return int(value) if value is not None and value.denominator == 1 else None
