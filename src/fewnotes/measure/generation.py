"""Is what it writes in the style, new, varied, and like real music? Asked of every generator on unseen styles.

For each draw a generator learns from K = 5 pieces of a style of meta-test and makes pieces of 16 bars; they are judged
beside real windows of the same length, in the same run. See `fewnotes.measure.generated` for the parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from fewnotes.errors import BadParameter, FewnotesError
from fewnotes.measure.generated.against import Against, against
from fewnotes.measure.generated.excerpts import NAMES, Floats, closing, described, heard, opening
from fewnotes.measure.generated.frechet import LEAST, extrapolated
from fewnotes.measure.generated.judge import Judge, taught
from fewnotes.measure.generated.material import Material, gathered
from fewnotes.measure.generated.novelty import longest_run
from fewnotes.measure.generated.plan import capped
from fewnotes.measure.generated.realness import stand_in, tells, told_elsewhere
from fewnotes.measure.generated.rows import Generator, Task, prepared
from fewnotes.measure.generated.sense import SENSE
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.music.piece import Piece

QUESTION = "Is what a generator writes after five pieces in their style, new, varied, and like real music?"
SHOT = 5
BARS = 16
ROWS = ("real", "engine:markov", "shuffled", "random notes", "other style")
#: Cheap to compose in, and unlike each other.
QUICK_STYLES = ("guitar_sor", "m21_ryan_strathspey", "m21_trecento_secular", "nottingham_waltz")
#: Outputs of a draw that are held against meta-train: each is a search through all of it.
_SEARCHED = 4
#: Windows of each other style that the row `other style` takes its outputs from.
_STRANGERS = 4


@dataclass(frozen=True)
class Size:
    """styles: how many are composed in (0: all); pieces: real ones a style; count: outputs a draw; draws: a style;
    background: pieces of every style of meta-train; searched: of those, how many outputs are held against; bars: of
    an output; whole: outputs are pieces, and end as pieces do, not phrases."""

    styles: int
    pieces: int
    count: int
    draws: int
    background: int
    searched: int
    bars: int = BARS
    whole: bool = True


SIZES = {"quick": Size(4, 36, 18, 1, 2, 40), "full": Size(0, 60, 18, 1, 5, 200)}
#: column -> (unit, digits, higher is better)
COLUMNS: dict[str, tuple[str, int, bool]] = {
    "judged in the style": ("%", 1, True),
    "told from real": ("", 2, False),
    "told by tells elsewhere": ("", 2, False),
    "stands in for real": ("%", 1, True),
    "longest run": ("", 1, False),
    "cardinality": ("%", 1, False),
    "Jaccard": ("%", 1, False),
    "inside human borrowing": ("%", 1, True),
    "above human borrowing": ("%", 1, False),
    "longest run in meta-train": ("", 1, False),
    "variety": ("", 2, True),
    "near duplicates": ("%", 1, False),
    "Frechet distance": ("", 2, False),
}


@dataclass
class _Found:
    """What is measured, by row, column and style, and what a reader must know."""

    values: dict[tuple[str, str], dict[str, list[float]]] = field(default_factory=dict)
    failed: dict[str, int] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)
    tells: dict[str, list[Floats]] = field(default_factory=dict)

    def note(self, row: str, column: str, style: str, *values: float) -> None:
        known = [float(v) for v in values if np.isfinite(v)]
        self.values.setdefault((row, column), {}).setdefault(style, []).extend(known)


def run(size: str = "quick", progress: Progress = no_progress, rows: Sequence[str] | None = None) -> Report:
    """All figures of all rows. rows: such as `ROWS`, or "engine:NAME" for another engine.

    Raises BadParameter for an unknown size or row, NotInstalled without scikit-learn, BadInput without a corpus.
    """
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=" or ".join(SIZES))
    plan = SIZES[size]
    chosen = tuple(rows or ROWS)
    material = gathered(BARS, SHOT, plan.pieces, plan.background, progress)
    makers = {row: prepared(row, material.background, progress) for row in chosen}
    return measured(material, makers, plan, progress)


def measured(material: Material, makers: dict[str, Generator], plan: Size, progress: Progress = no_progress) -> Report:
    """The same on music at hand."""
    found = _Found()
    names = _measured_styles(material, plan.styles)
    made: dict[tuple[str, str], list[Floats]] = {}
    alike: list[float] = []
    train = [heard(p) for p in material.background[:: max(1, len(material.background) // plan.searched)]]
    for number in range(plan.draws):
        judge = _judge(material, number)
        alike += _accuracy(judge, material)
        new: dict[tuple[str, str], Floats] = {}
        for place, name in enumerate(names):
            done, total = number * len(names) + place, plan.draws * len(names)
            progress(done, total, f"What {name} is held against")
            task = _task(material, name, number, plan)
            held = _held(material, judge, task, plan)
            for row, maker in makers.items():
                progress(done, total, f"{row} in {name}")
                outputs = _made(maker, row, task, found)
                if len(outputs) >= 2:
                    new[row, name] = _noted(found, row, outputs, held, train)
        for row in makers:
            _across(found, material, row, {name: v for (r, name), v in new.items() if r == row}, number)
        for key, vectors in new.items():
            made.setdefault(key, []).append(vectors)
    for (row, name), parts in made.items():
        _far(found, material, row, name, np.concatenate(parts))
    return _report(found, material, names, plan, float(np.mean(alike)))


def _measured_styles(material: Material, most: int) -> list[str]:
    names = sorted(material.styles)
    if not most:
        return names
    quick = [name for name in QUICK_STYLES if name in material.styles]
    return (quick or names)[:most]


def _judge(material: Material, number: int) -> Judge:
    """Learns from every style, neither from the support of this draw nor from what is judged."""
    parts = [(s, r.vectors_of(r.parting.taught(SHOT, number))) for s, r in material.styles.items()]
    said = [style for style, vectors in parts for _ in vectors]
    return taught(np.concatenate([vectors for _, vectors in parts]), said, number)


def _accuracy(judge: Judge, material: Material) -> list[float]:
    """The agreement on real held-out windows, style by style, over all styles that it knows."""
    return [judge.agreement(real.vectors_of(real.parting.aside), style) for style, real in material.styles.items()]


def _task(material: Material, style: str, number: int, plan: Size) -> Task:
    """What generators are asked in a draw."""
    real = material.styles[style]
    support = tuple(capped(material.bank.pieces[i]) for i in real.parting.support(SHOT, number))
    others = [other for name, other in sorted(material.styles.items()) if name != style]
    strangers = tuple(piece for other in others for piece in other.aside()[:_STRANGERS])
    seed = 1000 * sorted(material.styles).index(style) + number
    return Task(style, support, plan.count, plan.bars, seed, tuple(real.aside()), strangers)


def _held(material: Material, judge: Judge, task: Task, plan: Size) -> Against:
    support = tuple(heard(p) for p in task.support)
    real = material.styles[task.style]
    ends = [closing(material.bank.pieces[i], plan.bars) for i in real.parting.aside] if plan.whole else []
    return against(real, support, judge, material.scale, task.seed, [p for p in ends if p is not None])


def _made(maker: Generator, row: str, task: Task, found: _Found) -> list[Piece]:
    """What a generator makes, as judges hear it; what fails is counted."""
    found.asked[row] = found.asked.get(row, 0) + task.count
    try:
        pieces = maker.pieces(task)
    except FewnotesError as error:
        pieces = []
        found.failed[f"{row} in {task.style}: {error.what}"] = task.count
    usable = [p for p in (opening(piece, task.bars) for piece in pieces) if p is not None]
    if pieces and len(usable) < len(pieces):
        found.failed[f"{row} in {task.style}: outputs too short or silent"] = len(pieces) - len(usable)
    return usable


def _noted(found: _Found, row: str, outputs: list[Piece], held: Against, train: Sequence[Piece]) -> Floats:
    """Note all figures of one draw and row; returns the statistics of the outputs, shape (n, F)."""
    vectors = described(outputs)
    for column, value in held.figures(outputs, vectors).items():
        found.note(row, column, held.style, value)
    for column, values in held.usual.sense_of(outputs, are_real=row == "real").items():
        found.note(row, column, held.style, *values)
    runs = [longest_run(piece, train) for piece in outputs[:_SEARCHED]]
    found.note(row, "longest run in meta-train", held.style, *runs)
    found.tells.setdefault(row, []).append(tells(vectors, held.reference))
    return vectors


def _across(found: _Found, material: Material, row: str, new: dict[str, Floats], number: int) -> None:
    """What takes several styles: telling by what gave the row away elsewhere, and standing in for real music.

    new: statistics of the outputs of one draw by style. To stand in, the row `real` learns from the reference.
    """
    if len(new) < 2:
        return
    real = {name: material.styles[name] for name in new}
    reference = {name: r.vectors_of(r.parting.reference) for name, r in real.items()}
    aside = {name: r.vectors_of(r.parting.aside) for name, r in real.items()}
    for name, value in told_elsewhere(new, reference, seed=number).items():
        found.note(row, "told by tells elsewhere", name, value)
    learned = {name: reference[name][: len(new[name])] if row == "real" else new[name] for name in new}
    for name, value in stand_in(learned, aside, seed=number).items():
        found.note(row, "stands in for real", name, value)


def _far(found: _Found, material: Material, row: str, style: str, vectors: Floats) -> None:
    """The Frechet distance of all outputs of a style from the reference, where both are enough."""
    real = material.styles[style]
    reference = real.vectors_of(real.parting.reference)
    clouds = [material.whitening(material.scale(x)) for x in (vectors, reference)]
    if min(map(len, clouds)) >= LEAST:
        found.note(row, "Frechet distance", style, extrapolated(*clouds))


def _report(found: _Found, material: Material, names: Sequence[str], plan: Size, accuracy: float) -> Report:
    figures = []
    for row in found.asked:
        for column, (unit, digits, higher) in (COLUMNS | SENSE).items():
            values = found.values.get((row, column), {})
            if any(values.values()):
                figures.append(Figure(row, column, over_styles(values, higher_is_better=higher), unit, digits))
    known = len(material.styles)
    facts: dict[str, Any] = {
        **asdict(plan), "shot": SHOT, "styles_measured": list(names), "styles_judged_among": known,
        "judge_chance": round(1 / known, 4), "judge_on_real_all_styles": round(accuracy, 4),
        "statistics": material.vectors.shape[1], "explained_by_frechet_axes": round(material.whitening.explained, 3),
        "asked": found.asked, "failed": found.failed,
        "tells": {row: _loudest(np.mean(areas, axis=0)) for row, areas in found.tells.items()},
    }  # fmt: skip
    return Report("generation", QUESTION, figures, facts, tuple(_words(found, material, accuracy)))


def _loudest(areas: Floats, most: int = 8) -> dict[str, float]:
    """The statistics that give a row away most, with the area of each alone, mean over styles."""
    return {NAMES[i]: round(float(areas[i]), 3) for i in np.argsort(-areas, kind="stable")[:most].tolist()}


def _words(found: _Found, material: Material, accuracy: float) -> list[str]:
    known = len(material.styles)
    said = [
        f"The judge names one of {known} styles: chance is {100 / known:.1f} %; of real held-out windows of all of "
        f"them it names {100 * accuracy:.1f} % rightly.",
        "Told from real: 0.5 is perfect, 1 is always found out. Within a style it is enough to know the five support "
        "pieces again; who tells by tells elsewhere has learned from outputs in other styles alone.",
        "The row real is what each figure is for real music that stood aside.",
        "Support pieces are cut after 3,000 notes.",
    ]
    if material.too_few:
        said.append(f"Left out, too few pieces that long: {', '.join(material.too_few)}.")
    return [*said, *(f"{count} outputs left out: {what}" for what, count in found.failed.items())]
