"""A taste: what is liked comes first, what was never heard of is uncertain, and chance teaches nothing."""

from __future__ import annotations

import numpy as np
import pytest

from fewnotes.engines.relation import preference
from fewnotes.engines.relation.preference import Seen, learned


def pieces(seed, count, rolls=8, named=12):
    rng = np.random.default_rng(seed)
    return Seen(rng.normal(size=(count, rolls)), rng.normal(size=(count, named)))


def listener(seen, sharp=4.0, seed=0):
    """Likes what is high in one direction of the named features, with some whim."""
    direction = np.random.default_rng(99).normal(size=seen.named.shape[1])
    logit = sharp * seen.named @ direction / np.linalg.norm(direction)
    return np.random.default_rng(seed).random(len(seen)) < 1 / (1 + np.exp(-logit))


def test_more_opinions_tell_liked_from_disliked_better():
    asked = pieces(1, 400)
    truth = listener(asked, 50.0)
    hits = []
    for count in (0, 8, 32, 128):
        seen = pieces(2, count)
        chance = learned(seen, listener(seen)).preference(asked).chance
        hits.append(float(np.mean((chance > 0.5) == truth)))
    assert hits[0] < 0.65
    assert hits[-1] > hits[1] + 0.1
    assert hits[-1] > 0.8


def test_without_opinions_everything_is_half_and_half_and_uncertain():
    found = learned(pieces(0, 0), np.zeros(0, bool)).preference(pieces(1, 5))
    assert np.all(found.chance == 0.5)
    assert np.all(found.deviation >= 1)


def test_likes_without_a_pattern_teach_nothing():
    off, sure = [], []
    for seed in range(12):
        seen = pieces(seed, 24)
        person = learned(seen, np.random.default_rng(seed + 50).random(24) < 0.5)
        sure.append(person.pattern)
        off.append(np.abs(person.preference(pieces(77, 50)).chance - 0.5).mean())
    assert np.mean(sure) < 0.5
    assert np.mean(off) < 0.12
    seen = pieces(0, 100)
    assert learned(seen, listener(seen)).pattern > 0.95


def test_what_is_unlike_all_that_was_judged_is_less_certain():
    seen = pieces(3, 60)
    near = Seen(seen.rolls[:20], seen.named[:20])
    far = Seen(-3 * np.sign(seen.rolls[:20]), np.abs(3 + 0 * seen.named[:20]))
    person = learned(seen, listener(seen))
    assert person.says_something
    assert person.preference(far).deviation.mean() > 1.5 * person.preference(near).deviation.mean()


def test_chances_are_honest():
    said, right = [], []
    for seed in range(30):
        seen, asked = pieces(seed, 30), pieces(seed + 100, 60)
        said += learned(seen, listener(seen, seed=seed)).preference(asked).chance.tolist()
        right += listener(asked, seed=seed + 7).tolist()
    chance, truth = np.array(said), np.array(right, float)
    places = np.digitize(chance, np.linspace(0, 1, 11)[1:-1])
    error = sum(abs(chance[places == b].mean() - truth[places == b].mean()) * (places == b).mean()
                for b in np.unique(places))  # fmt: skip
    assert error < 0.08


def test_the_weights_name_what_is_liked():
    seen = pieces(4, 120)
    person = learned(seen, seen.named[:, 3] > 0)
    assert int(np.argmax(person.weights())) == 3


@pytest.mark.parametrize("count", [1, 2, 90])
def test_few_and_very_many_opinions_are_learned_from(count, monkeypatch):
    monkeypatch.setattr(preference, "_MOST", 60)
    seen = pieces(5, count, rolls=2, named=3)
    person = learned(seen, listener(seen))
    assert person.liked + person.disliked == min(count, 60)
    assert np.isfinite(person.preference(pieces(6, 3, 2, 3)).chance).all()
