"""Parsed pieces, kept by the content of what they were parsed from: everything is read once, then loads in seconds.

    <cache folder>/<form>-<digest of its reader>/<digest>.shard
    shard = SHA-256 of the rest + frame; the head of the frame says per content hash what pieces or which error came of
    it, its body holds the notes. A shard is there whole or not at all, so a killed run goes on where it was.

A change in a reader changes the folder of its form, so nothing old is ever taken for new.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
import os
import shutil
import tempfile
import time
from collections.abc import Container, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from fewnotes.atomic import write_atomic
from fewnotes.codecs import _frames
from fewnotes.codecs._intake import all_codecs, load_bytes, music_suffix
from fewnotes.errors import BadInput, FewnotesError, TooLarge, UnknownForm
from fewnotes.files import read_each
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.piece import Piece

_SUFFIX = ".shard"
_SHARD_ITEMS = 256
_SHARD_BYTES = 32 * 2**20
_DIGEST_BYTES = 32
#: Folders of other readers are deleted when nobody has written to them for this long.
_STALE_S = 14 * 86400.0

Parsed = list[Piece] | FewnotesError


class Item(NamedTuple):
    """Something to parse: a file, or one tune of a book as text."""

    path: Path
    part: str | None = None


def cache_folder() -> Path:
    """$FEWNOTES_HOME/cache/corpus, else the same in the user cache folder of the system."""
    home = os.environ.get("FEWNOTES_HOME")
    if home:
        return Path(home).expanduser() / "cache" / "corpus"
    from platformdirs import user_cache_path

    return user_cache_path("fewnotes", appauthor=False) / "corpus"


def load(items: Sequence[Item], progress: Progress = no_progress) -> list[Parsed]:
    """The pieces of every item, or the reason it has none, in order; parsed now where the cache has none.

    Raises StoreError if the cache cannot be written.
    """
    keys: list[str | FewnotesError] = []
    forms: dict[str, dict[str, Item]] = {}
    for done, item in enumerate(items):
        if done % 500 == 0:
            progress(done, len(items), "Looking")
        key = _content_key(item)
        keys.append(key)
        if isinstance(key, str):
            forms.setdefault(_form_of(item.path), {}).setdefault(key, item)
    known: dict[str, Parsed] = {}
    for form, wanted in forms.items():
        folder = cache_folder() / f"{form}-{_reader_digest(form)}"
        found = _read_shards(folder, wanted)
        todo = {key: item for key, item in wanted.items() if key not in found}
        known |= found
        if todo:
            _sweep(folder)
            known |= _parse(folder, todo, progress)
    return [known[key] if isinstance(key, str) else key for key in keys]


def _content_key(item: Item) -> str | FewnotesError:
    """The hash of the bytes, and of the suffix, which decides between forms that look alike."""
    try:
        data = load_bytes(item.path) if item.part is None else item.part.encode()
    except FewnotesError as error:
        return error
    return hashlib.sha256(item.path.suffix.lower().encode() + b"|" + data).hexdigest()[:32]


def _form_of(path: Path) -> str:
    """The codec that a suffix names; "any" where none or more than one of them may read the file."""
    suffix = music_suffix(path).lower()
    forms = [name for name, codec in all_codecs().items() if suffix in codec.SUFFIXES]
    return forms[0] if len(forms) == 1 else "any"


@cache
def _reader_digest(form: str) -> str:
    """A digest of the source of one reader, of what all readers share, and of the notes they make."""
    digest = hashlib.sha256()
    package = importlib.resources.files("fewnotes")
    found = [(f"music/{name}", (package / "music" / name).read_bytes()) for name in ("piece.py", "time.py")]
    for name, content in sorted([*found, *_sources(package / "codecs", "codecs")]):
        parts = name.split("/")
        shared = len(parts) == 2 and parts[1].startswith("_")
        if parts[0] == "music" or shared or form == "any" or parts[1].removesuffix(".py") == form:
            digest.update(name.encode() + content)
    return digest.hexdigest()[:16]


def _sources(folder: Any, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        inside = f"{name}/{entry.name}"
        if entry.name.endswith(".py"):
            yield inside, entry.read_bytes()
        elif entry.is_dir() and entry.name != "writing":
            yield from _sources(entry, inside)


def _parse(folder: Path, todo: dict[str, Item], progress: Progress) -> dict[str, Parsed]:
    """Parse what is new, one shard after the other, each written as soon as it is whole."""
    found: dict[str, Parsed] = {}
    batch: list[tuple[str, Parsed]] = []
    held = 0
    with tempfile.TemporaryDirectory(prefix="fewnotes-") as scratch:
        items = [(key, _as_file(item, Path(scratch), i)) for i, (key, item) in enumerate(todo.items())]
        results = read_each([path for _, path in items], repeats=False)
        for done, ((key, _), (_, result)) in enumerate(zip(items, results, strict=True)):
            if done % 16 == 0:
                progress(done, len(items), "Reading")
            found[key] = result
            batch.append((key, result))
            held += sum(p.notes.nbytes for p in result) if isinstance(result, list) else 0
            if len(batch) >= _SHARD_ITEMS or held >= _SHARD_BYTES:
                _write_shard(folder, batch)
                batch, held = [], 0
        if batch:
            _write_shard(folder, batch)
    return found


def _as_file(item: Item, scratch: Path, number: int) -> Path:
    """The path to read: a tune is written to a file of its own, named after its book."""
    if item.part is None:
        return item.path
    path = scratch / str(number) / item.path.name
    path.parent.mkdir()
    path.write_text(item.part, encoding="utf-8")
    return path


def _write_shard(folder: Path, batch: Sequence[tuple[str, Parsed]]) -> None:
    heads: list[Any] = []
    bodies: list[bytes] = []
    for key, result in batch:
        if isinstance(result, FewnotesError):
            heads.append([key, None, [type(result).__name__, result.to_dict()]])
            continue
        head, body = _frames.pack_pieces(result)
        heads.append([key, len(body), head])
        bodies.append(body)
    frame = _frames.pack(heads, b"".join(bodies))
    digest = hashlib.sha256(frame).digest()
    write_atomic(folder / f"{digest.hex()[:24]}{_SUFFIX}", digest + frame)


def _read_shards(folder: Path, wanted: Container[str]) -> dict[str, Parsed]:
    """What the cache holds of `wanted`. A damaged shard is deleted: its pieces are parsed again."""
    found: dict[str, Parsed] = {}
    if not folder.is_dir():
        return found
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            found |= _read_shard(path, wanted)
        except (OSError, ValueError, TypeError, KeyError, IndexError, FewnotesError):
            with contextlib.suppress(OSError):
                path.unlink()
    return found


def _read_shard(path: Path, wanted: Container[str]) -> dict[str, Parsed]:
    data = memoryview(path.read_bytes())
    if hashlib.sha256(data[_DIGEST_BYTES:]).digest() != data[:_DIGEST_BYTES]:
        raise ValueError("damaged")
    at = _DIGEST_BYTES

    def read(count: int) -> bytes:
        nonlocal at
        at += count
        return bytes(data[at - count : at])

    frame = _frames.unpack(read)
    assert frame is not None
    heads, body = frame
    view, start = memoryview(body), 0
    found: dict[str, Parsed] = {}
    for key, length, head in heads:
        if length is None:
            if key in wanted:
                found[key] = _error(*head)
            continue
        if key in wanted:
            found[key] = _frames.unpack_pieces(head, view[start : start + length])  # type: ignore[arg-type]
        start += length
    return found


def _error(kind: str, said: dict[str, str]) -> FewnotesError:
    made = {"TooLarge": TooLarge, "UnknownForm": UnknownForm}.get(kind, BadInput)
    return made(said["what"], expected=said["expected"], fix=said["fix"], code=said["code"])


def _sweep(folder: Path) -> None:
    """Delete the shards of readers that are long gone."""
    with contextlib.suppress(OSError):
        for other in folder.parent.iterdir():
            if other != folder and other.is_dir() and time.time() - other.stat().st_mtime > _STALE_S:
                shutil.rmtree(other)
