"""Reading ABC: small tunes whose notes are known."""

from __future__ import annotations

import contextlib
import time

import pytest

from fewnotes.codecs import DecodeOptions, abc
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Piece, check_piece
from fewnotes.music.time import bars
from fewnotes.testing import check_codec


def read(body: str, key: str = "C", head: str = "M:4/4\nL:1/4\n", repeats: bool = True) -> Piece:
    text = f"X:1\nT:t\n{head}K:{key}\n{body}\n"
    (piece,) = abc.decode(text.encode(), DecodeOptions(repeats=repeats))
    return check_piece(piece)


def pitches(piece: Piece) -> list[int]:
    return [int(p) for p in piece.notes["pitch"]]


def quarters(piece: Piece, field: str = "duration_tick") -> list[float]:
    return [int(t) / piece.ticks_per_quarter for t in piece.notes[field]]


def codes(piece: Piece) -> set[str]:
    return {w.code for w in piece.warnings}


def test_the_contract_of_a_codec_holds():
    check_codec(abc)


def test_letters_octave_marks_and_lengths():
    piece = read("C c c' C, C,, B| c2 c/ c/2 c// c3/2 c//|")
    assert pitches(piece)[:6] == [60, 72, 84, 48, 36, 71]
    assert quarters(piece)[6:] == [2, 0.5, 0.5, 0.25, 1.5, 0.25]
    assert piece.ticks_per_quarter == 480


def test_the_unit_length_follows_from_the_meter_where_no_l_field_says_it():
    assert quarters(read("c", head="M:2/4\n")) == [0.25]
    assert quarters(read("c", head="M:3/4\n")) == [0.5]
    assert quarters(read("c", head="")) == [0.5]
    assert quarters(read("cc|[M:2/4]c", head="M:4/4\n")) == [0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("key", "fifths", "mode", "sounding"),
    [
        ("D", 2, "major", [66, 61]),
        ("Bm", 2, "minor", [66, 61]),
        ("Ador", 1, "", [66, 60]),
        ("A Mixolydian", 2, "", [66, 61]),
        ("E phrygian", 0, "", [65, 60]),
        ("F lyd", 0, "", [65, 60]),
        ("C#", 7, "major", [66, 61]),
        ("EM", 1, "minor", [66, 60]),
        ("Es", -3, "major", [65, 60]),
        ("HP", 2, "", [66, 61]),
        ("Hp", 2, "", [66, 61]),
        ("D =c", 1, "", [66, 60]),
        ("D exp ^f ^c", 2, "", [66, 61]),
        ("F# Minor", 3, "minor", [66, 61]),
    ],
)
def test_keys_and_modes(key, fifths, mode, sounding):
    piece = read("F C", key=key)
    assert (piece.keys[0].fifths, piece.keys[0].mode) == (fifths, mode)
    assert pitches(piece) == sounding


def test_a_key_that_is_no_usual_one_sounds_right_and_is_reported():
    piece = read("F G C", key="D ^g")
    assert pitches(piece) == [66, 68, 61]
    assert codes(read("F G", key="Dm ^f")) == {"key-not-standard"}
    assert codes(read("F", key="Quark")) == {"key-unknown"}


def test_no_key_is_no_key():
    assert read("F", key="none").keys == ()
    assert read("F", key="").keys == ()


@pytest.mark.parametrize(
    ("key", "pitch"),
    [
        ("C treble-8", 48),
        ("C clef=treble+8", 72),
        ("C clef=bass", 60),
        ("C bass", 60),
        ("C octave=-1", 48),
        ("C transpose=-2", 58),
        ("C clef=bass middle=d", 60),
        ("C alto", 60),
    ],
)
def test_clefs_octaves_and_transposition_give_the_sounding_pitch(key, pitch):
    assert pitches(read("C", key=key)) == [pitch]


def test_the_key_of_a_transposing_voice_is_the_one_that_sounds():
    piece = read("D E F", key="D transpose=-2")
    assert pitches(piece) == [60, 62, 64]
    assert piece.keys[0].fifths == 0


def test_an_accidental_holds_to_the_barline_in_all_octaves():
    assert pitches(read("^c c C =c c|c C")) == [73, 73, 61, 72, 72, 72, 60]


def test_the_scope_of_accidentals_can_be_set():
    head = "%%propagate-accidentals {}\nM:4/4\nL:1/4\n"
    assert pitches(read("^c c C", head=head.format("octave"))) == [73, 73, 60]
    assert pitches(read("^c c C", head=head.format("not"))) == [73, 72, 60]


def test_a_tie_over_a_barline_is_one_note_and_keeps_its_accidental():
    piece = read("^c4-|c2 c2|")
    assert pitches(piece) == [73, 72]
    assert quarters(piece) == [6, 2]


def test_ties_join_in_chords_and_note_by_note():
    assert quarters(read("[CE]2-[CE]2|")) == [4, 4]
    piece = read("[C-E]2[CF]2|")
    assert sorted(zip(pitches(piece), quarters(piece), strict=True)) == [(60, 4), (64, 2), (65, 2)]


def test_a_tie_to_another_pitch_or_into_nothing_is_reported():
    assert codes(read("C2-D2|")) == {"tie-open"}
    assert codes(read("C4-|")) == {"tie-open"}
    assert len(read("C2-{D}C2|").notes) == 2


def test_a_tie_leads_into_each_ending():
    piece = read("|:C4-|1 C4:|2 C2 E2|]")
    assert quarters(piece) == [8, 6, 2]


def test_chords_take_the_length_of_their_first_note():
    piece = read("[C2E]2 D|")
    assert quarters(piece) == [4, 2, 1]
    assert quarters(piece, "onset_tick") == [0, 0, 4]


def test_broken_rhythm():
    assert quarters(read("A>B A<B|A>>B A<<B|")) == [1.5, 0.5, 0.5, 1.5, 1.75, 0.25, 0.25, 1.75]
    assert quarters(read("[CE]>{g}B z<B|"))[:3] == [1.5, 1.5, 0.5]
    assert codes(read(">A B C D|")) == {"broken-rhythm"}


def test_tuplets_with_and_without_defaults():
    third = pytest.approx(2 / 3)
    assert quarters(read("(3ABc d2|")) == [third, third, third, 2]
    assert quarters(read("(5:4:6ABcdef|"))[0] == pytest.approx(0.8)
    assert quarters(read("(5:4:6ABcdef|"))[5] == pytest.approx(0.8)
    assert quarters(read("(5ABcde|", head="M:6/8\nL:1/8\n"))[0] == pytest.approx(0.3)
    assert quarters(read("(5ABcde|", head="M:2/4\nL:1/8\n"))[0] == pytest.approx(0.2)
    assert quarters(read("(3::2AB c|")) == [third, third, 1]
    assert quarters(read("(2AB|", head="M:6/8\nL:1/8\n")) == [0.75, 0.75]


def test_grace_notes_stand_apart():
    piece = read("{/g}c {ab}d|")
    assert pitches(piece) == [72, 74]
    assert [(int(g["onset_tick"]) // 480, int(g["pitch"])) for g in piece.graces] == [(0, 79), (1, 81), (1, 83)]
    assert codes(read("c{d}|")) == {"grace-open"}


def test_rests_of_all_kinds_take_time_and_spacers_none():
    piece = read("c z x y c|Z2|c X c|")
    assert quarters(piece, "onset_tick") == [0, 3, 12, 17]


def test_decorations_slurs_and_annotations_are_passed_over():
    piece = read('!trill!C +fermata+D .E ~F|("^high"TG (A) vB) uc|`C$D "Slow"E F|')
    assert pitches(piece) == [60, 62, 64, 65, 67, 69, 71, 72, 60, 62, 64, 65]
    assert codes(piece) == set()
    assert codes(read("(((C D E F|")) == {"slur-open"}


def test_user_signs_are_decorations():
    assert codes(read("kC|")) == {"sign-unknown"}
    assert codes(read("kC D E F|", head="M:4/4\nL:1/4\nU:k=!snap!\n")) == set()


def test_chord_symbols_are_held():
    piece = read('"Am7/G"C D "^text"E "C#dim"F|"_low"G "N.C."A B c|')
    assert [tuple(c) for c in piece.chords] == [(0, "Am7/G"), (3 * 480, "C#dim"), (5 * 480, "N.C.")]


def test_old_chords_in_plus_signs():
    assert pitches(read("+CEG+ D|")) == [60, 64, 67, 62]


def test_voices_become_tracks():
    body = 'V:1 name="Flute"\n%%MIDI program 73\nCDEF|\nV:2 clef=treble-8\nC4|\n[V:1]GABc|[V:2]C4|'
    piece = read(body)
    assert [(t.name, t.program) for t in piece.tracks] == [("Flute", 73), ("2", 0)]
    assert [int(n["pitch"]) for n in piece.notes if n["track"] == 1] == [48, 48]
    assert codes(piece) == set()


def test_voices_of_unequal_bars_are_aligned_by_bar_and_reported():
    piece = read("V:1\nCDEF|GABc|\nV:2\nC2|C4|")
    assert [int(n["onset_tick"]) // 480 for n in piece.notes if n["track"] == 1] == [0, 4]
    assert codes(piece) == {"voices-uneven"}


def test_overlays_become_notated_voices():
    piece = read("CDEF & C,4|G4|")
    assert [(int(n["pitch"]), int(n["voice"])) for n in piece.notes][:2] == [(48, 2), (60, 1)]
    assert [b.onset_tick for b in bars(piece)] == [0, 1920]
    assert int(read("CDEF|").notes["voice"].max()) == 0


def test_drums_are_channel_ten():
    assert read("%%MIDI channel 10\nC4|").tracks[0].is_drum


@pytest.mark.parametrize(
    ("field", "quarters_per_minute"),
    [
        ("1/4=120", 120),
        ('"Allegro" 1/4=120', 120),
        ('3/8=80 "Jig"', 120),
        ("1/8 1/4=60", 90),
        ("120", 60),
        ("C=120", 60),
        ("C3=40", 60),
        ("1/2=60.5", 121),
    ],
)
def test_tempo_in_all_its_forms(field, quarters_per_minute):
    piece = read("c", head=f"M:4/4\nL:1/8\nQ:{field}\n")
    assert [t.quarters_per_minute for t in piece.tempos] == [quarters_per_minute]


def test_words_alone_set_no_tempo_and_nonsense_is_reported():
    assert read("cccc", head='M:4/4\nL:1/4\nQ:"Andante"\n').tempos == ()
    assert codes(read("cccc", head="M:4/4\nL:1/4\nQ:1/4=0\n")) == {"tempo-unknown"}


@pytest.mark.parametrize(
    ("field", "meter"),
    [("C", (4, 4)), ("C|", (2, 2)), ("(2+3+2)/8", (7, 8)), ("2+3/8", (5, 8)), ("23/16", (23, 16)), ("FREI4/4", (4, 4))],
)
def test_meters(field, meter):
    piece = read("c", head=f"M:{field}\nL:1/8\n")
    assert piece.meters[0][1:] == meter


def test_meter_key_unit_and_tempo_change_in_the_line():
    piece = read("CDEF|[M:3/4][K:D]CDE|[L:1/8][M:7/8][Q:1/4=90]CDEFGAB|")
    assert [tuple(m) for m in piece.meters] == [(0, 4, 4), (1920, 3, 4), (3360, 7, 8)]
    assert [tuple(k) for k in piece.keys] == [(0, 0, "major"), (1920, 2, "major")]
    assert [tuple(t) for t in piece.tempos] == [(0, 120.0), (3360, 90.0)]
    assert len(bars(piece)) == 3


def test_a_short_first_bar_is_a_pickup():
    piece = read("G|CDEF|CDE|]")
    assert piece.pickup_tick == 480
    assert piece.barlines_tick == ()
    assert codes(piece) == set()


def test_a_bar_in_two_parts_around_a_repeat_is_one_bar():
    piece = read("G|CDEF|CDE:|G|CDEF|CDE||")
    assert piece.barlines_tick == ()
    assert codes(piece) == set()
    assert [b.onset_tick // 480 for b in bars(piece)] == [0, 1, 5, 9, 13, 17, 21]


def test_bars_that_do_not_add_up_are_kept_and_summed_up_in_one_notice():
    piece = read("CDEF|CDE|CDEFG|CDEF|")
    assert piece.barlines_tick == (0, 1920, 3360, 5760)
    assert [(w.code, w.message[-1]) for w in piece.warnings] == [("bars-uneven", "2")]


def test_a_barline_left_out_at_the_end_of_a_line_is_set():
    piece = read("CDEF|CDEF\nCDEF|CD\nEF|")
    assert len(bars(piece)) == 4
    assert piece.barlines_tick == ()
    assert codes(piece) == {"barline-missing"}


def test_comments_text_blocks_and_continuation():
    body = "CDEF| % A B C\n%%begintext\nA B C\n%%endtext\nCDEF\\\n|CDEF|\nw:la la A B\n%%vskip 3\nN:ABC"
    piece = read(body)
    assert len(piece) == 12
    assert codes(piece) == {"words-left-out"}


def test_music_that_looks_like_a_field_is_music():
    assert pitches(read("CDEF|\nd:|")) == [60, 62, 64, 65, 74, 60, 62, 64, 65, 74]


def test_header_of_the_file_and_titles():
    text = b"M:3/4\nL:1/4\nC:Anon\n\nX:1\nT:One\nT:Uno\nK:G\nFFF|\n\nX:2\nT:Two\nM:2/4\nK:C\nFF|\n"
    one, two = abc.decode(text, DecodeOptions())
    assert (one.title, one.composer, one.meters[0].numerator) == ("One / Uno", "Anon", 3)
    assert (two.title, two.meters[0].numerator, pitches(two)) == ("Two", 2, [65, 65])


def test_a_book_gives_one_piece_a_tune_and_tells_what_it_leaves_out():
    tune = "X:{}\nT:t\nM:4/4\nL:1/4\nK:C\nCDEF|\n\n"
    text = "".join(tune.format(i) for i in range(200)) + "X:999\nT:empty\nK:C\n\nsome words\n"
    pieces = abc.decode(text.encode(), DecodeOptions())
    assert len(pieces) == 200
    assert sum(len(p) for p in pieces) == 800
    assert codes(pieces[0]) == {"tune-without-notes"}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_and_byte_order_marks(end):
    text = "\ufeffX:1\nT:Á\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|\n".replace("\n", end)
    (piece,) = abc.decode(text.encode("utf-8"), DecodeOptions())
    assert (len(piece), piece.title, piece.warnings) == (8, "Á", ())


def test_latin_1_is_read_and_reported():
    (piece,) = abc.decode("X:1\nT:Fête\nM:4/4\nL:1/4\nK:C\nCDEF|\n".encode("latin-1"), DecodeOptions())
    assert piece.title == "Fête"
    assert codes(piece) == {"text-latin-1"}


@pytest.mark.parametrize("data", [b"", b"hello", b"X:1\n", b"CDEF|GABc|", b"MThd\0\0\0\6", b"X:1\nK:C\nzzzz|\n"])
def test_what_holds_no_tune_is_refused_in_words(data):
    with pytest.raises(BadInput) as caught:
        abc.decode(data, DecodeOptions())
    assert caught.value.expected


def test_what_abc_looks_like():
    assert abc.sniff(b"%abc-2.1\n\nX:1\nK:C\nC")
    assert abc.sniff("\ufeffX: 1\r\nT:a\r\nK:C\r\n".encode())
    assert not abc.sniff(b"**kern\n4c\n*-\n")
    assert not abc.sniff(b"<score>\nX:1\nK:C\n</score>")
    assert not abc.sniff(b"\n" * 65536)


HOSTILE = {
    "brackets": "[" * 20000 + "CDEF|",
    "fields": "[K:" * 20000 + "CDEF|",
    "quotes": '"' * 20001 + "CDEF|",
    "shrieks": "!a" * 20000 + "C|",
    "braces": "{" * 20000 + "CDEF|",
    "colons": ":" * 20000 + "|CDEF|",
    "bars": "|:" * 20000 + "C" + ":|" * 20000,
    "tuplets": "(3" * 20000 + "CDEF|",
    "broken": "C" + ">" * 20000 + "D|",
    "accidentals": "^" * 20000 + "C|",
    "octaves": "C" + "'" * 20000 + "D|",
    "slashes": "C" + "/" * 20000 + "D|",
    "digits": "C" + "9" * 20000 + "D|",
    "rests": "CZ99999999|",
    "graces": "{c}" * 20000 + "C|",
    "overlays": "C&" * 20000 + "C|",
    "long notes": "C999999" * 20000,
    "endings": "|1,2,3-99999999 C:|" * 500,
    "voices": "".join(f"[V:{i}]C" for i in range(2000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_lines_end_quickly_in_a_piece_or_a_refusal(name):
    start = time.process_time()
    with contextlib.suppress(BadInput):
        read(HOSTILE[name])
    assert time.process_time() - start < 5


def test_too_many_tunes_and_too_long_lengths_are_refused():
    with pytest.raises(TooLarge):
        abc.decode(b"X:1\nK:C\nC\n\n" * 10_001, DecodeOptions())
    with pytest.raises(TooLarge):
        read("C9999999")


def test_odd_tuplets_that_no_resolution_holds_are_rounded_and_reported():
    piece = read("(17:16:17" + "c/4" * 17 + "(19:16:19" + "c/4" * 19 + "|")
    assert piece.ticks_per_quarter == 20160
    assert "time-rounded" in codes(piece)
    assert piece.end_tick == 8 * 20160
