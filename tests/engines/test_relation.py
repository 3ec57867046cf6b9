"""The relation engine: what a judge of style must do, with the checkpoint that ships."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import fewnotes as fn
from fewnotes.engines import relation
from fewnotes.engines.relation import reasons
from fewnotes.engines.relation.learning import learn
from fewnotes.errors import BadInput
from fewnotes.files import read_all
from fewnotes.music.edit import rescale, transpose
from fewnotes.music.piece import Piece, Track, note_array


@pytest.fixture(scope="module")
def chorales(music21_corpus):
    return [fn.read(music21_corpus / "bach" / f"bwv{n}.mxl") for n in ("269", "277", "281", "290", "302", "318")]


@pytest.fixture(scope="module")
def reels(music21_corpus):
    return (
        read_all(music21_corpus / "ryansMammoth" / "7thRegimentReel.abc")[:1]
        + read_all(music21_corpus / "ryansMammoth" / "AcaciaReel.abc")[:1]
    )


def test_a_chorale_is_nearer_to_chorales_than_a_reel_is(chorales, reels):
    part = relation.learn(chorales[:5])
    own = relation.scores(part, relation.judge().embed(chorales[5:]))
    other = relation.scores(part, relation.judge().embed(reels))
    assert own.min() > 0.5 > other.max()
    assert other.max() < relation.none_below(part) < own.min()


def test_scores_are_relations_from_0_to_1(chorales, reels):
    part = relation.learn(chorales[:2])
    found = relation.scores(part, relation.judge().embed([*chorales, *reels]))
    assert ((found >= 0) & (found <= 1)).all()


def test_key_of_the_file_resolution_and_velocity_change_next_to_nothing(chorales):
    """Velocity and resolution are no style; a key is hardly any."""
    piece = chorales[0]
    louder = piece.notes.copy()
    louder["velocity"] = 33
    from dataclasses import replace

    x = relation.judge().embed([piece, replace(piece, notes=louder), rescale(piece, 960), transpose(piece, 2)])
    np.testing.assert_allclose(x[0], x[1], atol=1e-4)
    np.testing.assert_allclose(x[0], x[2], atol=1e-4)
    moved = relation.scores(relation.learn(chorales[1:5]), x)
    assert abs(moved[0] - moved[3]) < 0.15


def test_a_piece_has_the_same_embedding_alone_and_in_company(chorales):
    judge = relation.judge()
    np.testing.assert_allclose(judge.embed(chorales[:1])[0], judge.embed(chorales)[0], atol=1e-4)


def test_what_was_disliked_lowers_what_is_like_it(chorales, reels):
    judge = relation.judge()
    vectors = judge.embed([*chorales, *reels])
    nothing = vectors[:0]
    liked = relation.learn_vectors(vectors[:3], nothing)
    torn = relation.learn_vectors(vectors[:3], vectors[3:5])
    assert relation.scores(torn, vectors[5:6])[0] < relation.scores(liked, vectors[5:6])[0]


def test_learning_never_makes_left_out_pieces_worse(chorales):
    judge = relation.judge()
    found = learn(judge.head, judge.embed(chorales), judge.background)
    assert found.error is not None
    assert found.error_before is not None
    assert found.error <= found.error_before


def test_with_two_pieces_nothing_is_changed(chorales):
    judge = relation.judge()
    found = learn(judge.head, judge.embed(chorales[:2]), judge.background)
    assert found.fitted.prior == np.inf


def test_the_bars_that_are_named_carry_the_score(chorales, reels):
    """A chorale with a strange middle: the strange bars are not those that speak for the style."""
    judge = relation.judge()
    style = learn(judge.head, judge.embed(chorales[:5]), judge.background).fitted
    carried = reasons.by_bars(judge, chorales[5], style)
    assert carried
    assert carried[0].weight >= carried[-1].weight
    rest = reasons.without_bars(chorales[5], carried[0].first_bar, carried[0].last_bar)
    whole, less = style.log_odds(judge.embed([chorales[5], rest]))
    assert whole - less == pytest.approx(carried[0].weight, abs=1e-3)


def test_bars_taken_out_leave_the_others_in_their_place(chorales):
    piece = chorales[0]
    from fewnotes.music.time import barlines

    lines = barlines(piece)
    rest = reasons.without_bars(piece, 2, 3)
    assert len(barlines(rest)) == len(lines) - 2
    gone = ((piece.notes["onset_tick"] >= lines[2]) & (piece.notes["onset_tick"] < lines[4])).sum()
    assert len(rest.notes) == len(piece.notes) - gone


def test_silence_has_no_style():
    with pytest.raises(BadInput):
        relation.learn([Piece(480, (Track(),), note_array([]))])


def test_a_style_keeps_what_the_judge_learned(chorales, tmp_path):
    style = fn.Style("chorales", tuple(chorales[:3]), {"relation": relation.learn(chorales[:3])})
    fn.save_style(style, home=tmp_path)
    again = fn.load_style("chorales", home=tmp_path)
    assert again.parts["relation"] == style.parts["relation"]
