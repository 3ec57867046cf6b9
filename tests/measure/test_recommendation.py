"""Recommendation: who knows the truth ranks it first, who guesses does not, and finding copies is no success."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from made_bank import made_bank

from fewnotes.errors import BadParameter
from fewnotes.faces.cli import main
from fewnotes.measure import recommendation
from fewnotes.measure.bank import Bank
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.recommended.asked import Size, copies, first, narrowed, questions
from fewnotes.measure.recommended.ranked import (
    BOTH,
    by_each,
    by_liked,
    by_liked_and_disliked,
    judged,
    measures,
    order,
)
from fewnotes.measure.rows.chance import Chance
from fewnotes.meta import split
from fewnotes.music.edit import transpose

SMALL = Size(pieces=16, background=8, each=3, slow=0)
MEASURES = ("hit@10", "precision@10", "nDCG@10", "MAP")


class Knows:
    """A scorer that knows the truth: a piece is of a style as far as the liked ones are."""

    def __init__(self, bank):
        self.styles = [entry.row.style for entry in bank.entries]

    def scores(self, support, query):
        liked = [[self.styles[i] for i in inside] for inside in support]
        return np.array([[inside.count(self.styles[q]) / len(inside) for inside in liked] for q in query])


class Silent:
    """A scorer that says the same of everything."""

    def scores(self, support, query):
        return np.zeros((len(query), len(support)))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _statistics_once(_own_home, home, monkeypatch):
    """Statistics of the made bank are worked out once for all tests of this file."""
    monkeypatch.setenv("FEWNOTES_HOME", str(home))


@pytest.fixture(scope="module")
def bank():
    return made_bank(pieces=16)


def library_of(bank):
    return [i for inside in bank.styles(split.TEST).values() for i in inside]


def with_copy(bank, of, steps):
    """The bank with one piece more: a piece of it in another key."""
    entry = bank.entries[of]
    row = replace(entry.row, key=f"{entry.row.key}/copy")
    return Bank((*bank.entries, entry._replace(row=row, piece=transpose(entry.piece, steps))))


@pytest.fixture(scope="module")
def asked(bank):
    return questions(bank, split.TEST, 3, copies(bank, library_of(bank)))


def test_who_knows_the_truth_ranks_all_of_it_first(bank, asked):
    one, mixed = asked
    for found in (judged(Knows(bank), one, by_liked)[0], judged(Knows(bank), one, by_liked_and_disliked)[0]):
        assert over_styles(found["nDCG@10"]).worst == over_styles(found["MAP"]).worst == 1.0
        assert over_styles(found["hit@10"]).worst == 1.0
    found, _ = judged(Knows(bank), mixed, by_each)
    assert over_styles(found["nDCG@10"]).worst == 1.0
    assert set(found) == {*MEASURES, BOTH}


def test_who_guesses_finds_as_many_as_there_are(asked):
    one, _ = asked
    found, _ = judged(Chance(), one * 20, by_liked)
    share = np.mean([(q.taste > 0).mean() for q in one])
    assert over_styles(found["precision@10"]).mean == pytest.approx(share, abs=0.05)
    assert over_styles(found["nDCG@10"]).mean < 0.3


def test_who_says_nothing_is_not_helped_by_the_order_of_the_library(asked):
    one, _ = asked
    found, _ = judged(Silent(), one * 20, by_liked)
    share = np.mean([(q.taste > 0).mean() for q in one])
    assert over_styles(found["precision@10"]).mean == pytest.approx(share, abs=0.05)


def test_nothing_that_is_liked_or_disliked_is_in_the_library(bank, asked):
    for question in (*asked[0], *asked[1]):
        known = {*question.liked, *question.disliked}
        assert not known & set(question.library.tolist())
        assert len(known) == len(question.liked) + len(question.disliked)
        assert len(set(question.library.tolist())) == len(question.library)


def test_what_should_come_is_the_rest_of_the_liked_styles(bank, asked):
    for question in (*asked[0], *asked[1]):
        wanted = {bank.entries[i].row.style for i in question.liked}
        for index, taste in zip(question.library.tolist(), question.taste.tolist(), strict=True):
            assert (bank.entries[index].row.style in wanted) == (taste > 0)
    assert all(len({bank.entries[i].row.style for i in q.liked}) == 2 for q in asked[1])
    assert all(len({bank.entries[i].row.style for i in q.disliked} - {q.style}) == 1 for q in asked[0])


def test_a_copy_of_a_liked_piece_in_another_key_is_not_in_the_library(bank):
    original = library_of(bank)[0]
    more = with_copy(bank, original, 5)
    copy = len(more.entries) - 1
    same = copies(more, library_of(more))
    assert copy in same[original]
    assert original in same[copy]
    one, mixed = questions(more, split.TEST, 12, same)
    liking = [q for q in (*one, *mixed) if original in q.liked]
    assert liking
    for question in liking:
        assert copy not in question.library
    assert any(copy in q.library for q in one)


def test_of_pieces_too_short_to_compare_only_those_note_for_note_the_same_are_copies(bank):
    short = [replace(bank.entries[i].piece, notes=bank.entries[i].piece.notes[:12]) for i in library_of(bank)[:2]]
    entries = [bank.entries[library_of(bank)[0]]._replace(piece=p) for p in (*short, short[0])]
    assert copies(Bank(tuple(entries)), range(3)) == {0: {2}, 1: frozenset(), 2: {0}}


def test_measures_of_a_list_are_those_worked_out_by_hand():
    found = measures(np.array([0, 1, 0, 1] + [0] * 20))
    ideal = 1 + 1 / np.log2(3)
    assert found["hit@10"] == 1.0
    assert found["precision@10"] == 0.2
    assert found["nDCG@10"] == pytest.approx((1 / np.log2(3) + 1 / np.log2(5)) / ideal)
    assert found["MAP"] == pytest.approx((1 / 2 + 2 / 4) / 2)
    late = measures(np.array([0] * 10 + [1]))
    assert (late["hit@10"], late["nDCG@10"], late["MAP"]) == (0.0, 0.0, pytest.approx(1 / 11))
    assert measures(np.array([1, 1, 0, 2]))[BOTH] == 1.0
    assert measures(np.array([1] * 10 + [2]))[BOTH] == 0.0


def test_equal_scores_are_in_no_order():
    assert order(np.array([1.0, 3.0, 2.0])).tolist() == [1, 2, 0]
    assert order(np.zeros(50), 1).tolist() != order(np.zeros(50), 2).tolist()
    assert order(np.zeros(50), 1).tolist() == order(np.zeros(50), 1).tolist()


def test_what_is_more_like_the_disliked_pieces_comes_later(asked):
    class Given:
        def scores(self, support, query):
            liked = np.linspace(1, 0, len(query))
            disliked = np.where(np.arange(len(query)) == 0, 3.0, 0.0)
            return np.stack([liked, disliked][: len(support)], axis=1)

    one, _ = asked
    assert order(by_liked(Given(), one[0]))[0] == 0
    assert order(by_liked_and_disliked(Given(), one[0]))[[0, -1]].tolist() == [1, 0]


def test_a_row_may_have_a_way_of_its_own_with_dislikes(asked):
    class Own(Silent):
        def wanted(self, liked, disliked, query):
            assert len(liked) == len(disliked) == 5
            return np.arange(len(query), dtype=float)

    assert order(by_liked_and_disliked(Own(), asked[0][0]))[-1] == 0


def test_a_small_library_has_few_pieces_of_every_style(bank, asked):
    small = narrowed(asked[0][0], bank, most=4)
    styles = [bank.entries[i].row.style for i in small.library]
    assert {styles.count(s) for s in styles} == {4}
    assert set(small.library) <= set(asked[0][0].library)
    assert small.taste.sum() == 4
    assert len(first(asked[0], 2)) == 2 * 6


@pytest.mark.slow
def test_the_report_holds_rows_above_chance_with_and_without_timbre(bank):
    report = recommendation.answer(bank, ["chance", "statistics_centroid"], SMALL)
    assert report.rows == ("chance", "statistics_centroid")
    groups = (recommendation.ONE, recommendation.REFUSED, recommendation.MIXED, recommendation.EACH)
    for column in [f"nDCG@10, {group}{ending}" for group in groups for ending in ("", " (no timbre)")]:
        assert report.get("statistics_centroid", column).mean > report.get("chance", column).mean
        assert report.get("chance", column).styles == 6
    assert report.facts["library"] == 6 * 16
    assert report.facts["questions"][recommendation.ONE] == 18
    speed = report.facts[recommendation.SPEED]["statistics_centroid"]
    assert all(value > 0 for value in speed.values())
    json.dumps(report.to_dict(), allow_nan=False)


def test_measuring_twice_gives_the_same_figures(bank):
    first, second = (recommendation.answer(bank, ["statistics_centroid", "chance"], SMALL) for _ in range(2))
    assert [f.to_dict() for f in first.figures] == [f.to_dict() for f in second.figures]


def test_a_slow_row_is_asked_about_a_small_library_and_all_others_beside(bank, monkeypatch):
    monkeypatch.setattr("fewnotes.measure.rows.chance.SLOW", True, raising=False)
    report = recommendation.answer(bank, ["statistics_centroid", "chance"], SMALL)
    slow = {f.column for f in report.figures if f.row == "chance"}
    assert slow == {f"{measure}, {recommendation.NARROWED}" for measure in MEASURES}
    assert slow < {f.column for f in report.figures if f.row == "statistics_centroid"}
    assert report.facts["pieces ranked a question"][recommendation.NARROWED] <= 12 * 6
    assert any("small library" in word for word in report.words)


def test_one_style_is_no_library(bank):
    with pytest.raises(BadParameter, match="too few styles"):
        questions(made_bank(test=1), split.TEST, 1, {})


def test_an_unknown_size_or_row_is_told():
    with pytest.raises(BadParameter, match="no size 'tiny'"):
        recommendation.run("tiny")
    with pytest.raises(BadParameter, match="no row 'oracle'"):
        recommendation.run("quick", rows=["oracle"])


def test_the_command_measures_shows_and_writes(bank, monkeypatch, tmp_path, capsys):
    def loaded(parts, progress, *, pieces_a_style):
        return Bank(tuple(e for e, part in zip(bank.entries, bank.splits, strict=True) if part in parts))

    monkeypatch.setattr(recommendation, "load_bank", loaded)
    out = tmp_path / "result.json"
    assert main(["bench", "recommendation", "--rows", "chance, statistics_centroid", "-o", str(out)]) == 0
    assert "nDCG@10" in capsys.readouterr().out
    written = json.loads(out.read_text())
    assert {f["row"] for f in written["figures"]} == {"chance", "statistics_centroid"}
    assert recommendation.SPEED in written["facts"]
