"""The child process that draws scores: MusicXML on standard input, pages or a PDF on standard output.

Run as a script, never imported: it knows nothing of fewnotes, so that it starts fast and loads only what it
needs. It stands in a process of its own because the engraver ends the whole process on some inputs.

    python _engrave.py '{"form": "svg", "seconds": 60, "megabytes": 4096, "max_pages": 300,
                         "title_factor": 2, "options": {...}}'

Standard output: a JSON object with "pages" (SVG texts), or with "pdf" (base64), and "page_count".
Exit status 3: the engraver refused the score.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

#: A node of the XML library, which is loaded only where a PDF is asked for.
Element = Any
REFUSED = 3
_A4_POINTS = (595.276, 841.890)
_SVG = "{http://www.w3.org/2000/svg}"
_MUSIC_FONT = "Leipzig"
_FIRST_MUSIC_SIGN, _LAST_MUSIC_SIGN = "\ue000", "\uf8ff"
_EM = 1000
#: Looked for, in this order, when a text has signs beyond the fonts that every PDF reader has.
_WIDE_FONTS = (
    "LiberationSerif-Regular.ttf",
    "times.ttf",
    "Times New Roman.ttf",
    "DejaVuSerif.ttf",
    "NotoSerif-Regular.ttf",
    "Vera.ttf",
)


def limit(seconds: int, megabytes: int) -> None:
    """Ask the system to end this process past these limits, where the system has such limits."""
    try:
        import resource
    except ImportError:
        return
    size = megabytes * 2**20
    for kind, value in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, size), (resource.RLIMIT_CORE, 0)):
        try:
            _, hard = resource.getrlimit(kind)
            resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))
        except (ValueError, OSError):
            continue


def claim_output() -> BinaryIO:
    """A private copy of standard output; what libraries print goes to standard error instead."""
    private = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return private


def draw_pages(musicxml: str, options: dict[str, Any], max_pages: int) -> tuple[list[str], int]:
    """SVG of the first `max_pages` pages, and how many there are; none if the engraver refused the score."""
    import verovio

    verovio.enableLog(verovio.LOG_ERROR)
    toolkit = verovio.toolkit()
    toolkit.setOptions(options)
    if not toolkit.loadData(musicxml):
        return [], 0
    count = toolkit.getPageCount()
    return [toolkit.renderToSVG(number) for number in range(1, min(count, max_pages) + 1)], count


def enlarge_title(page: str, factor: float) -> str:
    """The page with the first line of its header in larger letters: the engraver takes no sizes from MusicXML."""
    at = page.find('class="pgHead')
    if at < 0 or factor == 1:
        return page
    return page[:at] + re.sub(
        r'font-size="([1-9]\d*)px"', lambda size: f'font-size="{int(size[1]) * factor:.0f}px"', page[at:], count=1
    )


def pages_to_pdf(pages: list[str]) -> bytes:
    """One PDF of A4 pages, each drawing scaled to the page box."""
    from reportlab import rl_config
    from reportlab.graphics import renderPDF
    from reportlab.pdfgen.canvas import Canvas
    from svglib.svglib import svg2rlg

    rl_config.shapeChecking = 0  # our own drawings: checking every value of every shape takes a third of the time
    out = BytesIO()
    width, height = _A4_POINTS
    canvas = Canvas(out, pagesize=_A4_POINTS, invariant=1, pageCompression=1)
    for page in pages:
        drawing = svg2rlg(StringIO(plain_svg(page)))
        factor = min(width / drawing.width, height / drawing.height)
        drawing.scale(factor, factor)
        renderPDF.draw(drawing, canvas, 0, height - factor * drawing.height)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def plain_svg(page: str) -> str:
    """The same page in the part of SVG that svglib draws right: no inner <svg>, no embedded music font."""
    root = _etree().fromstring(page.encode())
    inner = root.find(f"{_SVG}svg")
    if inner is not None:
        root.set("viewBox", inner.attrib.pop("viewBox"))
        inner.tag = f"{_SVG}g"
    root[:] = _plain_children(root)
    return str(_etree().tostring(root, encoding="unicode"))


def _plain_children(parent: Element) -> list[Element]:
    """What a group draws: words laid out, and groups that only give names dissolved, as nesting costs svglib time."""
    plain: list[Element] = []
    for child in parent:
        if child.tag in (f"{_SVG}title", f"{_SVG}style", f"{_SVG}desc"):
            continue
        if child.tag == f"{_SVG}text":
            plain.extend(lay_out(child))
            continue
        if child.tag == f"{_SVG}g":
            child[:] = _plain_children(child)
            if not set(child.attrib) - {"id", "class"} and not parent.tag.endswith("defs"):
                plain.extend(child)
                continue
        plain.append(child)
    return _merged(plain)


def _merged(shapes: list[Element]) -> list[Element]:
    """The same shapes, those of one style in one path: the page is black on white, so order does not show."""
    kept: list[Element] = []
    of_style: dict[tuple[tuple[str, str], ...], Element] = {}
    for shape in shapes:
        if shape.tag != f"{_SVG}path" or "transform" in shape.attrib:
            kept.append(shape)
            continue
        style = tuple(sorted((k, v) for k, v in shape.attrib.items() if k not in ("d", "id", "class")))
        if style in of_style:
            first = of_style[style]
            first.set("d", f"{first.get('d')} {shape.get('d')}")
        else:
            of_style[style] = shape
            kept.append(shape)
    return kept


class Run(NamedTuple):
    """Characters in one font. `x`, `y`: where a new line of text starts, or None to follow what is before."""

    text: str
    style: dict[str, str]
    x: float | None
    y: float | None


def lay_out(text: Element) -> list[Element]:
    """A <text> of nested lines and fonts, as one placed <text> or group of <path> a run.

    svglib takes no positions from nested <tspan>, and the music font is none that a PDF may count on.
    """
    drawn: list[Element] = []
    x = y = 0.0
    for line in _lines(list(_runs(text, {}, None, None))):
        x = line[0].x if line[0].x is not None else x
        y = line[0].y if line[0].y is not None else y
        anchor = line[0].style.get("text-anchor", "start")
        total = sum(_width(run) for run in line)
        x -= {"middle": total / 2, "end": total}.get(anchor, 0.0)
        for run in line:
            drawn.append(_draw(run, x, y))
            x += _width(run)
    return drawn


def _runs(node: Element, style: dict[str, str], x: float | None, y: float | None) -> Iterator[Run]:
    names = ("font-family", "font-size", "font-weight", "font-style", "text-anchor")
    style = {**style, **{name: node.attrib[name] for name in names if name in node.attrib}}
    x = float(node.attrib["x"]) if "x" in node.attrib else x
    y = float(node.attrib["y"]) if "y" in node.attrib else y
    content = node.text or ""
    if content.strip() or (content and "\n" not in content):
        yield Run(content, style, x, y)
        x = y = None
    for child in node:
        for run in _runs(child, style, x, y):
            yield run
            x = y = None


def _lines(runs: list[Run]) -> list[list[Run]]:
    lines: list[list[Run]] = []
    for run in runs:
        if run.x is not None or run.y is not None or not lines:
            lines.append([])
        lines[-1].append(run)
    return lines


def _is_music(text: str) -> bool:
    return any(_FIRST_MUSIC_SIGN <= sign <= _LAST_MUSIC_SIGN for sign in text)


def _size(run: Run) -> float:
    return float(run.style.get("font-size", "0").removesuffix("px"))


def _width(run: Run) -> float:
    from reportlab.pdfbase.pdfmetrics import stringWidth

    if _is_music(run.text):
        return sum(_sign(sign)[1] for sign in run.text) * _size(run) / _EM
    return float(stringWidth(*_printable(run), _size(run)))


def _printable(run: Run) -> tuple[str, str]:
    """The text as it can be printed, and the name of the font that can."""
    bold, italic = run.style.get("font-weight") == "bold", run.style.get("font-style") == "italic"
    name = "Times-" + (("Bold" if bold else "") + ("Italic" if italic else "") or "Roman")
    try:
        run.text.encode("cp1252")
    except UnicodeEncodeError:
        wide, signs = _font_for(run.text)
        if wide:
            return "".join(sign if sign in signs else "?" for sign in run.text), wide
        return unicodedata.normalize("NFKD", run.text).encode("cp1252", "ignore").decode("cp1252"), name
    return run.text, name


@cache
def _font_for(text: str) -> tuple[str, frozenset[str]]:
    """The known font of this computer that has most of the text, and the signs it has; "" without any."""
    from reportlab.pdfbase.ttfonts import TTFError, TTFont
    from svglib.fonts import register_font

    best, covered = None, frozenset[str]()
    for file in _WIDE_FONTS:
        try:
            font = TTFont(file.removesuffix(".ttf"), file)
        except TTFError:
            continue
        signs = frozenset(sign for sign in text if ord(sign) in font.face.charToGlyph)
        if len(signs) > len(covered):
            best, covered = font, signs
    if best is None:
        return "", covered
    register_font(best.fontName, best.face.filename)
    return str(best.fontName), covered


def _draw(run: Run, x: float, y: float) -> Element:
    if not _is_music(run.text):
        text, font = _printable(run)
        indent = _width(run._replace(text=text[: len(text) - len(text.lstrip())]))
        style = {name: value for name, value in run.style.items() if name != "text-anchor"}
        if not font.startswith("Times-"):
            style = {"font-family": font, "font-size": style["font-size"]}
        drawn = _etree().Element(f"{_SVG}text", {**style, "x": f"{x + indent:.1f}", "y": f"{y:.1f}"})
        drawn.text = text.strip()
        return drawn
    drawn = _etree().Element(f"{_SVG}g")
    scale = _size(run) / _EM
    for sign in run.text:
        outline, advance = _sign(sign)
        place = f"translate({x:.1f},{y:.1f}) scale({scale:.4f},{-scale:.4f})"
        _etree().SubElement(drawn, f"{_SVG}path", {"transform": place, "d": outline})
        x += advance * scale
    return drawn


def _etree() -> Any:
    """The XML library that svglib stands on."""
    return importlib.import_module("lxml.etree")


@cache
def _sign(sign: str) -> tuple[str, float]:
    """Outline of a music sign and its advance in thousandths of an em, from the engraver's own font."""
    code = f"{ord(sign):04X}"
    outline = _font_folder() / _MUSIC_FONT / f"{code}.xml"
    if not outline.is_file():
        return "", 0.0
    path = _etree().parse(str(outline)).getroot().find("path")
    return (path.attrib["d"] if path is not None else ""), _advances().get(code, 0.0)


@cache
def _advances() -> dict[str, float]:
    table = _etree().parse(str(_font_folder() / f"{_MUSIC_FONT}.xml")).getroot()
    return {sign.attrib["c"]: float(sign.attrib.get("h-a-x", 0)) for sign in table.iter("g")}


@cache
def _font_folder() -> Path:
    import verovio

    return Path(verovio.__file__).parent / "data"


def main() -> int:
    """Do the one job; the exit status says how it went."""
    job = json.loads(sys.argv[1])
    limit(job["seconds"], job["megabytes"])
    output = claim_output()
    pages, count = draw_pages(sys.stdin.buffer.read().decode("utf-8"), job["options"], job["max_pages"])
    # What it cannot read the engraver may also draw as an empty page.
    if not any('class="staff"' in page for page in pages):
        return REFUSED
    pages[0] = enlarge_title(pages[0], job["title_factor"])
    answer: dict[str, Any] = {"page_count": count}
    if job["form"] == "pdf":
        answer["pdf"] = base64.b64encode(pages_to_pdf(pages)).decode("ascii")
    else:
        answer["pages"] = pages
    with output:
        output.write(json.dumps(answer).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
