"""The order of playing in ABC: repeats, endings, parts, and their caps."""

from __future__ import annotations

import pytest

from fewnotes.codecs import MAX_REPEAT_FACTOR, DecodeOptions, abc
from fewnotes.music.piece import Piece
from fewnotes.music.pitch import pitch_class_name


def played(body: str, head: str = "", repeats: bool = True) -> Piece:
    text = f"X:1\n{head}M:4/4\nL:1/1\nK:C\n{body}\n"
    return abc.decode(text.encode(), DecodeOptions(repeats=repeats))[0]


def names(piece: Piece) -> str:
    return "".join(pitch_class_name(int(p)) for p in piece.notes["pitch"])


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("C|D|E|]", "CDE"),
        ("|:C|D:|E|", "CDCDE"),
        ("C|D:|E:|", "CDCDEE"),
        ("|:C::D:|", "CCDD"),
        ("|:C:|:D:|", "CCDD"),
        ("|:C:||:D:|", "CCDD"),
        ("|::C::|D|", "CCCD"),
        ("C||D:|E|", "CDCDE"),
        ("|:C|1 D:|2 E|]F|", "CDCEF"),
        ("|:C|[1 D:|[2 E||F|", "CDCEF"),
        ("|:C|1 D:|2 E:|F|", "CDCEF"),
        ("|:C|[1,3 D:|[2,4 E:|F|", "CDCECDCEF"),
        ("|:C|[1-3 D:|[4 E|]", "CDCDCDCE"),
        ("|:C|1 D:|E|F|", "CDCEF"),
        ("C|1 D|2 E||F|", "CDCEF"),
        ("|:C|1 D:|2 E:|:F|1 G:|2 A|]", "CDCEFGFA"),
    ],
)
def test_repeats_and_endings(body, order):
    piece = played(body)
    assert names(piece) == order
    assert piece.warnings == ()


def test_without_repeats_everything_stands_once_as_written():
    assert names(played("|:C|1 D:|2 E|]|:F:|", repeats=False)) == "CDEF"


@pytest.mark.parametrize(
    ("order", "played_order"),
    [
        ("AB", "CCDE"),
        ("ABA", "CCDECC"),
        ("A2B", "CCCCDE"),
        ("(AB)2", "CCDECCDE"),
        ("(A(B)2)2", "CCDEDECCDEDE"),
        ("A.B.", "CCDE"),
    ],
)
def test_parts_are_played_in_the_order_of_the_header(order, played_order):
    assert names(played("P:A\n|:C:|\nP:B\nD|E|", head=f"P:{order}\n")) == played_order


def test_parts_that_are_missing_are_reported():
    piece = played("P:A\nC|\nP:B\nD|", head="P:ABXA\n")
    assert names(piece) == "CDC"
    assert {w.code for w in piece.warnings} == {"part-missing"}


def test_state_comes_back_with_the_repeat():
    piece = played("|:C|[M:2/4][K:D]F1/2:|[M:3/4]G3/4|")
    assert [tuple(m) for m in piece.meters] == [
        (0, 4, 4),
        (1920, 2, 4),
        (2880, 4, 4),
        (4800, 2, 4),
        (5760, 3, 4),
    ]
    assert [k.fifths for k in piece.keys] == [0, 2, 0, 2]


def test_all_voices_follow_the_repeats_of_the_first():
    piece = played("V:1\n|:C|D:|E|\nV:2\nC,|D,|E,|")
    tracks = [[int(n["pitch"]) for n in piece.notes if n["track"] == t] for t in (0, 1)]
    assert tracks == [[60, 62, 60, 62, 64], [48, 50, 48, 50, 52]]


def test_doubled_empty_and_open_signs_are_reported():
    assert {w.code for w in played("|:|:C:|:|").warnings} == {"repeat-empty"}
    assert {w.code for w in played("|:C|D|").warnings} == {"repeat-open"}
    piece = played("|:" * 30 + "C" + ":|" * 30)
    assert names(piece) == "CC"
    assert piece.warnings


def test_da_capo_is_not_followed_and_said():
    assert {w.code for w in played("C|D!D.C.!|").warnings} == {"jump-not-played"}


def test_orders_that_explode_are_played_as_written():
    bomb = "(" * 9 + "A" + ")9" * 9
    piece = played("P:A\n" + "C|" * 10, head=f"P:{bomb}\n")
    assert len(piece) == 10
    assert {w.code for w in piece.warnings} == {"part-order-unknown"}
    long = played("P:A\n" + "C|" * 100, head="P:A999\n")
    assert len(long) == 100
    assert {w.code for w in long.warnings} == {"repeat-too-long"}


def test_no_repeat_plays_more_often_than_the_cap():
    piece = played("|:C" + ":" * 500 + "|")
    assert len(piece) <= MAX_REPEAT_FACTOR
