"""personal: what is kept of a person's likes and dislikes, what was learned from them, and taking them along."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from fewnotes.atomic import write_atomic
from fewnotes.engines import Progress, no_progress
from fewnotes.engines.relation import taste
from fewnotes.errors import BadParameter
from fewnotes.store.tastes import Opinion, Tastes, tastes_path
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._personal.reasons import leanings
from fewnotes.uses.personal.exchange import exported, imported

_ACTIONS = ("show", "export", "import")
_LEARNED = 5


@dataclass(frozen=True, kw_only=True)
class Personal(Use):
    """Show what you like and dislike and what was learned from it; export it to a file, or import it.

    export FILE writes everything there is as JSON, notes included; import FILE adds it to what is here, and on a piece
    that both speak of the later word counts. fewnotes forget takes back one piece or all.
    """

    returns: ClassVar[str] = "a table of what is kept, and in words what was learned and how sure"
    example: ClassVar[str] = "fewnotes personal export mine.json"

    action: str = param(Kind.CHOICE, "|".join(_ACTIONS), default="show", choices=_ACTIONS, positional=True)
    file: str | None = param(
        Kind.STR, "Where to export to or import from", default=None, optional=True, positional=True
    )

    def run(self, progress: Progress = no_progress) -> Table:
        """Raises BadParameter without a file, BadInput for one that is none of ours, StoreError."""
        if self.action == "show":
            return _shown(progress)
        if not self.file:
            raise BadParameter(f"personal {self.action} needs a file", expected=f"fewnotes personal {self.action} FILE")
        if self.action == "export":
            found = _opinions()
            path = write_atomic(self.file, exported(found))
            return Table((), (), f"{len(found)} likes and dislikes written to {path}")
        with Tastes() as tastes:
            there = {o.content: o.time for o in tastes.opinions()}
            read = imported(Path(self.file))
            newer = [o for o in read if o.content not in there or o.time > there[o.content]]
            count = tastes.say(newer)
        title = f"{len(newer)} of {len(read)} likes and dislikes taken over; there are {count} now"
        words = ("The others were known, or a later word stands here.",) if len(newer) < len(read) else ()
        return Table((), (), title, {}, words)


def _opinions() -> list[Opinion]:
    if not tastes_path().exists():
        return []
    with Tastes() as tastes:
        return tastes.opinions()


def _shown(progress: Progress) -> Table:
    found = _opinions()
    rows = [_row(opinion) for opinion in reversed(found)]
    person = taste.mine(progress=progress)
    facts: dict[str, object] = {
        "file": str(tastes_path()), "likes": person.liked, "dislikes": person.disliked,
        "chance of a pattern in them": f"{person.pattern:.2f}",
    }  # fmt: skip
    words = []
    if not found:
        words.append("Nothing yet: fewnotes like FILE... and fewnotes dislike FILE... say something.")
    elif not person.says_something:
        words.append("There is no pattern in them yet that is more likely than chance: they move nothing.")
    else:
        words += [f"You lean to: {leaning}." for leaning in leanings(person, taste.usual(None).features, _LEARNED)]
    columns = ("", "piece", "counts in", "said (UTC)", "hash")
    return Table(columns, rows, "What you like and dislike", facts, tuple(words))


def _row(opinion: Opinion) -> tuple[str, ...]:
    word = "liked" if opinion.liked else "disliked"
    when = opinion.time.replace("T", " ")[:16]
    return word, opinion.title or "-", opinion.style or "-", when, opinion.content[:12]
