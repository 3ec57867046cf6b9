"""Names and spelling."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewnotes.music import pitch


@given(st.integers(0, 127), st.integers(-7, 7), st.sampled_from(["", "major", "minor"]))
def test_a_spelled_pitch_sounds_as_it_did(key, fifths, mode):
    assert pitch.pitch_of(*pitch.spell(key, fifths, mode)) == key


@pytest.mark.parametrize(
    ("midi", "fifths", "mode", "expected"),
    [
        (60, 0, "", "C4"),
        (66, 1, "major", "F#4"),
        (66, -5, "major", "Gb4"),
        (70, -1, "major", "Bb4"),
        (68, 0, "minor", "G#4"),
        (71, -3, "minor", "B4"),
        (59, 0, "", "B3"),
        (59, -6, "major", "Cb4"),
    ],
)
def test_the_key_decides_the_name(midi, fifths, mode, expected):
    assert pitch.name(midi, fifths, mode) == expected


@given(st.integers(-7, 7))
def test_the_seven_notes_of_a_key_are_spelled_without_further_accidentals(fifths):
    tonic = (7 * fifths) % 12
    letters = {pitch.spell(60 + (tonic + step) % 12, fifths, "major")[0] for step in (0, 2, 4, 5, 7, 9, 11)}
    assert letters == set("ABCDEFG")


@pytest.mark.parametrize(
    ("fifths", "mode", "expected"),
    [(0, "major", "C major"), (-3, "minor", "C minor"), (6, "major", "F# major"), (-1, "", "F major")],
)
def test_keys_have_the_names_musicians_use(fifths, mode, expected):
    assert pitch.key_name(fifths, mode) == expected
