"""The front of rendering: the suffix of a path says what is made."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fewnotes.errors import BadParameter, StoreError
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.render import SUFFIXES, audio, make, render
from fewnotes.testing import tiny_melody


@pytest.fixture(autouse=True)
def _plain_sound(monkeypatch: pytest.MonkeyPatch) -> None:
    """A soundfont of this computer takes seconds to load."""
    monkeypatch.setattr(audio.shutil, "which", lambda name: None)


needs_verovio = pytest.mark.skipif(importlib.util.find_spec("verovio") is None, reason="verovio is not installed")


@needs_verovio
@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("a.svg", b"<svg"),
        ("a.PDF", b"%PDF-"),
        ("a.png", b"\x89PNG"),
        ("a.roll.svg", b"<svg"),
        ("a.wav", b"RIFF"),
    ],
)
def test_each_suffix_makes_its_kind_of_file(tmp_path: Path, name: str, start: bytes):
    made = render(tiny_melody(), tmp_path / name)
    assert made.paths == (tmp_path / name,)
    assert (tmp_path / name).read_bytes().startswith(start)
    assert made.to_dict()["paths"] == [str(tmp_path / name)]


@needs_verovio
def test_a_score_of_several_pages_is_several_numbered_files(tmp_path: Path):
    rows = [(i, 1, 0, 60 + i % 12, 80, 0, 0) for i in range(1500)]
    made = render(Piece(2, (Track("Flute", 73),), note_array(rows)), tmp_path / "long.svg")
    assert len(made.paths) > 1
    assert [p.name for p in made.paths] == [f"long-{n}.svg" for n in range(1, len(made.paths) + 1)]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in made.paths)


@pytest.mark.parametrize("name", ["a.jpg", "a", "", "a.mid", ".png"])
def test_another_suffix_is_refused_and_the_known_ones_are_listed(tmp_path: Path, name: str):
    with pytest.raises(BadParameter) as caught:
        render(tiny_melody(), tmp_path / name if name else "")
    assert all(suffix in str(caught.value) for suffix in SUFFIXES)
    assert list(tmp_path.iterdir()) == []


def test_a_path_that_cannot_be_written_is_told_by_name(tmp_path: Path):
    (tmp_path / "a.roll.svg").mkdir()
    with pytest.raises(StoreError, match=r"a\.roll\.svg"):
        render(tiny_melody(), tmp_path / "a.roll.svg")


def test_bytes_can_be_had_without_a_file():
    (picture,) = make(tiny_melody(), ".roll.svg").pages
    assert picture.startswith(b"<svg")
    assert make(tiny_melody(), ".wav").pages[0].startswith(b"RIFF")
