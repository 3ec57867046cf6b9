"""From the text of a MusicXML score to a RawScore: header, part list, and the measures of every part."""

from __future__ import annotations

import re
from math import lcm
from xml.etree.ElementTree import Element

from fewnotes.codecs import MAX_NOTES, MAX_TRACKS
from fewnotes.codecs.musicxml.reading.part import PartReader
from fewnotes.codecs.musicxml.reading.raw import RawInstrument, RawPart, RawScore, number, whole_number
from fewnotes.codecs.musicxml.reading.stream import stream
from fewnotes.errors import TooLarge

#: Resolution is the least common multiple of all divisions up to this; beyond, times are rounded to MIXED_TICKS.
MAX_TICKS = 1_000_000
MIXED_TICKS = 10_080
_ROOTS = frozenset({"score-partwise", "score-timewise"})
_INNER = frozenset({"part", "measure"})
#: Elements that hold nothing a Piece can hold.
_SKIP = frozenset(
    {
        "defaults", "encoding", "miscellaneous", "print", "lyric", "figured-bass", "beam", "stem", "notehead",
        "notehead-text", "articulations", "ornaments", "technical", "tuplet", "glissando", "slide", "fermata",
        "arpeggiate", "non-arpeggiate", "listening", "listen", "play", "credit-image", "frame", "virtual-instrument",
        "part-name-display", "part-abbreviation-display", "group-name-display", "clef", "staff-details",
        "measure-style", "pedal", "wedge", "octave-shift", "bracket", "dashes", "image", "accidental",
    }
)  # fmt: skip
_DIVISIONS = re.compile(rb"divisions[^<>]{0,200}>\s{0,64}(\d{1,9}(?:\.\d{1,6})?)\s{0,64}<")
_TEXT_LIMIT = 200


def read_score(data: bytes) -> RawScore:
    """Read a MusicXML text (not an archive), partwise or timewise.

    Raises BadInput or TooLarge.
    """
    data = _as_expat_wants(data)
    ticks, is_rounded = resolution(data)
    visitor = _ScoreReader(RawScore(ticks))
    stream(data, visitor, (_ROOTS, _INNER, _INNER), _SKIP)
    visitor.finish()
    if is_rounded:
        visitor.score.notices.add(
            "divisions-mixed",
            f"The divisions of the parts have no common measure; times are rounded to 1/{ticks} quarter",
        )
    return visitor.score


def resolution(data: bytes) -> tuple[int, bool]:
    """Ticks a quarter that hold all divisions of a score exactly; True where there is none and times are rounded."""
    ticks = 1
    for text in {match[1] for match in _DIVISIONS.finditer(data)}:
        value = number(text.decode())
        if value is None or not 0 < value <= MAX_TICKS:
            continue
        ticks = lcm(ticks, value.numerator)
        if ticks > MAX_TICKS:
            return MIXED_TICKS, True
    return ticks, False


def _as_expat_wants(data: bytes) -> bytes:
    """UTF-16 becomes UTF-8, so that one search finds the divisions; anything else expat reads as it is."""
    if data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return data
    text = data.decode("utf-16", "replace")
    return (
        re.sub(r"""encoding=["'][^"']*["']""", 'encoding="UTF-8"', text[:200], count=1).encode() + text[200:].encode()
    )


class _ScoreReader:
    """Visitor of the stream; in a partwise score parts hold measures, in a timewise one measures hold parts."""

    def __init__(self, score: RawScore) -> None:
        self.score = score
        self.timewise = False
        self.listed: dict[str, RawPart] = {}
        self.readers: dict[str, PartReader] = {}
        self.reader: PartReader | None = None
        self.measure = -1
        self.measure_attributes: dict[str, str] = {}
        self.open: list[str] = []

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        self.open.append(tag)
        if len(self.open) == 1:
            self.timewise = tag == "score-timewise"
        elif self.open[1:] == ["part"] and not self.timewise:
            self.reader = self._new_part(attributes.get("id", ""))
        elif self.open[1:] == ["part", "measure"] and not self.timewise and self.reader is not None:
            self.reader.begin(attributes)
        elif self.open[1:] == ["measure"] and self.timewise:
            self.measure += 1
            self.measure_attributes = attributes
        elif self.open[1:] == ["measure", "part"] and self.timewise:
            self._enter_timewise(attributes.get("id", ""))

    def leave(self, _tag: str) -> None:
        depth = len(self.open)
        self.open.pop()
        if depth == 3 and self.reader is not None:
            self.reader.end()
            if self.timewise:
                self.reader = None
        elif depth == 2 and self.reader is not None:
            self.reader.finish()
            self.reader = None

    def element(self, element: Element) -> None:
        if len(self.open) == 3:
            if self.reader is not None:
                self.reader.element(element)
        elif len(self.open) == 1:
            _header(self, element)

    def finish(self) -> None:
        if self.timewise:
            for reader in self.readers.values():
                reader.finish()
        silent = [part for key, part in self.listed.items() if key not in self.readers]
        if silent:
            names = ", ".join(part.name or "?" for part in silent[:5])
            self.score.notices.add("part-empty", f"The list of parts names parts that have no music: {names}")

    def _new_part(self, key: str) -> PartReader:
        if key in self.readers:
            self.score.notices.add("part-id", f"Two parts have the same id {key[:20]!r}; both are kept")
            part = RawPart(self.listed[key].name if key in self.listed else "")
        elif key in self.listed:
            part = self.listed[key]
        else:
            part = RawPart()
            self.score.notices.add("part-id", f"A part has an id that the list of parts does not have: {key[:20]!r}")
        self.score.parts.append(part)
        if len(self.score.parts) > MAX_TRACKS:
            raise TooLarge(f"The score has more than {MAX_TRACKS} parts")
        if sum(len(p.notes) for p in self.score.parts) > MAX_NOTES:
            raise TooLarge(f"The score has more than {MAX_NOTES:,} notes", fix="Split it into movements")
        reader = PartReader(self.score, part)
        self.readers.setdefault(key, reader)
        return reader

    def _enter_timewise(self, key: str) -> None:
        reader = self.readers.get(key) or self._new_part(key)
        self.reader = None
        if reader.measure >= self.measure:
            self.score.notices.add("part-id", "A part stands twice in one bar; the second was left out")
            return
        while reader.measure < self.measure - 1:
            reader.begin({"number": str(reader.measure + 2)})
            reader.end()
        reader.begin(self.measure_attributes)
        self.reader = reader


def _header(reader: _ScoreReader, element: Element) -> None:
    score = reader.score
    if element.tag == "part-list":
        for listed in element.findall("score-part"):
            reader.listed[listed.get("id", "")] = _listed_part(score, listed)
    elif element.tag == "work":
        score.title = _clean(element.findtext("work-title"))
    elif element.tag == "movement-title":
        movement = _clean(element.text)
        if movement and movement != score.title:
            score.title = f"{score.title}: {movement}" if score.title else movement
    elif element.tag == "identification":
        creators = element.findall("creator")
        composers = [c for c in creators if c.get("type") == "composer"] or [c for c in creators if not c.get("type")]
        score.composer = _clean(composers[0].text) if composers else score.composer
    elif element.tag == "credit":
        kind = (element.findtext("credit-type") or "").strip()
        words = _clean(element.findtext("credit-words"))
        if kind == "title" and not score.title:
            score.title = words
        elif kind == "composer" and not score.composer:
            score.composer = words


def _listed_part(score: RawScore, listed: Element) -> RawPart:
    part = RawPart(_clean(listed.findtext("part-name")))
    for instrument in listed.findall("midi-instrument"):

        def within(tag: str, most: int, instrument: Element = instrument) -> int | None:
            text = instrument.findtext(tag)
            if text is None:
                return None
            value = whole_number(text)
            if value is None or not 1 <= value <= most:
                score.notices.add("midi-instrument", f"A <{tag}> outside 1 to {most} was left out", part.name)
                return None
            return value

        program, unpitched = within("midi-program", 128), within("midi-unpitched", 128)
        part.instruments[instrument.get("id", "")] = RawInstrument(
            None if program is None else program - 1,
            within("midi-channel", 16),
            None if unpitched is None else unpitched - 1,
        )
    if len({i.program for i in part.instruments.values() if i.program is not None and i.channel != 10}) > 1:
        score.notices.add("instruments", "A part changes its instrument; the first counts throughout", part.name)
    return part


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())[:_TEXT_LIMIT]
