"""The Humdrum side of a kern file: lines, spines and their paths, as rows of what matters to music.

A spine is a column that begins at a `**` header; spine paths (`*^ *v *x *+ *-`) split, join, exchange, add and end
columns. The result is a list of `Row`, in the order of lines, each naming the columns it speaks of. Time is not
known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from fewnotes.codecs import MAX_NOTES, MAX_TRACKS
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.tokens import Cell, read_cell
from fewnotes.errors import TooLarge

_MAX_CELLS = 600_000
_MAX_ROWS = 250_000
_MAX_TOKEN = 2000
_MAX_COLUMNS = 4096
_PATHS = frozenset(("*^", "*v", "*x", "*+", "*-"))
_STYLE = re.compile(r"[:|!]+")


class Column:
    """One column at one time: a spine, or one voice of a spine that was split. `end_tick` belongs to `timing`."""

    __slots__ = ("end_tick", "form", "spine", "voice")

    def __init__(self, spine: int, form: str, voice: int = 1) -> None:
        self.spine = spine
        self.form = form
        self.voice = voice
        self.end_tick = -1

    @property
    def is_kern(self) -> bool:
        return self.form == "**kern"


class Barline(NamedTuple):
    is_numbered: bool
    ends_repeat: bool
    starts_repeat: bool


class Data(NamedTuple):
    """A line of notes: what is new in it, as (column, index into `SpineReader.cells`)."""

    line: int
    cells: Sequence[tuple[Column, int]]


class Bar(NamedTuple):
    line: int
    barline: Barline


class Tandem(NamedTuple):
    """A line of interpretations, as (spine, text)."""

    line: int
    texts: Sequence[tuple[int, str]]


class Path(NamedTuple):
    """From here on `columns` take the place of `sources`."""

    columns: Sequence[Column]
    sources: Sequence[Column]


Row = Data | Bar | Tandem | Path


class SpineReader:
    """Takes the lines of one piece and keeps the rows. Raises TooLarge when a cap is reached."""

    def __init__(self, log: FaultLog) -> None:
        self.rows: list[Row] = []
        self.cells: list[Cell] = []
        self.spine_count = 0
        self.has_ended = False
        self._log = log
        self._columns: list[Column] = []
        self._cell_index: dict[str, int] = {}
        self._cell_count = 0
        self._note_count = 0
        self._first_text: list[str] = []

    def header(self, tokens: Sequence[str]) -> None:
        """The line of exclusive interpretations (`**kern`, `**text` ...) that begins a piece."""
        if len(tokens) > _MAX_COLUMNS or sum(t == "**kern" for t in tokens) > MAX_TRACKS:
            raise TooLarge(f"The file has {len(tokens):,} spines", expected=f"at most {MAX_TRACKS:,} **kern spines")
        self._columns = [Column(i, _form(token)) for i, token in enumerate(tokens)]
        self.spine_count = len(tokens)
        others = dict.fromkeys(t for t in tokens if _form(t) != "**kern")
        if others:
            self._log.add("spines-not-read", detail=", ".join(others)[:100])

    def feed(self, line: int, tokens: list[str]) -> None:
        """One line after the header, split at its tabs; comments are left out by the caller."""
        if len(self.rows) > _MAX_ROWS or self._cell_count > _MAX_CELLS or self._note_count > MAX_NOTES:
            raise TooLarge("The piece is too long", expected=f"at most {MAX_NOTES:,} notes and {_MAX_ROWS:,} lines")
        tokens = self._fit(line, tokens)
        first = tokens[0]
        if first.startswith("="):
            self._one_kind(line, tokens, "=")
            self.rows.append(Bar(line, _barline(first)))
        elif any(t.startswith("*") for t in tokens):
            self._one_kind(line, tokens, "*")
            self._interpret(line, tokens)
        else:
            self._data(line, tokens)

    def _one_kind(self, line: int, tokens: list[str], sign: str) -> None:
        if any(t not in ("", ".") and t[0] != sign for t in tokens):
            self._log.add("mixed-line", line)

    def _fit(self, line: int, tokens: list[str]) -> list[str]:
        """Exactly one token a column, none of them endless."""
        count = len(self._columns)
        if max(map(len, tokens)) > _MAX_TOKEN:
            self._log.add("long-token", line)
            tokens = [token[:_MAX_TOKEN] for token in tokens]
        if len(tokens) == count:
            return tokens
        null = tokens[0][0] if tokens[0][:1] in ("*", "=", "!") else "."
        null = tokens[0] if null == "=" else null
        if len(tokens) > count:
            filled = [t for t in tokens if t]
            if len(filled) == count:
                return filled
            self._log.add("too-many-columns", line)
            return tokens[:count]
        self._log.add("too-few-columns", line)
        return tokens + [null] * (count - len(tokens))

    def _data(self, line: int, tokens: list[str]) -> None:
        cells: list[tuple[Column, int]] = []
        for column, token in zip(self._columns, tokens, strict=True):
            if column.form != "**kern" or token in (".", ""):
                continue
            index = self._cell_index.get(token)
            if index is None:
                index = len(self.cells)
                self._cell_index[token] = index
                self.cells.append(read_cell(token))
            cell = self.cells[index]
            for fault in cell.faults:
                self._log.add(fault, line, token[:20] if fault in ("bad-note", "bad-duration") else "")
            if cell.notes or cell.quarters:
                cells.append((column, index))
                self._note_count += len(cell.notes)
        if cells:
            self._cell_count += len(cells)
            self.rows.append(Data(line, cells))

    def _interpret(self, line: int, tokens: list[str]) -> None:
        if any(t.startswith("**") for t in tokens):
            for column, token in zip(self._columns, tokens, strict=True):
                column.form = _form(token) if token.startswith("**") else column.form
        texts = [
            (column.spine, token)
            for column, token in zip(self._columns, tokens, strict=True)
            if len(token) > 1 and token[0] == "*" and token[1] != "*" and column.form == "**kern"
        ]
        plain = [(spine, token) for spine, token in texts if token not in _PATHS]
        if plain:
            self._cell_count += len(plain)
            self.rows.append(Tandem(line, plain))
        if any(t in _PATHS for t in tokens):
            self._move(line, tokens)

    def _move(self, line: int, tokens: list[str]) -> None:
        """Apply spine paths; what cannot be done leaves its column as it was."""
        columns, after, i = self._columns, list[Column](), 0
        exchanged = [k for k, text in enumerate(tokens) if text == "*x"]
        if len(exchanged) == 2:
            a, b = exchanged
            columns[a], columns[b] = columns[b], columns[a]
        elif exchanged:
            self._log.add("spine-path", line)
        while i < len(columns):
            column, path = columns[i], tokens[i]
            i += 1
            if path == "*-":
                continue
            if path == "*^":
                after += self._go_on([column], 2)
            elif path == "*v":
                group = [column]
                while i < len(columns) and tokens[i] == "*v" and columns[i].spine == column.spine:
                    group.append(columns[i])
                    i += 1
                if len(group) == 1:
                    self._log.add("spine-path", line)
                after += self._go_on(group, 1) if len(group) > 1 else [column]
            elif path == "*+":
                after += [column, Column(self.spine_count, "")]
                self.spine_count += 1
                self._log.add("untyped-spine", line)
            else:
                after.append(column)
        if len(after) > _MAX_COLUMNS:
            raise TooLarge(f"The file has {len(after):,} columns", expected=f"at most {_MAX_COLUMNS:,}")
        self._columns = self._number_voices(after)
        self.has_ended = not after

    def _go_on(self, sources: list[Column], count: int) -> list[Column]:
        columns = [Column(sources[0].spine, sources[0].form, 0) for _ in range(count)]
        self.rows.append(Path(columns, sources))
        return columns

    def _number_voices(self, columns: list[Column]) -> list[Column]:
        """Voices of a spine count from 1, the left first. A column that gets another number goes on as a new one."""
        seen: dict[int, int] = {}
        for i, column in enumerate(columns):
            voice = min(255, seen.get(column.spine, 0) + 1)
            seen[column.spine] = voice
            if column.voice == 0:
                column.voice = voice
            elif column.voice != voice:
                columns[i] = Column(column.spine, column.form, voice)
                self.rows.append(Path([columns[i]], [column]))
        return columns


def _form(token: str) -> str:
    return token.strip()


def _barline(token: str) -> Barline:
    """`=12:|!`: numbered, ends a repeat. Colons before the strokes end one, colons behind begin one."""
    is_numbered = any(sign.isdigit() for sign in token)
    match = _STYLE.search(token)
    style = match.group() if match else ""
    strokes = style.strip(":")
    if not strokes:
        return Barline(is_numbered, False, False)
    middle = ":" in strokes
    return Barline(is_numbered, style[0] == ":" or middle, style[-1] == ":" or middle)
