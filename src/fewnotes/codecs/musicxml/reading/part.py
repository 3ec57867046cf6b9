"""One part of a score, measure by measure: notes, rests, cursor moves and attributes into columns."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from xml.etree.ElementTree import Element

from fewnotes.codecs import MAX_NOTES
from fewnotes.codecs.musicxml.reading import attributes, directions
from fewnotes.codecs.musicxml.reading.raw import (
    GRACE,
    TIE_START,
    TIE_STOP,
    RawMarks,
    RawPart,
    RawScore,
    number,
)
from fewnotes.errors import TooLarge
from fewnotes.music.pitch import STEP_PITCH_CLASS

#: Longest measure, in quarters: beyond is no music but an attack on whoever fills a roll.
MAX_MEASURE_QUARTERS = 4096
#: Quarters of a note type.
TYPE_QUARTERS = {
    "1024th": Fraction(1, 256),
    "512th": Fraction(1, 128),
    "256th": Fraction(1, 64),
    "128th": Fraction(1, 32),
    "64th": Fraction(1, 16),
    "32nd": Fraction(1, 8),
    "16th": Fraction(1, 4),
    "eighth": Fraction(1, 2),
    "quarter": Fraction(1),
    "half": Fraction(2),
    "whole": Fraction(4),
    "breve": Fraction(8),
    "long": Fraction(16),
    "maxima": Fraction(32),
}
#: Velocity that <note dynamics="100"> means (MusicXML 4.0, note attributes).
FORTE_VELOCITY = 90


class PartReader:
    """Reads the children of a part's measures one after the other; holds nothing but the cursor."""

    def __init__(self, score: RawScore, part: RawPart) -> None:
        self.score = score
        self.part = part
        self.scale: int | Fraction = 0
        self.transposition = attributes.Transposition()
        self.fifths = 0
        self.measure = -1
        self.position: int | Fraction = 0
        self.chord_position: int | Fraction | None = None
        self.fill: int | Fraction = 0
        self.rest_fill: int | Fraction = 0
        self.limit = MAX_MEASURE_QUARTERS * score.ticks
        self.slurs: dict[str, int] = {}
        self.voices: dict[str, int] = {}
        self._readers: dict[str, Callable[[Element], None]] = {
            "note": self._note,
            "backup": self._backup,
            "forward": self._forward,
            "attributes": lambda e: attributes.read(self, e),
            "direction": lambda e: directions.read_direction(self, e),
            "sound": lambda e: directions.read_sound(self, e, self.position),
            "harmony": lambda e: directions.read_harmony(self, e),
            "barline": lambda e: directions.read_barline(self, e),
        }

    def begin(self, measure_attributes: dict[str, str]) -> None:
        self.measure += 1
        score = self.score
        if self.measure == len(score.numbers):
            score.numbers.append(measure_attributes.get("number", "").strip()[:16])
            score.implicit.append(measure_attributes.get("implicit") == "yes")
        if not measure_attributes.get("number", "").strip():
            score.notices.add("measure-number", "A bar has no number; bars are counted instead", self.where)
        self.position = self.fill = self.rest_fill = 0
        self.chord_position = None

    def end(self) -> None:
        self.part.fill.append(round(self.fill))
        self.part.rest_fill.append(round(self.rest_fill))

    def element(self, element: Element) -> None:
        reader = self._readers.get(element.tag)
        if reader is not None:
            reader(element)

    def finish(self) -> None:
        """After the last measure: what was opened and never closed."""
        for balance in self.slurs.values():
            if balance > 0:
                self.note_down("slur", "A slur begins and never ends")
            elif balance < 0:
                self.note_down("slur", "A slur ends that never began")

    @property
    def where(self) -> str:
        name = f" of {self.part.name}" if self.part.name else ""
        return self.score.where(self.measure) + name

    @property
    def marks(self) -> RawMarks:
        return self.score.marks.setdefault(self.measure, RawMarks())

    def note_down(self, code: str, message: str) -> None:
        self.score.notices.add(code, message, self.where)

    # Time

    def ticks_of(self, text: str | None) -> int | Fraction | None:
        """A duration in divisions as ticks; None where it is no number of at least zero."""
        if not self.scale:
            self.note_down("divisions-missing", "No <divisions> before the first note; one division a quarter assumed")
            self.scale = self.score.ticks
        value: int | Fraction | None
        value = int(text) if text and text.isdecimal() and len(text) < 10 else number(text)
        if value is None or value < 0:
            return None
        ticks = value * self.scale
        if ticks > self.limit:
            raise TooLarge(
                f"A duration of {text} divisions in {self.where} is longer than {MAX_MEASURE_QUARTERS} quarters",
                code="measure-too-long",
            )
        return ticks

    def _move_to(self, position: int | Fraction) -> None:
        if position > self.limit:
            raise TooLarge(f"{self.where} is longer than {MAX_MEASURE_QUARTERS} quarters", code="measure-too-long")
        self.position = position
        if position > self.fill:
            self.fill = position

    def _backup(self, element: Element) -> None:
        ticks = self.ticks_of(element.findtext("duration"))
        if ticks is None:
            self.note_down("duration-broken", "A <backup> without a usable duration was left out")
            return
        if ticks > self.position:
            self.note_down("backup", "The cursor goes back beyond the start of the bar; it stops there")
        self.position = max(0, self.position - ticks)
        self.chord_position = None

    def _forward(self, element: Element) -> None:
        ticks = self.ticks_of(element.findtext("duration"))
        if ticks is None:
            self.note_down("duration-broken", "A <forward> without a usable duration was left out")
            return
        self._move_to(self.position + ticks)
        self.chord_position = None

    # Notes

    def _note(self, element: Element) -> None:
        children = {child.tag: child for child in element}
        self._count_slurs(children.get("notations"))
        is_grace = "grace" in children
        duration = self._duration(children, is_grace)
        if duration is None:
            return
        if duration == 0 and not is_grace and "rest" not in children and "cue" not in children:
            self.note_down("duration-zero", "A note of no duration counts as a grace note")
            is_grace = True
        onset = self._onset(is_chord="chord" in children, duration=0 if is_grace else duration)
        if "rest" in children:
            self._rest(children["rest"], onset, duration)
            return
        if onset + duration > self.fill and not is_grace:
            self.fill = onset + duration
        if "cue" in children:
            self.note_down("cue", "A cue note was left out: it is printed for orientation and not played")
            return
        pitch = self._pitch(children)
        if pitch is not None:
            self._store(element, children, onset, duration, pitch, is_grace)

    def _duration(self, children: dict[str, Element], is_grace: bool) -> int | Fraction | None:
        """Sounding length in ticks; that of the printed note where <duration> is missing or broken."""
        written = children.get("duration")
        if is_grace:
            if written is not None:
                self.note_down("grace-duration", "A grace note has a duration of its own; it is still a grace note")
            return self._printed_length(children) or Fraction(self.score.ticks, 2)
        ticks = self.ticks_of(written.text if written is not None else None)
        if ticks is not None:
            return ticks
        printed = self._printed_length(children)
        if printed is None:
            self.note_down("duration-broken", "A note without a usable duration was left out")
            return None
        self.note_down("duration-broken", "A note has no usable duration; that of the printed note was taken")
        return printed

    def _printed_length(self, children: dict[str, Element]) -> Fraction | None:
        quarters = TYPE_QUARTERS.get((children["type"].text or "").strip()) if "type" in children else None
        if quarters is None:
            return None
        if "dot" in children:
            quarters = quarters * 3 / 2
        change = children.get("time-modification")
        if change is not None:
            actual, normal = number(change.findtext("actual-notes")), number(change.findtext("normal-notes"))
            if actual and normal and 0 < actual < 1000 and 0 < normal < 1000:
                quarters = quarters * normal / actual
        return quarters * self.score.ticks

    def _onset(self, is_chord: bool, duration: int | Fraction) -> int | Fraction:
        if is_chord and self.chord_position is not None:
            return self.chord_position
        if is_chord:
            self.note_down("chord", "A chord note has no note before it; it stands alone")
        onset = self.position
        if duration:
            if onset + duration > self.limit:
                raise TooLarge(f"{self.where} is longer than {MAX_MEASURE_QUARTERS} quarters", code="measure-too-long")
            self.position = onset + duration
        self.chord_position = onset
        return onset

    def _rest(self, rest: Element, onset: int | Fraction, duration: int | Fraction) -> None:
        self.chord_position = None
        if rest.get("measure") == "yes" and onset == 0:
            self.rest_fill = max(self.rest_fill, duration)
        elif onset + duration > self.fill:
            self.fill = onset + duration

    def _store(
        self,
        element: Element,
        children: dict[str, Element],
        onset: int | Fraction,
        duration: int | Fraction,
        pitch: int,
        is_grace: bool,
    ) -> None:
        notes = self.part.notes
        start = round(onset)
        notes.measure.append(self.measure)
        notes.offset.append(start)
        notes.duration.append(max(1, round(duration) if is_grace else round(onset + duration) - start))
        notes.pitch.append(pitch)
        notes.velocity.append(self._velocity(element))
        notes.voice.append(self._voice(children))
        notes.staff.append(self._staff(children))
        notes.flags.append(GRACE if is_grace else self._ties(element, children))
        if len(notes) > MAX_NOTES:
            raise TooLarge(f"The score has more than {MAX_NOTES:,} notes", fix="Split it into movements")
        if self.transposition.doubled:
            self._double(pitch + self.transposition.doubled)

    def _double(self, pitch: int) -> None:
        self.note_down("doubled", "The part is doubled at the octave; both notes are here")
        if not 0 <= pitch <= 127:
            return
        notes = self.part.notes
        notes.pitch.append(pitch)
        for name in notes.__slots__:
            if name != "pitch":
                column = getattr(notes, name)
                column.append(column[-1])

    def _pitch(self, children: dict[str, Element]) -> int | None:
        """Sounding key; None where the note cannot be had, which is noted."""
        instrument = (
            self.part.instruments.get(children["instrument"].get("id", "")) if "instrument" in children else None
        )
        if instrument is None and len(self.part.instruments) == 1:
            instrument = next(iter(self.part.instruments.values()))
        unpitched = children.get("unpitched")
        if unpitched is not None:
            self.part.unpitched_notes += 1
        percussive = unpitched is not None or (instrument is not None and instrument.channel == 10)
        if percussive and instrument is not None and instrument.unpitched is not None:
            return instrument.unpitched
        spelled = unpitched if unpitched is not None else children.get("pitch")
        if spelled is None:
            self.note_down("pitch-broken", "A note without a pitch was left out")
            return None
        prefix = "" if unpitched is None else "display-"
        return self._key_number(spelled, prefix, 0 if percussive else self._semitones(children))

    def _semitones(self, children: dict[str, Element]) -> int:
        return self.transposition.semitones(self._staff(children))

    def _key_number(self, spelled: Element, prefix: str, semitones: int) -> int | None:
        step = spelled.findtext(f"{prefix}step") or ("B" if prefix else "")
        octave = spelled.findtext(f"{prefix}octave") or ("4" if prefix else "")
        written, is_exact = _written_key(step, octave, spelled.findtext("alter") or "0")
        if written is None:
            self.note_down("pitch-broken", "A note whose pitch cannot be understood was left out")
            return None
        if not is_exact:
            self.note_down("quarter-tone", "A quarter-tone was rounded up to the nearest semitone")
        pitch = written + semitones
        if not 0 <= pitch <= 127:
            self.note_down("pitch-range", "A note outside the 128 MIDI keys was left out")
            return None
        return pitch

    def _velocity(self, element: Element) -> int:
        """0 where the note says nothing of its own."""
        percent = number(element.get("dynamics"))
        if percent is None or not 0 <= percent <= 1000:
            return 0
        return min(127, max(1, round(percent * FORTE_VELOCITY / 100)))

    def _voice(self, children: dict[str, Element]) -> int:
        text = ((children["voice"].text or "") if "voice" in children else "1").strip()
        if text.isdecimal() and len(text) < 4 and 0 < int(text) < 256:
            return int(text)
        return self.voices.setdefault(text[:64], min(255, 100 + len(self.voices)))

    def _staff(self, children: dict[str, Element]) -> int:
        text = ((children["staff"].text or "") if "staff" in children else "1").strip()
        return int(text) if text.isdecimal() and len(text) < 4 and 0 < int(text) < 256 else 1

    def _ties(self, element: Element, children: dict[str, Element]) -> int:
        """<tie> is what sounds; <tied>, what is printed, counts only where there is no <tie>."""
        if "tie" in children:
            kinds = {tie.get("type") for tie in element.iterfind("tie")}
        elif "notations" in children:
            kinds = {tied.get("type") for tied in children["notations"].iterfind("tied")}
        else:
            return 0
        return TIE_START * ("start" in kinds) + TIE_STOP * ("stop" in kinds)

    def _count_slurs(self, notations: Element | None) -> None:
        if notations is None:
            return
        for slur in notations.iterfind("slur"):
            name = slur.get("number", "1")[:8]
            step = {"start": 1, "stop": -1}.get(slur.get("type", ""), 0)
            if step and (name in self.slurs or len(self.slurs) < 64):
                self.slurs[name] = self.slurs.get(name, 0) + step


@lru_cache(maxsize=2048)
def _written_key(step: str, octave: str, alter: str) -> tuple[int | None, bool]:
    """Key number of a written pitch and whether it is one; scores repeat a few dozen, so they are kept."""
    step = step.strip()
    place, change = number(octave), number(alter)
    if step not in STEP_PITCH_CLASS or place is None or not -2 <= place <= 12 or change is None or abs(change) > 12:
        return None, True
    key = STEP_PITCH_CLASS[step] + math.floor(change + Fraction(1, 2)) + 12 * (int(place) + 1)
    return key, change.denominator == 1
