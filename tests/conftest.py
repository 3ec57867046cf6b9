"""Where real music is found: the corpus inside music21, and the shared corpora of developers where there are any."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import pytest

# Tests run a process a core: nets with as many threads as there are cores would wait for each other most of the time.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def music21_corpus_folder() -> Path | None:
    """The corpus folder of an installed music21, found without importing it."""
    spec = importlib.util.find_spec("music21")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "corpus"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def music21_corpus() -> Path:
    folder = music21_corpus_folder()
    if folder is None:
        pytest.skip("music21 is not installed")
    return folder


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' corpora; users' clones do not have them."""
    folder = Path(os.environ.get("FEWNOTES_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip("the shared corpora are not here")
    return folder


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests never touch the styles of the person who runs them."""
    monkeypatch.setenv("FEWNOTES_HOME", str(tmp_path / "fewnotes-home"))
