"""MIDI, written: what comes back equal, what MIDI cannot hold, and that the bytes are always the same."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from fewnotes.codecs import DecodeOptions, midi
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


def back(piece: Piece, mark: str = "") -> Piece:
    (again,) = midi.decode(midi.encode(piece, mark=mark).data, DecodeOptions())
    return check_piece(again)


def lost(piece: Piece) -> set[str]:
    return {notice.code for notice in midi.encode(piece).warnings}


def tune(**changes: object) -> Piece:
    notes = note_array([(i * 480, 480, 0, 60 + i, 80, 0, 0) for i in range(8)])
    piece = Piece(
        480, (Track("Flute", 73),), notes, (Meter(0, 4, 4),), (Tempo(0, 132.0),), (KeySignature(0, 2, "major"),)
    )
    return replace(piece, **changes)


def test_a_tune_comes_back_equal_with_its_names():
    piece = tune(title="Morning", composer="Anna Ō", chords=(ChordSymbol(0, "Gm7/D"), ChordSymbol(960, "A♭")))
    again = back(piece)
    assert again == piece
    assert (again.title, again.composer) == ("Morning", "Anna Ō")
    assert again.tracks == piece.tracks
    assert again.chords == piece.chords
    assert not midi.encode(piece).warnings
    assert not again.warnings


def test_the_same_piece_gives_the_same_bytes():
    assert midi.encode(tune()).data == midi.encode(tune()).data


@pytest.mark.parametrize("pickup", [240, 480, 1440])
def test_a_pickup_comes_back(pickup):
    meters = (Meter(0, 4, 4), Meter(pickup + 2 * 1920, 3, 4))
    for piece in (tune(pickup_tick=pickup), tune(pickup_tick=pickup, meters=meters)):
        assert back(piece) == piece
        assert not lost(piece)


def test_a_pickup_no_meter_can_spell_is_said():
    assert lost(tune(pickup_tick=160)) == {"pickup-dropped"}


def test_a_short_first_bar_that_reads_as_a_pickup_is_said():
    assert lost(tune(meters=(Meter(0, 2, 4), Meter(960, 4, 4)))) == {"pickup-gained"}


def test_what_midi_cannot_hold_is_said():
    notes = tune().notes.copy()
    notes["voice"][:4] = 2
    cases = {
        "voices-dropped": tune(notes=notes),
        "graces-dropped": tune(graces=tune().notes[:2].copy()),
        "barlines-dropped": tune(barlines_tick=(0, 480)),
        "empty-track": tune(tracks=(Track("a"), Track("b"))),
        "key-mode": tune(keys=(KeySignature(0, 1, ""),)),
        "tempo-rounded": tune(tempos=(Tempo(0, 1999.99),)),
        "nested-notes": tune(notes=note_array([(0, 100, 0, 60, 80, 0, 0), (10, 20, 0, 60, 80, 0, 0)])),
        "times-rounded": tune(ticks_per_quarter=100_003),
    }
    for code, piece in cases.items():
        assert lost(piece) == {code}
        assert len(back(piece)) == len(piece)


def test_a_fine_division_is_kept_exactly_where_it_divides():
    fine = tune()
    notes = fine.notes.copy()
    notes["onset_tick"] *= 100
    notes["duration_tick"] *= 100
    piece = tune(notes=notes, ticks_per_quarter=48_000)
    assert not lost(piece)
    assert np.array_equal(back(piece).notes["onset_tick"] / back(piece).ticks_per_quarter, np.arange(8))


def test_a_silence_longer_than_one_time_can_say_comes_back():
    piece = tune(notes=note_array([(0, 10, 0, 60, 80, 0, 0), (2**28 + 5, 10, 0, 61, 80, 0, 0)]))
    assert back(piece) == piece


@pytest.mark.parametrize(("count", "programs"), [(15, 15), (40, 3), (40, 40), (128, 128)])
def test_more_tracks_than_channels_come_back_apart(count, programs):
    tracks = (*(Track(f"t{i}", i % programs) for i in range(count)), Track("drums", 0, True))
    notes = note_array([(i, 10, i, 60, 80, 0, 0) for i in range(count + 1)])
    piece = tune(tracks=tracks, notes=notes)
    assert back(piece) == piece
    assert lost(piece) == ({"channels-shared"} if programs > 15 else set())


def test_tracks_of_one_program_share_a_channel_before_others_do():
    tracks = tuple(Track("", program) for program in [1] * 20 + [2, 3])
    channels = midi.writing._channels_of(tracks, midi.writing.Repairs())
    by_channel: dict[int, set[int]] = {}
    for track, channel in zip(tracks, channels, strict=True):
        by_channel.setdefault(channel, set()).add(track.program)
    assert len(by_channel) == 15
    assert 9 not in by_channel
    assert all(len(programs) == 1 for programs in by_channel.values())


def test_a_mark_stands_in_four_places_and_changes_nothing():
    mark = "fewnotes markov, style Reels, seed 1"
    data = midi.encode(tune(), mark=mark).data
    raw = mark.encode()
    for kind in (0x01, 0x02, 0x06):
        assert bytes((0xFF, kind, len(raw))) + raw in data
    assert bytes((0xFF, 0x7F, len(raw) + 1, 0x7D)) + raw in data
    assert back(tune(), mark) == tune()


def test_a_piece_without_notes_can_be_written():
    assert midi.encode(tune(notes=np.zeros(0, NOTE))).data.startswith(b"MThd")


@st.composite
def pieces(draw: st.DrawFn) -> Piece:
    """Pieces of what MIDI can hold: every track sounds, no note lies inside another of its key."""
    division = draw(st.sampled_from([1, 12, 96, 480, 10_080, 32_767]))
    tracks = draw(
        st.lists(st.builds(Track, st.text(max_size=8), st.integers(0, 127), st.booleans()), min_size=1, max_size=20)
    )
    rows = []
    for number in range(len(tracks)):
        ends: dict[int, int] = {}
        onset = 0
        for step, length, pitch, velocity in draw(
            st.lists(
                st.tuples(st.integers(0, 3000), st.integers(1, 20_000), st.integers(0, 127), st.integers(1, 127)),
                min_size=1,
                max_size=12,
            )
        ):
            onset += step
            end = max(onset + length, ends.get(pitch, 0))
            ends[pitch] = end
            rows.append((onset, end - onset, number, pitch, velocity, 0, 0))

    def at_ticks(values: st.SearchStrategy, most: int) -> list:
        ticks = sorted({0, *draw(st.lists(st.integers(1, 50_000), max_size=most - 1))})
        return [(tick, draw(values)) for tick in ticks] if draw(st.booleans()) else []

    meter = st.tuples(st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 16, 32, 64, 128]))
    tempo = st.integers(30_000, 12_000_000).map(lambda us: round(60_000_000 / us, 3))
    key = st.tuples(st.integers(-7, 7), st.sampled_from(["major", "minor"]))
    return Piece(
        division,
        tuple(tracks),
        note_array(rows),
        tuple(Meter(t, *m) for t, m in at_ticks(meter, 4)),
        tuple(Tempo(t, q) for t, q in at_ticks(tempo, 30)),
        tuple(KeySignature(t, *k) for t, k in at_ticks(key, 4)),
        chords=tuple(
            ChordSymbol(t, "C" + str(i)) for i, t in enumerate(draw(st.sets(st.integers(0, 9999), max_size=3)))
        ),
    )


@settings(max_examples=150, deadline=None)
@given(pieces())
def test_whatever_midi_can_hold_comes_back_equal(piece):
    encoded = midi.encode(check_piece(replace(piece, chords=tuple(sorted(piece.chords)))))
    piece = replace(piece, chords=tuple(sorted(piece.chords)))
    kept = {"channels-shared", "drum-kits-shared"}
    if {notice.code for notice in encoded.warnings} <= kept:
        (again,) = midi.decode(encoded.data, DecodeOptions())
        assert check_piece(again) == piece
    else:
        assert {notice.code for notice in encoded.warnings} <= kept | {"pickup-gained"}
