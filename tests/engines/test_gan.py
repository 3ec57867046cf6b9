"""The sketch pad: what it draws, keeps, learns and morphs, with the checkpoint that ships."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("torch")

import fewnotes as fn
from fewnotes.engines import gan, relation
from fewnotes.engines.gan.drawing import Locks
from fewnotes.engines.gan.ideas import Own, Request, ideas
from fewnotes.engines.gan.morphing import apart, path
from fewnotes.errors import BadInput, NotPossible
from fewnotes.meta.phrases import BARS, BASS, FIRST, HOLD, MELODY, REST, phrases
from fewnotes.meta.preprocess import normalised
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.music.similarity import borrowing

ASKED = Request(6, 4, 1, None, None, None, None, None, 1.0, None)


@pytest.fixture(scope="module")
def chorales(music21_corpus):
    return [fn.read(music21_corpus / "bach" / f"bwv{n}.mxl") for n in ("269", "277", "281", "290", "302")]


@pytest.fixture(scope="module")
def remembered(chorales):
    """The style without a step of learning, which takes no time."""
    return gan.sketcher(gan.learn(chorales, way="unlearned"))


@pytest.fixture(scope="module")
def own(chorales):
    return Own(tuple(chorales), relation.learn(chorales), borrowing(chorales).usual_run)


@pytest.fixture(scope="module")
def some(remembered):
    return [d.phrase for d in remembered.draw(remembered.wishes(8, 5), 5)]


def test_the_same_seed_draws_the_same_phrases_and_another_seed_others(remembered, some):
    again = [d.phrase for d in remembered.draw(remembered.wishes(8, 5), 5)]
    other = [d.phrase for d in remembered.draw(remembered.wishes(8, 6), 6)]
    assert all(np.array_equal(a.tokens, b.tokens) for a, b in zip(some, again, strict=True))
    assert not any(np.array_equal(a.tokens, b.tokens) for a, b in zip(some, other, strict=True))


def test_phrases_have_music_in_every_bar_and_differ_from_each_other(some):
    for phrase in some:
        assert (phrase.tokens >= FIRST).any(axis=0).reshape(BARS, -1).any(axis=1).all()
    assert min(apart(a, b) for i, a in enumerate(some) for b in some[:i] if a.frame == b.frame) > 0.3


def test_nothing_goes_on_that_did_not_begin(some):
    for phrase in some:
        before = np.concatenate([np.zeros((len(phrase.tokens), 1), np.uint8), phrase.tokens[:, :-1]], axis=1)
        assert not ((phrase.tokens == HOLD) & (before == REST)).any()


def test_only_lines_that_were_wished_sound(remembered):
    wish = remembered.wishes(1, 3)[0]
    values = wish.values.copy()
    values[1:-1] = [1, 0, 0, 0, 1, 0, 0, 0]
    drawn = remembered.draw([gan.Wish(wish.frame, values)] * 4, 3)
    assert all(set(np.flatnonzero(d.phrase.sounding)) <= {MELODY, BASS} for d in drawn)


def test_drawing_in_chorales_gives_pieces_nearer_to_chorales_than_noise_is(remembered, some, own):
    rng = np.random.default_rng(0)
    pieces = [remembered.piece(p) for p in some]
    noise = []
    for piece in pieces:
        notes = piece.notes.copy()
        notes["pitch"] = rng.integers(40, 84, len(notes))
        noise.append(Piece(piece.ticks_per_quarter, piece.tracks, notes, piece.meters, piece.tempos, piece.keys))
    near, far = (relation.scores(own.part, relation.judge().embed(x)) for x in (pieces, noise))
    assert np.median(near) > np.median(far)


@pytest.mark.parametrize("kept", ["rhythm", "contour", "bass"])
def test_what_is_locked_stays_and_the_rest_is_drawn_anew(remembered, chorales, kept):
    source = phrases(normalised(chorales[0], editions=False), 1)[0]
    locks = Locks(source, kept == "rhythm", kept == "contour", (BASS,) if kept == "bass" else ())
    wish = gan.Wish.like(source)
    for drawn in remembered.draw([wish] * 4, 2, locks=locks):
        tokens = drawn.phrase.tokens
        if kept == "rhythm":
            assert np.array_equal(np.minimum(tokens, FIRST), np.minimum(source.tokens, FIRST))
        if kept == "bass":
            assert np.array_equal(tokens[BASS], source.tokens[BASS])
        if kept == "contour":
            _same_contour(tokens[MELODY].astype(int), source.tokens[MELODY].astype(int))
        assert not np.array_equal(tokens, source.tokens)


def _same_contour(line, source):
    heard = np.maximum.accumulate(np.where(source >= FIRST, np.arange(len(source)), 0))
    slots = np.flatnonzero(line >= FIRST)
    for a, b in pairwise(slots.tolist()):
        assert np.sign(line[b] - line[a]) == np.sign(source[heard[b]] - source[heard[a]])


def test_ideas_are_sorted_by_relation_none_a_near_duplicate_or_a_copy(remembered, own):
    found, dropped = ideas(remembered, own, ASKED)
    assert len(found) == 6
    assert [i.relation for i in found] == sorted((i.relation for i in found), reverse=True)
    assert all(i.longest_run <= max(8, own.usual_run) for i in found)
    assert set(dropped) <= {
        "a bar is empty", "a near duplicate", "too near to a piece of the style", "silent", "too dense or too thin",
    }  # fmt: skip


def test_ideas_are_in_the_key_asked_for_and_two_bars_long_when_two_are_asked(remembered, own):
    asked = Request(3, 2, 1, 7, False, None, 96.0, None, 1.0, None)
    for idea in ideas(remembered, own, asked)[0]:
        assert (idea.piece.keys[0].fifths, idea.piece.keys[0].mode) == (1, "major")
        assert idea.piece.tempos[0].quarters_per_minute == 96.0
        bar = idea.piece.ticks_per_quarter * 4 * idea.piece.meters[0].numerator // idea.piece.meters[0].denominator
        assert idea.piece.end_tick <= 2 * bar


def test_a_density_that_is_asked_for_is_kept_within_a_quarter(remembered, own):
    for density in (1.5, 4.0):
        asked = Request(3, 4, 1, None, None, None, None, density, 1.0, None)
        for idea in ideas(remembered, own, asked)[0]:
            quarters = idea.phrase.frame.length / idea.phrase.frame.slots
            assert density / 1.3 <= idea.phrase.onsets / quarters <= density * 1.3


def test_a_meter_the_style_has_not_is_refused_by_name(remembered):
    with pytest.raises(NotPossible, match="7/8"):
        remembered.wishes(2, 0, (7, 8))


def test_a_path_begins_and_ends_on_the_phrases_given_and_goes_from_one_to_the_other(remembered, some):
    first, last = next((a, b) for i, a in enumerate(some) for b in some[:i] if a.frame == b.frame)
    found = path(remembered, first, last, 6, 0)
    assert np.array_equal(found[0].tokens, first.tokens)
    assert np.array_equal(found[-1].tokens, last.tokens)
    away = [apart(found[0], p) for p in found]
    assert away == sorted(away)
    assert all(p.onsets for p in found)


def test_pieces_too_short_for_a_phrase_are_refused(chorales):
    short = Piece(12, (Track("a", 0),), note_array([(i * 12, 12, 0, 60, 80, 0, 0) for i in range(6)]))
    with pytest.raises(BadInput, match="four full bars"):
        gan.learn([short])


@pytest.mark.slow
def test_learning_a_style_gives_the_same_part_again_and_a_strength_that_was_no_worse(chorales):
    one, two = (gan.learn(chorales, seed=3) for _ in range(2))
    assert one.canonical == two.canonical
    distances = one.values["distances"]
    assert len(distances) >= 2
    assert one.values["steps"] == 0 or min(distances) < distances[0]
