"""What two readings of the same music must share, aspect by aspect, in quarters and never in ticks."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import NamedTuple

from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import barlines

Rows = Counter[tuple[Fraction, Fraction, int]]

#: Codes of Notices that name a loss of each aspect.
LOSSES = {
    "notes": {"times-rounded", "time-rounded", "cannot-hold-times", "dropped-overlapping", "quantised", "nested-notes",
              "note-value", "rhythm-rounded"},
    "graces": {"graces-dropped", "grace-left-out", "grace-length", "grace", "cannot-hold-times", "quantised"},
    "meters": {"pickup-dropped", "pickup-gained", "change-after-end", "barlines-dropped", "quantised"},
    "keys": {"key-mode", "change-after-end", "quantised"},
    "tempos": {"tempo-rounded", "change-after-end", "quantised", "cannot-hold-times"},
    "pickup": {"pickup-dropped", "pickup-gained", "barlines-dropped", "quantised"},
    "bars": {"pickup-dropped", "pickup-gained", "barlines-dropped", "bars-uneven", "quantised", "cannot-hold-times"},
}  # fmt: skip


class Verdict(NamedTuple):
    """`outcome`: exact, explained or unexplained."""

    source: str
    target: str
    name: str
    outcome: str
    detail: str


def explained(aspect: str, codes: set[str]) -> bool:
    """Whether Notices with these codes account for a difference in this aspect."""
    return bool(LOSSES[aspect] & codes)


def note_rows(notes: NoteArray, ticks_per_quarter: int) -> Rows:
    """(onset, duration, pitch) of every note, in quarters."""
    onset, duration = notes["onset_tick"].tolist(), notes["duration_tick"].tolist()
    return Counter(
        (Fraction(o, ticks_per_quarter), Fraction(d, ticks_per_quarter), p)
        for o, d, p in zip(onset, duration, notes["pitch"].tolist(), strict=True)
    )


def differences(one: Piece, two: Piece) -> dict[str, str]:
    """Every aspect in which the second differs from the first, with a few words on how."""
    found: dict[str, str] = {}
    missing = note_rows(one.notes, one.ticks_per_quarter)
    gained = note_rows(two.notes, two.ticks_per_quarter)
    if missing != gained:
        found["notes"] = _difference(missing, gained)
    graces = [Counter(piece.graces["pitch"].tolist()) for piece in (one, two)]
    if graces[0] != graces[1]:
        found["graces"] = f"{len(one.graces)} became {len(two.graces)}"
    for aspect, before, after in (
        ("meters", _meters(one), _meters(two)),
        ("keys", _keys(one), _keys(two)),
        ("tempos", _tempos(one), _tempos(two)),
        ("pickup", _quarters(one, one.pickup_tick), _quarters(two, two.pickup_tick)),
        ("bars", _bars(one), _bars(two)),
    ):
        if before != after:
            found[aspect] = _change(before, after)
    return found


def _difference(one: Rows, two: Rows) -> str:
    missing, gained = one - two, two - one
    first = float(min([*missing, *gained])[0])
    shown = ", ".join(
        f"{sign}({float(o):g} {float(d):g} {p})"
        for sign, rows in (("-", missing), ("+", gained))
        for o, d, p in sorted(rows)[:1]
    )
    return f"{missing.total()} of {one.total()} lost, {gained.total()} gained, first at quarter {first:g}: {shown}"


def _change(before: object, after: object) -> str:
    if isinstance(before, tuple) and isinstance(after, tuple):
        place = next(
            (i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
        )
        return f"{_words(before[place : place + 2])} became {_words(after[place : place + 2])}"
    return f"{_words(before)} became {_words(after)}"


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return "(" + " ".join(_words(v) for v in value) + ")"
    return f"{float(value):g}" if isinstance(value, Fraction) else str(value)


def _quarters(piece: Piece, tick: int) -> Fraction:
    return Fraction(tick, piece.ticks_per_quarter)


def _meters(piece: Piece) -> tuple[object, ...]:
    """Meters up to the end of the music; none counts as 4/4."""
    last = piece.end_tick
    found = tuple(
        (_quarters(piece, m.onset_tick), m.numerator, m.denominator) for m in piece.meters if m.onset_tick < last
    )
    return _changes(found) or ((Fraction(0), 4, 4),)


def _keys(piece: Piece) -> tuple[object, ...]:
    """Key signatures up to the end of the music; none counts as no sharps and flats."""
    last = piece.end_tick
    found = tuple((_quarters(piece, k.onset_tick), k.fifths, k.mode) for k in piece.keys if k.onset_tick < last)
    return _changes(found) or ((Fraction(0), 0, ""),)


def _tempos(piece: Piece) -> tuple[object, ...]:
    """Tempos up to the end of the music to a tenth; none counts as 120."""
    last = piece.end_tick
    found = tuple(
        (_quarters(piece, t.onset_tick), round(t.quarters_per_minute, 1)) for t in piece.tempos if t.onset_tick < last
    )
    return _changes(found) or ((Fraction(0), 120.0),)


def _changes(states: tuple[tuple[object, ...], ...]) -> tuple[tuple[object, ...], ...]:
    """Without those that say again what is in force."""
    return tuple(s for i, s in enumerate(states) if i == 0 or s[1:] != states[i - 1][1:])


def _bars(piece: Piece) -> tuple[Fraction, ...]:
    """Onsets of bars; where the last one ends is no fact of the music."""
    return tuple(_quarters(piece, int(tick)) for tick in barlines(piece)[:-1])
