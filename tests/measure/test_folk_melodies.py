"""The eight melody sets: what counts as a set, what is read of a piece, and which sets are those in print."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

from fewnotes.errors import BadInput
from fewnotes.testing import tiny_chorale, tiny_melody

BENCH = Path(__file__).parents[2] / "bench"
ABC = "X:{0}\nT:made\nM:4/4\nL:1/4\nK:C\n{1}\n"
KERN = "**kern\n*M4/4\n4c\n4d\n[4e\n4e]\n=\n4c\n4d\n4e\n4c\n==\n*-\n"


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("folk_melodies")


@pytest.fixture
def data(tmp_path):
    """Three made tunes as ABC in a folder with the name of a set in print, two as kern in another."""
    inside = tmp_path / "sets" / "europa" / "kinder"
    inside.mkdir(parents=True)
    book = "\n".join(ABC.format(i, line) for i, line in enumerate(("CDEC|CDEC|EFG2|", "GFED|C4|", "CEGE|CEGC|"), 1))
    (inside / "book.abc").write_text(book)
    other = tmp_path / "sets" / "made"
    other.mkdir()
    for name in ("a.krn", "b.krn"):
        (other / name).write_text(KERN)
    (other / "broken.krn").write_text("no music at all")
    return tmp_path / "sets"


def test_a_melody_is_the_highest_track_and_the_top_of_its_chords(bench):
    assert bench.melody(tiny_melody()) == tiny_melody().notes["pitch"].tolist()
    assert bench.melody(tiny_chorale()) == [67, 69, 67, 67, 67, 69, 71, 72, 72, 69, 71, 72, 69, 67, 67, 67]


def test_every_folder_with_tunes_is_a_set_and_ties_are_joined(bench, data):
    found = {s.key: s for s in bench.folder_sets(data)}
    assert found["kinder"].counts == (3, 24, 5)
    assert found["kinder"].published is not None
    assert not found["kinder"].is_exact
    assert found["made"].tunes[0] == [60, 62, 64, 60, 62, 64, 60]
    assert found["made"].unreadable == 1


@pytest.mark.parametrize("name", ["nowhere", "empty"])
def test_a_folder_without_sets_says_what_was_expected(bench, tmp_path, name):
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="kern or ABC"):
        list(bench.folder_sets(tmp_path / name))


def test_the_program_writes_counts_bits_and_the_mean_over_known_sets_only(bench, data, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out.json"
    monkeypatch.setattr(sys, "argv", ["folk_melodies.py", "--data", str(data), "--quick", "--out", str(out)])
    assert bench.main() == 0
    result = json.loads(out.read_text())
    assert [s["key"] for s in result["sets"]] == ["kinder", "made"]
    assert result["mean"]["sets"] == ["kinder"]
    assert result["mean"]["print_same_sets"]["hybrid"] == 2.106
    assert "other counts: not the same set" in capsys.readouterr().out


def test_published_means_are_the_means_of_the_published_sets(bench):
    for place, mean in enumerate(bench.PUBLISHED_MEAN):
        values = [p.bits[place] for p in bench.PUBLISHED.values()]
        assert sum(values) / 8 == pytest.approx(mean, abs=0.0006)
    assert sum(p.tunes for p in bench.PUBLISHED.values()) == 1194


def test_kinder_is_rebuilt_exactly_and_the_chorales_nearly(bench, music21_corpus):
    sets = bench.music21_sets()
    kinder, chorales = next(sets), next(sets)
    assert kinder.is_exact
    assert chorales.counts[:2] == (186, 9336)
    assert not chorales.is_exact
