"""kern: what single lines and signs mean, what is repaired, what is refused."""

from __future__ import annotations

import pytest

from fewnotes.codecs import MAX_FILE_BYTES, DecodeOptions, kern
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Piece
from fewnotes.music.time import barlines, bars
from fewnotes.testing import check_codec


def read(*lines: str, repeats: bool = True) -> Piece:
    """One piece from lines; two or more spaces stand for a tab."""
    text = "\n".join("\t".join(line.split("  ")) for line in lines) + "\n"
    (piece,) = kern.decode(text.encode(), DecodeOptions(repeats))
    return piece


def rows(piece: Piece) -> list[tuple[float, float, int]]:
    """(onset, duration, pitch) in quarters."""
    q = piece.ticks_per_quarter
    return [(n["onset_tick"] / q, n["duration_tick"] / q, int(n["pitch"])) for n in piece.notes]


def codes(piece: Piece) -> list[str]:
    return [notice.code for notice in piece.warnings]


def length_of(token: str) -> float:
    return rows(read("**kern", token, "*-"))[0][1]


def pitch_of(token: str) -> int:
    return rows(read("**kern", token, "*-"))[0][2]


def test_it_keeps_the_promises_of_a_codec():
    check_codec(kern)


@pytest.mark.parametrize(
    ("token", "pitch"),
    [("4c", 60), ("4cc", 72), ("4C", 48), ("4CC", 36), ("4b", 71), ("4B", 59), ("4c#", 61), ("4e-", 63), ("4f##", 67),
     ("4b--", 69), ("4en", 64), ("4cn;", 60), ("{(4g#'/L", 68), ("ff#4", 78)],
)  # fmt: skip
def test_letters_and_signs_name_the_pitch(token, pitch):
    assert pitch_of(token) == pitch


@pytest.mark.parametrize(
    ("token", "quarters"),
    [("1c", 4), ("2c", 2), ("4c", 1), ("8c", 0.5), ("16c", 0.25), ("0c", 8), ("00c", 16), ("000c", 32), ("4.c", 1.5),
     ("4..c", 1.75), ("2.c", 3), ("0.c", 12)],
)  # fmt: skip
def test_reciprocal_numbers_and_dots_name_the_duration(token, quarters):
    assert length_of(token) == quarters


@pytest.mark.parametrize(
    ("token", "quarters"),
    [("12c", 1 / 3), ("6c", 2 / 3), ("24c", 1 / 6), ("20c", 1 / 5), ("3%2c", 8 / 3), ("5%4c", 3.2)],
)
def test_tuplets_and_rational_durations_are_exact(token, quarters):
    piece = read("**kern", token, "*-")
    assert piece.notes["duration_tick"][0] * 1.0 == pytest.approx(quarters * piece.ticks_per_quarter, abs=1e-9)


def test_a_chord_takes_its_rhythm_from_its_first_note():
    piece = read("**kern", "4c 4e g", "4d", "*-")
    assert rows(piece) == [(0, 1, 60), (0, 1, 64), (0, 1, 67), (1, 1, 62)]


def test_rests_move_time_and_null_tokens_do_not():
    piece = read("**kern  **kern", "4r  8c", ".  8d", "4C  4e", "*-  *-")
    assert rows(piece) == [(0, 0.5, 60), (0.5, 0.5, 62), (1, 1, 64), (1, 1, 48)]


def test_the_last_spine_is_the_first_track_as_a_score_shows_it():
    piece = read("**kern  **kern", "*Ibass  *Isoprn", '*I"Basso  *I"Canto', "4C  4cc", "*-  *-")
    assert [t.name for t in piece.tracks] == ["Canto", "Basso"]
    assert piece.notes["track"].tolist() == [0, 1]
    assert {t.program for t in piece.tracks} == {52}


def test_staff_numbers_decide_the_order_and_one_part_with_two_staves_is_one_track():
    piece = read(
        "**kern  **kern  **kern", "*part2  *part2  *part1", "*staff3  *staff2  *staff1", "*Ipiano  *Ipiano  *Iflt",
        "4C  4c  4ccc", "*-  *-  *-",
    )  # fmt: skip
    assert [t.program for t in piece.tracks] == [73, 0]
    assert [(int(n["track"]), int(n["staff"]), int(n["pitch"])) for n in piece.notes] == [
        (0, 0, 84), (1, 2, 48), (1, 1, 60)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "program"),
    [("*Ivioln", 40), ("*Icello", 42), ("*Iorgan", 19), ("*Icemba", 6), ("*Ifagot", 70), ("*Itromp", 56),
     ("*ICklav", 0), ('*I"Violino Primo', 40), ('*I"Violoncello', 42), ('*I"Trombone', 57),
     ('*I"Oboe I', 68), ("*Ixyzzy", 0)],
)  # fmt: skip
def test_instruments_are_known_by_code_name_or_class(line, program):
    assert read("**kern", line, "4c", "*-").tracks[0].program == program


def test_a_percussion_clef_makes_a_drum_track():
    assert read("**kern", "*clefX", "4c", "*-").tracks[0].is_drum


def test_other_spines_are_left_out_and_said():
    piece = read("**kern  **text  **dynam", "4c  97-mal  p", "*-  *-  *-")
    assert rows(piece) == [(0, 1, 60)]
    assert piece.ticks_per_quarter == 480
    assert codes(piece) == ["spines-not-read"]
    assert "**text" in str(piece.warnings[0])


def test_a_split_spine_is_two_voices_until_it_is_joined():
    piece = read("**kern", "4c", "*^", "2e  4g", ".  4f", "*v  *v", "4c", "*-")
    assert rows(piece) == [(0, 1, 60), (1, 2, 64), (1, 1, 67), (2, 1, 65), (3, 1, 60)]
    assert piece.notes["voice"].tolist() == [1, 1, 2, 2, 1]


def test_a_split_does_not_change_the_voice_of_what_came_before():
    piece = read("**kern", "*^", "4c  4e", "*^  *", "4c  4d  4e", "*v  *v  *", "4c  4e", "*v  *v", "*-")
    voices = {(int(n["onset_tick"]), int(n["pitch"])): int(n["voice"]) for n in piece.notes}
    assert voices[(0, 64)] == 2
    assert voices[(480, 64)] == 3
    assert voices[(960, 64)] == 2


def test_exchanged_and_ended_spines_keep_their_tracks():
    piece = read(
        "**kern  **kern", '*I"low  *I"high', "4C  4cc", "*x  *x", "4dd  4D", "*-  *", "4E", "*-",
    )  # fmt: skip
    low = [int(n["pitch"]) for n in piece.notes if piece.tracks[n["track"]].name == "low"]
    assert low == [48, 50, 52]


def test_a_tie_over_a_barline_is_one_note():
    piece = read("**kern", "*M2/4", "=1", "4c", "[4d", "=2", "4d_", "4d]", "=3", "4c", "4r", "==", "*-")
    assert rows(piece) == [(0, 1, 60), (1, 3, 62), (4, 1, 60)]
    assert codes(piece) == []


def test_ties_of_two_voices_in_unison_are_kept_apart():
    piece = read("**kern", "*^", "[4c  [2c", "2c]  .", ".  2c]", "4r  .", "*v  *v", "*-")
    assert rows(piece) == [(0, 3, 60), (0, 4, 60)]


def test_a_tie_that_is_never_closed_or_opened_is_said():
    assert codes(read("**kern", "[4c", "4d", "*-")) == ["tie-not-closed"]
    assert codes(read("**kern", "4c", "4c]", "*-")) == ["tie-not-opened"]


@pytest.mark.parametrize("token", ["8qd", "dq", "16qqd", "8dQ"])
def test_grace_notes_stand_apart_at_the_note_they_lead_to(token):
    piece = read("**kern  **kern", "4c  4e", f"{token}  .", "4c  4e", "*-  *-")
    assert len(piece.notes) == 4
    assert piece.graces["onset_tick"].tolist() == [480]
    assert piece.graces["pitch"].tolist() == [62]
    assert piece.graces["duration_tick"][0] > 0


def test_an_appoggiatura_is_written_as_it_is_played():
    assert rows(read("**kern", "8dP", "8cp", "*-")) == [(0, 0.5, 62), (0.5, 0.5, 60)]


@pytest.mark.parametrize(
    ("text", "meter"),
    [("*M3/4", (3, 4)), ("*M23/16", (23, 16)), ("*M2+3/8", (5, 8)), ("*M3/0", (6, 1)), ("*M2/1", (2, 1)),
     ("*met(C)", (4, 4)), ("*met(C|)", (2, 2))],
)  # fmt: skip
def test_meters(text, meter):
    assert read("**kern", text, "1c", "*-").meters[0][1:] == meter


def test_a_mensuration_sign_never_overrides_a_meter():
    assert read("**kern", "*met(C)", "*M4/2", "1c", "*-").meters == ((0, 4, 2),)


@pytest.mark.parametrize("text", ["*M0/4", "*M99/000", "*M4/7", "*M999/4"])
def test_a_meter_that_cannot_be_held_is_said(text):
    piece = read("**kern", text, "1c", "*-")
    assert piece.meters == ()
    assert codes(piece) == ["bad-meter"]


@pytest.mark.parametrize(
    ("lines", "key"),
    [(["*k[f#c#]", "*D:"], (2, "major")), (["*k[b-]", "*d:"], (-1, "minor")), (["*k[]"], (0, "")),
     (["*e-:"], (-6, "minor")),
     (["*A-:"], (-4, "major")), (["*k[b-]", "*g:dor"], (-1, "")), (["*D:dor"], (0, "")), (["*a:aeo"], (0, "minor"))],
)  # fmt: skip
def test_keys_take_their_signature_and_their_mode(lines, key):
    assert read("**kern", *lines, "1c", "*-").keys == ((0, *key),)


def test_keys_meters_and_tempos_change_where_they_stand():
    piece = read(
        "**kern", "*k[]", "*M4/4", "*MM60", "=1", "1c", "=2", "*k[f#]", "*M3/4", "*MM90.5", "2.d", "==", "*-",
    )  # fmt: skip
    assert piece.keys == ((0, 0, ""), (1920, 1, ""))
    assert piece.meters == ((0, 4, 4), (1920, 3, 4))
    assert piece.tempos == ((0, 60.0), (1920, 90.5))
    assert piece.barlines_tick == ()


def test_where_spines_disagree_most_of_them_count_and_it_is_said():
    piece = read("**kern  **kern  **kern", "*M3/4  *M4/4  *M3/4", "4C  4c  4cc", "*-  *-  *-")
    assert piece.meters == ((0, 3, 4),)
    assert codes(piece) == ["spines-disagree"]


def test_a_printing_transposition_changes_nothing_and_a_moved_one_is_brought_back():
    assert rows(read("**kern", "*ITrd1c2", "4c", "*-")) == [(0, 1, 60)]
    moved = read("**kern", "4c", "*Trd1c2", "4d", "*-")
    assert rows(moved) == [(0, 1, 60), (1, 1, 60)]
    assert codes(moved) == ["transposed"]


def test_a_short_first_bar_is_a_pickup():
    piece = read("**kern", "*M3/4", "4g", "=1", "2.c", "=2", "2.d", "==", "*-")
    assert piece.pickup_tick == 480
    assert piece.barlines_tick == ()
    assert [b.number for b in bars(piece)] == [0, 1, 2]
    assert codes(piece) == []


def test_bars_that_do_not_add_up_keep_their_barlines_and_are_said():
    piece = read("**kern", "*M4/4", "=1", "1c", "=2", "2d", "=3", "1e", "==", "*-")
    assert piece.barlines_tick == (0, 1920, 2880)
    assert codes(piece) == ["bars-uneven"]
    assert "first bar 2" in str(piece.warnings[0])


def test_a_repeat_sign_within_a_bar_makes_no_bar():
    piece = read(
        "**kern", "*M4/4", "4g", "=1", "1c", "=2", "2.d", "=:|!|:", "4g", "=3", "1c", "==", "*-", repeats=False
    )
    assert piece.barlines_tick == ()
    assert (barlines(piece) / 480).tolist() == [0, 1, 5, 9, 13]


def test_repeat_barlines_are_played_unless_asked_not_to():
    lines = ("**kern", "*M1/4", "=1", "4c", "=2:|!|:", "4d", "=3", "4e", "=4:|!", "4f", "==", "*-")
    assert [p for _, _, p in rows(read(*lines))] == [60, 60, 62, 64, 62, 64, 65]
    assert [p for _, _, p in rows(read(*lines, repeats=False))] == [60, 62, 64, 65]


def test_a_pickup_before_a_repeat_fills_the_bar_it_comes_back_to():
    piece = read("**kern", "*M3/4", "4g", "=1", "2.c", "=2", "2d", "=:|!", "*-")
    assert [(o, p) for o, _, p in rows(piece)] == [(0, 67), (1, 60), (4, 62), (6, 67), (7, 60), (10, 62)]
    assert piece.pickup_tick == 480
    assert piece.barlines_tick == ()


def test_section_lists_decide_the_order_of_play():
    lines = ("**kern", "*>[A,B,A]", "*>norep[A,B]", "*>A", "*M1/4", "=1", "4c", "*>B", "=2", "4d", "==", "*-")
    assert [p for _, _, p in rows(read(*lines))] == [60, 62, 60]
    assert [p for _, _, p in rows(read(*lines, repeats=False))] == [60, 62]


def test_meter_and_key_are_said_again_where_play_jumps_back():
    piece = read(
        "**kern", "*>[A,B,A]", "*>A", "*M4/4", "*k[]", "*MM60", "=1", "1c",
        "*>B", "*M3/4", "*k[f#]", "*MM90", "=2", "2.d", "==", "*-",
    )  # fmt: skip
    assert piece.meters == ((0, 4, 4), (1920, 3, 4), (3360, 4, 4))
    assert [k.fifths for k in piece.keys] == [0, 1, 0]
    assert [t.quarters_per_minute for t in piece.tempos] == [60, 90, 60]


def test_a_tie_that_leaves_a_repeated_section_is_closed_both_times():
    piece = read("**kern", "*>[A,A,B]", "*>A", "4c", "[4d", "*>B", "4d]", "*-")
    assert rows(piece) == [(0, 1, 60), (1, 1, 62), (2, 1, 60), (3, 2, 62)]
    assert codes(piece) == ["tie-not-closed"]


@pytest.mark.parametrize("order", [",".join("A" * 5000), ",".join(["A,B"] * 1000)])
def test_an_endless_section_list_is_not_played_and_said(order):
    piece = read("**kern", f"*>[{order[:1900]}]", "*>A", "4c", "*>B", "4d", "*-")
    assert rows(piece) == [(0, 1, 60), (1, 1, 62)]
    assert "expansion-long" in codes(piece)


def test_a_section_that_is_not_there_is_left_out_and_said():
    piece = read("**kern", "*>[A,Z,A]", "*>A", "4c", "*-")
    assert len(piece) == 2
    assert codes(piece) == ["expansion-label"]


def test_title_and_composer_come_from_reference_records_before_or_after_the_music():
    text = "!!!OTL: Ein Lied\n**kern\n4c\n*-\n!!!COM: Jemand\n"
    (piece,) = kern.decode(text.encode(), DecodeOptions())
    assert (piece.title, piece.composer) == ("Ein Lied", "Jemand")


def test_several_pieces_in_a_file_are_several_pieces_each_with_its_records():
    text = "!!!!SEGMENT: one.krn\n**kern\n4c\n*-\n!!!COM: A\n!!!!SEGMENT: two.krn\n!!!OTL: Two\n**kern\n4d\n*-\n"
    one, two = kern.decode(text.encode(), DecodeOptions())
    assert (one.title, one.composer) == ("one", "A")
    assert (two.title, two.composer) == ("Two", "")
    plain = kern.decode(b"!!!OTL: One\n**kern\n4c\n*-\n!!!OTL: Two\n**kern\n4d\n*-\n", DecodeOptions())
    assert [p.title for p in plain] == ["One", "Two"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"!!!COM: Dvo\xf8\xe1k\n**kern\n4c\n*-\n", "latin-1"),
        (b"**kern    **kern\n4c    4e\n*-    *-\n", "spaces-for-tabs"),
        (b"**kern\n4c\n", "not-terminated"),
        (b"**kern\n4c\n*-\n4d\n", "after-end"),
        (b"**kern\n4c\t4d\n*-\n", "too-many-columns"),
        (b"**kern\t**kern\n4c\t4e\n4d\n*-\t*-\n", "too-few-columns"),
        (b"**kern\n4c\n*v\n4d\n*-\n", "spine-path"),
        (b"**kern\n4c\n*+\n4d\t4e\n*-\t*-\n", "untyped-spine"),
        (b"**kern\n4cCdE\n*-\n", "mixed-pitch"),
        (b"**kern\n4c\n4?\n*-\n", "bad-note"),
        (b"**kern\n4c\n4cccccccccc\n*-\n", "pitch-range"),
        (b"**kern\nc\n*-\n", "no-duration"),
        (b"**kern\n99999c\n*-\n", "bad-duration"),
        (b"**kern\n4" + b"." * 500 + b"c\n*-\n", "many-dots"),
        (b"**kern\n4c 8e\n*-\n", "chord-durations"),
        (b"**kern\t**kern\n4c\t2e\n4d\t4f\n*-\t*-\n", "spines-apart"),
        (b"**kern\n*MM0\n4c\n*-\n", "bad-tempo"),
        (b"**kern\n*k[b-f#]\n4c\n*-\n", "bad-key"),
        (b"**kern\n" + b"4c " * 5000 + b"\n*-\n", "long-token"),
        (b"**kern\n4c\n=1\n4c\n*-\n**kern\n*-\n", "empty-piece"),
        (b"**kern\t**kern\n4c\t=1\n4c\t4c\n*-\t*-\n", "bad-note"),
        (b"**kern\t**kern\n=1\t4c\n4c\t4c\n*-\t*-\n", "mixed-line"),
    ],
)
def test_what_is_repaired_is_said(data, code):
    (piece,) = kern.decode(data, DecodeOptions())
    assert code in codes(piece)
    assert len(piece) >= 1


def test_line_ends_marks_and_encodings_of_other_systems_change_nothing():
    lines = b"**kern\t**kern\n*M4/4\t*M4/4\n4c\t4e\n*-\t*-\n"
    (plain,) = kern.decode(lines, DecodeOptions())
    for other in (lines.replace(b"\n", b"\r\n"), lines.replace(b"\n", b"\r"), b"\xef\xbb\xbf" + lines,
                  lines.decode().encode("utf-16")):  # fmt: skip
        (piece,) = kern.decode(other, DecodeOptions())
        assert piece == plain
        assert piece.warnings == ()


@pytest.mark.parametrize(
    "data", [b"", b"!!! nothing\n", b"**text\nla\n*-\n", b"**kern\n4r\n*-\n", b"**kern\n*-\n", b"\0" * 99]
)
def test_what_holds_no_notes_is_refused_with_a_reason(data):
    with pytest.raises(BadInput) as caught:
        kern.decode(data, DecodeOptions())
    assert caught.value.what
    assert caught.value.expected


@pytest.mark.parametrize(
    "data",
    [
        b"**kern\n" + b"4c\n" * 250_000,
        b"\t".join([b"**kern"] * 3000) + b"\n",
        b"**kern\n*-\n" * 20_000,
        b"**kern\n" + b"1%4096c\n" * 300,
        b"x" * (MAX_FILE_BYTES + 1),
        b"**kern\n4c\n" + b"".join(b"\t".join([b"*^"] * 2**i) + b"\n" for i in range(14)),
    ],
    ids=["lines", "spines", "pieces", "time", "bytes", "splits"],
)
def test_what_is_beyond_the_caps_is_refused_as_too_large(data):
    with pytest.raises(TooLarge):
        kern.decode(data, DecodeOptions())


def test_too_fine_rhythms_are_rounded_and_said():
    piece = read("**kern", *(f"{n}c" for n in (101, 103, 107, 109, 113)), "*-")
    assert len(piece) == 5
    assert "rhythm-rounded" in codes(piece)


@pytest.mark.parametrize(
    ("data", "is_kern"),
    [
        (b"**kern\n", True),
        (b"!!!OTL: x\n**text\t**kern\n", True),
        (b"\xef\xbb\xbf!!! a\n**kern\n", True),
        (b"\xef\xbb\xbf**kern\n", True),
        (b"**text\n", False),
        (b"X:1\n%**kern\n", False),
        (b"MThd**kern", False),
        (b"", False),
        (b"\xff\xfe", False),
    ],
)
def test_sniffing_looks_for_a_kern_header(data, is_kern):
    assert kern.sniff(data) is is_kern
