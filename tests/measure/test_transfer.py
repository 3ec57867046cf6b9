"""Carrying pieces over: what the rows give, and that the report puts each control where it belongs."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from made_songs import GROOVES, made_song, write_songs
from real_windows import BARS, real_pieces

pytest.importorskip("sklearn")

from fewnotes.errors import BadParameter, NotPossible
from fewnotes.measure import transfer
from fewnotes.measure.bank import Bank
from fewnotes.measure.generated import learners
from fewnotes.measure.generated.excerpts import described
from fewnotes.measure.generated.material import Material, RealStyle
from fewnotes.measure.generated.plan import parted, windows_of
from fewnotes.measure.transferring.content import content_by_bar
from fewnotes.measure.transferring.likeness import likeness
from fewnotes.measure.transferring.pairs import held_out, load_songs, window
from fewnotes.measure.transferring.rows import Task, names, prepared
from fewnotes.measure.transferring.rows import engine as engine_row
from fewnotes.measure.transferring.rows.markov import best_path, dressed
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.rows import Entry, Row
from fewnotes.music.edit import rescale, slice_bars
from fewnotes.music.piece import check_piece


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch):
    """Enough for what is plain; the measurement itself takes more."""
    monkeypatch.setattr(learners, "TREES", 60)


@pytest.fixture(scope="module")
def task(music21_corpus):
    support = tuple(slice_bars(normalised(p), 0, 7) for p in real_pieces(music21_corpus, "dance")[:2])
    source = window(normalised(real_pieces(music21_corpus, "palestrina")[0]), 4)
    return Task("dance", source, support, 3)


def test_the_markov_control_puts_a_melody_into_the_styles_meter_and_then_composes_over_its_harmony(task):
    rows = prepared(["markov@0", "markov@1"])
    kept, free = (check_piece(r.transferer.transferred(replace(task, strength=r.strength))) for r in rows)
    melody = task.piece.notes[task.piece.notes["track"] == 0]
    # The mass is in 4/2 and the dances in 4/4: twice as fast, note for note.
    assert kept.meters[0][1:] == free.meters[0][1:] == (4, 4)
    assert kept.notes["pitch"].tolist() == melody["pitch"].tolist()
    assert (2 * kept.notes["onset_tick"] == melody["onset_tick"]).all()
    assert free.notes["pitch"].tolist() != kept.notes["pitch"].tolist()
    assert len(free.notes) > 1.5 * len(kept.notes)
    assert content_by_bar(free, task.piece) > 0.6


def test_over_bars_of_its_own_meter_every_note_of_the_melody_stays(music21_corpus):
    source, other = (rescale(made_song(n, g), 12) for n, g in ((1, "march"), (4, "waltzing_chords")))
    output = dressed(source, [other], 0.0)
    melody = source.notes[source.notes["track"] == 0]
    found = likeness(output, source, melody)
    assert found["melody kept"] == 1.0
    assert found["chroma, bass"] > 0.3
    assert likeness(output, other, melody)["notes, drums"] == 1.0
    assert content_by_bar(output, source) > 0.85


def test_the_best_path_takes_what_fits_and_goes_on_where_that_costs_little():
    fit = np.array([[0.9, 0.1, 0.0], [0.0, 0.2, 0.3], [0.1, 0.0, 0.9]])
    assert best_path(fit, [False, False, False]) == [0, 2, 2]
    # Going on from bar 0 to bar 1 is worth more than the tenth that bar 2 fits better.
    assert best_path(fit, [False, True, True]) == [0, 1, 2]


def test_an_engine_that_transfers_is_a_row_at_three_strengths_and_learns_a_support_set_once(task, monkeypatch):
    asked, learned = [], []

    def transfer_(piece, style, strength, seed):
        asked.append((strength, seed, style.name))
        return piece

    made = SimpleNamespace(transfer=transfer_, learn=lambda pieces, seed: learned.append(pieces) or _part())
    monkeypatch.setattr(engine_row, "find", lambda folder, name: made)
    rows = prepared(["engine:made"])
    assert [r.name for r in rows] == ["engine:made@0.25", "engine:made@0.5", "engine:made@1"]
    for r in rows:
        assert r.transferer.transferred(replace(task, strength=r.strength)) is task.piece
    assert asked == [(0.25, 3, "dance"), (0.5, 3, "dance"), (1.0, 3, "dance")]
    assert learned == [task.support]


def _part():
    from fewnotes.style import Part

    return Part()


def test_rows_that_cannot_be_are_named(task):
    with pytest.raises(BadParameter, match="no transferer 'dream'"):
        prepared(["dream"])
    with pytest.raises(BadParameter, match="no strength"):
        prepared(["markov@2"])
    with pytest.raises(BadParameter, match="no engine called"):
        prepared(["engine:dream"])
    with pytest.raises(NotPossible, match="cannot carry"):
        prepared(["engine:relation"])
    with pytest.raises(NotPossible, match="stands aside"):
        prepared(["other piece"])[0].transferer.transferred(task)
    with pytest.raises(BadParameter, match="no size"):
        transfer.run("huge")
    assert {"source", "other_piece", "truth", "markov", "engine"} <= set(names())


@pytest.fixture(scope="module")
def material(music21_corpus) -> Material:
    """Two styles that nobody confuses."""
    rows, pieces, styles = [], [], {}
    for name in ("palestrina", "dance"):
        found = real_pieces(music21_corpus, name)
        mine = range(len(pieces), len(pieces) + len(found))
        pieces += found
        rows += [Row(f"{name}{i}", name, "here", music21_corpus) for i in mine]
        parting = parted(name, mine, 5)
        cut = windows_of({i: normalised(pieces[i]) for i in mine}, BARS, 1)
        styles[name] = RealStyle(parting, cut, described(cut.pieces))
    bank = Bank(tuple(Entry(r, p) for r, p in zip(rows, pieces, strict=True)))
    return Material(bank, styles, ("short songs",), (), np.concatenate([s.vectors for s in styles.values()]))


def test_a_source_is_a_piece_of_another_style_that_is_neither_support_nor_judged_by(material):
    (asked,) = held_out(material, "dance", 0, 4, BARS)
    assert asked.style == "dance"
    masses = material.styles["palestrina"].parting
    sources = {window(material.bank.pieces[i], BARS).content_hash: i for i in range(len(material.bank.pieces))}
    assert sources[asked.piece.content_hash] in masses.aside
    assert len(asked.support) == 5
    assert asked == held_out(material, "dance", 0, 4, BARS)[0] != held_out(material, "dance", 1, 4, BARS)[0]


def test_the_report_puts_the_source_the_style_and_the_truth_where_they_belong(material, tmp_path):
    songs = load_songs(write_songs(tmp_path), BARS)
    assert sorted(songs.paths) == sorted(GROOVES)
    rows = prepared(["source", "other piece", "truth"])
    report = transfer.measured(material, songs, rows, transfer.Size(0, 24, 1, 2, 0, 2))

    def mean(row: str, column: str) -> float:
        return report.get(row, column).mean

    assert mean("source", "content") == pytest.approx(1.0)
    assert mean("other piece", "content") < 0.8
    assert (mean("source", "judged in the style"), mean("other piece", "judged in the style")) == (0.0, 1.0)
    for column in ("time and pitch", "onset and duration", "onset and duration by role"):
        assert mean("other piece", column) > mean("source", column) + 0.1
    assert mean("truth", "content, grooves") == mean("truth", "notes, bass") == mean("truth", "overlap") == 1.0
    assert mean("source", "melody kept") == 1.0 > mean("source", "onsets, harmony")
    assert mean("other piece", "onsets, bass") == 1.0 > mean("other piece", "overlap")
    assert report.get("source", "onsets, drums").worst_style in GROOVES
    assert "truth" not in {f.row for f in report.figures if f.column == "content"}
    assert any("short songs" in w for w in report.words)
    assert report.facts["failed"] == {}


def test_without_the_songs_and_with_a_row_that_fails_the_report_says_so(material):
    rows = prepared(["source", "truth"])

    class Failing:
        def transferred(self, task):
            raise NotPossible("No bar fits")

    found = transfer.measured(
        material, None, [*rows, rows[0]._replace(name="broken", transferer=Failing())],
        transfer.Size(1, 24, 1, 1, 0, 2),
    )  # fmt: skip
    assert found.rows == ("source",)
    assert any("1 outputs left out: broken into dance: No bar fits" in w for w in found.words)
    assert any("no output is held against a truth" in w for w in found.words)
