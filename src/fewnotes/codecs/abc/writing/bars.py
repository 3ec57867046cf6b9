"""The text of one bar of one voice: fields, chord symbols, grace notes, notes, overlays."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple

from fewnotes.codecs.abc.writing.grid import Event, Line
from fewnotes.codecs.abc.writing.lengths import Span, Written, length_text, write_lengths
from fewnotes.codecs.abc.writing.pitches import Speller
from fewnotes.music.piece import KeySignature


class Field(NamedTuple):
    """A change within the tune: its text in brackets, and the key if it is a change of key."""

    time: int
    text: str
    key: KeySignature | None = None


class Frame(NamedTuple):
    """What the voices of a bar share: times on the grid, the felt beat, and where beats are counted from."""

    start: int
    end: int
    quarter: int
    unit: Fraction
    beat: int
    anchor: int


class VoiceText(NamedTuple):
    """One voice to be written: its lines, changes, chord symbols, and grace notes by the row of their note."""

    lines: list[Line]
    fields: Sequence[Field]
    chords: Sequence[tuple[int, str]]
    graces: dict[int, list[tuple[int, str]]]
    speller: Speller


def bar_text(voice: VoiceText, frame: Frame) -> str:
    """One bar without its barline; further lines stand after `&`, an empty one keeps its place."""
    voice.speller.new_bar()
    start, end = frame.start, frame.end
    fields: dict[int, list[Field]] = {}
    for field in voice.fields[bisect_left(voice.fields, start, key=_time) : bisect_left(voice.fields, end, key=_time)]:
        fields.setdefault(field.time, []).append(field)
    chords = dict(voice.chords[bisect_left(voice.chords, start, key=_time) : bisect_left(voice.chords, end, key=_time)])
    spans = _spans(voice.lines[0] if voice.lines else [], start, end, sorted({*fields, *chords}))
    layers = [_line_text(voice, write_lengths(spans, frame.quarter), frame, (fields, chords))]
    waiting: list[str] = []
    for line in voice.lines[1:]:
        inner = _spans(line, start, end, [])
        while inner and inner[-1].pitches is None:
            inner.pop()  # an overlay may stop before the bar does
        if not inner:
            waiting.append("")
            continue
        voice.speller.new_overlay()
        text = _line_text(voice, write_lengths(inner, frame.quarter), frame, ({}, {}))
        layers.extend([*waiting, text.replace("z", "x")])
        waiting.clear()
    return " & ".join(layers)


def _time(mark: Sequence[object]) -> int:
    return int(mark[0])  # type: ignore[call-overload,no-any-return]


def _spans(line: Line, start: int, end: int, cuts: Sequence[int]) -> list[Span]:
    """The line between two barlines without gaps, cut at the barlines and at `cuts`."""
    spans: list[Span] = []
    position = start
    first = max(0, bisect_right(line, start, key=lambda e: e.start) - 1)
    for i in range(first, len(line)):
        event = line[i]
        if event.start >= end:
            break
        if event.end <= start:
            continue
        begin, stop = max(event.start, start), min(event.end, end)
        if begin > position:
            spans.append(Span(position, begin, None, False, -1))
        spans.append(Span(begin, stop, event.pitches, event.end > stop, event.row if begin == event.start else -1))
        position = stop
    if position < end:
        spans.append(Span(position, end, None, False, -1))
    return _cut(spans, cuts)


def _cut(spans: list[Span], cuts: Sequence[int]) -> list[Span]:
    if not cuts:
        return spans
    out: list[Span] = []
    for span in spans:
        begin, row = span.start, span.row
        for cut in cuts:
            if begin < cut < span.end:
                out.append(Span(begin, cut, span.pitches, span.pitches is not None, row))
                begin, row = cut, -1
        out.append(Span(begin, span.end, span.pitches, span.is_tied, row))
    return out


def _line_text(
    voice: VoiceText, written: list[Written], frame: Frame, marks: tuple[dict[int, list[Field]], dict[int, str]]
) -> str:
    fields, chords = marks
    text = ""
    for item in written:
        span = item.span
        if text and (span.start - frame.anchor) % frame.beat == 0:
            text += " "
        for field in fields.pop(span.start, ()):
            text += f"[{field.text}]"
            if field.key is not None:
                voice.speller.set_key(field.key)
        if span.start in chords:
            text += f'"{chords.pop(span.start)}"'
        text += (
            item.tuplet
            + _grace_text(voice, span.row)
            + _sound_text(voice.speller, span.pitches, span.is_tied and span.end >= frame.end)
        )
        text += length_text(item.length, frame.unit) + ("-" if span.is_tied else "")
    return text


def _grace_text(voice: VoiceText, row: int) -> str:
    graces = voice.graces.get(row)
    if not graces:
        return ""
    return "{" + "".join(voice.speller.note(pitch) + length for pitch, length in graces) + "}"


def _sound_text(speller: Speller, pitches: tuple[int, ...] | None, tied: bool) -> str:
    if pitches is None:
        return "z"
    names = [speller.note(pitch, tied) for pitch in pitches]
    return names[0] if len(names) == 1 else "[" + "".join(names) + "]"


def unit_length(events: Sequence[Event], quarter: int) -> Fraction:
    """The unit L:, in quarters, that makes the text shortest: 1, 1/2 or 1/4."""
    sizes: dict[int, int] = {}
    for event in events:
        sizes[event.end - event.start] = sizes.get(event.end - event.start, 0) + 1
    plain = {s: n for s, n in sizes.items() if (quarter // gcd(s, quarter)) in (1, 2, 4, 8)}

    def cost(unit: Fraction) -> int:
        return sum(n * len(length_text(Fraction(s, quarter), unit)) for s, n in plain.items())

    return min((Fraction(1, 2), Fraction(1), Fraction(1, 4)), key=cost)
