"""The fake engine for commands, and a folder with a few files to work on."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from fewnotes import registry
from fewnotes.faces.cli import main
from fewnotes.files import write
from fewnotes.music.edit import transpose
from fewnotes.testing import tiny_chorale, tiny_melody


@pytest.fixture(autouse=True)
def fake_engine(monkeypatch):
    path = Path(__file__).parents[1] / "uses" / "fake_engine.py"
    spec = importlib.util.spec_from_file_location("fewnotes.engines.fake", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    find, names = registry.find, registry.names

    def find_too(folder, name):
        return module if (folder, name) == ("engines", "fake") else find(folder, name)

    def names_too(folder):
        return (*names(folder), "fake") if folder == "engines" else names(folder)

    for place in ("uses._style", "uses.learn", "uses.surprisal"):
        monkeypatch.setattr(f"fewnotes.{place}.find", find_too, raising=False)
        monkeypatch.setattr(f"fewnotes.{place}.names", names_too, raising=False)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Where the command runs: three tunes and a chorale."""
    work = tmp_path / "work"
    (work / "tunes").mkdir(parents=True)
    monkeypatch.chdir(work)
    monkeypatch.setenv("NO_COLOR", "1")
    for number, semitones in enumerate((0, 2, 5)):
        write(transpose(tiny_melody(), semitones), work / "tunes" / f"tune{number}.mid")
    write(tiny_chorale(), work / "chorale.musicxml")
    return work


@pytest.fixture
def run(capsys, folder):
    """Run a command line: (exit code, stdout, stderr)."""

    def command(*words):
        code = main([str(w) for w in words])
        out = capsys.readouterr()
        return code, out.out, out.err

    return command


@pytest.fixture
def learned(run):
    """The same, with the style `tunes` in the store."""
    code, _, err = run("learn", "tunes", "--name", "tunes", "--engine", "fake")
    assert code == 0, err
    return run
