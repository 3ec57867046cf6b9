"""recommend: the pieces of a library that are most like what one likes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece
from fewnotes.store.library import Index, Library, library_path
from fewnotes.style import Style, created_now
from fewnotes.uses import Kind, Use, param
from fewnotes.uses._listening import Floats, scores
from fewnotes.uses._listening.facts import FAMILIES
from fewnotes.uses._listening.indexing import Updated, update
from fewnotes.uses._listening.places import Paths, named, open_library, shown
from fewnotes.uses._personal.dial import taste_dial
from fewnotes.uses._words import meter_words
from fewnotes.uses.recommend.liking import LIKES, Liking, check_liked, gather, said_now, tastes_in
from fewnotes.uses.recommend.listed import Recommendations as Recommendations
from fewnotes.uses.recommend.listed import Recommended, words_of
from fewnotes.uses.recommend.personal import Person
from fewnotes.uses.recommend.playlist import PATHS, check_playlist, write_playlist
from fewnotes.uses.recommend.ranking import Filters, centred_cosine, choose, reasons, usual


@dataclass(frozen=True, kw_only=True)
class Recommend(Use):
    """Recommend pieces out of a library: the ones most like a style, or like pieces you like.

    The library is a folder of music. It is listened to once; after that only new and changed files are. Without a
    style, give --like, or have said before what you like. --like and --dislike say what this list should be like, and
    are kept for it with --remember; what you say with fewnotes like and fewnotes dislike is your taste, and counts in
    every list.
    """

    returns: ClassVar[str] = "a ranked list of pieces, each with what speaks for it"
    example: ClassVar[str] = "fewnotes recommend jigs my-music"

    style: Style | str | None = param(
        Kind.STR,
        "The style to be like: a name or a .style file; leave it out and give --like instead",
        default=None,
        optional=True,
        positional=True,
    )
    music: Paths = param(
        Kind.NAMES,
        "Folders, files or patterns of music, or the name of a library",
        default=None,
        optional=True,
        positional=True,
    )
    like: Sequence[Piece] | None = param(
        Kind.PIECES, "Files to be like, beside the style or instead", default=None, optional=True, maximum=1000
    )
    dislike: Sequence[Piece] | None = param(
        Kind.PIECES, "Files to be unlike", default=None, optional=True, maximum=1000
    )
    n: int = param(Kind.INT, "How many pieces", default=10, minimum=1, maximum=1000)
    diversity: float = param(
        Kind.FLOAT, "0 lists the most like, 1 the most unlike each other among them", default=0.2, minimum=0, maximum=1
    )
    meter: str | None = param(
        Kind.STR, "Only pieces that begin in this meter, such as 3/4", default=None, optional=True
    )
    instrument: str | None = param(
        Kind.CHOICE, "Only pieces in which this plays", default=None, optional=True, choices=tuple(FAMILIES)
    )
    min_bars: int | None = param(
        Kind.INT, "Only pieces of so many bars or more", default=None, optional=True, minimum=0
    )
    max_bars: int | None = param(
        Kind.INT, "Only pieces of so many bars or fewer", default=None, optional=True, minimum=1
    )
    min_seconds: float | None = param(
        Kind.FLOAT, "Only pieces of so many seconds or more", default=None, optional=True, minimum=0
    )
    max_seconds: float | None = param(
        Kind.FLOAT, "Only pieces of so many seconds or fewer", default=None, optional=True, minimum=0
    )
    min_difficulty: float | None = param(
        Kind.FLOAT,
        "Only pieces this hard to play or harder, an estimate",
        default=None,
        optional=True,
        minimum=1,
        maximum=10,
    )
    max_difficulty: float | None = param(
        Kind.FLOAT,
        "Only pieces this hard to play or easier, an estimate",
        default=None,
        optional=True,
        minimum=1,
        maximum=10,
    )
    taste: float = taste_dial()
    playlist: str | None = param(
        Kind.STR, "Write the list here as a playlist: .m3u, .m3u8 or .json", default=None, optional=True
    )
    paths: str = param(
        Kind.CHOICE, "Paths in the playlist: relative to it, or absolute", default="relative", choices=PATHS
    )
    library: str | None = param(
        Kind.STR, "The name of the library; else it is named after the folder", default=None, optional=True
    )
    remember: bool = param(Kind.BOOL, "Keep what is liked and disliked now for this style", default=False)
    forget: bool = param(Kind.BOOL, "First forget what was kept for this style", default=False)
    update: bool = param(Kind.BOOL, "First look for new, changed and removed files", default=True)

    def run(self, progress: Progress = no_progress) -> Recommendations:
        """Raises NotInstalled without the relation network, BadInput where nothing is liked or there is no music."""
        style, music = self._which()
        liked, disliked = list(self.like or ()), list(self.dislike or ())
        now = said_now(liked, disliked)
        check_playlist(self.playlist)
        ever = tastes_in() if style is None and self.taste else []
        filters = self._filters()
        if not library_path(named(music, self.library)[0]).exists():
            check_liked(None, style, now, ever)
        library, paths = open_library(music, self.library)
        with library:
            name = style.name if style else LIKES
            if self.forget:
                library.forget(name)
            check_liked(library, style, now, ever)
            found = update(library, paths, progress) if self.update or paths else Updated()
            liking = gather(library, style, now, [*liked, *disliked], progress, taste=ever)
            if self.remember:
                library.remember(name, now, created_now())
            listed = self._ranked(library, name, liking, filters, found)
        if self.playlist:
            left = write_playlist(listed.pieces, self.playlist, self.paths)
            said = f"Playlist written to {self.playlist}" + (f", without {', '.join(left)}" if left else "") + "."
            return replace(listed, words=(*listed.words, said))
        return listed

    def _filters(self) -> Filters:
        return Filters(
            "{}/{}".format(*meter_words(self.meter)) if self.meter else "", self.instrument or "",
            (self.min_bars, self.max_bars), (self.min_seconds, self.max_seconds),
            (self.min_difficulty, self.max_difficulty),
        )  # fmt: skip

    def _which(self) -> tuple[Style | None, Paths]:
        """The style, and the music: a folder in the place of the style is the music, and so is what stands there alone
        beside a piece to be like.
        """
        from fewnotes.store import load_style

        if not isinstance(self.style, str):
            return self.style, self.music
        if self.music is None and self.like and (self.library is None or os.path.lexists(self.style)):
            return None, self.style
        if self.music is None and os.path.isdir(self.style):  # noqa: PTH112
            return None, self.style
        return load_style(self.style), self.music

    def _ranked(self, library: Library, name: str, liking: Liking, filters: Filters, found: Updated) -> Recommendations:
        index = library.index(relation.judge().digest)
        if not len(index):
            reason = f": {found.unreadable[0][1]}" if found.unreadable else ""
            raise BadInput(f"There is no music in the library {library.name!r}{reason}", expected="files of music")
        passed = filters.mask(index)
        new = np.array([same not in liking.same for same in index.same], bool)
        asked = np.flatnonzero(passed & new)
        related = np.zeros(len(index))
        related[asked] = scores(liking.part, index.vectors[asked])
        person = Person.here(self.taste, index, asked)
        chosen = choose(index, person.weighed(related), passed & new, self.n, self.diversity)
        floor = relation.none_below(liking.part)
        commonly = usual(index, liking.features)
        centre = index.vectors.mean(axis=0)
        pieces = tuple(
            replace(
                _recommended(library, index, i, liking, centre),
                relation=round(float(related[i]), 4),
                in_style=bool(related[i] >= floor),
                because=reasons(index.features[i], liking.features, commonly),
                preference=person.of(i),
                leanings=person.leanings(index.features[i]),
            )
            for i in chosen
        )
        known = int((passed & ~new).sum())
        listed = Recommendations(
            pieces, name, library.name, int(passed.sum()), known, liking, found.unreadable, found.missing, person.said
        )
        return replace(listed, words=words_of(listed))


def _recommended(library: Library, index: Index, i: int, liking: Liking, centre: Floats) -> Recommended:
    """Where the i-th piece lies, what is known of it, and which liked piece it is nearest to."""
    paths = library.paths_of(index.digests[i]) or ["?"]
    likeness = centred_cosine(index.vectors[i : i + 1], liking.vectors, centre)[0]
    nearest = int(np.argmax(likeness))
    return Recommended(
        path=shown(paths[0]),
        number=index.numbers[i],
        nearest=liking.titles[nearest],
        likeness=round(float(likeness[nearest]), 3),
        facts={**library.facts(index.digests[i], index.numbers[i]), "difficulty": round(float(index.difficulty[i]), 1)},
        also=tuple(shown(path) for path in paths[1:]),
        file=paths[0],
    )
