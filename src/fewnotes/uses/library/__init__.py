"""library: the indexes of music that `recommend` and `atlas` look through, and keeping order there."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadParameter, StoreError
from fewnotes.store.folders import home_folder
from fewnotes.store.library import Library as Open
from fewnotes.store.library import library_names, library_path, remove_library
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._listening.indexing import Updated, update
from fewnotes.uses._listening.places import Paths, left_out, paths_of, shown, there
from fewnotes.uses._listening.watching import Watched, watch

_ACTIONS = ("list", "show", "update", "watch", "drop", "remove")
_SOME_LEFT_OUT = 4


@dataclass(frozen=True, kw_only=True)
class Library(Use):
    """List, show, update, watch or remove libraries: indexes of music files that were listened to once.

    update NAME MUSIC adds a folder, file or pattern, makes the library where there is none, and looks for new, changed
    and removed files; it can be stopped at any time and goes on where it was. watch NAME MUSIC does the same and goes
    on looking until Ctrl-C; files that are still being written are left until they rest. drop NAME MUSIC takes a folder
    out again. show NAME tells its folders and every file that could not be read. remove NAME deletes the index. Your
    music files are never touched.
    """

    returns: ClassVar[str] = "a table of libraries, or of what is in one"
    example: ClassVar[str] = "fewnotes library update mine my-music"

    action: str = param(Kind.CHOICE, "|".join(_ACTIONS), default="list", choices=_ACTIONS, positional=True)
    name: str | None = param(Kind.STR, "Which library", default=None, optional=True, positional=True)
    music: Paths = param(Kind.NAMES, "Folders, files or patterns", default=None, optional=True, positional=True)
    every: float = param(Kind.FLOAT, "Seconds between two looks of watch", default=5.0, minimum=0.1, maximum=86400)
    seconds: float | None = param(
        Kind.FLOAT, "Watch for so many seconds; else until Ctrl-C", default=None, optional=True, minimum=0
    )

    def run(self, progress: Progress = no_progress) -> Table:
        """Raises BadParameter for a missing or unknown name, StoreError where a library is damaged."""
        if self.action == "list":
            return _listed()
        if not self.name:
            raise BadParameter(f"library {self.action} needs a name", expected=f"fewnotes library {self.action} NAME")
        if self.action == "remove":
            if not remove_library(self.name):
                Open(self.name, create=False)
            return Table((), (), f"The library {self.name} is removed; your music is where it was")
        paths = paths_of(self.music)
        adds = self.action in ("update", "watch")
        if adds:
            there(paths)  # before there is an empty library of nothing
        with Open(self.name, create=adds and bool(paths)) as opened:
            if self.action == "watch":
                return _watched(opened, watch(opened, paths, self.every, self.seconds, progress))
            if self.action == "update":
                return _shown(opened, update(opened, paths, progress))
            if self.action == "drop":
                _drop(opened, paths)
            return _shown(opened, None)


def _drop(opened: Open, paths: list[str]) -> None:
    roots = ", ".join(shown(r) for r in opened.roots()) or "none"
    if not paths:
        raise BadParameter("library drop needs a folder", expected=f"one of {roots}")
    for path in paths:
        if not opened.remove_root(os.path.abspath(path)):  # noqa: PTH100
            raise BadParameter(f"{path} is no folder of the library {opened.name!r}", expected=f"one of {roots}")


def _watched(opened: Open, found: Watched) -> Table:
    table = _shown(opened, found.last)
    facts = {"looks": found.looks, "updates": found.updates, "read": found.read, "gone": found.gone}
    kept = {k: v for k, v in table.facts.items() if k not in ("read now", "gone")}
    return replace(table, title=f"Watched the library {opened.name}", facts={**kept, **facts})


def _listed() -> Table:
    rows: list[tuple[object, ...]] = []
    for name in library_names():
        try:
            with Open(name, create=False) as opened:
                count = opened.counts()
                folders = ", ".join(shown(root) for root in opened.roots()[:3])
            rows.append((name, count["pieces"], count["files"], count["unreadable"], folders))
        except StoreError:
            rows.append((name, "-", "-", "-", "damaged"))
    title = f"{len(rows)} librar{'y' if len(rows) == 1 else 'ies'} in {home_folder()}"
    words = () if rows else ("fewnotes library update NAME FOLDER makes one.",)
    return Table(("library", "pieces", "files", "unreadable", "folders"), rows, title, {}, words)


def _shown(opened: Open, found: Updated | None) -> Table:
    count = opened.counts()
    unreadable = opened.unreadable()
    facts: dict[str, object] = {"file": str(library_path(opened.name)), **count}
    words = []
    if found is not None:
        facts |= {"read now": found.read, "known under a new path": found.moved, "gone": found.gone}
        words = [f"{shown(path)} is not there now; what is known of its music is kept." for path in found.missing]
    rows = [("folder", shown(root)) for root in opened.roots()]
    rows += [("left out", left_out(path, reason)) for path, reason in unreadable]
    status = _SOME_LEFT_OUT if unreadable and found is not None else 0
    return Table(("", "what"), rows, f"Library {opened.name}", facts, tuple(words), exit_status=status)
