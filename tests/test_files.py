"""Files in and out: looked at before they are opened, known by content, written whole or not at all."""

from __future__ import annotations

import gzip
import os
import sys
import time
from pathlib import Path

import pytest

import fewnotes as fn
from fewnotes import files
from fewnotes.codecs import midi
from fewnotes.codecs._sandbox import Job, Sandbox
from fewnotes.errors import BadInput, BadParameter, FewnotesError, NotPossible, TooLarge, UnknownForm
from fewnotes.music.piece import Meter, Piece, Tempo, Track, note_array

SCALE = Piece(
    480,
    (Track("Scale"),),
    note_array([(480 * i, 480, 0, p, 80, 0, 0) for i, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72))]),
    meters=(Meter(0, 4, 4),),
    tempos=(Tempo(0, 120.0),),
)
TUNE = "X:1\nT:One\nM:4/4\nL:1/4\nK:C\nCDEF|GABc|]\n"


@pytest.mark.parametrize("suffix", [".mid", ".musicxml", ".mxl", ".abc"])
def test_what_is_written_in_a_form_reads_back_as_the_same_notes(tmp_path, suffix):
    path = tmp_path / f"scale{suffix}"
    fn.write(SCALE, path)
    back = fn.read(path)
    assert [(n["onset_tick"] / back.ticks_per_quarter, n["pitch"]) for n in back.notes] == [
        (i, p) for i, p in enumerate((60, 62, 64, 65, 67, 69, 71, 72))
    ]


def test_content_counts_before_the_suffix_and_the_lie_is_told(tmp_path):
    path = tmp_path / "tune.mid"
    path.write_text(TUNE)
    with pytest.warns(fn.MusicWarning, match="its content is abc"):
        assert len(fn.read(path)) == 8


def test_a_gzipped_file_reads_as_what_is_in_it(tmp_path):
    path = tmp_path / "scale.mid.gz"
    path.write_bytes(gzip.compress(midi.encode(SCALE).data))
    assert fn.read(path) == SCALE


def test_a_book_is_many_pieces_and_read_says_so(tmp_path):
    path = tmp_path / "book.abc"
    path.write_text(TUNE + "\n" + TUNE.replace("X:1", "X:2"))
    assert len(fn.read_all(path)) == 2
    with pytest.raises(NotPossible, match="holds 2 pieces"):
        fn.read(path)


def test_a_folder_is_read_in_order_and_what_cannot_be_read_is_named(tmp_path):
    fn.write(SCALE, tmp_path / "sub" / "b.mid")
    (tmp_path / "a.mid").write_bytes(b"\x89PNG\r\n")
    (tmp_path / "readme.txt").write_text("no music")
    skipped = []
    pieces = fn.read_all(tmp_path, on_skip=lambda path, error: skipped.append((path.name, error)))
    assert pieces == [SCALE]
    assert [name for name, _ in skipped] == ["a.mid"]
    assert isinstance(skipped[0][1], BadInput)


def test_a_glob_pattern_stands_for_its_files(tmp_path):
    for name in ("x1.mid", "x2.mid", "y.mid"):
        fn.write(SCALE, tmp_path / name)
    assert len(fn.read_all(str(tmp_path / "x*.mid"))) == 2


def test_many_files_go_through_several_workers_and_come_back_in_order(tmp_path):
    from fewnotes.music.edit import transpose

    for i in range(150):
        fn.write(transpose(SCALE, i % 40), tmp_path / f"{i:03}.mid")
    pieces = fn.read_all(tmp_path)
    assert [int(p.notes["pitch"][0]) for p in pieces] == [60 + i % 40 for i in range(150)]


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF" + bytes(60), b"\x1f\x8b" + bytes(30), b"plain words"],
)
def test_files_that_are_no_music_are_refused_in_at_most_three_lines(tmp_path, content):
    path = tmp_path / "x.mid"
    path.write_bytes(content)
    with pytest.raises(BadInput) as caught:
        fn.read(path)
    assert len(str(caught.value).splitlines()) <= 3
    assert "x.mid" in caught.value.what


def test_bytes_of_no_known_form_without_a_hint_are_an_unknown_form(tmp_path):
    path = tmp_path / "picture.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    with pytest.raises(UnknownForm):
        fn.read(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_pipes_and_devices_are_refused_without_being_opened(tmp_path):
    pipe = tmp_path / "pipe.mid"
    os.mkfifo(pipe)
    began = time.monotonic()
    with pytest.raises(BadInput, match="device or pipe"):
        fn.read(pipe)
    with pytest.raises(BadInput):
        fn.read("/dev/zero")
    assert time.monotonic() - began < 10  # opening a pipe would wait for ever


def test_a_huge_sparse_file_is_refused_by_its_size(tmp_path):
    path = tmp_path / "huge.mid"
    with path.open("wb") as file:
        file.truncate(8 * 2**30)
    with pytest.raises(TooLarge):
        fn.read(path)


def test_a_gzip_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.mid.gz"
    path.write_bytes(gzip.compress(bytes(100 * 2**20)))
    with pytest.raises(TooLarge):
        fn.read(path)


@pytest.mark.parametrize("name", ["no-such-file.mid", "nul\0inside.mid", "x" * 5000 + ".mid"])
def test_a_path_that_is_not_there_is_a_clear_error(name):
    with pytest.raises(BadInput):
        fn.read(name)


def test_writing_to_an_unknown_suffix_lists_the_ones_there_are(tmp_path):
    with pytest.raises(BadParameter, match=r"\.mid"):
        fn.write(SCALE, tmp_path / "x.doc")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_nothing_behind(tmp_path, monkeypatch):
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FewnotesError, match="disk is full"):
        fn.write(SCALE, tmp_path / "x.mid")
    assert list(tmp_path.iterdir()) == []


def child(tmp_path: Path, body: str) -> tuple[str, ...]:
    """A command that behaves as a reading child gone wrong."""
    script = tmp_path / "child.py"
    script.write_text("import sys, os, time, signal\nsys.stdin.buffer.read(12)\n" + body)
    return (sys.executable, str(script))


def test_a_reader_that_crashes_is_an_error_that_names_the_signal_and_the_next_file_is_tried(tmp_path):
    sandbox = Sandbox(child(tmp_path, "os.kill(os.getpid(), signal.SIGSEGV)"))
    results = list(sandbox.decode([Job("midi", b"x"), Job("midi", b"y")]))
    assert len(results) == 2
    assert all(isinstance(r, BadInput) and "SIGSEGV" in r.what for r in results)


def test_a_reader_that_hangs_is_stopped_by_the_clock(tmp_path, monkeypatch):
    monkeypatch.setattr("fewnotes.codecs._sandbox.SECONDS_TO_START", 0.5)
    monkeypatch.setattr("fewnotes.codecs._sandbox.SECONDS_PER_FILE", 0.5)
    sandbox = Sandbox(child(tmp_path, "time.sleep(60)"))
    began = time.monotonic()
    (result,) = sandbox.decode([Job("midi", b"x")])
    assert isinstance(result, TooLarge)
    assert result.code == "timeout"
    assert time.monotonic() - began < 30  # it would sleep for sixty


def test_reading_in_the_child_and_here_gives_the_same_piece(tmp_path):
    path = tmp_path / "scale.mid"
    fn.write(SCALE, path)
    assert fn.read(path) == fn.read(path, isolate=False) == SCALE


def test_the_child_may_not_write_connect_or_start_programs():
    from fewnotes.codecs import _worker

    code = (
        "import sys; from fewnotes.codecs import _worker; _worker._give_up_rights()\n"
        "import socket, subprocess\n"
        "for act in (lambda: open('x', 'w'), lambda: socket.create_connection(('127.0.0.1', 9)),"
        " lambda: subprocess.run(['true']), lambda: __import__('pickle').loads(b'cos\\nsystem\\n.')):\n"
        "    try: act()\n"
        "    except PermissionError: print('refused')\n"
    )
    import subprocess

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["refused"] * 4
    assert _worker.MEMORY_LIMIT_BYTES <= 2**30


def test_music_paths_lists_each_file_once(tmp_path):
    fn.write(SCALE, tmp_path / "a.mid")
    assert files.music_paths([tmp_path, tmp_path / "a.mid"]) == [tmp_path / "a.mid"]
