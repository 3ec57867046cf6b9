"""The fake engine stands beside the real ones, so that uses are tested apart from them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fewnotes import registry
from fewnotes.music.edit import transpose
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


def load_fake_engine():
    spec = importlib.util.spec_from_file_location("fewnotes.engines.fake", Path(__file__).parent / "fake_engine.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def fake_engine(monkeypatch):
    """The registry with one engine more; every module that asked for `find` and `names` sees it."""
    module = load_fake_engine()
    find, names = registry.find, registry.names

    def find_too(folder, name):
        return module if (folder, name) == ("engines", "fake") else find(folder, name)

    def names_too(folder):
        return (*names(folder), "fake") if folder == "engines" else names(folder)

    for place in ("registry", "uses._style", "uses.learn", "uses.surprisal"):
        monkeypatch.setattr(f"fewnotes.{place}.find", find_too, raising=False)
        monkeypatch.setattr(f"fewnotes.{place}.names", names_too, raising=False)
    return module


@pytest.fixture(scope="session")
def handful():
    """Four pieces: two of one kind, two others."""
    return [tiny_melody(), transpose(tiny_melody(), 5), tiny_chorale(), tiny_piece()]
