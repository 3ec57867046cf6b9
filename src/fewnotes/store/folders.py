"""The folders of the store: what lies where, what is ours, what is stale; and reading a file with care."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from fewnotes.atomic import TEMPORARY_PREFIX
from fewnotes.errors import DamagedStyle, StoreError, StyleNotFound

StrPath = str | os.PathLike[str]
_VERSION = re.compile(r"v(\d{4,9})\.style", re.ASCII)
_TEMPORARY = re.compile(re.escape(TEMPORARY_PREFIX) + r"(\d{1,9})-[0-9a-f]+", re.ASCII)
#: What a process that is gone was writing is stale after these seconds, any other temporary file after an hour.
#: The grace is for processes of other machines and containers on one shared folder, whose numbers we cannot see.
DEAD_GRACE_S = 10.0
OLD_S = 3600.0


def home_folder(home: StrPath | None = None) -> Path:
    """The folder given, else $FEWNOTES_HOME, else the user data folder of the system. It need not exist."""
    chosen = home or os.environ.get("FEWNOTES_HOME")
    if chosen:
        return Path(chosen).expanduser()
    from platformdirs import user_data_path

    return user_data_path("fewnotes", appauthor=False)


def styles_folder(home: StrPath | None = None) -> Path:
    """Where the styles of a home lie."""
    return home_folder(home) / "styles"


def entries(folder: Path) -> list[Path]:
    """What lies in a folder, sorted; nothing if there is no such folder. Raises StoreError."""
    with reported(f"{folder} could not be read"):
        try:
            return sorted(folder.iterdir())
        except FileNotFoundError:
            return []


def name_folders(home: StrPath | None = None) -> list[Path]:
    """The folders of all names. Links are not followed."""
    return [p for p in entries(styles_folder(home)) if not p.name.startswith(".") and is_folder(p)]


def versions_in(folder: Path) -> dict[int, Path]:
    """Version number -> file, in rising order, whatever lies under that name."""
    found = {version_of(path): path for path in entries(folder)}
    return {version: found[version] for version in sorted(found) if version}


def version_of(path: Path) -> int:
    """2 for v0002.style; 0 if the name is not one that the store gives."""
    match = _VERSION.fullmatch(path.name)
    number = int(match[1]) if match else 0
    return number if version_name(number) == path.name else 0


def version_name(version: int) -> str:
    """The file of a version: v0002.style."""
    return f"v{version:04d}.style"


def is_temporary(path: Path) -> bool:
    """Does the name say that something was being written?"""
    return _TEMPORARY.fullmatch(path.name) is not None


def is_stale(path: Path) -> bool:
    """Was a temporary file or folder left behind by a process that is gone?"""
    match = _TEMPORARY.fullmatch(path.name)
    if match is None:
        return False
    try:
        age = time.time() - path.lstat().st_mtime
    except OSError:
        return False
    return age > OLD_S or (age > DEAD_GRACE_S and not _is_alive(int(match[1])))


def _is_alive(process: int) -> bool:
    """Whether a process of this number runs here. On Windows there is no harmless way to ask: assume so."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def sweep(home: StrPath | None = None) -> list[Path]:
    """Delete what killed processes left half-written; returns what was deleted. Never raises."""
    swept = []
    with contextlib.suppress(StoreError):
        for folder in (styles_folder(home), *name_folders(home)):
            for path in filter(is_stale, entries(folder)):
                with contextlib.suppress(OSError):
                    shutil.rmtree(path) if is_folder(path) else path.unlink()
                    swept.append(path)
    return swept


def temporary_name(folder: Path) -> Path:
    """A name for something of this process that is not yet, or no longer, part of the store."""
    return folder / f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each durable. Raises StoreError."""
    with reported(f"The folder {folder} could not be made"):
        missing = [p for p in (folder, *folder.parents) if not exists(p)]
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:
            sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Make what changed in a folder durable, where the system has folders one can sync."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def is_folder(path: Path) -> bool:
    """Is this a folder itself, and not a link to one?"""
    return path.is_dir() and not path.is_symlink()


def exists(path: Path) -> bool:
    """Is anything there, be it a link to nowhere?"""
    return os.path.lexists(path)


@contextlib.contextmanager
def reported(what: str) -> Iterator[None]:
    """Turn a failure of the system into a StoreError that says what could not be done."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{what}: {error.strerror or error}",
            expected="a folder that can be read and written",
            fix="Check its permissions and its disk, or set FEWNOTES_HOME to another folder",
        ) from error


def read_start(path: StrPath, limit: int) -> tuple[bytes, int]:
    """The first `limit` bytes of a regular file, and its size. Devices, pipes and folders are refused unread.

    Raises StyleNotFound if there is nothing, DamagedStyle if it is no file, StoreError if it cannot be read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        handle = os.open(path, flags)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise StyleNotFound(
            f"There is no file {str(path)!r}", expected="a .style file, or the name of a style"
        ) from error
    except OSError as error:
        raise StoreError(f"{path} could not be read: {error.strerror or error}", fix="Check its permissions") from error
    try:
        with reported(f"{path} could not be read"):
            facts = os.fstat(handle)
            if not stat.S_ISREG(facts.st_mode):
                raise DamagedStyle(f"{path} is no file", expected="a .style file", fix="Name the file itself")
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read(min(limit, facts.st_size)), facts.st_size
    finally:
        os.close(handle)
