"""What people type is understood, and what is not is refused with an example."""

from __future__ import annotations

import pytest

from fewnotes.errors import BadParameter
from fewnotes.uses._words import key_words, meter_words, pitch_words, program_words


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("C", (0, "major")),
        ("G minor", (-2, "minor")),
        ("Gm", (-2, "minor")),
        ("g min", (-2, "minor")),
        ("F# major", (6, "major")),
        ("Bb", (-2, "major")),
        ("B flat", (-2, "major")),
        ("f-sharp-minor", (3, "minor")),
        ("E♭ major", (-3, "major")),
        ("Am", (0, "minor")),
    ],
)
def test_keys(text, key):
    assert key_words(text) == key


@pytest.mark.parametrize("text", ["", "H", "G dorian", "G# major", "1", "C major minor", "x" * 1000])
def test_no_keys(text):
    with pytest.raises(BadParameter, match="G minor"):
        key_words(text)


def test_meters():
    assert [meter_words(t) for t in ("3/4", " 6/8 ", "23/16")] == [(3, 4), (6, 8), (23, 16)]
    for text in ("", "4", "4/5", "0/4", "4/0", "a/b", "99/4", "4/4/4", "-3/4"):
        with pytest.raises(BadParameter):
            meter_words(text)


def test_notes():
    assert [pitch_words(t) for t in ("C4", "c#4", "Bb3", "61", "C-1", "G9")] == [60, 61, 58, 61, 0, 127]
    for text in ("", "H4", "C", "C10", "128", "-5", "A9"):
        with pytest.raises(BadParameter):
            pitch_words(text)


def test_instruments():
    assert program_words("0,33") == (0, 33)
    assert program_words(" 40 , 41 ") == (40, 41)
    for text in ("", "piano", "0,", "128", "0;33", ",".join(["0"] * 17)):
        with pytest.raises(BadParameter):
            program_words(text)
