"""The round-trip benchmark sees what it should see, and small real files come back whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewnotes.music.piece import KeySignature, Meter, Tempo
from fewnotes.testing import tiny_piece

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture(autouse=True)
def _bench_on_path(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))


def shifted(piece, key, by):
    notes = np.array(piece.notes)
    notes[key][0] += by
    return replace(piece, notes=notes)


@pytest.mark.parametrize(
    ("change", "aspect"),
    [
        (lambda p: shifted(p, "pitch", 1), "notes"),
        (lambda p: shifted(p, "duration_tick", 1), "notes"),
        (lambda p: replace(p, notes=p.notes[1:].copy()), "notes"),
        (lambda p: replace(p, graces=p.notes[:1].copy()), "graces"),
        (lambda p: replace(p, meters=(Meter(0, 6, 8),)), "meters"),
        (lambda p: replace(p, keys=(KeySignature(0, -1, "major"),)), "keys"),
        (lambda p: replace(p, tempos=(Tempo(0, 131.0),)), "tempos"),
        (lambda p: replace(p, pickup_tick=240), "pickup"),
        (lambda p: replace(p, barlines_tick=(0, 960)), "bars"),
    ],
)
def test_every_aspect_that_differs_is_seen(change, aspect):
    from roundtrip_compare import differences

    assert differences(tiny_piece(), tiny_piece()) == {}
    assert aspect in differences(tiny_piece(), change(tiny_piece()))


def test_other_ticks_are_no_difference():
    from fewnotes.music.edit import rescale
    from roundtrip_compare import differences

    assert differences(tiny_piece(), rescale(tiny_piece(), 960)) == {}


def test_only_a_notice_of_the_right_kind_explains_a_loss():
    from roundtrip_compare import explained

    assert explained("graces", {"graces-dropped", "other"})
    assert not explained("notes", {"graces-dropped"})
    assert not explained("notes", set())


@pytest.mark.parametrize("form", ["midi", "musicxml", "abc", "kern"])
def test_small_real_files_come_back_from_every_form(form):
    from roundtrip import there_and_back
    from roundtrip_pairs import sample_of

    paths = sample_of(form, 4, 15_000)
    if not paths:
        pytest.skip(f"there are no {form} files here")
    verdicts = [verdict for path in paths for verdict in there_and_back(form, path)]
    assert [v for v in verdicts if v.outcome == "unexplained"] == []
    assert any(v.outcome == "exact" for v in verdicts)


def test_published_files_have_the_notes_of_the_midi_others_made(shared):
    from roundtrip_pairs import check_pairs

    verdicts = list(check_pairs(("kern", "midi")))
    if not verdicts:
        pytest.skip("there are no pairs here")
    assert [v for v in verdicts if v.outcome == "unexplained"] == []
