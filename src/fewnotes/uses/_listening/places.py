"""Which library a person means: by its name, or by the folders of music it is made of."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from fewnotes.errors import BadInput, BadParameter
from fewnotes.files import music_paths
from fewnotes.store.library import Library, library_names, library_path, name_for

Paths = str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None


def open_library(music: Paths, name: str | None) -> tuple[Library, list[str]]:
    """The library of some music, opened, and the paths that are to be in it.

    music: a folder, file or pattern, several as a list or with commas, or the name of a library. name: of the library;
    else one is made from the paths. Raises BadParameter where neither says which, BadInput where a path is nothing.
    """
    known, paths = named(music, name)
    there(paths)  # before there is an empty library of nothing
    return Library(known, create=bool(paths)), paths


def named(music: Paths, name: str | None) -> tuple[str, list[str]]:
    """The name of the library of some music, and the paths that are to be in it. Raises BadParameter."""
    paths = paths_of(music)
    if name:
        return name, paths
    if len(paths) == 1 and is_library(paths[0]):
        return paths[0], []
    if not paths:
        known = ", ".join(library_names()[:8])
        raise BadParameter(
            "It is not said which music to look through",
            expected=f"a folder of music, or one of the libraries {known}" if known else "a folder of music",
        )
    return name_for(paths), paths


def there(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Paths as a library keeps them. Raises BadInput where one is nothing."""
    kept = []
    for path in paths:
        music_paths(path)
        whole = os.path.abspath(path)  # noqa: PTH100 - links stay as the person named them
        if not os.path.lexists(whole) and not any(sign in str(path) for sign in "*?["):
            raise BadInput(f"There is no {path}", expected="a folder or a file of music", fix="Check the path")
        kept.append(whole)
    return kept


def is_library(text: str) -> bool:
    """Whether this is the name of a library, and no path."""
    try:
        return not os.path.lexists(text) and library_path(text).exists()
    except BadParameter:
        return False


def paths_of(music: Paths) -> list[str]:
    """One path, a list of them, or several with commas between where no file is called so."""
    if music is None:
        return []
    if isinstance(music, str):
        parts = [part.strip() for part in music.split(",") if part.strip()]
        return parts if len(parts) > 1 and not os.path.lexists(music) else [music] if music else []
    return [os.fspath(music)] if isinstance(music, os.PathLike) else [os.fspath(m) for m in music]


def shown(path: str) -> str:
    """A path as a person in this folder would write it, as text that every terminal takes."""
    try:
        short = Path(path).relative_to(Path.cwd())
    except (ValueError, OSError):
        short = Path(path)
    return str(short).encode("utf-8", "replace").decode()


def left_out(path: str, reason: str) -> str:
    """A file and why it was left out."""
    return f"{shown(path)}: {reason}"
