"""A library: what is listened to once is not listened to again, nothing is lost in silence, nothing is torn."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import fake_relation
import numpy as np
import pytest

from fewnotes.errors import BadInput, BadParameter, StoreError
from fewnotes.files import read, write
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Tempo
from fewnotes.store.library import Feedback, Library, library_names, library_path, name_for, remove_library
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece
from fewnotes.uses._listening.facts import same_notes
from fewnotes.uses._listening.indexing import update
from fewnotes.uses.library import Library as LibraryUse

ONCE = Path(__file__).with_name("index_once.py")


@pytest.fixture
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def music(tmp_path):
    """Six pieces in two folders."""
    folder = tmp_path / "music"
    for number in range(4):
        write(transpose(tiny_melody(), number), folder / "tunes" / f"tune{number}.mid")
    write(tiny_chorale(), folder / "chorale.musicxml")
    write(tiny_piece(), folder / "piece.mid")
    return folder


@pytest.fixture
def library(judge):
    with Library("mine") as opened:
        yield opened


def contents(library, checkpoint="fake-1"):
    """Everything an index holds, as plain values that can be held against another."""
    index = library.index(checkpoint)
    files = {Path(k.path).name: (k.digest, k.state, k.reason) for k in library.files().values()}
    facts = [library.facts(d, n) for d, n in zip(index.digests, index.numbers, strict=True)]
    return files, index.digests, index.numbers, index.same, facts, index.vectors.tobytes(), index.features.tobytes()


# --- what is listened to ---------------------------------------------------------------------------------------------


def test_everything_is_listened_to_once_and_then_not_again(library, judge, music):
    found = update(library, [music])
    assert (found.read, len(judge.embedded), len(library.index("fake-1"))) == (6, 6, 6)
    again = update(library)
    assert (again.read, again.moved, again.gone, len(judge.embedded)) == (0, 0, 0, 6)


def test_facts_about_a_piece_are_written_down(library, music):
    update(library, [music / "chorale.musicxml"])
    index = library.index("fake-1")
    facts = library.facts(index.digests[0], 1)
    assert (facts["title"], facts["meter"], facts["bars"], facts["notes"]) == ("Tiny chorale", "4/4", 4, 64)
    assert (facts["key"], facts["quarters_per_minute"], facts["seconds"]) == ("C major", 84.0, 11.4)
    assert (facts["instruments"], facts["drums"]) == (["voices"], False)
    assert index.features.shape == (1, 47)


def test_a_file_that_moved_and_a_second_copy_are_not_listened_to_again(library, judge, music):
    update(library, [music])
    shutil.move(music / "tunes", music / "melodies")
    shutil.copy(music / "piece.mid", music / "copy.mid")
    found = update(library)
    assert (found.read, found.moved, found.gone, len(judge.embedded)) == (0, 5, 4, 6)
    index = library.index("fake-1")
    assert len(index) == 6
    paths = [library.paths_of(d) for d in index.digests]
    assert [str(music / "copy.mid"), str(music / "piece.mid")] in paths
    assert not any("tunes" in path for inside in paths for path in inside)


def test_a_changed_file_is_listened_to_again_and_a_removed_one_leaves(library, judge, music):
    update(library, [music])
    write(transpose(tiny_chorale(), 3), music / "chorale.musicxml")
    (music / "piece.mid").unlink()
    found = update(library)
    assert (found.read, found.gone, len(judge.embedded)) == (1, 1, 7)
    contents_now = set(library.index("fake-1").contents)
    assert len(contents_now) == 5
    assert judge.embedded[-1] in contents_now


def test_vectors_of_another_checkpoint_are_made_again(library, monkeypatch, music):
    update(library, [music])
    other = fake_relation.install(
        lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False), "fake-2"
    )
    assert update(library).read == 6
    assert len(other.embedded) == len(library.index("fake-2")) == 6
    assert len(library.index("fake-1")) == 0


def test_a_file_that_cannot_be_read_is_listed_with_its_reason_and_tried_again_when_it_changes(library, judge, music):
    (music / "broken.mid").write_bytes(b"MThd, but no more than that")
    (music / "empty.abc").write_bytes(b"")
    found = update(library, [music])
    assert {Path(path).name for path, _ in found.unreadable} == {"broken.mid", "empty.abc"}
    assert all(reason for _, reason in found.unreadable)
    assert update(library).unreadable == found.unreadable
    write(tiny_melody(), music / "broken.mid")
    assert [Path(path).name for path, _ in update(library).unreadable] == ["empty.abc"]


def test_folders_come_and_go_and_one_that_is_away_for_now_loses_nothing(library, judge, music, tmp_path):
    update(library, [music / "tunes", music / "chorale.musicxml"])
    assert len(library.index("fake-1")) == 5
    shutil.move(music / "tunes", tmp_path / "away")
    found = update(library)
    assert found.missing == (str(music / "tunes"),)
    assert len(library.index("fake-1")) == 5
    shutil.move(tmp_path / "away", music / "tunes")
    assert update(library).read == 0
    assert library.remove_root(str(music / "tunes"))
    update(library)
    assert len(library.index("fake-1")) == 1
    with pytest.raises(BadInput, match="nowhere"):
        update(library, [tmp_path / "nowhere"])


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no text")
def test_a_file_whose_name_is_no_text_is_indexed_like_any_other(library, judge, music):
    odd = os.fsdecode(bytes(music) + b"/\xff.mid")
    shutil.copy(music / "piece.mid", odd)
    (music / "piece.mid").unlink()
    update(library, [music])
    assert odd in library.files()
    assert update(library).read == 0
    LibraryUse(action="show", name="mine").run().to_dict()


def test_the_same_notes_in_another_key_are_known_and_other_notes_are_not():
    assert same_notes(tiny_melody()) == same_notes(transpose(tiny_melody(), 5))
    assert same_notes(tiny_melody()) != same_notes(tiny_chorale())


# --- damage, kills, company ------------------------------------------------------------------------------------------


def looked_through(name, folder):
    with Library(name) as library:
        update(library, [folder])
        library.index("fake-1")


@pytest.mark.parametrize("where", ["head", "middle", "all"])
def test_a_damaged_library_is_told_with_how_to_build_it_anew_and_that_works(judge, music, where):
    with Library("mine") as library:
        update(library, [music])
    path = library_path("mine")
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek({"head": 0, "middle": 4096, "all": 0}[where])
        file.write(b"\x55" * {"head": 200, "middle": size - 4096, "all": size}[where])
    with pytest.raises(StoreError, match="fewnotes library remove mine"):
        looked_through("mine", music)
    assert remove_library("mine")
    with Library("mine") as library:
        update(library, [music])
        assert len(library.index("fake-1")) == 6


def test_a_library_of_a_later_fewnotes_is_left_alone(judge):
    with Library("mine") as library, library._file.writing() as write_rows:
        write_rows("PRAGMA user_version = 99", [()])
    with pytest.raises(StoreError, match="later fewnotes"):
        Library("mine")


def test_a_library_of_the_first_version_is_brought_up_without_listening_again(library, judge, music):
    update(library, [music])
    wanted = library.index("fake-1")
    with library._file.writing() as write_rows:
        for column in ("seconds", "difficulty"):
            write_rows(f"ALTER TABLE pieces DROP COLUMN {column}", [()])
        write_rows("PRAGMA user_version = 1", [()])
    library.close()
    with Library("mine") as again:
        assert np.isnan(again.index("fake-1").difficulty).all()
        assert update(again).read == 0
        index = again.index("fake-1")
    assert np.array_equal(index.seconds, wanted.seconds)
    assert np.array_equal(index.difficulty, wanted.difficulty)
    assert len(judge.embedded) == 6


def test_names_are_derived_from_folders_or_refused(tmp_path):
    assert name_for([tmp_path / "a b"]) == name_for([tmp_path / "a b"]) != name_for([tmp_path / "a c"])
    for bad in ("", "a\nb", "x.style"):
        with pytest.raises(BadParameter, match=r"library|name of a style"):
            Library(bad)
    with pytest.raises(BadParameter, match="no library called"):
        Library("nosuch", create=False)
    assert library_names() == []


def test_what_is_liked_is_remembered_by_list_and_the_last_word_counts(library):
    library.remember("jigs", [Feedback("a", True, "A"), Feedback("b", True, "B")], "2026-01-01")
    library.remember("jigs", [Feedback("a", False, "A")], "2026-01-02")
    assert [(f.content, f.liked) for f in library.remembered("jigs")] == [("b", True), ("a", False)]
    assert library.remembered("reels") == []
    assert library.forget("jigs") == 2
    assert library.remembered("jigs") == []


def start(name, folder, pause=0.0):
    command = [sys.executable, str(ONCE), name, str(folder), str(pause)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def many(folder, count):
    for number in range(count):
        piece = transpose(tiny_melody() if number % 2 else tiny_chorale(), number % 12 - 6)
        piece = replace(piece, tempos=(Tempo(0, 60.0 + number),))  # so that no two are the same
        write(piece, folder / str(number % 3) / f"{number:02}.mid")
    (folder / "broken.mid").write_bytes(b"MThd, but no more than that")
    return folder


def test_two_processes_may_bring_one_library_up_to_date_at_once(judge, tmp_path):
    folder = many(tmp_path / "music", 12)
    running = [start("both", folder, 0.05) for _ in range(2)]
    for process in running:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert out.startswith("ready\n")
    with Library("alone") as alone, Library("both") as both:
        update(alone, [folder])
        assert contents(both) == contents(alone)
        assert update(both).read == 0


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_a_killed_update_loses_nothing_that_was_committed_and_goes_on_to_the_same_index(judge, tmp_path):
    folder = many(tmp_path / "music", 40)
    with Library("whole") as whole:
        update(whole, [folder])
        wanted = contents(whole)
    kept = []
    for number in range(5):
        process = start("killed", folder, 0.02)
        lines = iter(process.stdout.readline, "")
        assert next(lines) == "ready\n"
        for _ in range(2):
            assert next(lines).startswith("kept")
        time.sleep(0.004 * number)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with Library("killed") as library:
            kept.append(len(library.index("fake-1")))
            assert len(library.files()) >= kept[-1]
    assert kept == sorted(kept)
    assert kept[0] > 0
    with Library("killed") as library:
        before = len(judge.embedded)
        update(library, [folder])
        assert len(judge.embedded) - before == 40 - kept[-1]
        assert contents(library) == wanted


# --- the use ---------------------------------------------------------------------------------------------------------


def test_libraries_are_listed_shown_and_removed_and_the_music_stays(judge, music):
    made = LibraryUse(action="update", name="mine", music=str(music)).run()
    assert made.facts["pieces"] == 6
    (music / "broken.mid").write_bytes(b"MThd")
    assert LibraryUse(action="update", name="mine").run().exit_status == 4
    assert any("broken.mid" in row[1] for row in LibraryUse(action="show", name="mine").run().rows)
    assert LibraryUse().run().rows[0][:4] == ("mine", 6, 7, 1)
    with pytest.raises(BadParameter, match="no folder of the library"):
        LibraryUse(action="drop", name="mine", music=str(music / "tunes")).run()
    assert LibraryUse(action="drop", name="mine", music=str(music)).run().facts["pieces"] == 0
    LibraryUse(action="remove", name="mine").run()
    assert library_names() == []
    assert (music / "piece.mid").exists()
    with pytest.raises(BadParameter, match="no library called"):
        LibraryUse(action="remove", name="mine").run()


def test_vectors_come_back_bit_for_bit(library, judge, music):
    update(library, [music])
    index = library.index("fake-1")
    by_content = dict(zip(index.contents, index.vectors, strict=True))
    piece = read(music / "chorale.musicxml")
    assert np.array_equal(by_content[piece.content_hash], judge.embed([piece])[0])
