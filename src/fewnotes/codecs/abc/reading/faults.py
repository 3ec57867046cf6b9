"""What the reader repaired or left out, counted by kind: one Notice a kind, never one a note."""

from __future__ import annotations

from fewnotes.music.piece import Notice

_MESSAGES = {
    "text-latin-1": "The text is not UTF-8 and was read as Latin-1",
    "no-tune-number": "There is no X: line; the text was read as one tune",
    "no-key-field": "There is no K: line; the key counts as C",
    "header-line": "Lines before the K: line that are no field were left out: {n}",
    "empty-line-in-tune": "Music after an empty line was counted to the tune before it",
    "barline-missing": "Lines that end with a full bar and no barline were given one: {n}",
    "text-after-tune": "Lines after the empty line that ends a tune were left out: {n}",
    "tune-left-out": "Tunes of this book that could not be read were left out: {n}",
    "tune-without-notes": "Tunes of this book that hold no note were left out: {n}",
    "key-unknown": "Key fields that make no sense were left out: {n}",
    "key-not-standard": "Key signatures that are none of the usual ones are named by the nearest one: {n}",
    "meter-unknown": "Meter fields that make no sense were left out: {n}",
    "length-unknown": "Unit lengths that make no sense were left out: {n}",
    "tempo-unknown": "Tempo fields that make no sense or are not 5 to 2000 quarters a minute were left out: {n}",
    "part-order-unknown": "The order of parts could not be followed; parts are played as written",
    "part-missing": "Parts that the order of parts names are not in the tune: {n}",
    "repeat-open": "Repeats that are opened and never closed are played once: {n}",
    "repeat-empty": "Repeat signs and endings with no music between them were left out: {n}",
    "repeat-too-long": "The repeats would make the tune too long and are not played out",
    "jump-not-played": "Da capo, dal segno, fine and coda signs are not followed: {n}",
    "tie-open": "Ties that lead to no note of the same pitch were left out: {n}",
    "slur-open": "Slurs that are not opened or not closed: {n}",
    "broken-rhythm": "Broken rhythm signs with no note on one side, or more than four deep, were cut: {n}",
    "tuplet-unknown": "Tuplets of a size that has no default count as three in the time of two, or as plain: {n}",
    "tuplet-open": "Tuplets with too few notes: {n}",
    "length-zero": "Notes and rests of no length, or divided by zero, were left out or counted as whole: {n}",
    "note-range": "Notes outside MIDI keys 0 to 127 were left out: {n}",
    "microtone": "Microtones were rounded to semitones: {n}",
    "chord-empty": "Chords without notes were left out: {n}",
    "grace-open": "Grace notes that lead to no note were left out: {n}",
    "sign-unknown": "Signs that mean nothing here were left out: {n}",
    "macro-not-played": "Macros are not played out: {n}",
    "chord-symbol-twice": "Second chord symbols at one place were left out: {n}",
    "midi-range": "MIDI directives out of range or of an unknown shape were left out: {n}",
    "midi-ignored": "MIDI directives that fewnotes does not hold were left out: {n}",
    "program-change": "Changes of instrument within a voice were left out: {n}",
    "overlay-long": "Overlays over several bars are read bar by bar: {n}",
    "words-left-out": "Lines of lyrics were left out: {n}",
    "time-rounded": "Times were rounded to 1/20160 of a quarter: {n}",
    "bars-uneven": "Bars that do not add up to the meter: {n}",
    "voices-uneven": "Bars where the voices are not of one length: {n}",
}


class Faults:
    """A tally of faults; `where` is kept for the first of each kind."""

    def __init__(self) -> None:
        self.line = 0
        self._count: dict[str, int] = {}
        self._where: dict[str, str] = {}

    def add(self, code: str, where: str = "", count: int = 1) -> None:
        self._count[code] = self._count.get(code, 0) + count
        if code not in self._where:
            self._where[code] = where or (f"line {self.line}" if self.line else "")

    def notices(self) -> tuple[Notice, ...]:
        return tuple(
            Notice(code, _MESSAGES[code].format(n=count), self._where[code]) for code, count in self._count.items()
        )
