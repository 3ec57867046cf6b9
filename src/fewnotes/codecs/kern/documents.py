"""A kern file as text, and the pieces in it: each with its lines and its reference records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from fewnotes.codecs import MAX_PIECES_IN_FILE
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.errors import BadInput, TooLarge

_RECORD = re.compile(r"!!!([A-Z]{3})(?:\d*)(@{0,2}[A-Za-z]*)\s*:(.*)")
_SEGMENT = "!!!!SEGMENT"
#: Lines of one piece, comments not counted.
MAX_LINES = 200_000

Split = Callable[[str], list[str]]


@dataclass
class Document:
    """Lines of one piece from its `**` header on, each with its number in the file, counted from 1."""

    lines: list[tuple[int, str]] = field(default_factory=list)
    records: dict[str, str] = field(default_factory=dict)
    segment: str = ""

    @property
    def title(self) -> str:
        name = self.records.get("OTL") or self.records.get("OPR") or self.records.get("GTL") or ""
        return name or self.segment.removesuffix(".krn")

    @property
    def composer(self) -> str:
        return self.records.get("COM", "")


def text_of(data: bytes, log: FaultLog) -> str:
    """The characters of a file: UTF-8, UTF-16 where a mark says so, else Latin-1 with a Notice."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        log.add("latin-1")
        text = data.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(text: str) -> Iterator[str]:
    """Lines one by one: a list of millions of short ones would take more memory than the text."""
    start = 0
    while start <= len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield text[start:end]
        start = end + 1


def documents(text: str) -> list[Document]:
    """The pieces of a file: a new one begins at every line of `**` headers, and after `!!!!SEGMENT`.

    Raises BadInput if there is no `**kern` header, TooLarge if there are too many pieces.
    """
    found: list[Document] = []
    current = Document()
    loose: dict[str, str] = {}
    for number, line in enumerate(_lines(text), start=1):
        if line.startswith("!"):
            if line.startswith(_SEGMENT) and (current.lines or not found):
                current = _next(found, current, loose)
                current.segment = line[len(_SEGMENT) :].lstrip(": ").strip()[:200]
            _record(line, loose)
        elif not line or line.isspace():
            continue
        elif line.startswith("**") and all(t.startswith("**") for t in line.split()):
            if current.lines:
                before, loose = loose, {}
                current = _next(found, current, {})
                loose = before
            current.records |= loose
            loose = {}
            current.lines.append((number, line))
        elif current.lines:
            _commit(current, loose)
            current.lines.append((number, line))
            if len(current.lines) > MAX_LINES:
                raise TooLarge("The piece is too long", expected=f"at most {MAX_LINES:,} lines")
    _next(found, current, loose)
    kern = [document for document in found if "**kern" in document.lines[0][1]]
    if not kern:
        raise BadInput(
            "There is no **kern spine in it",
            expected="Humdrum text with a line that begins with **kern",
            fix="Check that the file is a kern score",
        )
    return kern


def _next(found: list[Document], current: Document, loose: dict[str, str]) -> Document:
    """Put away the current piece, with the records after its last line, and begin another."""
    if not current.lines:
        return current
    _commit(current, loose)
    if len(found) >= MAX_PIECES_IN_FILE:
        raise TooLarge("The file holds too many pieces", expected=f"at most {MAX_PIECES_IN_FILE:,}")
    found.append(current)
    return Document()


def _commit(document: Document, loose: dict[str, str]) -> None:
    for key, value in loose.items():
        document.records.setdefault(key, value)
    loose.clear()


def _record(line: str, loose: dict[str, str]) -> None:
    match = _RECORD.match(line[:2000])
    if match and match.group(1) in ("OTL", "OPR", "GTL", "COM"):
        value = "".join(ch for ch in " ".join(match.group(3).split()) if ch.isprintable())[:500]
        if value:
            loose.setdefault(match.group(1), value)


def splitter(header: str, log: FaultLog) -> Split:
    """How lines part into columns: at tabs, or at runs of spaces in a file that lost its tabs."""
    if "\t" in header or len(header.split()) < 2:
        return lambda line: line.split("\t")
    log.add("spaces-for-tabs")
    gap = re.compile(r"\t| {2,}") if "  " in header.strip() else re.compile(r"[ \t]+")
    return lambda line: gap.split(line.strip())
