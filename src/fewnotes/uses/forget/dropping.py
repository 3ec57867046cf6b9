"""Taking a piece or a style out of everything in the store; what was removed is told, thing by thing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from fewnotes import store
from fewnotes.errors import StoreError
from fewnotes.meta.cache import cache_folder
from fewnotes.store.folders import home_folder, styles_folder
from fewnotes.store.library import Library, libraries_folder, library_names, remove_library
from fewnotes.store.tastes import Tastes, tastes_path
from fewnotes.uses._listening.facts import same_notes
from fewnotes.uses.forget.marks import Looked, Marks, look

#: (what, where): what was removed.
Removed = list[tuple[str, str]]


def places() -> list[Path]:
    """Folders that belong to a store: its home, and its caches where they lie elsewhere."""
    return [home_folder(), cache_folder().parent]


def known_editions(marks: Marks) -> Marks:
    """The marks with those of the same notes in other keys and files, as far as the libraries know them."""
    found = set(marks.hashes)
    for name in library_names():
        with Library(name, create=False) as library:
            found |= library.editions(found)
    if tastes_path().exists():
        with Tastes() as tastes:
            found |= {o.content for o in tastes.opinions() if same_notes(o.piece) in found}
    return marks.with_hashes(found)


def forget_piece(marks: Marks) -> Removed:
    """Out of likes and dislikes, all libraries and the caches. Raises StoreError where a file cannot be rewritten."""
    removed: Removed = []
    if tastes_path().exists():
        with Tastes() as tastes:
            count = tastes.forget(sorted(marks.hashes))
            if count:
                removed.append((f"{count} of your likes and dislikes", str(tastes_path())))
            tastes.wipe()
    for name in library_names():
        with Library(name, create=False) as library:
            gone = library.forget_pieces(sorted(marks.hashes))
            if any(gone.values()):
                said = ", ".join(f"{count} {table}" for table, count in gone.items() if count)
                removed.append((f"from the library {name}: {said}", str(library.path)))
            library.wipe()
    for trace in look(marks, [home_folder() / "cache", cache_folder().parent]).traces:
        with contextlib.suppress(FileNotFoundError):
            trace.path.unlink()
            removed.append(("a file of the cache", str(trace.path)))
    return removed


def styles_with(looked: Looked) -> list[str]:
    """The versions of styles in which something was found: NAME@VERSION."""
    inside = {trace.path for trace in looked.traces if styles_folder() in trace.path.parents}
    return [f"{entry.name}@{entry.version}" for entry in store.list_styles() if entry.path in inside]


def forget_versions(versions: Iterable[str]) -> Removed:
    """Versions of styles; what was liked in a style that is gone altogether counts against all music from now on."""
    removed: Removed = []
    for version in versions:
        removed += [("a version of a style", str(path)) for path in store.remove(version)]
        name = version.rpartition("@")[0]
        if not any(entry.name == name for entry in store.list_styles()):
            removed += _style_traces(name)
    return removed


def forget_style(name: str) -> tuple[Removed, Marks]:
    """All versions of a style and what stands about it elsewhere; and the digests it must not be found by any more.

    Raises StyleNotFound.
    """
    label = name.partition("@")[0]
    digests = {e.facts.digest for e in store.list_styles() if e.name == label and e.facts}
    removed: Removed = [("a version of a style", str(path)) for path in store.remove(label)]
    return removed + _style_traces(label), Marks(frozenset(digests))


def forget_all(styles: bool) -> Removed:
    """Every like and dislike and every library; with `styles` every style too."""
    removed: Removed = []
    for path in (tastes_path(), *(Path(f"{tastes_path()}-{end}") for end in ("wal", "shm"))):
        if path.exists():
            try:
                path.unlink()
            except OSError as error:
                raise StoreError(f"{path} could not be removed: {error.strerror or error}") from error
            removed.append(("likes and dislikes", str(path)))
    for name in library_names():
        remove_library(name)
        removed.append(("a library", str(libraries_folder() / f"{name}.sqlite")))
    if styles:
        for name in sorted({e.name for e in store.list_styles()}):
            removed += [("a version of a style", str(path)) for path in store.remove(name)]
    return removed


def _style_traces(name: str) -> Removed:
    """What likes and libraries keep under the name of a style."""
    removed: Removed = []
    if tastes_path().exists():
        with Tastes() as tastes:
            if count := tastes.forget_style(name):
                removed.append((f"its name at {count} likes and dislikes", str(tastes_path())))
            tastes.wipe()
    for library_name in library_names():
        with Library(library_name, create=False) as library:
            if count := library.forget(name):
                removed.append((f"{count} likes and dislikes for it in {library_name}", str(library.path)))
            library.drop_unheard()
            library.wipe()
    return removed
