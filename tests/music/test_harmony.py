"""Chords: known pieces get the labels a musician gives them."""

from __future__ import annotations

import pytest

from fewnotes.music.harmony import Chord, chords, merged, roman, tonic_pitch_class
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


def block(*stacks: tuple[int, ...], length: int = 480) -> Piece:
    rows = [(i * length, length, 0, pitch, 80, 0, 0) for i, stack in enumerate(stacks) for pitch in stack]
    return Piece(480, (Track(),), note_array(rows), (Meter(0, 4, 4),))


def test_every_chord_of_the_chorale_is_named():
    names = [c.name() for c in chords(tiny_chorale())]
    assert " ".join(names) == "C F C G C F G C Am Dm G C F C G C"


def test_a_cadence_in_c_major_has_its_roman_numerals():
    piece = block((48, 64, 67, 72), (53, 60, 69, 72), (50, 62, 65, 69), (55, 59, 62, 65), (48, 60, 64, 67))
    assert [roman(c, 0) for c in chords(piece)] == ["I", "IV", "ii", "V7", "I"]


def test_a_cadence_in_a_minor_has_its_roman_numerals():
    piece = block((45, 60, 64), (50, 57, 65), (47, 62, 65), (52, 56, 59), (45, 57, 60), (56, 59, 62))
    assert [roman(c, 0, "minor") for c in chords(piece)] == ["i", "iv", "iio", "V", "i", "viio"]


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ((60, 64, 67), "C"),
        ((60, 63, 67), "Cm"),
        ((59, 62, 65), "Bdim"),
        ((60, 64, 68), "Caug"),
        ((55, 59, 62, 65), "G7"),
        ((60, 64, 67, 71), "Cmaj7"),
        ((57, 60, 64, 67), "Am7"),
        ((59, 62, 65, 69), "Bm7b5"),
        ((59, 62, 65, 68), "Bdim7"),
        ((60, 65, 67), "Csus4"),
        ((52, 60, 67), "C/E"),
        ((55, 60, 64), "C/G"),
    ],
)
def test_a_chord_is_named_by_its_tones_and_its_bass(stack, name):
    assert chords(block(stack))[0].name() == name


def test_names_are_spelled_for_the_key():
    flat = chords(block((58, 62, 65)))[0]
    sharp = chords(block((54, 58, 61)))[0]
    assert flat.name(-2, "major") == "Bb"
    assert sharp.name(6, "major") == "F#"
    assert sharp.name(-5, "major") == "Gb"


def test_a_waltz_has_one_chord_a_bar():
    names = [roman(c, -1, "minor") for c in chords(tiny_piece(), "bar")][1:6]
    assert names == ["i", "V", "i", "V", "i"]


def test_a_passing_note_does_not_change_the_chord():
    rows = [(0, 960, 0, p, 80, 0, 0) for p in (48, 55, 64)] + [(0, 720, 0, 72, 80, 0, 0), (720, 240, 0, 74, 80, 0, 0)]
    piece = Piece(480, (Track(),), note_array(rows), (Meter(0, 2, 4),))
    assert [c.name() for c in chords(piece, "bar")] == ["C"]


def test_two_notes_of_the_chord_before_keep_it():
    assert [c.name() for c in chords(block((48, 64, 67), (60, 67), (55, 60)))] == ["C", "C", "C/G"]


def test_rests_have_no_chord_and_neighbours_are_merged():
    piece = block((60, 64, 67), (60, 64, 67), (), (60, 64, 67))
    labels = chords(piece)
    assert [c.onset_tick for c in labels] == [0, 480, 1440]
    assert [(c.onset_tick, c.end_tick) for c in merged(labels)] == [(0, 960), (1440, 1920)]


def test_fit_is_the_share_of_sounding_time_that_belongs_to_the_chord():
    assert chords(block((60, 64, 67)))[0].fit == 1.0
    assert 0.5 < chords(block((60, 61, 64, 67)))[0].fit < 1.0


def test_nothing_sounds_and_nothing_is_named():
    assert chords(Piece(480, (Track(),), note_array([]))) == []


def test_tonics_follow_the_circle_of_fifths():
    assert [tonic_pitch_class(f) for f in (-1, 0, 1, 2)] == [5, 0, 7, 2]
    assert [tonic_pitch_class(f, "minor") for f in (-1, 0, 1)] == [2, 9, 4]


def test_a_borrowed_chord_shows_its_accidental():
    flat_six = Chord(0, 480, 8, "major", 8, 1.0)
    assert roman(flat_six, 0) == "bVI"
    assert roman(flat_six, -3, "minor") == "VI"


def test_a_tune_alone_gets_labels_too():
    assert len(chords(tiny_melody())) > 16
