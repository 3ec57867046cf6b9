"""The fixed judge: right about real music of different styles, and at chance where there is nothing to know."""

from __future__ import annotations

import numpy as np
import pytest
from real_windows import BARS, real_pieces, real_windows

pytest.importorskip("sklearn")

from fewnotes.measure.generated import learners, realness
from fewnotes.measure.generated.excerpts import described, full_bars, opening, windows
from fewnotes.measure.generated.judge import taught
from fewnotes.measure.generated.plan import parted
from fewnotes.measure.generated.realness import area, stand_in, told_apart, told_elsewhere
from fewnotes.music.edit import slice_bars


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch):
    """Enough for what is plain; the measurement itself takes more."""
    monkeypatch.setattr(learners, "TREES", 60)
    monkeypatch.setattr(realness, "_TREES", 30)


@pytest.fixture(scope="module")
def heard_music(music21_corpus):
    return {name: described(real_windows(music21_corpus, name)) for name in ("palestrina", "dance")}


def test_the_judge_knows_masses_from_strathspeys_that_it_never_heard(heard_music):
    learned = np.concatenate([v[::2] for v in heard_music.values()])
    said = [name for name, v in heard_music.items() for _ in v[::2]]
    judge = taught(learned, said)
    assert judge.chance == 0.5
    for name, vectors in heard_music.items():
        assert judge.agreement(vectors[1::2], name) == 1.0


def test_the_judge_is_at_chance_where_labels_are_shuffled(heard_music):
    vectors = np.concatenate(list(heard_music.values()))
    right = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        labels = rng.permutation(np.repeat(["a", "b"], [len(vectors) // 2, len(vectors) - len(vectors) // 2]))
        order = rng.permutation(len(vectors))
        learned, tested = order[::2], order[1::2]
        judge = taught(vectors[learned], labels[learned].tolist(), seed)
        right += [a == b for a, b in zip(judge.named(vectors[tested]), labels[tested], strict=True)]
    assert 0.35 < np.mean(right) < 0.65


def test_windows_have_one_length_whatever_they_are_cut_from(music21_corpus):
    piece = real_pieces(music21_corpus, "palestrina")[0]
    found = windows(piece, BARS)
    assert {full_bars(w) for w in found} <= {BARS, BARS - 1}
    assert all(w.pickup_tick == 0 for w in found)
    assert full_bars(opening(piece, BARS)) == full_bars(windows(piece, BARS, 1)[0])
    assert windows(piece, 10_000) == []
    assert opening(slice_bars(piece, 0, BARS // 2 - 2), BARS) is None


def test_support_what_is_judged_and_what_judges_learn_from_never_meet():
    parting = parted("a style", range(40, 80), 5)
    for number in range(8):
        support = set(parting.support(5, number))
        assert len(support) == 5
        assert not support & set(parting.taught(5, number))
        assert not support & {*parting.aside, *parting.reference}
        assert not set(parting.aside) & set(parting.taught(5, number))
    assert parted("too small", range(12), 5) is None


def test_real_and_made_that_are_alike_cannot_be_told_apart_and_a_shift_can(monkeypatch):
    monkeypatch.setattr(realness, "REPEATS", 1)
    areas = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        one, two = rng.normal(size=(2, 16, 10))
        areas.append(told_apart(one, two, seed=seed))
    assert 0.3 < np.mean(areas) < 0.7
    assert told_apart(one, two + 3.0) > 0.95


def test_a_tell_that_is_the_same_everywhere_is_found_from_other_styles():
    rng = np.random.default_rng(0)
    real = {name: rng.normal(size=(20, 4)) for name in "abc"}
    alike = {name: rng.normal(size=(20, 4)) for name in "abc"}
    loud = {name: v + np.array([2.5, 0, 0, 0]) for name, v in alike.items()}
    assert np.mean(list(told_elsewhere(loud, real).values())) > 0.9
    assert 0.3 < np.mean(list(told_elsewhere(alike, real).values())) < 0.7


def test_music_of_the_right_style_stands_in_for_real_music_and_swapped_styles_do_not(heard_music):
    learned = {name: v[::2] for name, v in heard_music.items()}
    tested = {name: v[1::2] for name, v in heard_music.items()}
    assert min(stand_in(learned, tested).values()) == 1.0
    swapped = {"palestrina": learned["dance"], "dance": learned["palestrina"]}
    assert max(stand_in(swapped, tested).values()) == 0.0


def test_the_area_counts_ties_half():
    assert area(np.array([1.0, 1.0]), np.array([1.0, 0.0])) == 0.75
