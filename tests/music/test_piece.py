"""Piece: immutable, equal by content."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from fewnotes.errors import BadInput
from fewnotes.music.piece import KeySignature, Meter, Notice, Piece, Tempo, Track, check_piece, note_array

ROWS = [(480, 480, 0, 64, 80, 0, 0), (0, 480, 0, 60, 80, 0, 0), (0, 960, 1, 48, 70, 0, 0)]
PIECE = Piece(480, (Track("Voice"), Track("Bass", 32)), note_array(ROWS), meters=(Meter(0, 3, 4),))


def test_notes_are_kept_in_order_of_onset_then_track():
    assert [tuple(n)[:4] for n in PIECE.notes] == [(0, 480, 0, 60), (0, 960, 1, 48), (480, 480, 0, 64)]


def test_nothing_about_a_piece_can_be_changed_in_place():
    with pytest.raises(FrozenInstanceError):
        PIECE.title = "other"  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        PIECE.notes["pitch"][0] = 1


def test_same_music_is_equal_whatever_its_title_track_names_and_warnings():
    twin = replace(PIECE, title="A title", tracks=(Track("Flute"), Track("B", 32)), warnings=(Notice("a", "b"),))
    assert twin == PIECE
    assert hash(twin) == hash(PIECE)


@pytest.mark.parametrize(
    "changed",
    [
        {"meters": (Meter(0, 4, 4),)},
        {"keys": (KeySignature(0, 1, "major"),)},
        {"tempos": (Tempo(0, 90.0),)},
        {"pickup_tick": 480},
        {"notes": note_array(ROWS[:2])},
        {"tracks": (Track("Voice"), Track("Bass", 33))},
        {"ticks_per_quarter": 240},
    ],
)
def test_any_musical_difference_changes_the_hash(changed):
    assert replace(PIECE, **changed) != PIECE


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"notes": note_array([(0, 0, 0, 60, 80, 0, 0)])}, "duration"),
        ({"notes": note_array([(-1, 5, 0, 60, 80, 0, 0)])}, "before tick 0"),
        ({"notes": note_array([(0, 5, 0, 128, 80, 0, 0)])}, "pitch"),
        ({"notes": note_array([(0, 5, 7, 60, 80, 0, 0)])}, "track"),
        ({"notes": note_array(ROWS)[::-1].copy()}, "order"),
        ({"meters": (Meter(0, 4, 3),)}, "meter"),
        ({"meters": (Meter(5, 4, 4),)}, "tick 0"),
        ({"tempos": (Tempo(0, 1e9),)}, "tempo"),
        ({"keys": (KeySignature(0, 9),)}, "key"),
        ({"tracks": ()}, "track"),
        ({"ticks_per_quarter": 0}, "ticks_per_quarter"),
    ],
)
def test_a_piece_that_breaks_a_promise_is_refused_by_name(fields, said):
    with pytest.raises(BadInput, match=said):
        check_piece(replace(PIECE, **fields))


def test_a_well_formed_piece_passes_and_comes_back():
    assert check_piece(PIECE) is PIECE


def test_an_empty_piece_ends_at_tick_zero():
    assert replace(PIECE, notes=np.zeros(0, PIECE.notes.dtype)).end_tick == 0
