"""From what sounds in a bar to what is printed: noteheads, dots, ties, rests and tuplets of one voice.

A stretch that halvings of a quarter cannot show becomes a tuplet (3, 5, 7 or 9 in the place of 2, 4, 6 or 8);
the rest is cut where a note would hide the middle of the bar or a beat. What no tuplet shows keeps its exact
length and is printed as the nearest note.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any, NamedTuple

from fewnotes.codecs.musicxml.writing.metre import BEAT, MIDDLE, Metre

TYPES = (
    ("breve", Fraction(8)),
    ("whole", Fraction(4)),
    ("half", Fraction(2)),
    ("quarter", Fraction(1)),
    ("eighth", Fraction(1, 2)),
    ("16th", Fraction(1, 4)),
    ("32nd", Fraction(1, 8)),
    ("64th", Fraction(1, 16)),
    ("128th", Fraction(1, 32)),
    ("256th", Fraction(1, 64)),
)
FLAGS = {name: i - 3 for i, (name, _) in enumerate(TYPES) if i > 3}
_DOTTED = {0: Fraction(1), 1: Fraction(3, 2), 2: Fraction(7, 4)}
_HEADS = {quarters * factor: (name, dots) for name, quarters in TYPES for dots, factor in _DOTTED.items()}
#: Notes of a tuplet and how many plain ones they replace, in a span of a power of two and in a dotted one.
_BINARY = {3: 2, 5: 4, 7: 4, 9: 8}
_DOTTED_SPAN = {5: 6, 7: 6}
_FINEST = 64


class Tuplet(NamedTuple):
    """A stretch of a bar in which `actual` notes stand in the place of `normal`; 1 for 1 is a stretch off any grid."""

    onset: int
    end: int
    actual: int
    normal: int


class Item(NamedTuple):
    """A sounding note or chord (`content`) or a rest (None), clipped to the bar; ties lead out of the bar."""

    onset: int
    end: int
    content: Any
    tie_in: bool = False
    tie_out: bool = False


@dataclass
class Glyph:
    """One printed note, chord or rest. `beams`: one word for each beam, from the eighth beam on."""

    onset: int
    duration: int
    content: Any
    type: str
    dots: int
    tie_in: bool = False
    tie_out: bool = False
    tuplet: Tuplet | None = None
    starts_tuplet: bool = False
    ends_tuplet: bool = False
    is_measure_rest: bool = False
    is_approximate: bool = False
    is_under_beam: bool = False
    beams: list[str] = field(default_factory=list)


def glyphs_of_bar(items: Sequence[Item], metre: Metre) -> list[Glyph]:
    """Printed notes and rests that fill a bar. `items` do not overlap and are in order."""
    if not items:
        return [Glyph(0, metre.length, None, "whole", 0, is_measure_rest=True)]
    filled = _with_rests(items, metre.length)
    places = sorted({i.onset for i in filled} | {i.end for i in filled})
    tuplets = _tuplets(places, metre)
    found: list[Glyph] = []
    for item in filled:
        found.extend(_glyphs_of_item(item, tuplets, metre))
    for tuplet in tuplets:
        inside = [g for g in found if g.tuplet == tuplet]
        if inside and tuplet.actual > 1:
            inside[0].starts_tuplet = inside[-1].ends_tuplet = True
    return found


def head(duration: int | Fraction, quarter: int, most_dots: int = 2) -> tuple[str, int] | None:
    """(type, dots) of the one notehead that lasts so long, None where there is none."""
    found = _HEADS.get(Fraction(duration, quarter))
    return found if found is not None and found[1] <= most_dots else None


def _with_rests(items: Sequence[Item], length: int) -> list[Item]:
    filled: list[Item] = []
    cursor = 0
    for item in items:
        if item.onset > cursor:
            filled.append(Item(cursor, item.onset, None))
        filled.append(item)
        cursor = item.end
    if cursor < length:
        filled.append(Item(cursor, length, None))
    return filled


# Tuplets


def _tuplets(places: Sequence[int], metre: Metre) -> list[Tuplet]:
    """Stretches of the bar that need a tuplet, in order."""
    finest = Fraction(4 * metre.quarter, 4 * _FINEST)
    if all((p * finest.denominator) % finest.numerator == 0 for p in places):
        return []
    bounds = [0, *sorted(m for m in metre.middles if 0 < m < metre.length), metre.length]
    found: list[Tuplet] = []
    for a, b in pairwise(bounds):
        found.extend(_solve(a, b, places, metre))
    return found


def _solve(a: int, b: int, places: Sequence[int], metre: Metre) -> list[Tuplet]:
    inner = [p for p in places if a < p < b]
    if all(_is_plain(p, metre) for p in inner):
        return []
    cuts = _cuts(a, b, metre)
    is_wide = b - a > metre.quarter and any(c in metre.beats for c in cuts)
    if not cuts or any(c not in inner for c in cuts):
        tuplet = _tuplet(a, b, inner, metre, is_wide)
        if tuplet:
            return [tuplet]
    if not cuts:
        return [Tuplet(a, b, 1, 1)]
    bounds = [a, *cuts, b]
    return [t for x, y in pairwise(bounds) for t in _solve(x, y, places, metre)]


def _is_plain(place: int, metre: Metre) -> bool:
    return (place * _FINEST // 4) % metre.quarter == 0 and place * _FINEST % 4 == 0


def _cuts(a: int, b: int, metre: Metre) -> list[int]:
    """Where a stretch falls apart next: at beats, then at units, then in halves down to a sixteenth."""
    beats = [t for t in metre.beats if a < t < b]
    if beats:
        return beats
    onset, end, unit = metre.group_of(a)
    if (a, b) == (max(0, onset), end) and b - a == 3 * unit:
        return [a + unit, a + 2 * unit]
    half = (b - a) // 2
    return [a + half] if half * 4 >= metre.quarter and (b - a) % 2 == 0 else []


def _tuplet(a: int, b: int, inner: Sequence[int], metre: Metre, is_wide: bool) -> Tuplet | None:
    quarters = Fraction(b - a, metre.quarter)
    numerator = quarters.numerator
    if numerator & (numerator - 1) == 0:
        table = _BINARY
    elif numerator % 3 == 0 and (numerator // 3) & (numerator // 3 - 1) == 0:
        table = _DOTTED_SPAN
    else:
        return None
    for actual, normal in table.items():
        if actual == 9 and is_wide:
            continue
        for halving in (1,) if is_wide else (1, 2, 4):
            if all(((p - a) * actual * halving) % (b - a) == 0 for p in inner):
                return Tuplet(a, b, actual, normal)
    return None


# Noteheads


def _glyphs_of_item(item: Item, tuplets: Sequence[Tuplet], metre: Metre) -> list[Glyph]:
    """The printed notes of one sounding note or rest."""
    pieces: list[tuple[int, int, Tuplet | None]] = []
    cursor = item.onset
    for tuplet in tuplets:
        if tuplet.end <= cursor or tuplet.onset >= item.end:
            continue
        if tuplet.onset > cursor:
            pieces.append((cursor, tuplet.onset, None))
            cursor = tuplet.onset
        stop = min(item.end, tuplet.end)
        pieces.append((cursor, stop, tuplet))
        cursor = stop
    if cursor < item.end:
        pieces.append((cursor, item.end, None))
    found: list[Glyph] = []
    for a, b, around in pieces:
        if around is None:
            found.extend(_plain(a, b, item.content, metre))
        else:
            found.extend(_in_tuplet(a, b, around, item.content, metre))
    if item.content is not None:
        for i, glyph in enumerate(found):
            glyph.tie_in = item.tie_in or i > 0
            glyph.tie_out = item.tie_out or i < len(found) - 1
    return found


def _plain(a: int, b: int, content: Any, metre: Metre) -> list[Glyph]:
    whole = head(b - a, metre.quarter, 2 if content is not None else 1)
    if whole and (_reads_well(a, b, metre) if content is not None else _rest_reads_well(a, b, whole[1], metre)):
        return [Glyph(a, b - a, content, *whole)]
    cut = _cut(a, b, metre)
    if cut is None:
        name, dots = whole or _nearest(b - a, metre.quarter)
        return [Glyph(a, b - a, content, name, dots, is_approximate=whole is None)]
    return _plain(a, cut, content, metre) + _plain(cut, b, content, metre)


def _reads_well(a: int, b: int, metre: Metre) -> bool:
    """A notehead may hide only places weaker than where it begins, or be a plain syncopation."""
    crossed = _strongest(a, b, metre)
    if crossed is None:
        return True
    tick, strength = crossed
    start = metre.strength(a)
    if start >= strength:
        return True
    is_plain = head(b - a, metre.quarter, 0) is not None
    symmetric = tick - a == b - tick
    if not (is_plain and symmetric) or metre.is_compound:
        return False
    if strength >= MIDDLE:
        return start >= BEAT
    return True


def _rest_reads_well(a: int, b: int, dots: int, metre: Metre) -> bool:
    crossed = _strongest(a, b, metre)
    if crossed is None:
        return True
    if metre.strength(a) < crossed[1]:
        return False
    if metre.strength(a) == crossed[1] == BEAT and not metre.is_compound:
        return False
    return dots == 0 or metre.is_compound or (b - a) < metre.quarter


def _strongest(a: int, b: int, metre: Metre) -> tuple[int, int] | None:
    """(tick, strength) of the strongest place strictly inside; the first of several where the note begins weakly."""
    found = _inside(a, b, metre)
    if not found:
        return None
    best = max(s for _, s in found)
    ticks = [t for t, s in found if s == best]
    return (ticks[-1] if metre.strength(a) >= best else ticks[0]), best


def _cut(a: int, b: int, metre: Metre) -> int | None:
    crossed = _strongest(a, b, metre)
    return crossed[0] if crossed else None


def _inside(a: int, b: int, metre: Metre) -> list[tuple[int, int]]:
    """Places inside a stretch with their strength: beats and middles, else units, else halvings."""
    high = [(t, metre.strength(t)) for t in {*metre.beats, *metre.middles} if a < t < b]
    if high:
        return sorted(high)
    onset, _, unit = metre.group_of(a)
    step = unit
    for _ in range(6):
        ticks = range(onset + ((a - onset) // step + 1) * step, b, step)
        if len(ticks):
            return [(t, metre.strength(t)) for t in ticks]
        if step % 2:
            break
        step //= 2
    return []


def _in_tuplet(a: int, b: int, tuplet: Tuplet, content: Any, metre: Metre) -> list[Glyph]:
    """Greedy: the longest notehead that fits, then the next."""
    found: list[Glyph] = []
    if tuplet.actual == 1:
        name, dots = head(b - a, metre.quarter) or _nearest(b - a, metre.quarter)
        return [Glyph(a, b - a, content, name, dots, is_approximate=True)]
    while a < b:
        printed = Fraction((b - a) * tuplet.actual, tuplet.normal)
        whole = head(printed, metre.quarter, 1)
        if whole is None:
            sizes = [q * metre.quarter for _, q in TYPES if q * metre.quarter < printed]
            length = sizes[0] * Fraction(tuplet.normal, tuplet.actual) if sizes else Fraction(0)
            if not sizes or length.denominator != 1:
                name, dots = _nearest(int(printed), metre.quarter)
                found.append(Glyph(a, b - a, content, name, dots, tuplet=tuplet, is_approximate=True))
                return found
            name, dots = head(sizes[0], metre.quarter) or ("quarter", 0)
            found.append(Glyph(a, int(length), content, name, dots, tuplet=tuplet))
            a += int(length)
        else:
            found.append(Glyph(a, b - a, content, *whole, tuplet=tuplet))
            a = b
    return found


def _nearest(duration: int, quarter: int) -> tuple[str, int]:
    """The printed note nearest to a length that none shows."""
    length = Fraction(duration, quarter)
    quarters = min((q for q in _HEADS if _HEADS[q][1] < 2), key=lambda q: abs(q - length))
    return _HEADS[quarters]
