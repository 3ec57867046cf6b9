"""continue, infill, vary, harmonize and transfer, as a person meets them."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("torch")

import fewnotes as fn
from fewnotes.engines import transformer
from fewnotes.engines.transformer.fitting import adapting
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.music.edit import slice_bars
from fewnotes.registry import find
from fewnotes.style import Style
from fewnotes.uses._working import bar_words, track_words


@pytest.fixture(scope="module")
def chorales(music21_corpus):
    return [fn.read(music21_corpus / "bach" / f"bwv{n}.mxl") for n in ("269", "277", "281")]


@pytest.fixture(scope="module")
def style(chorales):
    return Style("chor & al", tuple(chorales), {"transformer": transformer.learn(chorales, way="unfitted")})


@pytest.fixture(scope="module")
def piece(music21_corpus):
    return slice_bars(fn.read(music21_corpus / "bach" / "bwv290.mxl"), 0, 4)


@pytest.fixture(scope="module")
def filled(style, piece):
    return find("uses", "infill").Infill(style=style, piece=piece, bars="2-3", tracks="Alto,3", candidates=2).run()


def test_results_come_with_where_they_come_from_and_how_original_they_are(filled, piece, style):
    assert len(filled.pieces) == 2
    for output in filled.outputs:
        assert output.facts["source_hash"] == piece.content_hash
        assert output.facts["style_digest"] == style.digest
        assert output.facts["verdict"] in ("original", "close", "copied")
        assert style.digest[:8] in output.mark
        assert not set(output.stem) & set("& /")
    table = filled.to_table()
    assert [row[0] for row in table.rows] == [1, 2]
    assert filled.to_dict()["what"] == "infilled"


def test_tracks_may_be_named_or_numbered_and_only_they_change(filled, piece):
    for found in filled.pieces:
        for track in (0, 3):
            own = [tuple(n) for n in found.notes if n["track"] == track]
            assert own == [tuple(n) for n in piece.notes if n["track"] == track]


def test_every_verb_is_a_function_too(style, piece):
    again = fn.vary(style, piece, strength=0.3, candidates=1, seed=2)
    assert again == fn.vary(style, piece, strength=0.3, candidates=1, seed=2)
    assert fn.continue_(style, piece, bars=1, candidates=1)[0].end_tick > piece.end_tick
    assert len(fn.harmonize(style, piece, candidates=1)[0].tracks) == 4
    assert len(fn.transfer(piece, style, strength=0.9, candidates=1)[0].tracks) == 4


def test_a_style_that_another_engine_learned_is_read_when_it_is_needed(chorales, piece, monkeypatch):
    monkeypatch.setattr(adapting, "UNTRIED", 1)
    plain = fn.learn(chorales[:1], name="plain", engine="markov")
    found = fn.infill(plain, piece, bars="2", candidates=1)[0]
    assert {tuple(n) for n in found.notes} != {tuple(n) for n in piece.notes}


def test_an_engine_that_cannot_is_named_with_a_way_out(style, piece):
    with pytest.raises(NotPossible, match="markov"):
        fn.infill(style, piece, bars="2", engine="markov")


def test_bars_are_counted_as_scores_count_them(piece):
    assert bar_words("0", piece) == (0, 0)
    assert bar_words(" 1 - 3 ", piece) == (1, 3)
    whole = replace(piece, pickup_tick=0, barlines_tick=())
    assert bar_words("1", whole) == (0, 0)
    for wrong in ("9", "3-2", "x", "", "1-999999999"):
        with pytest.raises(BadParameter, match="no bars"):
            bar_words(wrong, piece)


def test_tracks_that_are_not_there_are_listed(piece):
    assert track_words("1, Bass", piece) == (0, 3)
    with pytest.raises(BadParameter, match="Soprano"):
        track_words("5", piece)


def test_wishes_for_chords_and_form_are_read_as_people_write_them():
    from fewnotes.uses._words import chord_words, form_words

    assert form_words("a a b a") == "AABA"
    c, e, f, g, b = (1 << x for x in (0, 4, 5, 7, 11))
    assert chord_words("C F7 | G/B") == (c | e | g, f | 1 << 9 | c | 1 << 3, g | b | 1 << 2)
    for wrong in ("H", "Cfoo", ""):
        with pytest.raises(BadParameter):
            chord_words(wrong)
    with pytest.raises(BadParameter):
        form_words("12")
