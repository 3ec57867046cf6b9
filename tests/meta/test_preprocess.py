"""Pieces whose answers are known: the grid and its loss, roles, keys, classes, and what is left of a source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewnotes.meta.preprocess import (
    DRUM_FAMILY,
    family_of,
    grid_notes,
    key_shift,
    normalised,
    velocity_bin,
)
from fewnotes.meta.roles import Role, roles
from fewnotes.music.edit import rescale, transpose
from fewnotes.music.key import key_of
from fewnotes.music.piece import Meter, Piece, Tempo, Track, check_piece, note_array
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece, tiny_pieces


def piece_of(*rows: tuple[int, int, int, int], tracks: tuple[Track, ...] = (Track(),), tpq: int = 480) -> Piece:
    """Rows of (onset, duration, track, pitch)."""
    return Piece(tpq, tracks, note_array([(*row, 80, 0, 0) for row in rows]), (Meter(0, 4, 4),))


def test_what_is_on_the_grid_loses_nothing():
    for piece in tiny_pieces():
        grid = grid_notes(piece)
        assert set(grid.loss.to_dict().values()) == {0.0}
        assert len(grid.notes) == len(piece)
        assert grid.notes["onset_step"].tolist() == (piece.notes["onset_tick"] // 40).tolist()


def test_the_loss_of_a_note_between_two_steps_is_told():
    # One step is 40 ticks: 10 ticks late is a quarter of a step, 50 ticks long is a quarter of a step too long.
    grid = grid_notes(piece_of((0, 480, 0, 60), (490, 480, 0, 62), (960, 490, 0, 64), (1440, 480, 0, 65)))
    assert grid.loss.moved == pytest.approx(1 / 4)
    assert grid.loss.onset_error == pytest.approx(0.25 / 4)
    assert grid.loss.duration_error == pytest.approx(0.25 / 4)
    assert grid.loss.merged == 0
    assert grid.notes["onset_step"].tolist() == [0, 12, 24, 36]


def test_triplets_and_sixteenths_are_both_on_the_grid_but_quintuplets_are_not():
    triplet = piece_of(*((i * 160, 160, 0, 60 + i) for i in range(3)))
    sixteenth = piece_of(*((i * 120, 120, 0, 60 + i) for i in range(4)))
    quintuplet = piece_of(*((i * 96, 96, 0, 60 + i) for i in range(5)))
    assert grid_notes(triplet).loss.moved == grid_notes(sixteenth).loss.moved == 0
    assert grid_notes(quintuplet).loss.moved == pytest.approx(4 / 5)


def test_two_notes_of_one_pitch_on_one_step_become_the_longer_one_and_it_is_counted():
    grid = grid_notes(piece_of((0, 30, 0, 60), (10, 200, 0, 60), (480, 480, 0, 62)))
    assert grid.notes["duration_step"].tolist() == [5, 12]
    assert grid.loss.merged == pytest.approx(1 / 3)


def test_the_parts_of_a_chorale_are_melody_harmony_and_bass():
    chorale = tiny_chorale()
    track = chorale.notes["track"]
    expected = np.array([Role.MELODY, Role.HARMONY, Role.HARMONY, Role.BASS])[track]
    assert (roles(chorale) == expected).all()


def test_one_line_alone_is_melody_and_a_violin_over_a_piano_too():
    assert set(roles(tiny_melody()).tolist()) == {Role.MELODY}
    waltz = tiny_piece()
    found = roles(waltz)
    assert (found[waltz.notes["track"] == 0] == Role.MELODY).all()
    assert Role.MELODY not in found[waltz.notes["track"] == 1]
    downbeat = (waltz.notes["track"] == 1) & (waltz.notes["onset_tick"] % 1440 == 480)
    assert (found[downbeat] == Role.BASS).sum() == 8


def test_drums_are_rhythm_and_do_not_hide_the_melody():
    piece = piece_of((0, 480, 0, 72), (0, 480, 1, 36), (480, 480, 1, 90), tracks=(Track("", 73), Track("", 0, True)))
    assert roles(piece).tolist() == [Role.MELODY, Role.RHYTHM, Role.RHYTHM]
    assert roles(piece_of((0, 480, 0, 36), tracks=(Track("", 0, True),))).tolist() == [Role.RHYTHM]


def test_a_piano_on_one_staff_and_on_two_has_the_same_roles():
    rows = [
        (0, 1920, 72),
        (0, 480, 48),
        (480, 480, 64),
        (960, 480, 67),
        (1440, 480, 64),
        (1920, 480, 74),
        (1920, 480, 50),
    ]
    one = piece_of(*((on, length, 0, pitch) for on, length, pitch in rows))
    two = piece_of(*((on, length, int(pitch < 70), pitch) for on, length, pitch in rows), tracks=(Track(), Track()))
    expected = {72: Role.MELODY, 74: Role.MELODY, 48: Role.BASS, 50: Role.BASS, 64: Role.HARMONY, 67: Role.HARMONY}
    for piece in (one, two):
        assert {int(p): r for p, r in zip(piece.notes["pitch"], roles(piece).tolist(), strict=True)} == expected


def test_the_tonic_moves_to_c_along_the_shorter_way():
    shifts = {tonic: key_shift(key_of(tonic, "major")) for tonic in range(12)}
    assert shifts == {0: 0, 1: -1, 2: -2, 3: -3, 4: -4, 5: -5, 6: 6, 7: 5, 8: 4, 9: 3, 10: 2, 11: 1}
    grid = grid_notes(tiny_melody())  # G major: it begins and ends on G
    assert str(grid.key) == "G major"
    assert (int(grid.notes["pitch"][0]), int(grid.notes["pitch_in_key"][0])) == (67, 72)


def test_a_transposed_piece_is_the_same_in_key():
    for piece in tiny_pieces():
        grid, moved = grid_notes(piece), grid_notes(transpose(piece, 4))
        difference = moved.notes["pitch_in_key"].astype(int) - grid.notes["pitch_in_key"].astype(int)
        assert len(set(difference.tolist())) == 1
        assert difference[0] % 12 == 0


def test_velocities_fall_into_eight_bins_and_programs_into_sixteen_families():
    assert velocity_bin(np.array([1, 15, 16, 80, 127])).tolist() == [0, 0, 1, 5, 7]
    assert [family_of(Track("", p)) for p in (0, 7, 8, 40, 127)] == [0, 0, 1, 5, 15]
    assert family_of(Track("", 0, True)) == DRUM_FAMILY


def test_drums_are_not_moved_to_another_key():
    piece = piece_of((0, 480, 0, 67), (0, 480, 1, 36), tracks=(Track("", 73), Track("", 0, True)))
    grid = grid_notes(piece)
    assert dict(zip(grid.notes["pitch"].tolist(), grid.notes["pitch_in_key"].tolist(), strict=True))[36] == 36


@pytest.mark.parametrize("piece", tiny_pieces(), ids=lambda p: p.title)
def test_velocity_tempo_names_and_the_order_of_tracks_leave_no_trace(piece):
    notes = piece.notes.copy()
    count = len(piece.tracks)
    notes["track"] = count - 1 - notes["track"]
    notes["velocity"] = np.arange(len(notes)) % 127 + 1
    other = replace(
        rescale(replace(piece, notes=note_array(notes), tracks=piece.tracks[::-1]), 960),
        tempos=(Tempo(0, 63.0),),
        title="Another name",
    )
    other = replace(other, tracks=tuple(t._replace(name="x") for t in other.tracks))
    assert normalised(other) == normalised(piece)
    assert normalised(other).title == ""


@pytest.mark.parametrize("piece", tiny_pieces(), ids=lambda p: p.title)
def test_a_normalised_piece_is_well_formed_and_keeps_its_notes(piece):
    for in_key in (False, True):
        for timbre in (False, True):
            made = check_piece(normalised(piece, in_key=in_key, timbre=timbre))
            assert len(made) == len(piece)
            assert made.pickup_tick * 40 == piece.pickup_tick
    assert not made.keys[0].fifths or made.keys[0].mode == "minor"


def test_a_piece_without_notes_has_an_empty_grid():
    empty = Piece(480, (Track(),), note_array([]))
    assert len(grid_notes(empty).notes) == 0
    assert len(normalised(empty)) == 0
