"""An atlas as a picture: places, markers, names, and lines to the nearest styles; as SVG and as PNG."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from fewnotes.render.atlas.groups import COLOURS, Key, groups, numbered, outline
from fewnotes.render.atlas.labels import SIZE, Label, place, width_of
from fewnotes.render.atlas.layout import (
    Chart,
    classical_scaling,
    dissimilarity,
    majorise,
    spread,
    stress,
    turned,
)
from fewnotes.render.canvas import Colour, Drawing, Line, Words, to_png

Floats = NDArray[np.float64]
INK: Colour = (40, 44, 52)
GREY: Colour = (95, 102, 114)
_EDGE: Colour = (200, 205, 214)
_LEADER: Colour = (150, 156, 168)
RADIUS = 6.0
_MARGIN, _HEAD = 28.0, 74.0
_WIDTH, _LEAST_HEIGHT = 960.0, 560.0
_LONGEST_NAME = 30
_NEAREST = 2
_GROWTH = 1.12
_PIXELS = 2.0
_KEY_LINE = 18.0


@dataclass(frozen=True)
class Picture:
    """A chart with everything in its place. points: (N, 2). groups: number of each style. keys: what they stand for.

    edges: pairs of near styles. stress: how much the plane bends the distances, 0 for not at all.
    """

    chart: Chart
    width: float
    height: float
    points: Floats
    labels: tuple[Label, ...]
    groups: tuple[int, ...]
    keys: tuple[Key, ...]
    edges: tuple[tuple[int, int], ...]
    stress: float

    @property
    def title(self) -> str:
        return f"{len(self.chart.names)} styles"

    @property
    def caption(self) -> tuple[str, str]:
        """Two lines that say how to read the picture, and how far to trust it."""
        what = "families" if self.keys else "groups of near styles" if max(self.groups) else ""
        bent = f"A plane cannot hold all distances: they are {100 * self.stress:.0f} % off, on average."
        return (
            "The nearer, the more alike; lines lead to the two nearest."
            + (f" Colour and shape: {what}." if what else ""),
            bent if round(100 * self.stress) else "All distances are as they are.",
        )


def nearest(relation: Floats, i: int, count: int) -> list[int]:
    """The styles most related to style i, nearest first."""
    order = np.argsort(-relation[i], kind="stable").tolist()
    return [j for j in order if j != i][:count]


def draw(chart: Chart) -> Picture:
    """Lay a chart out. The same chart gives the same picture."""
    distance = dissimilarity(chart.relation)
    places = turned(majorise(distance, classical_scaling(distance)))
    numbers, keys = numbered(chart.families) if chart.families else (groups(distance), [])
    count = len(chart.names)
    texts = [_short(name) for name in chart.names]
    edges = sorted({(min(i, j), max(i, j)) for i in range(count) for j in nearest(chart.relation, i, _NEAREST)})
    width = _WIDTH * max(1.0, (count / 40) ** 0.5)
    while True:
        top = _HEAD + 40 + (_KEY_LINE * (key_places(keys, width)[-1][2] + 1) if keys else 0)
        points, height = _fitted(places, width, top)
        frame = (_MARGIN / 2, top - 20, width - _MARGIN / 2, height - _MARGIN / 2)
        lines = np.array([[*points[i], *points[j]] for i, j in edges])
        labels = place(points, texts, RADIUS, frame, lines)
        if labels is not None:
            break
        width *= _GROWTH
    bent = stress(distance, places)
    return Picture(
        chart,
        round(width),
        round(height),
        points,
        tuple(labels),
        tuple(numbers),
        tuple(keys),
        tuple(edges),
        bent,
    )


def _fitted(places: Floats, width: float, top: float) -> tuple[Floats, float]:
    """Places in points of the page, at one scale across and down, and the height that they take.

    top: where they may begin.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    extent = np.maximum(high - low, 1e-9)
    side, foot = _MARGIN + 70, _MARGIN + 16
    room = width - 2 * side
    tallest = 0.8 * width - top - foot
    scale = min(room / extent[0], tallest / extent[1])
    height = max(_LEAST_HEIGHT * width / _WIDTH * 0.7, extent[1] * scale + top + foot)
    middle = np.array([width / 2, top + (height - top - foot) / 2])
    points = (places - (low + high) / 2) * scale + middle
    points = spread(points, 3.0 * RADIUS)
    return np.clip(points, [side / 2, top - 20], [width - side / 2, height - foot + 8]), height


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def key_places(keys: Sequence[Key], width: float) -> list[tuple[Key, float, int]]:
    """The legend: what stands at which x in which line."""
    found, x, line = [], _MARGIN, 0
    for key in keys:
        needed = width_of(key.name, 11) + 32
        if x > _MARGIN and x + needed > width:
            x, line = _MARGIN, line + 1
        found.append((key, x, line))
        x += needed
    return found


def _key_places(picture: Picture) -> list[tuple[Key, float, float]]:
    """The legend: what stands at which x and y."""
    return [(key, x, _HEAD + 8 + _KEY_LINE * line) for key, x, line in key_places(picture.keys, picture.width)]


def _drawing(picture: Picture) -> Drawing:
    """Lines and words; markers are painted over them."""
    drawing = Drawing(picture.width, picture.height)
    for i, j in picture.edges:
        (x1, y1), (x2, y2) = picture.points[[i, j]].tolist()
        drawing.shapes.append(Line(x1, y1, x2, y2, _EDGE, _thickness(picture, i, j)))
    for i, label in enumerate(picture.labels):
        if label.far:
            drawing.shapes.append(Line(*leader(picture, i), _LEADER, 0.6))
    drawing.shapes.append(Words(_MARGIN, 26, picture.title, 19, INK))
    for line, text in enumerate(picture.caption):
        drawing.shapes.append(Words(_MARGIN, 46 + 15 * line, text, 11, GREY))
    for key, x, y in _key_places(picture):
        drawing.shapes.append(Words(x + 14, y, key.name, 11, INK))
    for label in picture.labels:
        drawing.shapes.append(Words(label.text_x, label.y, label.text, SIZE, INK, label.anchor))
    return drawing


def _thickness(picture: Picture, i: int, j: int) -> float:
    return round(0.7 + 2.3 * float(picture.chart.relation[i, j]), 2)


def leader(picture: Picture, i: int) -> tuple[float, float, float, float]:
    """The line from a point to the nearest edge of its name."""
    left, top, right, bottom = picture.labels[i].box
    x, y = picture.points[i].tolist()
    return x, y, min(max(x, left), right), min(max(y, top), bottom)


def _markers(picture: Picture) -> list[tuple[int, list[tuple[float, float]]]]:
    """(group, polygon) of every style and of the legend."""
    found = [(key.number, outline(key.number, x + 5, y, 5)) for key, x, y in _key_places(picture)]
    found += [(g, outline(g, x, y, RADIUS)) for g, (x, y) in zip(picture.groups, picture.points.tolist(), strict=True)]
    return found


def svg(picture: Picture) -> bytes:
    """The picture as SVG, every style a group with a title."""
    return "\n".join(
        [svg_head(picture), *svg_lines(picture), *svg_words(picture), *svg_styles(picture), "</svg>\n"]
    ).encode()


def svg_head(picture: Picture) -> str:
    w, h = f"{picture.width:g}", f"{picture.height:g}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        f'font-family="Helvetica, Arial, sans-serif"><title>{picture.title}</title>'
        f'<rect width="{w}" height="{h}" fill="#ffffff"/>'
    )


def svg_lines(picture: Picture) -> list[str]:
    """Lines between near styles, and to far names."""
    return [
        f'<line x1="{s.x1:.1f}" y1="{s.y1:.1f}" x2="{s.x2:.1f}" y2="{s.y2:.1f}" stroke="{_hex(s.colour)}" '
        f'stroke-width="{s.width:g}"/>'
        for s in _drawing(picture).shapes
        if isinstance(s, Line)
    ]


def svg_words(picture: Picture) -> list[str]:
    """Title, caption and legend."""
    words = [s for s in _drawing(picture).shapes if isinstance(s, Words)][: 3 + len(picture.keys)]
    found = [
        f'<text x="{s.x:.1f}" y="{s.y + 0.35 * s.size:.1f}" font-size="{s.size:g}" fill="{_hex(s.colour)}">'
        f"{html.escape(s.text, quote=False)}</text>"
        for s in words
    ]
    return found + [_polygon(number, corners) for number, corners in _markers(picture)[: len(picture.keys)]]


def svg_styles(picture: Picture, attributes: str = "") -> list[str]:
    """One group a style: marker, name, and its full name as title. attributes: of each, {i} is its number."""
    found = []
    for i, (label, (x, y)) in enumerate(zip(picture.labels, picture.points.tolist(), strict=True)):
        said = html.escape(picture.chart.names[i], quote=False)
        marker = _polygon(picture.groups[i], outline(picture.groups[i], x, y, RADIUS))
        text = (
            f'<text x="{label.text_x:.1f}" y="{label.y + 0.35 * SIZE:.1f}" font-size="{SIZE:g}" fill="{_hex(INK)}" '
            f'text-anchor="{label.anchor}" paint-order="stroke" stroke="#ffffff" stroke-width="2.5">'
            f"{html.escape(label.text, quote=False)}</text>"
        )
        found.append(f"<g{attributes.replace('{i}', str(i))}><title>{said}</title>{marker}{text}</g>")
    return found


def _polygon(number: int, corners: list[tuple[float, float]]) -> str:
    at = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    return f'<polygon points="{at}" fill="{_hex(COLOURS[number])}" stroke="{_hex(INK)}" stroke-width="0.8"/>'


def png(picture: Picture) -> bytes:
    """The picture as PNG, two pixels a point. Raises NotInstalled without Pillow."""
    plain = to_png(_drawing(picture), 2 * _PIXELS)
    from PIL import Image, ImageDraw

    image = Image.open(BytesIO(plain)).convert("RGB")
    brush = ImageDraw.Draw(image)
    for number, corners in _markers(picture):
        at = [(2 * _PIXELS * x, 2 * _PIXELS * y) for x, y in corners]
        brush.polygon(at, COLOURS[number], INK, 3)
    small = image.resize((round(image.width / 2), round(image.height / 2)), Image.Resampling.LANCZOS)
    out = BytesIO()
    small.save(out, "PNG", dpi=(144, 144))
    return out.getvalue()


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
