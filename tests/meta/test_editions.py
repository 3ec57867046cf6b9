"""What editors do differently with one tune: repeats played out or only written, cut time or common time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_tunes import made_tune

from fewnotes.files import read_each
from fewnotes.meta.editions import folded, one_meter_a_length
from fewnotes.meta.preprocess import normalised
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Meter, Piece, check_piece, sort_notes
from fewnotes.music.statistics import statistics
from fewnotes.music.time import barlines
from fewnotes.testing import tiny_pieces

#: A bar of 6/8 in made tunes.
BAR = 1440


def in_a_row(*parts: Piece) -> Piece:
    """Pieces of whole bars of one meter, one after the other."""
    notes, start = [], 0
    for part in parts:
        later = part.notes.copy()
        later["onset_tick"] += start
        notes.append(later)
        start += int(barlines(part)[-1])
    return replace(parts[0], notes=sort_notes(np.concatenate(notes)), barlines_tick=())


def sounding(piece: Piece) -> list[tuple[int, ...]]:
    return [tuple(int(v) for v in row) for row in piece.notes[["onset_tick", "duration_tick", "pitch"]]]


@pytest.fixture
def parts() -> tuple[Piece, Piece]:
    """Two parts of 8 bars that no other bar is like."""
    tune = made_tune(5, 32)
    return slice_bars(tune, 0, 7), slice_bars(tune, 8, 15)


def test_a_tune_whose_repeats_are_played_out_becomes_the_tune_without(parts):
    a, b = parts
    played, written = in_a_row(a, a, b, b), in_a_row(a, b)
    assert len(played) == 2 * len(written)
    assert sounding(folded(played)) == sounding(written)
    assert normalised(played) == normalised(written)
    assert np.array_equal(statistics(normalised(played)), statistics(normalised(written)))


@pytest.mark.parametrize("bars", [4, 8, 12, 16])
def test_sections_of_usual_lengths_are_found(bars):
    section = slice_bars(made_tune(9, 48), 0, bars - 1)
    rest = slice_bars(made_tune(9, 48), 20, 22)
    assert sounding(folded(in_a_row(section, section, rest))) == sounding(in_a_row(section, rest))


def test_of_a_first_and_a_second_ending_the_second_stays_and_the_section_is_played_once(parts):
    a, b = parts
    body, first, second = slice_bars(a, 0, 6), slice_bars(a, 7, 7), slice_bars(made_tune(77), 0, 0)
    once = folded(in_a_row(body, first, body, second, b))
    assert sounding(once) == sounding(in_a_row(body, second, b))


def test_a_section_that_comes_back_later_or_with_another_middle_is_music_and_stays(parts):
    a, b = parts
    other = in_a_row(slice_bars(a, 0, 2), slice_bars(b, 3, 3), slice_bars(a, 4, 7))
    for piece in (in_a_row(a, b, a), in_a_row(a, other), a):
        assert folded(piece) is piece


def test_bars_of_rest_are_no_section(parts):
    a, _ = parts
    late = a.notes.copy()
    late["onset_tick"] += 16 * BAR
    piece = replace(a, notes=sort_notes(np.concatenate([a.notes, late])))
    assert sounding(folded(piece)) == sounding(piece)


def test_a_piece_of_several_meters_is_left_as_it_is(parts):
    a, b = parts
    changed = replace(in_a_row(a, a, b, b), meters=(Meter(0, 6, 8), Meter(16 * BAR, 9, 8)))
    assert folded(changed) is changed


def test_notes_that_sound_over_a_barline_keep_their_length_and_none_is_lost(parts):
    a, b = parts
    held = a.notes.copy()
    held["duration_tick"][-1] += 300
    a = replace(a, notes=held, barlines_tick=())
    lines, starts = [], 0
    for part in (a, a, b):  # the long note reaches into the next section: parts stay 8 bars apart
        rows = part.notes.copy()
        rows["onset_tick"] += starts
        lines.append(rows)
        starts += 8 * BAR
    piece = replace(a, notes=sort_notes(np.concatenate(lines)))
    once = check_piece(folded(piece))
    assert len(once) == len(a) + len(b)
    assert held["duration_tick"][-1] in once.notes["duration_tick"]


def test_all_but_the_notes_of_second_playings_stays(parts):
    a, b = parts
    played = replace(in_a_row(a, a, b), title="A tune", composer="Somebody")
    once = folded(played)
    assert (once.title, once.composer, once.tracks, once.meters) == ("A tune", "Somebody", a.tracks, a.meters)
    assert once.ticks_per_quarter == a.ticks_per_quarter
    for piece in tiny_pieces():
        assert len(normalised(piece)) == len(normalised(piece, editions=False))


def test_without_editions_repeats_and_names_of_meters_stay(parts):
    a, b = parts
    played = in_a_row(a, a, b)
    assert len(normalised(played, editions=False)) == len(played)
    cut = replace(made_tune(3), meters=(Meter(0, 2, 2),))
    assert normalised(cut, editions=False).meters[0] == Meter(0, 2, 2)


@pytest.mark.parametrize(("one", "other"), [((2, 2), (4, 4)), ((2, 1), (4, 2))])
def test_cut_time_and_common_time_give_the_same_statistics(one, other):
    tune = made_tune(3)
    pieces = [replace(tune, meters=(Meter(0, *m),)) for m in (one, other)]
    assert np.array_equal(barlines(pieces[0]), barlines(one_meter_a_length(pieces[0])))
    assert np.array_equal(*(statistics(normalised(p)) for p in pieces))
    plain = [statistics(normalised(p, editions=False)) for p in pieces]
    assert not np.array_equal(*plain), "the names of meters said nothing before either"


def test_meters_of_other_lengths_keep_their_names():
    for meter in (Meter(0, 6, 8), Meter(0, 3, 4), Meter(0, 2, 4), Meter(0, 3, 2)):
        piece = replace(made_tune(1), meters=(meter,))
        assert one_meter_a_length(piece).meters == (meter,)


def test_a_piece_without_notes_stays():
    empty = replace(made_tune(1), notes=made_tune(1).notes[:0])
    assert len(folded(empty)) == 0


def test_what_was_folded_once_stays(parts):
    a, b = parts
    phrase = slice_bars(a, 0, 3)
    for piece in (in_a_row(a, a, b, b), in_a_row(phrase, phrase, phrase, phrase, b), in_a_row(phrase, phrase, phrase)):
        once = normalised(piece)
        assert normalised(once) == once


def test_a_period_of_two_phrases_with_other_endings_is_music_and_stays(parts):
    a, b = parts
    half = slice_bars(a, 0, 2)
    period = in_a_row(half, slice_bars(a, 3, 3), half, slice_bars(a, 7, 7), b)
    assert sounding(folded(period)) == sounding(period)


def test_most_tunes_of_a_book_are_the_same_whether_their_repeats_are_played_or_written(music21_corpus):
    paths = sorted((music21_corpus / "ryansMammoth").glob("*.abc"))[::16]
    kinds = [dict(read_each(paths, repeats=repeats)) for repeats in (True, False)]
    both = [(p, w) for path in paths for p, w in zip(*(kind[path] for kind in kinds), strict=True)]
    both = [(p, w) for p, w in both if len(p) > len(w)]
    same = [sounding(folded(p)) == sounding(folded(w)) for p, w in both]
    assert len(same) > 15
    assert np.mean(same) > 0.7
