"""What the MusicXML writer prints, and that nothing is lost on the way there and back."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.musicxml import decode, encode
from fewnotes.codecs.musicxml.chords import harmony_of
from fewnotes.errors import BadInput
from fewnotes.music.piece import (
    NOTE,
    ChordSymbol,
    KeySignature,
    Meter,
    Piece,
    Tempo,
    Track,
    check_piece,
    note_array,
)
from fewnotes.music.time import explicit_barlines

Q = 48


ONE_PART = (Track("Music"),)


def piece(*notes, meter=(4, 4), tracks=ONE_PART, **more):
    """Notes as (onset, duration, pitch[, track]) in quarters; 48 ticks a quarter."""
    rows = [(round(n[0] * Q), round(n[1] * Q), n[3] if len(n) > 3 else 0, n[2], 80, 0, 0) for n in notes]
    return Piece(Q, tracks, note_array(rows), meters=(Meter(0, *meter),), **more)


def back(written: Piece) -> Piece:
    return check_piece(decode(encode(written).data, DecodeOptions())[0])


def content(of: Piece):
    """What must survive, in quarters."""
    notes = of.notes[["onset_tick", "duration_tick", "track", "pitch", "velocity"]].tolist()
    return (of.ticks_per_quarter, sorted(notes), of.meters, of.keys, of.tempos, of.pickup_tick, of.barlines_tick)


def printed(of: Piece, part=0):
    """For each bar the notes and rests of the first voice: type, dots, pitch or None, ties."""
    root = ET.fromstring(encode(of).data)
    bars = []
    for measure in root.findall("part")[part].findall("measure"):
        bar = []
        for element in measure:
            if element.tag == "backup":
                break
            if element.tag == "note" and element.find("chord") is None:
                step = element.findtext("pitch/step")
                word = (element.findtext("type") or "bar") + "." * len(element.findall("dot"))
                ties = {t.get("type") for t in element.findall("tie")}
                bar.append(("~" if "stop" in ties else "") + (step.lower() if step else "r") + " " + word)
        bars.append(bar)
    return bars


def test_a_syncopated_half_may_hide_the_middle_of_the_bar_but_a_quarter_on_the_offbeat_may_not():
    assert printed(piece((0, 1, 60), (1, 2, 62), (3, 1, 64))) == [["c quarter", "d half", "e quarter"]]
    assert printed(piece((0, 1.5, 60), (1.5, 1, 62), (2.5, 1.5, 64))) == [
        ["c quarter.", "d eighth", "~d eighth", "e eighth", "~e quarter"]
    ]


def test_a_length_that_no_notehead_shows_is_split_at_the_beat():
    assert printed(piece((0, 2.5, 60), (2.5, 1.5, 62)))[0] == ["c half", "~c eighth", "d eighth", "~d quarter"]
    assert printed(piece((0, 5, 60))) == [["c whole"], ["~c quarter", "r quarter", "r half"]]


def test_compound_meters_show_their_dotted_beats():
    assert printed(piece((0, 3, 60), meter=(6, 8))) == [["c half."]]
    assert printed(piece((0, 1, 60), (1, 1, 62), (2, 1, 64), meter=(6, 8))) == [
        ["c quarter", "d eighth", "~d eighth", "e quarter"]
    ]


def test_rests_fill_the_bar_and_show_the_beat():
    assert printed(piece((0.5, 0.5, 60), (3, 1, 62))) == [
        ["r eighth", "c eighth", "r quarter", "r quarter", "d quarter"]
    ]


def test_an_empty_bar_is_one_rest():
    assert printed(piece((0, 4, 60), (8, 4, 60)))[1] == ["r bar"]


def measures(of: Piece, part=0):
    return ET.fromstring(encode(of).data).findall("part")[part].findall("measure")


def test_eighths_are_beamed_by_half_bars_and_sixteenths_by_beats():
    beams = [n.findtext("beam") for n in measures(piece(*((i / 2, 0.5, 60) for i in range(8))))[0].iter("note")]
    assert beams == ["begin", "continue", "continue", "end"] * 2
    beams = [n.findtext("beam") for n in measures(piece(*((i / 4, 0.25, 60) for i in range(16))))[0].iter("note")]
    assert beams == ["begin", "continue", "continue", "end"] * 4


def test_a_dotted_eighth_and_a_sixteenth_share_a_beam_with_a_hook():
    found = [
        [(b.get("number"), b.text) for b in n.findall("beam")]
        for n in measures(piece((0, 0.75, 60), (0.75, 0.25, 62), (1, 1, 64), (2, 2, 64)))[0].iter("note")
    ]
    assert found == [[("1", "begin")], [("1", "end"), ("2", "backward hook")], [], []]


@pytest.mark.parametrize(("count", "normal", "name"), [(3, 2, "eighth"), (5, 4, "16th"), (7, 4, "16th")])
def test_a_beat_in_three_five_or_seven_is_a_tuplet(count, normal, name):
    ticks = 5040
    rows = [(i * ticks // count, ticks // count, 0, 60 + i, 80, 0, 0) for i in range(count)]
    of = Piece(ticks, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    notes = list(measures(of)[0].iter("note"))[:count]
    assert {n.findtext("time-modification/actual-notes") for n in notes} == {str(count)}
    assert {n.findtext("time-modification/normal-notes") for n in notes} == {str(normal)}
    assert {n.findtext("type") for n in notes} == {name}
    assert [t.get("type") for n in notes for t in n.iter("tuplet")] == ["start", "stop"]
    assert content(back(of)) == content(of)


def test_quarter_triplets_over_two_beats_are_one_tuplet_without_ties():
    of = piece(*((i * 2 / 3, 2 / 3, 60) for i in range(3)), (2, 2, 62))
    assert printed(of) == [["c quarter", "c quarter", "c quarter", "d half"]]
    assert content(back(of)) == content(of)


def test_accidentals_are_printed_once_in_a_bar_and_taken_back():
    notes = [(0, 1, 66), (1, 1, 66), (2, 1, 65), (3, 1, 65), (4, 1, 66), (5, 1, 65)]
    signs = [[n.findtext("accidental") for n in m.iter("note")] for m in measures(piece(*notes))]
    assert signs[0] == ["sharp", None, "natural", None]
    assert signs[1][:2] == ["sharp", "natural"]
    in_g = piece(*notes, keys=(KeySignature(0, 1, "major"),))
    signs = [[n.findtext("accidental") for n in m.iter("note")] for m in measures(in_g)]
    assert signs[0] == [None, None, "natural", None]
    assert signs[1][:2] == [None, "natural"]


def test_a_tied_note_over_the_barline_needs_no_second_accidental():
    signs = [[n.findtext("accidental") for n in m.iter("note")] for m in measures(piece((3, 2, 66), (5, 1, 66)))]
    assert signs[0][-1] == "sharp"
    assert signs[1][:2] == [None, "sharp"]


def test_spelling_follows_the_key():
    assert measures(piece((0, 4, 70), keys=(KeySignature(0, -1),)))[0].findtext("note/pitch/step") == "B"
    assert measures(piece((0, 4, 70), keys=(KeySignature(0, 6),)))[0].findtext("note/pitch/step") == "A"


def test_a_piano_part_without_staves_gets_two_with_their_clefs():
    of = piece(*((i, 1, p) for i in range(4) for p in (36, 43, 64, 72)))
    first = measures(of)[0]
    assert first.findtext("attributes/staves") == "2"
    assert [c.findtext("sign") for c in first.iter("clef")] == ["G", "F"]
    staff = {n.findtext("pitch/octave"): n.findtext("staff") for n in first.iter("note") if n.find("pitch") is not None}
    assert staff == {"2": "2", "4": "1", "5": "1"}


@pytest.mark.parametrize(
    ("track", "pitch", "sign", "octave"),
    [
        (Track("Flute", 73), 76, "G", None),
        (Track("Cello", 42), 43, "F", None),
        (Track("Viola", 41), 60, "C", None),
        (Track("Tenor", 52), 55, "G", "-1"),
        (Track("Guitar", 24), 52, "G", "-1"),
        (Track("Drums", 0, True), 38, "percussion", None),
    ],
)
def test_clefs_follow_instrument_and_range(track, pitch, sign, octave):
    clef = measures(piece((0, 4, pitch), tracks=(track,)))[0].find("attributes/clef")
    assert (clef.findtext("sign"), clef.findtext("clef-octave-change")) == (sign, octave)


def test_overlapping_notes_go_to_two_voices_the_higher_one_first():
    voices = {
        n.findtext("pitch/step"): n.findtext("voice")
        for n in measures(piece((0, 4, 72), (0, 2, 64), (2, 2, 65)))[0].iter("note")
    }
    assert voices == {"C": "1", "E": "2", "F": "2"}


def test_drums_are_unpitched_and_keep_their_keys():
    of = piece((0, 1, 36), (1, 1, 38), (2, 1, 42), tracks=(Track("Drums", 0, True),))
    assert len(list(measures(of)[0].iter("unpitched"))) == 3
    assert content(back(of)) == content(of)
    assert back(of).tracks[0].is_drum


def test_tempo_key_title_and_provenance_are_written():
    of = piece((0, 6, 60), tempos=(Tempo(0, 93.5),), title="A <B> & C", composer="X\x01Y", meter=(6, 8))
    data = encode(of, mark="AI: fewnotes 1234").data
    root = ET.fromstring(data)
    assert root.findtext("work/work-title") == "A <B> & C"
    assert root.findtext("identification/creator") == "XY"
    assert root.findtext("identification/rights") == "AI: fewnotes 1234"
    assert root.findtext("identification/encoding/software").startswith("fewnotes")
    assert root.findtext("identification/miscellaneous/miscellaneous-field") == "AI: fewnotes 1234"
    assert root.findtext(".//metronome/beat-unit") == "quarter"
    assert root.find(".//metronome/beat-unit-dot") is not None
    assert decode(data, DecodeOptions())[0].tempos == of.tempos


def test_a_pickup_is_measure_zero_and_implicit():
    of = piece((0, 1, 67), (1, 4, 60), pickup_tick=Q)
    first = measures(of)[0]
    assert (first.get("number"), first.get("implicit")) == ("0", "yes")
    assert content(back(of)) == content(of)


def test_bars_of_their_own_length_survive():
    of = piece((0, 4, 60), (4, 2, 62), (6, 4, 64), (10, 4, 65))
    of = replace(of, barlines_tick=explicit_barlines(of, [0, 4 * Q, 6 * Q, 10 * Q]))
    assert of.barlines_tick
    assert content(back(of)) == content(of)


def test_grace_notes_survive_in_order():
    graces = np.array([(Q, Q // 4, 0, p, 80, 0, 0) for p in (66, 64, 65)], NOTE)
    of = replace(piece((0, 1, 60), (1, 3, 62)), graces=graces)
    assert back(of).graces[["onset_tick", "duration_tick", "pitch"]].tolist() == [(Q, 12, 66), (Q, 12, 64), (Q, 12, 65)]


def test_graces_that_lead_nowhere_are_told():
    of = replace(piece((0, 1, 60)), graces=np.array([(7, 12, 0, 60, 80, 0, 0)], NOTE))
    assert [w.code for w in encode(of).warnings] == ["grace"]


@pytest.mark.parametrize(
    "text", ["C", "F#m7b5", "Bbmaj7", "Bb6", "Gm7/D", "C7b9", "Dsus4", "N.C.", "Cadd9", "C(b5)", "Ebfoo"]
)
def test_chord_symbols_survive_also_within_a_note(text):
    chords = (ChordSymbol(0, "C"), ChordSymbol(Q, text), ChordSymbol(3 * Q, text))
    assert back(piece((0, 4, 60), chords=chords)).chords == chords


def test_a_chord_symbol_is_taken_apart_the_way_it_sounds():
    harmony = harmony_of("Gm7/D")
    assert (harmony.root, harmony.kind, harmony.bass) == (("G", 0), "minor-seventh", ("D", 0))
    flat = harmony_of("Bb6")
    assert (flat.root, flat.kind, flat.degrees) == (("B", -1), "major-sixth", ())
    assert harmony_of("C7b9").degrees == (("add", 9, -1),)
    assert harmony_of("N.C.") is None


def test_changes_within_a_bar_survive():
    of = piece(
        (0, 4, 60),
        (4, 2, 62),
        (6, 2, 62),
        keys=(KeySignature(0, 2, "major"), KeySignature(6 * Q, -1, "minor")),
        tempos=(Tempo(0, 100.0), Tempo(Q, 101.0), Tempo(5 * Q, 50.25)),
    )
    assert content(back(of)) == content(of)


def test_played_time_is_brought_onto_a_grid_and_told():
    rng = np.random.default_rng(1)
    rows = [(int(i * 480 + rng.integers(0, 14)), int(400 + rng.integers(0, 60)), 0, 60, 80, 0, 0) for i in range(32)]
    of = Piece(480, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    written = encode(of)
    assert [w.code for w in written.warnings] == ["quantised"]
    read = decode(written.data, DecodeOptions())[0]
    assert len(read) == 32
    assert (read.notes["onset_tick"] % read.ticks_per_quarter == 0).all()


def test_rounded_triplets_are_straightened():
    rows = [(256 * k // 3, 85, 0, 60, 80, 0, 0) for k in range(12)]
    of = Piece(256, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    written = encode(of)
    assert [w.code for w in written.warnings] == ["quantised"]
    notes = [n for n in ET.fromstring(written.data).iter("note") if n.find("pitch") is not None]
    assert {(n.findtext("type"), n.findtext("time-modification/actual-notes")) for n in notes} == {("eighth", "3")}


def test_the_same_piece_gives_the_same_bytes():
    of = piece((0, 1, 60), (1, 2, 62))
    assert encode(of).data == encode(of).data


def test_a_piece_without_notes_cannot_be_written():
    with pytest.raises(BadInput):
        encode(Piece(Q, (Track(),), note_array([])))


METERS = st.sampled_from([(4, 4), (3, 4), (2, 2), (6, 8), (5, 8), (7, 8), (23, 16), (3, 2), (12, 8), (5, 4), (1, 4)])
GRIDS = st.sampled_from([3, 4, 6, 12, 16, 24])


@st.composite
def pieces(draw):
    """Pieces on a grid that notation shows, in several parts with overlaps."""
    step = Q // draw(GRIDS)
    tracks = tuple(
        draw(st.lists(st.builds(Track, program=st.integers(0, 127), is_drum=st.booleans()), min_size=1, max_size=3))
    )
    row = st.tuples(
        st.integers(0, 60).map(lambda k: k * step),
        st.integers(1, 40).map(lambda k: k * step),
        st.integers(0, len(tracks) - 1),
        st.integers(20, 110),
        st.integers(1, 127),
        st.integers(0, 3),
        st.integers(0, 2),
    )
    notes = note_array(draw(st.lists(row, min_size=1, max_size=25)))
    fifths = draw(st.integers(-7, 7))
    return Piece(
        Q,
        tracks,
        notes,
        meters=(Meter(0, *draw(METERS)),),
        keys=(KeySignature(0, fifths, draw(st.sampled_from(["", "major", "minor"]))),),
        tempos=(Tempo(0, float(draw(st.integers(20, 300)))),),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(pieces())
def test_whatever_is_written_reads_back_the_same(of):
    read = back(of)
    assert content(read) == content(of)
    assert [t[1:] for t in read.tracks] == [t[1:] for t in of.tracks]


@settings(max_examples=40, deadline=None)
@given(pieces())
def test_every_bar_is_filled_and_every_head_says_its_length(of):
    """Type, dots and tuplet of each printed note add up to its duration, unless the writer told otherwise."""
    written = encode(of)
    if any(w.code == "note-value" for w in written.warnings):
        return
    quarters = {"breve": 8, "whole": 4, "half": 2, "quarter": 1, "eighth": 0.5, "16th": 0.25, "32nd": 0.125}
    quarters |= {"64th": 1 / 16, "128th": 1 / 32, "256th": 1 / 64}
    root = ET.fromstring(written.data)
    divisions = float(root.findtext(".//divisions"))
    for note in root.iter("note"):
        name = note.findtext("type")
        if name is None:
            continue
        length = quarters[name] * (2 - 0.5 ** len(note.findall("dot")))
        if note.find("time-modification") is not None:
            length *= float(note.findtext("time-modification/normal-notes"))
            length /= float(note.findtext("time-modification/actual-notes"))
        assert float(note.findtext("duration")) == pytest.approx(length * divisions)


def test_the_text_is_well_formed_for_the_schema_order():
    """Children of a note stand in the order that MusicXML 4.0 prescribes."""
    order = ["grace", "chord", "pitch", "unpitched", "rest", "duration", "tie", "instrument", "voice", "type", "dot"]
    order += ["accidental", "time-modification", "notehead", "staff", "beam", "notations"]
    of = piece(*((i / 3, 1 / 3, 61) for i in range(12)), (0, 4, 38), (3, 3, 70))
    for note in ET.fromstring(encode(of).data).iter("note"):
        places = [order.index(child.tag) for child in note]
        assert places == sorted(places)
    assert not re.search(rb"<duration>0</duration>", encode(of).data)
