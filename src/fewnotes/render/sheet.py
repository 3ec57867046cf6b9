"""A contact sheet: many short pieces on one page, a small roll each, to see at a glance which to listen to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fewnotes.errors import NotPossible
from fewnotes.music.piece import Piece
from fewnotes.music.time import bars
from fewnotes.render.canvas import Box, Colour, Drawing, Line, Words, to_png, to_svg
from fewnotes.render.painter import GREY, INK, fit

_ACROSS = 4
_WIDTH, _HEIGHT, _GAP, _MARGIN = 320.0, 120.0, 18.0, 24.0
_CAPTION = 34.0
_DRUMS = 16.0
_PAPER: Colour = (247, 248, 250)
_BAR: Colour = (196, 201, 210)
_OCTAVE: Colour = (226, 229, 235)
#: Melody first; as in `fewnotes.render.roll`, told apart with any kind of colour vision.
_COLOURS: tuple[Colour, ...] = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (90, 80, 70))
_DRUM: Colour = (70, 74, 82)


class Cell(NamedTuple):
    """One piece of a sheet. caption: two lines under it."""

    piece: Piece
    caption: tuple[str, str]


def sheet_png(cells: Sequence[Cell], title: str, *, scale: float = 1.5) -> bytes:
    """The sheet as PNG. Raises NotPossible for no piece, NotInstalled without Pillow."""
    return to_png(draw_sheet(cells, title), scale)


def sheet_svg(cells: Sequence[Cell], title: str) -> bytes:
    """The sheet as SVG. Raises NotPossible for no piece."""
    return to_svg(draw_sheet(cells, title))


def draw_sheet(cells: Sequence[Cell], title: str) -> Drawing:
    """Rows of four, read from left to right; all rolls have one pitch scale, so that registers compare."""
    if not cells:
        raise NotPossible("There is nothing to put on a sheet", expected="at least one piece")
    down = -(-len(cells) // _ACROSS)
    across = min(_ACROSS, len(cells))
    width = 2 * _MARGIN + across * _WIDTH + (across - 1) * _GAP
    height = _MARGIN + 34 + down * (_HEIGHT + _CAPTION + _GAP)
    drawing = Drawing(width, height)
    drawing.shapes.append(Words(_MARGIN, _MARGIN + 6, fit(title, width - 2 * _MARGIN, 17), 17, INK))
    low, high = _range([c.piece for c in cells])
    for number, cell in enumerate(cells):
        x = _MARGIN + (number % _ACROSS) * (_WIDTH + _GAP)
        y = _MARGIN + 30 + (number // _ACROSS) * (_HEIGHT + _CAPTION + _GAP)
        _roll(drawing, cell.piece, x, y, low, high)
        for line, words in enumerate(cell.caption):
            colour = INK if line == 0 else GREY
            drawing.shapes.append(Words(x, y + _HEIGHT + 14 + 14 * line, fit(words, _WIDTH, 11), 11, colour))
    return drawing


def _range(pieces: Sequence[Piece]) -> tuple[int, int]:
    pitches = [p.notes["pitch"][~_is_drum(p)] for p in pieces]
    every = np.concatenate([np.zeros(0, int), *pitches])
    if not len(every):
        return 48, 72
    low, high = int(every.min()) - 1, int(every.max()) + 1
    return (low, high) if high - low >= 20 else (low - (20 - high + low) // 2, high + (20 - high + low) // 2)


def _is_drum(piece: Piece) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return np.asarray(np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]])


def _roll(drawing: Drawing, piece: Piece, x: float, y: float, low: int, high: int) -> None:
    shapes = drawing.shapes
    shapes.append(Box(x, y, _WIDTH, _HEIGHT, _PAPER, None))
    drum = _is_drum(piece)
    room = _HEIGHT - (_DRUMS if drum.any() else 0)
    row = room / (high - low + 1)
    end = max(piece.end_tick, 1)
    for pitch in range(low - low % 12, high + 1, 12):
        if pitch >= low:
            at = y + room - (pitch - low + 1) * row
            shapes.append(Box(x, at, _WIDTH, row, _OCTAVE, None))
    for bar in bars(piece)[1:]:
        at = x + _WIDTH * bar.onset_tick / end
        shapes.append(Line(at, y, at, y + _HEIGHT, _BAR, 1.0))
    for note, is_drum in zip(piece.notes, drum.tolist(), strict=True):
        left = x + _WIDTH * int(note["onset_tick"]) / end
        wide = max(1.5, _WIDTH * int(note["duration_tick"]) / end - 1)
        if is_drum:
            shapes.append(Box(left, y + room + 2 + (int(note["pitch"]) % 3) * 4, 2.0, 3.0, _DRUM, None))
            continue
        colour = _COLOURS[int(note["track"]) % len(_COLOURS)]
        top = y + room - (int(note["pitch"]) - low + 1) * row
        shapes.append(Box(left, top, wide, max(1.5, row), colour, None))
