"""Bars and seconds out of ticks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewnotes.music import time
from fewnotes.music.piece import Meter, Piece, Tempo, Track, note_array


def piece_of_length(quarters: int, **fields: object) -> Piece:
    notes = note_array([(480 * i, 480, 0, 60 + i % 12, 80, 0, 0) for i in range(quarters)])
    return replace(Piece(480, (Track(),), notes), **fields)


def test_a_piece_without_meter_counts_in_four():
    assert list(time.barlines(piece_of_length(8))) == [0, 1920, 3840]


def test_a_last_bar_that_is_not_full_still_ends_on_its_barline():
    assert list(time.barlines(piece_of_length(5))) == [0, 1920, 3840]


def test_bars_of_23_16_are_2760_ticks_long():
    lines = time.barlines(piece_of_length(12, meters=(Meter(0, 23, 16),)))
    assert list(np.diff(lines)) == [2760, 2760, 2760]


def test_a_pickup_is_bar_number_zero_and_the_full_bars_follow_it():
    piece = piece_of_length(9, meters=(Meter(0, 4, 4),), pickup_tick=480)
    bars = time.bars(piece)
    assert [(b.number, b.onset_tick) for b in bars] == [(0, 0), (1, 480), (2, 2400)]


def test_a_meter_change_starts_a_bar_even_inside_one():
    piece = piece_of_length(8, meters=(Meter(0, 4, 4), Meter(960, 3, 4)))
    assert list(time.barlines(piece)) == [0, 960, 2400, 3840]


def test_barlines_of_the_source_count_before_those_of_the_meter():
    piece = piece_of_length(8, barlines_tick=(0, 960, 2880))
    assert list(time.barlines(piece)) == [0, 960, 2880, 4800]
    assert time.explicit_barlines(piece_of_length(8), [0, 1920]) == ()
    assert time.explicit_barlines(piece_of_length(8), [0, 960, 2880]) == (0, 960, 2880)


def test_every_tick_lies_in_the_bar_whose_lines_enclose_it():
    piece = piece_of_length(12, meters=(Meter(0, 3, 4),))
    index = time.bar_index(piece, np.arange(0, piece.end_tick, 7))
    lines = time.barlines(piece)
    ticks = np.arange(0, piece.end_tick, 7)
    assert (lines[index] <= ticks).all()
    assert (ticks < lines[index + 1]).all()


def test_seconds_follow_the_tempo_changes():
    piece = piece_of_length(8, tempos=(Tempo(0, 120.0), Tempo(1920, 60.0)))
    assert time.seconds(piece, [0, 480, 1920, 2400]) == pytest.approx([0.0, 0.5, 2.0, 3.0])


def test_seconds_without_tempo_are_at_120_quarters_a_minute():
    assert time.seconds(piece_of_length(4), 480) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("meter", "ticks"), [((6, 8), 720), ((3, 4), 480), ((2, 2), 960), ((5, 8), 240), ((3, 8), 240)]
)
def test_the_felt_beat_of_compound_meters_is_dotted(meter, ticks):
    assert time.beat_length_tick(Meter(0, *meter), 480) == ticks


def test_a_note_of_77_hours_does_not_fill_memory_with_bars():
    notes = note_array([(0, 2**30, 0, 60, 80, 0, 0)])
    assert len(time.barlines(Piece(1, (Track(),), notes))) <= 200_001
