"""Intervals: the style is the unit, the interval covers what it should, the worst style is named."""

from __future__ import annotations

import numpy as np
import pytest

from fewnotes.errors import BadParameter
from fewnotes.measure.intervals import gain, over_styles


def test_a_style_of_many_values_weighs_no_more_than_one_of_few():
    found = over_styles({"a": [1.0] * 100, "b": [0.0]})
    assert found.mean == 0.5
    assert (found.styles, found.values) == (2, 101)
    assert (found.worst, found.worst_style) == (0.0, "b")


def test_the_interval_covers_a_known_mean_nineteen_times_in_twenty():
    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        means = rng.normal(0.7, 0.1, 30)
        found = over_styles({str(i): rng.normal(m, 0.05, 5) for i, m in enumerate(means)})
        covered += found.low <= 0.7 <= found.high
    assert 0.88 <= covered / 200 <= 0.985


def test_the_interval_of_equal_styles_is_a_point_and_that_of_one_style_too():
    for values in ({"a": [0.4], "b": [0.4]}, {"a": [0.2, 0.6]}):
        found = over_styles(values)
        assert found.low == pytest.approx(0.4)
        assert found.high == pytest.approx(0.4)


def test_a_gain_is_taken_style_by_style_and_positive_where_it_is_better():
    before, after = {"a": [3.0], "b": [5.0], "c": [1.0]}, {"a": [2.0], "b": [3.0]}
    assert gain(after, before, higher_is_better=False).mean == 1.5
    assert gain(after, before).mean == -1.5


def test_lower_is_better_names_the_highest_as_worst():
    assert over_styles({"a": [1.0], "b": [2.0]}, higher_is_better=False).worst_style == "b"


def test_nothing_to_average_is_refused():
    with pytest.raises(BadParameter, match="nothing to average"):
        over_styles({"a": []})
