"""A file is there whole or not at all."""

from __future__ import annotations

import os

import pytest

from fewnotes.atomic import write_atomic
from fewnotes.errors import StoreError


def test_a_file_is_replaced_and_no_temporary_one_stays(tmp_path):
    path = tmp_path / "new" / "x.bin"
    write_atomic(path, b"one")
    write_atomic(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["x.bin"]


def test_an_exclusive_write_never_replaces(tmp_path):
    path = tmp_path / "x.bin"
    write_atomic(path, b"one", exclusive=True)
    with pytest.raises(FileExistsError):
        write_atomic(path, b"two", exclusive=True)
    assert path.read_bytes() == b"one"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_failure_half_way_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.bin"
    write_atomic(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="disk is full"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_file_in_the_place_of_a_folder_is_a_store_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    for exclusive in (False, True):
        with pytest.raises(StoreError, match="could not be written"):
            write_atomic(tmp_path / "file" / "x.bin", b"data", exclusive=exclusive)
