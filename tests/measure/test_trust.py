"""Whether a score can be taken at its word: what is counted, on scores whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from made_bank import made_bank

from fewnotes.errors import BadParameter
from fewnotes.measure import trust
from fewnotes.measure.draws import draws


def test_scores_that_come_true_have_no_calibration_error():
    rng = np.random.default_rng(0)
    scores = rng.random(40_000)
    own = rng.random(40_000) < scores
    assert trust.calibration_error(own, scores) < 0.01


def test_scores_that_are_too_sure_are_found_out():
    rng = np.random.default_rng(0)
    truth = rng.random(40_000)
    own = rng.random(40_000) < truth
    too_sure = 1 / (1 + np.exp(-6 * (truth - 0.5) * 2))
    assert trust.calibration_error(own, too_sure) > 0.1


def test_a_reliability_diagram_has_a_point_for_each_bin_that_was_hit():
    scores, own = np.array([0.05, 0.95, 0.96]), np.array([False, True, False])
    assert trust.reliability(own, scores) == [[0.05, 0.0, 1], [0.955, 0.5, 2]]


class Knows:
    """Knows the style of every piece of a made bank."""

    def __init__(self, bank):
        self.styles = [e.row.style for e in bank.entries]

    def scores(self, support, query):
        return np.array([[9.0 if self.styles[q] == self.styles[s[0]] else -9.0 for s in support] for q in query])


def test_own_and_strange_pieces_are_asked_about_one_to_one():
    bank = made_bank(train=0, test=5)
    styles, own, scores = trust.pairs(Knows(bank), bank, 3, 4, is_log_odds=True)
    assert own.sum() * 2 == len(own) == len(styles)
    assert (scores[own] > 0.99).all()
    assert (scores[~own] < 0.01).all()


def test_bars_are_taken_out_of_pieces_of_several_segments():
    pytest.importorskip("torch")
    bank = made_bank(train=0, test=2, pieces=7)
    asked = draws(bank.styles(), 5, queries=1, each=1, seed=0)
    fell = [trust.falls(bank, draw, 0) for draw in asked]
    assert all(f is None or f[0] >= f[1] - 1e-6 for f in fell)


def test_an_unknown_size_or_row_is_said():
    with pytest.raises(BadParameter):
        trust.run("huge")
    with pytest.raises(BadParameter):
        trust.run("quick", rows=["nobody"])
