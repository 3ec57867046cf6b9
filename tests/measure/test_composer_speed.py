"""The race of composers: the net that is raced against is as large as it should be, both sides are counted alike."""

from __future__ import annotations

import importlib
import importlib.util
import json
from pathlib import Path

import pytest
from made_bank import made_bank

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def speed(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("composer_speed")


def test_the_librarys_net_is_as_large_as_the_engines(speed):
    for wanted in (1_000_000, 5_000_000, 20_000_000):
        assert abs(speed.gpt2_parameters(*speed.gpt2_shape(wanted)) / wanted - 1) < 0.1
    assert speed.parameters_of("markov") is None
    assert speed.parameters_of("relation") > 100_000


def test_a_note_is_four_tokens_and_ratios_are_of_pairs(speed, monkeypatch):
    clock = iter([0.0, 2.0, 10.0, 11.0] * 2)
    monkeypatch.setattr(speed.time, "perf_counter", lambda: next(clock))
    asked = []

    class Engine:
        @staticmethod
        def compose(style, request):
            return [range(request.bars)] * request.candidates

    class Piece:
        notes = range(50)

    Engine.compose = staticmethod(lambda style, request: [Piece()] * request.candidates)
    monkeypatch.setattr(speed, "find", lambda folder, name: Engine)
    found = speed.measured("made", [("a", None), ("b", None)], 1, 4, lambda n, tokens: asked.append((n, tokens)))
    assert asked == [(4, 8), (4, 200), (4, 200)]
    assert found["notes"] == 400
    assert found["engine_notes_a_second"]["median"] == 100.0
    assert found["library_notes_a_second"]["median"] == 200.0
    assert found["library_tokens_a_second"]["median"] == 800.0
    assert found["engine_over_library"] == {"median": 0.5, "least": 0.5}


def test_without_the_library_it_says_what_is_missing(speed, monkeypatch, tmp_path, capsys):
    here = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "transformers" else here(name))
    assert speed.main(["--out", str(tmp_path / "x.json")]) == 0
    assert "transformers is not installed" in capsys.readouterr().out
    assert not (tmp_path / "x.json").exists()


@pytest.mark.slow
def test_the_race_is_run_on_made_styles(speed, monkeypatch, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    monkeypatch.setattr(speed, "load_bank", lambda parts: made_bank(train=0, test=2))
    out = tmp_path / "x.json"
    assert speed.main(["--engine", "markov", "--quick", "--parameters", "200000", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["notes"] > 0 < found["library_tokens_a_second"]["least"]
    assert abs(found["library_parameters"] / 200_000 - 1) < 0.5
