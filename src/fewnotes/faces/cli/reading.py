"""From what was typed to what a use takes: files to pieces, names to styles; with what went wrong on the way."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fewnotes.codecs import MAX_FILE_BYTES
from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput, BadParameter, FewnotesError, StyleNotFound, TooLarge
from fewnotes.music.piece import Piece
from fewnotes.registry import find, names
from fewnotes.uses import Kind, Result, Use, params, use_class

_STYLE_SUFFIX = ".style"


@dataclass
class Intake:
    """What reading found beside the pieces. warnings: (file, message). skipped: (file, reason).

    source: the name of the one file that was read, without folder and suffix; empty for several, and for stdin.
    """

    repeats: bool = True
    progress: Progress = no_progress
    warnings: list[tuple[str, str]] = field(default_factory=list)
    skipped: list[tuple[str, FewnotesError]] = field(default_factory=list)
    source: str = ""


def values_for(use: type[Use], given: dict[str, Any], intake: Intake) -> dict[str, Any]:
    """The parameters of a use, read from files and the store; what is None stays None."""
    readers: dict[Kind, Callable[[Any, Intake], Any]] = {
        Kind.PIECE: _piece,
        Kind.PIECES: _pieces,
        Kind.STYLE: lambda text, _: _style(text),
        Kind.MUSIC: _music,
    }
    found = {}
    for name, spec in params(use).items():
        value = given[name]
        found[name] = readers[spec.kind](value, intake) if value is not None and spec.kind in readers else value
    return found


def _piece(text: str, intake: Intake) -> Piece:
    pieces = _pieces([text], intake)
    if len(pieces) > 1:
        raise BadParameter(
            f"{text} holds {len(pieces)} pieces",
            expected="a file with one piece",
            fix="Write each to a file of its own first",
        )
    return pieces[0]


def _pieces(texts: Sequence[str], intake: Intake) -> list[Piece]:
    """All pieces of files, folders and patterns. One file that fails raises; several that fail are left out."""
    from fewnotes.files import music_paths, read_each

    with tempfile.TemporaryDirectory(prefix="fewnotes-") as folder:
        paths = music_paths([_stdin(folder) if text == "-" else text for text in texts])
        intake.source = _bare_name(paths[0]) if len(paths) == 1 and texts[0] != "-" else ""
        found: list[Piece] = []
        for done, (path, result) in enumerate(read_each(paths, repeats=intake.repeats)):
            intake.progress(done, len(paths), "Reading")
            if isinstance(result, FewnotesError):
                if len(paths) == 1:
                    raise result
                intake.skipped.append((str(path), result))
                continue
            found += result
            intake.warnings += [(path.name, str(notice)) for piece in result for notice in piece.warnings]
    if not found:
        reason = intake.skipped[0][1].what if intake.skipped else "they hold no music"
        raise BadInput(f"None of {len(paths)} files could be read: {reason}", expected="music files")
    return found


def _bare_name(path: Path) -> str:
    """The name of a file without its suffix, that of compression included."""
    name = path.name.removesuffix(".gz")
    return name[: -len(Path(name).suffix)] if Path(name).suffix else name


def _stdin(folder: str) -> str:
    """Standard input as a file in a private folder, so that it is read with the same care."""
    data = sys.stdin.buffer.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge("stdin is too large", expected=f"at most {MAX_FILE_BYTES // 2**20} MiB")
    path = Path(folder) / "stdin"
    path.write_bytes(data)
    return str(path)


def _style(text: str) -> Any:
    from fewnotes.store import load_style

    if Path(text).is_file() and not text.endswith(_STYLE_SUFFIX):
        raise StyleNotFound(
            f"{text} is a file, but no style",
            expected="the name of a style, or a .style file",
            fix=_learning(text),
        )
    return load_style(text)


def _learning(text: str) -> str:
    """The command that makes a style of a file, whatever the use is called."""
    makers = [name for name in names("uses") if use_class(find("uses", name)).result is Result.STYLE]
    return " or ".join(f"fewnotes {name} {text} --name NAME" for name in makers) + " makes a style of it"


def _music_suffixes() -> set[str]:
    return {suffix for name in names("codecs") for suffix in find("codecs", name).SUFFIXES}


def _music(text: str, intake: Intake) -> Any:
    """A piece where there is such a file, else a style."""
    path = Path(text)
    is_path = path.is_file() or "/" in text or "\\" in text or path.suffix.lower() in _music_suffixes()
    if text == "-" or (is_path and not path.is_dir() and not text.endswith(_STYLE_SUFFIX)):
        return _piece(text, intake)
    try:
        return _style(text)
    except StyleNotFound as error:
        if not path.is_dir():
            raise
        raise BadParameter(f"{text} is a folder", expected="a music file or a style", fix=_learning(text)) from error
