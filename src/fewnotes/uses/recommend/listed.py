"""A list of recommended pieces, as data, as a table, and in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fewnotes.uses import Table
from fewnotes.uses._listening.places import left_out, shown
from fewnotes.uses._personal.reasons import Leaning
from fewnotes.uses.recommend.liking import LIKES, Liking
from fewnotes.uses.recommend.ranking import Because

_SOME_LEFT_OUT = 4
_SHOWN = 5


@dataclass(frozen=True)
class Recommended:
    """One piece of a list. path: where it lies; also: other paths of the same file. number: from 1 within the file.

    relation: in [0, 1]. in_style: whether that is enough to belong. because: features that speak for it.
    nearest: the liked piece that is most like it, likeness: how much, as a cosine in [-1, 1]. facts: title, composer,
    meter, key, bars and so on. file: the path as the system has it. preference: the chance that this person likes it,
    and leanings: what of it speaks for that; None where nothing is known of them.
    """

    path: str
    number: int
    nearest: str
    facts: dict[str, Any]
    also: tuple[str, ...] = ()
    relation: float = 0.0
    in_style: bool = False
    because: tuple[Because, ...] = ()
    likeness: float = 0.0
    file: str = ""
    preference: float | None = None
    leanings: tuple[Leaning, ...] = ()

    @property
    def title(self) -> str:
        """The title in the file, else the file's name."""
        return str(self.facts.get("title") or Path(self.path).stem)

    @property
    def why(self) -> tuple[str, ...]:
        """All that speaks for it, a line each, in words with numbers."""
        near = f"nearest to {self.nearest} (likeness {self.likeness:.2f})"
        return (near, *map(str, self.because), *map(str, self.leanings))

    def to_dict(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "number": self.number,
            "relation": self.relation,
            "in_style": self.in_style,
            "nearest": self.nearest,
            "likeness": self.likeness,
            "because": [b.to_dict() for b in self.because],
            "preference": self.preference,
            "leanings": [b.to_dict() for b in self.leanings],
            "why": list(self.why),
            "also": list(self.also),
            **self.facts,
        }


@dataclass(frozen=True)
class Recommendations:
    """A list of pieces, best first. searched: pieces that passed the filters. known: left out, being liked already.

    none: whether not one of them is near enough to belong to the style. person: likes and dislikes of anywhere that
    count in the order.
    """

    pieces: tuple[Recommended, ...]
    style: str
    library: str
    searched: int
    known: int
    liking: Liking
    unreadable: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    person: tuple[int, int] = (0, 0)
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
            "personal": {"likes": self.person[0], "dislikes": self.person[1]},
            "none_of_these": self.none,
            "pieces": [p.to_dict() for p in self.pieces],
            "unreadable": [{"path": shown(p), "reason": reason} for p, reason in self.unreadable],
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        rows: list[tuple[Any, ...]] = []
        rows += [(n, _name(p), f"{p.relation:.2f}", _why(p)) for n, p in enumerate(self.pieces, 1)]
        facts = {"like": self.whose, "library": self.library, "searched": f"{self.searched:,} pieces"}
        status = _SOME_LEFT_OUT if self.unreadable else 0
        columns: tuple[str, ...] = ("", "piece", "relation", "because")
        if any(p.preference is not None for p in self.pieces):
            columns = ("", "piece", "relation", "liked", "because")
            rows = [(*r[:3], f"{p.preference or 0:.2f}", r[3]) for r, p in zip(rows, self.pieces, strict=True)]
        return Table(columns, rows, "Recommended", facts, self.words, exit_status=status)


def _name(piece: Recommended) -> str:
    number = f" (tune {piece.number})" if piece.number > 1 else ""
    title = str(piece.facts.get("title", ""))
    is_name = title in (Path(piece.path).name, Path(piece.path).stem)
    return f"{piece.path}{number}: {title}" if title and not is_name else f"{piece.path}{number}"


def _why(piece: Recommended) -> str:
    """As much as a table has room for."""
    near, *_ = piece.why
    return "; ".join([near, *map(str, piece.because[:2]), *map(str, piece.leanings[:1])])


def words_of(found: Recommendations) -> tuple[str, ...]:
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
    if sum(found.person):
        likes, dislikes = found.person
        said.append(
            f"What you said of music elsewhere counts ({likes} likes, {dislikes} dislikes); --taste 0 leaves it out."
        )
    elif related != sorted(related, reverse=True):
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
