"""Scoring a library: the same log odds as the net and the head, however many pieces there are, and the best first."""

from __future__ import annotations

import numpy as np
import pytest

from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.head import Head
from fewnotes.engines.relation.scoring import Shelf, StyleQuery, scores, top
from fewnotes.errors import BadInput, BadParameter

D, H = 24, 6


def made_head(seed=0, size=D, hidden=H):
    rng = np.random.default_rng(seed)

    def floats(*shape):
        return (0.5 * rng.standard_normal(shape)).astype(np.float32)

    return Head(
        within=np.exp(floats(size)), between=np.exp(floats(size)), centre=3 * floats(size),
        slope=np.repeat(np.float32([0.3, 0.1]), [size // 2, size - size // 2]), offset=-1.5, by_shots=0.25,
        piece=floats(size, hidden), bias=floats(hidden), style=floats(size, hidden), out=floats(hidden),
    )  # fmt: skip


def one_style(head, shots=5, prior=50.0):
    return Fitted.to(head, made_vectors(shots, seed=2), prior)


def made_vectors(count, seed=1, size=D):
    return (2 * np.random.default_rng(seed).standard_normal((count, size))).astype(np.float32)


@pytest.mark.parametrize("shots", [1, 5, 10])
def test_log_odds_are_those_of_the_net(shots):
    torch = pytest.importorskip("torch")
    from fewnotes.nets.relation import RelationHead

    torch.manual_seed(shots)
    net = RelationHead(D, H).double()
    with torch.no_grad():
        for values in net.parameters():
            values.add_(0.3 * torch.randn_like(values))
        net.temper.copy_(torch.tensor([0.4, -0.7, 0.2]))
    side, arrays = net.side, lambda values: values.detach().numpy().astype(np.float32)
    slope, offset, by_shots = net.temper.tolist()
    head = Head(
        arrays(side.log_within.exp()), arrays(side.log_between.exp()), arrays(side.centre),
        np.full(D, slope, np.float32), offset, by_shots, arrays(net.piece.weight.T), arrays(net.piece.bias),
        arrays(net.style.weight.T), arrays(net.out.weight[0]),
    )  # fmt: skip
    x, support = made_vectors(200), made_vectors(shots, seed=2)
    with torch.inference_mode():
        asked = torch.from_numpy(support.mean(axis=0))[None].double(), torch.tensor([shots]).double()
        wanted = net(torch.from_numpy(x).double(), *asked)[:, 0].numpy()
    found = scores(Shelf.of(head, x), StyleQuery.of(Fitted.to(head, support, np.inf)))
    assert np.abs(found - wanted).max() < 1e-4
    assert np.ptp(wanted) > 1


@pytest.mark.parametrize("prior", [np.inf, 300.0, 10.0])
def test_log_odds_are_those_of_the_head_also_where_a_style_changed_it(prior):
    head, x = made_head(), made_vectors(300)
    style = Fitted.to(head, x[:4], prior)
    wanted = style.log_odds(x)
    assert np.abs(scores(Shelf.of(head, x), StyleQuery.of(style)) - wanted).max() < 1e-3
    if not np.isfinite(prior):
        np.testing.assert_allclose(wanted, head.log_odds(x, x[:4].mean(axis=0), 4), atol=1e-4)


@pytest.mark.parametrize(("shots", "prior"), [(2, 30.0), (5, 100.0), (10, 5.0)])
def test_a_fitted_style_is_the_two_covariance_model_written_out(shots, prior):
    """By dense matrices: the odds that a piece and the support come from one mean rather than from two."""
    head, x = made_head(), made_vectors(40).astype(np.float64)
    support = made_vectors(shots, seed=4)
    wanted = np.zeros(len(x))
    for side in head.sides:
        own, between = np.diag(head.within[side]).astype(float), np.diag(head.between[side]).astype(float)
        scatter = (support - support.mean(axis=0))[:, side].astype(float)
        within = (prior * own + scatter.T @ scatter) / (prior + shots - 1)
        gain = between @ np.linalg.inv(between + within / shots)
        mean = gain @ (support.mean(axis=0) - head.centre)[side]
        inside = between + within - gain @ between
        for i, y in enumerate(x[:, side] - head.centre[side]):
            wanted[i] += head.slope[side][0] * (_normal(y - mean, inside) - _normal(y, between + within))
    wanted += head.layers(x.astype(np.float32), support.mean(axis=0)) + head.offset + head.by_shots * np.log(shots)
    np.testing.assert_allclose(Fitted.to(head, support, prior).log_odds(x), wanted, rtol=1e-5, atol=1e-4)


def _normal(x, covariance):
    return -0.5 * (x @ np.linalg.solve(covariance, x) + np.linalg.slogdet(covariance)[1])


@pytest.mark.parametrize("count", [0, 1, 4095, 8191, 20_011])
def test_blocks_and_threads_leave_no_piece_out(count):
    head, x = made_head(), made_vectors(count)
    shelf, query = Shelf.of(head, x), StyleQuery.of(one_style(head))
    alone, together = scores(shelf, query, threads=1), scores(shelf, query, threads=3)
    assert len(shelf) == len(alone) == count
    assert shelf.nbytes == 4 * count * (D + H)
    np.testing.assert_allclose(alone, together, atol=1e-5)
    if count:
        last = one_style(head).log_odds(x[-1:])
        assert together[-1] == pytest.approx(last[0], abs=1e-4)


def test_without_the_dot_products_of_numpy_2_the_numbers_are_the_same(monkeypatch):
    head, x = made_head(), made_vectors(500)
    shelf, query = Shelf.of(head, x), StyleQuery.of(Fitted.to(head, x[:1], np.inf))
    new = scores(shelf, query)
    monkeypatch.delattr(np, "vecdot", raising=False)
    np.testing.assert_allclose(scores(shelf, query), new, atol=1e-4)


def test_scoring_changes_nothing_that_is_stored():
    head, x = made_head(), made_vectors(500)
    shelf, query = Shelf.of(head, x), StyleQuery.of(Fitted.to(head, x[:1], np.inf))
    before = shelf.y.copy(), shelf.p.copy(), x.copy()
    first, second = scores(shelf, query), scores(shelf, query)
    assert (first == second).all()
    for was, now in zip(before, (shelf.y, shelf.p, x), strict=True):
        assert (was == now).all()


@pytest.mark.parametrize("k", [0, 1, 10, 999, 1000, 5000])
def test_the_best_come_first_and_of_equals_the_earlier(k):
    scored = np.random.default_rng(3).integers(0, 50, 1000).astype(np.float32)
    wanted = sorted(range(1000), key=lambda i: (-scored[i], i))[:k]
    assert top(scored, k).tolist() == wanted


def test_a_library_of_another_checkpoint_is_told():
    head, other = made_head(), made_head(size=10)
    shelf = Shelf.of(head, made_vectors(5))
    with pytest.raises(BadInput, match="different heads"):
        scores(shelf, StyleQuery.of(Fitted.to(other, made_vectors(3, size=10), np.inf)))
    with pytest.raises(BadInput, match="not of this head"):
        Shelf.of(other, made_vectors(5))
    with pytest.raises(BadInput, match="24 coordinates"):
        Fitted.to(head, np.zeros((1, 10), np.float32), np.inf)
    with pytest.raises(BadParameter, match="0 pieces"):
        Fitted.to(head, np.zeros((0, D), np.float32), np.inf)
    with pytest.raises(BadInput, match="no number"):
        Shelf.of(head, np.full((2, D), np.nan))
