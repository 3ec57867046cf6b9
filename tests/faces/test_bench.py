"""`fewnotes bench` on the command line: the two sizes, the rows, and what is said of a question that is none."""

from __future__ import annotations

import json

import pytest

from fewnotes.measure import recognition
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report


@pytest.fixture
def asked(monkeypatch):
    """What the question is asked with, instead of an answer that takes minutes."""
    calls = []

    def answer(size="quick", progress=None, rows=None):
        calls.append((size, rows))
        figures = [Figure("chance", "5-way 1-shot", over_styles({"jigs": [0.2, 0.3], "airs": [0.0, 0.1]}), "%")]
        return Report("recognition", recognition.QUESTION, figures, {"size": size})

    monkeypatch.setattr(recognition, "run", answer)
    return calls


@pytest.mark.parametrize(("flag", "size"), [((), "quick"), (("--quick",), "quick"), (("--full",), "full")])
def test_a_question_is_asked_at_the_size_of_the_flag_and_quickly_without_one(run, asked, flag, size):
    code, out, err = run("bench", "recognition", *flag)
    assert (code, err) == (0, "")
    assert asked == [(size, None)]
    assert "15.0 [5.0, 25.0]" in out
    assert "airs" in out


def test_the_answer_is_written_as_json_and_rows_are_chosen_by_name(run, asked, folder):
    code, _, err = run("bench", "recognition", "--quick", "--rows", "chance, likeness", "-o", "found.json")
    assert (code, err) == (0, "")
    assert asked == [("quick", ["chance", "likeness"])]
    found = json.loads((folder / "found.json").read_text(encoding="utf-8"))
    assert [(f["row"], f["worst_style"]) for f in found["figures"]] == [("chance", "airs")]


def test_without_a_question_the_questions_are_listed(run):
    code, out, _ = run("bench")
    assert code == 0
    for name in ("recognition", "prediction", "generation", "recommendation", "trust", "leakage", "transfer"):
        assert name in out


def test_a_question_that_is_none_is_told_with_those_there_are(run):
    code, _, err = run("bench", "recognitoin", "--quick")
    assert code == 2
    assert "recognition" in err
