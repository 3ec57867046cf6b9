"""Rows: each keeps the contract, and answers what a person would."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from made_bank import made_bank

from fewnotes.errors import BadParameter, NotInstalled, NotPossible
from fewnotes.measure.rows._finding import is_slow, prepared, row, row_names, title
from fewnotes.measure.rows.statistics_whitened import ledoit_wolf
from fewnotes.measure.vectors import vectors
from fewnotes.meta import split
from fewnotes.meta.cache import cache_folder
from fewnotes.music.statistics import STATISTICS, statistics

PLAIN = ("chance", "likeness", "statistics_centroid", "statistics_lda", "statistics_whitened")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(autouse=True)
def _statistics_once(_own_home, home, monkeypatch):
    """Statistics of the made bank are worked out once for all tests of this file."""
    monkeypatch.setenv("FEWNOTES_HOME", str(home))


@pytest.fixture(scope="module")
def bank():
    return made_bank()


@pytest.fixture(scope="module")
def background(bank):
    return [i for i, part in enumerate(bank.splits) if part == split.TRAIN]


def of_test(bank, count: int):
    return [inside[:count] for inside in bank.styles(split.TEST).values()]


def test_every_plain_row_is_found_with_a_title():
    assert set(PLAIN) <= set(row_names())
    assert all(title(name) for name in PLAIN)
    with pytest.raises(BadParameter, match="no row 'oracle'"):
        row("oracle")


@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("shot", [1, 3])
def test_scores_have_a_line_a_query_and_do_not_depend_on_what_was_asked_before(bank, background, name, shot):
    scorer = row(name).prepare(bank, background)
    support, query = of_test(bank, shot), [inside[-1] for inside in of_test(bank, 8)]
    scores = scorer.scores(support, query)
    assert scores.shape == (len(query), len(support))
    assert np.isfinite(scores).all()
    scorer.scores(support[:2], query[:3])
    assert np.array_equal(scorer.scores(support, query), scores)


@pytest.mark.parametrize("name", [n for n in PLAIN if n != "chance"])
def test_the_order_of_styles_and_of_queries_changes_nothing(bank, background, name):
    scorer = row(name).prepare(bank, background)
    support, query = of_test(bank, 3), [inside[-1] for inside in of_test(bank, 8)]
    scores = scorer.scores(support, query)
    assert np.allclose(scorer.scores(support[::-1], query)[:, ::-1], scores)
    assert np.allclose(scorer.scores(support, query[::-1])[::-1], scores)


@pytest.mark.parametrize("name", [n for n in PLAIN if n != "chance"])
def test_a_piece_fits_the_style_that_holds_it_best(bank, background, name):
    scorer = row(name).prepare(bank, background)
    support = of_test(bank, 1)
    scores = scorer.scores(support, [inside[0] for inside in support])
    assert (scores.argmax(axis=1) == np.arange(len(support))).all()


def test_a_likelihood_ratio_is_above_nought_for_the_style_and_below_for_most_others(bank, background):
    scorer = row("statistics_lda").prepare(bank, background)
    scores = scorer.scores(of_test(bank, 5), [inside[-1] for inside in of_test(bank, 8)])
    assert (np.diag(scores) > 0).mean() > 0.6
    assert (scores[~np.eye(len(scores), dtype=bool)] < 0).mean() > 0.6


def test_a_background_of_one_style_is_too_small(bank):
    for name in ("statistics_centroid", "statistics_lda", "statistics_whitened"):
        with pytest.raises(NotPossible, match="too few styles"):
            row(name).prepare(bank, list(range(8)))


def test_shrinkage_keeps_the_trace_and_is_strong_where_there_are_few_rows():
    rng = np.random.default_rng(2)
    scale = np.linspace(0.5, 2, 20)
    many, few = rng.normal(size=(5000, 20)) * scale, rng.normal(size=(10, 20)) * scale
    for x in (many, few):
        assert np.trace(ledoit_wolf(x)) == pytest.approx(np.trace(x.T @ x / len(x)))
    assert np.abs(ledoit_wolf(many) - np.diag(scale**2)).max() < 0.3
    assert np.linalg.eigvalsh(ledoit_wolf(few)).min() > 0.1


def test_shrinkage_is_that_of_scikit_learn():
    covariance = pytest.importorskip("sklearn.covariance")
    x = np.random.default_rng(3).normal(size=(40, 12)) @ np.diag(np.arange(1, 13))
    x -= x.mean(axis=0)
    expected = covariance.ledoit_wolf(x, assume_centered=True)[0]
    assert np.allclose(ledoit_wolf(x), expected)


def test_vectors_are_those_of_the_pieces_and_come_back_from_the_cache(bank, monkeypatch):
    found = vectors(bank)
    assert found.shape == (len(bank.entries), len(STATISTICS))
    assert np.array_equal(found[3], statistics(bank.pieces[3]))
    monkeypatch.setattr("fewnotes.measure.vectors.statistics", lambda piece: 1 / 0)
    assert np.array_equal(vectors(bank), found)


def test_a_damaged_file_of_vectors_is_worked_out_again(bank):
    found = vectors(bank)
    files = list((cache_folder().parent / "vectors").rglob("*.safetensors"))
    assert files
    for path in files:
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(bytes(data))
    assert np.array_equal(vectors(bank), found)


def test_stylerank_without_its_package_is_left_out_with_the_reason(bank, background, monkeypatch):
    monkeypatch.setitem(sys.modules, "style_rank", None)
    with pytest.raises(NotInstalled, match="style_rank"):
        row("stylerank").prepare(bank, background)
    ((name, reason),) = prepared(["stylerank"], bank, background)
    assert name == "stylerank"
    assert "not installed" in reason
    assert is_slow("stylerank")


def test_stylerank_tells_one_distribution_from_another():
    pytest.importorskip("sklearn")
    from fewnotes.measure.rows.stylerank import StyleRank

    rng = np.random.default_rng(4)
    counts = np.concatenate([rng.poisson(rate, (6, 8)) for rate in ([9, 1] * 4, [1, 9] * 4)]).astype(np.float32)
    scorer = StyleRank([counts], np.arange(12))
    scores = scorer.scores([[0, 1, 2], [6, 7, 8]], [3, 4, 9, 10])
    assert (scores.argmax(axis=1) == [0, 0, 1, 1]).all()
    assert 0 <= scores.min() <= scores.max() <= 1
