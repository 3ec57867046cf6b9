"""Can it be told from the notes which source a piece comes from? If so, a score for style may be one for the source.

Pieces of one kind (a dance, a genre of one composer) that two sources hold are told apart by a classifier in
cross-validation, figure: area under its ROC curve. Views: what a file carries besides its music (`raw traces`), and the
statistics of normalised pieces, which every measurement sees.

No better than it should, for a kind of which two books of one source, read by one program, are here: the area of two
sources on 8 normalised bars is at most the upper end of the interval of those two books. What is above that end is
asked again with the second control, where it says nothing where barlines fall, and held to the same two books in that
view: if it is at most their upper end there, barlines tell the source and nothing else does; if not, the notes do.
Where no two books of one source are here, nothing is claimed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from fewnotes.errors import BadInput, BadParameter
from fewnotes.measure.generated.excerpts import LEAST_NOTES, NAMES, Floats, described, full_bars
from fewnotes.measure.generated.learners import trees
from fewnotes.measure.generated.realness import area, tells
from fewnotes.measure.intervals import Interval
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.unbarred import barlines_anywhere
from fewnotes.meta.corpus import load, table
from fewnotes.meta.editions import folded, one_meter_a_length
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Piece

QUESTION = "Can the source of a piece be told from its notes, beyond what two books of one source differ by?"
SIZES = {"quick": 40, "full": 160}
#: Bars of the excerpts that are compared: of equal length, so that how long pieces are cannot tell.
BARS = 8
RAW, WHOLE, EXCERPT, UNBARRED = "raw traces", "normalised", f"{BARS} bars", f"{BARS} bars, barlines anywhere"
#: The control that shows what folding repeats and naming meters alike does.
BEFORE, WHOLE_BEFORE = f"as before, {BARS} bars", "as before"
#: What is said of two sources.
PASSES = "told apart no better than two books of one source"
BARLINES_TELL = "told apart better, but not where barlines say nothing: barlines tell"
NOTES_TELL = "told apart better, also where barlines say nothing: the notes tell"
FOLDS = 5
TREES = 120
_RESAMPLES = 2000
_TOLD = 8


class Comparison(NamedTuple):
    """Two styles that hold music of one kind. within: both are of one source, so that only the books differ."""

    kind: str
    first: str
    second: str
    within: bool = False

    @property
    def row(self) -> str:
        return f"{self.kind}: {self.first} / {self.second}" + " (one source)" * self.within


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


def whole(pieces: Sequence[Piece], *, editions: bool = True) -> Floats:
    """Statistics of whole normalised pieces, shape (n, F): what every other measurement sees, but for timbre."""
    return described([normalised(piece, timbre=False, editions=editions) for piece in pieces])


def excerpts(pieces: Sequence[Piece], *, editions: bool = True, barred: bool = True) -> Floats:
    """The same of the first `BARS` full bars of each piece that has so many, shape (n, F).

    Bars are counted after repeats are folded and meters named alike; editions=False leaves both out. barred=False moves
    barlines to where they say nothing.
    """
    found = (_excerpt(_edited(piece, editions), barred) for piece in pieces)
    return described([window for window in found if window is not None])


def _edited(piece: Piece, editions: bool) -> Piece:
    return folded(one_meter_a_length(piece)) if editions else piece


def _excerpt(piece: Piece, barred: bool) -> Piece | None:
    """The first full bars, normalised by themselves; None where there are too few bars or notes."""
    piece = piece if barred else barlines_anywhere(piece)
    if full_bars(piece) < BARS:
        return None
    first = int(bool(piece.pickup_tick))
    window = slice_bars(piece, first, first + BARS - 1)
    return normalised(window, timbre=False, editions=False) if len(window.notes) >= LEAST_NOTES else None


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
        forest = trees(seed, TREES).fit(x[~held], y[~held])
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
    entries = gathered([name for c in COMPARISONS for name in (c.first, c.second)], SIZES[size], progress)
    usable = [c for c in COMPARISONS if len(entries.get(c.first, ())) > FOLDS < len(entries.get(c.second, ()))]
    if not usable:
        raise BadInput(
            "No music of one kind is here from two sources",
            expected="the corpus of many styles and the one inside music21",
            fix="Install fewnotes[corpus]; `fewnotes corpus list` shows what is here",
        )
    return compared(entries, usable, size, progress)


def gathered(wanted: Sequence[str], most: int, progress: Progress = no_progress) -> dict[str, list[Entry]]:
    """Up to `most` pieces of every style that is wanted and here, evenly spread."""
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
        RAW: lambda pieces: np.array([raw_traces(p) for p in pieces]),
        WHOLE: whole,
        EXCERPT: excerpts,
        UNBARRED: partial(excerpts, barred=False),
        WHOLE_BEFORE: partial(whole, editions=False),
        BEFORE: partial(excerpts, editions=False),
    }
    seen: dict[tuple[str, str], Floats] = {}
    figures, loudest = [], {}
    for done, comparison in enumerate(usable):
        progress(done, len(usable), f"{comparison.first} against {comparison.second}")
        row = comparison.row
        for view, measure in views.items():
            for style in (comparison.first, comparison.second):
                if (view, style) not in seen:
                    seen[view, style] = measure([e.piece for e in entries[style]])
            one, two = (seen[view, style] for style in (comparison.first, comparison.second))
            if min(len(one), len(two)) <= FOLDS:
                continue
            found = told_apart(one, two, () if view == RAW else NAMES)
            figures.append(Figure(row, view, found.area, digits=2))
            if found.loudest:
                loudest[f"{row}, {view}"] = found.loudest
    verdicts = judged(figures, usable)
    facts = {
        "size": size,
        "pieces": {s: len(e) for s, e in entries.items()},
        "verdicts": {v.row: v.verdict for v in verdicts},
        "loudest": loudest,
    }
    return Report("leakage", QUESTION, figures, facts, _words(verdicts))


class Judged(NamedTuple):
    """What is said of two sources. areas: on 8 bars, and with barlines anywhere. books: where two books end there."""

    row: str
    verdict: str
    areas: tuple[float, float]
    books: tuple[float, float]


def judged(figures: Sequence[Figure], usable: Sequence[Comparison]) -> list[Judged]:
    """Every comparison of two sources held to two books of one source, as the docstring of this module defines it."""
    cells = {(f.row, f.column): f.interval for f in figures}
    found = []
    for mine in usable:
        books = next((c.row for c in usable if c.kind == mine.kind and c.within), "")
        if mine.within or not all((row, view) in cells for row in (mine.row, books) for view in (EXCERPT, UNBARRED)):
            continue
        areas = (cells[mine.row, EXCERPT].mean, cells[mine.row, UNBARRED].mean)
        ends = (cells[books, EXCERPT].high, cells[books, UNBARRED].high)
        verdict = PASSES if areas[0] <= ends[0] else BARLINES_TELL if areas[1] <= ends[1] else NOTES_TELL
        found.append(Judged(mine.row, verdict, areas, ends))
    return found


def _words(verdicts: Sequence[Judged]) -> tuple[str, ...]:
    said = [
        f"{v.row}: {v.verdict} ({v.areas[0]:.2f} where two books of one source have up to {v.books[0]:.2f}; "
        f"with barlines anywhere {v.areas[1]:.2f} where they have up to {v.books[1]:.2f})."
        for v in verdicts
    ]
    return ("Area under the ROC curve of a classifier of the source: 0.5 is a guess, 1 is certain.", *said)
