"""Files in and out: read, read_all, write. The one place where a path becomes bytes, and bytes a file.

A file is looked at before it is opened (regular file, size), read once into memory, recognised by its content,
and decoded in a child process with limits. The suffix is only a hint. What was repaired or dropped is in
`Piece.warnings` and is also told through Python's warnings as `MusicWarning`.
"""

from __future__ import annotations

import glob
import itertools
import os
import queue
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

from fewnotes.atomic import write_atomic
from fewnotes.codecs import DecodeOptions, Encoded
from fewnotes.codecs._intake import all_codecs, known_suffixes, load_bytes, music_suffix, recognise
from fewnotes.codecs._sandbox import Job, Sandbox, shared_sandbox
from fewnotes.errors import BadInput, BadParameter, FewnotesError, MusicWarning, NotPossible
from fewnotes.music.piece import Notice, Piece
from fewnotes.registry import find

StrPath = str | os.PathLike[str]
#: Called with a path and the reason for every file that `read_all` has to leave out.
OnSkip = Callable[[Path, FewnotesError], None]

_Batch = list[tuple[Path, bytes | FewnotesError]]
_Result = tuple[Path, list[Piece] | FewnotesError]

_BATCH_FILES = 64
_BATCH_BYTES = 4 * 2**20


def read(path: StrPath, *, repeats: bool = True, isolate: bool = True) -> Piece:
    """The one piece in a file of any form.

    repeats: play repeats and voltas out. isolate: decode in a child process; False is for files you made.
    Raises BadInput (or TooLarge, UnknownForm) if there is no usable piece in it, NotPossible if there are several.
    """
    pieces = read_all(path, repeats=repeats, isolate=isolate)
    if len(pieces) > 1:
        raise NotPossible(
            f"{Path(path).name} holds {len(pieces)} pieces",
            expected="a file with one piece",
            fix="Use read_all to get them as a list",
        )
    return pieces[0]


def read_all(
    source: StrPath | Iterable[StrPath],
    *,
    repeats: bool = True,
    isolate: bool = True,
    on_skip: OnSkip | None = None,
) -> list[Piece]:
    """All pieces of a file, a book of tunes, a folder with everything below it, a glob pattern, or a list of these.

    One file that cannot be read raises. Among several, each unreadable one is handed to `on_skip`, or told as a
    MusicWarning where there is none; if nothing at all is usable, BadInput says why of the first.
    """
    found: list[Piece] = []
    skipped: list[tuple[Path, FewnotesError]] = []
    paths = music_paths(source)
    for path, result in read_each(paths, repeats=repeats, isolate=isolate):
        if isinstance(result, FewnotesError):
            if len(paths) == 1:
                raise result
            skipped.append((path, result))
            if on_skip:
                on_skip(path, result)
            else:
                warnings.warn(f"Left out: {result.what}", MusicWarning, stacklevel=2)
            continue
        for piece in result:
            for notice in piece.warnings:
                warnings.warn(f"{path.name}: {notice}", MusicWarning, stacklevel=2)
        found.extend(result)
    if not found:
        first = f": {skipped[0][1].what}" if skipped else ""
        raise BadInput(
            f"None of {len(paths)} files could be read{first}",
            expected=f"music files ({known_suffixes()})",
            fix="Check that the paths are right",
        )
    return found


def read_each(paths: Sequence[Path], *, repeats: bool = True, isolate: bool = True) -> Iterator[_Result]:
    """Every path with its pieces or the reason it has none, in order; several workers where there are many."""
    if not isolate:
        yield from ((path, _decode_here(path, repeats)) for path in paths)
        return
    batches = _batches(paths)
    if len(paths) <= _BATCH_FILES:
        for batch in batches:
            with shared_sandbox() as sandbox:
                results = _decode_batch(batch, repeats, sandbox)
            yield from results
        return
    yield from _decode_in_parallel(batches, repeats)


def write(piece: Piece, path: StrPath, *, mark: str = "") -> tuple[Notice, ...]:
    """Write a piece in the form its suffix names; returns what that form could not hold.

    mark: provenance written into the file where the form has a place for it. The file is there whole or not at all.
    Raises BadParameter for a suffix that no codec writes, StoreError if the place cannot be written.
    """
    target = Path(path)
    codec = writer_for(target.suffix)
    encoded: Encoded = codec.encode(piece, mark=mark)
    data = encoded.data
    if target.suffix.lower() == ".mxl":
        data = codec.compress(data)
    write_atomic(target, data)
    return encoded.warnings


def writer_for(suffix: str) -> ModuleType:
    """The codec that writes files with this suffix. Raises BadParameter listing the suffixes there are."""
    writers = [codec for codec in all_codecs().values() if codec.CAN_WRITE]
    for codec in writers:
        if suffix.lower() in codec.SUFFIXES:
            return codec
    known = ", ".join(s for codec in writers for s in codec.SUFFIXES)
    raise BadParameter(f"Files with the suffix {suffix!r} cannot be written", expected=f"one of {known}")


def music_paths(source: StrPath | Iterable[StrPath]) -> list[Path]:
    """The files meant by paths, folders (everything below with a known suffix) and glob patterns, sorted, once each."""
    items = [source] if isinstance(source, (str, os.PathLike)) else list(source)
    known = {s for codec in all_codecs().values() for s in codec.SUFFIXES} | {".gz"}
    found: dict[Path, None] = {}
    for item in items:
        path = Path(item)
        if os.path.isdir(path):  # noqa: PTH112 - answers False for names that cannot be
            inside = (p for p in sorted(path.rglob("*")) if p.suffix.lower() in known and not p.name.startswith("."))
            found.update(dict.fromkeys(p for p in inside if not p.is_dir()))
        elif not os.path.lexists(path) and glob.has_magic(str(item)):
            found.update(dict.fromkeys(Path(p) for p in sorted(glob.glob(str(item), recursive=True))))  # noqa: PTH207
        else:
            found[path] = None
    if not found:
        where = ", ".join(str(i) for i in items[:3]) or "nothing"
        raise BadInput(f"There is no music in {where}", expected=f"files with one of {known_suffixes()}")
    return list(found)


def _batches(paths: Sequence[Path]) -> Iterator[_Batch]:
    """Paths with their bytes, in batches small enough to keep memory flat."""
    batch: _Batch = []
    size = 0
    for path in paths:
        content: bytes | FewnotesError
        try:
            content = load_bytes(path)
            size += len(content)
        except FewnotesError as error:
            content = error
        batch.append((path, content))
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _decode_in_parallel(batches: Iterator[_Batch], repeats: bool) -> Iterator[_Result]:
    """Batches in order through several workers; at most two batches a worker are in memory."""
    worker_count = min(4, os.cpu_count() or 1)
    sandboxes = [Sandbox() for _ in range(worker_count)]
    idle: queue.SimpleQueue[Sandbox] = queue.SimpleQueue()
    for sandbox in sandboxes:
        idle.put(sandbox)

    def decode(batch: _Batch) -> list[_Result]:
        sandbox = idle.get()
        try:
            return _decode_batch(batch, repeats, sandbox)
        finally:
            idle.put(sandbox)

    try:
        with ThreadPoolExecutor(worker_count) as pool:
            waiting = deque(pool.submit(decode, batch) for batch in itertools.islice(batches, worker_count * 2))
            while waiting:
                results = waiting.popleft().result()
                waiting.extend(pool.submit(decode, batch) for batch in itertools.islice(batches, 1))
                yield from results
    finally:
        for sandbox in sandboxes:
            sandbox.close()


def _decode_batch(batch: _Batch, repeats: bool, sandbox: Sandbox) -> list[_Result]:
    results: list[list[Piece] | FewnotesError | None] = [None] * len(batch)
    jobs: list[tuple[int, Job, tuple[Notice, ...]]] = []
    for i, (path, content) in enumerate(batch):
        if isinstance(content, FewnotesError):
            results[i] = content
            continue
        try:
            form, notices = recognise(content, music_suffix(path))
            jobs.append((i, Job(form, content, repeats), notices))
        except FewnotesError as error:
            results[i] = _named(path, error)
    for (i, _, notices), result in zip(jobs, sandbox.decode([job for _, job, _ in jobs]), strict=True):
        if isinstance(result, FewnotesError):
            results[i] = _named(batch[i][0], result)
        else:
            results[i] = [p.with_warnings(notices) for p in result]
    return [(path, r if r is not None else []) for (path, _), r in zip(batch, results, strict=True)]


def _decode_here(path: Path, repeats: bool) -> list[Piece] | FewnotesError:
    try:
        data = load_bytes(path)
    except FewnotesError as error:
        return error
    try:
        form, notices = recognise(data, music_suffix(path))
        pieces: list[Piece] = find("codecs", form).decode(data, DecodeOptions(repeats))
        return [p.with_warnings(notices) for p in pieces]
    except FewnotesError as error:
        return _named(path, error)


def _named(path: Path, error: FewnotesError) -> FewnotesError:
    """The same error with the file's name in front, as every message about a file begins."""
    return type(error)(f"{path.name}: {error.what}", expected=error.expected, fix=error.fix, code=error.code)
