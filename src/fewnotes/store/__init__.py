"""Where styles live: save, load, list, show, remove, rename, verify. No guessing, nothing overwritten.

    $FEWNOTES_HOME, else the user data folder
      styles/<slug>/v0001.style, v0002.style, ...     one folder a name, one file a version
      .tmp-<process>-<random>                         being written or removed; swept once its process is gone
      libraries/<name>.sqlite                         indexes of music files (`library`)
      tastes.sqlite                                   what a person likes and dislikes (`tastes`)

A name is a label: any text of up to 100 letters that can be seen. The label stands in the header of the style; its
folder is called after a slug of it that is safe on every system. A save never replaces: it takes the next free
version number by one system call, so any number of processes may save one name at the same time, without a lock.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadParameter, DamagedStyle, StoreError, StyleNotFound
from fewnotes.store.folders import (
    StrPath,
    entries,
    exists,
    home_folder,
    is_stale,
    is_temporary,
    make_folder,
    name_folders,
    read_start,
    reported,
    styles_folder,
    sweep,
    sync_folder,
    temporary_name,
    version_name,
    version_of,
    versions_in,
)
from fewnotes.store.names import check_label, slug, split_version
from fewnotes.style import Style, created_now
from fewnotes.style_file import HEAD_BYTES, MAX_FILE_BYTES, StyleFacts, decode_style, encode_style, style_facts

__all__ = [
    "Finding",
    "SavedStyle",
    "StyleEntry",
    "home_folder",
    "list_styles",
    "load_style",
    "remove",
    "rename",
    "save_style",
    "show",
    "sweep",
    "verify",
    "verify_file",
]

_SHOWN_NAMES = 8
_TRIES = 5


@dataclass(frozen=True)
class SavedStyle:
    """Where a style was saved."""

    path: Path
    name: str
    version: int

    def to_dict(self) -> dict[str, Any]:
        return {"path": str(self.path), "name": self.name, "version": self.version}


@dataclass(frozen=True)
class StyleEntry:
    """One version of a style in the store. problem: why its header cannot be read; facts is then None."""

    name: str
    version: int
    path: Path
    facts: StyleFacts | None
    problem: str = ""

    def to_dict(self) -> dict[str, Any]:
        found = asdict(self.facts) if self.facts else {}
        return found | {"name": self.name, "version": self.version, "path": str(self.path), "problem": self.problem}


@dataclass(frozen=True)
class Finding:
    """What `verify` found. code: damaged, foreign or stale-temporary."""

    code: str
    path: Path
    message: str
    fix: str

    def to_dict(self) -> dict[str, Any]:
        return asdict(self) | {"path": str(self.path)}


def save_style(style: Style, name: str | None = None, home: StrPath | None = None) -> SavedStyle:
    """Keep a style as the next version of its name. Once this returns, it is on disk, whole.

    Raises BadParameter for a name that cannot be kept, StoreError if the folder cannot be written or the disk is
    full, TooLarge or NotPossible if a file cannot hold the style; the store is then as it was.
    """
    label = check_label(style.name if name is None else name)
    style = replace(style, name=label, created=style.created or created_now())
    data = encode_style(style)
    decode_style(data)  # what cannot be loaded again is not saved
    folder = styles_folder(home) / slug(label)
    sweep(home)
    lost = 0
    while True:
        make_folder(folder)
        version = max(versions_in(folder), default=0) + 1
        try:
            return SavedStyle(write_atomic(folder / version_name(version), data, exclusive=True), label, version)
        except FileExistsError:  # another process took this number
            continue
        except StoreError as error:
            # Another process removed the name, or swept our temporary file, in between.
            lost += 1
            if lost >= _TRIES or not isinstance(error.__cause__, FileNotFoundError):
                raise


def load_style(name_or_path: StrPath, home: StrPath | None = None) -> Style:
    """The style called `name` (its newest version), `name@2` (that version), or the one in a file.

    A path is a Path, or text that ends in .style, or text that is a file and not a name in the store.
    Raises StyleNotFound, listing what there is, DamagedStyle if it does not verify, StoreError if it cannot be read.
    """
    return _load(name_or_path, home)[0]


def show(name_or_path: StrPath, home: StrPath | None = None) -> dict[str, Any]:
    """Facts about a style, its path, and for a name its version and versions. Raises as `load_style`."""
    style, path, versions = _load(name_or_path, home)
    facts = style.to_dict() | {"path": str(path)}
    return facts | {"version": version_of(path), "versions": versions} if versions else facts


def verify_file(path: StrPath) -> Style:
    """The style in a file, after every check there is. Nothing is unpickled or run, whatever the file holds.

    Raises DamagedStyle if it does not verify, StyleNotFound if there is no file, StoreError if it cannot be read.
    """
    data, size = read_start(path, MAX_FILE_BYTES)
    with _named(path):
        if size > MAX_FILE_BYTES:
            raise DamagedStyle(f"The file has {size:,} bytes", expected=f"a .style file, at most {MAX_FILE_BYTES:,}")
        return decode_style(data)


def list_styles(home: StrPath | None = None) -> list[StyleEntry]:
    """Every version of every style, by name and version. Only headers are read; `verify` checks the rest."""
    found = []
    for folder in name_folders(home):
        for version, path in versions_in(folder).items():
            try:
                with _named(path):
                    facts = style_facts(*read_start(path, HEAD_BYTES))
                found.append(StyleEntry(facts.name, version, path, facts))
            except StyleNotFound:  # removed in between
                continue
            except (DamagedStyle, StoreError) as error:
                found.append(StyleEntry(folder.name, version, path, None, error.what))
    return sorted(found, key=lambda e: (e.name.casefold(), e.name, e.version))


def remove(name: str, home: StrPath | None = None) -> list[Path]:
    """Remove all versions of a style, or one (`name@2`); returns the paths that are gone.

    Raises StyleNotFound; StoreError if files that are not ours lie in its folder, or it cannot be changed.
    """
    folder, label, wanted = _folder_of(name, home)
    versions = versions_in(folder)
    if wanted is not None:
        path = versions[_pick(versions, label, wanted)]
        with reported(f"{path} could not be removed"):
            path.unlink(missing_ok=True)
        sync_folder(folder)
        _remove_if_empty(folder)
        return [path]
    foreign = [p for p in entries(folder) if not version_of(p) and not is_temporary(p)]
    if foreign:
        raise StoreError(
            f"{folder} also holds {foreign[0].name!r}, which is no style",
            expected="only files that fewnotes wrote",
            fix="Move it away and run the command again",
        )
    away = temporary_name(folder.parent)
    with reported(f"{folder} could not be removed"):
        folder.rename(away)
    sync_folder(folder.parent)
    shutil.rmtree(away, ignore_errors=True)
    return list(versions.values())


def rename(old: str, new: str, home: StrPath | None = None) -> list[Path]:
    """Give all versions of a style a new name; returns their new paths. A version saved meanwhile keeps the old.

    Raises StyleNotFound, BadParameter if the new name cannot be kept, StoreError if it is taken, DamagedStyle if a
    version does not verify.
    """
    label = check_label(new)
    folder, old_label, wanted = _folder_of(old, home)
    if wanted is not None:
        raise BadParameter("One version alone cannot be renamed", expected=f"a name such as {old_label}")
    target = folder.with_name(slug(label))
    taken = StoreError(
        f"There is a style called {label!r} already", expected="a new name", fix="Choose another, or remove that one"
    )
    sweep(home)
    _remove_if_empty(target)
    if exists(target):
        raise taken
    versions = versions_in(folder)
    away = temporary_name(folder.parent)
    try:
        with reported(f"{folder} could not be renamed"):
            away.mkdir()
            for path in versions.values():
                write_atomic(away / path.name, encode_style(replace(verify_file(path), name=label)))
            try:
                away.rename(target)
            except OSError as error:
                if exists(target):
                    raise taken from error
                raise
            sync_folder(folder.parent)
            for path in versions.values():
                path.unlink(missing_ok=True)
    finally:
        shutil.rmtree(away, ignore_errors=True)
    _remove_if_empty(folder)
    return [target / path.name for path in versions.values()]


def verify(name: str | None = None, home: StrPath | None = None) -> list[Finding]:
    """Check every byte of one style, or of all, and look for what does not belong. All well: an empty list.

    Raises StyleNotFound if there is no style of the name.
    """
    if name is None:
        folders = name_folders(home)
        findings = [f for p in entries(styles_folder(home)) if p not in folders for f in _beside(p)]
    else:
        folders, findings = [_folder_of(name, home)[0]], []
    for folder in folders:
        for path in entries(folder):
            findings += _check_version(path) if version_of(path) else _beside(path)
    return findings


def _check_version(path: Path) -> list[Finding]:
    try:
        style = verify_file(path)
    except StyleNotFound:  # removed in between
        return []
    except (DamagedStyle, StoreError) as error:
        return [Finding("damaged", path, error.what, error.fix)]
    if slug(style.name) == path.parent.name:
        return []
    return [
        Finding("foreign", path, f"This is the style {style.name!r}, under another name", "Move it out of the store")
    ]


def _beside(path: Path) -> list[Finding]:
    if is_stale(path):
        return [Finding("stale-temporary", path, "A process was killed while writing this", "The next save deletes it")]
    return [] if is_temporary(path) else [Finding("foreign", path, "fewnotes did not write this", "Move it away")]


def _load(name_or_path: StrPath, home: StrPath | None) -> tuple[Style, Path, list[int]]:
    """A style, the file it came from, and the versions of its name; no versions if it was asked for by path."""
    if isinstance(name_or_path, os.PathLike) or str(name_or_path).lower().endswith(".style"):
        return verify_file(name_or_path), Path(name_or_path), []
    try:
        folder, label, wanted = _folder_of(name_or_path, home)
    except (StyleNotFound, BadParameter):
        if not _is_file(name_or_path):
            raise
        return verify_file(name_or_path), Path(name_or_path), []
    versions = versions_in(folder)
    number = _pick(versions, label, wanted)
    try:
        style = verify_file(versions[number])
    except DamagedStyle as error:
        older = [v for v in versions if v < number]
        if wanted is not None or not older:
            raise
        fix = f"Use {label}@{older[-1]}, the version before, or remove {label}@{number}"
        raise DamagedStyle(error.what, expected=error.expected, fix=fix, code=error.code) from error
    if slug(style.name) != folder.name:
        raise DamagedStyle(
            f"{versions[number]} is the style {style.name!r}, and not {label!r}",
            expected="each style in the folder of its own name",
            fix="Load it by its path, or move it out of the store",
        )
    return style, versions[number], list(versions)


def _is_file(name: object) -> bool:
    with contextlib.suppress(OSError, ValueError):
        return isinstance(name, str) and Path(name).is_file()
    return False


def _folder_of(name: str, home: StrPath | None) -> tuple[Path, str, int | None]:
    """The folder of a name, its label, and the version asked for. Raises StyleNotFound, or BadParameter if no name."""
    base, wanted = split_version(name) if isinstance(name, str) else (name, None)
    label = check_label(base)
    folder = styles_folder(home) / slug(label)
    if folder in name_folders(home) and versions_in(folder):
        return folder, label, wanted
    there = sorted({e.name for e in list_styles(home) if e.facts})
    close = difflib.get_close_matches(label.casefold(), [n.casefold() for n in there], _SHOWN_NAMES, 0.6)
    listed = sorted(there, key=lambda n: (close.index(n.casefold()) if n.casefold() in close else len(close), n))
    more = f" and {len(listed) - _SHOWN_NAMES} more" if len(listed) > _SHOWN_NAMES else ""
    raise StyleNotFound(
        f"There is no style called {label!r}",
        expected=f"one of {', '.join(listed[:_SHOWN_NAMES])}{more}" if listed else "a style that was learned before",
        fix=f"Is it {listed[0]!r}?" if close else "Learn it first, or give the path of a .style file",
    )


def _pick(versions: dict[int, Path], label: str, wanted: int | None) -> int:
    """The version asked for, or the newest. Raises StyleNotFound, listing those there are."""
    if not versions or (wanted is not None and wanted not in versions):
        listed = ", ".join(f"{label}@{v}" for v in list(versions)[-_SHOWN_NAMES:])
        raise StyleNotFound(
            f"The style {label!r} has no version {wanted or ''}".rstrip(),
            expected=f"one of {listed}" if listed else "a style that was learned before",
        )
    return max(versions) if wanted is None else wanted


def _remove_if_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


@contextlib.contextmanager
def _named(path: StrPath) -> Iterator[None]:
    """Put the name of the file in front of what is wrong with it."""
    try:
        yield
    except DamagedStyle as error:
        what = f"{Path(path).name}: {error.what}"
        raise DamagedStyle(what, expected=error.expected, fix=error.fix, code=error.code) from error
