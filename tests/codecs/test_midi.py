"""MIDI, read: what a musician or a bad export puts into a file, and what comes out."""

from __future__ import annotations

import struct

import numpy as np
import pytest

from fewnotes.codecs import DecodeOptions, midi
from fewnotes.codecs.midi import fast, tolerant
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, check_piece
from fewnotes.music.time import bars

END = b"\x00\xff\x2f\x00"
#: Middle C from tick 0 to 96, then E to 192.
TWO_NOTES = b"\x00\x90\x3c\x40\x60\x80\x3c\x00\x00\x90\x40\x50\x60\x80\x40\x00"


def chunk(events: bytes, tag: bytes = b"MTrk") -> bytes:
    return tag + struct.pack(">I", len(events)) + events


def midi_file(*tracks: bytes, form: int = 1, division: int = 96, count: int | None = None) -> bytes:
    head = struct.pack(">4sIHHH", b"MThd", 6, form, len(tracks) if count is None else count, division)
    return head + b"".join(chunk(track) for track in tracks)


def read(data: bytes) -> Piece:
    (piece,) = midi.decode(data, DecodeOptions())
    return check_piece(piece)


def codes(piece: Piece) -> set[str]:
    return {notice.code for notice in piece.warnings}


def rows(piece: Piece) -> list[tuple[int, ...]]:
    return [
        tuple(int(v) for v in (n["onset_tick"], n["duration_tick"], n["pitch"], n["velocity"])) for n in piece.notes
    ]


def both(data: bytes) -> Piece:
    """What the fast reader gives, after it was compared with the tolerant one."""
    quick, slow = fast.read_clean(data), tolerant.read_tolerant(data)
    assert quick is not None
    assert quick == slow
    assert quick.tracks == slow.tracks
    assert quick.warnings == slow.warnings
    return check_piece(quick)


def test_two_notes_are_read_with_pitch_time_and_velocity():
    piece = both(midi_file(TWO_NOTES + END))
    assert rows(piece) == [(0, 96, 60, 64), (96, 96, 64, 80)]
    assert piece.ticks_per_quarter == 96
    assert piece.meters == piece.tempos == piece.keys == ()
    assert not piece.warnings


def test_tempo_meter_and_key_are_read_from_any_track():
    second = b"\x00\xff\x51\x03\x0f\x42\x40\x00\xff\x58\x04\x06\x03\x18\x08\x00\xff\x59\x02\xfd\x01" + TWO_NOTES
    piece = both(midi_file(TWO_NOTES + END, second + END))
    assert piece.tempos == (Tempo(0, 60.0),)
    assert piece.meters == (Meter(0, 6, 8),)
    assert piece.keys == (KeySignature(0, -3, "minor"),)


def test_a_first_tempo_after_the_start_leaves_120_before_it():
    piece = read(midi_file(b"\x60\xff\x51\x03\x0f\x42\x40" + END, TWO_NOTES + END))
    assert piece.tempos == (Tempo(0, 120.0), Tempo(96, 60.0))


def test_a_first_meter_after_the_start_leaves_four_four_before_it():
    piece = read(midi_file(b"\x83\x00\xff\x58\x04\x03\x02\x18\x08" + END, TWO_NOTES + END))
    assert piece.meters == (Meter(0, 4, 4), Meter(384, 3, 4))
    assert not piece.warnings


def test_each_track_and_channel_is_a_track_with_its_name_and_program():
    first = b"\x00\xff\x03\x05Flute\x00\xc0\x49" + TWO_NOTES
    second = b"\x00\xff\x03\x05Drums" + TWO_NOTES.replace(b"\x90", b"\x99").replace(b"\x80", b"\x89")
    piece = both(midi_file(b"\x00\xff\x03\x04Tune" + END, first + END, second + END))
    assert piece.tracks == (Track("Flute", 73, False), Track("Drums", 0, True))
    assert piece.title == "Tune"


def test_a_format_0_file_with_sixteen_channels_has_sixteen_tracks():
    events = b"".join(bytes((0, 0xC0 | c, c)) for c in range(16))
    events += b"".join(bytes((0, 0x90 | c, 60 + c, 64)) for c in range(16))
    events += b"\x60" + b"\x00".join(bytes((0x90 | c, 60 + c, 0)) for c in range(16))
    piece = both(midi_file(events + END, form=0))
    assert [t.program for t in piece.tracks] == list(range(16))
    assert [t.is_drum for t in piece.tracks] == [c == 9 for c in range(16)]
    assert list(piece.notes["pitch"]) == list(range(60, 76))


def test_a_channel_that_changes_its_program_becomes_a_track_for_each():
    events = b"\x00\xc0\x05\x00\x90\x3c\x40\x60\x3c\x00\x00\xc0\x06\x00\x90\x3e\x40\x60\x3e\x00"
    piece = read(midi_file(events + END))
    assert [t.program for t in piece.tracks] == [5, 6]
    assert codes(piece) == {"programs-split"}


def test_a_program_change_while_a_note_sounds_leaves_the_note_whole():
    piece = read(midi_file(b"\x00\x90\x3c\x40\x30\xc0\x05\x30\x80\x3c\x00" + END))
    assert rows(piece) == [(0, 96, 60, 64)]
    assert piece.tracks[0].program == 0


def test_of_two_notes_of_one_key_the_first_on_is_the_first_off():
    piece = both(midi_file(b"\x00\x90\x3c\x40\x10\x3c\x50\x10\x3c\x00\x10\x3c\x00" + END))
    assert rows(piece) == [(0, 32, 60, 64), (16, 32, 60, 80)]


def test_a_repeated_note_whose_off_comes_after_the_next_on_is_two_notes():
    piece = both(midi_file(b"\x00\x90\x3c\x40\x10\x3c\x50\x00\x3c\x00\x10\x3c\x00" + END))
    assert rows(piece) == [(0, 16, 60, 64), (16, 16, 60, 80)]


def test_a_note_that_is_never_switched_off_ends_with_its_track():
    piece = read(midi_file(b"\x00\x90\x3c\x40\x00\x90\x40\x40\x60\x80\x3c\x00\x60\xff\x2f\x00"))
    assert rows(piece) == [(0, 96, 60, 64), (0, 192, 64, 64)]
    assert codes(piece) == {"never-off"}


def test_many_unclosed_notes_are_one_notice():
    events = b"".join(bytes((0, 0x90, key, 64)) for key in range(40))
    (notice,) = read(midi_file(events + b"\x60\xff\x2f\x00")).warnings
    assert "40 times" in notice.message


def test_an_unclosed_note_is_found_beside_program_changes_that_hide_it_from_the_count():
    # Three messages of two bytes have as many data bytes as two of three.
    events = b"\x00\xc0\x05\x00\xc0\x05\x00\xc0\x05" + TWO_NOTES + b"\x00\x90\x50\x40"
    assert fast.read_clean(midi_file(events + b"\x60\xff\x2f\x00")) is None
    assert codes(read(midi_file(events + b"\x60\xff\x2f\x00"))) == {"never-off"}


def test_a_note_of_no_length_lasts_one_tick_and_is_said():
    piece = read(midi_file(b"\x00\x90\x3c\x40\x00\x3c\x00" + END))
    assert rows(piece) == [(0, 1, 60, 64)]
    assert codes(piece) == {"zero-length"}


@pytest.mark.parametrize("control", [120, 123, 126])
def test_all_notes_off_ends_notes(control):
    events = b"\x00\x90\x3c\x40\x00\x40\x40\x60" + bytes((0xB0, control, 0)) + b"\x60\x80\x3c\x00"
    piece = read(midi_file(events + END))
    assert rows(piece) == [(0, 96, 60, 64), (0, 96, 64, 64)]


def test_controllers_bends_pressure_and_sysex_change_no_note():
    extra = b"\x00\xb0\x07\x64\x00\x0a\x40\x00\xe0\x00\x40\x00\xd0\x10\x00\xa0\x3c\x10\x00\xf0\x03\x7e\x7f\xf7"
    assert rows(read(midi_file(extra + TWO_NOTES + END))) == rows(read(midi_file(TWO_NOTES + END)))
    assert not read(midi_file(extra + TWO_NOTES + END)).warnings


def test_running_status_across_a_meta_event_is_read_and_said():
    piece = read(midi_file(b"\x00\x90\x3c\x40\x00\xff\x01\x01x\x60\x3c\x00" + END))
    assert rows(piece) == [(0, 96, 60, 64)]
    assert codes(piece) == {"running-status"}


def test_a_long_time_with_bytes_that_look_like_system_messages_is_read_fast():
    # 0xF8 0x00 is 15360 ticks here, not the message 0xF8.
    piece = both(midi_file(TWO_NOTES + b"\xf8\x00\x90\x3c\x40\xff\x00\x80\x3c\x00" + END))
    assert rows(piece)[-1] == (192 + 15360, 16256, 60, 64)


@pytest.mark.parametrize("status", [0xF1, 0xF4, 0xF8, 0xFE])
def test_a_system_message_in_a_track_is_passed_over_and_said(status):
    extra = bytes((0, status)) + (b"\x01" if status == 0xF1 else b"")
    piece = read(midi_file(TWO_NOTES + extra + b"\x00\x90\x48\x40\x60\x80\x48\x00" + END))
    assert rows(piece)[-1] == (192, 96, 72, 64)
    assert codes(piece) == {"system-message"}


def test_a_velocity_above_127_is_taken_for_127():
    piece = read(midi_file(b"\x00\x90\x3c\xc8\x60\x80\x3c\x00" + END))
    assert rows(piece) == [(0, 96, 60, 127)]
    assert codes(piece) == {"data-over-127"}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (midi_file(TWO_NOTES + END, count=3), "track-count"),
        (midi_file(TWO_NOTES + END, TWO_NOTES + END, count=1), "track-count"),
        (midi_file(TWO_NOTES + END, TWO_NOTES + END, form=0), "format-0-tracks"),
        (midi_file(TWO_NOTES + END) + bytes(range(200, 250)), "after-end-of-track"),
        (midi_file(TWO_NOTES + END) * 2, "second-file"),
        (midi_file(TWO_NOTES), "no-end-of-track"),
        (midi_file(TWO_NOTES + END + TWO_NOTES), "after-end-of-track"),
        (bytes(128) + midi_file(TWO_NOTES + END), "leading-bytes"),
        (midi_file(TWO_NOTES + b"\x00\xff\x2f\x02ab"), "meta-length"),
        (midi_file(b"\x00\xff\x51\x02\x0f\x42" + TWO_NOTES + END), "meta-length"),
        (midi_file(TWO_NOTES + END, form=7), "unknown-format"),
    ],
)
def test_what_is_repaired_around_the_notes_is_said(data, code):
    piece = read(data)
    assert rows(piece)[:2] in ([(0, 96, 60, 64), (96, 96, 64, 80)], [(0, 96, 60, 64), (0, 96, 60, 64)])
    assert code in codes(piece)


@pytest.mark.parametrize("length", [0, 3, 7, 1000, 2**31, 2**32 - 1])
def test_a_track_length_that_lies_does_not_matter(length):
    data = midi_file(TWO_NOTES + END, TWO_NOTES + END)
    lying = data[:18] + struct.pack(">I", length) + data[22:]
    piece = read(lying)
    assert len(piece) == 4
    assert codes(piece) == {"track-length"}


def test_a_file_cut_off_anywhere_gives_its_notes_or_a_plain_refusal():
    data = midi_file(b"\x00\xff\x03\x05Flute" + TWO_NOTES + END)
    for stop in range(len(data)):
        try:
            assert read(data[:stop]).warnings
        except BadInput:
            assert stop < 40


def test_an_unknown_chunk_is_passed_over():
    data = midi_file(TWO_NOTES + END) + chunk(b"anything", b"XFIH")
    assert len(read(data)) == 2
    assert not read(data).warnings


def test_a_longer_header_is_legal():
    data = midi_file(TWO_NOTES + END)
    assert not read(data[:4] + b"\x00\x00\x00\x08" + data[8:14] + b"\x00\x00" + data[14:]).warnings


def test_a_riff_wrapper_is_unwrapped():
    inner = midi_file(TWO_NOTES + END)
    wrapped = b"RIFF" + struct.pack("<I", len(inner) + 12) + b"RMIDdata" + struct.pack("<I", len(inner)) + inner
    wrapped += b"LIST\x04\x00\x00\x00INFO"
    assert midi.sniff(wrapped)
    assert read(wrapped) == read(inner)
    assert not read(wrapped).warnings


def test_format_2_patterns_are_read_one_after_the_other():
    piece = read(midi_file(TWO_NOTES + END, TWO_NOTES + END, form=2))
    assert list(piece.notes["onset_tick"]) == [0, 96, 192, 288]
    assert "consecutive" in str(piece.warnings[0])


def test_smpte_time_becomes_quarters_of_half_a_second():
    piece = read(midi_file(TWO_NOTES + END, division=0xE728))
    assert (piece.ticks_per_quarter, piece.tempos) == (500, (Tempo(0, 120.0),))
    assert codes(piece) == {"smpte-time"}


@pytest.mark.parametrize("division", [0, 0x8000, 0xE800, 0xD890])
def test_a_file_without_a_unit_of_time_is_refused(division):
    with pytest.raises(BadInput, match="unit of time"):
        read(midi_file(TWO_NOTES + END, division=division))


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "no-midi-header"),
        (b"M", "no-midi-header"),
        (b"MThd\x00\x00\x00\x06\x00\x01", "no-midi-header"),
        (b"MThd\xff\xff\xff\xff" + bytes(40), "bad-midi-header"),
        (b"<?xml version='1.0'?>" * 5, "no-midi-header"),
        (midi_file(), "no-tracks"),
        (midi_file(END), "no-notes"),
        (midi_file(b"\x00\x80\x3c\x40" + END), "no-notes"),
    ],
)
def test_what_holds_no_music_is_refused_in_three_lines(data, code):
    with pytest.raises(BadInput) as caught:
        read(data)
    assert caught.value.code == code
    assert caught.value.expected
    assert caught.value.fix


def test_more_notes_than_a_piece_may_have_are_refused():
    events = b"\x00\x90\x3c\x40" + b"\x00\x3c\x40\x01\x3c\x00" * 500_001
    for data in (midi_file(events + END), midi_file(events)):
        with pytest.raises(TooLarge):
            read(data)


def test_time_beyond_the_cap_is_refused_and_does_not_wrap():
    events = b"\x00\x90\x3c\x40" + b"\xff\xff\xff\x7f\xff\x01\x00" * 20 + b"\x00\x80\x3c\x00"
    with pytest.raises(TooLarge):
        read(midi_file(events + END))


def test_times_of_three_bytes_that_would_wrap_are_refused():
    # 2,100 times of almost 2^21 ticks: more than 2^32, and no single one is long.
    events = b"\x00\x90\x3c\x40" + b"\xff\xff\x7f\xb0\x07\x01" * 2100 + b"\x00\x80\x3c\x00"
    with pytest.raises(TooLarge):
        read(midi_file(events + END))


@pytest.mark.parametrize(
    ("meta", "code"),
    [
        (b"\xff\x58\x04\x00\x02\x18\x08", "meter-dropped"),
        (b"\xff\x58\x04\x04\x1f\x18\x08", "meter-dropped"),
        (b"\xff\x58\x04\xff\x07\x18\x08", "meter-unlikely"),
        (b"\xff\x59\x02\x80\x05", "key-dropped"),
        (b"\xff\x59\x02\x08\x00", "key-dropped"),
        (b"\xff\x51\x03\x00\x00\x00", "tempo-dropped"),
        (b"\xff\x51\x03\xff\xff\xff", "tempo-dropped"),
    ],
)
def test_absurd_meters_keys_and_tempos_are_said(meta, code):
    assert codes(both(midi_file(b"\x00" + meta + TWO_NOTES + END))) == {code}


def test_a_meter_change_inside_a_bar_starts_a_bar_and_is_said():
    # 4/4, then 3/4 after three quarters: no shorter bar spells that out.
    events = b"\x00\xff\x58\x04\x04\x02\x18\x08\x82\x20\xff\x58\x04\x03\x02\x18\x08"
    piece = read(midi_file(events + END, b"\x00\x90\x3c\x40\x85\x00\x80\x3c\x00" + END))
    assert codes(piece) == {"meter-off-barline"}
    assert [bar.onset_tick for bar in bars(piece)] == [0, 288, 576]


def test_a_first_bar_of_its_own_shorter_meter_is_a_pickup():
    events = b"\x00\xff\x58\x04\x01\x02\x18\x08\x60\xff\x58\x04\x04\x02\x18\x08"
    piece = both(midi_file(events + END, TWO_NOTES + END))
    assert piece.pickup_tick == 96
    assert piece.meters == (Meter(0, 4, 4),)
    assert bars(piece)[0].number == 0


def test_a_meter_in_every_bar_is_no_pickup():
    events = b"\x00\xff\x58\x04\x02\x02\x18\x08\x81\x40\xff\x58\x04\x03\x02\x18\x08\x82\x20\xff\x58\x04\x04\x02\x18\x08"
    piece = read(midi_file(events + END, TWO_NOTES + END))
    assert piece.pickup_tick == 0
    assert len(piece.meters) == 3


def test_tracks_that_disagree_about_the_key_are_said_and_the_first_holds():
    events = [b"\x00\xff\x59\x02" + bytes((fifths, 0)) + TWO_NOTES + END for fifths in (1, 3)]
    piece = both(midi_file(*events))
    assert piece.keys == (KeySignature(0, 1, "major"),)
    assert codes(piece) == {"key-conflict"}


def test_hours_of_silence_are_said():
    late = read(midi_file(b"\x00\x90\x3c\x40\x60\x80\x3c\x00" + b"\xff\xff\x7f\xff\x2f\x00"))
    assert codes(late) == {"huge-silence"}
    assert late.end_tick == 96


def test_one_key_struck_many_times_at_once_is_said():
    piece = both(midi_file(b"\x00\x90\x3c\x40" + b"\x00\x3c\x40" * 99 + b"\x01\x3c\x00" * 100 + END))
    assert codes(piece) == {"stacked-notes"}
    assert list(piece.notes["duration_tick"]) == list(range(1, 101))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Flûte à bec".encode(), "Flûte à bec"),
        ("Flûte à bec".encode("latin-1"), "Flûte à bec"),
        ("Légende".encode("latin-1"), "Légende"),
        ("ピアノ".encode("shift_jis"), "ピアノ"),
        ("ピアノ".encode("utf-16"), "ピアノ"),
        (b"a\x00b\r\n\x1b[31m", "a b [31m"),
        ("gnp\u202e.mid".encode(), "gnp .mid"),
        (b"x" * 500, "x" * 200),
    ],
)
def test_names_are_decoded_as_well_as_can_be_without_a_word(raw, text):
    piece = read(
        midi_file(b"\x00\xff\x03" + (bytes((len(raw),)) if len(raw) < 128 else b"\x83\x74") + raw + TWO_NOTES + END)
    )
    assert piece.tracks[0].name == text
    assert not piece.warnings


def test_eight_thousand_tempo_changes_are_kept():
    events = b"".join(b"\x01\xff\x51\x03\x07" + bytes((i >> 8, i & 255)) for i in range(8000))
    piece = both(midi_file(events + END, TWO_NOTES + END))
    assert len(piece.tempos) == 8001


def test_events_before_the_first_note_that_take_time_move_the_notes():
    piece = both(midi_file(b"\x60\xff\x01\x01x" + TWO_NOTES + END))
    assert list(piece.notes["onset_tick"]) == [96, 192]


def test_all_keys_of_all_channels_at_once_are_read():
    events = b"".join(bytes((0, 0x90 | c, key, 64)) for c in range(16) for key in range(128))
    events += b"".join(bytes((int(c == key == 0), 0x80 | c, key, 64)) for c in range(16) for key in range(128))
    assert len(both(midi_file(events + END))) == 2048


def test_sniffing_looks_at_content_and_never_raises():
    data = midi_file(TWO_NOTES + END)
    assert midi.sniff(data)
    assert midi.sniff(bytes(128) + data)
    assert not midi.sniff(b"")
    assert not midi.sniff(b"RIFF....WAVE")
    assert not midi.sniff(b"X:1\nT:MThd\nK:C\nCDEF|")


def test_symusic_rows_are_read_the_same_way_if_its_layout_should_change(monkeypatch):
    data = midi_file(b"\x00\xb0\x07\x64" + TWO_NOTES + END)
    expected = fast.read_clean(data)
    monkeypatch.setattr(fast, "_row_readers", lambda: (fast._rows_from_arrays, fast._controls_from_arrays))
    assert fast.read_clean(data) == expected
    silenced = midi_file(b"\x00\xb0\x7b\x00" + TWO_NOTES + END)
    assert fast.read_clean(silenced) is None


@pytest.mark.parametrize("seed", range(8))
def test_flipped_bits_never_make_the_two_readers_disagree(seed):
    random = np.random.default_rng(seed)
    events = b"".join(
        bytes((0, 0x90, int(k), 64, 24 + int(k) % 9)) + bytes((0x80, int(k), 0)) for k in random.integers(40, 80, 30)
    )
    whole = midi_file(b"\x00\xff\x03\x04Name\x00\xff\x51\x03\x07\xa1\x20" + END, events + END)
    for _ in range(150):
        data = bytearray(whole)
        for place in random.integers(14, len(data), random.integers(1, 4)):
            data[place] ^= 1 << int(random.integers(0, 8))
        try:
            slow = tolerant.read_tolerant(bytes(data))
        except BadInput:
            continue
        check_piece(slow)
        quick = fast.read_clean(bytes(data))
        assert quick is None or (quick == slow and quick.warnings == slow.warnings)
