"""The named statistics of a piece."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import fewnotes
from fewnotes.music.edit import rescale, transpose
from fewnotes.music.piece import NOTE, KeySignature, Meter, Piece, Tempo, Track, note_array
from fewnotes.music.statistics import FAMILIES, KEY_DEPENDENT, STATISTICS, TIMBRE, statistics

NAMES = [s.name for s in STATISTICS]
FREE = np.array([name not in KEY_DEPENDENT for name in NAMES])


def named(piece: Piece) -> dict[str, float]:
    return dict(zip(NAMES, statistics(piece).tolist(), strict=True))


def tune(pitches: list[int], length: int = 480, *, meter: tuple[int, int] = (4, 4), fifths: int = 0) -> Piece:
    rows = [(i * length, length, 0, pitch, 80, 0, 0) for i, pitch in enumerate(pitches)]
    return Piece(480, (Track("Flute", 73),), note_array(rows), (Meter(0, *meter),), keys=(KeySignature(0, fifths),))


@pytest.fixture(scope="module")
def real(music21_corpus: Path) -> list[Piece]:
    chosen = ["bach/bwv66.6.mxl", "palestrina/Agnus_00.krn", "beethoven/opus18no1/movement3.mxl"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [fewnotes.read(music21_corpus / name) for name in chosen]


def test_names_are_unique_and_at_least_seven_families_are_covered():
    assert len(set(NAMES)) == len(NAMES)
    assert {"pitch", "melody", "rhythm", "harmony", "texture", "instruments", "form"} <= set(FAMILIES)
    assert all(s.words for s in STATISTICS)
    assert {s.name for s, about in zip(STATISTICS, TIMBRE, strict=True) if about} >= {"family_piano", "drum_share"}


def test_a_transposed_piece_keeps_all_that_does_not_depend_on_key(real):
    for piece in real:
        plain = statistics(piece)
        for semitones in (-5, 1, 4):
            moved = statistics(transpose(piece, semitones))
            assert np.allclose(moved[FREE], plain[FREE])
            assert np.allclose((moved - plain)[~FREE], semitones)


def test_velocity_tempo_names_and_resolution_change_nothing(real):
    for piece in real:
        notes = piece.notes.copy()
        notes["velocity"] = 1
        tracks = tuple(t._replace(name=f"track {i}") for i, t in enumerate(piece.tracks))
        other = replace(piece, notes=notes, tracks=tracks, tempos=(Tempo(0, 47.0),), title="another")
        assert np.array_equal(statistics(other), statistics(piece))
        assert np.allclose(statistics(rescale(piece, 7 * piece.ticks_per_quarter)), statistics(piece))


def test_instruments_show_in_statistics_of_instruments_and_nowhere_else(real):
    piece = real[0]
    other = replace(piece, tracks=tuple(t._replace(program=56) for t in piece.tracks))
    differs = statistics(other) != statistics(piece)
    assert differs[TIMBRE].any()
    assert not differs[~TIMBRE].any()
    assert named(other)["family_brass"] == 1.0


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 480, 0, 60, 80, 0, 0)],
        [(0, 480, 0, 0, 80, 0, 0), (0, 1, 0, 127, 80, 0, 0)],
        [(0, 10**8, 0, 60, 80, 0, 0), (10**8, 1, 0, 61, 80, 0, 0)],
        [(0, 480, 0, 60, 80, 0, 0)] * 3,
        [(i, 1, 0, 60 + i % 2, 80, 0, 0) for i in range(500)],
    ],
    ids=["one note", "both ends", "very long", "three equal", "faster than the grid"],
)
@pytest.mark.parametrize("is_drum", [False, True])
def test_odd_pieces_have_finite_statistics(rows, is_drum):
    assert np.isfinite(statistics(Piece(480, (Track("", 0, is_drum),), note_array(rows)))).all()


def test_a_piece_without_notes_has_zeros():
    assert not statistics(Piece(480, (Track(),), np.zeros(0, NOTE))).any()


def test_a_scale_moves_by_steps_and_an_arpeggio_by_thirds():
    scale, arpeggio = named(tune([60, 62, 64, 65, 67, 69, 71, 72])), named(tune([60, 64, 67, 72, 67, 64, 60]))
    assert scale["move_2"] == pytest.approx(np.sqrt(5 / 7))
    assert scale["move_1"] == pytest.approx(np.sqrt(2 / 7))
    assert scale["moves_rises_then_rises"] == 1.0
    assert scale["third_outline"] == 0.0
    assert arpeggio["third_outline"] > 0.7
    assert arpeggio["move_2"] == 0.0


def test_notes_count_by_their_distance_from_the_tonic():
    found = named(tune([67, 71, 74, 79, 67], fifths=1))
    assert found["degree_0"] == pytest.approx(np.sqrt(3 / 5))
    assert found["degree_4"] == pytest.approx(np.sqrt(1 / 5))
    assert found["ends_low_on_tonic"] == 1.0


def test_meter_and_place_in_the_bar_are_told_apart():
    common, waltz = named(tune([60] * 24)), named(tune([60] * 24, meter=(3, 4)))
    assert common["meter_4_quarters"] == 1.0
    assert waltz["meter_3_quarters"] == 1.0
    assert waltz["in_bar_5"] == pytest.approx(np.sqrt(1 / 3))
    assert common["in_bar_8"] == pytest.approx(np.sqrt(1 / 4))


def test_a_tune_that_repeats_every_two_bars_says_so():
    first, second = [60, 62, 64, 65], [67, 65, 64, 62]
    found = named(tune((first + second) * 4))
    assert found["shape_again_2"] == 1.0
    assert found["shape_again_1"] == 0.0
    assert found["rhythm_again_1"] == 1.0
    assert found["same_again"] == pytest.approx(np.sqrt(6 / 8))
    assert found["bars_by_eight"] == 1.0


def test_parallel_and_contrary_motion_are_told_apart():
    def two(upper: list[int], lower: list[int]) -> dict[str, float]:
        rows = [(i * 480, 480, v, p, 80, 0, 0) for v, line in enumerate((upper, lower)) for i, p in enumerate(line)]
        return named(Piece(480, (Track(), Track()), note_array(rows)))

    parallel, contrary = two([72, 74, 76], [60, 62, 64]), two([72, 74, 76], [60, 59, 57])
    assert parallel["outer_motion_parallel"] == 1.0
    assert contrary["outer_motion_contrary"] == 1.0
    assert parallel["doubled_octaves"] > contrary["doubled_octaves"]


def test_staccato_and_rests_are_heard():
    held = tune([60, 62, 64, 65])
    notes = held.notes.copy()
    notes["duration_tick"] = 120
    short = named(replace(held, notes=notes))
    assert short["cut_short"] == 1.0
    assert short["silence"] > 0.8
    assert named(held)["cut_short"] == named(held)["silence"] == 0.0
