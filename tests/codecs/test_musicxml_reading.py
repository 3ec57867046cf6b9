"""What the MusicXML reader makes of legal, odd and broken scores."""

from __future__ import annotations

import pytest

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.musicxml import decode, sniff
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import ChordSymbol, KeySignature, Meter, Piece, Tempo, check_piece
from fewnotes.music.time import bars

HEAD = "<?xml version='1.0' encoding='UTF-8'?>"


def note(step="C", octave=4, duration=1, extra="", alter=""):
    """One <note>; `extra` goes behind the duration."""
    altered = f"<alter>{alter}</alter>" if alter else ""
    return (
        f"<note><pitch><step>{step}</step>{altered}<octave>{octave}</octave></pitch>"
        f"<duration>{duration}</duration>{extra}</note>"
    )


ATTRIBUTES = "<attributes><divisions>1</divisions><time><beats>4</beats><beat-type>4</beat-type></time></attributes>"


def score(*measures, attributes=ATTRIBUTES, instruments="", names=("Music",)):
    """A partwise score of parts with the same measures."""
    listed = "".join(
        f"<score-part id='P{i}'><part-name>{n}</part-name>{instruments}</score-part>" for i, n in enumerate(names)
    )
    body = "".join(
        f"<measure number='{k + 1}'>{attributes if k == 0 else ''}{m}</measure>" for k, m in enumerate(measures)
    )
    parts = "".join(f"<part id='P{i}'>{body}</part>" for i in range(len(names)))
    return f"{HEAD}<score-partwise><part-list>{listed}</part-list>{parts}</score-partwise>".encode()


def read(data: bytes, repeats: bool = True) -> Piece:
    return check_piece(decode(data, DecodeOptions(repeats))[0])


def rows(piece: Piece) -> list[tuple[int, int, int]]:
    return [tuple(r) for r in piece.notes[["onset_tick", "duration_tick", "pitch"]].tolist()]


def codes(piece: Piece) -> set[str]:
    return {w.code for w in piece.warnings}


FOUR = note("C") + note("D") + note("E") + note("F")


def test_a_bar_of_quarters_is_four_notes_in_one_bar():
    piece = read(score(FOUR))
    assert rows(piece) == [(0, 1, 60), (1, 1, 62), (2, 1, 64), (3, 1, 65)]
    assert len(bars(piece)) == 1
    assert piece.warnings == ()


def test_a_timewise_score_is_read_like_a_partwise_one():
    timewise = (
        f"{HEAD}<score-timewise><part-list><score-part id='P1'><part-name>A</part-name></score-part>"
        "<score-part id='P2'><part-name>B</part-name></score-part></part-list>"
        f"<measure number='1'><part id='P1'>{ATTRIBUTES}{FOUR}</part><part id='P2'>{ATTRIBUTES}{FOUR}</part></measure>"
        f"<measure number='2'><part id='P2'>{FOUR}</part></measure></score-timewise>"
    )
    piece = read(timewise.encode())
    assert [t.name for t in piece.tracks] == ["A", "B"]
    assert piece.notes["track"].tolist().count(1) == 8
    assert rows(piece)[-1] == (7, 1, 65)


def test_chords_share_an_onset_and_backup_starts_a_second_voice():
    second = note("C", 3, 4, "<voice>2</voice><staff>2</staff>")
    chord = "<note><chord/><pitch><step>E</step><octave>4</octave></pitch><duration>4</duration></note>"
    piece = read(score(note("C", 4, 4) + chord + "<backup><duration>4</duration></backup>" + second))
    assert rows(piece) == [(0, 4, 48), (0, 4, 60), (0, 4, 64)]
    assert piece.notes["voice"].tolist() == [2, 1, 1]
    assert piece.notes["staff"].tolist() == [2, 1, 1]


def test_a_tie_over_a_barline_is_one_note():
    start, stop = "<tie type='start'/>", "<tie type='stop'/>"
    piece = read(score(note("G", 4, 4, start), note("G", 4, 4, stop + start), note("G", 4, 4, stop)))
    assert rows(piece) == [(0, 12, 67)]


def test_a_tie_that_leads_into_another_voice_is_one_note():
    start, stop = "<tie type='start'/><voice>1</voice>", "<tie type='stop'/><voice>2</voice>"
    assert rows(read(score(note("G", 4, 2, start) + note("G", 4, 2, stop)))) == [(0, 4, 67)]


def test_a_tie_that_never_ends_keeps_its_note_and_is_told():
    piece = read(score(note("C", extra="<tie type='start'/>") + note("D") + note("E") + note("F")))
    assert len(piece) == 4
    assert codes(piece) == {"tie"}


def test_changing_divisions_and_triplets_stay_exact():
    triplet = "".join(note(s, duration=1) for s in "CDE")
    first = note("C", duration=4)
    piece = read(score(first, f"<attributes><divisions>3</divisions></attributes>{triplet}{note('C', duration=9)}"))
    assert piece.ticks_per_quarter == 3
    assert rows(piece) == [(0, 12, 60), (12, 1, 60), (13, 1, 62), (14, 1, 64), (15, 9, 60)]


def test_grace_notes_stand_apart_in_the_order_they_are_played():
    graces = "".join(
        f"<note><grace/><pitch><step>{s}</step><octave>4</octave></pitch><type>16th</type></note>" for s in "EDF"
    )
    piece = read(score(note("C") + graces + note("D") + note("E") + note("F")))
    assert len(piece) == 4
    assert piece.graces["pitch"].tolist() == [64, 62, 65]
    assert set(piece.graces["onset_tick"].tolist()) == {1}


def test_a_b_flat_instrument_sounds_a_second_lower_and_so_does_its_key():
    attributes = (
        "<attributes><divisions>1</divisions><key><fifths>2</fifths><mode>major</mode></key>"
        "<transpose><diatonic>-1</diatonic><chromatic>-2</chromatic></transpose></attributes>"
    )
    piece = read(score(FOUR, attributes=attributes))
    assert rows(piece)[0] == (0, 1, 58)
    assert piece.keys == (KeySignature(0, 0, "major"),)


def test_an_octave_change_counts_twelve_semitones():
    attributes = (
        "<attributes><divisions>1</divisions><transpose><chromatic>0</chromatic>"
        "<octave-change>-1</octave-change></transpose></attributes>"
    )
    assert rows(read(score(FOUR, attributes=attributes)))[0] == (0, 1, 48)


def test_drums_sound_the_key_of_their_instrument():
    instruments = (
        "<midi-instrument id='I1'><midi-channel>10</midi-channel><midi-unpitched>39</midi-unpitched></midi-instrument>"
    )
    hit = (
        "<note><unpitched><display-step>C</display-step><display-octave>5</display-octave></unpitched>"
        "<duration>4</duration><instrument id='I1'/></note>"
    )
    piece = read(score(hit, instruments=instruments))
    assert rows(piece) == [(0, 4, 38)]
    assert piece.tracks[0].is_drum


def test_a_midi_program_counts_from_one_in_the_file():
    instruments = "<midi-instrument id='I1'><midi-program>41</midi-program></midi-instrument>"
    assert read(score(FOUR, instruments=instruments)).tracks[0].program == 40


@pytest.mark.parametrize(
    ("time", "meter"),
    [
        ("<beats>3+2</beats><beat-type>8</beat-type>", (5, 8)),
        ("<beats>3</beats><beat-type>8</beat-type><beats>2</beats><beat-type>4</beat-type>", (7, 8)),
        ("<beats>23</beats><beat-type>16</beat-type>", (23, 16)),
    ],
)
def test_odd_meters_are_added_up(time, meter):
    data = score(FOUR, attributes=f"<attributes><divisions>1</divisions><time>{time}</time></attributes>")
    assert read(data).meters == (Meter(0, *meter),)


def test_a_short_first_bar_is_a_pickup():
    piece = read(score(note("G"), FOUR, note("C", duration=3)))
    assert piece.pickup_tick == 1
    assert [b.number for b in bars(piece)] == [0, 1, 2]
    assert piece.barlines_tick == ()


def test_an_irregular_bar_in_the_middle_keeps_its_length_and_is_told():
    piece = read(score(FOUR, note("G", duration=2), FOUR, FOUR))
    assert piece.barlines_tick == (0, 4, 6, 10)
    assert "bar-underfull" in codes(piece)


def test_a_whole_bar_rest_of_wrong_length_does_not_stretch_its_bar():
    attributes = (
        "<attributes><divisions>1</divisions><time><beats>3</beats><beat-type>4</beat-type></time></attributes>"
    )
    rest = "<note><rest measure='yes'/><duration>4</duration></note>"
    piece = read(score(note("C", duration=3), rest, note("D", duration=3), attributes=attributes))
    assert rows(piece) == [(0, 3, 60), (6, 3, 62)]


@pytest.mark.parametrize(
    ("direction", "tempo"),
    [
        ("<sound tempo='96'/>", 96.0),
        (
            "<direction><direction-type><metronome><beat-unit>quarter</beat-unit><beat-unit-dot/>"
            "<per-minute>60</per-minute></metronome></direction-type></direction>",
            90.0,
        ),
        (
            "<direction><direction-type><metronome><beat-unit>half</beat-unit>"
            "<per-minute>ca. 50</per-minute></metronome></direction-type></direction>",
            100.0,
        ),
    ],
)
def test_tempo_marks_count_in_quarters(direction, tempo):
    assert read(score(direction + FOUR)).tempos == (Tempo(0, tempo),)


def test_chord_symbols_are_read_as_a_lead_sheet_prints_them():
    harmony = (
        "<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>minor-seventh</kind>"
        "<bass><bass-step>D</bass-step></bass></harmony>"
        "<harmony><root><root-step>C</root-step></root><kind>dominant</kind><offset>2</offset>"
        "<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter><degree-type>add</degree-type></degree>"
        "</harmony>"
    )
    assert read(score(harmony + FOUR)).chords == (ChordSymbol(0, "Bbm7/D"), ChordSymbol(2, "C7b9"))


def test_dynamics_become_velocities_at_the_place_where_they_stand():
    forte = "<direction><direction-type><dynamics><f/></dynamics></direction-type><sound dynamics='100'/></direction>"
    second = "<backup><duration>4</duration></backup>" + note("C", 3, 4, "<voice>2</voice>")
    piece = read(score(note("C") + note("D") + forte + note("E") + note("F") + second))
    loud = dict(zip(piece.notes["pitch"].tolist(), piece.notes["velocity"].tolist(), strict=True))
    assert loud == {60: 80, 62: 80, 64: 90, 65: 90, 48: 80}


def test_cue_notes_and_quarter_tones_are_told():
    cue = "<note><cue/><pitch><step>C</step><octave>5</octave></pitch><duration>1</duration></note>"
    piece = read(score(cue + note("C", alter="0.5") + note("D") + note("E")))
    assert rows(piece) == [(1, 1, 61), (2, 1, 62), (3, 1, 64)]
    assert codes(piece) == {"cue", "quarter-tone"}


def test_title_and_composer_come_from_the_header():
    data = score(FOUR).replace(
        b"<part-list>",
        b"<work><work-title>Fado</work-title></work><identification><creator type='composer'>A. B.</creator>"
        b"</identification><part-list>",
    )
    piece = read(data)
    assert (piece.title, piece.composer) == ("Fado", "A. B.")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
def test_text_encodings_are_followed(encoding):
    text = score(FOUR, names=("Flöte",)).decode().replace("UTF-8", "ISO-8859-1" if encoding == "latin-1" else "UTF-8")
    if encoding == "utf-16":
        text = text.replace("UTF-8", "UTF-16")
    data = text.encode(encoding)
    assert sniff(data)
    assert read(data).tracks[0].name == "Flöte"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" \n",
        b"<?xml version='1.0'?>",
        b"<html><body>404</body></html>",
        b"MThd\x00\x00\x00\x06\x00\x01",
        score(FOUR)[:-40],
        score("<note><rest/><duration>4</duration></note>"),
        score(FOUR, attributes="<attributes><divisions>0</divisions></attributes>"),
        score(FOUR).replace(b"UTF-8", b"no-such-encoding"),
    ],
)
def test_what_is_no_score_is_bad_input(data):
    with pytest.raises(BadInput):
        decode(data, DecodeOptions())


def test_an_entity_declaration_is_refused_before_it_is_used():
    bomb = '<!DOCTYPE score-partwise [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    with pytest.raises(BadInput, match="entity"):
        decode(score(FOUR).replace(b"<score-partwise>", bomb.encode() + b"<score-partwise>"), DecodeOptions())


def test_a_doctype_on_the_network_is_not_fetched():
    doctype = b'<!DOCTYPE score-partwise SYSTEM "http://127.0.0.1:9/never.dtd"><score-partwise>'
    assert len(read(score(FOUR).replace(b"<score-partwise>", doctype))) == 4


def test_nesting_and_sheer_number_have_caps():
    deep = b"<direction>" * 100 + b"</direction>" * 100
    with pytest.raises(TooLarge, match="nested"):
        decode(score(FOUR).replace(b"<attributes>", deep + b"<attributes>"), DecodeOptions())
    wide = "<words/>" * 110_000
    with pytest.raises(TooLarge):
        decode(score(f"<direction>{wide}</direction>" + FOUR), DecodeOptions())
    with pytest.raises(TooLarge, match="longer"):
        decode(score(note(duration=10**9)), DecodeOptions())


@pytest.mark.parametrize("duration", ["", "abc", "nan", "inf", "-1", "1e308"])
def test_a_broken_duration_falls_back_to_the_printed_note(duration):
    piece = read(score(note("C", duration=duration, extra="<type>half</type>") + note("D") + note("E")))
    assert rows(piece)[0] == (0, 2, 60)
    assert "duration-broken" in codes(piece)


def test_divisions_without_a_common_measure_are_rounded_and_told():
    primes = [997, 991, 983]
    measures = [f"<attributes><divisions>{p}</divisions></attributes>{note(duration=4 * p)}" for p in primes]
    piece = read(score(*measures))
    assert piece.ticks_per_quarter == 10_080
    assert [r[0] for r in rows(piece)] == [0, 40_320, 80_640]
    assert "divisions-mixed" in codes(piece)


def test_prefixed_namespaces_do_not_hide_a_score():
    text = score(FOUR).decode()
    prefixed = text.replace("</", "</m:").replace("<", "<m:").replace("<m:/m:", "</m:").replace("<m:?", "<?")
    prefixed = prefixed.replace("<m:score-partwise>", "<m:score-partwise xmlns:m='urn:x'>")
    assert len(read(prefixed.encode())) == 4
