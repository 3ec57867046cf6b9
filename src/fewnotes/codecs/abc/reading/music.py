"""Lines of music: notes, rests, chords, barlines and what stands between them. One pass, one pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from fewnotes.codecs import MAX_REPEAT_FACTOR
from fewnotes.codecs.abc.chord_text import is_chord_symbol
from fewnotes.codecs.abc.reading.fields import FREE
from fewnotes.codecs.abc.reading.voice import WHOLE
from fewnotes.errors import TooLarge

if TYPE_CHECKING:
    from fewnotes.codecs.abc.reading.tune import TuneReader
    from fewnotes.codecs.abc.reading.voice import Voice

_LENGTH = r"([0-9]*)(/*)([0-9]*)"
_NOTE_TEXT = r"(\^\^|__|=|[\^_](?:[0-9]+/[0-9]+|/[0-9]*)?)?([A-Ga-g])([,']*)" + _LENGTH
_ENDING = r"[0-9]+(?:[,\-.][0-9]+)*"
#: Every alternative either takes at least one character or is last; none can look back, so a line costs one pass.
_TOKEN = re.compile(
    r"(?P<space>[\s`$\\]+)"
    rf"|(?P<note>{_NOTE_TEXT})"
    rf"|(?P<bar>\.?(?:::+|:*\||\[\|)(?:\||\]|:|\[\|)*)(?P<ending>{_ENDING})?"
    rf"|(?P<rest>[zx]){_LENGTH}"
    r"|(?P<restbars>[ZX][0-9]*)"
    rf"|\[(?P<volta>{_ENDING}|\"[^\"\]]*\")"
    r"|(?P<field>\[[A-Za-z]:[^\[\]]*\])"
    rf"|\[(?P<chord>[^\[\]|]*)\]{_LENGTH}"
    r"|(?P<quoted>\"[^\"]*\")"
    r"|(?P<decoration>![^!|\s\[\]\"]{1,60}!)"
    r"|\+(?P<plus>[^+|\s]{1,60})\+"
    r"|\{(?P<grace>[^{}|]*)\}"
    r"|(?P<spacer>y[0-9]*)"
    r"|\((?P<tuplet>[0-9]+(?::[0-9]*){0,2})"
    r"|(?P<slur>\.?[()])"
    r"|(?P<broken>>+|<+)"
    r"|(?P<tie>\.?-)"
    r"|(?P<overlay>&+)"
    r"|(?P<letter>[~.H-WYh-w!])"
    r"|(?P<other>.)"
)
_NOTE = re.compile(_NOTE_TEXT)
_INNER = re.compile(rf"(?P<note>{_NOTE_TEXT})(?P<tie>\.?-)?|\"[^\"]*\"|![^!\s]*!|(?P<other>\S)")
_KNOWN_LETTERS = frozenset("~.HLMOPSTuv!")
_JUMPS = frozenset(
    ("D.C.", "D.S.", "segno", "coda", "fine", "dacapo", "dacoda", "D.C.alfine", "D.C.alcoda", "D.S.alfine")
)
_COMPOUND = ((6, 8), (9, 8), (12, 8), (6, 4), (9, 4), (12, 4), (6, 16), (9, 16), (12, 16))
_MAX_REST_BARS = 10_000


class MusicReader:
    """Applies the signs of a line of music to the voice in force."""

    def __init__(self, tune: TuneReader) -> None:
        self._tune = tune
        self._faults = tune.faults
        self._slurs = 0
        self._handlers: dict[str, Callable[[Voice, re.Match[str]], None]] = {
            "note": self._note,
            "ending": self._bar,
            "bar": self._bar,
            "rest": self._rest,
            "restbars": self._rest_bars,
            "volta": self._volta,
            "field": self._field,
            "chord": self._chord,
            "quoted": self._quoted,
            "decoration": self._decoration,
            "plus": self._plus,
            "grace": self._grace,
            "tuplet": self._tuplet,
            "slur": self._slur,
            "broken": self._broken,
            "tie": self._tie,
            "overlay": self._overlay,
            "letter": self._letter,
            "other": self._other,
        }

    def read_line(self, line: str) -> None:
        handlers = self._handlers
        for token in _TOKEN.finditer(line):
            kind = self._kind(token)
            if kind in handlers:
                handlers[kind](self._tune.voice, token)

    @staticmethod
    def _kind(token: re.Match[str]) -> str:
        kind = token.lastgroup
        if kind is not None:
            return kind
        return "rest" if token["rest"] else "chord"  # these end with groups that have no name

    def finish(self) -> None:
        if self._slurs:
            self._faults.add("slur-open", count=abs(self._slurs))

    # -- notes ----------------------------------------------------------------------------------------------

    def _length(self, numerator: str, slashes: str, denominator: str) -> tuple[int, int]:
        """A written length as a fraction: `3`, `/`, `//`, `/4`, `3/2`."""
        if not slashes and not denominator and not numerator:
            return 1, 1
        if len(numerator) > 6 or len(denominator) > 4 or len(slashes) > 10:
            raise TooLarge("A length in this tune has too many digits", expected="a length such as 3/2")
        top = int(numerator) if numerator else 1
        bottom = int(denominator) if denominator else 2 ** len(slashes)
        if top == 0 or bottom == 0:
            self._faults.add("length-zero")
        return top, bottom or 1

    def _pitch(self, voice: Voice, sign: str | None, letter: str, octave_signs: str) -> int | None:
        octave = (5 if letter.islower() else 4) + octave_signs.count("'") - octave_signs.count(",")
        if not sign:
            return voice.pitch_of(letter.upper(), octave, None)
        if "/" in sign:
            self._faults.add("microtone")
            top, _, bottom = sign[1:].partition("/")
            steps = int(top or 1) // int(bottom or 2) if len(sign) < 8 and bottom != "0" else 0
            alter = min(steps, 2) * (1 if sign[0] == "^" else -1)
        else:
            alter = {"^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}[sign]
        return voice.pitch_of(letter.upper(), octave, alter)

    def _note(self, voice: Voice, token: re.Match[str]) -> None:
        sign, letter, octave, numerator, slashes, denominator = token.group(3, 4, 5, 6, 7, 8)
        length = (1, 1) if not (numerator or slashes) else self._length(numerator, slashes, denominator)
        voice.new_notes()
        pitch = self._pitch(voice, sign, letter, octave)
        if length[0] == 0:
            return
        if pitch is None:
            voice.add_rest(length)
        else:
            voice.add_notes([(pitch, 1, 1, False)], length)

    def _chord(self, voice: Voice, token: re.Match[str]) -> None:
        start = token.re.groupindex["chord"]
        self._add_chord(voice, token["chord"], self._length(*token.group(start + 1, start + 2, start + 3)))

    def _add_chord(self, voice: Voice, text: str, length: tuple[int, int]) -> None:
        voice.new_notes()
        notes: list[tuple[int, int, int, bool]] = []
        for inner in _INNER.finditer(text):
            if inner["note"]:
                _, sign, letter, octave, *size = inner.groups()[:7]
                pitch, (top, bottom) = self._pitch(voice, sign, letter, octave), self._length(*size)
                if pitch is not None and top:
                    notes.append((pitch, top, bottom, bool(inner["tie"])))
            elif inner["other"] and inner["other"] not in ".~()-uvHTzx" and not inner["other"].isdigit():
                self._faults.add("sign-unknown")
        if not notes or length[0] == 0:
            self._faults.add("chord-empty")
        else:
            voice.add_notes(notes, length)

    def _grace(self, voice: Voice, token: re.Match[str]) -> None:
        for note in _NOTE.finditer(token["grace"]):
            sign, letter, octave, *size = note.groups()
            pitch, length = self._pitch(voice, sign, letter, octave), self._length(*size)
            if pitch is not None:
                voice.add_grace(pitch, length)

    def _rest(self, voice: Voice, token: re.Match[str]) -> None:
        start = token.re.groupindex["rest"]
        length = self._length(*token.group(start + 1, start + 2, start + 3))
        if length[0]:
            voice.add_rest(length)

    def _rest_bars(self, voice: Voice, token: re.Match[str]) -> None:
        digits = token["restbars"][1:]
        count = int(digits[:7]) if digits else 1
        if count > _MAX_REST_BARS:
            raise TooLarge(f"This tune asks for {count} bars of rest", expected=f"at most {_MAX_REST_BARS}")
        meter = voice.meter if voice.meter != FREE else (4, 4)
        voice.add_rest_bars(count, WHOLE * meter[0] // meter[1])

    # -- bars, repeats, fields ------------------------------------------------------------------------------

    def _bar(self, voice: Voice, token: re.Match[str]) -> None:
        text = token["bar"].lstrip(".")
        before = len(text) - len(text.lstrip(":"))
        after = len(text) - len(text.rstrip(":"))
        if before == len(text):  # `::` ends one repeat and begins the next
            before = after = 1
        is_double = "||" in text or "]" in text or "[" in text
        kind = ":|" if before else "|:" if after else "||" if is_double else "|"
        voice.end_bar(kind if token["ending"] is None or kind != "|" else "||")
        doubled = max(text.count(":|"), text.count("|:")) - 1
        if doubled > 0:
            self._faults.add("repeat-empty", count=doubled)
        if before:
            voice.signs.append((voice.time, "end", min(before + 1, MAX_REPEAT_FACTOR)))
        elif is_double and not after:
            voice.signs.append((voice.time, "double", None))
        if after:
            voice.signs.append((voice.time, "start", None))
        if token["ending"]:
            self._add_volta(voice, token["ending"])

    def _volta(self, voice: Voice, token: re.Match[str]) -> None:
        voice.end_bar("||")
        if not token["volta"].startswith('"'):
            self._add_volta(voice, token["volta"])

    def _add_volta(self, voice: Voice, text: str) -> None:
        numbers: set[int] = set()
        for part in re.split("[,.]", text):
            first, _, last = part.partition("-")
            low = int(first[:4])
            high = int(last.split("-")[0][:4]) if last else low
            numbers.update(range(max(1, low), min(high, MAX_REPEAT_FACTOR) + 1))
        if numbers:
            voice.signs.append((voice.time, "volta", frozenset(numbers)))

    def _field(self, _voice: Voice, token: re.Match[str]) -> None:
        text = token["field"]
        self._tune.field(text[1], text[3:-1])

    # -- signs around notes ---------------------------------------------------------------------------------

    def _quoted(self, voice: Voice, token: re.Match[str]) -> None:
        text = token["quoted"][1:-1].strip()
        if is_chord_symbol(text):
            voice.chords.append((voice.time, text.replace("♯", "#").replace("♭", "b")))

    def _decoration(self, _voice: Voice, token: re.Match[str]) -> None:
        if token["decoration"].strip("!").rstrip("()") in _JUMPS:
            self._faults.add("jump-not-played")

    def _plus(self, voice: Voice, token: re.Match[str]) -> None:
        """`+trill+` is a decoration; `+CEG+` is a chord in the manner of ABC 1.2."""
        text = token["plus"]
        if text in _JUMPS:
            self._faults.add("jump-not-played")
        elif len(text) > 1 and text.strip("f") and not re.sub(_NOTE_TEXT, "", text):
            self._add_chord(voice, text, (1, 1))

    def _tuplet(self, voice: Voice, token: re.Match[str]) -> None:
        parts = [int(p[:4]) if p else 0 for p in token["tuplet"].split(":")]
        written, sounding, notes = (*parts, 0, 0)[:3]
        in_three = 3 if voice.meter in _COMPOUND else 2
        defaults = {2: 3, 3: 2, 4: 3, 5: in_three, 6: 2, 7: in_three, 8: 3, 9: in_three}
        if not sounding and written not in defaults:
            self._faults.add("tuplet-unknown")
        sounding = sounding or defaults.get(written, written)
        if 2 <= written <= 256 and sounding <= 256:
            voice.start_tuplet(written, sounding, notes or written)
        elif written != 1:
            self._faults.add("tuplet-unknown")

    def _slur(self, _voice: Voice, token: re.Match[str]) -> None:
        self._slurs += 1 if token["slur"].endswith("(") else -1

    def _broken(self, voice: Voice, token: re.Match[str]) -> None:
        voice.break_rhythm(token["broken"])

    def _tie(self, voice: Voice, _token: re.Match[str]) -> None:
        voice.tie()

    def _overlay(self, voice: Voice, token: re.Match[str]) -> None:
        if len(token["overlay"]) > 1:
            self._faults.add("overlay-long")
        voice.start_overlay()

    def _letter(self, _voice: Voice, token: re.Match[str]) -> None:
        sign = token["letter"]
        if sign not in _KNOWN_LETTERS and sign not in self._tune.user_signs:
            self._faults.add("sign-unknown")

    def _other(self, _voice: Voice, token: re.Match[str]) -> None:
        if token["other"] not in "*;?@":  # reserved, to be passed over (ABC 2.1, 8.1)
            self._faults.add("sign-unknown")
