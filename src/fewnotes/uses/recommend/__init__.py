"""recommend: the pieces of a library that are most like what one likes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fewnotes.engines import Progress, no_progress, relation
from fewnotes.errors import BadInput
from fewnotes.music.piece import Piece
from fewnotes.store.library import Index, Library, library_path
from fewnotes.style import Style, created_now
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._listening import scores
from fewnotes.uses._listening.facts import FAMILIES
from fewnotes.uses._listening.indexing import Updated, update
from fewnotes.uses._listening.places import Paths, left_out, named, open_library, shown
from fewnotes.uses._words import meter_words
from fewnotes.uses.recommend.liking import LIKES, Liking, check_liked, gather, said_now
from fewnotes.uses.recommend.ranking import Because, Filters, centred_cosine, choose, reasons, usual

_SOME_LEFT_OUT = 4
_SHOWN = 5


@dataclass(frozen=True)
class Recommended:
    """One piece of a list. path: where it lies; also: other paths of the same file. number: from 1 within the file.

    relation: in [0, 1]. in_style: whether that is enough to belong. because: features that speak for it.
    nearest: the liked piece that is most like it. facts: title, composer, meter, key, bars and so on.
    """

    path: str
    number: int
    nearest: str
    facts: dict[str, Any]
    also: tuple[str, ...] = ()
    relation: float = 0.0
    in_style: bool = False
    because: tuple[Because, ...] = ()

    @property
    def title(self) -> str:
        """The title in the file, else the file's name."""
        return str(self.facts.get("title") or Path(self.path).stem)

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "number": self.number,
            "relation": self.relation,
            "in_style": self.in_style,
            "nearest": self.nearest,
            "because": [b.to_dict() for b in self.because],
            "also": list(self.also),
            **self.facts,
        }


@dataclass(frozen=True)
class Recommendations:
    """A list of pieces, best first. searched: pieces that passed the filters. known: left out, being liked already.

    none: whether not one of them is near enough to belong to the style.
    """

    pieces: tuple[Recommended, ...]
    style: str
    library: str
    searched: int
    known: int
    liking: Liking
    unreadable: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    words: tuple[str, ...] = field(default=())

    @property
    def whose(self) -> str:
        """The style in words; what one likes where there is none."""
        return "the pieces you like" if self.style == LIKES else self.style

    @property
    def none(self) -> bool:
        return not any(p.in_style for p in self.pieces)

    def to_dict(self) -> dict[str, Any]:
        return {
            "style": self.style,
            "library": self.library,
            "searched": self.searched,
            "known": self.known,
            "remembered": self.liking.remembered,
            "none_of_these": self.none,
            "pieces": [p.to_dict() for p in self.pieces],
            "unreadable": [{"path": shown(p), "reason": reason} for p, reason in self.unreadable],
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        rows = [(n, _name(p), f"{p.relation:.2f}", _why(p)) for n, p in enumerate(self.pieces, 1)]
        facts = {"like": self.whose, "library": self.library, "searched": f"{self.searched:,} pieces"}
        status = _SOME_LEFT_OUT if self.unreadable else 0
        return Table(("", "piece", "relation", "because"), rows, "Recommended", facts, self.words, exit_status=status)


@dataclass(frozen=True, kw_only=True)
class Recommend(Use):
    """Recommend pieces out of a library: the ones most like a style, or like pieces you like.

    The library is a folder of music. It is listened to once; after that only new and changed files are. Without a
    style, give --like. What you like and dislike is kept for the next time with --remember.
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
        filters = Filters(
            "{}/{}".format(*meter_words(self.meter)) if self.meter else "",
            self.instrument or "", self.min_bars, self.max_bars,
        )  # fmt: skip
        if not library_path(named(music, self.library)[0]).exists():
            check_liked(None, style, now)
        library, paths = open_library(music, self.library)
        with library:
            name = style.name if style else LIKES
            if self.forget:
                library.forget(name)
            check_liked(library, style, now)
            found = update(library, paths, progress) if self.update or paths else Updated()
            liking = gather(library, style, now, [*liked, *disliked], progress)
            if self.remember:
                library.remember(name, now, created_now())
            return self._ranked(library, name, liking, filters, found)

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
        related = scores(liking.part, index.vectors)
        passed = filters.mask(index)
        new = np.array([same not in liking.same for same in index.same], bool)
        chosen = choose(index, related, passed & new, self.n, self.diversity)
        floor = relation.none_below(liking.part)
        commonly = usual(index, liking.features)
        pieces = tuple(
            replace(
                _recommended(library, index, i, liking),
                relation=round(float(related[i]), 4),
                in_style=bool(related[i] >= floor),
                because=reasons(index.features[i], liking.features, commonly),
            )
            for i in chosen
        )
        known = int((passed & ~new).sum())
        listed = Recommendations(
            pieces, name, library.name, int(passed.sum()), known, liking, found.unreadable, found.missing
        )
        return replace(listed, words=_words(listed))


def _recommended(library: Library, index: Index, i: int, liking: Liking) -> Recommended:
    """Where the i-th piece lies, what is known of it, and which liked piece it is nearest to."""
    path, *also = (shown(p) for p in library.paths_of(index.digests[i]) or ["?"])
    likeness = centred_cosine(index.vectors[i : i + 1], liking.vectors, index.vectors.mean(axis=0))[0]
    return Recommended(
        path=path,
        number=index.numbers[i],
        nearest=liking.titles[int(np.argmax(likeness))],
        facts=library.facts(index.digests[i], index.numbers[i]),
        also=tuple(also),
    )


def _name(piece: Recommended) -> str:
    number = f" (tune {piece.number})" if piece.number > 1 else ""
    title = str(piece.facts.get("title", ""))
    is_name = title in (Path(piece.path).name, Path(piece.path).stem)
    return f"{piece.path}{number}: {title}" if title and not is_name else f"{piece.path}{number}"


def _why(piece: Recommended) -> str:
    said = "; ".join(str(b) for b in piece.because[:2])
    return f"nearest to {piece.nearest}" + (f"; {said}" if said else "")


def _words(found: Recommendations) -> tuple[str, ...]:
    """What a person should know about the list, in sentences."""
    said = []
    if not found.pieces:
        said.append("No piece passes the filters." if not found.searched else "All that passes is liked or disliked.")
    elif found.none:
        said.append(f"None of these belongs to {found.whose}: they are the nearest there is.")
    elif not all(p.in_style for p in found.pieces):
        count = sum(p.in_style for p in found.pieces)
        said.append(f"{count} of these belong to {found.whose}; the others are the nearest there is beside them.")
    related = [p.relation for p in found.pieces]
    if related != sorted(related, reverse=True):
        said.append("The order also weighs how unlike each other the pieces are; --diversity 0 goes by relation alone.")
    if found.known:
        said.append(f"Left out, since you know them: {found.known} with the notes of liked or disliked pieces.")
    if found.liking.remembered:
        said.append(f"{found.liking.remembered} likes and dislikes of before count too; --forget drops them.")
    if found.liking.lost:
        said.append(f"{found.liking.lost} of them are no longer here to be listened to, and do not count.")
    said += [f"{shown(path)} is not there now; what is known of its music is kept." for path in found.missing]
    said += [f"Left out: {left_out(path, reason)}" for path, reason in found.unreadable[:_SHOWN]]
    if len(found.unreadable) > _SHOWN:
        said.append(f"and {len(found.unreadable) - _SHOWN} more files left out: fewnotes library show {found.library}")
    return tuple(said)
