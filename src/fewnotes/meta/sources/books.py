"""Books of tunes in ABC, cut into their tunes: one that cannot be read costs no other, and each has its own label.

Cutting is a matter of lines that begin with X:; reading the notes is left to the codec.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from fewnotes.codecs import MAX_FILE_BYTES

_FIELD = re.compile(r"\s{0,8}([A-Za-z]):(?![|:])\s*(.*)")
_START = re.compile(r"\s{0,8}X:")


class TuneText(NamedTuple):
    """number: its place in the book, from 1. text: the lines of the tune, those before the first tune in front.

    fields: the first value of each header field, by its letter.
    """

    number: int
    text: str
    fields: dict[str, str]


def tunes(path: Path) -> list[TuneText]:
    """The tunes of an ABC file; none if it cannot be opened, is too large, or holds no X: line."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return []
        data = path.read_bytes()
    except OSError:
        return []
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    starts = [i for i, line in enumerate(lines) if _START.match(line)]
    head = lines[: starts[0]] if starts else []
    stops = [*starts[1:], len(lines)]
    found = []
    for number, (a, b) in enumerate(zip(starts, stops, strict=True), 1):
        body = lines[a:b]
        found.append(TuneText(number, "\n".join([*head, *body]), _fields(body)))
    return found


def _fields(lines: list[str]) -> dict[str, str]:
    """Header fields up to and with the first K: line."""
    found: dict[str, str] = {}
    for line in lines:
        match = _FIELD.match(line)
        if match and match[2].strip():
            found.setdefault(match[1], match[2].strip())
        if match and match[1] == "K":
            break
    return found
