"""What is liked: the last word counts, several processes may speak at once, and nothing of what is dropped stays."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from fewnotes.errors import BadInput, StoreError
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.store.tastes import Impression, Opinion, Tastes, tastes_path
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


@pytest.fixture
def tastes():
    with Tastes() as opened:
        yield opened


def impression(value, usual=()):
    single = np.array([value], np.float32)
    return Impression(single, single, np.array(usual, np.float32), np.array(usual, np.float32))


def test_pieces_come_back_note_for_note_and_the_last_word_on_one_counts(tastes):
    tastes.say([Opinion(tiny_melody(), True, time="2026-01-01"), Opinion(tiny_chorale(), False, time="2026-01-02")])
    assert tastes.say([Opinion(tiny_melody(), False, "hm", "jigs", "2026-01-03")]) == 2
    chorale, melody = tastes.opinions()
    assert (chorale.piece, chorale.liked) == (tiny_chorale(), False)
    assert (melody.piece, melody.liked, melody.title, melody.style) == (tiny_melody(), False, "hm", "jigs")
    assert [o.title for o in tastes.opinions("jigs")] == ["hm"]


def test_names_in_a_piece_do_not_enter_the_store(tastes):
    telling = replace(tiny_melody(), tracks=(Track("Grandmother's lullaby", 0),), composer="Somebody")
    tastes.say([Opinion(telling, True, "x")])
    data = tastes_path().read_bytes() + tastes_path().with_name("tastes.sqlite-wal").read_bytes()
    assert b"Grandmother" not in data
    assert b"Somebody" not in data


def test_what_holds_no_notes_or_is_no_piece_is_refused_and_nothing_of_it_is_kept(tastes):
    silent = Piece(480, (Track(),), note_array([]))
    broken = Piece(480, (Track(),), note_array([(0, 0, 0, 60, 80, 0, 0)]))
    for bad in (silent, broken):
        with pytest.raises(BadInput):
            tastes.say([Opinion(tiny_melody(), True), Opinion(bad, True)])
    assert len(tastes) == 0


def test_what_was_heard_is_kept_for_pieces_that_are_spoken_of_and_leaves_with_them(tastes):
    tastes.say([Opinion(tiny_melody(), True)])
    known, stranger = tiny_melody().content_hash, tiny_chorale().content_hash
    tastes.put_heard("one", {known: impression(1), stranger: impression(2)})
    assert set(tastes.heard("one")) == {known}
    assert tastes.heard("one")[known].usual_vector.shape == (0,)
    tastes.put_heard("two", {known: impression(3, [4])})
    assert tastes.heard("one") == {}
    assert tastes.heard("two")[known].usual_features.tolist() == [4]
    tastes.say([Opinion(tiny_melody(), True, style="jigs")])  # held against something else now
    assert tastes.heard("two") == {}
    assert tastes.forget([known, stranger]) == 1


def test_not_one_byte_of_what_was_dropped_is_left(tastes):
    tastes.say([Opinion(p, True) for p in (tiny_melody(), tiny_chorale(), tiny_piece())])
    gone = tiny_chorale()
    tastes.forget([gone.content_hash])
    tastes.wipe()
    data = b"".join(p.read_bytes() for p in tastes_path().parent.iterdir())
    assert gone.content_hash.encode() not in data
    assert gone.notes.tobytes() not in data
    assert tiny_melody().content_hash.encode() in data
    assert tiny_melody().notes.tobytes() in data


def test_a_style_that_is_forgotten_leaves_the_opinions_and_takes_its_name(tastes):
    title = "Sketch 1 in the style of jigs"
    tastes.say([Opinion(tiny_melody(), True, title, "jigs"), Opinion(tiny_chorale(), True, style="reels")])
    assert tastes.forget_style("jigs") == 1
    assert sorted((o.style, o.title) for o in tastes.opinions()) == [("", "Sketch 1"), ("reels", "Tiny chorale")]
    tastes.wipe()
    assert b"jigs" not in tastes_path().read_bytes()


SPEAK = """
import sys
from fewnotes.music.edit import transpose
from fewnotes.store.tastes import Opinion, Tastes
from fewnotes.testing import tiny_melody
for step in range(8):
    with Tastes() as tastes:
        tastes.say([Opinion(transpose(tiny_melody(), step), bool(int(sys.argv[1])), sys.argv[1])])
"""


def test_processes_that_speak_at_once_lose_nothing():
    running = [subprocess.Popen([sys.executable, "-c", SPEAK, str(n)], stderr=subprocess.PIPE) for n in (0, 1, 1)]
    for process in running:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    with Tastes() as tastes:
        found = tastes.opinions()
    assert {o.content for o in found} == {transpose(tiny_melody(), step).content_hash for step in range(8)}
    assert all(o.title == str(int(o.liked)) for o in found)


def test_a_damaged_file_is_told_and_a_later_one_is_left_alone(tastes):
    with tastes._file.writing() as write:
        write("PRAGMA user_version = 99", [()])
    with pytest.raises(StoreError, match="later fewnotes"):
        Tastes()
    tastes._file.close()
    tastes_path().write_bytes(b"\x55" * 8192)
    with pytest.raises(StoreError, match="damaged"):
        Tastes()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_process_that_is_killed_while_it_speaks_loses_no_word_that_was_kept():
    endless = SPEAK.replace("range(8)", "range(-20, 20)").replace("bool(int(sys.argv[1]))", "True")
    endless += "    print(step, flush=True)\n"
    kept = set()
    for number in range(6):
        process = subprocess.Popen([sys.executable, "-c", endless, "1"], stdout=subprocess.PIPE, text=True)
        for _ in range(3 + 4 * number):
            kept.add(int(process.stdout.readline()))
        process.kill()
        process.communicate()
        with Tastes() as tastes:
            there = {o.content for o in tastes.opinions()}
        assert {transpose(tiny_melody(), step).content_hash for step in kept} <= there
