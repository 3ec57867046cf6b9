"""Recognizing: the style where there is one, and none where there is none."""

from __future__ import annotations

import json

import fake_relation
import pytest

import fewnotes as fn
from fewnotes.errors import BadInput, StyleNotFound
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.style import Style
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece
from fewnotes.uses.recognize import recognition


@pytest.fixture(autouse=True)
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def styles():
    songs = Style("songs", tuple(transpose(tiny_melody(), n) for n in range(4)))
    chorales = Style("chorales", tuple(transpose(tiny_chorale(), n) for n in range(4)))
    return [songs, chorales]


def test_a_piece_is_recognized_among_styles(styles):
    found = fn.recognize(transpose(tiny_melody(), 5), styles)
    assert (found.answer, found.none_of_these) == ("songs", False)
    assert [m.style for m in found.matches] == ["songs", "chorales"]
    assert found.matches[0].relation > 0.8 > 0.2 > found.matches[1].relation
    assert found.chance > 0.7
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_far_piece_is_in_none_of_them(styles):
    found = fn.recognize(tiny_piece(), styles)
    assert found.none_of_these
    assert found.to_dict()["answer"] is None
    assert found.to_table().facts["answer"] == "none of these"
    assert "None of these" in found.words[0]


def test_all_styles_of_the_store_are_asked_and_damaged_ones_are_named(styles):
    with pytest.raises(StyleNotFound, match="no styles yet"):
        fn.recognize(tiny_melody())
    for style in styles:
        fn.save_style(style)
    for name, keep in (("broken", -100), ("cut", 20)):
        path = fn.save_style(Style(name, styles[0].support)).path
        path.write_bytes(path.read_bytes()[:keep] + b"\x00" * 100)
    found = fn.recognize(transpose(tiny_chorale(), -3))
    assert (found.answer, len(found.matches)) == ("chorales", 2)
    assert [w.code for w in found.warnings] == ["style-left-out"] * 2
    assert fn.recognize(transpose(tiny_chorale(), -3), "songs").none_of_these
    assert fn.recognize(transpose(tiny_chorale(), -3), "songs, chorales").answer == "chorales"


def test_the_answer_needs_what_the_style_needs_and_not_only_to_be_the_nearest():
    near, far = ("near", 5, 0.4, 0.5), ("far", 5, 0.3, 0.2)
    assert recognition([near]).none_of_these
    found = recognition([near, far])
    assert found.answer == "far"
    assert [m.style for m in found.matches] == ["near", "far"]
    assert recognition([("a", 5, 0.05, 0.2)]).chance == pytest.approx(0.95)


def test_how_sure_falls_with_a_rival_and_the_rival_is_named():
    alone = recognition([("a", 5, 0.9, 0.2), ("b", 5, 0.05, 0.2)])
    rivals = recognition([("a", 5, 0.9, 0.2), ("b", 5, 0.88, 0.2)])
    assert alone.chance == pytest.approx(0.9)
    assert rivals.chance < 0.6
    assert any("b" in sentence for sentence in rivals.words)
    assert (alone.sure, rivals.sure) == ("very sure", "unsure") or rivals.sure == "fairly sure"
    assert any("rough guess" in sentence for sentence in recognition([("a", 1, 0.9, 0.2)]).words)


def test_a_piece_without_notes_is_refused(styles):
    with pytest.raises(BadInput, match="not one note"):
        fn.recognize(Piece(480, (Track(),), note_array([])), styles)
