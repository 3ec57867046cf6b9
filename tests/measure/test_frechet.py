"""The Frechet distance: nothing between two samples of one cloud, the square of a shift."""

from __future__ import annotations

import numpy as np
import pytest

from fewnotes.measure.generated.frechet import DIMENSIONS, LEAST, Whitening, distance, extrapolated


def clouds(seed: int, shift: float, size: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    one, two = rng.normal(size=(2, size, DIMENSIONS))
    return one, two + shift / np.sqrt(DIMENSIONS)


def test_two_samples_of_one_cloud_are_apart_as_they_stand_and_not_when_followed_to_the_limit():
    biased = np.mean([distance(*clouds(seed, 0.0)) for seed in range(20)])
    followed = np.mean([extrapolated(*clouds(seed, 0.0)) for seed in range(20)])
    assert biased > 0.25
    assert abs(followed) < 0.08


@pytest.mark.parametrize("shift", [1.0, 2.0, 4.0])
def test_a_shift_by_d_is_found_as_d_squared(shift):
    found = np.mean([extrapolated(*clouds(seed, shift)) for seed in range(20)])
    assert found == pytest.approx(shift**2, rel=0.15)


def test_a_spread_that_is_twice_as_wide_is_found_as_one_a_dimension():
    rng = np.random.default_rng(1)
    one, two = rng.normal(size=(2, 4000, 3))
    assert distance(one, 2 * two) == pytest.approx(3.0, rel=0.1)
    assert distance(one, one) == pytest.approx(0.0, abs=1e-9)


def test_too_few_pieces_give_no_figure():
    one, two = clouds(0, 0.0, LEAST - 1)
    assert np.isnan(extrapolated(one, two))


def test_whitening_makes_every_axis_as_wide_as_meta_train():
    rng = np.random.default_rng(2)
    background = rng.normal(size=(500, 12)) * np.linspace(5, 0.5, 12) + 7
    found = Whitening(background)(background)
    assert found.shape == (500, DIMENSIONS)
    assert np.cov(found, rowvar=False) == pytest.approx(np.eye(DIMENSIONS), abs=1e-6)
    assert found.mean(axis=0) == pytest.approx(0.0, abs=1e-9)
