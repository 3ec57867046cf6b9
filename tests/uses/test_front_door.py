"""The uses as plain functions: what a person gets from each."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

import fewnotes as fn
from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.music.edit import slice_bars, transpose
from fewnotes.music.guard import is_copy
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.style import Part, Style
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece
from fewnotes.uses.check import Originality
from fewnotes.uses.compose import Compose, Draft, rank


@pytest.fixture
def style(handful):
    return fn.learn(handful, name="handful", engine="fake", seed=3)


# --- learn -----------------------------------------------------------------------------------------------------------


def test_learning_says_in_words_what_was_learned_and_how_sure(style, handful):
    assert style.name == "handful"
    assert list(style.parts) == ["fake"]
    assert [p.content_hash for p in style.support] == [p.content_hash for p in handful]
    assert style.profile["sentences"]["size"].startswith("4 pieces")
    sure = style.profile["leave_one_out"]
    assert 0 < sure["bits_per_note"] < sure["before_learning"]
    assert style.profile["borrowing"]["longest_runs"][0] == len(handful[0].notes)


def test_learning_is_the_same_twice(style, handful):
    assert fn.learn(handful, name="other name", engine="fake", seed=3).digest == style.digest


def test_from_one_piece_nobody_can_say_how_sure():
    lone = fn.learn([tiny_melody()], engine="fake")
    assert lone.profile["leave_one_out"] == {}
    assert fn.check(tiny_chorale(), lone).verdict == "original"


def test_pieces_without_notes_are_left_out_and_nothing_else_is_an_error():
    empty = Piece(480, (Track(),), note_array([]))
    assert len(fn.learn([empty, tiny_melody()], engine="fake").support) == 1
    with pytest.raises(BadInput, match="not one note"):
        fn.learn([empty], engine="fake")
    with pytest.raises(BadParameter, match="pieces is 0"):
        fn.learn([], engine="fake")


def test_an_engine_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(BadParameter, match="markov"):
        fn.learn([tiny_melody()], engine="magic")


# --- compose ---------------------------------------------------------------------------------------------------------


def test_composing_gives_as_many_pieces_as_asked_and_keeps_the_wishes(style):
    pieces = fn.compose(style, bars=6, candidates=3, seed=5, meter="3/4", tempo=90, key="G minor", lowest="C4")
    assert len(pieces) == 3
    for piece in pieces:
        assert piece.meters[0][1:] == (3, 4)
        assert piece.tempos[0].quarters_per_minute == 90
        assert piece.keys[0][1:] == (-2, "minor")
        assert piece.notes["pitch"].min() >= 60
        assert piece.end_tick == 6 * 3 * 480
    assert pieces == fn.compose(style, bars=6, candidates=3, seed=5, meter="3/4", tempo=90, key="G minor", lowest="C4")
    assert pieces != fn.compose(style, bars=6, candidates=3, seed=6, meter="3/4", tempo=90, key="G minor", lowest="C4")


def test_the_best_draft_is_as_surprising_as_the_style_itself(style):
    drafts = Compose(style=style, bars=4, candidates=8, seed=1).run()
    distance = [abs(d.bits - drafts.usual_bits) for d in drafts.drafts if d.check.verdict == "original"]
    assert distance == sorted(distance)
    assert [o.stem for o in drafts.outputs][:2] == ["handful-1", "handful-2"]


def _draft(bits, verdict="original", notes=4, run=5):
    base = fn.check(tiny_melody(), Style("s", (tiny_chorale(),)))
    check = dataclasses.replace(base, verdict=verdict, longest_run=run)
    rows = note_array([(i * 480, 480, 0, 60, 80, 0, 0) for i in range(notes)])
    return Draft(Piece(480, (Track(),), rows), check, bits)


def test_copies_rank_behind_originals_and_empty_pieces_behind_all():
    good, odd, near, copy = _draft(3.0), _draft(6.0), _draft(3.0, "close"), _draft(3.0, "copied")
    empty = _draft(None, notes=0)
    ranked = sorted([empty, copy, near, odd, good], key=lambda d: rank(d, 3.1))
    assert ranked == [good, odd, near, copy, empty]
    longer = _draft(None, run=9)
    assert sorted([longer, _draft(None)], key=lambda d: rank(d, None))[-1] is longer


def test_every_draft_says_where_it_comes_from(style):
    output = Compose(style=style, bars=4, candidates=1, seed=9).run().outputs[0]
    assert style.digest[:8] in output.mark
    assert "seed 9" in output.mark
    facts = output.facts
    assert facts["style_digest"] == style.digest
    assert (facts["origin"], facts["engine"], facts["seed"]) == ("machine-composed", "fake", 9)
    assert facts["longest_run"] >= 0
    json.dumps(facts, allow_nan=False)


@pytest.mark.parametrize(
    "wish",
    [{"bars": 0}, {"bars": 5000}, {"candidates": 0}, {"key": "H"}, {"meter": "4"}, {"tempo": 0}, {"temperature": 99.0}],
)
def test_a_wish_out_of_bounds_is_refused(style, wish):
    with pytest.raises(BadParameter):
        fn.compose(style, **wish)


def test_a_misspelt_wish_is_refused_with_the_right_ones(style):
    with pytest.raises(BadParameter, match="temperature"):
        fn.compose(style, temprature=1.0)


def test_a_range_that_is_too_narrow_is_refused(style):
    with pytest.raises(BadParameter, match="twelve semitones"):
        fn.compose(style, lowest="C4", highest="E4")


def test_a_style_of_an_engine_that_is_not_installed_is_said_to_be_one():
    foreign = Style("x", (tiny_melody(),), {"gan": Part(summary=("learned",))})
    with pytest.raises(NotPossible, match="gan"):
        fn.compose(foreign)


# --- compare ---------------------------------------------------------------------------------------------------------


def test_a_piece_is_nearer_to_its_own_kind_and_the_order_does_not_matter():
    folk = Style("folk", tuple(transpose(tiny_melody(), k) for k in (-2, 0, 2, 4)))
    near, far = fn.compare(transpose(tiny_melody(), 3), folk), fn.compare(tiny_chorale(), folk)
    assert 1 >= near.relation > 0.8 > 0.2 > far.relation >= 0
    assert (near.none_of_these, far.none_of_these) == (False, True)
    assert fn.compare(folk, tiny_chorale()).relation == far.relation
    assert fn.compare(tiny_piece(), tiny_melody()).relation == fn.compare(tiny_melody(), tiny_piece()).relation


@pytest.mark.parametrize(("engine", "words"), [("features", "no trained net"), ("relation", "relation network")])
def test_a_comparison_gives_reasons_and_says_what_it_rests_on(engine, words):
    if engine == "relation":
        pytest.importorskip("torch")
    found = fn.compare(tiny_melody(), tiny_chorale(), engine=engine)
    assert found.engine == engine
    assert words in found.statement
    assert found.none_of_these is None
    against = [r for r in found.reasons if r.weight < 0]
    assert against
    for family in {r.family for r in against}:
        assert len([r for r in against if r.family == family]) <= 2
    assert json.dumps(found.to_dict(), allow_nan=False)


def test_the_bars_of_a_piece_that_are_most_in_the_style_are_named():
    pytest.importorskip("torch")
    tune = tiny_melody()
    style = Style("folk", tuple(transpose(tune, k) for k in (-2, 0, 2)))
    long = dataclasses.replace(tune, notes=_again(tune, 4))
    found = fn.compare(long, style, engine="relation")
    assert all(b.first <= b.last for b in found.bars)
    assert fn.compare(style, long, engine="relation").bars == found.bars


def _again(piece: Piece, times: int) -> np.ndarray:
    parts = [piece.notes.copy() for _ in range(times)]
    for i, part in enumerate(parts):
        part["onset_tick"] += i * piece.end_tick
    return np.concatenate(parts)


def test_two_styles_are_compared_by_their_pieces():
    one = Style("a", (tiny_melody(), transpose(tiny_melody(), 2)))
    two = Style("b", (tiny_chorale(), transpose(tiny_chorale(), 2)))
    assert fn.compare(one, one).relation > fn.compare(one, two).relation


def test_nothing_cannot_be_compared():
    with pytest.raises(BadInput):
        fn.compare(Piece(480, (Track(),), note_array([])), tiny_melody())


# --- check -----------------------------------------------------------------------------------------------------------


def joined(one: Piece, two: Piece) -> Piece:
    rows = two.notes.copy()
    rows["onset_tick"] += -(-one.end_tick // 1920) * 1920
    return dataclasses.replace(one, notes=note_array(np.concatenate([one.notes, rows])))


def test_a_piece_of_the_style_is_called_a_copy_and_named(style):
    found = fn.check(transpose(tiny_melody(), -5), style)
    assert found.verdict == "copied"
    assert "piece 1 of the style, note for note" in found.reason
    assert found.longest_run == len(tiny_melody().notes)


def test_four_bars_of_the_style_inside_another_piece_are_a_copy_with_bar_numbers(style):
    rng = np.random.default_rng(4)
    rows = note_array([(i * 480, 480, 0, int(rng.integers(55, 80)), 80, 0, 0) for i in range(16)])
    other = Piece(480, (Track(),), rows, tiny_melody().meters)
    found = fn.check(joined(other, transpose(slice_bars(tiny_melody(), 2, 7), 1)), style)
    assert found.verdict == "copied"
    assert is_copy(found.nearest[0])
    assert (found.nearest[0].first_bar, found.nearest[0].last_bar) == (5, 10)
    assert (found.nearest[0].source_first_bar, found.nearest[0].source_last_bar) == (3, 8)
    assert "bars 5-10" in found.reason


def test_a_piece_of_its_own_is_original(style):
    rng = np.random.default_rng(1)
    rows = [(i * 240, 240, 0, int(rng.integers(48, 84)), 80, 0, 0) for i in range(128)]
    found = fn.check(Piece(480, (Track(),), note_array(rows)), style)
    assert isinstance(found, Originality)
    assert found.verdict == "original"
    assert len(found.bars) == 16
    assert "the 4 pieces of the style handful, nothing else" in found.against
    json.dumps(found.to_dict(), allow_nan=False)


# --- surprisal -------------------------------------------------------------------------------------------------------


def test_surprisal_has_one_figure_a_note_and_one_a_bar(style):
    found = fn.surprisal(tiny_melody(), style)
    assert found.bits.shape == (len(tiny_melody().notes),)
    assert found.bits_per_note == pytest.approx(found.bits.mean())
    assert found.before > found.bits_per_note
    assert [b for b, _, _ in found.by_bar] == list(range(1, 9))
    assert sum(n for _, n, _ in found.by_bar) == len(tiny_melody().notes)


# --- all results -----------------------------------------------------------------------------------------------------


def test_all_results_become_tables_of_plain_values(style):
    results = [
        Compose(style=style, bars=4, candidates=2).run(),
        fn.check(tiny_melody(), style),
        fn.compare(tiny_melody(), style),
        fn.surprisal(tiny_melody(), style),
    ]
    for result in results:
        table = result.to_table()
        assert all(len(row) == len(table.columns) for row in table.rows)
        json.dumps(table.to_dict(), allow_nan=False)
        json.dumps(result.to_dict(), allow_nan=False)
