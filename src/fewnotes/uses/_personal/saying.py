"""Saying that pieces are liked or disliked: kept in the store, for whatever ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput, FewnotesError
from fewnotes.music.piece import Piece
from fewnotes.store import load_style
from fewnotes.store.tastes import Opinion, Tastes
from fewnotes.uses import Kind, Table, Use, param

#: How `compose` and `sketch` title what they make.
_OURS = re.compile(r"(?:Sketch|Idea) \d+ in the style of (.+)")
_SHOWN = 20


@dataclass(frozen=True)
class Said:
    """What was kept. turned: of how many pieces one had said the opposite. likes, dislikes: all there are now."""

    opinions: tuple[Opinion, ...]
    liked: bool
    turned: int
    likes: int
    dislikes: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "said": "liked" if self.liked else "disliked",
            "pieces": [{"content": o.content, "title": o.title, "style": o.style} for o in self.opinions],
            "turned": self.turned,
            "likes": self.likes,
            "dislikes": self.dislikes,
        }

    def to_table(self) -> Table:
        word = "Liked" if self.liked else "Disliked"
        rows = [(o.title or "-", o.style or "-", len(o.piece.notes)) for o in self.opinions[:_SHOWN]]
        words = [f"Kept now: {self.likes} liked, {self.dislikes} disliked; fewnotes personal shows what they say."]
        if len(self.opinions) > _SHOWN:
            words.insert(0, f"and {len(self.opinions) - _SHOWN} more")
        if self.turned:
            words.insert(0, f"Of {self.turned} you had said the opposite: the last word counts.")
        if not self.dislikes or not self.likes:
            other = "disliked" if self.liked else "liked"
            words.append(f"Pieces that are {other} tell as much as these: say some.")
        return Table(("piece", "counts against what is usual in", "notes"), rows, word, {}, tuple(words))


@dataclass(frozen=True, kw_only=True)
class Saying(Use):
    """What `like` and `dislike` have in common. liked: which of them it is."""

    liked: ClassVar[bool]
    returns: ClassVar[str] = "what was kept, and how many likes and dislikes there are"

    pieces: Sequence[Piece] = param(
        Kind.PIECES, "Music files, folders or patterns", positional=True, minimum=1, maximum=1000
    )
    style: str | None = param(
        Kind.STR,
        "The style they were composed in, by name; else as their titles say",
        default=None,
        optional=True,
    )

    def run(self, progress: Progress = no_progress) -> Said:
        """Raises BadInput where no piece has a note, StyleNotFound, StoreError."""
        return say(self.pieces, self.liked, self.style)


def say(pieces: Sequence[Piece], liked: bool, style: str | None = None) -> Said:
    """Keep one opinion of each piece. style: a name in the store, of the style all of them were composed in; else what
    their titles say, where that style is in the store.

    Raises BadInput where no piece has a note, StyleNotFound, StoreError.
    """
    if style:
        load_style(style)
    heard = [p for p in pieces if len(p.notes)]
    if not heard:
        raise BadInput("There is not one note in these pieces", expected="one piece with notes, or more")
    known: dict[str, str] = {}
    opinions = [Opinion(p, liked, p.title, style.partition("@")[0] if style else composed_in(p, known)) for p in heard]
    with Tastes() as tastes:
        before = {o.content: o.liked for o in tastes.opinions()}
        tastes.say(opinions)
        after = {**before, **dict.fromkeys((o.content for o in opinions), liked)}
    turned = len({o.content for o in opinions if before.get(o.content, liked) != liked})
    likes = sum(after.values())
    return Said(tuple(opinions), liked, turned, likes, len(after) - likes)


def composed_in(piece: Piece, known: dict[str, str]) -> str:
    """The style of the store that a piece says it was composed in, "" for none. known: what was found out before."""
    found = _OURS.fullmatch(piece.title)
    if not found:
        return ""
    name = found[1]
    if name not in known:
        try:
            load_style(name)
            known[name] = name
        except FewnotesError:
            known[name] = ""
    return known[name]
