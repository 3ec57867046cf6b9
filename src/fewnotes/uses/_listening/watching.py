"""Watching the folders of a library: what is new, changed or gone is noticed by looking again and again.

Looking is a `stat` of every music file, on any system and any file system, shared folders too. A file counts once it
looked the same two times running, so that one that is being written or copied is left alone until it rests; if it rests
half written, it stands in the index as unreadable until it changes again. Looking takes a tenth of the time at most: a
large library is looked at less often than was asked.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from fewnotes.engines import Progress, no_progress
from fewnotes.store.library import Library
from fewnotes.uses._listening.indexing import Updated, music_in, update
from fewnotes.uses._listening.places import there

#: Path -> size and time of every file that could be looked at.
_Look = dict[str, tuple[int, int]]
_SHARE = 10
Sleep = Callable[[float], None]


@dataclass(frozen=True)
class Watched:
    """What was noticed. looks: how many. updates: how many, since something had changed. last: what the last found."""

    looks: int
    updates: int
    read: int
    moved: int
    gone: int
    last: Updated

    def and_then(self, found: Updated) -> Watched:
        """With one more update."""
        return replace(
            self, updates=self.updates + 1, read=self.read + found.read, moved=self.moved + found.moved,
            gone=self.gone + found.gone, last=found,
        )  # fmt: skip


def watch(
    library: Library, paths: Iterable[str | os.PathLike[str]], every: float, seconds: float | None = None,
    progress: Progress = no_progress, *, sleep: Sleep = time.sleep,
) -> Watched:  # fmt: skip
    """Bring a library up to date, and keep it so until Ctrl-C, or for so many seconds.

    every: seconds between two looks. An interrupted update is rolled back to the last some dozen files: what is in the
    index is whole, and the next update goes on from there. Raises as `update`.
    """
    begin = time.monotonic()
    found = Watched(0, 0, 0, 0, 0, Updated())
    taken: _Look = {}
    try:
        library.add_roots(there(paths))
        before = _looked(library)[0]
        found = found.and_then(update(library, (), progress))
        # What rested through the first update is known now; all else is looked at once more.
        now = _looked(library)[0]
        taken = {path: facts for path, facts in now.items() if before.get(path) == facts}
        before = now
        while seconds is None or time.monotonic() - begin < seconds:
            progress(0, 1, f"Watching {len(before):,} files, {found.read:,} read so far")
            sleep(every)
            now, took = _looked(library)
            found = replace(found, looks=found.looks + 1)
            moving = {path for path, facts in now.items() if facts != taken.get(path) and before.get(path) != facts}
            changed = {path for path, facts in now.items() if facts != taken.get(path)} - moving
            left = (taken.keys() - now.keys()) - before.keys()
            if changed or left:
                found = found.and_then(update(library, (), progress, leave=moving))
                taken = {path: facts for path, facts in now.items() if path not in moving}
            before = now
            every = max(every, _SHARE * took)
    except KeyboardInterrupt:  # how a person ends it
        pass
    return found


def _looked(library: Library) -> tuple[_Look, float]:
    """Every music file with its size and time, and how many seconds that took."""
    begin = time.monotonic()
    found = {}
    for path in music_in(library):
        try:
            facts = os.stat(path)  # noqa: PTH116 - thousands of them
        except OSError:
            continue
        found[path] = (facts.st_size, facts.st_mtime_ns)
    return found, time.monotonic() - begin
