"""The order in which measures are played."""

from __future__ import annotations

import pytest

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.musicxml import decode
from fewnotes.codecs.musicxml.reading.raw import RawMarks
from fewnotes.codecs.musicxml.repeats import playing_order


def order(count, **marks):
    """Playing order as letters; marks by letter of the measure, for example b=RawMarks(forward=True)."""
    found, amiss = playing_order({ord(k) - 97: m for k, m in marks.items()}, count)
    return "".join(chr(97 + i) for i in found), bool(amiss)


BACK = RawMarks(backward_times=2)
FORWARD = RawMarks(forward=True)


def ending(number, back=0, stop=True):
    return RawMarks(ending_start=number, ending_stop=stop, backward_times=back)


@pytest.mark.parametrize(
    ("count", "marks", "played"),
    [
        (3, {}, "abc"),
        (3, {"b": BACK}, "ababc"),
        (4, {"b": FORWARD, "c": BACK}, "abcbcd"),
        (2, {"a": RawMarks(backward_times=3)}, "aaab"),
        (4, {"b": BACK, "d": BACK}, "ababcdcd"),
        (3, {"b": RawMarks(forward=True, backward_times=2)}, "abbc"),
        (4, {"a": FORWARD, "b": ending("1", 2), "c": ending("2")}, "abacd"),
        (4, {"b": ending("1, 2", 2), "c": ending("3")}, "ababacd"),
        (4, {"b": ending("", 2), "c": ending("")}, "abacd"),
        (6, {"b": ending("1", 2), "c": ending("2"), "e": ending("1", 2), "f": ending("2")}, "abacdedf"),
    ],
)
def test_repeats_and_endings_are_played_out(count, marks, played):
    assert order(count, **marks) == (played, False)


def test_an_ending_over_two_bars_is_left_out_whole():
    marks = {"b": ending("1", stop=False), "c": RawMarks(ending_stop=True, backward_times=2), "d": ending("2")}
    assert order(5, **marks) == ("abcade", False)


@pytest.mark.parametrize(
    ("marks", "played"),
    [
        ({"d": RawMarks(dacapo=True)}, "abcdabcd"),
        ({"b": RawMarks(fine=True), "d": RawMarks(dacapo=True)}, "abcdab"),
        ({"b": RawMarks(segno="s"), "c": RawMarks(fine=True), "d": RawMarks(dalsegno="s")}, "abcdbc"),
        ({"b": RawMarks(tocoda="c"), "c": RawMarks(dacapo=True), "d": RawMarks(coda="c")}, "abcabd"),
    ],
)
def test_jumps_are_followed_once(marks, played):
    assert order(4, **marks) == (played, False)


def test_after_a_jump_repeats_are_not_taken_and_the_last_ending_counts():
    marks = {"b": ending("1", 2), "c": ending("2"), "d": RawMarks(dacapo=True)}
    assert order(4, **marks) == ("abacdacd", False)


@pytest.mark.parametrize(
    "marks",
    [
        {"a": FORWARD, "b": FORWARD, "c": BACK, "d": BACK},
        {"d": FORWARD},
        {"b": RawMarks(backward_times=1_000_000)},
        {"d": RawMarks(dalsegno="nowhere")},
    ],
)
def test_signs_without_sense_fall_back_to_the_written_order(marks):
    assert order(4, **marks) == ("abcd", True)


def music(*bars):
    head = "<score-partwise><part-list><score-part id='P1'><part-name/></score-part></part-list><part id='P1'>"
    body = "".join(f"<measure number='{i}'>{bar}</measure>" for i, bar in enumerate(bars, 1))
    return f"{head}{body}</part></score-partwise>".encode()


def whole(step, extra=""):
    return f"<note><pitch><step>{step}</step><octave>4</octave></pitch><duration>4</duration>{extra}</note>"


def attributes(fifths, beats):
    return (
        f"<attributes><divisions>1</divisions><key><fifths>{fifths}</fifths></key>"
        f"<time><beats>{beats}</beats><beat-type>4</beat-type></time></attributes>"
    )


REPEAT = "<barline location='right'><repeat direction='backward'/></barline>"


def test_key_and_tempo_of_the_beginning_return_with_the_repeat():
    first = attributes(0, 4) + "<sound tempo='60'/>" + whole("C")
    second = "<attributes><key><fifths>3</fifths></key></attributes><sound tempo='90'/>" + whole("D") + REPEAT
    piece = decode(music(first, second, whole("E")), DecodeOptions())[0]
    assert [(k.onset_tick, k.fifths) for k in piece.keys] == [(0, 0), (4, 3), (8, 0), (12, 3)]
    assert [(t.onset_tick, t.quarters_per_minute) for t in piece.tempos] == [(0, 60), (4, 90), (8, 60), (12, 90)]
    assert piece.notes["pitch"].tolist() == [60, 62, 60, 62, 64]


def test_without_repeats_the_written_order_is_kept_and_told():
    piece = decode(music(attributes(0, 4) + whole("C") + REPEAT), DecodeOptions(repeats=False))[0]
    assert len(piece) == 1
    assert [w.code for w in piece.warnings] == ["repeats-written"]


def test_a_tie_into_both_endings_lengthens_the_note_each_time():
    first = attributes(0, 4) + whole("G", "<tie type='start'/>")
    one = "<barline location='left'><ending number='1' type='start'/></barline>" + whole("G", "<tie type='stop'/>")
    one += "<barline location='right'><ending number='1' type='stop'/><repeat direction='backward'/></barline>"
    two = "<barline location='left'><ending number='2' type='start'/></barline>" + whole("G", "<tie type='stop'/>")
    two += "<barline location='right'><ending number='2' type='stop'/></barline>"
    piece = decode(music(first, one, two), DecodeOptions())[0]
    assert piece.notes[["onset_tick", "duration_tick"]].tolist() == [(0, 8), (8, 8)]
    assert piece.warnings == ()
