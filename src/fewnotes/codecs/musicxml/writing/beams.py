"""Beams: which short notes of a bar hang together, and the word MusicXML has for each beam of each note."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fewnotes.codecs.musicxml.writing.metre import Metre
from fewnotes.codecs.musicxml.writing.rhythm import FLAGS, Glyph


def set_beams(glyphs: Sequence[Glyph], metre: Metre) -> None:
    """Fill `beams` of the notes of one voice in one bar: notes shorter than a quarter are joined within a group."""
    wide = _wide_groups(glyphs, metre)
    run: list[Glyph] = []
    run_key: object = None
    for glyph in glyphs:
        key = _group(glyph, metre, wide)
        if glyph.content is None or glyph.type not in FLAGS or key != run_key:
            _join(run)
            run = []
        if glyph.content is not None and glyph.type in FLAGS:
            run.append(glyph)
            run_key = key
    _join(run)


def _group(glyph: Glyph, metre: Metre, wide: dict[int, int]) -> object:
    if glyph.tuplet is not None and glyph.tuplet.actual > 1:
        return ("tuplet", glyph.tuplet.onset)
    onset = metre.group_of(glyph.onset)[0]
    return ("group", wide.get(onset, onset))


def _wide_groups(glyphs: Sequence[Glyph], metre: Metre) -> dict[int, int]:
    """Pairs of beats of four plain eighths become one group, but never across the middle of the bar."""
    found: dict[int, int] = {}
    if metre.is_compound or metre.meter.denominator != 4 or metre.meter.numerator not in (2, 4):
        return found
    beats = [b for b in metre.beats if b >= 0]
    for first, second in pairwise(beats):
        if second in metre.middles or first in found:
            continue
        inside = [g for g in glyphs if first <= g.onset < second + metre.quarter]
        if len(inside) == 4 and all(g.type == "eighth" and not g.dots and g.content is not None for g in inside):
            found[first] = found[second] = first
    return found


def _join(run: Sequence[Glyph]) -> None:
    if len(run) < 2:
        return
    flags = [FLAGS[g.type] for g in run]
    for level in range(1, max(flags) + 1):
        for i, glyph in enumerate(run):
            if flags[i] >= level:
                glyph.beams.append(_word(run, flags, i, level))


def _word(run: Sequence[Glyph], flags: Sequence[int], i: int, level: int) -> str:
    before = i > 0 and flags[i - 1] >= level
    after = i + 1 < len(flags) and flags[i + 1] >= level
    if before and after:
        return "continue"
    if before:
        return "end"
    if after:
        return "begin"
    return _hook(run, i)


def _hook(run: Sequence[Glyph], i: int) -> str:
    """A lone short beam points to the note with which it fills the longer value."""
    if i == 0:
        return "forward hook"
    if i == len(run) - 1:
        return "backward hook"
    glyph = run[i]
    place = glyph.onset - run[0].onset
    return "forward hook" if (place // max(1, glyph.duration)) % 2 == 0 else "backward hook"
