"""Music of your own with labels: a folder of folders, or a CSV with a path and a label column.

These are the two layouts that data sets for download have. What is added is noted in the store; the music
stays where it is.
"""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadInput, BadParameter, FewnotesError, StoreError
from fewnotes.files import music_paths
from fewnotes.meta.rows import Row
from fewnotes.meta.sources.books import tunes
from fewnotes.store import home_folder

_LABELS = ("style", "label", "genre", "composer", "canonical_composer", "class", "artist", "category")
_PATHS = ("path", "file", "filename", "file_name", "file_path", "midi_filename", "midi", "filepath")
_SNIFF_ROWS = 50
_MAX_LINES = 5_000_000


def added_file() -> Path:
    """Where the list of added corpora lies."""
    return home_folder() / "corpora.json"


def added() -> list[dict[str, str]]:
    """What was added: name, path and label column of each. Raises StoreError if the list cannot be read."""
    path = added_file()
    if not path.exists():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [{k: str(item[k]) for k in ("name", "path", "label")} for item in found]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StoreError(
            f"{path} is damaged", expected="a list of added corpora", fix="Delete it and add the corpora again"
        ) from error


def add(target: str, label: str | None = None) -> tuple[str, list[Row]]:
    """Note a folder of folders or a CSV, after a look at what is in it; returns its name and its rows.

    Raises BadInput if there is no music in it, BadParameter if the label column is not clear.
    """
    path = Path(target).expanduser().resolve()
    if not path.exists():
        raise BadInput(f"There is no {target}", expected="a folder of folders, or a CSV", fix="Check the path")
    known = [item for item in added() if Path(item["path"]) != path]
    name = _free_name(path.stem if path.is_file() else path.name, {item["name"] for item in known})
    item = {"name": name, "path": str(path), "label": label or ""}
    found = rows_of(item)
    write_atomic(added_file(), json.dumps([*known, item], indent=1, ensure_ascii=False).encode())
    return name, found


def rows() -> list[Row]:
    """Rows of everything that was added and is still there."""
    found: list[Row] = []
    for item in added():
        if Path(item["path"]).exists():
            found += rows_of(item)
    return found


def missing() -> list[str]:
    """Paths that were added and are gone."""
    return [item["path"] for item in added() if not Path(item["path"]).exists()]


def rows_of(item: dict[str, str]) -> list[Row]:
    """Rows of one added corpus. Raises BadInput or BadParameter."""
    path = Path(item["path"])
    pairs = _by_table(path, item["label"]) if path.is_file() else _by_folder(path)
    found: list[Row] = []
    root = path if path.is_dir() else path.parent
    for file, style, line in pairs:
        inside = file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
        key = f"{item['name']}/{inside}"
        facts: dict[str, Any] = {
            "style": style,
            "source": item["name"],
            "path": file,
            "composer": line.get("composer", "") or line.get("canonical_composer", ""),
            "licence": line.get("licence", "") or line.get("license", "") or "not stated",
        }
        book = tunes(file) if file.suffix.lower() == ".abc" else []
        if len(book) < 2:
            found.append(Row(key=key, title=line.get("title", "") or file.stem, **facts))
        else:
            found += [Row(key=f"{key}#{t.number}", part=t.text, title=t.fields.get("T", ""), **facts) for t in book]
    return found


def unlabelled(target: str, label: str | None = None) -> list[tuple[str, str]]:
    """What of a corpus that can be added has no label, by name, and why: it is left out of its rows."""
    path = Path(target).expanduser().resolve()
    if path.is_dir():
        loose = [file for file in music_paths([path]) if file.parent == path]
        return [(file.name, "lies in no folder, so it has no label") for file in loose]
    lines = _lines(path)
    column, label = _columns(path, lines, label or "")
    return [
        (line[column] or f"line {number}", f"has no {label}" if line[column] else "names no file")
        for number, line in enumerate(lines, 2)
        if not (line[column] and line[label].strip())
    ]


def label_file(target: str) -> str:
    """The one CSV that lies in a folder and may hold the labels; "" if there is none or more than one."""
    path = Path(target).expanduser()
    found = sorted(path.glob("*.csv")) if path.is_dir() else []
    return str(found[0]) if len(found) == 1 else ""


def _by_folder(path: Path) -> list[tuple[Path, str, dict[str, str]]]:
    """One style a folder directly below; files that lie beside them have no label and are an error of layout."""
    try:
        files = music_paths([path])
    except FewnotesError as error:
        raise BadInput(f"There is no music in {path}", expected="one folder a style, music files in them") from error
    pairs: list[tuple[Path, str, dict[str, str]]] = []
    for file in files:
        parts = file.relative_to(path).parts
        if len(parts) > 1:
            pairs.append((file, parts[0], {}))
    if not pairs:
        raise BadInput(
            f"The {len(files)} files in {path.name} lie in no folders, so none has a label",
            expected="one folder a style, or a CSV with a path and a label column",
            fix="Put the files of each style into a folder of its own, or add the CSV",
        )
    return pairs


def _by_table(path: Path, label: str) -> list[tuple[Path, str, dict[str, str]]]:
    """One piece a line of a CSV; paths count from the folder that the CSV lies in."""
    lines = _lines(path)
    column, label = _columns(path, lines, label)
    return [(path.parent / line[column], line[label].strip(), line) for line in lines
            if line[column] and line[label].strip()]  # fmt: skip


def _columns(path: Path, lines: list[dict[str, str]], label: str) -> tuple[str, str]:
    """The columns of paths and of labels. Raises BadInput or BadParameter."""
    columns = list(lines[0])
    label = label or next((c for c in columns if c.lower() in _LABELS), "")
    if label not in columns:
        raise BadParameter(
            f"{path.name} has no column {label!r}" if label else f"It is not clear which column of {path.name} labels",
            expected=f"one of {', '.join(columns)}",
            fix=f"fewnotes corpus add {path.name} --label COLUMN",
        )
    return _path_column(path.parent, lines, [c for c in columns if c != label]), label


def _lines(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
            sample = file.read(8192)
            file.seek(0)
            first = sample.partition("\n")[0]
            separator = max(",;\t", key=first.count)
            lines = []
            for line in csv.DictReader(file, delimiter=separator):
                lines.append({(k or "").strip(): (v or "") for k, v in line.items() if isinstance(v, str) or v is None})
                if len(lines) > _MAX_LINES:
                    raise BadInput(f"{path.name} has more than {_MAX_LINES:,} lines", fix="Split it")
    except (OSError, csv.Error) as error:
        raise BadInput(
            f"{path.name} cannot be read as a CSV: {error}", expected="lines of values and a header"
        ) from error
    if not lines:
        raise BadInput(f"{path.name} holds no lines", expected="a header and one line a piece")
    return lines


def _path_column(root: Path, lines: list[dict[str, str]], columns: list[str]) -> str:
    """The column most of whose values are files; a well-known name decides between equals. Raises BadInput."""

    def hits(column: str) -> int:
        values = [line.get(column, "") for line in lines[:_SNIFF_ROWS]]
        return sum(bool(v) and len(v) < 1000 and "\0" not in v and (root / v).is_file() for v in values)

    best = max(columns, key=lambda c: (hits(c), c.lower() in _PATHS), default="")
    if not best or hits(best) == 0:
        raise BadInput(
            "No column of this CSV names files that are there",
            expected="paths that count from the folder of the CSV",
            fix="Unpack the music beside the CSV, or correct the paths",
        )
    return best


def _free_name(wanted: str, taken: set[str]) -> str:
    base = re.sub(r"[^A-Za-z0-9_.-]+", "-", wanted).strip("-.") or "corpus"
    taken = taken | {"shared", "music21"}
    names = [base, *(f"{base}-{i}" for i in range(2, len(taken) + 3))]
    return next(n for n in names if n not in taken)
