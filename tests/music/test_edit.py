"""Edits return new pieces and lose nothing they do not say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fewnotes.errors import BadParameter
from fewnotes.music.edit import rescale, select_tracks, slice_bars, transpose
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, check_piece, note_array

PIECE = Piece(
    480,
    (Track("Melody"), Track("Drums", 0, True), Track("Bass", 32)),
    note_array(
        [(240 * i, 240, 0, 60 + (i * 5) % 13, 80, 0, 0) for i in range(32)]
        + [(480 * i, 120, 1, 36 + 2 * (i % 2), 90, 0, 0) for i in range(16)]
        + [(960 * i, 960, 2, 40 + i % 5, 70, 0, 0) for i in range(8)]
    ),
    meters=(Meter(0, 4, 4), Meter(3840, 2, 4)),
    tempos=(Tempo(0, 100.0), Tempo(1920, 120.0)),
    keys=(KeySignature(0, 2, "major"),),
)


@given(st.integers(-36, 46))
def test_transposing_there_and_back_changes_nothing(semitones):
    there = check_piece(transpose(PIECE, semitones))
    assert transpose(there, -semitones) == PIECE


def test_transposing_leaves_the_drums_and_moves_the_key_signature():
    up = transpose(PIECE, 1)
    drums = up.notes["track"] == 1
    assert (up.notes["pitch"][drums] == PIECE.notes["pitch"][drums]).all()
    assert up.keys[0].fifths == -3  # D major to E flat major


def test_transposing_out_of_range_is_refused_with_the_range_that_is_left():
    with pytest.raises(BadParameter, match="-36 to 55"):
        transpose(PIECE, 100)


@given(st.sampled_from([12, 24, 96, 480, 960, 10080]))
def test_another_resolution_keeps_every_note(ticks_per_quarter):
    scaled = check_piece(rescale(PIECE, ticks_per_quarter))
    assert len(scaled) == len(PIECE)
    assert sorted(scaled.notes["pitch"]) == sorted(PIECE.notes["pitch"])


def test_a_finer_resolution_and_back_is_the_same_piece():
    assert rescale(rescale(PIECE, 960), 480) == PIECE


def test_a_slice_starts_at_tick_zero_with_the_meter_and_tempo_in_force():
    part = check_piece(slice_bars(PIECE, 1, 2))
    assert part.meters == (Meter(0, 4, 4), Meter(1920, 2, 4))
    assert part.tempos == (Tempo(0, 120.0),)
    assert part.end_tick == 1920 + 960


def test_slices_of_all_bars_hold_all_notes_that_cross_no_barline():
    melody = select_tracks(PIECE, [0])
    parts = [slice_bars(melody, i, i) for i in range(6)]
    assert sum(len(p) for p in parts) == len(melody)


def test_slicing_bars_that_are_not_there_names_those_that_are():
    with pytest.raises(BadParameter, match="0 to 5"):
        slice_bars(PIECE, 3, 99)


def test_selecting_tracks_renumbers_them_in_the_order_asked():
    part = check_piece(select_tracks(PIECE, [2, 0]))
    assert [t.name for t in part.tracks] == ["Bass", "Melody"]
    assert np.bincount(part.notes["track"]).tolist() == [8, 32]


def test_a_run_of_grace_notes_keeps_its_order_in_every_edit():
    graces = note_array([(480, 60, 0, p, 80, 0, 0) for p in (60, 62, 64)])[[2, 0, 1]].copy()
    piece = replace(PIECE, graces=graces)
    for edited in (rescale(piece, 960), slice_bars(piece, 0, 1), select_tracks(piece, [0]), transpose(piece, 0)):
        assert edited.graces["pitch"].tolist() == [64, 60, 62]
