"""Keys: signature and notes together say what key a piece is in."""

from __future__ import annotations

import pytest

from fewnotes.music.key import Key, estimate_key, key_of
from fewnotes.music.piece import KeySignature, Piece, Track, note_array


def melody(pitches, keys=(), drum=False):
    rows = [(i * 480, 480, 0, p, 80, 0, 0) for i, p in enumerate(pitches)]
    return Piece(480, (Track("", 0, drum),), note_array(rows), keys=keys)


MAJOR = [60, 62, 64, 65, 67, 64, 60, 67, 69, 71, 72, 67, 64, 62, 60]
MINOR = [60, 62, 63, 65, 67, 63, 60, 67, 68, 71, 72, 67, 63, 62, 60]


@pytest.mark.parametrize("move", range(-5, 7))
def test_notes_alone_tell_the_key(move):
    assert estimate_key(melody([p + move for p in MAJOR])).tonic == move % 12
    assert estimate_key(melody([p + move for p in MINOR])) == key_of(move % 12, "minor")


def test_a_signature_without_mode_is_major_or_minor_by_its_notes():
    assert estimate_key(melody(MAJOR, (KeySignature(0, 0),))) == Key(0, "major")
    assert estimate_key(melody(MINOR, (KeySignature(0, -3),))) == Key(-3, "minor")


def test_a_signature_that_the_notes_contradict_is_not_believed():
    moved = [p + 6 for p in MAJOR]
    assert estimate_key(melody(moved, (KeySignature(0, 0, "major"),))).tonic == 6


def test_signatures_of_many_flats_are_kept_as_written():
    assert estimate_key(melody([p - 1 for p in MAJOR], (KeySignature(0, -7, "major"),))) == Key(-7, "major")


def test_drums_and_silence_have_the_key_of_their_signature_or_c():
    assert estimate_key(melody([36, 38], drum=True)) == Key(0, "major")
    assert estimate_key(melody([36], (KeySignature(0, 2, "minor"),), drum=True)) == Key(2, "minor")


def test_the_key_on_a_tonic_has_the_fewest_accidentals():
    assert key_of(1, "major") == Key(-5, "major")
    assert key_of(9, "minor") == Key(0, "minor")
    assert str(Key(-3, "minor")) == "C minor"
