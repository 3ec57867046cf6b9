"""One tune: its fields and directives, and which voice each line belongs to."""

from __future__ import annotations

import re
from fractions import Fraction

from fewnotes.codecs import MAX_TRACKS
from fewnotes.codecs.abc.reading.book import FIELD_LINE, Line, without_comment
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.codecs.abc.reading.fields import (
    FREE,
    Signature,
    default_unit,
    parse_meter,
    parse_properties,
    parse_tempo,
    parse_unit,
)
from fewnotes.codecs.abc.reading.keys import C_MAJOR, Key, parse_key
from fewnotes.codecs.abc.reading.music import MusicReader
from fewnotes.codecs.abc.reading.voice import Voice, grid_length
from fewnotes.errors import TooLarge

#: Fields that say something about the tune and nothing about its notes.
_SILENT = frozenset("ABDEFGHNORSXZrsdt")
_VOICE = re.compile(r"\s*(\S+)(.*)")


class TuneReader:
    """Reads the lines of one tune; afterwards `voices` hold its music and the other fields its facts."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.titles: list[str] = []
        self.composer = ""
        self.part_order = ""
        self.resolution = 0
        self.user_signs: set[str] = set()
        self.voices: dict[str, Voice] = {}
        self._in_header = True
        self._in_text = False
        self._has_words = False
        self._has_key_line = False
        self._meter: Signature = FREE
        self._unit: Fraction | None = None
        self._tempo = ""
        self._scope = "pitch"
        self._start = Voice("", faults)  # takes what the header says to all voices
        self._voice = self._start
        self._music = MusicReader(self)

    # -- lines ----------------------------------------------------------------------------------------------

    def read_defaults(self, lines: list[Line]) -> None:
        """The header of the file: fields and directives that hold for all its tunes."""
        for number, line in lines:
            self.faults.line = number
            if line.startswith("%%") or (FIELD_LINE.match(line) and line.lstrip()[0] not in "KVTXWw"):
                self._line(line)

    def read(self, lines: list[Line]) -> None:
        self._has_key_line = any(line.lstrip().startswith("K:") for _, line in lines)
        for number, line in lines:
            self.faults.line = number
            self._line(line)
        if self._in_header:
            self._end_header()
        self.faults.line = 0
        for voice in self.voices.values():
            voice.finish()
        self._music.finish()

    def _line(self, line: str) -> None:
        bare = line.lstrip()
        if self._in_text or bare.startswith(("%%begin", "%%end")):
            self._in_text = bare.startswith("%%begin") or (self._in_text and not bare.startswith("%%end"))
            return
        if bare.startswith("%%"):
            self.directive(bare[2:])
            return
        line = without_comment(line)
        if not line:
            return
        field = FIELD_LINE.match(line)
        if field:
            self.field(field[1] or field[2] or "+", line[field.end() :])
            return
        if self._in_header:
            if self._has_key_line or not re.search(r"[|A-Ga-gz]", line):
                self.faults.add("header-line")
                return
            self.faults.add("no-key-field")
            self._end_header()
        self._music.read_line(line)
        if not line.endswith("\\"):
            self.voice.end_line()

    # -- fields ---------------------------------------------------------------------------------------------

    @property
    def voice(self) -> Voice:
        """The voice the music belongs to; made when the first music comes before any V: line."""
        if self._voice is self._start and not self._in_header:
            self._voice = next(iter(self.voices.values()), None) or self._new_voice("")
        return self._voice

    def field(self, letter: str, value: str) -> None:
        """A field on its own line or in square brackets."""
        value = value.strip()
        if letter in _SILENT or letter == "+":
            return
        if letter == "T":
            if self._in_header or not self.titles:
                self.titles.append(re.sub(r"\s+", " ", value.replace("\\%", "%")))
        elif letter == "C":
            self.composer = self.composer or value
        elif letter in "wW":
            if value and not self._has_words:
                self.faults.add("words-left-out")
            self._has_words = True
        elif letter in "IU":
            self._instruction(letter, value)
        elif letter == "m":
            self.faults.add("macro-not-played")
        elif letter == "P":
            self._part(value)
        elif letter == "Y":  # the order of parts in the Nottingham Music Database
            self.part_order = self.part_order or value
        elif letter == "V":
            self._select_voice(value)
        elif letter in "MLQK":
            {"M": self._set_meter, "L": self._set_unit, "Q": self._set_tempo, "K": self._set_key}[letter](value)
        else:
            self.faults.add("sign-unknown")

    def _instruction(self, letter: str, value: str) -> None:
        if letter == "I":
            self.directive(value.replace("=", " ", 1) if value.startswith("MIDI=") else value)
        elif value[:1]:
            self.user_signs.add(value[0])

    def _part(self, value: str) -> None:
        if self._in_header:
            self.part_order = value
        else:
            label = value.strip('". ')
            self.voice.signs.append((self.voice.time, "part", label[0] if len(label) == 1 else ""))

    def _set_meter(self, value: str) -> None:
        meter = parse_meter(value)
        if meter is None:
            self.faults.add("meter-unknown")
        elif self._in_header:
            self._meter = meter
        else:
            self.voice.set_meter(meter)

    def _set_unit(self, value: str) -> None:
        unit = parse_unit(value)
        if unit is None:
            self.faults.add("length-unknown")
        elif self._in_header:
            self._unit = unit
        else:
            self.voice.unit = grid_length(unit)

    def _set_tempo(self, value: str) -> None:
        if self._in_header:
            self._tempo = value
            return
        tempo = parse_tempo(value, Fraction(self.voice.unit, grid_length(Fraction(1))))
        if tempo is None:
            self.faults.add("tempo-unknown")
        elif tempo:
            self.voice.tempos.append((self.voice.time, tempo))

    def _set_key(self, value: str) -> None:
        key, rest = parse_key(value)
        properties = parse_properties(rest)
        if key is not None and not key.is_standard:
            self.faults.add("key-not-standard")
        if key is None and not any(p is not None for p in properties):
            self.faults.add("key-unknown")
        if self._in_header:
            for voice in (self._start, *self.voices.values()):
                voice.apply(properties)
            self._end_header(key or C_MAJOR)
            return
        self.voice.apply(properties)
        if key is not None:
            self.voice.set_key(key)

    def _end_header(self, key: Key = C_MAJOR) -> None:
        """The first K:, or the first line of music where there is none."""
        unit = self._unit or default_unit(self._meter)
        tempo = parse_tempo(self._tempo, unit) if self._tempo else 0.0
        if tempo is None:
            self.faults.add("tempo-unknown")
        for voice in (self._start, *self.voices.values()):
            voice.unit = grid_length(unit)
            voice.set_meter(self._meter)
            voice.set_key(key)
            voice.accidental_scope = self._scope
            if tempo:
                voice.tempos.append((0, tempo))
        self._in_header = False
        self._voice = self._start

    # -- voices and directives ------------------------------------------------------------------------------

    def _select_voice(self, value: str) -> None:
        match = _VOICE.match(value)
        if match is None:
            return
        ident, rest = match[1][:80], match[2]
        properties = parse_properties(rest)
        if ident == "*":
            for voice in self.voices.values():
                voice.apply(properties)
            self._start.apply(properties)
            return
        if ident not in self.voices and "" in self.voices and not self.voices[""].is_used:
            self.voices[ident] = self.voices.pop("")  # nothing was in the voice without a name
            self.voices[ident].ident = ident
        self._voice = self.voices.get(ident) or self._new_voice(ident)
        self._voice.apply(properties)

    def _new_voice(self, ident: str) -> Voice:
        if len(self.voices) >= MAX_TRACKS:
            raise TooLarge(f"This tune has more than {MAX_TRACKS} voices", expected=f"at most {MAX_TRACKS}")
        voice = Voice(ident, self.faults)
        voice.inherit(self._start)
        self.voices[ident] = voice
        return voice

    def directive(self, text: str) -> None:
        """`%%` lines and I: fields: those that change what sounds."""
        words = text.split()
        if not words:
            return
        if words[0] == "MIDI":
            self._midi(words[1:])
        elif words[0] == "propagate-accidentals" and len(words) > 1 and words[1] in ("not", "octave", "pitch"):
            self._scope = words[1]
            for voice in (self._start, *self.voices.values()):
                voice.accidental_scope = words[1]
        elif words[0] == "fewnotes-ticks-per-quarter" and len(words) > 1 and re.fullmatch("[0-9]{1,7}", words[1]):
            self.resolution = int(words[1])

    def _midi(self, words: list[str]) -> None:
        """Program 0 to 127 and channel 1 to 16, as abc2midi counts them; channel 10 is drums."""
        name, values = (words[0].lower() if words else ""), words[1:]
        voice = self._voice if self._in_header else self.voice
        if name not in ("program", "channel", "transpose", "rtranspose"):
            self.faults.add("midi-ignored")
            return
        numbers = [int(v) for v in values if re.fullmatch(r"[+-]?[0-9]{1,4}", v)]
        low, high = {"program": (0, 127), "channel": (1, 16)}.get(name, (-48, 48))
        if not numbers or not low <= numbers[-1] <= high:
            self.faults.add("midi-range")
        elif name == "program":
            if voice.rows and numbers[-1] != voice.program:
                self.faults.add("program-change")
            else:
                voice.program = numbers[-1]
        elif name == "channel":
            voice.is_drum = numbers[-1] == 10
        else:
            voice.midi_semitones = numbers[-1] + (voice.midi_semitones if name == "rtranspose" else 0)
