"""One voice while its text is read: where it stands in time, which accidentals hold, what is still open."""

from __future__ import annotations

from fractions import Fraction

from fewnotes.codecs import MAX_NOTES
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.codecs.abc.reading.fields import FREE, Properties, Signature
from fewnotes.codecs.abc.reading.keys import C_MAJOR, Key
from fewnotes.errors import TooLarge

#: Length of a quarter on the reader's own grid: holds 1/1024 notes and tuplets of 3, 5, 7, 9, 11 and 13 exactly.
QUARTER = 1024 * 27 * 5 * 7 * 11 * 13
WHOLE = 4 * QUARTER
#: Where a tune must end, in quarters; keeps ticks within 32 bits at 480 a quarter.
MAX_QUARTERS = 2**31 // 480 - 1
_GRACE_UNIT = WHOLE // 16
_STEP = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}

#: A note before ties are joined: onset, duration, pitch, 1 if tied to the next, overlay from 0.
Row = list[int]
Pitch = tuple[str, int, int | None]  # letter, octave, explicit accidental or None


class Voice:
    """Rows and marks of one voice; times are on the grid of `QUARTER`, in written order."""

    def __init__(self, ident: str, faults: Faults) -> None:
        self.ident = ident
        self.faults = faults
        self.name = ""
        self.program = 0
        self.is_drum = False
        self.key: Key = C_MAJOR
        self.meter: Signature = FREE
        self.unit = WHOLE // 8
        self.accidental_scope = "pitch"
        self._semitones = self._octaves = self._clef_octaves = self.midi_semitones = 0
        self.is_used = False
        self.rows: list[Row] = []
        self.graces: list[tuple[int, int, int, int]] = []  # onset, duration, pitch, overlay
        self.bars: list[tuple[int, int, str]] = []  # start, end, kind of the barline that ends it
        self.signs: list[tuple[int, str, object]] = []
        self.keys: list[tuple[int, Key]] = []
        self.meters: list[tuple[int, Signature]] = []
        self.tempos: list[tuple[int, float]] = []
        self.chords: list[tuple[int, str]] = []
        self.time = self.bar_start = self.overlay = 0
        self.has_overlays = False
        self._overlay_end = 0
        self._full_lines: list[int] = []  # barlines set at ends of lines
        self._accidentals: dict[object, int] = {}
        self._tuplets: list[list[int]] = []  # sounding, written, notes left
        self._broken: tuple[int, int] | None = None
        self._last: tuple[int, int, int] | None = None  # first row, time, duration of the last note, chord or rest
        self._tied: dict[tuple[str, int], int] = {}
        self._tied_rows: list[Row] = []
        self._last_pitches: list[tuple[str, int, int]] = []
        self._pending_graces: list[tuple[int, int]] = []

    # -- what the fields set --------------------------------------------------------------------------------

    def apply(self, properties: Properties) -> None:
        if properties.semitones is not None:
            self._semitones = properties.semitones
        if properties.octaves is not None:
            self._octaves = properties.octaves
        if properties.clef_octaves is not None:
            self._clef_octaves = properties.clef_octaves
        if properties.name is not None:
            self.name = properties.name

    def inherit(self, other: Voice) -> None:
        """Begin with what the header of the tune says to all voices."""
        self.program, self.is_drum = other.program, other.is_drum
        self.key, self.meter, self.unit = other.key, other.meter, other.unit
        self.accidental_scope, self.midi_semitones = other.accidental_scope, other.midi_semitones
        self._semitones, self._octaves = other._semitones, other._octaves
        self._clef_octaves = other._clef_octaves
        self.keys, self.meters, self.tempos = other.keys[:], other.meters[:], other.tempos[:]

    @property
    def transposition(self) -> int:
        """Semitones from what is written to what sounds."""
        return self._semitones + self.midi_semitones + 12 * (self._octaves + self._clef_octaves)

    @property
    def key_shift(self) -> int:
        """Semitones from the written to the sounding key."""
        return self._semitones + self.midi_semitones

    def set_key(self, key: Key) -> None:
        self.key = key
        self._accidentals.clear()
        self.keys.append((self.time, key))

    def set_meter(self, meter: Signature) -> None:
        self.meter = meter
        self.meters.append((self.time, meter))

    # -- notes ----------------------------------------------------------------------------------------------

    def pitch_of(self, letter: str, octave: int, explicit: int | None) -> int | None:
        """Sounding MIDI key; None, with a fault, outside 0 to 127."""
        alter = self._alter(letter, octave, explicit)
        pitch = 12 * (octave + 1) + _STEP[letter] + alter + self.transposition
        if not 0 <= pitch <= 127:
            self.faults.add("note-range")
            return None
        self._last_pitches.append((letter, octave, alter))
        return pitch

    def _alter(self, letter: str, octave: int, explicit: int | None) -> int:
        """An accidental holds to the barline: by default for its letter in all octaves (ABC 2.1, 11.3)."""
        scope: object = letter if self.accidental_scope == "pitch" else (letter, octave)
        if explicit is not None:
            if self.accidental_scope != "not":
                self._accidentals[scope] = explicit
            return explicit
        if scope in self._accidentals:
            return self._accidentals[scope]
        if (letter, octave) in self._tied:  # a tie carries the accidental over the barline
            return self._tied[letter, octave]
        return self.key.alters.get(letter, 0)

    def add_notes(self, notes: list[tuple[int, int, int, bool]], length: tuple[int, int]) -> None:
        """A note or chord: (pitch, numerator, denominator, tied) of each, and a factor for all.

        Time moves on by the first note, as ABC 2.1, 4.17 says.
        """
        if len(self.rows) + len(notes) > MAX_NOTES:
            raise TooLarge(f"This tune holds more than {MAX_NOTES} notes", expected=f"at most {MAX_NOTES}")
        first = len(self.rows)
        for pitch, numerator, denominator, tied in notes:
            duration = self._duration(numerator * length[0], denominator * length[1])
            self.rows.append([self.time, max(1, duration), pitch, int(tied), self.overlay])
        if self._pending_graces and self._tied_rows:  # a note with a grace before it is struck again
            self.faults.add("tie-open", count=len(self._tied_rows))
            for row in self._tied_rows:
                row[3] = 0
        self._tied_rows = [row for row in self.rows[first:] if row[3]]
        for pitch, duration in self._pending_graces:
            self.graces.append((self.time, duration, pitch, self.overlay))
        self._pending_graces.clear()
        self._tied = {(s, o): a for (s, o, a), note in zip(self._last_pitches, notes, strict=False) if note[3]}
        self._move_on(first, self.rows[first][1])

    def add_rest(self, length: tuple[int, int]) -> None:
        self._tied = {}
        self._move_on(len(self.rows), self._duration(*length))

    def add_rest_bars(self, count: int, bar_length: int) -> None:
        """Rests of whole bars, `Z4`."""
        self.is_used = True
        self._tied, self._last = {}, None
        for i in range(count):
            self.time += bar_length
            if i + 1 < count:
                self.end_bar("|")
        self._check_end()

    def add_grace(self, pitch: int, length: tuple[int, int]) -> None:
        """A grace note for the note to come; its length is nominal, and a plain one where it makes no sense."""
        is_usual = length[1] <= 16 and length[1] <= 16 * length[0] <= 256 * length[1]
        duration = _GRACE_UNIT * length[0] // length[1] if is_usual else _GRACE_UNIT
        self._pending_graces.append((pitch, duration))
        self._last_pitches.clear()

    def _move_on(self, first_row: int, duration: int) -> None:
        self._last = (first_row, self.time, duration)
        self.time += duration
        self.is_used = True
        self._broken = None
        if self._tuplets:
            for tuplet in self._tuplets:
                tuplet[2] -= 1
            self._tuplets = [t for t in self._tuplets if t[2] > 0]

    def _duration(self, numerator: int, denominator: int) -> int:
        top, bottom = self.unit * numerator, denominator
        if self._broken:
            top, bottom = top * self._broken[0], bottom * self._broken[1]
        for sounding, written, _ in self._tuplets:
            top, bottom = top * sounding, bottom * written
        return (2 * top + bottom) // (2 * bottom)

    # -- signs between notes --------------------------------------------------------------------------------

    def tie(self) -> None:
        """Tie the last note or all notes of the last chord to what follows."""
        if self._last is None and self.bars and self.bar_start == self.time and self.rows:
            return self.faults.add("tie-open")
        if self._last is None or self._last[0] == len(self.rows):
            return self.faults.add("tie-open")
        self._tied_rows = self.rows[self._last[0] :]
        for row in self._tied_rows:
            row[3] = 1
        self._tied = {(s, o): a for s, o, a in self._last_pitches}
        return None

    def break_rhythm(self, sign: str) -> None:
        """`>`: the note before is dotted and the note after halved; `<` the other way; doubled signs dot twice."""
        depth = min(len(sign), 4)
        if len(sign) > 4 or self._last is None:
            self.faults.add("broken-rhythm")
        if self._last is None:
            return
        long, short = (2 ** (depth + 1) - 1, 2**depth), (1, 2**depth)
        before, after = (long, short) if sign[0] == ">" else (short, long)
        first, start, duration = self._last
        for row in self.rows[first:]:
            row[1] = max(1, row[1] * before[0] // before[1])
        new = duration * before[0] // before[1]
        self.time = start + new
        self._last = (first, start, new)
        self._broken = after

    def start_tuplet(self, written: int, sounding: int, notes: int) -> None:
        if len(self._tuplets) >= 4:
            self.faults.add("tuplet-unknown")
            return
        self._tuplets.append([sounding, written, notes])

    def start_overlay(self) -> None:
        """`&`: back to the start of the bar for another line of it."""
        self._overlay_end = max(self._overlay_end, self.time)
        self.time = self.bar_start
        self.overlay += 1
        self.has_overlays = True
        self._last, self._broken, self._tied = None, None, {}

    def end_bar(self, kind: str) -> None:
        """A barline; `kind` is `|` for a plain one."""
        self.time = max(self.time, self._overlay_end)
        if self.time > self.bar_start:
            self.bars.append((self.bar_start, self.time, kind))
        else:
            if self.bars and kind != "|":
                self.bars[-1] = (*self.bars[-1][:2], kind)
            if self._full_lines and self._full_lines[-1] == self.time:
                self._full_lines.pop()  # the next line brings the barline itself
        self._check_end()
        self.bar_start = self._overlay_end = self.time
        self.overlay = 0
        self._accidentals.clear()
        self._last = None
        if self._broken:
            self.faults.add("broken-rhythm")
            self._broken = None

    def end_line(self) -> None:
        """A line that ends with a full bar and no barline lacks one: collections leave it out there.

        Accidentals hold on: such collections (Essen) write them as if the bar went on.
        """
        if self.meter == FREE or self._broken or self.overlay or self.time <= self.bar_start:
            return
        if self.time - self.bar_start == WHOLE * self.meter.numerator // self.meter.denominator:
            self._full_lines.append(self.time)
            accidentals = dict(self._accidentals)
            self.end_bar("|")
            self._accidentals = accidentals

    def _check_end(self) -> None:
        if self.time > MAX_QUARTERS * QUARTER:
            raise TooLarge("This tune is too long", expected=f"at most {MAX_QUARTERS} quarters")

    def new_notes(self) -> None:
        """Forget the pitches of the note before: a note or chord begins."""
        self._last_pitches.clear()

    def finish(self) -> None:
        """The end of the tune: close the bar and report what is still open."""
        self.end_bar("|]")
        if self._full_lines:
            self.faults.add("barline-missing", count=len(self._full_lines))
        if self._pending_graces:
            self.faults.add("grace-open", count=len(self._pending_graces))
        if self._tuplets:
            self.faults.add("tuplet-open")


def grid_length(whole_notes: Fraction) -> int:
    """A length in whole notes on the grid."""
    return int(WHOLE * whole_notes)
