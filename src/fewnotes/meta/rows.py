"""One row of the corpus table: which piece this is, its style, whose it is and what it may be used for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from fewnotes.errors import FewnotesError
from fewnotes.music.piece import Piece

#: Licences of music that may train what ships.
_FREE = re.compile(r"(Public-Domain|CC0|CC-BY-[0-9]|BSD|MIT)\b")


@dataclass(frozen=True)
class Row:
    """One piece of a corpus. Empty text is "not known".

    key: its name in the table, unique, with the source in front. path: the file. part: the text of one tune of a book
    of tunes, None for a whole file. given_split: what the source itself says: "train", "validation" or "".
    source_hash: the content hash that the source gives. notes: as the source counts them, 0 if it does not.
    """

    key: str
    style: str
    source: str
    path: Path
    part: str | None = None
    family: str = ""
    composer: str = ""
    region: str = ""
    dance: str = ""
    period: str = ""
    title: str = ""
    licence: str = ""
    attribution: str = ""
    given_split: str = ""
    source_hash: str = ""
    notes: int = 0

    @property
    def may_ship(self) -> bool:
        """May this piece train a checkpoint that is given away? Only the train side of a source that says so."""
        return self.given_split == "train" and _FREE.match(self.licence) is not None

    def to_dict(self) -> dict[str, Any]:
        """All facts as plain values, without the path on this machine and the text of the tune."""
        facts = {k: v for k, v in asdict(self).items() if k not in ("path", "part")}
        return facts | {"may_ship": self.may_ship}


class Entry(NamedTuple):
    """A row and its piece. In a file of several pieces each has its own row, `key#2` being the second."""

    row: Row
    piece: Piece


class Unreadable(NamedTuple):
    """A row without a piece, and why."""

    row: Row
    reason: FewnotesError


def by_style(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """Rows by style label, styles in order of name."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.style, []).append(row)
    return dict(sorted(found.items()))
