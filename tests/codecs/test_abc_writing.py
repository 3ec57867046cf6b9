"""Writing ABC: readable text that reads back as the same piece."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fewnotes.codecs import DecodeOptions, abc
from fewnotes.errors import BadInput
from fewnotes.music.piece import (
    NOTE,
    ChordSymbol,
    KeySignature,
    Meter,
    Notice,
    Piece,
    Tempo,
    Track,
    check_piece,
    note_array,
)
from fewnotes.music.time import bar_length_tick
from fewnotes.testing import tiny_pieces


def line(*notes: tuple[float, int], tpq: int = 480, **more: object) -> Piece:
    """A melody of (quarters, pitch); pitch 0 is a rest."""
    rows, tick = [], 0
    for length, pitch in notes:
        duration = round(length * tpq)
        if pitch:
            rows.append((tick, duration, 0, pitch, 80, 0, 0))
        tick += duration
    settings_ = {"meters": (Meter(0, 4, 4),), "keys": (KeySignature(0, 0, "major"),)} | more
    return check_piece(Piece(tpq, (Track(),), note_array(rows), **settings_))  # type: ignore[arg-type]


def body(piece: Piece) -> str:
    """The lines of music, without the header."""
    lines = abc.encode(piece).data.decode().splitlines()
    return "\n".join(x for x in lines if x and (x.startswith("[V:") or x[1:2] != ":") and not x.startswith("%"))


def back(piece: Piece) -> Piece:
    (read,) = abc.decode(abc.encode(piece).data, DecodeOptions())
    return read


def lost(piece: Piece) -> set[str]:
    return {w.code for w in abc.encode(piece).warnings}


@pytest.mark.parametrize("piece", tiny_pieces(), ids=lambda p: p.title)
def test_tiny_pieces_read_back_equal(piece):
    assert back(piece) == piece
    assert back(piece).warnings == ()


def test_a_scale_reads_as_a_person_would_write_it():
    notes = [(0.5, p) for p in (60, 62, 64, 65, 67, 69, 71, 72)]
    assert body(line(*notes, (4, 60))) == "CD EF GA Bc | C8 |]"


def test_the_header_says_what_the_piece_says():
    piece = line((4, 62), title="100% Tune", composer="Anon", tempos=(Tempo(0, 90.5),))
    text = abc.encode(piece, mark="made with care").data.decode()
    assert text.splitlines()[:7] == [
        "%abc-2.1",
        "X:1",
        "T:100\\% Tune",
        "C:Anon",
        "N:made with care",
        "M:4/4",
        "L:1/8",
    ]
    assert "\nQ:1/4=90.5\nK:C\n" in text
    assert back(piece).title == "100% Tune"


def test_lengths_over_barlines_and_odd_lengths_are_tied():
    assert body(line((3, 60), (2, 62), (2.5, 64), (0.5, 65))) == "C6 D2- | D2 E4- EF |]"
    assert body(line((1.25, 60), (0.75, 62), (2, 64))).startswith("C4- CD3 E8")


@pytest.mark.parametrize(
    ("parts", "sign"), [(3, "(3"), (5, "(5:4:5"), (7, "(7:4:7"), (9, "(9:8:9")], ids=["3", "5", "7", "9"]
)
def test_tuplets(parts, sign):
    tpq = 10080
    rows = [(i * tpq // parts, tpq // parts, 0, 60 + i, 80, 0, 0) for i in range(parts)]
    rows.append((tpq, 3 * tpq, 0, 72, 80, 0, 0))
    piece = Piece(tpq, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    assert body(piece).startswith(sign)
    assert back(piece) == piece


def test_a_tuplet_over_a_half_note_and_with_rests_inside():
    tpq = 480
    rows = [(0, 320, 0, 60, 80, 0, 0), (640, 320, 0, 64, 80, 0, 0), (960, 960, 0, 65, 80, 0, 0)]
    piece = Piece(tpq, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    assert body(piece) == "(3C2z2E2 F4 |]"
    assert back(piece) == piece


def test_accidentals_follow_the_key_and_are_safe_under_both_rules():
    piece = line((1, 66), (1, 65), (1, 78), (1, 65), (1, 66), (3, 77), keys=(KeySignature(0, 1, "major"),))
    assert body(piece) == "F =F ^f =F | F =f3 |]"
    assert back(piece) == piece


def test_flats_are_flats_in_flat_keys():
    assert body(line((1, 60), (1, 66), (2, 67), keys=(KeySignature(0, -3, "minor"),))) == "C ^F G2 |]"
    assert body(line((1, 68), (1, 70), (2, 67), keys=(KeySignature(0, -3, "minor"),))) == "A B G2 |]"


def test_every_key_signature_reads_back():
    for fifths in range(-7, 8):
        for mode in ("major", "minor", ""):
            piece = line(*[(1, 60 + i) for i in range(12)], keys=(KeySignature(0, fifths, mode),))
            assert back(piece) == piece, (fifths, mode)
    assert back(line((4, 60), keys=())).keys == ()


def test_changes_stand_where_they_happen():
    piece = line(
        (4, 60),
        (3, 62),
        (2, 64),
        (1, 65),
        meters=(Meter(0, 4, 4), Meter(1920, 3, 4)),
        keys=(KeySignature(0, 0, "major"), KeySignature(3360, 3, "minor")),
        tempos=(Tempo(0, 120.0), Tempo(1920, 60.0)),
    )
    assert body(piece) == "C4 | [M:3/4][Q:1/4=60]D3 | [K:F#m]E2 ^E |]"
    assert back(piece) == piece


def test_polyphony_in_one_track_becomes_overlays():
    rows = [(0, 1920, 0, 48, 80, 2, 0), (0, 480, 0, 72, 80, 1, 0), (480, 1440, 0, 74, 80, 1, 0)]
    rows += [(1920, 960, 0, 76, 80, 1, 0), (2880, 960, 0, 50, 80, 2, 0)]
    piece = Piece(480, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    assert body(piece) == "c d3 & C,4 | e2 z2 & x2 D,2 |]"
    assert back(piece) == piece
    assert lost(piece) == set()


def test_grace_notes_chord_symbols_and_drums():
    graces = note_array([(480, 120, 0, 71, 80, 0, 0)])
    piece = line((1, 60), (3, 62), graces=graces, chords=(ChordSymbol(0, "C"), ChordSymbol(960, "G7/B")))
    assert body(piece) == '"C"C {B}D- "G7/B"D2 |]'
    assert back(piece) == piece
    drums = replace(piece, tracks=(Track("Kit", 0, True),))
    assert back(drums).tracks[0].is_drum
    assert lost(drums) == {"drum-voice"}


def test_what_abc_cannot_hold_is_said():
    piece = line((1, 60), (1, 62))
    louder = piece.notes.copy()
    louder["velocity"] = 100
    louder["staff"] = 2
    louder["voice"] = 3
    chords = (ChordSymbol(0, "what is this"), ChordSymbol(96000, "C"))
    graces = np.zeros(1, NOTE)
    graces["onset_tick"] = 7
    changed = replace(piece, notes=louder, chords=chords, graces=graces)
    assert lost(changed) == {
        "velocity-left-out",
        "staff-left-out",
        "voice-numbers",
        "chord-symbol-left-out",
        "grace-left-out",
    }


def test_grace_notes_of_a_length_no_sign_stands_for_are_written_as_sixteenths():
    piece = line((1, 60), (3, 62), graces=note_array([(480, 7, 0, 71, 80, 0, 0)]))
    assert lost(piece) == {"grace-length"}
    assert [int(g["duration_tick"]) for g in back(piece).graces] == [120]


def test_played_time_is_rounded_and_said():
    piece = line((1, 60), (487 / 480, 62), (1, 64))
    assert lost(piece) == {"cannot-hold-times"}
    assert [int(n["onset_tick"]) for n in back(piece).notes] == [0, 480, 960]


def test_a_name_cannot_break_out_of_its_line():
    piece = replace(
        line((4, 60)),
        tracks=(Track('Flute" %\nK:D'),),
        title="a\nK:D\r% x",
        composer="b\x00\u2028X:2",
    )
    (read,) = abc.decode(abc.encode(piece, mark="x\n\nX:3\nK:G").data, DecodeOptions())
    assert read == piece


def test_a_piece_without_notes_is_refused():
    with pytest.raises(BadInput):
        abc.encode(Piece(480, (Track(),), np.zeros(0, NOTE)))


def test_empty_tracks_stay():
    piece = replace(line((4, 60), (4, 62)), tracks=(Track("a", 3), Track("b", 4), Track("c", 5)))
    assert back(piece) == piece


LENGTHS = st.sampled_from([1, 2, 3, 4, 6, 8, 12, 18, 24, 36, 48, 60, 84, 96])
TUNES = st.lists(st.tuples(LENGTHS, st.integers(0, 3), st.integers(30, 96)), min_size=1, max_size=40)


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    """Pieces of one to three voices in 1/24 quarters, with pickup, keys, meters, chords and graces."""
    tpq = 480
    tracks = draw(st.integers(1, 3))
    rows, graces = [], []
    for track in range(tracks):
        tick = 0
        for length, kind, pitch in draw(TUNES):
            duration = length * tpq // 24
            if kind:
                rows.extend((tick, duration, track, pitch + 5 * k, 80, 0, 0) for k in range(kind))
                if kind == 3:
                    graces.append((tick, 120, track, pitch, 80, 0, 0))
            tick += duration
    if not rows:
        rows.append((0, tpq, 0, 60, 80, 0, 0))
    numerator, denominator = draw(st.sampled_from([(4, 4), (3, 4), (6, 8), (2, 2), (7, 8), (5, 4), (12, 8)]))
    meter = Meter(0, numerator, denominator)
    full = int(bar_length_tick(meter, tpq))
    notes = note_array(rows)
    end = int((notes["onset_tick"] + notes["duration_tick"]).max())
    pickup = draw(st.sampled_from([0, 240, 480])) if end > full else 0
    meters = [meter]
    if draw(st.booleans()) and end > pickup + 2 * full:
        meters.append(Meter(pickup + full, 3, 8))
    keys = [KeySignature(0, draw(st.integers(-7, 7)), draw(st.sampled_from(["major", "minor", ""])))]
    if draw(st.booleans()) and end > tpq:
        keys.append(KeySignature(tpq, (keys[0].fifths + 9) % 12 - 5, "major"))
    chords = (ChordSymbol(0, "Am7"),) if draw(st.booleans()) else ()
    return check_piece(
        Piece(
            tpq,
            tuple(Track(f"t{i}", draw(st.integers(0, 127))) for i in range(tracks)),
            notes,
            meters=tuple(meters),
            tempos=(Tempo(0, float(draw(st.integers(20, 300)))),),
            keys=tuple(keys),
            pickup_tick=pickup,
            graces=note_array(graces) if graces else np.zeros(0, NOTE),
            chords=chords,
        )
    )


@settings(max_examples=150, deadline=None)
@given(pieces())
def test_any_piece_of_scores_reads_back_equal(piece):
    read = back(piece)
    assert read.notes.tobytes() == piece.notes.tobytes()
    assert read.graces.tobytes() == piece.graces.tobytes()
    assert (read.meters, read.keys, read.tempos, read.pickup_tick) == (
        piece.meters,
        piece.keys,
        piece.tempos,
        piece.pickup_tick,
    )
    assert read == piece


@pytest.mark.parametrize("later", [0, 480])
def test_two_notes_of_one_letter_are_tied_over_a_barline_each_with_its_own_sign(later):
    rows = [(0, 2400, 0, 65, 80, 0, 0), (later, 2400 - later, 0, 66, 80, 0, 0)]
    piece = Piece(480, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    assert back(piece).notes[["onset_tick", "duration_tick", "pitch"]].tolist() == [
        (0, 2400, 65),
        (later, 2400 - later, 66),
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 2000), st.integers(20, 110)), min_size=1, max_size=30))
def test_any_heap_of_notes_reads_back_with_its_pitches_and_twice_the_same(heap):
    rows = [(onset, duration, 0, pitch, 80, 0, 0) for onset, duration, pitch in heap]
    piece = Piece(480, (Track(),), note_array(rows), meters=(Meter(0, 4, 4),))
    once = back(piece)
    assert sorted(once.notes["pitch"].tolist()) == sorted(piece.notes["pitch"].tolist())
    shift = np.abs(np.sort(once.notes["onset_tick"]) - np.sort(piece.notes["onset_tick"]))
    assert int(shift.max()) <= 10
    assert back(once) == once
    assert all(isinstance(w, Notice) for w in abc.encode(piece).warnings)
