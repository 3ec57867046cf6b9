"""What is judged about made music: copies are caught, monotony is seen, and every row passes the same way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from real_windows import BARS, real_pieces, real_windows

pytest.importorskip("sklearn")

from fewnotes.errors import BadParameter, NotPossible
from fewnotes.measure import generation
from fewnotes.measure.bank import Bank
from fewnotes.measure.generated import against, learners, realness
from fewnotes.measure.generated.excerpts import described, heard, opening
from fewnotes.measure.generated.material import Material, RealStyle
from fewnotes.measure.generated.novelty import human_interval, shared_with
from fewnotes.measure.generated.plan import capped, parted, windows_of
from fewnotes.measure.generated.rows import Task, names, prepared
from fewnotes.measure.generated.variety import Scale, near_duplicates, variety
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import no_progress
from fewnotes.meta.rows import Entry, Row


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch):
    """Enough for what is plain; the measurement itself takes more."""
    monkeypatch.setattr(learners, "TREES", 60)
    monkeypatch.setattr(realness, "_TREES", 30)


@pytest.fixture(scope="module")
def dances(music21_corpus):
    return real_windows(music21_corpus, "dance")


@pytest.fixture(scope="module")
def task(music21_corpus):
    support = tuple(normalised(p) for p in real_pieces(music21_corpus, "dance")[:5])
    aside = real_windows(music21_corpus, "dance")[5:12]
    return Task("dance", support, 4, BARS, 7, aside, real_windows(music21_corpus, "palestrina"))


def test_a_copy_of_a_support_piece_is_far_outside_what_people_borrow(dances):
    support, others = dances[:5], dances[5:17]
    human = human_interval(shared_with(others, support))
    copy = shared_with([support[2]], support)
    run, _, overlap, anything = human.above(copy).tolist()
    assert run == overlap == anything == 1
    assert human.inside(copy)[-1] == 0
    assert copy[0, 0] > 1.5 * human.high[0]
    assert copy[0, 1] == copy[0, 2] == 1.0
    assert human.inside(shared_with(others, support))[-1] == 1


def test_a_copy_in_another_key_is_caught_by_runs_and_sets(dances):
    from fewnotes.music.edit import transpose

    human = human_interval(shared_with(dances[5:17], dances[:5]))
    shared = shared_with([heard(transpose(dances[1], 3))], dances[:5])
    assert human.above(shared)[0] == 1
    assert shared[0, 1] == 1.0


def test_one_output_again_and_again_has_no_variety(dances):
    vectors = described(dances)
    scale = Scale(vectors)
    real, same = scale(vectors), scale(vectors[[3] * 6])
    assert variety(same, real) == pytest.approx(0.0, abs=1e-6)
    assert near_duplicates(same, real) == 1.0
    assert variety(real[:10], real[10:]) == pytest.approx(1.0, abs=0.35)
    assert near_duplicates(real, real) < 0.2


@pytest.mark.parametrize("row", generation.ROWS)
def test_every_row_gives_music_of_the_length_that_is_asked_for_and_the_same_again_for_its_seed(row, task):
    maker, two = prepared(row, (), no_progress), replace(task, count=2)
    first = [opening(p, BARS) for p in maker.pieces(two)]
    again = [opening(p, BARS) for p in maker.pieces(two)]
    assert len(first) == 2
    assert None not in first
    assert first == again


def test_shuffled_bars_are_a_copy_and_random_notes_are_not(task):
    support = [heard(p) for p in task.support]
    runs = {
        row: shared_with([opening(p, BARS) for p in prepared(row, (), no_progress).pieces(task)], support)[:, :2]
        for row in ("shuffled", "random notes")
    }
    assert runs["shuffled"].mean(axis=0)[0] > 1.5 * runs["random notes"].mean(axis=0)[0]
    assert runs["shuffled"].mean(axis=0)[1] > 1.2 * runs["random notes"].mean(axis=0)[1]


def test_a_row_that_is_not_there_is_named():
    with pytest.raises(BadParameter, match="no generator 'dream'"):
        prepared("dream:big", (), no_progress)
    with pytest.raises(BadParameter, match="no size"):
        generation.run("huge")
    assert {"engine", "real", "shuffled", "random_notes", "other_style"} <= set(names())


def test_a_large_piece_is_cut_at_a_bar(music21_corpus):
    piece = real_pieces(music21_corpus, "palestrina")[0]
    cut = capped(piece, 100)
    assert 40 < len(cut.notes) <= 100
    assert capped(piece, 10_000) is piece


class _Silent:
    """Cannot do anything."""

    def pieces(self, task: Task) -> list:
        raise NotPossible("No meter fits")


def _material(music21_corpus) -> Material:
    rows, pieces, styles = [], [], {}
    for name in ("palestrina", "dance"):
        found = real_pieces(music21_corpus, name)
        mine = range(len(pieces), len(pieces) + len(found))
        pieces += found
        rows += [Row(f"{name}{i}", name, "here", music21_corpus) for i in mine]
        parting = parted(name, mine, 5)
        cut = windows_of({i: normalised(pieces[i]) for i in mine}, BARS, 1)
        styles[name] = RealStyle(parting, cut, described(cut.pieces))
    bank = Bank(tuple(Entry(r, p) for r, p in zip(rows, pieces, strict=True)))
    background = np.concatenate([s.vectors for s in styles.values()])
    return Material(bank, styles, ("short songs",), bank.pieces[:4], background)


@pytest.mark.slow
def test_the_report_puts_real_music_above_every_control_and_says_what_failed(music21_corpus, monkeypatch):
    monkeypatch.setattr(realness, "REPEATS", 1)
    monkeypatch.setattr(against, "SHARED", 3)
    makers = {row: prepared(row, (), no_progress) for row in ("real", "shuffled", "random notes", "other style")}
    plan = generation.Size(0, 24, 6, 1, 1, 2)
    report = generation.measured(_material(music21_corpus), {**makers, "broken": _Silent()}, plan)
    assert report.get("real", "judged in the style").mean == 1.0
    assert report.get("other style", "judged in the style").mean == 0.0
    assert report.get("shuffled", "above human borrowing").mean > report.get("real", "above human borrowing").mean
    assert report.get("random notes", "told from real").mean > 0.8
    away = {row: report.get(row, "sense away").mean for row in makers}
    assert away["real"] < min(away["random notes"], away["other style"])
    assert report.get("real", "phrases alike").mean > report.get("random notes", "phrases alike").mean
    assert 0.5 < report.get("real", "variety").mean < 1.5
    assert any("No meter fits" in w for w in report.words)
    assert any("short songs" in w for w in report.words)
    assert "broken" not in report.rows
