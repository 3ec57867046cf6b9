"""Damaged files end as pieces or as refusals: sixty mutants a form (slow: a thousand), and the maker of mutants."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCH = Path(__file__).parents[1] / "bench"
FORMS = ("midi", "musicxml", "mxl", "abc", "kern")


@pytest.fixture
def maker(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import mutant_maker

    return mutant_maker


@pytest.fixture
def runner(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import mutant_runner

    return mutant_runner


def seeds_or_skip(maker, form):
    seeds = maker.seeds_of(form)
    if not seeds:
        pytest.skip(f"there are no {form} files here")
    return seeds


@pytest.mark.parametrize("form", FORMS)
def test_sixty_mutants_end_as_pieces_or_refusals(maker, runner, form):
    seeds = seeds_or_skip(maker, form)
    outcomes = {}
    for number in range(60):
        data, _ = maker.make_mutant(form, number, seeds)
        outcome, detail = runner.try_one(form, data)
        if outcome not in ("read", "refused"):
            outcomes[f"{form}:{number}"] = f"{outcome}: {detail}"
    assert outcomes == {}


@pytest.mark.parametrize("form", FORMS)
def test_a_mutant_is_made_from_its_number_alone_and_differs_from_its_seed(maker, form):
    seeds = seeds_or_skip(maker, form)
    made = [maker.make_mutant(form, number, seeds) for number in range(40)]
    assert made == [maker.make_mutant(form, number, seeds) for number in range(40)]
    originals = {seed.data for seed in seeds}
    assert sum(data in originals for data, _ in made) < 8
    assert max(len(data) for data, _ in made) <= maker.MAX_MUTANT_BYTES + 2000


@pytest.mark.parametrize(
    ("act", "outcome"),
    [
        ("raise KeyError('x')", "KeyError"),
        ("import os; os.kill(os.getpid(), 9)", "crash"),
        ("bytearray(3 << 30)", "oom"),
        ("b'x' * (300 << 20)", "heavy"),
        ("while True: pass", "hang"),
    ],
)
def test_the_runner_sees_every_kind_of_failure_and_goes_on(maker, runner, monkeypatch, act, outcome):
    seeds = (maker.Seed("tiny.krn", b"**kern\n4c\n*-\n"),)
    calls = []

    class Codec:
        @staticmethod
        def sniff(data):
            return True

        @staticmethod
        def decode(data, options):
            calls.append(data)
            if data == maker.make_mutant("kern", 4, seeds)[0]:
                exec(act)
            raise runner.BadInput("refused", expected="something else")

    monkeypatch.setattr(runner, "find", lambda folder, name: Codec)
    monkeypatch.setattr(runner, "PATIENCE", 2)
    monkeypatch.setattr(runner, "SECONDS", 0.5 if outcome == "hang" else 10.0)
    counts, findings, _, _ = runner.run_form("kern", seeds, 12, 0, encode=False)
    assert [(f.number, f.outcome) for f in findings if f.number == 4] == [(4, outcome)]
    assert counts["refused"] + len(findings) == 12


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_a_thousand_mutants_by_the_benchmark_and_writing_what_was_read(form):
    command = [sys.executable, str(BENCH / "mutants.py"), "--count", "1000", "--encode", "--form", form]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
