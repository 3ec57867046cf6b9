"""Watching a library: what rests is taken in, what is being written is left, and stopping at any time tears nothing."""

from __future__ import annotations

from pathlib import Path

import fake_relation
import pytest

from fewnotes.files import write
from fewnotes.music.edit import transpose
from fewnotes.store.library import Library
from fewnotes.testing import tiny_chorale, tiny_melody
from fewnotes.uses._listening import indexing
from fewnotes.uses._listening.watching import watch
from fewnotes.uses.library import Library as LibraryUse


@pytest.fixture
def judge(monkeypatch):
    return fake_relation.install(lambda place, name, value: monkeypatch.setattr(place, name, value, raising=False))


@pytest.fixture
def music(tmp_path):
    for n in range(3):
        write(transpose(tiny_melody(), n), tmp_path / "music" / f"tune{n}.mid")
    return tmp_path / "music"


def scripted(*acts):
    """A sleep that does one thing after the other, then ends the watch as Ctrl-C does."""
    left = list(acts)

    def sleep(_seconds):
        if not left:
            raise KeyboardInterrupt
        left.pop(0)()

    return sleep


def names(library):
    return sorted(Path(p).name for p, known in library.files().items() if known.state == "read")


def nothing():
    pass


def test_new_changed_moved_and_removed_files_are_noticed(judge, music):
    with Library("mine") as library:
        found = watch(library, [music], 1.0, sleep=scripted(
            lambda: write(tiny_chorale(), music / "new.mid"), nothing,
            lambda: (music / "tune0.mid").unlink(), nothing,
            lambda: (music / "tune1.mid").rename(music / "moved.mid"), nothing,
        ))  # fmt: skip
        assert names(library) == ["moved.mid", "new.mid", "tune2.mid"]
        assert len(library.index("fake-1")) == 3
    assert (found.read, found.moved, found.gone, found.looks) == (4, 1, 2, 6)
    assert len(judge.embedded) == 4  # what moved was not listened to again


def test_a_file_that_is_being_written_is_left_until_it_rests(judge, music):
    whole = (music / "tune0.mid").read_bytes()
    growing, seen = music / "growing.mid", []

    def grow(share):
        def act():
            seen.append("growing.mid" in [Path(p).name for p in library.files()])
            growing.write_bytes(whole[: int(share * len(whole))] + b"\xff" * (share >= 1))

        return act

    with Library("mine") as library:
        watch(library, [music], 1.0, sleep=scripted(*(grow(s) for s in (0.2, 0.4, 0.6, 0.8)),
                                                    lambda: write(tiny_chorale(), growing), nothing))  # fmt: skip
        assert seen == [False] * 4
        assert "growing.mid" in names(library)
        assert library.unreadable() == []


def test_a_file_left_half_written_is_told_and_read_once_it_is_whole(judge, music):
    half = music / "half.mid"
    told = []
    with Library("mine") as library:
        watch(library, [music], 1.0, sleep=scripted(
            lambda: half.write_bytes(b"MThd\0\0"), nothing,
            lambda: told.extend(library.unreadable()),
            lambda: write(tiny_chorale(), half), nothing,
        ))  # fmt: skip
        assert [Path(p).name for p, _ in told] == ["half.mid"]
        assert "half.mid" in names(library)


def test_stopping_in_the_middle_of_an_update_keeps_what_was_finished(judge, music, monkeypatch):
    for n in range(9):
        write(transpose(tiny_chorale(), n - 4), music / f"more{n}.mid")
    monkeypatch.setattr(indexing, "_BATCH", 4)
    embed, calls = judge.embed, []

    def interrupted(pieces, progress=None):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return embed(pieces)

    monkeypatch.setattr(judge, "embed", interrupted)
    with Library("mine") as library:
        watch(library, [music], 1.0, sleep=scripted())
        assert len(library.index("fake-1")) == len(library.files()) == 8
        assert indexing.update(library).read == 4
        assert len(library.index("fake-1")) == 12


def test_the_use_watches_for_so_long_as_it_is_told(judge, music):
    found = LibraryUse(action="watch", name="mine", music=str(music), every=0.1, seconds=0.25).run()
    assert found.facts["pieces"] == 3
    assert found.facts["looks"] >= 2
    assert found.facts["updates"] == 1
