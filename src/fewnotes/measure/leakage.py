"""Can it be told from the notes which source a piece comes from? If so, a score for style may be one for the source.

Pieces of one kind (a dance, a genre of one composer) that two sources hold are told apart by a classifier in
cross-validation: from the raw traces of the source, and from what every measurement sees, the statistics of normalised
pieces. The second should not exceed what two books of one source, read by the same program, differ by.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fewnotes.errors import BadInput, BadParameter
from fewnotes.measure.generated.excerpts import NAMES, Floats, described, heard, windows
from fewnotes.measure.generated.learners import trees
from fewnotes.measure.generated.realness import area, tells
from fewnotes.measure.intervals import Interval
from fewnotes.measure.repaired import barlines_anywhere, folded, one_meter_a_length
from fewnotes.measure.report import Figure, Report
from fewnotes.meta.corpus import load, table
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry
from fewnotes.music.piece import Piece

QUESTION = "Can the source of a piece be told from its notes, beyond what two books of one source differ by?"
SIZES = {"quick": 40, "full": 160}
#: Bars of the excerpts that are compared where whole pieces differ in how repeats are written.
BARS = 8
FOLDS = 5
_RESAMPLES = 2000
_TOLD = 8


class Comparison(NamedTuple):
    """Two styles that hold music of one kind. within: both are of one source, so that only the books differ."""

    kind: str
    first: str
    second: str
    within: bool = False


COMPARISONS = (
    Comparison("jig", "cre_jig", "m21_oneill_jig"),
    Comparison("jig", "cre_jig", "m21_ryan_jig"),
    Comparison("jig", "m21_oneill_jig", "m21_ryan_jig", True),
    Comparison("reel", "cre_reel", "m21_oneill_reel"),
    Comparison("reel", "cre_reel", "m21_ryan_reel"),
    Comparison("reel", "m21_oneill_reel", "m21_ryan_reel", True),
    Comparison("hornpipe", "cre_hornpipe", "m21_oneill_hornpipe"),
    Comparison("hornpipe", "cre_hornpipe", "m21_ryan_hornpipe"),
    Comparison("hornpipe", "m21_oneill_hornpipe", "m21_ryan_hornpipe", True),
    Comparison("slip jig", "cre_slipjig", "m21_oneill_slip_jig"),
    Comparison("Mozart quartet", "quartet_mozart", "m21_mozart_quartet"),
    Comparison("Palestrina", "pl_palestrina_polish_sources", "m21_palestrina_mass"),
)  # fmt: skip


@dataclass(frozen=True)
class Told:
    """How well two sides are told apart. area: with its 95 % interval over pieces. loudest: statistics that do it."""

    area: Interval
    loudest: dict[str, float]


def raw_traces(piece: Piece) -> Floats:
    """What a file carries besides its music, shape (11,): velocities, tempo, tracks, names, programs, resolution."""
    velocity = piece.notes["velocity"].astype(float)
    tempo = piece.tempos[0].quarters_per_minute if piece.tempos else 0.0
    names = [track.name for track in piece.tracks]
    return np.array([
        velocity.mean(), velocity.std(), len(np.unique(velocity)), tempo, len(piece.tempos), len(piece.tracks),
        np.mean([len(name) for name in names]), len(set(names)), piece.tracks[0].program, piece.ticks_per_quarter,
        len(piece.graces),
    ], float)  # fmt: skip


def whole(pieces: Sequence[Piece]) -> Floats:
    """Statistics of whole normalised pieces, shape (n, F): what every other measurement sees, but for timbre."""
    return described([heard(piece) for piece in pieces])


def excerpts(pieces: Sequence[Piece]) -> Floats:
    """The same of the first `BARS` full bars of each piece that has so many, shape (n, F)."""
    return described([window for piece in pieces for window in windows(piece, BARS, 1)])


def repaired_excerpts(pieces: Sequence[Piece]) -> Floats:
    """The same after repeats are folded and meters of one length are named alike."""
    return excerpts([folded(one_meter_a_length(piece)) for piece in pieces])


def unbarred_excerpts(pieces: Sequence[Piece]) -> Floats:
    """The same where besides it says nothing where barlines fall."""
    return excerpts([barlines_anywhere(folded(one_meter_a_length(piece))) for piece in pieces])


def told_apart(one: Floats, two: Floats, names: Sequence[str] = (), *, seed: int = 0) -> Told:
    """Cross-validated area of a classifier of two sides, shape (n, F) and (m, F).

    The interval resamples the pieces of both sides (percentile bootstrap), their scores as they are. names: shape (F,).
    """
    rng = np.random.default_rng(seed)
    x = np.concatenate([one, two])
    y = np.repeat([1, 0], [len(one), len(two)])
    fold = np.concatenate([rng.permutation(len(side)) % FOLDS for side in (one, two)])
    score = np.zeros(len(x))
    for number in range(FOLDS):
        held = fold == number
        forest = trees(seed, 120).fit(x[~held], y[~held])
        score[held] = forest.predict_proba(x[held])[:, 1]
    sides = (score[y == 1], score[y == 0])
    drawn = [area(*(rng.choice(s, len(s)) for s in sides)) for _ in range(_RESAMPLES)]
    low, high = np.percentile(drawn, [2.5, 97.5]).tolist()
    mean = area(*sides)
    alone = tells(one, two)
    order = np.argsort(-alone, kind="stable")[:_TOLD].tolist() if names else []
    return Told(Interval(mean, low, high, mean, "", 1, len(x)), {names[i]: round(float(alone[i]), 3) for i in order})


def run(size: str = "quick", progress: Progress = no_progress) -> Report:
    """All comparisons whose styles are here. Raises BadParameter, BadInput where none is, NotInstalled."""
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=" or ".join(SIZES))
    entries = _entries(SIZES[size], progress)
    usable = [c for c in COMPARISONS if len(entries.get(c.first, ())) > FOLDS < len(entries.get(c.second, ()))]
    if not usable:
        raise BadInput(
            "No music of one kind is here from two sources",
            expected="the corpus of many styles and the one inside music21",
            fix="Install fewnotes[corpus]; `fewnotes corpus list` shows what is here",
        )
    return compared(entries, usable, size, progress)


def _entries(most: int, progress: Progress) -> dict[str, list[Entry]]:
    """Up to `most` pieces of every style that is compared, evenly spread."""
    wanted = {name for c in COMPARISONS for name in (c.first, c.second)}
    by_style: dict[str, list[Any]] = {}
    for row in table():
        if row.style in wanted:
            by_style.setdefault(row.style, []).append(row)
    chosen = [
        rows[i]
        for rows in by_style.values()
        for i in np.unique(np.linspace(0, len(rows) - 1, min(most, len(rows))).round().astype(int)).tolist()
    ]
    return {style: list(found) for style, found in load(chosen, progress).styles.items()}


def compared(entries: dict[str, list[Entry]], usable: Sequence[Comparison], size: str, progress: Progress) -> Report:
    """The report on pieces at hand."""
    views: dict[str, Callable[[Sequence[Piece]], Floats]] = {
        "raw traces": lambda pieces: np.array([raw_traces(p) for p in pieces]),
        "normalised": whole,
        f"normalised, {BARS} bars": excerpts,
        f"repaired, {BARS} bars": repaired_excerpts,
        f"repaired, barlines anywhere, {BARS} bars": unbarred_excerpts,
    }
    seen: dict[tuple[str, str], Floats] = {}
    figures, loudest = [], {}
    for done, comparison in enumerate(usable):
        progress(done, len(usable), f"{comparison.first} against {comparison.second}")
        row = f"{comparison.kind}: {comparison.first} / {comparison.second}" + " (one source)" * comparison.within
        for view, measure in views.items():
            for style in (comparison.first, comparison.second):
                if (view, style) not in seen:
                    seen[view, style] = measure([e.piece for e in entries[style]])
            one, two = (seen[view, style] for style in (comparison.first, comparison.second))
            if min(len(one), len(two)) <= FOLDS:
                continue
            found = told_apart(one, two, () if view == "raw traces" else NAMES)
            figures.append(Figure(row, view, found.area, digits=2))
            if found.loudest:
                loudest[f"{row}, {view}"] = found.loudest
    facts = {"size": size, "pieces": {s: len(e) for s, e in entries.items()}, "loudest": loudest}
    return Report("leakage", QUESTION, figures, facts, tuple(_verdicts(figures, usable)))


def _verdicts(figures: Sequence[Figure], usable: Sequence[Comparison]) -> list[str]:
    """In words, for every kind that has both: is the source told better than two books of one source are?"""
    said = ["Area under the ROC curve of a classifier of the source: 0.5 is a guess, 1 is certain."]
    for kind in dict.fromkeys(c.kind for c in usable):
        mine = [f for f in figures if f.row.startswith(f"{kind}:") and f.column != "raw traces"]
        for column in dict.fromkeys(f.column for f in mine):
            books = [f.interval for f in mine if f.column == column and "(one source)" in f.row]
            sources = [f.interval for f in mine if f.column == column and "(one source)" not in f.row]
            if books and sources:
                high = max(i.high for i in books)
                above = sum(i.low > high for i in sources)
                said.append(
                    f"{kind}, {column}: {above} of {len(sources)} sources are told apart better than two books of one "
                    f"source are (area up to {high:.2f})."
                )
    return said
