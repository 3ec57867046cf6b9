"""Features: each means what its words say, and none tells where a file came from."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from fewnotes.music.edit import rescale, transpose
from fewnotes.music.features import FEATURES, feature_vector, features
from fewnotes.music.likeness import SPREADS, log_odds, relation, vectors
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.music.profile import length_name, profile
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece, tiny_pieces


def line(
    pitches: list[int], lengths: list[int] | None = None, meter: tuple[int, int] = (4, 4), program: int = 0
) -> Piece:
    lengths = lengths or [480] * len(pitches)
    onsets = np.cumsum([0, *lengths[:-1]]).tolist()
    rows = [(o, n, 0, p, 80, 0, 0) for o, n, p in zip(onsets, lengths, pitches, strict=True)]
    return Piece(480, (Track("", program),), note_array(rows), (Meter(0, *meter),))


def test_names_are_unique_and_in_a_fixed_order():
    names = [f.name for f in FEATURES]
    assert len(set(names)) == len(names) >= 40
    assert list(features(tiny_piece())) == names == list(SPREADS)
    assert feature_vector(tiny_piece()).shape == (len(names),)


@pytest.mark.parametrize("piece", [*tiny_pieces(), Piece(480, (Track(),), note_array([])), line([60])], ids=repr)
def test_all_values_are_finite_and_shares_lie_between_nought_and_one(piece):
    for feature, value in zip(FEATURES, features(piece).values(), strict=True):
        assert np.isfinite(value)
        if feature.unit == "%":
            assert -1e-9 <= value <= 1 + 1e-9, feature.name


def test_key_velocity_resolution_tempo_and_names_leave_no_trace():
    piece = tiny_chorale()
    notes = transpose(piece, 4).notes.copy()
    notes["velocity"] = 33
    tracks = tuple(t._replace(name="x") for t in piece.tracks)
    other = rescale(dataclasses.replace(piece, notes=notes, tempos=(), keys=(), title="y", tracks=tracks), 96)
    before, after = features(piece), features(other)
    changed = {k for k in before if abs(before[k] - after[k]) > 1e-9}
    assert changed == {"pitch_mean"}


def test_moves_of_a_tune_are_counted_by_size():
    found = features(line([60, 60, 62, 66, 54, 55]))
    assert found["repeat_share"] == pytest.approx(1 / 5)
    assert found["step_share"] == pytest.approx(2 / 5)
    assert found["third_share"] == pytest.approx(1 / 5)
    assert found["leap_share"] == found["wide_share"] == pytest.approx(1 / 5)
    assert found["rising_share"] == pytest.approx(3 / 4)


def test_a_scale_fits_one_scale_and_a_chromatic_run_does_not():
    assert features(line([60, 62, 64, 65, 67, 69, 71, 72]))["scale_share"] == 1.0
    assert features(line(list(range(60, 72))))["scale_share"] == pytest.approx(7 / 12)


def test_rhythm_knows_dots_triplets_and_beats():
    dotted = features(line([60] * 8, [720, 240] * 4))
    assert dotted["dotted_share"] == 1.0
    assert dotted["beat_share"] == 0.5
    triplets = features(line([60] * 12, [160] * 12))
    assert triplets["triplet_share"] == pytest.approx(8 / 12)
    assert triplets["even_share"] == 1.0
    syncopated = features(line([60, 60, 60], [240, 480, 240]))
    assert syncopated["offbeat_held_share"] > 0 == features(line([60] * 8, [240] * 8))["offbeat_held_share"]


def test_a_jig_beats_in_dotted_quarters():
    jig = features(line([60] * 12, [240] * 12, (6, 8)))
    assert jig["beat_share"] == pytest.approx(1 / 3)
    assert jig["triple_meter"] == 1.0


def test_harmony_of_the_chorale_is_mostly_major_and_moves_by_fifths():
    found = features(tiny_chorale())
    assert found["major_share"] == pytest.approx(14 / 16)
    assert found["minor_share"] == pytest.approx(2 / 16)
    assert found["chord_fit"] == 1.0
    assert found["fifth_motion_share"] > 0.5


def test_texture_tells_one_line_from_four():
    one, four = features(tiny_melody()), features(tiny_chorale())
    assert (one["notes_per_attack"], four["notes_per_attack"]) == (1.0, 4.0)
    assert (one["chord_attack_share"], four["chord_attack_share"]) == (0.0, 1.0)
    assert four["outer_distance"] > 12


def test_bars_heard_before_are_counted_in_any_key():
    again = features(line([60, 62, 64, 65, 62, 64, 66, 67, 50, 70, 51, 80]))
    assert again["bar_repeat_share"] == pytest.approx(1 / 3)
    assert again["bar_pattern_share"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("program", "name"),
    [(0, "keyboard_share"), (25, "plucked_share"), (40, "bowed_share"), (73, "wind_share"), (52, "voice_share")],
)
def test_instruments_are_told_by_family(program, name):
    assert features(line([60, 62, 64], program=program))[name] == 1.0


# --- profile ---------------------------------------------------------------------------------------------------------


def test_a_profile_says_in_words_and_numbers_what_pieces_have_in_common():
    found = profile([tiny_melody(), tiny_melody()])
    assert found["keys"] == {"G major": 2}
    assert found["meters"] == {"4/4": 2}
    assert found["bars"] == {"lowest": 8, "median": 8, "highest": 8}
    assert found["range"]["words"] == "G4 to E5"
    assert found["rhythms"][0] == {"rhythm": "4x1/4", "share": pytest.approx(0.25)}
    assert "G major" in found["sentences"]["keys"]


def test_a_profile_of_chords_names_them_and_one_of_a_tune_does_not():
    assert next(iter(profile([tiny_chorale()])["chords"]["single"])) == "I"
    assert profile([tiny_melody()])["chords"]["single"] == {}


def test_a_profile_is_plain_json_and_holds_no_title():
    text = json.dumps(profile(list(tiny_pieces())), allow_nan=False)
    assert "Tiny" not in text
    assert "Soprano" not in text


def test_lengths_are_named_as_note_values():
    from fractions import Fraction

    names = [length_name(Fraction(n, 96)) for n in (12, 24, 36, 18, 8, 96, 144)]
    assert names == ["1/8", "1/4", "1/4.", "1/8.", "1/12", "1", "1."]


# --- likeness --------------------------------------------------------------------------------------------------------


def test_a_piece_belongs_with_pieces_like_it_more_than_with_strangers():
    folk = vectors([transpose(tiny_melody(), k) for k in (-2, 0, 2, 3)])
    near = log_odds(feature_vector(transpose(tiny_melody(), 5)), folk).sum()
    far = log_odds(feature_vector(tiny_chorale()), folk).sum()
    assert relation(float(near), 4) > 0.9 > 0.2 > relation(float(far), 4)


def test_no_single_feature_decides():
    wild = feature_vector(tiny_melody())
    wild[0] = 1e6
    said = log_odds(wild, vectors([tiny_melody(), tiny_melody()]))
    assert said[0] == said.min() >= -3.0
