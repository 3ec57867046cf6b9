"""What a first user met: each of these was once wrong, unclear or ugly."""

from __future__ import annotations

import errno
import re

import numpy as np
import pytest

import fewnotes
from fewnotes.codecs.musicxml import encode
from fewnotes.codecs.musicxml.writing.strokes import with_stroke_lengths
from fewnotes.faces.cli import main
from fewnotes.files import read, write
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.music.profile import profile
from fewnotes.testing import tiny_chorale, tiny_melody
from fewnotes.uses.compare import Compare
from fewnotes.uses.info import Info
from fewnotes.uses.surprisal import Surprise


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run a command line in an empty folder: (exit code, stdout, stderr)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("FEWNOTES_HOME", str(tmp_path / "home"))

    def command(*words):
        code = main([str(w) for w in words])
        out = capsys.readouterr()
        return code, " ".join(out.out.split()), " ".join(out.err.split())

    return command


def drum_loop(length=100):
    """Two bars of eighths on the hi-hat with bass and snare drum, each stroke `length` ticks long."""
    rows = [(240 * i, length, 0, 42, 80, 0, 0) for i in range(16)]
    rows += [(480 * i, length, 0, 36 if i % 2 == 0 else 38, 100, 0, 0) for i in range(8)]
    return Piece(480, (Track("Drums", 0, True),), note_array(rows), meters=(Meter(0, 4, 4),))


# --- drums -----------------------------------------------------------------------------------------------------------


def test_played_drum_strokes_are_printed_up_to_the_next_stroke():
    written, changed = with_stroke_lengths(drum_loop())
    assert changed == 24
    assert written.notes["onset_tick"].tolist() == drum_loop().notes["onset_tick"].tolist()
    assert set(written.notes["duration_tick"].tolist()) == {240}


def test_a_score_of_a_drum_loop_has_no_ties_rests_or_tuplets():
    encoded = encode(drum_loop())
    text = encoded.data.decode()
    assert "<tie " not in text
    assert "<rest" not in text
    assert "<time-modification>" not in text
    assert "drum-lengths" in {n.code for n in encoded.warnings}


def test_drum_lengths_that_are_note_values_stay():
    for length in (120, 240, 80):
        assert with_stroke_lengths(drum_loop(length)) == (drum_loop(length), 0)


def test_a_lone_stroke_lasts_to_the_end_of_its_beat_and_never_over_a_barline():
    rows = [(0, 7, 0, 49, 80, 0, 0), (1900, 701, 0, 49, 80, 0, 0)]
    rows += [(1920 * bar, 7, 0, 49, 80, 0, 0) for bar in range(1, 9)]
    piece = Piece(480, (Track("", 0, True),), note_array(rows))
    written, _ = with_stroke_lengths(piece)
    assert written.notes["duration_tick"].tolist() == [480, 20, *[480] * 8]


def test_pitched_tracks_keep_their_lengths_beside_drums():
    rows = [*drum_loop().notes.tolist(), (0, 100, 1, 60, 80, 0, 0)]
    piece = Piece(480, (Track("", 0, True), Track()), note_array(rows))
    written, _ = with_stroke_lengths(piece)
    assert written.notes["duration_tick"][written.notes["track"] == 1].tolist() == [100]


def test_nothing_but_drums_has_no_key_tune_chords_or_range():
    said = profile([drum_loop()])["sentences"]
    assert set(said) == {"size", "keys", "rhythms", "instruments"}
    assert said["keys"] == "Meter: 4/4."
    facts = Info(pieces=[drum_loop()]).run().to_table().facts
    assert facts["key"] == "-"


def test_chords_of_one_piece_are_not_said_of_ten_tunes():
    assert "chords" in profile([tiny_chorale()])["sentences"]
    assert "chords" not in profile([tiny_chorale(), *[tiny_melody()] * 9])["sentences"]


# --- words -----------------------------------------------------------------------------------------------------------


def test_info_says_which_instrument_a_program_is():
    piece = Piece(480, (Track("", 40), Track("", 0)), tiny_melody().notes)
    rows = Info(pieces=[piece]).run().to_table().rows
    assert [row[2] for row in rows] == ["Violin (40)", "Acoustic Grand Piano (0)"]


def test_a_piece_compared_with_itself_is_told_to_be_the_same():
    assert "the same, note for note" in Compare(a=tiny_melody(), b=tiny_melody()).run().statement
    assert "the same" not in Compare(a=tiny_melody(), b=tiny_chorale()).run().statement


def test_bits_are_explained_and_held_against_the_style():
    words = Surprise(np.full(4, 3.0), usual=2.0).to_table().words
    assert "like guessing among 8 notes" in words[0]
    assert "more than a piece of the style" in words[0]
    assert "about as much as" in Surprise(np.full(4, 3.0), usual=3.1).to_table().words[0]
    assert "hardly a choice" in Surprise(np.full(4, 0.2)).to_table().words[0]
    assert "of the style" not in Surprise(np.full(4, 3.0)).to_table().words[0]


def test_a_number_that_is_none_is_refused_in_plain_words(run):
    code, _, err = run("compose", "jigs", "--bars", "many")
    assert code == 2
    assert "'--bars': it takes a whole number" in err
    assert "parse" not in err


def test_versions_of_one_style_count_as_one_style(run, tmp_path):
    write(tiny_melody(), tmp_path / "a.mid")
    for _ in range(2):
        assert run("learn", "a.mid", "--name", "jigs", "--engine", "markov", "-q")[0] == 0
    assert run("styles")[1].startswith("1 style, 2 versions, in ")
    assert run("styles", "verify")[1] == "1 style, 2 versions, verified: all is whole"


def test_an_empty_store_is_not_called_whole(run):
    assert run("styles", "verify")[1] == "0 styles verified: none there"


def test_a_name_that_is_like_none_gets_no_suggestion(run, tmp_path):
    write(tiny_melody(), tmp_path / "a.mid")
    assert run("learn", "a.mid", "--name", "piano_schumann", "--engine", "markov", "-q")[0] == 0
    assert "Is it" not in run("compose", "nosuch")[2]
    assert "Is it 'piano_schumann'?" in run("compose", "piano_schuman")[2]


# --- files -----------------------------------------------------------------------------------------------------------


def test_a_picture_is_named_after_the_file_it_was_made_from(run, tmp_path):
    write(tiny_melody(), tmp_path / "my tune.v2.mid")
    assert run("render", "my tune.v2.mid", "--form", "roll.svg")[0] == 0
    assert (tmp_path / "my tune.v2.roll.svg").is_file()
    assert run("render", "my tune.v2.mid", "--form", "roll.svg")[0] == 0
    assert (tmp_path / "my tune.v2-2.roll.svg").is_file()


def test_who_wants_a_picture_of_a_composition_is_told_how(run, tmp_path):
    write(tiny_melody(), tmp_path / "a.mid")
    code, _, err = run("convert", "a.mid", "a.svg")
    assert code == 2
    assert "fewnotes render FILE -o NAME.svg" in err
    assert "render" not in run("convert", "a.mid", "a.mp3")[2]


def test_a_full_disk_behind_stdout_is_no_fault_of_ours(run, monkeypatch):
    def full(*_args, **_more):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("fewnotes.faces.cli.commands._print_words", full)
    code, _, err = run("styles")
    assert code == 6
    assert "The disk is full" in err
    assert "fault in fewnotes" not in err


def test_warnings_of_tiny_moves_do_not_say_by_nothing(tmp_path):
    rows = [(1 + 240 * i, 239, 0, 60 + i, 80, 0, 0) for i in range(8)]
    piece = Piece(480, (Track(),), note_array(rows))
    messages = [n.message for n in encode(piece).warnings]
    assert not any(re.search(r"\b0\.000\b", m) for m in messages)
    path = tmp_path / "shifted.musicxml"
    write(piece, path)
    assert len(read(path).notes) == 8


# --- Python ----------------------------------------------------------------------------------------------------------


def test_a_name_where_a_style_is_wanted_says_how_to_load_one():
    with pytest.raises(fewnotes.FewnotesError, match="load_style"):
        fewnotes.compose("jigs")
    with pytest.raises(fewnotes.FewnotesError, match="read_all"):
        fewnotes.learn("tunes/", name="jigs")
    with pytest.raises(fewnotes.FewnotesError, match="read"):
        fewnotes.learn(["a.mid"], name="jigs")
    with pytest.raises(fewnotes.FewnotesError, match="a Piece or a Style"):
        fewnotes.compare(tiny_melody(), "jigs")
