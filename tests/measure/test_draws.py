"""Draws: support and query never share a piece, equal seeds give equal episodes, styles are drawn evenly."""

from __future__ import annotations

from collections import Counter

import pytest

from fewnotes.errors import BadParameter
from fewnotes.measure.draws import draws, episodes

STYLES = {f"style {i}": tuple(range(100 * i, 100 * i + 6 + i)) for i in range(8)}


def test_support_and_query_of_an_episode_never_share_a_piece():
    for episode in episodes(STYLES, 5, 3, queries=3, count=200):
        used = [p for inside in (*episode.support, *episode.query) for p in inside]
        assert len(used) == len(set(used)) == 5 * 6
        for style, support, query in zip(episode.styles, episode.support, episode.query, strict=True):
            assert set(support) | set(query) <= set(STYLES[style])


def test_the_seed_decides_and_nothing_else():
    assert episodes(STYLES, 4, 1, seed=7) == episodes(dict(reversed(STYLES.items())), 4, 1, seed=7)
    assert episodes(STYLES, 4, 1, seed=7) != episodes(STYLES, 4, 1, seed=8)


def test_every_style_is_drawn_about_equally_often():
    count = Counter(s for e in episodes(STYLES, 4, 1, count=200) for s in e.styles)
    assert set(count) == set(STYLES)
    assert max(count.values()) < 1.3 * min(count.values())


def test_hard_episodes_stay_within_one_group():
    groups = [["style 0", "style 1", "style 2"], ["style 3", "style 4", "style 5"]]
    for episode in episodes(STYLES, 3, 1, groups=groups, count=40):
        assert any(set(episode.styles) == set(group) for group in groups)


def test_styles_of_too_few_pieces_are_left_out_and_too_few_styles_are_refused():
    found = {s for e in episodes(STYLES, 3, 8, queries=2, count=60) for s in e.styles}
    assert found == {"style 4", "style 5", "style 6", "style 7"}
    with pytest.raises(BadParameter, match="too few styles"):
        episodes(STYLES, 5, 8, queries=2)


def test_the_queries_of_a_draw_are_the_same_at_every_number_of_support_pieces():
    none, few = draws(STYLES, 0, each=5, queries=2), draws(STYLES, 4, each=5, queries=2)
    assert [d.query for d in none] == [d.query for d in few]
    assert all(not set(d.query) & set(d.support) and len(d.support) == 4 for d in few)
    assert all(d.support == () for d in none)
