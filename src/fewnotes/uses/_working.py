"""What uses share that work on a given piece: which engine, how the results are checked, ranked and shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any, ClassVar

import fewnotes
from fewnotes.engines import EditRequest, Progress
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.pitch import key_name
from fewnotes.music.profile import bar_count, key_of, meter_name
from fewnotes.music.time import bars
from fewnotes.registry import find, names
from fewnotes.style import Style
from fewnotes.uses import Kind, Output, Result, Table, Use, param
from fewnotes.uses._listening import part_of
from fewnotes.uses.check import Originality, originality, usual_borrowing

#: Who learns a style now, if nobody who learned it can do what is asked.
_STAND_IN = "transformer"
_VERDICTS = {"original": 0, "close": 1, "copied": 2}
#: An engine: its name, its module, and the style with what it learned.
Worker = tuple[str, ModuleType, Style]
Work = Callable[[ModuleType, Style, EditRequest], list[Piece]]


@dataclass(frozen=True)
class Worked:
    """Pieces made from a given one, best first. what: one word. relations: to the style; empty without the judge.

    measures: further columns, one value a piece.
    """

    pieces: tuple[Piece, ...]
    what: str
    source: Piece
    style: Style
    engine: str
    title: str
    seed: int
    checks: tuple[Originality, ...]
    relations: tuple[float, ...] = ()
    measures: dict[str, tuple[float, ...]] = field(default_factory=dict)
    words: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Notice, ...]:
        """What a person should know before using them."""
        bad = [(n, c) for n, c in enumerate(self.checks, 1) if c.verdict != "original"]
        return tuple(Notice(f"draft-{c.verdict}", c.reason, f"candidate {n}") for n, c in bad)

    @property
    def mark(self) -> str:
        """Provenance in one line, written into every file that has a place for it."""
        version = f"Made by fewnotes {fewnotes.__version__} from a given piece ({self.what})"
        return f"{version}, style {self.style.digest[:8]}, seed {self.seed}"

    @property
    def outputs(self) -> list[Output]:
        stem = re.sub(r"[^\w.-]+", "-", self.style.name).strip("-.") or "piece"
        return [
            Output(f"{stem}-{self.what}-{n}", piece=piece, mark=self.mark, facts=self._facts(n - 1))
            for n, piece in enumerate(self.pieces, 1)
        ]

    def _facts(self, index: int) -> dict[str, Any]:
        check = self.checks[index]
        return {
            "origin": "machine-made from a given piece",
            "what": self.what,
            "source_hash": self.source.content_hash,
            "program": "fewnotes",
            "version": fewnotes.__version__,
            "engine": self.engine,
            "engine_title": self.title,
            "style": self.style.name,
            "style_digest": self.style.digest,
            "seed": self.seed,
            "candidate_hash": self.pieces[index].content_hash,
            "verdict": check.verdict,
            "longest_run": check.longest_run,
            "nearest_passage": check.nearest[0].to_dict() if check.nearest else None,
            "relation": round(self.relations[index], 4) if self.relations else None,
            **{name: round(values[index], 4) for name, values in self.measures.items()},
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            "what": self.what,
            "style": self.style.name,
            "style_digest": self.style.digest,
            "engine": self.engine,
            "engine_title": self.title,
            "seed": self.seed,
            "candidates": [p.to_dict() | self._facts(i) for i, p in enumerate(self.pieces)],
        }

    def to_table(self) -> Table:
        rows = []
        for i, (piece, check) in enumerate(zip(self.pieces, self.checks, strict=True)):
            relation = f"{self.relations[i]:.2f}" if self.relations else "-"
            own = [f"{values[i]:.2f}" for values in self.measures.values()]
            shape = (key_name(*key_of(piece)), meter_name(piece)) if len(piece.notes) else ("-", "-")
            rows.append(
                (
                    i + 1,
                    bar_count(piece),
                    len(piece.notes),
                    *shape,
                    relation,
                    *own,
                    f"{check.longest_run} notes",
                    check.verdict,
                )
            )
        columns = ("", "bars", "notes", "key", "meter", "relation", *self.measures, "longest run", "verdict")
        facts = {"style": f"{self.style.name} ({self.style.digest[:8]})", "engine": self.title}
        return Table(columns, rows, self.what.capitalize() + ", best first", facts, self.words)


def worker_of(style: Style, asked: str | None, verb: str, progress: Progress) -> Worker:
    """The engine that learned the style and has a verb; if none has, one that learns it now from its pieces.

    Raises NotPossible for an engine asked for that lacks the verb, NotInstalled where the stand-in is not here.
    """
    known = [name for name in style.parts if name in names("engines") and hasattr(find("engines", name), verb)]
    if asked is not None and asked not in known:
        module = find("engines", asked)
        if not hasattr(module, verb):
            raise NotPossible(f"The engine {asked!r} cannot {verb}", fix="Leave out the engine, or use another one")
        known = []
    if known:
        name = asked or known[0]
        return name, find("engines", name), style
    name = asked or _STAND_IN
    module = find("engines", name)
    part = module.learn(style.support, seed=0, progress=progress)
    return name, module, replace(style, parts={**style.parts, name: part})


@dataclass(frozen=True, kw_only=True)
class Working(Use):
    """Base of the uses that work on a given piece: what may be asked of each."""

    result: ClassVar[Result] = Result.PIECES
    then: ClassVar[str] = "fewnotes render {name} -o score.svg"

    candidates: int = param(Kind.INT, "How many to choose from", default=3, minimum=1, maximum=16)
    seed: int = param(Kind.SEED, "Same seed, same music", default=0, minimum=0, maximum=2**31 - 1)
    temperature: float = param(
        Kind.FLOAT, "1 follows the style, less is safer, more wanders", default=1.0, minimum=0.1, maximum=3.0
    )
    engine: str | None = param(Kind.STR, "Which engine writes", default=None, optional=True)

    def task(self, verb: str, what: str, piece: Piece) -> Task:
        """What is asked of an engine."""
        request = EditRequest(self.candidates, self.seed, float(self.temperature))
        return Task(verb, what, piece, request, self.engine)


@dataclass(frozen=True)
class Task:
    """What is asked of an engine: a verb, what it is called in tables, and of which piece."""

    verb: str
    what: str
    piece: Piece
    request: EditRequest
    engine: str | None = None
    #: Results stay in the order of the engine, which knows better than the judge.
    as_they_come: bool = False


def worked(task: Task, style: Style, work: Work, progress: Progress, words: Sequence[str] = ()) -> Worked:
    """Let an engine work, check what comes for copies, and put the best first: no copies, then most in the style."""
    name, engine, ready = worker_of(style, task.engine, task.verb, progress)
    pieces = work(engine, ready, task.request)
    usual = usual_borrowing(style)
    checks = [originality(piece, style, usual) for piece in pieces]
    relations = _relations(style, pieces)
    order = sorted(range(len(pieces)), key=lambda i: (_VERDICTS[checks[i].verdict], -relations[i] if relations else 0))
    if task.as_they_come:
        order = sorted(range(len(pieces)), key=lambda i: _VERDICTS[checks[i].verdict])
    title = task.piece.title or "a given piece"
    made = tuple(
        replace(pieces[i], title=f"{title}, {task.what} {n}", composer=_maker(task.piece), warnings=())
        for n, i in enumerate(order, 1)
    )
    return Worked(
        made, task.what, task.piece, style, name, engine.TITLE, task.request.seed, tuple(checks[i] for i in order),
        tuple(relations[i] for i in order) if relations else (), words=tuple(words),
    )  # fmt: skip


def _maker(piece: Piece) -> str:
    return f"{piece.composer}, worked on by fewnotes (machine)" if piece.composer else "fewnotes (machine-made)"


def _relations(style: Style, pieces: Sequence[Piece]) -> list[float]:
    """How much each piece is in the style by the judge; empty where it is not installed."""
    from fewnotes.errors import NotInstalled

    try:
        relation = find("engines", "relation")
        part = part_of(style)
        return [float(x) for x in relation.scores(part, relation.judge().embed(list(pieces)))]
    except NotInstalled:
        return []


def bar_words(text: str, piece: Piece) -> tuple[int, int]:
    """Indices of the first and last bar of "5" or "5-8", as scores number them. Raises BadParameter."""
    numbers = [bar.number for bar in bars(piece)]
    found = re.fullmatch(r"\s*(\d{1,6})\s*(?:(?:-|\.\.|to)\s*(\d{1,6}))?\s*", text, re.ASCII)
    if found and numbers:
        first = int(found.group(1))
        last = int(found.group(2) or first)
        if numbers[0] <= first <= last <= numbers[-1]:
            return first - numbers[0], last - numbers[0]
    expected = (
        f"a bar or two bars with a hyphen between {numbers[0]} and {numbers[-1]}" if numbers else "a piece with bars"
    )
    raise BadParameter(f"There are no bars {text!r} in this piece", expected=f"{expected}, such as 5-8")


def track_words(text: str, piece: Piece) -> tuple[int, ...]:
    """Indices of tracks from "1,3" or names such as "bass". Raises BadParameter."""
    found = []
    for word in (w.strip() for w in text.split(",")):
        same = [i for i, t in enumerate(piece.tracks) if word and t.name.lower() == word.lower()]
        if word.isdecimal() and len(word) <= 4 and 1 <= int(word) <= len(piece.tracks):
            found.append(int(word) - 1)
        elif same:
            found += same
        else:
            names_ = ", ".join(f"{i} {t.name}".strip() for i, t in enumerate(piece.tracks, 1))
            raise BadParameter(f"There is no track {word!r}", expected=f"numbers or names out of: {names_}")
    return tuple(dict.fromkeys(found))
