"""Is a piece that is carried over into a style still that piece, and is it in the style? Asked on unseen styles.

For each draw a transferer learns from K = 5 pieces of a style of meta-test and is given pieces of other styles; and,
where the songs in many grooves are here, songs of which it is known how they stand in the groove. See
`fewnotes.measure.transferring` for the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from fewnotes.errors import BadParameter, FewnotesError
from fewnotes.measure.generated.excerpts import described, heard, opening
from fewnotes.measure.generated.judge import Judge, taught
from fewnotes.measure.generated.material import Material, gathered
from fewnotes.measure.generated.novelty import longest_run
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.transferring.content import content, content_by_bar
from fewnotes.measure.transferring.likeness import likeness
from fewnotes.measure.transferring.pairs import SHOT, Asked, Songs, held_out, load_songs, songs_folder
from fewnotes.measure.transferring.profiles import Profiles
from fewnotes.measure.transferring.rows import Row, Task, prepared
from fewnotes.measure.transferring.rows.engine import transferring_engines
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.roles import Role
from fewnotes.music.piece import Piece

QUESTION = "Is a piece that is carried over into a style still that piece, and is it in the style?"
BARS = 16
#: Every engine that can carry a piece over stands behind these.
ROWS = ("source", "other piece", "truth", "markov")
#: Cheap to compose in, and unlike each other.
QUICK_STYLES = ("guitar_sor", "m21_ryan_strathspey", "m21_trecento_secular", "nottingham_waltz")
#: Real windows that the profile of a style is taken of, at most, as in Groove2Groove.
_SEGMENTS = 60
#: What follows the name of a column that is measured on songs in many grooves.
GROOVES = ", grooves"


@dataclass(frozen=True)
class Size:
    """styles: how many are carried over into (0: all); pieces: real ones a style; draws: a style; sources: a draw;
    grooves: how many (0: all); songs: a groove."""

    styles: int
    pieces: int
    draws: int
    sources: int
    grooves: int
    songs: int
    bars: int = BARS


SIZES = {"quick": Size(4, 36, 1, 3, 4, 2), "full": Size(0, 60, 2, 4, 0, 6)}
_FIT = ("time and pitch", "onset and duration")
#: column -> (unit, digits, higher is better)
COLUMNS: dict[str, tuple[str, int, bool]] = {
    "content": ("", 2, True),
    "content by bar": ("", 2, True),
    **dict.fromkeys(_FIT, ("", 2, True)),
    **{f"{name} by role": ("", 2, True) for name in _FIT},
    "judged in the style": ("%", 1, True),
    "longest run": ("", 1, False),
    **{f"{name}{GROOVES}": ("", 2, True) for name in ("content", *_FIT, *(f"{n} by role" for n in _FIT))},
    f"onset and drum{GROOVES}": ("", 2, True),
    **{
        f"{what}, {role}": ("", 2, True)
        for what in ("onsets", "notes", "chroma")
        for role in ("harmony", "bass", "drums")
        if (what, role) != ("chroma", "drums")
    },
    "melody kept": ("%", 1, True),
    "overlap": ("", 2, True),
}


@dataclass
class _Found:
    """What is measured, by row, column and style, and what a reader must know."""

    values: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)

    def note(self, row: str, style: str, figures: dict[str, float]) -> None:
        for column, value in figures.items():
            if np.isfinite(value):
                self.values.setdefault((row, column), {}).setdefault(style, []).append(float(value))

    def transferred(self, row: Row, task: Task) -> Piece | None:
        """What a row makes of a task; what fails is counted."""
        self.asked[row.name] = self.asked.get(row.name, 0) + 1
        try:
            return row.transferer.transferred(replace(task, strength=row.strength))
        except FewnotesError as error:
            said = f"{row.name} into {task.style}: {error.what}"
            self.failed[said] = self.failed.get(said, 0) + 1
            return None


def run(size: str = "quick", progress: Progress = no_progress, rows: Sequence[str] | None = None) -> Report:
    """All figures of all rows. rows: such as `ROWS`, or "engine:NAME", or either with "@0.5" behind it.

    Raises BadParameter for an unknown size or row, NotInstalled without scikit-learn, BadInput without a corpus.
    """
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=" or ".join(SIZES))
    plan, found = SIZES[size], _Found()
    chosen = _rows(rows or (*ROWS, *(f"engine:{name}" for name in transferring_engines())), found)
    material = gathered(plan.bars, SHOT, plan.pieces, 1, progress)
    folder = songs_folder()
    songs = load_songs(folder, plan.bars) if folder else None
    report = measured(material, songs, chosen, plan, progress, found)
    return replace(report, facts={"size": size, **report.facts})


def measured(
    material: Material, songs: Songs | None, rows: Sequence[Row], plan: Size, progress: Progress = no_progress,
    found: _Found | None = None,
) -> Report:  # fmt: skip
    """The same on music at hand."""
    found = found or _Found()
    names = _measured_styles(material, plan.styles)
    for number in range(plan.draws):
        judge = _judge(material, number)
        for place, style in enumerate(names):
            progress(number * len(names) + place, plan.draws * len(names), f"Into {style}")
            tasks = held_out(material, style, number, plan.sources, plan.bars)
            if tasks:
                _into_style(found, material, judge, rows, tasks)
    if songs is None:
        found.words.append("The songs in many grooves are not here: no output is held against a truth.")
    else:
        every = sorted(songs.paths)
        grooves = every if not plan.grooves else every[:: max(1, len(every) // plan.grooves)][: plan.grooves]
        for place, groove in enumerate(grooves):
            progress(place, len(grooves), f"Into {groove}")
            for asked in songs.tasks(groove, plan.songs):
                _into_groove(found, rows, asked)
    return _report(found, material, songs, names, plan)


def _rows(asked: Sequence[str], found: _Found) -> list[Row]:
    """Those that can be here; the others are named."""
    rows: list[Row] = []
    for name in asked:
        try:
            rows += prepared([name])
        except BadParameter:
            raise
        except FewnotesError as error:
            found.words.append(f"Left out: {name}. {error.what}.")
    return rows


def _measured_styles(material: Material, most: int) -> list[str]:
    names = sorted(material.styles)
    quick = [name for name in QUICK_STYLES if name in material.styles]
    return (quick or names)[:most] if most else names


def _judge(material: Material, number: int) -> Judge:
    """It learns from every style, neither from the support of this draw nor from what stands aside."""
    parts = [(s, r.vectors_of(r.parting.taught(SHOT, number))) for s, r in material.styles.items()]
    said = [style for style, vectors in parts for _ in vectors]
    return taught(np.concatenate([vectors for _, vectors in parts]), said, number)


def _into_style(found: _Found, material: Material, judge: Judge, rows: Sequence[Row], tasks: Sequence[Task]) -> None:
    """All figures of the outputs of one draw of a style. tasks: one or more, of one support set."""
    style = tasks[0].style
    real = material.styles[style]
    reference = Profiles([real.windows.pieces[i] for i in real.windows.of(real.parting.reference)[:_SEGMENTS]])
    support = [heard(piece) for piece in tasks[0].support]
    for row in rows:
        if row.name == "truth":
            continue  # Nobody has written these pieces in that style.
        for task in tasks:
            output = found.transferred(row, task)
            window = opening(output, BARS) if output is not None and len(output.notes) else None
            if output is None or window is None:
                continue
            found.note(row.name, style, {
                "content": content(output, task.piece),
                "content by bar": content_by_bar(output, task.piece),
                **_fits(Profiles([window]), reference, ""),
                "judged in the style": judge.agreement(described([window]), style),
                "longest run": longest_run(window, support),
            })  # fmt: skip


def _into_groove(found: _Found, rows: Sequence[Row], asked: Asked) -> None:
    """All figures of the outputs for one song."""
    task, reference = asked.task, Profiles(asked.rest)
    if task.truth is None:
        return
    for row in rows:
        output = found.transferred(row, task)
        if output is None or not len(output.notes):
            continue
        mine = Profiles([output])
        found.note(row.name, task.style, {
            f"content{GROOVES}": content(output, task.truth),
            **_fits(mine, reference, GROOVES),
            f"onset and drum{GROOVES}": mine.fit("onset and drum", reference, Role.RHYTHM),
            **likeness(output, task.truth, asked.melody),
        })  # fmt: skip


def _fits(mine: Profiles, reference: Profiles, tail: str) -> dict[str, float]:
    """How well profiles fit, whole and by role."""
    whole = {f"{name}{tail}": mine.fit(name, reference) for name in _FIT}
    return whole | {f"{name} by role{tail}": mine.fit_by_role(name, reference) for name in _FIT}


def _report(found: _Found, material: Material, songs: Songs | None, names: Sequence[str], plan: Size) -> Report:
    figures = []
    for row in found.asked:
        for column, (unit, digits, higher) in COLUMNS.items():
            values = found.values.get((row, column), {})
            if any(values.values()):
                figures.append(Figure(row, column, over_styles(values, higher_is_better=higher), unit, digits))
    facts: dict[str, Any] = {
        **asdict(plan), "shot": SHOT, "styles_measured": list(names), "styles_judged_among": len(material.styles),
        "grooves_known": len(songs.paths) if songs else 0, "asked": found.asked, "failed": found.failed,
    }  # fmt: skip
    return Report("transfer", QUESTION, figures, facts, tuple(_words(found, material)))


def _words(found: _Found, material: Material) -> list[str]:
    said = [
        "Content: cosine of chroma with the source (in grooves: with the truth), at the same time, or bar by bar. The "
        "style: cosine of profiles with real pieces that are neither support nor source.",
        f"The judge names one of {len(material.styles)} styles, and has learned from real music alone.",
        "Read content and style together: the source has all of one and another piece all of the other.",
        *found.words,
    ]
    if material.too_few:
        said.append(f"Left out, too few pieces that long: {', '.join(material.too_few)}.")
    return [*said, *(f"{count} outputs left out: {what}" for what, count in found.failed.items())]
