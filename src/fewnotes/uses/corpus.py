"""corpus: what music of many styles there is, where it comes from, and what it may be used for."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput, BadParameter
from fewnotes.meta import licences, split
from fewnotes.meta.corpus import Corpus as Pieces
from fewnotes.meta.corpus import load, rows_of_style, table
from fewnotes.meta.rows import Row, by_style
from fewnotes.meta.sources import collections, labelled, shared
from fewnotes.uses import Kind, Table, Use, param

_ACTIONS = ("list", "show", "add", "check", "pack", "licences")
_SOME_LEFT_OUT = 4
_SHOWN = 200


@dataclass(frozen=True, kw_only=True)
class Corpus(Use):
    """List, show, add, check or pack the music of many styles that learning to learn needs, or print its licences.

    list: all styles. show STYLE: its pieces. add PATH: a folder with one folder a style, or a CSV with a path and a
    label column. check: read everything, list what cannot be read and what is a near duplicate across splits.
    pack FILE: all notes in one file for training elsewhere. licences: whom to name for what may train what ships.
    """

    returns: ClassVar[str] = "a table of styles, pieces, findings or licences"
    example: ClassVar[str] = "fewnotes corpus add my-music"

    action: str = param(Kind.CHOICE, "|".join(_ACTIONS), default="list", choices=_ACTIONS, positional=True)
    target: str | None = param(
        Kind.STR,
        "Which style to show, what to add, or the file to pack into",
        default=None,
        optional=True,
        positional=True,
    )
    label: str | None = param(Kind.STR, "The column of a CSV that holds the style", default=None, optional=True)
    source: str | None = param(
        Kind.STR, "Only this source: shared, music21, or the name of one you added", default=None, optional=True
    )

    def run(self, progress: Progress = no_progress) -> Table:
        """Raises BadParameter for a missing target or an unknown style, BadInput where there is no music."""
        if self.action in ("show", "add", "pack") and not self.target:
            wanted = {"show": "STYLE", "add": "PATH", "pack": "FILE"}[self.action]
            raise BadParameter(f"corpus {self.action} needs a name", expected=f"fewnotes corpus {self.action} {wanted}")
        if self.action == "add":
            return _added(self.target or "", self.label, progress)
        rows = table(self.source)
        if not rows:
            raise BadInput(
                "There is no corpus here",
                expected="the shared corpus, music21, or music that you added",
                fix="Install fewnotes[corpus], or: fewnotes corpus add PATH",
            )
        if self.action == "show":
            return _shown(self.target or "", rows, progress)
        if self.action == "check":
            return _checked(rows, progress)
        if self.action == "pack":
            return _packed(Path(self.target or ""), rows, progress)
        return _licences(rows) if self.action == "licences" else _listed(rows)


def _listed(rows: list[Row]) -> Table:
    lines = []
    for style, inside in by_style(rows).items():
        first = inside[0]
        terms = sorted({row.licence.partition(" (")[0] for row in inside})
        part = split.split_of(first)
        reach = split.reach_of(style) if part == split.TEST else ""
        lines.append((style, first.family, len(inside), f"{part} ({reach})" if reach else part, "; ".join(terms)))
    counts = Counter(line[3].partition(" ")[0] for line in lines)
    words = [f"{counts[name]} styles in {name}" for name in split.SPLITS if counts[name]]
    words += [f"{path} was added, but is not there any more" for path in labelled.missing()]
    sources = Counter(row.source for row in rows)
    facts = {f"pieces from {name}": count for name, count in sources.items()}
    return Table(("style", "family", "pieces", "split", "licence"), lines, f"{len(lines)} styles", facts, tuple(words))


def _shown(style: str, rows: list[Row], progress: Progress) -> Table:
    inside = rows_of_style(style, rows)
    corpus = load(inside, progress)
    gone = split.removed_keys()
    columns = ("piece", "title", "composer", "notes", "licence", "")
    lines = [
        (
            e.row.key,
            e.row.title,
            e.row.composer,
            len(e.piece),
            e.row.licence,
            "near duplicate" if e.row.key in gone else "",
        )
        for e in corpus.entries[:_SHOWN]
    ]
    first = inside[0]
    facts: dict[str, Any] = {
        "family": first.family,
        "period": first.period,
        "region": first.region,
        "dance": first.dance,
        "split": split.split_of(first),
        "reach": split.reach_of(style),
        "source": ", ".join(sorted({row.source for row in inside})),
        "notes": sum(len(e.piece) for e in corpus.entries),
        "unreadable": len(corpus.unreadable),
    }
    more = len(corpus.entries) - len(lines)
    words = (f"and {more} pieces more",) if more else ()
    return Table(columns, lines, f"{style}: {len(corpus.entries)} pieces", {k: v for k, v in facts.items() if v}, words)


def _added(target: str, label: str | None, progress: Progress) -> Table:
    name, rows = labelled.add(target, label)
    corpus = load(rows, progress)
    count = Counter(e.row.style for e in corpus.entries)
    facts = {"name": name, "pieces": len(corpus.entries), "unreadable": len(corpus.unreadable)}
    lines = [(style, number, "") for style, number in sorted(count.items())]
    lines += [(u.row.style, 0, f"{u.row.key}: {u.reason.what}") for u in corpus.unreadable]
    loose = labelled.unlabelled(target, label)
    lines += [("", 0, f"{file}: {why}") for file, why in loose]
    sheet = labelled.label_file(target)
    words = (f"The folder holds a CSV; if that has the labels: fewnotes corpus add {sheet}",) if sheet else ()
    status = _SOME_LEFT_OUT if corpus.unreadable or loose else 0
    title = f"Added {name}: {len(count)} styles"
    return Table(("style", "pieces", "left out"), lines, title, facts, words, exit_status=status)


def _checked(rows: list[Row], progress: Progress) -> Table:
    corpus = load(rows, progress)
    lines = [("unreadable", u.row.key, u.reason.what) for u in corpus.unreadable]
    lines += [
        ("note count", key, f"{found} notes read, {said} in the manifest") for key, found, said in _miscounted(corpus)
    ]
    facts: dict[str, Any] = {
        "pieces": len(corpus.entries),
        "notes": sum(len(e.piece) for e in corpus.entries),
        "unreadable": len(corpus.unreadable),
    }
    if {shared.NAME, collections.NAME} <= {row.source for row in rows}:
        found = split.duplicates_across(corpus, progress)
        facts["near duplicates across splits"] = found["pairs"]
        facts |= {f"leave {name}": count for name, count in found["removed_from"].items()}
        lines += [("near duplicate", a, f"is like {b} ({share:.0%})") for a, b, share in found["examples"]]
        new = sorted(set(found["removed"]) ^ split.removed_keys())
        lines += [("not as committed", key, "its place among the near duplicates has changed") for key in new]
    status = _SOME_LEFT_OUT if corpus.unreadable else 0
    return Table(("finding", "piece", "what"), lines, "Corpus checked", facts, exit_status=status)


def _miscounted(corpus: Pieces) -> list[tuple[str, int, int]]:
    return [
        (e.row.key, len(e.piece), e.row.notes) for e in corpus.entries if e.row.notes and e.row.notes != len(e.piece)
    ]


def _packed(path: Path, rows: list[Row], progress: Progress) -> Table:
    from fewnotes.meta.pack import write_pack

    corpus = load(rows, progress)
    gone = split.removed_keys()
    splits = ["removed" if e.row.key in gone else split.split_of(e.row) for e in corpus.entries]
    size = write_pack(path, corpus.entries, splits, progress)
    facts = {
        "file": str(path),
        "MiB": round(size / 2**20, 1),
        "pieces": len(corpus.entries),
        "notes": sum(len(e.piece) for e in corpus.entries),
        "unreadable": len(corpus.unreadable),
    }
    lines = [(name, count) for name, count in sorted(Counter(splits).items())]
    lines_out = tuple(f"Left out: {u.row.key}: {u.reason.what}" for u in corpus.unreadable)
    status = _SOME_LEFT_OUT if corpus.unreadable else 0
    return Table(("split", "pieces"), lines, "Corpus packed", facts, lines_out, exit_status=status)


def _licences(rows: list[Row]) -> Table:
    found = licences.attributions(rows)
    lines = [(a.source, a.licence, a.styles, a.pieces, ", ".join(a.encoders)) for a in found]
    kept = sum(not row.may_ship for row in rows)
    words = (f"{kept} pieces may not train what ships: their licence, or their place in the split, does not allow it.",)
    title = f"{sum(a.pieces for a in found)} pieces may train what ships"
    return Table(("name", "licence", "styles", "pieces", "encoders"), lines, title, {}, words)
