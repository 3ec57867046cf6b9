"""Durations as ABC writes them: tied parts of 1, 3 or 7 times a power of two, and tuplets for the rest."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd, lcm
from typing import NamedTuple

#: Largest tuplet that is tried; readers hold such lengths exactly.
_LARGEST_TUPLET = 63


class Span(NamedTuple):
    """A stretch of a line within a bar: what sounds (None: rest), and whether it goes on after it."""

    start: int
    end: int
    pitches: tuple[int, ...] | None
    is_tied: bool
    row: int  # of the note that begins here, -1 if none does


class Written(NamedTuple):
    """A span with its written length in quarters; `tuplet` stands before the first of a group."""

    span: Span
    length: Fraction
    tuplet: str = ""


def odd_part(number: int) -> int:
    """The number without its factors of two."""
    return number // (number & -number)


def write_lengths(spans: list[Span], quarter: int) -> list[Written]:
    """Lengths and tuplets of the spans of one line of one bar, in order and without gaps."""
    out: list[Written] = []
    queue = list(reversed(spans))
    while queue:
        span = queue.pop()
        if odd_part(quarter // gcd(span.end - span.start, quarter)) == 1:
            out.extend(_parts(span, Fraction(span.end - span.start, quarter)))
            continue
        queue.append(span)
        size, parts = _group(queue, quarter)
        out.extend(_tuplet(queue, size, parts, quarter))
    return out


def _group(queue: list[Span], quarter: int) -> tuple[int, int]:
    """(length, tuplet number) of the group that begins with the last span of the queue.

    First choice is the shortest group of 3, 5, 7 or 9 that ends where a span ends.
    """
    start = queue[-1].start
    choices: list[tuple[int, int, int]] = []
    for halvings in range(7, -2, -1):
        size = 4 * quarter >> halvings if halvings >= 0 else 8 * quarter
        if halvings > 0 and (4 * quarter) % 2**halvings:
            continue
        parts, ends_with_span = 1, False
        for span in reversed(queue):
            rel = span.end - start
            if rel >= size:
                ends_with_span = rel == size
                break
            parts = lcm(parts, odd_part(size // gcd(rel, size)))
            if parts > _LARGEST_TUPLET:
                break
        else:
            ends_with_span = False
        if 1 < parts <= _LARGEST_TUPLET:
            is_plain = parts in (3, 5, 7, 9)
            choices.append((0 if is_plain and ends_with_span else 1 if is_plain else 2, size, parts))
    if choices:
        _, size, parts = min(choices)
        return size, parts
    # No common tuplet: the span alone, at its own denominator; the length is exact if unusual.
    span = queue[-1]
    return span.end - span.start, 0


def _tuplet(queue: list[Span], size: int, parts: int, quarter: int) -> list[Written]:
    """Take the group off the queue and write it; a span that crosses its end is cut and tied."""
    first = queue[-1].start
    if parts == 0:
        span = queue.pop()
        return [Written(span, Fraction(span.end - span.start, quarter))]
    sounding = 1 << (parts.bit_length() - 1)
    members: list[Written] = []
    while queue and queue[-1].start < first + size:
        span = queue.pop()
        if span.end > first + size:
            cut = first + size
            queue.append(Span(cut, span.end, span.pitches, span.is_tied, -1))
            span = Span(span.start, cut, span.pitches, span.pitches is not None, span.row)
        members.extend(_parts(span, Fraction((span.end - span.start) * parts, quarter * sounding)))
    count = len(members)
    sign = "(3" if (parts, sounding, count) == (3, 2, 3) else f"({parts}:{sounding}:{count}"
    return [members[0]._replace(tuplet=sign), *members[1:]]


def _parts(span: Span, length: Fraction) -> list[Written]:
    """One length, or several tied: each 1, 3 or 7 times a power of two and at most two whole notes."""
    pieces = _split(length)
    if len(pieces) == 1:
        return [Written(span, length)]
    out, start = [], span.start
    for i, piece in enumerate(pieces):
        is_last = i + 1 == len(pieces)
        end = span.end if is_last else start + int((span.end - span.start) * piece / length)
        is_tied = span.is_tied if is_last else span.pitches is not None
        out.append(Written(Span(start, end, span.pitches, is_tied, span.row if i == 0 else -1), piece))
        start = end
    return out


@lru_cache(maxsize=4096)
def _split(length: Fraction) -> tuple[Fraction, ...]:
    pieces: list[Fraction] = []
    left = length
    while left:
        pieces.append(_largest(left))
        left -= pieces[-1]
    return tuple(pieces)


def _largest(left: Fraction) -> Fraction:
    numerator = left.numerator
    if numerator in (1, 3, 7) and left <= 8:
        return left
    if left > 8:
        return Fraction(8)
    bits = numerator.bit_length()
    odd = odd_part(numerator)
    if odd in (1, 3, 7):
        return left
    top = 1 << (bits - 1)
    for candidate in (top + top // 2 + top // 4, top + top // 2, top):
        if candidate <= numerator and odd_part(candidate) in (1, 3, 7):
            return Fraction(candidate, left.denominator)
    return Fraction(top, left.denominator)


@lru_cache(maxsize=4096)
def length_text(length: Fraction, unit: Fraction) -> str:
    """A length against the unit: nothing, `2`, `3/2`, `/`, `/4`."""
    ratio = length / unit
    top = "" if ratio.numerator == 1 else str(ratio.numerator)
    bottom = {1: "", 2: "/"}.get(ratio.denominator, f"/{ratio.denominator}")
    return f"{ratio.numerator}/2" if ratio.denominator == 2 and top else top + bottom
