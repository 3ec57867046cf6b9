"""The kit of bad, odd and hostile files: nothing may crash, hang, leak, or be refused without a reason."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fewnotes.errors import BadInput, FewnotesError

BENCH = Path(__file__).parents[1] / "bench"


@pytest.fixture
def adversarial(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    import adversarial

    return adversarial


@pytest.fixture
def kit(shared) -> Path:
    folder = shared / "adversarial"
    if not (folder / "probe.py").is_file():
        pytest.skip("the kit is not here")
    return folder


def run_kit(kit: Path, out: Path, *more: str) -> tuple[int, dict, str]:
    command = [sys.executable, str(BENCH / "adversarial.py"), "--kit", str(kit), "--out", str(out), *more]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, json.loads(out.read_text()), done.stdout


def test_files_under_false_names_end_as_the_kit_asks(kit, tmp_path):
    status, result, said = run_kit(kit, tmp_path / "result.json", "--only", "lies/")
    assert result["findings"] == []
    assert result["rows"] > 10
    assert status == 0, said


@pytest.mark.slow
@pytest.mark.parametrize("road", [(), ("--isolated",)], ids=["direct", "isolated"])
def test_the_whole_kit_ends_as_it_asks(kit, tmp_path, road):
    status, result, said = run_kit(kit, tmp_path / "result.json", *road)
    assert status == 0, said
    assert result["share"] == 1.0, said


def test_a_refusal_is_checked_for_what_it_says(adversarial):
    assert adversarial.refusal_fault(BadInput("a", expected="b")) == ""
    assert adversarial.refusal_fault(BadInput("a", fix="b")) == ""
    assert adversarial.refusal_fault(FewnotesError("a")) != ""
    assert adversarial.refusal_fault(BadInput("", expected="b")) != ""

    class ChattyError(FewnotesError):
        def __str__(self) -> str:
            return "1\n2\n3\n4"

    assert adversarial.refusal_fault(ChattyError("a", expected="b")) == "more than three lines"


def test_without_a_kit_the_benchmark_says_so_and_is_skipped(tmp_path):
    command = [sys.executable, str(BENCH / "adversarial.py"), "--kit", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "Skipped" in done.stdout
