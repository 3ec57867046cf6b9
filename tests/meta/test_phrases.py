"""Phrases: what they keep of music, what they say they lose, and the way to a net and back."""

from __future__ import annotations

import numpy as np
import pytest

import fewnotes as fn
from fewnotes.meta.phrases import (
    BASS,
    FIRST,
    HOLD,
    LINES,
    LOWEST,
    MELODY,
    UNIT,
    facts_of,
    frame_of,
    from_units,
    in_units,
    phrases,
    slots_of,
    wishes_of,
)
from fewnotes.meta.preprocess import STEPS_PER_QUARTER, normalised
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.testing import tiny_melody


@pytest.fixture(scope="module")
def chorale(music21_corpus):
    return normalised(fn.read(music21_corpus / "bach" / "bwv269.mxl"))


def test_of_a_chorale_in_four_voices_next_to_nothing_is_lost(chorale):
    found = phrases(chorale)
    assert len(found) >= 4
    assert np.mean([p.lost for p in found]) < 0.02
    assert all(p.sounding[MELODY] and p.sounding[BASS] for p in found)


def test_a_phrase_is_the_same_in_every_key(chorale):
    """Keys are moved to C, so a style is not a key."""
    one, two = phrases(chorale), phrases(normalised(transpose(chorale, 3)))
    assert len(one) == len(two)
    assert all(np.array_equal(a.tokens, b.tokens) for a, b in zip(one, two, strict=True))


def test_units_there_and_back_are_the_same_phrase(chorale):
    for phrase in phrases(chorale, 3):
        units = in_units(phrase.tokens, phrase.frame)
        assert units.shape == (phrase.frame.units, LINES, UNIT)
        assert not units[:, :, ~slots_of(phrase.frame)[0]].any()
        assert np.array_equal(from_units(units, phrase.frame), phrase.tokens)


def test_a_line_holds_one_note_at_a_time_and_a_note_goes_on_until_it_ends():
    half, quarter = 24, 12
    rows = [(i * half, half, 0, 72 + i % 3, 80, 0, 0) for i in range(8)]
    rows += [(i * quarter, quarter, 1, 48, 80, 0, 0) for i in range(16)]
    piece = Piece(12, (Track("a", 0), Track("b", 0)), note_array(sorted(rows)), (Meter(0, 4, 4),))
    phrase = phrases(normalised(piece))[0]
    melody = phrase.tokens[MELODY].tolist()
    assert melody[0] >= FIRST
    assert melody[1 : 2 * phrase.frame.slots] == [HOLD] * (2 * phrase.frame.slots - 1)
    assert (phrase.onsets, phrase.lost) == (24, 0)


@pytest.mark.parametrize(
    ("meter", "step", "slots"), [((4, 4), 12, 2), ((4, 4), 6, 2), ((4, 4), 3, 4), ((4, 4), 4, 6), ((6, 8), 6, 2)]
)
def test_the_grid_is_the_coarsest_that_moves_no_note(meter, step, slots):
    onsets = np.arange(0, 4 * STEPS_PER_QUARTER, step * STEPS_PER_QUARTER // 12)
    assert frame_of(Meter(0, *meter), onsets).slots == slots


def test_a_meter_that_no_grid_fits_has_no_phrase():
    assert frame_of(Meter(0, 17, 64), np.arange(4)) is None


def test_music_of_less_than_four_full_bars_has_no_phrase():
    short = Piece(12, (Track("a", 0),), note_array([(i * 6, 6, 0, 60 + i, 80, 0, 0) for i in range(12)]))
    assert phrases(normalised(short)) == []


def test_facts_say_where_barlines_and_beats_are():
    frame = phrases(normalised(tiny_melody()))[0].frame
    facts = facts_of(frame, minor=True)
    assert facts.shape[0] == frame.units
    bars = facts[:, : frame.unit].reshape(-1)
    assert np.flatnonzero(bars).tolist() == [i * frame.bar for i in range(4)]
    assert (facts[:, -1] == 1).all()


def test_wishes_are_what_the_phrase_has():
    phrase = phrases(normalised(tiny_melody()))[0]
    values = wishes_of(phrase)
    assert np.exp(values[0]) == pytest.approx(phrase.onsets * phrase.frame.slots / phrase.frame.length, rel=1e-5)
    assert values[1:-1].tolist() == phrase.sounding.astype(float).tolist()


def test_pitches_below_and_above_all_lines_are_moved_by_octaves_not_lost():
    rows = [(i * 12, 12, 0, pitch, 80, 0, 0) for i, pitch in enumerate([21, 108] * 8)]
    phrase = phrases(normalised(Piece(12, (Track("a", 0),), note_array(rows), (Meter(0, 4, 4),))))[0]
    struck = phrase.tokens[phrase.tokens >= FIRST]
    assert len(struck) == 16
    assert {(int(t) - FIRST + LOWEST - phrase.shift) % 12 for t in struck} == {21 % 12, 108 % 12}
