"""dislike: say that pieces are disliked, once and for everything that ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes.uses._personal.saying import Saying


@dataclass(frozen=True, kw_only=True)
class Dislike(Saying):
    """Say that you dislike pieces: drafts, or any music. What you say moves the order of everything that is ranked.

    It is kept on this machine alone, with the notes of the pieces; the last word on a piece counts. What compose and
    sketch made counts against what is usual in its style, anything else against all music. fewnotes personal shows
    what was learned, fewnotes forget takes it back.
    """

    liked: ClassVar[bool] = False
    example: ClassVar[str] = "fewnotes dislike jigs-1.mid jigs-3.mid"
