"""PPM, escape method C, interpolated, with the order choice of PPM*: from counts to one distribution.

Source: Pearce 2005, "The construction and evaluation of statistical models of melodic structure in music
perception and composition", chapter 6; PPM* after Cleary and Teahan 1997, escape C after Moffat 1990.

What the formulas leave open, and how it was settled (figures: `docs/decisions/0003-markov-details.md`)
--------------------------------------------------------------------------------------------------------
- "Interpolated" means that every order adds to every symbol, weighted by its escape; but the *count of a state*
  sums only over symbols that the state one order higher has not predicted. Its weight is then n / (n + t) with
  that smaller n, and t counts all symbols of the state. The sum is above one and is normalised at the end.
- Counts are those of all occurrences, not update-excluded ones.
- A state counts as deterministic if one thing only has followed it, the end of a sequence being such a thing.
  The order-0 state is never taken as deterministic.
- The base is 1 / (|A| + 1 - t), t being the number of distinct symbols seen at order 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Matches(NamedTuple):
    """Places in the past that are like the present.

    follower: symbol that came next at each place, shape (M,). length: how much of the context agrees there, 1 and
    more, shape (M,). The symbol `alphabet_size` stands for the end of a sequence.
    """

    follower: Ints
    length: Ints


def chosen_order(matches: Matches, alphabet_size: int) -> int:
    """The shortest deterministic order, else the longest that matches; 0 where nothing matches (PPM*)."""
    if not len(matches.length):
        return 0
    longest = np.zeros(alphabet_size + 1, np.int64)
    np.maximum.at(longest, matches.follower, matches.length)
    top = int(longest.argmax())
    first = int(longest[top])
    longest[top] = 0
    # Order k is deterministic exactly if one symbol alone has a match of length k or more.
    return min(first, int(longest.max()) + 1)


def distribution(matches: Matches, totals: Ints, alphabet_size: int) -> Floats:
    """Probability of each symbol, shape (A,), summing to one.

    totals: how often each symbol has occurred at all (order 0), shape (A,).
    """
    order = chosen_order(matches, alphabet_size)
    counts = np.empty((order + 1, alphabet_size))
    if order:
        width = alphabet_size + 1
        cell = np.minimum(matches.length, order) * width + matches.follower
        table = np.bincount(cell, minlength=(order + 1) * width).reshape(order + 1, width)
        counts[1:] = table[:0:-1].cumsum(axis=0)[::-1, :alphabet_size]
    counts[0] = totals
    seen = counts > 0
    kinds = seen.sum(axis=1)
    fresh = counts.sum(axis=1)
    fresh[:-1] -= (counts[:-1] * seen[1:]).sum(axis=1)
    room = fresh + kinds
    # Escape from the highest order downwards; a state with nothing in it is passed over.
    stay = np.divide(1.0, room, out=np.zeros(order + 1), where=(fresh > 0))
    leave = np.divide(kinds, room, out=np.ones(order + 1), where=(room > 0))
    reach = np.append(np.cumprod(leave[::-1])[::-1], 1.0)
    mixed = (stay * reach[1:]) @ counts + reach[0] / (alphabet_size + 1 - kinds[0])
    return np.asarray(mixed / mixed.sum())


def relative_entropy(probability: Floats) -> float:
    """Entropy in bits over the most there can be, log2 of the alphabet: 0 sure, 1 at a loss."""
    if len(probability) < 2:
        return 0.0
    safe = np.maximum(probability, 1e-300)
    return float(-(probability * np.log2(safe)).sum() / np.log2(len(probability)))


def weights(distributions: list[Floats], bias: float) -> Floats:
    """Weights by how sure each model is, (H / log2 |A|) ** -bias, scaled to sum to one: shape (models,)."""
    entropy = np.maximum([relative_entropy(p) for p in distributions], 1e-6)
    weight = (entropy / entropy.min()) ** -bias
    return np.asarray(weight / weight.sum())


def mixture(distributions: list[Floats], bias: float) -> Floats:
    """Arithmetic mean weighted by sureness: how long- and short-term models are joined (Pearce 2005, chapter 6)."""
    return np.asarray(weights(distributions, bias) @ np.stack(distributions))


def product(distributions: list[Floats], bias: float, emphasis: Sequence[float] = ()) -> Floats:
    """Geometric mean weighted by sureness, normalised: how viewpoints are joined (Pearce 2005, chapter 7).

    emphasis: factors on the weights, one for each distribution, or none.
    """
    weight = weights(distributions, bias)
    if emphasis:
        weight = weight * np.asarray(emphasis[: len(weight)])
        weight /= weight.sum()
    logs = np.log(np.maximum(np.stack(distributions), 1e-300))
    joined = np.exp(weight @ logs)
    return np.asarray(joined / joined.sum())
