"""Which piece is carried over into which style.

Held-out styles: the first `bars` full bars of a piece of another style, into a style of meta-test, learned from five of
its pieces. Nobody has written that piece in that style, so the output is held against real pieces of the style.

Songs in many grooves: 18 songs, each with accompaniments in 20 grooves (see `songs_folder`). A song as it stands in one
groove is carried over into another, learned from five other songs of it; the output is held against the song itself as
it stands there.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np

from fewnotes.errors import BadInput
from fewnotes.files import read_each
from fewnotes.measure.generated.excerpts import full_bars
from fewnotes.measure.generated.material import Material
from fewnotes.measure.generated.plan import capped
from fewnotes.measure.transferring.rows import Task
from fewnotes.meta.preprocess import normalised
from fewnotes.music.edit import select_tracks, slice_bars
from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import barlines

SHOT = 5
#: Sources come from pieces with so many notes in the window or more: less is no piece to recognise again.
_LEAST_NOTES = 16


def window(piece: Piece, bars: int) -> Piece:
    """The first `bars` full bars."""
    first = int(bool(piece.pickup_tick))
    return slice_bars(piece, first, min(first + bars, first + full_bars(piece)) - 1)


def held_out(material: Material, style: str, number: int, sources: int, bars: int) -> list[Task]:
    """What is asked in one draw of a style: `sources` pieces of as many other styles."""
    real = material.styles[style]
    support = tuple(capped(material.bank.pieces[i]) for i in real.parting.support(SHOT, number))
    seed = 1000 * sorted(material.styles).index(style) + number
    rng = np.random.default_rng([seed, 3])
    others = [other for name, other in sorted(material.styles.items()) if name != style]
    found: list[Task] = []
    for place in rng.permutation(len(others)).tolist():
        aside = others[place].parting.aside
        piece = window(material.bank.pieces[aside[int(rng.integers(len(aside)))]], bars)
        if len(piece.notes) >= _LEAST_NOTES:
            found.append(Task(style, piece, support, 100 * seed + len(found), aside=tuple(real.aside())))
        if len(found) == sources:
            break
    return found


# ---------------------------------------------------------------------------------------- songs in many grooves


class Asked(NamedTuple):
    """A song to be carried over. rest: real pieces of the groove that are neither it nor support. melody: its notes."""

    task: Task
    rest: list[Piece]
    melody: NoteArray


@dataclass(frozen=True)
class Songs:
    """The same songs in many grooves. paths: by groove and song. The first track of each is the melody."""

    paths: Mapping[str, Mapping[str, Path]]
    bars: int

    @cached_property
    def _known(self) -> dict[Path, tuple[Piece, NoteArray]]:
        return {}

    def pieces(self, groove: str, names: Sequence[str]) -> list[Piece]:
        """The first bars of some songs in a groove. Repeats are not folded: songs must stay as long in every groove."""
        return [self._read(groove, names)[self.paths[groove][name]][0] for name in names]

    def melody(self, groove: str, name: str) -> NoteArray:
        """The melody of a song in the window that `pieces` has."""
        return self._read(groove, [name])[self.paths[groove][name]][1]

    def _read(self, groove: str, names: Sequence[str]) -> dict[Path, tuple[Piece, NoteArray]]:
        wanted = [self.paths[groove][name] for name in names]
        missing = [path for path in dict.fromkeys(wanted) if path not in self._known]
        for path, result in read_each(missing):
            if not isinstance(result, list):
                raise BadInput(f"{path.name} of the songs in many grooves could not be read", fix="Check the folder")
            whole = normalised(result[0], editions=False)
            melody = normalised(select_tracks(result[0], [0]), editions=False).notes
            first, end = barlines(whole)[[int(bool(whole.pickup_tick)), -1]].tolist()
            piece = window(whole, self.bars)
            inside = (melody["onset_tick"] >= first) & (melody["onset_tick"] < min(end, first + barlines(piece)[-1]))
            melody = melody[inside].copy()
            melody["onset_tick"] -= first
            self._known[path] = (piece, melody)
        return self._known

    def tasks(self, groove: str, songs: int, seed: int = 0) -> Iterator[Asked]:
        """`songs` songs to be carried over into a groove."""
        rng = np.random.default_rng([seed, sorted(self.paths).index(groove)])
        order = [sorted(self.paths[groove])[i] for i in rng.permutation(len(self.paths[groove])).tolist()]
        grooves = [name for name in sorted(self.paths) if name != groove]
        support = tuple(self.pieces(groove, order[:SHOT]))
        for number, song in enumerate(order[SHOT : SHOT + songs]):
            there = [name for name in grooves if song in self.paths[name]]
            source = self.pieces(there[int(rng.integers(len(there)))], [song])[0]
            rest = self.pieces(groove, [name for name in order[SHOT:] if name != song])
            truth = self.pieces(groove, [song])[0]
            place = 100 * sorted(self.paths).index(groove) + number
            task = Task(groove, source, support, place, aside=tuple(rest), truth=truth)
            yield Asked(task, rest, self.melody(groove, song))


def songs_folder() -> Path | None:
    """Where the songs in many grooves lie: $FEWNOTES_SHARED/corpus_parallel, else beside the clone; None if nowhere."""
    shared = os.environ.get("FEWNOTES_SHARED")
    beside = Path(__file__).resolve().parents[4].parent / "shared"
    folder = (Path(shared) if shared else beside) / "corpus_parallel"
    return folder if (folder / "manifest.csv").is_file() else None


def load_songs(folder: Path, bars: int) -> Songs:
    """By the manifest: columns path, style (the groove) and song. Raises BadInput where it lacks one."""
    paths: dict[str, dict[str, Path]] = {}
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        if not {"path", "style", "song"} <= set(reader.fieldnames or ()):
            raise BadInput(f"{folder / 'manifest.csv'} lacks a column", expected="path, style and song")
        for line in reader:
            paths.setdefault(line["style"], {})[line["song"]] = folder / line["path"]
    enough = {groove: songs for groove, songs in paths.items() if len(songs) > SHOT + 1}
    if len(enough) < 2:
        raise BadInput(f"{folder} has too few grooves", expected=f"two grooves of more than {SHOT + 1} songs")
    return Songs(enough, bars)
