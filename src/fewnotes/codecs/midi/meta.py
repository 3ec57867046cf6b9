"""Meta events: text, names, tempos, meters and keys, checked and put in order."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import pairwise
from operator import itemgetter

from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.errors import TooLarge
from fewnotes.music.piece import ChordSymbol, KeySignature, Meter, Tempo

TEXT, COPYRIGHT, TRACK_NAME, INSTRUMENT_NAME, MARKER = 0x01, 0x02, 0x03, 0x04, 0x06
END_OF_TRACK, TEMPO, METER, KEY, SEQUENCER = 0x2F, 0x51, 0x58, 0x59, 0x7F
#: Lengths the standard fixes.
LENGTHS = {0x00: 2, 0x20: 1, 0x21: 1, END_OF_TRACK: 0, TEMPO: 3, 0x54: 5, METER: 4, KEY: 2}
NAMES = {0x00: "sequence number", 0x20: "channel prefix", 0x21: "port", END_OF_TRACK: "end of track"} | {
    TEMPO: "tempo",
    0x54: "SMPTE offset",
    METER: "meter",
    KEY: "key signature",
}
#: How this codec writes what MIDI has no event for; read back by the same words.
CHORD_PREFIX, COMPOSER_PREFIX = b"chord: ", b"composer: "

MICROSECONDS_A_MINUTE = 60_000_000
_DEFAULT_MICROSECONDS = 500_000
_LARGEST_LIKELY_METER = 64
_MOST_CHANGES = 100_000
_LENGTH_LIMIT = 200
#: Least share of bytes above 127 before text is taken for Japanese: in French or German they are rare.
_SHIFT_JIS_SHARE = 0.4


#: One change as the file has it: tick, MIDI track, and for a tempo microseconds and 0, for a meter numerator and
#: power of two, for a key fifths and mode.
Change = tuple[int, int, int, int]


class MetaEvents:
    """Meta events of one file in file order. `take` reads one, the properties give what a Piece holds."""

    def __init__(self) -> None:
        self.tempos: list[Change] = []
        self.meters: list[Change] = []
        self.keys: list[Change] = []
        self.names: dict[int, bytes] = {}
        self.instruments: dict[int, bytes] = {}
        self.chords: list[tuple[int, bytes]] = []
        self.composer = b""
        # How many events of any kind the tolerant reader has met.
        self.events = 0

    def take(self, kind: int, tick: int, track: int, payload: bytes, repairs: Repairs) -> None:
        """Read one meta event; one of a wrong length is dropped with a notice. TooLarge for too many changes."""
        length = LENGTHS.get(kind)
        if length is not None and len(payload) != length:
            repairs.add(
                "meta-length",
                f"A {NAMES[kind]} event has {len(payload)} bytes instead of {length}; it is left out",
                f"tick {tick}, MIDI track {track + 1}",
            )
        elif kind == TRACK_NAME:
            self.names.setdefault(track, payload)
        elif kind == TEMPO:
            _keep(self.tempos, (tick, track, payload[0] << 16 | payload[1] << 8 | payload[2], 0))
        elif kind == METER:
            _keep(self.meters, (tick, track, payload[0], payload[1]))
        elif kind == KEY:
            _keep(self.keys, (tick, track, (payload[0] ^ 128) - 128, payload[1]))
        elif kind == INSTRUMENT_NAME:
            self.instruments.setdefault(track, payload)
        elif kind == TEXT:
            if payload.startswith(CHORD_PREFIX):
                self.chords.append((tick, payload[len(CHORD_PREFIX) :]))
            elif payload[: len(COMPOSER_PREFIX)].lower() == COMPOSER_PREFIX:
                self.composer = payload[len(COMPOSER_PREFIX) :]

    def track_name(self, track: int) -> str:
        raw = self.names.get(track) or self.instruments.get(track)
        return decode_text(raw) if raw else ""

    def composer_name(self) -> str:
        return decode_text(self.composer) if self.composer else ""

    def chord_symbols(self) -> tuple[ChordSymbol, ...]:
        return tuple(ChordSymbol(tick, decode_text(raw)) for tick, raw in sorted(self.chords, key=lambda c: c[0]))


def _keep(changes: list[Change], change: Change) -> None:
    if len(changes) >= _MOST_CHANGES:
        raise TooLarge(
            f"This MIDI file changes tempo, meter or key more than {_MOST_CHANGES:,} times",
            expected=f"at most {_MOST_CHANGES:,} changes of each",
            fix="Export the file without its tempo curve",
        )
    changes.append(change)


def tempos_of(changes: list[Change], repairs: Repairs) -> tuple[Tempo, ...]:
    """Tempos of 5 to 2000 quarters a minute; 120 from the start where the first comes later."""
    if len(changes) == 1:
        # Of most files this is all there is, and the time to read them is largely such things.
        tick, _, microseconds, _ = changes[0]
        if tick == 0 and 30_000 <= microseconds <= 12_000_000:
            return (Tempo(0, round(MICROSECONDS_A_MINUTE / microseconds, 3)),)
    kept: dict[int, float] = {}
    for tick, _, microseconds, _ in _in_order(changes):
        if not 30_000 <= microseconds <= 12_000_000:
            repairs.add(
                "tempo-dropped",
                f"A tempo of {microseconds:,} microseconds a quarter is outside 5 to 2000 quarters a minute; left out",
                f"tick {tick}",
            )
            continue
        kept[tick] = round(MICROSECONDS_A_MINUTE / microseconds, 3)
    if not kept:
        return ()
    if 0 not in kept:
        kept = {0: MICROSECONDS_A_MINUTE / _DEFAULT_MICROSECONDS} | kept
    return tuple(Tempo(tick, quarters) for tick, quarters in kept.items())


def keys_of(changes: list[Change], repairs: Repairs) -> tuple[KeySignature, ...]:
    """Key signatures of -7 to 7 fifths; no sharps and no mode from the start where the first comes later."""
    if len(changes) == 1:
        tick, _, fifths, mode = changes[0]
        if tick == 0 and -7 <= fifths <= 7 and mode <= 1:
            return (KeySignature(0, fifths, "minor" if mode else "major"),)
    likely = []
    for change in _in_order(changes):
        tick, _, fifths, mode = change
        if -7 <= fifths <= 7 and mode <= 1:
            likely.append(change)
        else:
            repairs.add(
                "key-dropped",
                f"A key signature of {fifths} fifths, mode {mode}, does not exist; left out",
                f"tick {tick}",
            )
    keys = [
        KeySignature(tick, fifths, "minor" if mode else "major")
        for tick, (fifths, mode) in _one_a_tick(likely, "key signature", repairs).items()
    ]
    if keys and keys[0].onset_tick:
        keys.insert(0, KeySignature(0, 0, ""))
    return tuple(keys)


def meters_of(changes: list[Change], ticks_per_quarter: int, repairs: Repairs) -> tuple[tuple[Meter, ...], int]:
    """(meters, pickup_tick). A first meter of exactly one bar that a longer one of two bars or more follows is
    a pickup: the longer meter then holds from tick 0. 4/4 from the start where the first comes later.
    """
    if len(changes) == 1:
        tick, _, numerator, power = changes[0]
        if tick == 0 and 0 < numerator <= _LARGEST_LIKELY_METER >= 1 << power:
            return (Meter(0, numerator, 1 << power),), 0
    likely = []
    for change in _in_order(changes):
        tick, _, numerator, power = change
        where = f"tick {tick}"
        if numerator == 0 or power > 7:
            text = f"{numerator}/{2**power}" if power <= 7 else f"{numerator} over 2 to the power of {power}"
            repairs.add("meter-dropped", f"There is no meter {text}; left out", where)
            continue
        if numerator > _LARGEST_LIKELY_METER or 2**power > _LARGEST_LIKELY_METER:
            repairs.add("meter-unlikely", f"The meter {numerator}/{2**power} is kept but looks like a mistake", where)
        likely.append(change)
    meters = [
        Meter(tick, numerator, 2**power) for tick, (numerator, power) in _one_a_tick(likely, "meter", repairs).items()
    ]
    if len(meters) <= 1 and not (meters and meters[0].onset_tick):
        return tuple(meters), 0
    if meters[0].onset_tick:
        meters.insert(0, Meter(0, 4, 4))
    pickup = pickup_of(meters, ticks_per_quarter)
    if pickup:
        meters[:2] = [meters[1]._replace(onset_tick=0)]
    _warn_off_barline(meters, pickup, ticks_per_quarter, repairs)
    return tuple(meters), pickup


def pickup_of(meters: list[Meter], ticks_per_quarter: int) -> int:
    """Length in ticks of the pickup that the first two meters spell out; 0 where they do not."""
    if len(meters) < 2:
        return 0
    first, second = meters[0], meters[1]
    length = second.onset_tick
    whole = 4 * ticks_per_quarter
    if length * first.denominator != whole * first.numerator or length * second.denominator >= whole * second.numerator:
        return 0
    if len(meters) > 2 and (meters[2].onset_tick - length) * second.denominator < 2 * whole * second.numerator:
        return 0
    return length


def _warn_off_barline(meters: list[Meter], pickup: int, ticks_per_quarter: int, repairs: Repairs) -> None:
    start = pickup
    for meter, following in pairwise(meters):
        # Whole bars passed, in units that make both sides whole numbers.
        bar = 4 * ticks_per_quarter * meter.numerator
        if ((following.onset_tick - start) * meter.denominator) % bar:
            repairs.add(
                "meter-off-barline",
                f"The meter changes to {following.numerator}/{following.denominator} inside a bar; a bar starts there",
                f"tick {following.onset_tick}",
            )
        start = following.onset_tick


def _in_order(changes: list[Change]) -> Iterable[Change]:
    return changes if len(changes) < 2 else sorted(changes, key=itemgetter(0))


def _one_a_tick(changes: list[Change], name: str, repairs: Repairs) -> dict[int, tuple[int, int]]:
    """The last of a tick within a MIDI track; where two tracks differ, that of the first track."""
    kept: dict[int, tuple[int, int, int]] = {}
    for tick, track, first, second in changes:
        new = (track, first, second)
        earlier = kept.setdefault(tick, new)
        if earlier[0] == track:
            kept[tick] = new
        elif earlier[1:] != new[1:]:
            repairs.add(
                f"{name.split()[0]}-conflict",
                f"MIDI tracks disagree about the {name}; that of MIDI track {earlier[0] + 1} is kept",
                f"tick {tick}",
            )
    return {tick: value[1:] for tick, value in kept.items()}


@lru_cache(maxsize=4096)
def decode_text(raw: bytes) -> str:
    """Best guess, never an error: UTF-16 with its mark, UTF-8, Shift-JIS, Windows Latin-1.

    Signs that cannot be printed (controls, marks that turn the writing direction) are left out, and what is
    longer than 200 signs is cut.
    """
    text = _guess(raw[: 4 * _LENGTH_LIMIT]).strip()
    if not text.isprintable():
        text = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return text[:_LENGTH_LIMIT]


def _guess(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="ignore")
    try:
        return raw.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        pass
    high = sum(byte > 127 for byte in raw)
    if high >= _SHIFT_JIS_SHARE * len(raw):
        try:
            return raw.decode("shift_jis")
        except UnicodeDecodeError:
            pass
    return raw.decode("cp1252", errors="replace").replace("\ufffd", "?")
