"""Which pieces are support and which are query: episodes as in Vinyals (2016) and Snell (2017), drawn from a seed.

The same styles, sizes and seed give the same episodes, whatever is measured on them, so that rows are compared on the
same draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from fewnotes.errors import BadParameter

Styles = Mapping[str, Sequence[int]]


@dataclass(frozen=True)
class Episode:
    """N styles, K support pieces and some query pieces of each, as indices into a bank.

    support: N tuples of K. query: N tuples. The pieces of one style are all distinct.
    """

    styles: tuple[str, ...]
    support: tuple[tuple[int, ...], ...]
    query: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Draw:
    """K support pieces of one style, and query pieces of the same style that are not among them."""

    style: str
    support: tuple[int, ...]
    query: tuple[int, ...]


def episodes(styles: Styles, way: int, shot: int, *, queries: int = 2, count: int = 400, seed: int = 0,
             groups: Sequence[Sequence[str]] = ()) -> list[Episode]:  # fmt: skip
    """`count` episodes of `way` styles. groups: draw all styles of an episode from one group (hard episodes).

    Styles of fewer than shot + queries pieces are left out. Every style is drawn about equally often.
    Raises BadParameter where fewer than `way` styles remain.
    """
    usable = sorted(name for name, pieces in styles.items() if len(pieces) >= shot + queries)
    pools = [sorted(set(group) & set(usable)) for group in groups] if groups else [usable]
    pools = [pool for pool in pools if len(pool) >= way]
    if not pools:
        raise BadParameter(
            f"There are too few styles for {way}-way {shot}-shot episodes",
            expected=f"{way} styles of {shot + queries} pieces or more",
        )
    rng = np.random.default_rng([seed, way, shot, queries])
    sizes = np.array([len(pool) for pool in pools], float)
    drawn: dict[str, int] = dict.fromkeys(usable, 0)
    found = []
    for _ in range(count):
        pool = pools[int(rng.choice(len(pools), p=sizes / sizes.sum()))]
        # Those drawn least come first, equals in random order: no style decides the figure by chance.
        order = sorted(rng.permutation(len(pool)).tolist(), key=lambda i: drawn[pool[i]])
        chosen = [pool[i] for i in order[: max(1, way // 2)]]
        rest = [name for name in pool if name not in chosen]
        chosen += [rest[i] for i in rng.permutation(len(rest))[: way - len(chosen)].tolist()]
        support, query = [], []
        for name in chosen:
            drawn[name] += 1
            pieces = rng.permutation(np.asarray(styles[name]))[: shot + queries].tolist()
            support.append(tuple(pieces[:shot]))
            query.append(tuple(pieces[shot:]))
        found.append(Episode(tuple(chosen), tuple(support), tuple(query)))
    return found


def draws(styles: Styles, shot: int, *, queries: int = 4, each: int = 20, seed: int = 0) -> list[Draw]:
    """`each` draws of every style that has shot + 1 pieces or more, in order of name; shot may be 0.

    The queries of one style and draw number are the same at every shot, so that K can be compared piece by piece.
    """
    found = []
    for place, (name, pieces) in enumerate(sorted(styles.items())):
        if len(pieces) < shot + 1:
            continue
        for number in range(each):
            rng = np.random.default_rng([seed, place, number])
            order = rng.permutation(np.asarray(pieces)).tolist()
            held = max(1, min(queries, len(order) - shot))
            found.append(Draw(name, tuple(order[held : held + shot]), tuple(order[:held])))
    return found
