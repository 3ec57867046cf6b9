"""Scores: Piece to pages of SVG, or to a PDF.

The piece is written as MusicXML by our own codec, and engraved by verovio in a child process with limits on
time and memory, since verovio ends the whole process on some inputs. Only our own encoder's output is ever
given to it. PDF is drawn from the SVG pages by svglib and reportlab, in the same child.
"""

from __future__ import annotations

import base64
import html
import importlib.util
import json
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fewnotes.codecs import Encoded
from fewnotes.errors import NotInstalled, NotPossible, TooLarge
from fewnotes.music.piece import Notice, Piece
from fewnotes.registry import find

MAX_NOTES = 60_000
MAX_PAGES = 300
_MEGABYTES = 4096
_REFUSED = 3
_CHILD = Path(__file__).with_name("_engrave.py")
_INSTALL = "pip install 'fewnotes[render]'"

#: Measured: this many staves, with the space between them, fill an A4 page at scale 100.
_STAVES_A_PAGE = 12.4
_LARGEST_SCALE, _LEAST_FOR_TWO_SYSTEMS, _SMALLEST_SCALE = 65, 42, 12
_TITLE_FACTOR, _TITLE_LETTERS = 2.0, 64

Form = Literal["svg", "pdf"]


@dataclass(frozen=True)
class Engraved:
    """Pages as SVG texts, or one PDF, and what the score could not hold."""

    pages: tuple[bytes, ...]
    warnings: tuple[Notice, ...] = ()


def score_svg(piece: Piece) -> list[bytes]:
    """The score as SVG, one A4 page an item. See `engrave` for the errors."""
    return list(engrave(piece, "svg").pages)


def score_pdf(piece: Piece) -> bytes:
    """The score as one PDF of A4 pages. See `engrave` for the errors."""
    return engrave(piece, "pdf").pages[0]


def engrave(piece: Piece, form: Form) -> Engraved:
    """Draw the score of a piece, with what was said on the way.

    Raises NotInstalled without the render parts, NotPossible for a piece without notes or when the engraver
    crashes on it, TooLarge beyond 60,000 notes or when drawing takes too long.
    """
    _require("verovio", *(("svglib", "reportlab") if form == "pdf" else ()))
    if len(piece.notes) == 0:
        raise NotPossible("A score cannot be drawn: the piece has no notes", expected="a piece with notes")
    if len(piece.notes) > MAX_NOTES:
        raise TooLarge(
            f"A score cannot be drawn: the piece has {len(piece.notes):,} notes",
            expected=f"at most {MAX_NOTES:,} notes",
            fix="Draw some of its bars, or a roll picture (.png)",
        )
    encoded: Encoded = find("codecs", "musicxml").encode(piece)
    seconds = 60 + len(piece.notes) // 100
    answer = engrave_musicxml(encoded.data, form, title=piece.title, composer=piece.composer, seconds=seconds)
    warnings = encoded.warnings
    if answer["page_count"] > MAX_PAGES:
        cut = f"The score has {answer['page_count']} pages; the first {MAX_PAGES} were drawn"
        warnings += (Notice("pages-cut", cut),)
    if form == "pdf":
        return Engraved((base64.b64decode(answer["pdf"]),), warnings)
    return Engraved(tuple(page.encode() for page in answer["pages"]), warnings)


def engrave_musicxml(
    data: bytes, form: Form, *, title: str = "", composer: str = "", seconds: int = 60
) -> dict[str, Any]:
    """What the child process answers for MusicXML of our own making: page_count, and pages or pdf."""
    text = data.decode("utf-8")
    job = {
        "form": form,
        "seconds": seconds,
        "megabytes": _MEGABYTES,
        "max_pages": MAX_PAGES,
        "title_factor": min(_TITLE_FACTOR, max(1.0, _TITLE_FACTOR * _TITLE_LETTERS / len(title))) if title else 1.0,
        "options": {
            "inputFrom": "xml",
            "pageWidth": 2100,
            "pageHeight": 2970,
            "scaleToPageSize": True,
            "mmOutput": True,
            "scale": _scale(_count_staves(text)),
            "pageMarginTop": 220,
            "pageMarginBottom": 200,
            "pageMarginLeft": 230,
            "pageMarginRight": 220,
            "header": "encoded" if title or composer else "none",
            "footer": "none",
            "breaks": "auto",
            "bottomMarginHeader": 6,
            "xmlIdSeed": 1,
        },
    }
    done = run_child(
        [sys.executable, "-P", str(_CHILD), json.dumps(job)], _with_credits(text, title, composer), seconds
    )
    answer: dict[str, Any] = json.loads(done)
    return answer


def run_child(command: list[str], text: str, seconds: int) -> bytes:
    """Standard output of a child that is given `text`.

    Raises TooLarge past `seconds` of wall clock, NotPossible if it crashed or refused.
    """
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=seconds, check=False)  # noqa: S603 our own script
    except subprocess.TimeoutExpired:
        raise TooLarge(
            f"Drawing the score took more than {seconds} seconds and was stopped",
            fix="Draw fewer bars, or a roll picture (.png)",
            code="timeout",
        ) from None
    if done.returncode == 0:
        return done.stdout
    last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
    if last and "MemoryError" in last[0]:
        raise TooLarge("Drawing the score needs too much memory", fix="Draw fewer bars, or a roll picture (.png)")
    how = "refused the score" if done.returncode == _REFUSED else f"crashed ({_how(done.returncode)})"
    raise NotPossible(
        f"The score cannot be drawn: the engraver {how}{': ' + last[0] if last else ''}",
        fix="Write .musicxml and open it in a notation program, or draw a roll picture (.png)",
        code="engraving-failed",
    )


def _how(status: int) -> str:
    try:
        return signal.Signals(-status).name if status < 0 else f"exit status {status}"
    except ValueError:
        return f"signal {-status}"


def _require(*modules: str) -> None:
    for module in modules:
        if importlib.util.find_spec(module) is None:
            raise NotInstalled(f"Score pictures need {module}, which is not installed", fix=_INSTALL)


def _with_credits(text: str, title: str, composer: str) -> str:
    """The score with title and composer as words on its first page; verovio prints no others."""
    credits = ""
    for side, height, words in (("center", "top", title), ("right", "bottom", composer)):
        if words:
            said = html.escape(words, quote=False)
            credits += (
                f'<credit page="1"><credit-words justify="{side}" valign="{height}">{said}</credit-words></credit>'
            )
    # With a page layout in <defaults> verovio leaves out words that have no place in tenths.
    text = re.sub(r"<credit\b.*?</credit>|<defaults>.*?</defaults>", "", text, flags=re.DOTALL)
    return text.replace("<part-list", credits + "<part-list", 1)


def _scale(staves: int) -> int:
    """Percent at which two systems go on a page, or one where two would be too small to read."""
    one_system = int(100 * _STAVES_A_PAGE / max(1, staves))
    two_systems = one_system // 2
    scale = two_systems if two_systems >= _LEAST_FOR_TWO_SYSTEMS else one_system
    return max(_SMALLEST_SCALE, min(_LARGEST_SCALE, scale))


def _count_staves(text: str) -> int:
    """Staves of one system of a partwise MusicXML score."""
    parts = re.split(r"<part id=", text)[1:]
    found = (re.search(r"<staves>\s*(\d+)", part[:20_000]) for part in parts)
    return sum(int(match[1]) if match else 1 for match in found)
