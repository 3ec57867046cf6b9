"""Traces of the source: raw files are told apart, normalised pieces no better than they should be, or it is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from real_windows import real_pieces

pytest.importorskip("sklearn")

from fewnotes.measure import leakage
from fewnotes.measure.intervals import Interval
from fewnotes.measure.leakage import (
    BARLINES_TELL,
    EXCERPT,
    NOTES_TELL,
    PASSES,
    UNBARRED,
    Comparison,
    compared,
    excerpts,
    gathered,
    judged,
    raw_traces,
    told_apart,
    whole,
)
from fewnotes.measure.report import Figure
from fewnotes.measure.unbarred import barlines_anywhere
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.progress import no_progress
from fewnotes.meta.rows import Entry, Row
from fewnotes.music.edit import rescale
from fewnotes.music.piece import Tempo, Track, note_array


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch):
    """Enough to tell raw files apart for certain; the measurement itself takes more."""
    monkeypatch.setattr(leakage, "TREES", 30)
    monkeypatch.setattr(leakage, "_RESAMPLES", 400)


def raw(pieces):
    return np.array([raw_traces(p) for p in pieces])


def marked(piece):
    """The same music as another program would save it: loud, slow, with a name, finer ticks."""
    notes = piece.notes.copy()
    notes["velocity"] = 111
    tracks = tuple(t._replace(name="Fiddle by a program", program=40) for t in piece.tracks)
    return rescale(replace(piece, notes=notes, tracks=tracks, tempos=(Tempo(0, 77.0),)), 4 * piece.ticks_per_quarter)


def louder(piece):
    notes = piece.notes.copy()
    notes["velocity"] = 1 + np.arange(len(notes)) % 127
    return replace(piece, notes=notes)


def relaid(piece):
    """Tracks in another order with an empty one among them, every note in another voice and staff."""
    notes = piece.notes.copy()
    notes["track"] = len(piece.tracks) - notes["track"]
    notes["voice"], notes["staff"] = 3, 2
    empty = Track("empty", piece.tracks[0].program)
    return replace(piece, notes=note_array(notes), tracks=(empty, *piece.tracks[::-1]))


def renamed(piece):
    return replace(piece, title="Other", composer="Other", tracks=tuple(t._replace(name="x") for t in piece.tracks))


TRACES = {
    "velocity": louder,
    "tempo": lambda p: replace(p, tempos=(Tempo(0, 61.0), Tempo(p.end_tick // 2, 205.0))),
    "layout of tracks": relaid,
    "names": renamed,
    "program": lambda p: replace(p, tracks=tuple(t._replace(program=73) for t in p.tracks)),
    "resolution": lambda p: rescale(p, 4 * p.ticks_per_quarter),
    "graces": lambda p: replace(p, graces=p.notes[:3].copy()),
}


@pytest.mark.parametrize("trace", TRACES)
@pytest.mark.parametrize("name", ["dance", "palestrina"])
def test_what_a_program_leaves_in_a_file_does_not_move_a_single_statistic(music21_corpus, name, trace):
    pieces = real_pieces(music21_corpus, name)[:3]
    # One player a track, and so it stays: staves of a piano are one player, which is music.
    pieces = [replace(p, tracks=tuple(t._replace(program=52) for t in p.tracks)) for p in pieces]
    other = [TRACES[trace](p) for p in pieces]
    assert trace == "names" or all(a != b for a, b in zip(pieces, other, strict=True))
    assert np.array_equal(whole(pieces), whole(other))
    assert np.array_equal(excerpts(pieces), excerpts(other))


def test_it_gives_files_away_all_the_same_before_they_are_normalised(music21_corpus):
    pieces = real_pieces(music21_corpus, "dance")
    one, two = pieces[::2], [marked(p) for p in pieces[1::2]]
    assert told_apart(raw(one), raw(two)).area.mean == 1.0
    assert np.array_equal(whole(pieces[1::2]), whole(two))


def test_two_halves_of_one_collection_are_not_told_apart(music21_corpus):
    pieces = real_pieces(music21_corpus, "dance")
    found = told_apart(whole(pieces[::2]), whole(pieces[1::2]))
    assert found.area.low < 0.6
    assert found.area.low <= found.area.mean <= found.area.high


@pytest.mark.parametrize("kind", ["jig", "reel"])
def test_irish_dances_of_two_sources_are_certain_from_raw_files_and_no_better_than_two_books_from_notes(
    shared, music21_corpus, kind
):
    """With barlines anywhere: that they are out of place in one source is known, and written down."""
    names = (f"cre_{kind}", f"m21_oneill_{kind}", f"m21_ryan_{kind}")
    found = gathered(names, 24)
    if len(found) < len(names):
        pytest.skip("the shared corpus has no Irish dances")
    cre, oneill, ryan = ([e.piece for e in found[name]] for name in names)
    assert told_apart(raw(cre), raw(oneill)).area.mean > 0.99
    sides = [excerpts(pieces, barred=False) for pieces in (cre, oneill, ryan)]
    books = told_apart(sides[1], sides[2]).area
    sources = told_apart(sides[0], sides[1]).area
    assert sources.mean <= books.high
    assert sources.mean < 0.85


@pytest.mark.slow
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
    verdict = report.facts["verdicts"]["dance: other / a"]
    assert any(w.startswith(f"dance: other / a: {verdict} (") for w in report.words)


@pytest.mark.parametrize(
    ("areas", "verdict"),
    [((0.70, 0.90), PASSES), ((0.71, 0.60), BARLINES_TELL), ((0.90, 0.66), NOTES_TELL)],
)
def test_no_better_than_it_should_is_at_most_the_upper_end_of_two_books(areas, verdict):
    usable = (Comparison("jig", "x", "y"), Comparison("jig", "y", "z", True), Comparison("march", "u", "v"))
    ends = {EXCERPT: 0.70, UNBARRED: 0.65}
    figures = [Figure(usable[1].row, view, Interval(0.5, 0.4, high, 0.5, "", 1, 9)) for view, high in ends.items()]
    figures += [
        Figure(c.row, view, Interval(mean, 0.0, 1.0, mean, "", 1, 9))
        for c in (usable[0], usable[2])
        for view, mean in zip(ends, areas, strict=True)
    ]
    found = judged(figures, usable)
    assert [(j.row, j.verdict) for j in found] == [("jig: x / y", verdict)], (
        "nothing is claimed of a kind without books"
    )


def test_barlines_anywhere_moves_barlines_and_no_note(music21_corpus):
    pieces = [replace(normalised(p), barlines_tick=()) for p in real_pieces(music21_corpus, "dance")]
    moved = [barlines_anywhere(p) for p in pieces]
    assert all(np.array_equal(a.notes, b.notes) for a, b in zip(pieces, moved, strict=True))
    assert len({p.pickup_tick for p in moved}) > 3
