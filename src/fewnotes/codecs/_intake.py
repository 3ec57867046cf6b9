"""From a path to bytes and the form they are in: looked at before it is opened, read once, known by content."""

from __future__ import annotations

import stat
import zlib
from functools import cache
from pathlib import Path
from types import ModuleType

from fewnotes.codecs import MAX_FILE_BYTES, MAX_UNPACKED_BYTES
from fewnotes.errors import BadInput, TooLarge, UnknownForm
from fewnotes.music.piece import Notice
from fewnotes.registry import find, names


@cache
def all_codecs() -> dict[str, ModuleType]:
    """Every codec by name."""
    return {name: find("codecs", name) for name in names("codecs")}


def known_suffixes() -> str:
    """The first suffix of every form, for messages."""
    return ", ".join(codec.SUFFIXES[0] for codec in all_codecs().values())


def load_bytes(path: Path) -> bytes:
    """The content of a regular file of at most 20 MiB, unzipped if gzip; never blocks on a pipe or device.

    Raises BadInput or TooLarge.
    """
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            kind = "a folder" if stat.S_ISDIR(facts.st_mode) else "a device or pipe"
            raise BadInput(f"{path.name} is {kind}", expected="a regular file")
        if facts.st_size > MAX_FILE_BYTES:
            raise TooLarge(
                f"{path.name} has {facts.st_size:,} bytes", expected=f"at most {MAX_FILE_BYTES:,}", fix="Split it"
            )
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(
            f"{path.name or path} could not be opened: {reason}",
            expected="a file that exists and can be read",
            fix="Check the path",
        ) from error
    if not data:
        raise BadInput(f"{path.name} is empty", expected=f"a music file ({known_suffixes()})", fix="Export it again")
    return _gunzip(path, data) if data[:2] == b"\x1f\x8b" else data


def recognise(data: bytes, suffix: str) -> tuple[str, tuple[Notice, ...]]:
    """(form, notices) of bytes by their content; the suffix decides only between equals. Raises UnknownForm."""
    codecs = all_codecs()
    by_suffix = [name for name, codec in codecs.items() if suffix.lower() in codec.SUFFIXES]
    for name in by_suffix:
        if codecs[name].sniff(data):
            return name, ()
    by_content = [name for name, codec in codecs.items() if codec.sniff(data)]
    if by_content and not by_suffix:
        return by_content[0], ()
    if by_content:
        said = f"Its name says {suffix}, its content is {by_content[0]}; it was read as {by_content[0]}"
        return by_content[0], (Notice("suffix", said),)
    if by_suffix:
        return by_suffix[0], ()
    raise UnknownForm("It is no music file that fewnotes knows", expected=f"one of {known_suffixes()}")


def _gunzip(path: Path, data: bytes) -> bytes:
    unzip = zlib.decompressobj(31)
    try:
        out = unzip.decompress(data, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise BadInput(f"{path.name} is a damaged gzip file: {error}", fix="Download or export it again") from error
    if unzip.unconsumed_tail or not unzip.eof:
        raise TooLarge(f"{path.name} is cut off, or unpacks to more than {MAX_UNPACKED_BYTES:,} bytes")
    return out


def music_suffix(path: Path) -> str:
    """The suffix that names the form: `.mid` for `a.mid.gz`."""
    return Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
