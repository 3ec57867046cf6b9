"""Recognition: who knows the truth gets everything right, who guesses gets one in N, and all get the same episodes."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import numpy as np
import pytest
from made_bank import made_bank

from fewnotes.errors import BadParameter
from fewnotes.faces.cli import main
from fewnotes.measure import recognition
from fewnotes.measure.draws import episodes
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.recognised.asking import accuracy, area, none_of_these, ranked, trials
from fewnotes.measure.recognised.plan import Setting, Size, composers, possible
from fewnotes.measure.rows.chance import Chance
from fewnotes.uses.bench import Bench

STYLES = {f"style {i}": tuple(range(100 * i, 100 * i + 20)) for i in range(8)}
SMALL = Size(pieces=8, background=8, each=4, queries=2, trials=2, slow=0, broad=False)


class Knows:
    """A scorer that knows the truth: pieces of one hundred are of one style."""

    def scores(self, support, query):
        return np.array([[float(inside[0] // 100 == q // 100) for inside in support] for q in query])


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
    return made_bank(pieces=13)


def test_who_knows_the_truth_gets_everything_right():
    made = episodes(STYLES, 5, 1, count=30)
    assert over_styles(accuracy(Knows(), made)).worst == 1.0
    above, sure = ranked(Knows(), trials(STYLES, 3))
    assert over_styles(above).worst == over_styles(sure).worst == 1.0
    assert over_styles(none_of_these(Knows(), made, STYLES)).worst == 1.0


def test_who_guesses_gets_one_in_n():
    made = episodes(STYLES, 5, 1, count=300)
    assert over_styles(accuracy(Chance(), made)).mean == pytest.approx(0.2, abs=0.04)
    assert over_styles(none_of_these(Chance(), made, STYLES)).mean == pytest.approx(0.5, abs=0.04)
    above, sure = ranked(Chance(), trials(STYLES, 60))
    assert over_styles(above).mean == pytest.approx(0.5, abs=0.1)
    assert over_styles(sure).mean == pytest.approx(0.05, abs=0.04)


def test_who_says_nothing_gets_no_more_than_who_guesses():
    made = episodes(STYLES, 4, 1, count=10)
    assert over_styles(accuracy(Silent(), made)).mean == 0.25
    assert over_styles(none_of_these(Silent(), made, STYLES)).mean == 0.5
    above, sure = ranked(Silent(), trials(STYLES, 2))
    assert (over_styles(above).mean, over_styles(sure).mean) == (0.5, 0.0)


def test_a_trial_shares_no_piece_between_its_sides():
    for trial in trials(STYLES, 10):
        sides = (*trial.references, *trial.inside, *trial.outside)
        assert len(set(sides)) == len(sides)
        assert len(trial.references) == 10
        assert len(trial.inside) == len(trial.outside) >= 2


def test_an_area_counts_ties_half():
    assert area(np.array([1.0, 2.0]), np.array([0.0, 1.0])) == 0.875


def test_a_score_that_is_not_a_number_is_our_fault_and_is_not_counted():
    class Broken:
        def scores(self, support, query):
            return np.full((len(query), len(support)), np.nan)

    with pytest.raises(AssertionError, match="not a number"):
        accuracy(Broken(), episodes(STYLES, 5, 1, count=1))


def test_two_spellings_of_a_composer_are_one_and_traditional_is_none(bank):
    class Spelled:
        def composers(self, part, least):
            found = {"Bach, Johann Sebastian": range(5), "BachJS": range(5, 9), "Bach, C. P. E.": range(9, 30)}
            return {**found, "Traditional": range(30, 60), "Short, S.": range(60, 63)}

    found = composers(Spelled(), "meta-test")
    assert {name: len(inside) for name, inside in found.items()} == {"Bach, Johann Sebastian": 9, "Bach, C. P. E.": 21}


def test_settings_that_styles_are_too_few_for_are_named_and_not_asked():
    made, missing = possible([Setting("fine", 5, 1, STYLES), Setting("too wide", 9, 1, STYLES)], SMALL)
    assert [s.column for s, _ in made] == ["fine"]
    assert missing == ["too wide"]
    drawn = [style for episode in made[0][1] for style in episode.styles]
    assert min(drawn.count(style) for style in STYLES) >= SMALL.each - 1


@pytest.mark.slow
def test_the_report_holds_rows_above_chance_with_and_without_timbre(bank):
    report = recognition.answer(bank, ["chance", "statistics_lda"], SMALL)
    assert report.rows == ("chance", "statistics_lda")
    for column in ("5-way 1-shot", "5-way 1-shot (no timbre)", "5-way 5-shot, one kind", "5-way 1-shot, composers"):
        assert report.get("statistics_lda", column).mean > 0.5 > report.get("chance", column).low
    assert report.get("statistics_lda", recognition.OPEN).mean > 0.5
    assert report.get("statistics_lda", f"{recognition.RANKED}, styles").mean > 0.8
    assert any("9-way 1-shot" in word for word in report.words)
    assert report.facts["background styles"] == 6
    json.dumps(report.to_dict(), allow_nan=False)


def test_the_broad_report_asks_more(bank):
    few, many = (recognition.answer(bank, ["chance"], replace(SMALL, broad=broad)) for broad in (False, True))
    assert set(few.columns) < set(many.columns)
    assert "5-way 10-shot" in many.columns


def test_measuring_twice_gives_the_same_figures(bank):
    first, second = (recognition.answer(bank, ["statistics_centroid", "chance"], SMALL) for _ in range(2))
    assert first.to_dict() == second.to_dict()


def test_a_slow_row_is_asked_less_and_all_others_the_same_beside(bank, monkeypatch):
    monkeypatch.setattr("fewnotes.measure.rows.chance.SLOW", True, raising=False)
    report = recognition.answer(bank, ["statistics_centroid", "chance"], SMALL)
    slow = {f.column for f in report.figures if f.row == "chance"}
    assert "5-way 1-shot, first 4" in slow
    assert all("first 4" in column for column in slow)
    assert slow < {f.column for f in report.figures if f.row == "statistics_centroid"}
    assert report.rows == ("statistics_centroid", "chance")
    assert report.get("chance", "5-way 1-shot, first 4").values == 4 * 5 * SMALL.queries


def test_a_row_that_cannot_be_here_is_named(bank, monkeypatch):
    monkeypatch.setitem(sys.modules, "style_rank", None)
    report = recognition.answer(bank, ["chance", "stylerank"], SMALL)
    assert report.rows == ("chance",)
    assert any(word.startswith("stylerank is left out") for word in report.words)
    assert not any("first" in column for column in report.columns)


def test_an_unknown_size_row_or_question_is_told():
    with pytest.raises(BadParameter, match="no size 'tiny'"):
        recognition.run("tiny")
    with pytest.raises(BadParameter, match="no row 'oracle'"):
        recognition.run("quick", rows=["oracle"])
    with pytest.raises(BadParameter, match="no question 'taste'"):
        Bench(question="taste").run()


def test_the_command_measures_shows_and_writes(bank, monkeypatch, tmp_path, capsys):
    def loaded(parts, progress, *, pieces_a_style):
        return type(bank)(tuple(e for e, part in zip(bank.entries, bank.splits, strict=True) if part in parts))

    monkeypatch.setattr(recognition, "load_bank", loaded)
    assert main(["bench"]) == 0
    assert "recognition" in capsys.readouterr().out
    out = tmp_path / "result.json"
    assert main(["bench", "recognition", "--rows", "chance, statistics_centroid", "-o", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "5-way 1-shot" in shown
    assert "statistics_centroid" in shown
    written = json.loads(out.read_text())
    assert {f["row"] for f in written["figures"]} == {"chance", "statistics_centroid"}
    assert written["facts"]["size"] == "quick"
