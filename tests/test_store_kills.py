"""The store is never torn: not by kill -9 at any moment, not by many processes at once. See bench/kills.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

KILLS = Path(__file__).parents[1] / "bench" / "kills.py"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")


def environment() -> dict[str, str]:
    """Scratch homes in memory where there is room: a kill, unlike a power cut, does not test what a disk has synced."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2**30
    return dict(os.environ) | ({"TMPDIR": str(memory)} if roomy else {})


def kills(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    out = tmp_path / "kills.json"
    command = [sys.executable, str(KILLS), "--out", str(out), *arguments]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    results: dict[str, Any] = json.loads(out.read_text())["results"]
    return results


def test_a_store_is_whole_after_each_of_20_kills_and_a_careless_one_is_not(tmp_path):
    results = kills(tmp_path, "--count", "25", "--only", "small", "large", "control")
    assert results["small"]["kills"] + results["large"]["kills"] == 20
    for name in ("small", "large"):
        assert (results[name]["torn"], results[name]["faults"]) == (0, 0)
        assert results[name]["acknowledged"] > 0
    assert results["large"]["died"].get("while writing", 0) + results["large"]["died"].get("around publishing", 0) > 0
    assert results["control"]["torn"] > 0


def test_a_process_that_ends_at_any_step_of_a_save_leaves_a_whole_store_and_the_next_save_works(tmp_path):
    found = kills(tmp_path, "--only", "each-step")["each-step"]
    assert found["faults"] == 0
    assert found["steps"] >= 12
    assert 0 < found["published"] < found["steps"]  # some steps lie before the moment of publishing, some behind


@pytest.mark.slow
@pytest.mark.parametrize("action", ["rename", "remove"])
def test_a_process_that_ends_at_any_step_of_renaming_or_removing_loses_nothing_else(tmp_path, action):
    found = kills(tmp_path, "--only", f"each-{action}")[f"each-{action}"]
    assert found["faults"] == 0
    assert found["steps"] >= 4


def test_two_and_eight_processes_may_save_one_name_at_once(tmp_path):
    results = kills(tmp_path, "--only", "at-once")
    for processes in (2, 8):
        assert results[f"at-once {processes}"]["versions"] == processes * 10
        assert results[f"at-once {processes}"]["faults"] == 0


@pytest.mark.slow
def test_a_store_is_whole_after_200_kills_of_learning_and_saving(tmp_path):
    results = kills(tmp_path, "--count", "200", "--seed", "5")
    assert sum(r["kills"] for name, r in results.items() if name in ("small", "large", "learned")) == 200
    assert results["learned"]["acknowledged"] > 0
