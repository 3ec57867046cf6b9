"""Difficulty: what is faster, fuller, wider or more chromatic is harder, on real music too."""

from __future__ import annotations

import pytest

from fewnotes.files import read_all
from fewnotes.music.difficulty import difficulty
from fewnotes.music.features import FEATURES, feature_vector, features
from fewnotes.music.likeness import MEANS
from fewnotes.testing import tiny_melody


def test_it_goes_from_one_to_ten_and_rises_with_everything_that_makes_music_hard():
    middle = difficulty(MEANS, 100)
    assert 4 < middle < 8
    for name in ("onsets_per_quarter", "notes_per_attack", "interval_mean", "length_entropy", "pitch_range"):
        assert difficulty({**MEANS, name: 1.5 * MEANS[name]}, 100) > middle
    assert difficulty({**MEANS, "scale_share": 0.7}, 100) > middle
    assert difficulty(MEANS, 50) < middle < difficulty(MEANS, 200)
    assert difficulty(dict.fromkeys(MEANS, 0.0), 5) == pytest.approx(1, abs=1.5)
    assert difficulty({name: 9 * value for name, value in MEANS.items()}, 300) <= 10


def test_there_is_a_mean_for_every_feature():
    assert list(MEANS) == [f.name for f in FEATURES]
    assert len(feature_vector(tiny_melody())) == len(MEANS)


def test_a_quartet_is_harder_than_a_hornpipe_and_a_chorale(music21_corpus):
    hornpipe = read_all(sorted((music21_corpus / "ryansMammoth").glob("*Hornpipe*.abc"))[:1])[0]
    chorale = read_all(music21_corpus / "bach" / "bwv269.mxl")[0]
    quartet = read_all(music21_corpus / "haydn" / "opus74no1" / "movement1.mxl")[0]
    easy, middling, hard = (difficulty(features(p), 100) for p in (hornpipe, chorale, quartet))
    assert hard > max(easy, middling) + 1
