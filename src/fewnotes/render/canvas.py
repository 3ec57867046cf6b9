"""A flat drawing of boxes, lines and words, and the two ways to put it on a page: PNG by Pillow, and SVG."""

from __future__ import annotations

import contextlib
import html
import importlib.util
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from fewnotes.errors import NotInstalled

if TYPE_CHECKING:
    from PIL import ImageFont

    AnyFont = ImageFont.ImageFont | ImageFont.FreeTypeFont

Colour = tuple[int, int, int]
Anchor = Literal["start", "middle", "end"]

#: Looked for, in this order, when words have letters that the font that Pillow brings has not.
_WIDE_FONTS = ("DejaVuSans.ttf", "LiberationSans-Regular.ttf", "NotoSans-Regular.ttf", "Arial.ttf", "arial.ttf")
#: Mean width of a letter of the font that Pillow brings, in sizes.
LETTER_WIDTH = 0.54


class Box(NamedTuple):
    """A filled rectangle; with `edge`, outlined by one thin line of that colour."""

    x: float
    y: float
    width: float
    height: float
    fill: Colour
    edge: Colour | None = None


class Line(NamedTuple):
    """A straight line between two points."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: Colour
    width: float = 1.0


class Words(NamedTuple):
    """One line of text; `y` is its middle height."""

    x: float
    y: float
    text: str
    size: float
    colour: Colour
    anchor: Anchor = "start"


@dataclass
class Drawing:
    """Shapes in the order they are painted, in units of one point on a plain screen, y downwards."""

    width: float
    height: float
    shapes: list[Box | Line | Words] = field(default_factory=list)


def to_svg(drawing: Drawing) -> bytes:
    """The drawing as SVG; words take the reader's own sans-serif font."""
    w, h = f"{drawing.width:g}", f"{drawing.height:g}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
        'font-family="Helvetica, Arial, sans-serif">',
        f'<rect width="{w}" height="{h}" fill="#ffffff"/>',
    ]
    for shape in drawing.shapes:
        match shape:
            case Box():
                edge = f' stroke="{_hex(shape.edge)}" stroke-width="0.5"' if shape.edge else ""
                parts.append(
                    f'<rect x="{shape.x:.2f}" y="{shape.y:.2f}" width="{shape.width:.2f}" '
                    f'height="{shape.height:.2f}" fill="{_hex(shape.fill)}"{edge}/>'
                )
            case Line():
                parts.append(
                    f'<line x1="{shape.x1:.2f}" y1="{shape.y1:.2f}" x2="{shape.x2:.2f}" y2="{shape.y2:.2f}" '
                    f'stroke="{_hex(shape.colour)}" stroke-width="{shape.width:g}"/>'
                )
            case Words():
                said = html.escape(shape.text, quote=False)
                parts.append(
                    f'<text x="{shape.x:.2f}" y="{shape.y + 0.35 * shape.size:.2f}" font-size="{shape.size:g}" '
                    f'fill="{_hex(shape.colour)}" text-anchor="{shape.anchor}">{said}</text>'
                )
    return "\n".join([*parts, "</svg>\n"]).encode()


def to_png(drawing: Drawing, scale: float = 2.0) -> bytes:
    """The drawing as PNG with `scale` pixels a unit. Raises NotInstalled without Pillow."""
    try:
        from PIL import Image, ImageDraw
    except ImportError as error:
        raise NotInstalled("Roll pictures need pillow, which is not installed", fix=_INSTALL) from error
    image = Image.new("RGB", (round(drawing.width * scale), round(drawing.height * scale)), (255, 255, 255))
    brush = ImageDraw.Draw(image)
    for shape in drawing.shapes:
        match shape:
            case Box():
                left, top = round(shape.x * scale), round(shape.y * scale)
                right = max(left, round((shape.x + shape.width) * scale) - 1)
                bottom = max(top, round((shape.y + shape.height) * scale) - 1)
                # An outline would swallow a box this small.
                edge = shape.edge if right - left > 2 and bottom - top > 2 else None
                brush.rectangle((left, top, right, bottom), shape.fill, edge)
            case Line():
                ends = [round(v * scale) for v in (shape.x1, shape.y1, shape.x2, shape.y2)]
                brush.line(ends, shape.colour, max(1, round(shape.width * scale)))
            case Words():
                said, font = _letters(shape.text, round(shape.size * scale))
                place = {"start": "lm", "middle": "mm", "end": "rm"}[shape.anchor]
                brush.text((shape.x * scale, shape.y * scale), said, shape.colour, font, place)
    out = BytesIO()
    image.save(out, "PNG", dpi=(round(72 * scale), round(72 * scale)))
    return out.getvalue()


_INSTALL = "pip install 'fewnotes[render]'"


def _letters(text: str, size: int) -> tuple[str, AnyFont]:
    """The text as it can be painted, and a font that has its letters.

    The font that Pillow brings knows little beyond ASCII, so other texts take a common font of this computer,
    or the one that reportlab brings; where there is neither, accents are left out.
    """
    from PIL import ImageFont

    if text.replace("·", "").isascii():
        return text, ImageFont.load_default(size)
    font = _wide_font(size)
    if font is not None:
        return text, font
    plain = unicodedata.normalize("NFKD", text)
    plain = "".join(s if s.isascii() or s == "·" else "?" for s in plain if not unicodedata.combining(s))
    return plain, ImageFont.load_default(size)


@cache
def _wide_font(size: int) -> AnyFont | None:
    from PIL import ImageFont

    names: list[str] = list(_WIDE_FONTS)
    reportlab = importlib.util.find_spec("reportlab")
    if reportlab is not None and reportlab.origin:
        names.append(str(Path(reportlab.origin).with_name("fonts") / "Vera.ttf"))
    for name in names:
        with contextlib.suppress(OSError):
            return ImageFont.truetype(name, size)
    return None


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
