"""styles: what is in the store, and keeping order there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fewnotes import store
from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadParameter
from fewnotes.uses import Kind, Table, Use, param
from fewnotes.uses._style import style_table

_ACTIONS = ("list", "show", "remove", "rename", "verify")


@dataclass(frozen=True, kw_only=True)
class Styles(Use):
    """List, show, remove, rename or verify the styles in the store.

    A name means its newest version; NAME@2 means the second. `verify` reads every byte of one style or of all, and
    ends with 1 if something is damaged.
    """

    returns: ClassVar[str] = "a table of styles, or what is in one, or what was found wrong"
    example: ClassVar[str] = "fewnotes styles show jigs"

    action: str = param(
        Kind.CHOICE, "list|show|remove|rename|verify", default="list", choices=_ACTIONS, positional=True
    )
    name: str | None = param(
        Kind.STR, "Which style; NAME@2 is its second version", default=None, optional=True, positional=True
    )
    new_name: str | None = param(Kind.STR, "What rename calls it", default=None, optional=True, positional=True)

    def run(self, progress: Progress = no_progress) -> Table:
        """Raises StyleNotFound, listing what there is; BadParameter where a name is missing; StoreError."""
        if self.action in ("show", "remove", "rename") and not self.name:
            raise BadParameter(f"styles {self.action} needs a name", expected=f"fewnotes styles {self.action} NAME")
        if self.action == "show":
            return style_table(store.load_style(self.name or ""))
        if self.action == "remove":
            gone = store.remove(self.name or "")
            return Table((), (), "", {"removed": self.name or "", "files": len(gone)})
        if self.action == "rename":
            if not self.new_name:
                raise BadParameter("styles rename needs two names", expected="fewnotes styles rename OLD NEW")
            moved = store.rename(self.name or "", self.new_name)
            return Table((), (), "", {"renamed": self.name or "", "to": self.new_name, "files": len(moved)})
        return verified(self.name) if self.action == "verify" else _listed()


def _listed() -> Table:
    rows: list[tuple[object, ...]] = []
    for entry in store.list_styles():
        if entry.facts is None:
            rows.append((entry.name, entry.version, "-", "-", "damaged", "-"))
            continue
        facts = entry.facts
        when = facts.created.replace("T", " ")[:16]
        rows.append((entry.name, entry.version, facts.pieces, facts.notes, ", ".join(facts.engines), when))
    names = len({row[0] for row in rows})
    versions = f", {len(rows)} versions," if len(rows) > names else ""
    title = (f"{_styles(names)}{versions}" if rows else "No styles yet") + f" in {store.home_folder()}"
    words = () if rows else ("fewnotes learn FILE... --name NAME makes one.",)
    return Table(("style", "version", "pieces", "notes", "engine", "learned (UTC)"), rows, title, {}, words)


def verified(name: str | None) -> Table:
    """What `store.verify` found, and exit status 1 if there was anything."""
    found = store.verify(name)
    there = [e for e in store.list_styles() if name is None or e.name == name.partition("@")[0]]
    result = f"{len(found)} finding{'s' * (len(found) != 1)}" if found else "all is whole" if there else "none there"
    names = len({e.name for e in there})
    versions = f", {len(there)} versions," if len(there) > names else ""
    title = f"{_styles(names)}{versions} verified: {result}"
    rows = [(f.code, f"{f.path.parent.name}/{f.path.name}", f.message, f.fix) for f in found]
    return Table(("finding", "file", "what", "fix"), rows, title, {}, exit_status=int(bool(found)))


def _styles(count: int) -> str:
    return "1 style" if count == 1 else f"{count} styles"
