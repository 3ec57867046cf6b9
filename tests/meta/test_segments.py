"""Segments and their rolls: what a net sees of a piece."""

from __future__ import annotations

import numpy as np
import pytest

from fewnotes.meta.segments import CHANNELS, LOWEST, MOST, PITCHES, STEPS, rolls, segments
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.testing import tiny_chorale, tiny_melody


def cells(found, index=0):
    return found.cells[found.starts[index] : found.starts[index + 1]]


@pytest.fixture
def scale():
    """Sixteen bars of 4/4 in quarters, one note a beat."""
    rows = [(480 * i, 480, 0, 60 + i % 12, 80, 0, 0) for i in range(64)]
    notes = note_array(rows)
    return Piece(480, (Track(),), notes, meters=(Meter(0, 4, 4),))


def test_a_segment_is_sixteen_quarters_from_a_barline_on(scale):
    found = segments(scale)
    assert len(found) == 4
    assert found.bars.tolist() == [[0, 4], [4, 8], [8, 12], [12, 16]]


def test_a_roll_has_an_onset_where_a_note_begins_and_sounds_as_long_as_it_lasts(scale):
    roll = rolls([cells(segments(scale))])[0]
    assert roll.shape == (CHANNELS, PITCHES, STEPS)
    assert roll[0].sum() == 16
    assert roll[0, 60 - LOWEST, 0] == 1
    assert roll[3, 60 - LOWEST, :12].sum() == 12
    assert roll[3, 61 - LOWEST, 12] == 1


def test_a_roll_moves_by_semitones_and_drums_stay():
    drums = note_array(
        [(480 * i, 240, 1, 38, 80, 0, 0) for i in range(8)] + [(480 * i, 480, 0, 60, 80, 0, 0) for i in range(8)]
    )
    piece = Piece(480, (Track(), Track("", 0, True)), drums)
    plain, moved = rolls([cells(segments(piece))] * 2, [0, 5])
    np.testing.assert_array_equal(plain[6], moved[6])
    np.testing.assert_array_equal(plain[0, 60 - LOWEST], moved[0, 65 - LOWEST])


def test_roles_can_be_left_out():
    found = segments(tiny_chorale())
    keep = np.array([[True, False, False, True]])
    roll = rolls([cells(found)], None, keep)[0]
    assert roll[0].sum() > 0
    assert roll[1].sum() == roll[2].sum() == roll[4].sum() == 0


def test_a_piece_without_notes_has_no_segment():
    assert len(segments(Piece(480, (Track(),), note_array([])))) == 0


def test_no_more_segments_than_are_heard():
    pitches = np.random.default_rng(0).integers(60, 72, 4000).tolist()
    rows = [(480 * i, 480, 0, pitch, 80, 0, 0) for i, pitch in enumerate(pitches)]
    assert len(segments(Piece(480, (Track(),), note_array(rows)))) == MOST


def test_notes_beyond_the_keyboard_of_a_roll_come_back_by_octaves():
    rows = [(480 * i, 480, 0, 120, 80, 0, 0) for i in range(8)]
    roll = rolls([cells(segments(Piece(480, (Track(),), note_array(rows))))])[0]
    row = int(np.flatnonzero(roll[0].sum(axis=1))[0])
    assert (row + LOWEST) % 12 == 0


def test_beats_and_bars_are_marked():
    found = segments(tiny_melody())
    assert found.meter[0, 0, 0]
    assert found.meter[0, 1].sum() >= found.meter[0, 0].sum()
