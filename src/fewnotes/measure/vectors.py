"""The statistics of all pieces of a bank, worked out once: a cache by content of pieces and source of the statistics.

    <cache folder>/../vectors/<digest of the sources>/<digest of the pieces>.safetensors

A file is there whole or not at all, and damaged ones are worked out again. Sources that change change the folder, so
that nothing old is taken for new.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.resources
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.atomic import write_atomic
from fewnotes.measure.bank import Bank
from fewnotes.meta.cache import cache_folder
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import STATISTICS, statistics

Floats = NDArray[np.float64]
_NAME = "vectors"


def vectors(bank: Bank, progress: Progress = no_progress) -> Floats:
    """The statistics of every piece of the bank, shape (P, F). Raises StoreError where the cache cannot be written."""
    folder = cache_folder().parent / _NAME / _source_digest()
    return cached(bank, folder, statistics, len(STATISTICS), progress=progress)


def features(bank: Bank, progress: Progress = no_progress) -> Floats:
    """The 47 features of every piece of the bank, shape (P, 47), as `fewnotes compare` sees them."""
    folder = cache_folder().parent / "features" / _source_digest()
    return cached(bank, folder, feature_vector, len(FEATURES), progress=progress)


def cached(bank: Bank, folder: Path, measure: Callable[[Piece], Floats], size: int, *,
           progress: Progress = no_progress) -> Floats:  # fmt: skip
    """measure(piece), shape (size,), of every piece of the bank, out of the files in `folder` where it is there."""
    from safetensors.numpy import save

    keys = [_piece_digest(piece) for piece in bank.pieces]
    known = _read(folder, size)
    todo = {key: i for i, key in enumerate(keys) if key not in known}
    for done, (key, index) in enumerate(todo.items()):
        if done % 20 == 0:
            progress(done, len(todo), "Statistics")
        known[key] = measure(bank.pieces[index])
    if todo:
        digests = np.frombuffer(bytes.fromhex("".join(todo)), np.uint8).reshape(len(todo), -1)
        data = save({"key": digests, "value": np.array([known[k] for k in todo], np.float64)})
        write_atomic(folder / f"{hashlib.sha256(data).hexdigest()[:24]}.safetensors", data)
    return np.array([known[key] for key in keys]).reshape(len(keys), size)


def _read(folder: Path, size: int) -> dict[str, Floats]:
    """All that the files of a folder hold, by digest of the piece. A damaged file is deleted."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    found: dict[str, Floats] = {}
    for path in sorted(folder.glob("*.safetensors")) if folder.is_dir() else []:
        try:
            data = path.read_bytes()
            if hashlib.sha256(data).hexdigest()[:24] != path.stem:
                raise ValueError("damaged")
            arrays = load(data)
            rows = arrays["value"].reshape(-1, size)
            keys = [row.tobytes().hex() for row in arrays["key"]]
            found |= dict(zip(keys, rows, strict=True))
        except (OSError, ValueError, KeyError, SafetensorError):
            with contextlib.suppress(OSError):
                path.unlink()
    return found


def _piece_digest(piece: Piece) -> str:
    return piece.content_hash[:32]


@cache
def _source_digest() -> str:
    """A digest of the sources of everything in `fewnotes.music`, which is what statistics are made of."""
    digest = hashlib.sha256()
    for name, content in sorted(_sources(importlib.resources.files("fewnotes") / "music", "music")):
        digest.update(name.encode() + content)
    return digest.hexdigest()[:16]


def _sources(folder: Any, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        inside = f"{name}/{entry.name}"
        if entry.name.endswith(".py"):
            yield inside, entry.read_bytes()
        elif entry.is_dir():
            yield from _sources(entry, inside)
