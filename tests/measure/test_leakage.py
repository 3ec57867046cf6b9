"""Traces of the source: raw files are told apart, and what is measured says so when normalised pieces are too."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from real_windows import real_pieces

pytest.importorskip("sklearn")

from fewnotes.files import read_each
from fewnotes.measure.leakage import Comparison, compared, excerpts, raw_traces, told_apart, whole
from fewnotes.measure.repaired import barlines_anywhere, folded, one_meter_a_length
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import no_progress
from fewnotes.meta.rows import Entry, Row
from fewnotes.music.edit import slice_bars
from fewnotes.music.piece import Meter, Tempo, sort_notes
from fewnotes.music.time import barlines


def marked(piece):
    """The same music as another program would save it: loud, slow, with a name, finer ticks."""
    notes = piece.notes.copy()
    notes["velocity"] = 111
    tracks = tuple(t._replace(name="Fiddle by a program", program=40) for t in piece.tracks)
    return replace(piece, notes=notes, tracks=tracks, tempos=(Tempo(0, 77.0),))


def test_what_a_program_leaves_in_a_file_gives_it_away_and_normalising_takes_it_out(music21_corpus):
    pieces = real_pieces(music21_corpus, "dance")
    one, two = pieces[::2], [marked(p) for p in pieces[1::2]]
    raw = told_apart(*(np.array([raw_traces(p) for p in side]) for side in (one, two)))
    assert raw.area.mean == 1.0
    assert np.array_equal(whole(pieces[1::2]), whole(two))


def test_two_books_of_one_collection_are_told_apart_no_better_than_their_music_differs(music21_corpus):
    pieces = [normalised(p) for p in real_pieces(music21_corpus, "dance")]
    found = told_apart(whole(pieces[::2]), whole(pieces[1::2]))
    assert found.area.low < 0.6
    assert found.area.low <= found.area.mean <= found.area.high


def test_the_report_says_whether_sources_are_told_better_than_books(music21_corpus):
    pieces = real_pieces(music21_corpus, "dance")
    sides = {"a": pieces[::3], "b": pieces[1::3], "other": [marked(p) for p in pieces[2::3]]}
    entries = {
        name: [Entry(Row(f"{name}{i}", name, "here", music21_corpus), p) for i, p in enumerate(side)]
        for name, side in sides.items()
    }
    usable = (Comparison("dance", "other", "a"), Comparison("dance", "a", "b", True))
    report = compared(entries, usable, "quick", no_progress)
    assert report.get("dance: other / a", "raw traces").mean == 1.0
    assert report.get("dance: other / a", "normalised").mean < 0.9
    assert any(w.startswith("dance, normalised: 0 of 1") for w in report.words)


def test_a_section_that_is_played_twice_is_folded_and_one_that_is_not_stays(music21_corpus):
    piece = replace(normalised(slice_bars(real_pieces(music21_corpus, "palestrina")[0], 0, 7)), barlines_tick=())
    length = int(barlines(piece)[-1])
    later = piece.notes.copy()
    later["onset_tick"] += length
    twice = replace(piece, notes=sort_notes(np.concatenate([piece.notes, later])))
    assert np.array_equal(folded(twice).notes, piece.notes)
    assert folded(piece) is piece


def test_cut_time_and_common_time_are_one_meter_of_equal_length(music21_corpus):
    piece = replace(normalised(real_pieces(music21_corpus, "dance")[0]), meters=(Meter(0, 2, 2),), barlines_tick=())
    named = one_meter_a_length(piece)
    assert named.meters == (Meter(0, 4, 4),)
    assert np.array_equal(barlines(named), barlines(piece))


def test_barlines_anywhere_moves_barlines_and_no_note(music21_corpus):
    pieces = [replace(normalised(p), barlines_tick=()) for p in real_pieces(music21_corpus, "dance")]
    moved = [barlines_anywhere(p) for p in pieces]
    assert all(np.array_equal(a.notes, b.notes) for a, b in zip(pieces, moved, strict=True))
    assert len({p.pickup_tick for p in moved}) > 3


def test_irish_jigs_of_two_sources_are_told_apart_by_raw_traces_and_the_figure_for_notes_is_no_guess(
    shared, music21_corpus
):
    """Known and written down in the documentation: normalising does not yet hide the source of these."""
    cre = sorted((shared / "corpus" / "cre_jig").glob("*.mid"))[:16]
    if not cre:
        pytest.skip("the shared corpus has no jigs")
    ryan = sorted((music21_corpus / "ryansMammoth").glob("*Jig.abc"))[:16]
    sides = [[r[0] for _, r in read_each(paths, repeats=False) if isinstance(r, list)] for paths in (cre, ryan)]
    raw = told_apart(*(np.array([raw_traces(p) for p in side]) for side in sides))
    notes = told_apart(*(excerpts(side) for side in sides))
    assert raw.area.mean > 0.99
    assert notes.area.mean <= raw.area.mean
