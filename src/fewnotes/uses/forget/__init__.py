"""forget: take a piece or a style out of the store, and show that nothing of it is left."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadParameter, StyleNotFound
from fewnotes.files import read_all
from fewnotes.music.piece import Piece
from fewnotes.store import load_style, sweep
from fewnotes.store.tastes import Tastes, tastes_path
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses.forget import dropping
from fewnotes.uses.forget.marks import Looked, Marks, look, marks_of

_HASH = re.compile(r"[0-9a-f]{12,64}")
_LEFT = 1


@dataclass(frozen=True)
class Forgotten:
    """removed: (what, where). looked: the look through the whole store afterwards. kept: styles that still hold it."""

    what: tuple[str, ...]
    removed: tuple[tuple[str, str], ...]
    looked: Looked
    marks: int
    kept: tuple[str, ...] = ()
    words: tuple[str, ...] = ()

    @property
    def is_gone(self) -> bool:
        return not self.looked.traces

    def to_dict(self) -> dict[str, Any]:
        return {
            "forgotten": list(self.what),
            "removed": [{"what": what, "where": where} for what, where in self.removed],
            "looked_for": self.marks,
            "looked_through": {"files": self.looked.files, "bytes": self.looked.size},
            "left": [{"what": t.what, "where": str(t.path)} for t in self.looked.traces],
            "styles_that_hold_it": list(self.kept),
            "words": list(self.words),
        }

    def to_table(self) -> Table:
        rows = [("removed", what, where) for what, where in self.removed]
        rows += [("LEFT", trace.what, str(trace.path)) for trace in self.looked.traces]
        left = len(self.looked.traces)
        proof = (
            f"{left} traces left: " if left else "Zero traces left: "
        ) + f"{self.looked.files:,} files, {self.looked.size:,} bytes were looked through for {self.marks} marks."
        title = f"Forgotten: {', '.join(self.what)}"
        words = (proof, *self.words)
        return Table(("", "what", "where"), rows, title, {}, words, exit_status=_LEFT if left else 0)


@dataclass(frozen=True, kw_only=True)
class Forget(Use):
    """Forget pieces or styles: they leave likes, libraries and caches, and what is left is looked for and told.

    A piece is forgotten in every key and edition with the same notes. Styles that were learned from it stay, and are
    named, unless --styles removes them too. Your music files are never touched: a file that stays in the folder of a
    library is listened to again at its next update. A hash, as fewnotes personal shows it, stands for a piece.
    """

    returns: ClassVar[str] = "what was removed, and what a look through every byte of the store found"
    example: ClassVar[str] = "fewnotes forget old-tune.mid --styles"

    what: str | Piece | Sequence[str | Piece] | None = param(
        Kind.NAMES, "Music files, names of styles, or hashes of pieces", default=None, optional=True, positional=True
    )
    styles: bool = param(Kind.BOOL, "Remove the styles that were learned from it too", default=False)
    all: bool = param(Kind.BOOL, "Forget every like, dislike and library; with --styles every style too", default=False)

    def run(self, progress: Progress = no_progress) -> Forgotten:
        """Raises BadParameter where nothing is named, StyleNotFound for a name that is nothing, StoreError."""
        asked = [self.what] if isinstance(self.what, (str, Piece)) else list(self.what or ())
        if bool(asked) == self.all:
            raise BadParameter("It is not said what to forget", expected="files, styles or hashes; or --all")
        sweep()
        if self.all:
            return self._everything(progress)
        removed: list[tuple[str, str]] = []
        marks = Marks()
        names: list[str] = []
        for one in asked:
            progress(len(names), len(asked) + 1, "Forgetting")
            piece_marks, called = _marks(one)
            if piece_marks is None:
                gone, found = dropping.forget_style(called)
                removed += gone
                marks |= found
            else:
                piece_marks = dropping.known_editions(piece_marks)
                removed += dropping.forget_piece(piece_marks)
                marks |= piece_marks
            names.append(called)
        progress(len(asked), len(asked) + 1, "Looking for traces")
        looked = look(marks, dropping.places())
        holding = dropping.styles_with(looked)
        if holding and self.styles:
            removed += dropping.forget_versions(holding)
            looked, holding = look(marks, dropping.places()), []
        needles = len(marks.needles())
        return Forgotten(tuple(names), tuple(removed), looked, needles, tuple(holding), _words(removed, holding, marks))

    def _everything(self, progress: Progress) -> Forgotten:
        marks = Marks()
        if tastes_path().exists():
            with Tastes() as tastes:
                for opinion in tastes.opinions():
                    marks |= marks_of([opinion.piece])
        removed = dropping.forget_all(self.styles)
        progress(1, 2, "Looking for traces")
        looked = look(marks, dropping.places())
        holding = dropping.styles_with(looked)
        words = (
            [f"Styles stay, and hold pieces you spoke of: {', '.join(holding)}. --styles removes them."]
            if holding
            else []
        )
        called = "everything" if self.styles else "all likes, dislikes and libraries"
        return Forgotten((called,), tuple(removed), looked, len(marks.needles()), tuple(holding), tuple(words))


def _marks(one: str | Piece) -> tuple[Marks | None, str]:
    """What to look for and what to call it; None for the name of a style. Raises StyleNotFound, BadInput."""
    if isinstance(one, Piece):
        return marks_of([one]), one.title or one.content_hash[:12]
    path = Path(one)
    if path.is_file() and not one.endswith(".style"):
        heard = [p for repeats in (True, False) for p in read_all(path, repeats=repeats)]
        return marks_of(heard, path), one
    if _HASH.fullmatch(one):
        return _by_hash(one), one[:12]
    try:
        load_style(one)
    except StyleNotFound as error:
        raise StyleNotFound(
            f"There is no file and no style {one!r}",
            expected=error.expected,
            fix="Give the hash of a piece that is gone",
        ) from error
    return None, one


def _by_hash(start: str) -> Marks:
    """A piece that was liked or disliked, by the beginning of its hash; else the whole hash of any piece."""
    if tastes_path().exists():
        with Tastes() as tastes:
            found = [o.piece for o in tastes.opinions() if o.content.startswith(start)]
        if found:
            return marks_of(found)
    if len(start) < 64:
        raise BadParameter(f"You spoke of no piece whose hash begins with {start}", expected="64 digits, or a file")
    return Marks(frozenset([start]))


def _words(removed: Sequence[tuple[str, str]], holding: Sequence[str], marks: Marks) -> tuple[str, ...]:
    said = []
    if not removed:
        said.append("Nothing of it was there.")
    if holding:
        said.append(f"Learned from it, and kept: {', '.join(holding)}. --styles removes them; then learn them again.")
    if marks.paths and any("library" in what for what, _ in removed):
        said.append("The music file stays where it is; in a folder of a library, the next update reads it again.")
    return tuple(said)
