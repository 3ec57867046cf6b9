"""Reports: what is written can be read back, and the table shows what was measured."""

from __future__ import annotations

import json

import pytest

from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report


def report() -> Report:
    figures = [
        Figure("judge", "5-way", over_styles({"a": [1.0], "b": [0.5]}), "%"),
        Figure("judge", "AUROC", over_styles({"a": [0.9]}), digits=3),
        Figure("chance", "5-way", over_styles({"a": [0.2], "b": [0.2]}), "%"),
    ]
    return Report("test", "Is it so?", figures, {"styles": 2}, ("a word",))


def test_the_table_has_a_line_a_row_and_is_empty_where_nothing_was_measured():
    found = report()
    assert found.rows == ("judge", "chance")
    assert found.columns == ("5-way", "AUROC")
    assert found.cells() == [
        ["judge", "75.0 [50.0, 100.0]", "0.900 [0.900, 0.900]"],
        ["chance", "20.0 [20.0, 20.0]", ""],
    ]
    assert found.markdown().splitlines()[1] == "| --- | --- | --- |"


def test_what_is_written_is_plain_json_with_every_figure(tmp_path):
    path = tmp_path / "results" / "test.json"
    report().write(path)
    read = json.loads(path.read_text())
    assert read == report().to_dict()
    assert read["figures"][0] == {
        "row": "judge", "column": "5-way", "unit": "%", "mean": 0.75, "low": 0.5, "high": 1.0, "worst": 0.5,
        "worst_style": "b", "styles": 2, "values": 2,
    }  # fmt: skip


def test_a_cell_that_is_not_there_is_a_key_error():
    assert report().get("judge", "AUROC").mean == 0.9
    with pytest.raises(KeyError):
        report().get("chance", "AUROC")
