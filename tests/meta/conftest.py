"""Small music files made for these tests: tunes in ABC that no collection holds."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_tunes import made_tune

import fewnotes
from fewnotes.meta.sources import collections, shared


@pytest.fixture
def no_collections(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine with neither the shared corpus nor music21."""
    monkeypatch.setattr(shared, "folder", lambda: None)
    monkeypatch.setattr(collections, "folder", lambda: None)


@pytest.fixture
def composers(tmp_path: Path) -> Path:
    """One folder a composer, two pieces in each, and one file that is no music."""
    root = tmp_path / "composers"
    for number, name in enumerate(("bartok", "satie")):
        folder = root / name
        folder.mkdir(parents=True)
        for i in range(2):
            fewnotes.write(made_tune(10 * number + i), folder / f"{i}.mid")
    (root / "satie" / "broken.mid").write_bytes(b"MThd, but no more than that")
    return root
