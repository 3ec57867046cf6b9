"""The styles of an atlas: from the store, or from the folders of a library; and their relations to each other."""

from __future__ import annotations

import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput
from fewnotes.music.piece import Notice
from fewnotes.store.library import Library
from fewnotes.style import Part, Style
from fewnotes.uses._listening import embed, part_of, scores
from fewnotes.uses._listening.asked import styles_asked
from fewnotes.uses._listening.indexing import update
from fewnotes.uses._listening.places import left_out, open_library, shown

#: More styles than this are no picture any more.
MOST = 200
#: A style is known well enough from so many of its pieces.
_PIECES = 40


@dataclass(frozen=True)
class Voice:
    """A style in the atlas.

    part: what relation learned of it. vectors: of its pieces, (K, D). count: how many pieces it has in all.
    """

    name: str
    count: int
    part: Part
    vectors: NDArray[np.float32]
    family: str = ""


def of_styles(
    asked: str | Sequence[str | Style] | None, progress: Progress = no_progress
) -> tuple[list[Voice], tuple[Notice, ...]]:
    """Styles by name, file or as they are; else all in the store."""
    styles, warnings = styles_asked(asked)
    found = []
    for done, style in enumerate(styles):
        progress(done, len(styles), "Listening")
        pieces = [p for p in style.support if len(p.notes)]
        chosen = [pieces[i] for i in _evenly(len(pieces))]
        found.append(Voice(style.name, len(pieces), part_of(style), embed(chosen)))
    return found, warnings


def of_library(
    music: str | None, name: str | None, progress: Progress = no_progress
) -> tuple[list[Voice], tuple[str, ...], tuple[Notice, ...]]:
    """Folders as styles: voices, what is to be said, and the files that were left out."""
    library, added = open_library(music, name)
    with library:
        updated = update(library, added, progress)
        index = library.index(relation.judge().digest)
        folders: dict[str, list[int]] = {}
        place = {digest: path for path, digest in _first_paths(library).items()}
        for i, digest in enumerate(index.digests):
            folders.setdefault(str(Path(place[digest]).parent), []).append(i)
    if not folders:
        raise BadInput(f"There is no music in {music or name}", expected="a folder with one folder a style")
    labels = _labels(list(folders))
    voices = []
    for done, (folder, inside) in enumerate(sorted(folders.items())):
        progress(done, len(folders), "Learning")
        vectors = index.vectors[[inside[i] for i in _evenly(len(inside))]]
        part = relation.learn_vectors(vectors, np.zeros((0, vectors.shape[1]), np.float32), seed=0)
        label, family = labels[folder]
        voices.append(Voice(label, len(inside), part, vectors, family))
    notices = tuple(Notice("left-out", left_out(p, reason)) for p, reason in updated.unreadable)
    words = tuple(f"{shown(path)} is not there now; what is known of its music is drawn." for path in updated.missing)
    return voices, words, notices


def _first_paths(library: Library) -> dict[str, str]:
    """One path of each content: the first in order, so that the same files give the same styles."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for path, known in library.files().items():
        if known.digest not in seen:
            seen.add(known.digest)
            found[path] = known.digest
    return found


def _labels(folders: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Folder -> name and family: what is left of its path below what all have in common.

    "folk/jigs" is called jigs, of the family folk; where two folders bear one name, both keep their whole path.
    """
    common = os.path.commonpath(folders) if len(folders) > 1 else str(Path(folders[0]).parent)
    parts = {f: Path(f).relative_to(common).parts or (Path(common).name,) for f in folders}
    last = [p[-1] for p in parts.values()]
    found = {}
    for folder, p in parts.items():
        name = p[-1] if last.count(p[-1]) == 1 else "/".join(p)
        found[folder] = (_text(name), _text(p[0]) if len(p) > 1 else "")
    return found


def _text(name: str) -> str:
    return name.encode("utf-8", "replace").decode()


def _evenly(count: int) -> list[int]:
    """At most so many of a style's pieces, evenly spread."""
    return [int(i) for i in np.unique(np.linspace(0, count - 1, min(count, _PIECES)).astype(int))]


def relations(voices: Sequence[Voice], progress: Progress = no_progress) -> NDArray[np.float64]:
    """Symmetric relation of styles, (N, N): the mean over the pieces of either, held against the other."""
    starts = np.cumsum([0, *(len(v.vectors) for v in voices)])
    vectors = np.concatenate([v.vectors for v in voices])
    rows = []
    for done, voice in enumerate(voices):
        progress(done, len(voices), "Relating")
        found = scores(voice.part, vectors)
        rows.append([float(found[a:b].mean()) for a, b in itertools.pairwise(starts.tolist())])
    one_way = np.array(rows)
    return np.asarray((one_way + one_way.T) / 2)
