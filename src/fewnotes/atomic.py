"""Writing a file so that it is there whole or not at all.

The bytes go to a temporary file in the same folder, are synced, and take the final name by one rename.
A process killed at any moment leaves the old file or the new one, and at most a `.tmp-` file beside it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from fewnotes.errors import StoreError

TEMPORARY_PREFIX = ".tmp-"


def write_atomic(path: str | os.PathLike[str], data: bytes, *, exclusive: bool = False) -> Path:
    """Write `data` to `path`; with `exclusive`, FileExistsError if the name is taken, decided in one system call.

    Raises StoreError when the folder cannot be made or written, or the disk is full.
    """
    target = Path(path)
    temporary = target.with_name(f"{TEMPORARY_PREFIX}{os.getpid()}-{secrets.token_hex(4)}")
    try:
        _make_folder(target.parent)
        with temporary.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if exclusive:
            os.link(temporary, target)
        else:
            temporary.replace(target)
        _sync_folder(target.parent)
    except FileExistsError:
        raise
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StoreError(
                f"The disk is full: {target.name} was not written",
                expected=f"{len(data):,} free bytes in {target.parent}",
                fix="Free some space and run the command again; nothing was lost",
            ) from error
        raise StoreError(
            f"{target} could not be written: {error.strerror or error}",
            expected="a folder that can be written to",
            fix="Choose another place with -o, or change the permissions",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return target


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:  # not the taken name that `exclusive` asks about
        raise NotADirectoryError(errno.ENOTDIR, "a file stands where a folder should be") from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system has folders one can sync."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
