"""Roll pictures: pitch upwards, time to the right, one colour a track, in one or several systems."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from fewnotes.errors import NotPossible
from fewnotes.music.piece import Piece
from fewnotes.music.time import bars, seconds
from fewnotes.render.canvas import LETTER_WIDTH, Box, Colour, Drawing, Words, to_png, to_svg
from fewnotes.render.painter import GREY, INK, LEFT, Frame, Painter, System, fit, shade
from fewnotes.render.timbres import PROGRAM_NAMES

#: A piece that would need more is drawn narrower; bars that leave systems half empty can still double it.
MAX_SYSTEMS = 12
_SYSTEM_WIDTH, _LEAST_WIDTH = 1400.0, 420.0
_WIDEST_QUARTER = 28.0
_RIGHT, _TOP, _BOTTOM = 18.0, 20.0, 16.0
_SYSTEM_GAP = 20.0
_HEAD = 16.0
_DRUM_STRIP, _DRUM_ROW = 132.0, 11.0
_MAX_LEGEND = 24

#: The set of Okabe and Ito, told apart with any kind of colour vision; without its yellow, too light on white.
_COLOURS: tuple[Colour, ...] = (
    (0, 114, 178),
    (213, 94, 0),
    (0, 158, 115),
    (204, 121, 167),
    (230, 159, 0),
    (86, 180, 233),
    (90, 80, 70),
)
_DRUM_COLOUR: Colour = (70, 74, 82)


def roll_png(piece: Piece, *, scale: float = 2.0) -> bytes:
    """A picture of the notes as PNG, `scale` pixels a point.

    Raises NotPossible for a piece without notes, NotInstalled without Pillow.
    """
    return to_png(draw_roll(piece), scale)


def roll_svg(piece: Piece) -> bytes:
    """The same picture as SVG. Raises NotPossible for a piece without notes."""
    return to_svg(draw_roll(piece))


def draw_roll(piece: Piece) -> Drawing:
    """Lay the picture out: title, legend, then as many systems as the piece needs, about 12 at most."""
    if len(piece.notes) == 0:
        raise NotPossible("A roll cannot be drawn: the piece has no notes", expected="a piece with notes")
    barred = bars(piece)
    end = max(piece.end_tick, barred[-1].end_tick)
    frame = _frame(piece, end)
    spans = _spans([b.onset_tick for b in barred], end, _SYSTEM_WIDTH / frame.per_tick)
    widest = max(stop - start for start, stop in spans) * frame.per_tick
    drawing = Drawing(LEFT + max(widest, _LEAST_WIDTH) + _RIGHT, 0.0)
    colours = _track_colours(piece)
    painter = Painter(piece, frame, barred, colours, drawing.shapes)
    y = _header(drawing, piece, colours, len(barred))
    for start, stop in spans:
        painter.paint(System(y, start, stop))
        y += frame.height + _SYSTEM_GAP
    drawing.height = y - _SYSTEM_GAP + _BOTTOM
    return drawing


def _frame(piece: Piece, end: int) -> Frame:
    is_drum = np.array([t.is_drum for t in piece.tracks])[piece.notes["track"]]
    pitches = piece.notes["pitch"][~is_drum]
    low, high = 1, 0
    if len(pitches):
        low, high = int(pitches.min()) - 2, int(pitches.max()) + 2
        spare = max(0, 14 - (high - low))
        low, high = max(0, low - spare // 2), min(127, high + (spare + 1) // 2)
    rows = high - low + 1
    strip = tuple(sorted({int(k) for k in piece.notes["pitch"][is_drum]}, reverse=True))
    quarters = end / piece.ticks_per_quarter
    # A little less than full systems, since a system ends with a bar.
    per_quarter = min(_WIDEST_QUARTER, _SYSTEM_WIDTH * (MAX_SYSTEMS - 1) / quarters)
    return Frame(
        per_tick=per_quarter / piece.ticks_per_quarter,
        low=low,
        high=high,
        row=7.0 if rows <= 40 else 5.5 if rows <= 64 else 4.0,
        strip=strip,
        strip_row=min(_DRUM_ROW, _DRUM_STRIP / max(1, len(strip))),
        head=_HEAD * (2 if piece.chords else 1),
    )


def _spans(onsets: Sequence[int], end: int, capacity: float) -> list[tuple[int, int]]:
    """Ticks of each system: they begin with a bar where bars are short enough, and are about equally long."""
    lines = np.asarray([*onsets, end], np.int64)
    longest = int(np.diff(lines).max())
    # Just as many systems as are needed, filled evenly: no lonely bar at the end.
    even = end / max(1, math.ceil(end / capacity)) + longest
    capacity = min(capacity, even)
    spans: list[tuple[int, int]] = []
    start = 0
    while start < end:
        stop = int(lines[int(np.searchsorted(lines, start + capacity, side="right")) - 1])
        if stop < min(end, start + capacity / 2):
            stop = min(end, start + max(1, int(capacity)))
        spans.append((start, stop))
        start = stop
    return spans


def _header(drawing: Drawing, piece: Piece, colours: list[Colour], bar_count: int) -> float:
    """Title, facts and legend; returns the height at which the first system begins."""
    y = _TOP
    if piece.title:
        y += 8
        drawing.shapes.append(Words(LEFT, y, fit(piece.title, drawing.width - LEFT - _RIGHT, 19), 19, INK))
        y += 20
    length = round(float(seconds(piece, piece.end_tick)))
    facts = [
        f"{bar_count} bar{'s' * (bar_count != 1)}",
        f"{len(piece.notes):,} notes",
        f"{length // 60}:{length % 60:02}",
    ]
    facts = [piece.composer, *facts] if piece.composer else facts
    drawing.shapes.append(Words(LEFT, y, fit(" · ".join(facts), drawing.width - LEFT - _RIGHT, 11), 11, GREY))
    return _legend(drawing, piece, colours, y + 20) + 18


def _legend(drawing: Drawing, piece: Piece, colours: list[Colour], y: float) -> float:
    sounding = np.unique(piece.notes["track"]).tolist()
    labels = [(_track_label(piece, track), colours[track]) for track in sounding[:_MAX_LEGEND]]
    x = LEFT
    for label, colour in labels:
        width = 16 + len(label) * 11 * LETTER_WIDTH + 18
        if x > LEFT and x + width > drawing.width - _RIGHT:
            x, y = LEFT, y + 17
        drawing.shapes.append(Box(x, y - 5, 11, 10, colour, shade(colour, 1.0, darker=0.7)))
        drawing.shapes.append(Words(x + 16, y, label, 11, INK))
        x += width
    if len(sounding) > _MAX_LEGEND:
        drawing.shapes.append(Words(x, y, f"and {len(sounding) - _MAX_LEGEND} more", 11, GREY))
    return y


def _track_label(piece: Piece, track: int) -> str:
    name, program, is_drum = piece.tracks[track]
    instrument = "Drums" if is_drum else PROGRAM_NAMES[program]
    name = " ".join(name.split())
    if not name or name.lower() == instrument.lower():
        return instrument
    return f"{fit(name, 200, 11)} ({instrument})"


def _track_colours(piece: Piece) -> list[Colour]:
    """A colour a track; after seven, the same colours again, darker."""
    colours: list[Colour] = []
    count = 0
    for track in piece.tracks:
        if track.is_drum:
            colours.append(_DRUM_COLOUR)
            continue
        colour = _COLOURS[count % len(_COLOURS)]
        colours.append(colour if count < len(_COLOURS) else shade(colour, 1.0, darker=0.62))
        count += 1
    return colours
