"""Does reading K pieces of a style make another piece of it less surprising? Bits a note at K = 0, 1, 5, 10.

The styles are those of meta-test. A draw is 10 support pieces of a style and some queries that are not among them; at K
the first K of the 10 are read, so that at every K the same pieces are asked about and no support set has a piece that
a larger one lacks. A query is cut to its first `TESTED_NOTES` notes, for pieces go on more predictably than they
begin; a shorter one is taken whole. The figure is the mean over the notes of a query, then over the queries of a draw,
over the draws of a style, and over styles. The gain at K is bits at 0 less bits at K.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, Surprisal, no_progress
from fewnotes.engines.markov.bits import READ_NOTES, TESTED_NOTES, head, notes_read
from fewnotes.errors import BadInput, BadParameter
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.draws import Draw, draws
from fewnotes.measure.intervals import Values, gain, over_styles
from fewnotes.measure.predictors import Predictor, find, names
from fewnotes.measure.report import Figure, Report
from fewnotes.meta import split
from fewnotes.music.piece import Piece

NAME = "prediction"
QUESTION = "Does reading K pieces of a style make another piece of that style less surprising?"
SHOTS = (0, 1, 5, 10)
PARTS = ("all", "pitch", "rhythm")
REACHES = ("", "near", "far")
_MOST_WORKERS = 8
_QUERIES_A_JOB = 8
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class Size(NamedTuple):
    """Draws a style, queries a draw, and pieces of each meta-train style that a row may look at."""

    draws: int
    queries: int
    background: int


SIZES = {"quick": Size(2, 2, 8), "full": Size(20, 4, 30)}


class Job(NamedTuple):
    """Queries to be asked about after one support set, as indices into a bank."""

    support: tuple[int, ...]
    query: tuple[int, ...]


@dataclass(frozen=True)
class Setting:
    """What is measured, on what: the bank, the indices of meta-train in it, names of rows, the size and the seed."""

    bank: Bank
    background: tuple[int, ...]
    rows: tuple[str, ...]
    size: Size
    seed: int = 0


def run(
    size: str = "quick", progress: Progress = no_progress, rows: Sequence[str] | None = None, *,
    workers: int | None = None,
) -> Report:  # fmt: skip
    """Measure the rows (all of `predictors` if None; `engine:NAME` is an engine) on meta-test, near and far.

    workers: processes, one a core if None; the figures do not depend on it.
    Raises BadParameter for an unknown size or row, BadInput where there is no style to measure on.
    """
    if size not in SIZES:
        raise BadParameter(f"There is no size {size!r}", expected=f"one of {', '.join(SIZES)}")
    chosen = tuple(dict.fromkeys(rows or names()))
    for name in chosen:
        find(name)
    test = load_bank((split.TEST,), progress)
    try:
        train = load_bank((split.TRAIN,), progress, pieces_a_style=SIZES[size].background).entries
    except BadInput:
        train = ()  # Without the corpus of many styles the rows know nothing before the support set.
    first = len(test.entries)
    setting = Setting(
        Bank(test.entries + train), tuple(range(first, first + len(train))), chosen, SIZES[size]
    )  # fmt: skip
    return measure(setting, progress, workers=workers)


def measure(setting: Setting, progress: Progress = no_progress, *, workers: int | None = None) -> Report:
    """The report of one setting. Raises BadInput where no style has enough pieces."""
    styles = setting.bank.styles(split.TEST)
    drawn = draws(styles, SHOTS[-1], queries=setting.size.queries, each=setting.size.draws, seed=setting.seed)
    if not drawn:
        raise BadInput("No style has enough pieces", expected=f"{SHOTS[-1] + 1} pieces of a style or more")
    predictors = [find(name).prepare(setting.bank, setting.background, progress) for name in setting.rows]
    jobs = _jobs(drawn)
    wanted = {i for job in jobs for i in (*job.support, *job.query)}
    pieces = {i: setting.bank.pieces[i] for i in sorted(wanted)}
    found: dict[tuple[tuple[int, ...], int], NDArray[np.float64]] = {}
    for job, table in zip(jobs, _answers(jobs, predictors, pieces, workers, progress), strict=True):
        found.update({(job.support, query): table[:, place] for place, query in enumerate(job.query)})
    figures = _figures(setting, drawn, found)
    used = {draw.style for draw in drawn}
    return Report(
        NAME, QUESTION, figures, _facts(setting, drawn, pieces, sorted(set(styles) - used)), _words(setting)
    )  # fmt: skip


def _jobs(drawn: Sequence[Draw]) -> list[Job]:
    """Every support set with its queries; K = 0 is asked once for each query, whatever the draw."""
    found = [Job(draw.support[:shot], draw.query) for draw in drawn for shot in SHOTS if shot]
    for style in dict.fromkeys(draw.style for draw in drawn):
        queries = sorted({i for draw in drawn if draw.style == style for i in draw.query})
        found += [Job((), tuple(queries[i : i + _QUERIES_A_JOB])) for i in range(0, len(queries), _QUERIES_A_JOB)]
    return found


def _answer(job: Job, predictors: Sequence[Predictor], pieces: dict[int, Piece]) -> NDArray[np.float64]:
    """Mean bits a note of each query under each row, as PARTS: shape (rows, Q, 3)."""
    support = [pieces[i] for i in job.support]
    return np.array([[_means(row.bits(support, head(pieces[i])), head(pieces[i])) for i in job.query]
                     for row in predictors])  # fmt: skip


def _means(found: Surprisal, query: Piece) -> tuple[float, ...]:
    """Mean bits a note in the order of PARTS; NaN for a part that a row does not tell. A row must tell every note."""
    if found.bits.shape != (len(query.notes),) or not np.isfinite(found.bits).all() or (found.bits < 0).any():
        raise BadParameter(
            "A row did not give bits for every note", expected="one finite figure a note, none below zero"
        )
    parts = (found.parts.get(name) for name in PARTS[1:])
    return (found.bits_per_note, *(np.nan if part is None else float(part.mean()) for part in parts))


# ---------------------------------------------------------------------------------------- over several processes


#: What a worker process works with: set once when it starts.
_at_hand: list[tuple[Sequence[Predictor], dict[int, Piece]]] = []


def _begin(predictors: Sequence[Predictor], pieces: dict[int, Piece]) -> None:
    _at_hand[:] = [(predictors, pieces)]


def _answer_at_hand(job: Job) -> NDArray[np.float64]:
    return _answer(job, *_at_hand[0])


def _answers(
    jobs: Sequence[Job], predictors: Sequence[Predictor], pieces: dict[int, Piece], workers: int | None,
    progress: Progress,
) -> Iterator[NDArray[np.float64]]:  # fmt: skip
    """The answers in the order of the jobs."""
    count = min(workers or min(os.cpu_count() or 1, _MOST_WORKERS), len(jobs))
    if count < 2:
        for done, job in enumerate(jobs):
            progress(done, len(jobs), "predicting")
            yield _answer(job, predictors, pieces)
        return
    # Spawned, not forked: a net's threads do not survive a fork.
    with (
        _one_thread(),
        ProcessPoolExecutor(count, get_context("spawn"), _begin, (predictors, pieces)) as pool,
    ):
        for done, table in enumerate(pool.map(_answer_at_hand, jobs)):
            progress(done, len(jobs), "predicting")
            yield table


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start now calculate in one thread each: they share the cores already."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


# --------------------------------------------------------------------------------------------------- the report


def _figures(
    setting: Setting, drawn: Sequence[Draw], found: dict[tuple[tuple[int, ...], int], NDArray[np.float64]]
) -> list[Figure]:
    """Bits at each K and gains, of all styles, near and far, of whole notes, their pitch and their rhythm."""
    figures = []
    for part, part_name in enumerate(PARTS):
        for reach in REACHES:
            chosen = [d for d in drawn if not reach or split.reach_of(d.style) == reach]
            for row, name in enumerate(setting.rows):
                by_shot = {shot: _values(chosen, shot, found, row, part) for shot in SHOTS}
                if not chosen or any(np.isnan(v).any() for v in by_shot[0].values()):
                    continue
                label = ", ".join([name, *([part_name] if part else []), *([reach] if reach else [])])
                for shot, values in by_shot.items():
                    figures.append(Figure(label, f"K={shot}", over_styles(values, higher_is_better=False), digits=2))
                for shot in SHOTS[1:]:
                    gained = gain(by_shot[shot], by_shot[0], higher_is_better=False)
                    figures.append(Figure(label, f"gain at {shot}", gained, digits=2))
    return figures


def _values(
    drawn: Sequence[Draw], shot: int, found: dict[tuple[tuple[int, ...], int], NDArray[np.float64]], row: int, part: int
) -> Values:
    """By style, one value a draw: the mean over its queries."""
    values: dict[str, list[float]] = {}
    for draw in drawn:
        bits = [found[draw.support[:shot], query][row, part] for query in draw.query]
        values.setdefault(draw.style, []).append(float(np.mean(bits)))
    return values


def _facts(setting: Setting, drawn: Sequence[Draw], pieces: dict[int, Piece], left_out: list[str]) -> dict[str, Any]:
    styles = sorted({draw.style for draw in drawn})
    queries = {i for draw in drawn for i in draw.query}
    return {
        **setting.size._asdict(),
        "seed": setting.seed,
        "shots": list(SHOTS),
        "styles": len(styles),
        **{reach: sum(split.reach_of(s) == reach for s in styles) for reach in REACHES[1:]},
        "styles_of_too_few_pieces": left_out,
        "query_pieces": len(queries),
        "query_notes_at_most": TESTED_NOTES,
        "query_notes_mean": round(float(np.mean([min(len(pieces[i].notes), TESTED_NOTES) for i in queries])), 1),
        "support_notes_read_of_a_piece": {str(shot): notes_read(shot) for shot in SHOTS[1:]},
        "background_pieces": len(setting.background),
        "rows": {name: find(name).TITLE for name in setting.rows},
    }


def _words(setting: Setting) -> tuple[str, ...]:
    return (
        "Bits a note, fewer are better; in brackets the 95 % interval over styles. Pitch and rhythm add up to all.",
        "The gain is bits at K=0 less bits at K: one that knows nothing at K=0 gains most, so read it beside the bits.",
        f"A query is its first {TESTED_NOTES} notes, the same queries at every K; of each support piece the first "
        f"{READ_NOTES:,}/K notes are read by the rows that count.",
        *(() if setting.background else ("The corpus of many styles is not here: no row knows any of it.",)),
    )
