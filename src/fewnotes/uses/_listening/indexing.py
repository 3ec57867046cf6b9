"""Bringing a library up to date: what is new or changed is read and listened to, what is gone leaves.

Every some dozen files are one transaction, so that a run that is killed loses no more than those and goes on where it
was. A file that cannot be read stands in the index with its reason.
"""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fewnotes
from fewnotes.codecs import MAX_FILE_BYTES
from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput, FewnotesError
from fewnotes.files import music_paths, read_each
from fewnotes.music.piece import Piece
from fewnotes.store.library import READ, UNREADABLE, Found, Known, Library
from fewnotes.uses._listening import embed
from fewnotes.uses._listening.facts import difficulty_of
from fewnotes.uses._listening.facts import found as found_in
from fewnotes.uses._listening.places import there

#: So many files are one transaction.
_BATCH = 32


@dataclass(frozen=True)
class Updated:
    """What an update found. read: files read and listened to. moved: files known by their content under a new path.

    gone: paths that left. unreadable: (path, reason) of all files of the library without music. missing: folders of
    the library that are not there now; what is known of their files is kept.
    """

    read: int = 0
    moved: int = 0
    gone: int = 0
    unreadable: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def update(
    library: Library, paths: Iterable[str | os.PathLike[str]] = (), progress: Progress = no_progress, *,
    leave: Container[str] = (),
) -> Updated:  # fmt: skip
    """Add folders, files or patterns to a library, and bring all that belongs to it up to date.

    leave: files that are not looked at this time, and stay known as they are. Raises BadInput if a path that
    is added is not there, StoreError, NotInstalled without the relation network.
    """
    checkpoint = relation.judge().digest
    library.add_roots(there(paths))
    seen, missing = _scan(library.roots())
    known = library.files()
    missing = [root for root in missing if root not in known]  # a file that was given by name is simply gone
    whole = library.whole_digests(checkpoint)
    looked = list(_look({p: root for p, root in seen.items() if p not in leave}, known, whole, progress))
    moved = [k for k in looked if k.digest in whole or k.state == UNREADABLE]
    todo = [k for k in looked if not (k.digest in whole or k.state == UNREADABLE)]
    library.put(checkpoint, moved, {})
    _take_in(library, checkpoint, todo, progress)
    gone = [path for path, k in known.items() if path not in seen and k.root not in missing and not _exists(path)]
    library.tidy(gone, checkpoint)
    _judge_difficulty(library)
    new = sum(k.path not in known for k in moved if k.state == READ)
    return Updated(len(todo), new, len(gone), tuple(library.unreadable()), tuple(missing))


def music_in(library: Library) -> list[str]:
    """Every music file that belongs to a library now."""
    return list(_scan(library.roots())[0])


def _judge_difficulty(library: Library) -> None:
    """Fill in what an index of an earlier version does not have; what it needs was written down."""
    found = [(difficulty_of(features, tempo), d, n) for d, n, tempo, features in library.without_difficulty()]
    if found:
        library.put_difficulty(found)


def _scan(roots: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Every music file -> the root it was found under, and roots that are not there.

    A folder that is not there may be a disk that is not plugged in: its files are no reason to forget anything.
    """
    seen: dict[str, str] = {}
    missing = []
    for root in roots:
        if not os.path.lexists(root) and not any(sign in root for sign in "*?["):
            missing.append(root)
            continue
        try:
            found = music_paths(root)
        except BadInput:  # an empty folder
            continue
        for path in found:
            seen.setdefault(str(path), root)
    return seen, missing


def _look(seen: dict[str, str], known: dict[str, Known], whole: set[str], progress: Progress) -> Iterator[Known]:
    """The files that are new, changed, or have no vectors of this checkpoint, with the hash of their bytes."""
    for done, (path, root) in enumerate(seen.items()):
        if done % 500 == 0:
            progress(done, len(seen), "Looking")
        old = known.get(path)
        try:
            facts = os.stat(path)  # noqa: PTH116 - thousands of them
        except OSError as error:
            yield _unopened(path, root, error)
            continue
        settled = old is not None and (old.digest in whole or _in_vain(old))
        if old and settled and (old.size, old.mtime_ns) == (facts.st_size, facts.st_mtime_ns):
            continue
        size, when = facts.st_size, facts.st_mtime_ns
        try:
            digest = _digest(path, size)
        except OSError as error:
            yield _unopened(path, root, error)
            continue
        yield Known(path, root, size, when, digest, READ, "", fewnotes.__version__)


def _in_vain(old: Known) -> bool:
    """Whether this very version has tried to read the file; one that could not even be opened is always tried."""
    return old.state == UNREADABLE and bool(old.digest) and old.reader == fewnotes.__version__


def _digest(path: str, size: int) -> str:
    """SHA-256 of a file's bytes; of its name where it is too large to be read, or no file that can be."""
    if size > MAX_FILE_BYTES or not os.path.isfile(path):  # noqa: PTH113
        return f"unread-{hashlib.sha256(os.fsencode(path)).hexdigest()}"
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _unopened(path: str, root: str, error: OSError) -> Known:
    reason = _shown(f"It could not be opened: {error.strerror or error}")
    return Known(path, root, 0, 0, "", UNREADABLE, reason, fewnotes.__version__)


def _take_in(library: Library, checkpoint: str, todo: Sequence[Known], progress: Progress) -> None:
    """Read and listen to files, some dozen a transaction; several of the same content once."""
    same: dict[str, list[Known]] = {}
    for file in todo:
        same.setdefault(file.digest, []).append(file)
    results = zip(same.values(), read_each([Path(files[0].path) for files in same.values()]), strict=True)
    done = 0
    while batch := list(itertools.islice(results, _BATCH)):
        pieces: dict[str, list[Piece]] = {}
        reasons: dict[str, str] = {}
        for files, (path, result) in batch:
            if isinstance(result, FewnotesError):
                reasons[files[0].digest] = result.what.removeprefix(f"{path.name}: ")
            elif not any(len(p.notes) for p in result):
                reasons[files[0].digest] = "It holds no notes"
            else:
                pieces[files[0].digest] = [p for p in result if len(p.notes)]
        found = _listen(pieces, reasons)
        rows = [_judged(file, reasons.get(file.digest, "")) for files, _ in batch for file in files]
        library.put(checkpoint, rows, found)
        done += len(rows)
        progress(done, len(todo), "Listening")


def _judged(file: Known, reason: str) -> Known:
    return file._replace(state=UNREADABLE, reason=_shown(reason)) if reason else file


def _listen(pieces: dict[str, list[Piece]], reasons: dict[str, str]) -> dict[str, Sequence[Found]]:
    """Pieces by digest with their vectors; what cannot be listened to goes to the reasons."""
    try:
        vectors = iter(embed(list(itertools.chain(*pieces.values())))) if pieces else iter(())
        return {d: [found_in(p, n, next(vectors)) for n, p in enumerate(inside, 1)] for d, inside in pieces.items()}
    except BadInput as error:
        if len(pieces) == 1:
            reasons[next(iter(pieces))] = error.what
            return {}
        found: dict[str, Sequence[Found]] = {}
        for digest, inside in pieces.items():
            found |= _listen({digest: inside}, reasons)
        return found


def _exists(path: str) -> bool:
    return os.path.lexists(path)


def _shown(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
