"""Bytes to text, and a book of tunes to its tunes."""

from __future__ import annotations

import re
from typing import NamedTuple

from fewnotes.codecs import MAX_PIECES_IN_FILE
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.errors import BadInput, TooLarge

Line = tuple[int, str]
#: A line that opens with a field: a letter, a colon, and not a barline such as `d:|` or `G::`.
FIELD_LINE = re.compile(r"\s{0,8}([A-Za-z]):(?![|:])|([h-wyH-WY]):|\+:")
_MUSIC_LINE = re.compile(r"[\sA-Ga-gxzZ0-9:\[\](){}<>^_=,'/\\.~&-]*\|[\sA-Ga-gxzZ0-9|:\[\](){}<>^_=,'/\\.~&-]*")
_TUNE_LINE = re.compile(r"\s{0,8}X:")


class Tune(NamedTuple):
    """The numbered lines of one tune, how many lines of text after it were left out, and whether it holds a gap."""

    lines: list[Line]
    left_out: int = 0
    has_gap: bool = False


class Book(NamedTuple):
    header: list[Line]
    tunes: list[Tune]


def text_of(data: bytes, faults: Faults) -> str:
    """UTF-8 with or without a mark, else Latin-1; any line ends become one kind.

    Raises BadInput for bytes that are no text.
    """
    if b"\0" in data[:4096]:
        raise BadInput("This is not ABC: it holds binary data", expected="text with X: and K: lines", code="not-abc")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1").removeprefix("\xef\xbb\xbf")
        faults.add("text-latin-1", "whole file")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def split_book(text: str, faults: Faults) -> Book:
    """The lines before the first X: and the tunes.

    A tune ends at an empty line or at the next X:. An empty line before the K: line, or inside a text block,
    does not end it.
    Raises BadInput where there is no tune, TooLarge above 10,000 tunes.
    """
    lines = [(number, line.rstrip()) for number, line in enumerate(text.split("\n"), 1)]
    starts = [i for i, (_, line) in enumerate(lines) if _TUNE_LINE.match(line)]
    if not starts:
        if not any(line.lstrip().startswith("K:") for _, line in lines):
            raise BadInput(
                "This is not ABC: it has neither an X: nor a K: line",
                expected="tunes that begin with X: and have a K: line",
                code="not-abc",
            )
        faults.add("no-tune-number")
        starts = [0]
    if len(starts) > MAX_PIECES_IN_FILE:
        raise TooLarge(f"This book holds {len(starts)} tunes", expected=f"at most {MAX_PIECES_IN_FILE}")
    stops = [*starts[1:], len(lines)]
    return Book(lines[: starts[0]], [_tune(lines[a:b]) for a, b in zip(starts, stops, strict=True)])


def _tune(lines: list[Line]) -> Tune:
    """Cut at the empty line that ends the tune; music that goes on after it still belongs to it."""
    has_key = in_text = has_gap = False
    for i, (_, line) in enumerate(lines):
        bare = line.strip()
        if bare.startswith("%%begin"):
            in_text = True
        elif bare.startswith("%%end"):
            in_text = False
        elif bare.startswith("K:"):
            has_key = True
        elif not bare and has_key and not in_text:
            following = next((text for _, text in lines[i : i + 8] if text.strip()), "")
            if _MUSIC_LINE.fullmatch(following):
                has_gap = True
                continue
            left_out = sum(1 for _, text in lines[i:] if text and not text.startswith("%"))
            return Tune(lines[:i], left_out, has_gap)
    return Tune(lines, 0, has_gap)


def without_comment(line: str) -> str:
    """A line up to its comment; `\\%` is a plain per cent sign."""
    if "%" not in line:
        return line
    cut = re.search(r"(?<!\\)%", line)
    return (line[: cut.start()] if cut else line).rstrip()
