"""What is asked: liked pieces, disliked pieces, and a library in which some pieces are what should come.

Pieces that are near duplicates of a liked piece are not in the library: finding copies is no success, and nobody is
blamed for a copy either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadParameter
from fewnotes.measure.bank import Bank
from fewnotes.measure.draws import Styles, draws
from fewnotes.measure.recognised.plan import kinds
from fewnotes.meta.duplicates import near_duplicates
from fewnotes.meta.progress import Progress, no_progress

#: Liked pieces; disliked pieces; liked pieces of the first and of the second style of a mixed taste.
LIKED, DISLIKED, MIXED = 5, 5, (3, 2)
#: A style must have so many pieces beside the liked ones, else there is hardly anything to find.
_LEAST_REST = 5
#: Pieces of a style in the library that slow rows are asked about.
NARROW = 12
_SEED = 30

Copies = Mapping[int, frozenset[int]]


@dataclass(frozen=True)
class Size:
    """How much is measured.

    pieces: of a style of meta-test in the library at most. background: of a style of meta-train. each: draws a style.
    slow: draws a style for slow rows, 0 to leave them out unless they are asked for by name.
    """

    pieces: int
    background: int
    each: int
    slow: int


SIZES = {"quick": Size(20, 12, 2, 0), "full": Size(200, 60, 20, 2)}


@dataclass(frozen=True)
class Question:
    """One taste and one library, as indices into a bank; L pieces of a library.

    library: (L,), what is ranked. taste: (L,), 1 for pieces of the style, 2 for pieces of the second style of a mixed
    taste, 0 for all that should not come. disliked: pieces of another style, or none.
    """

    style: str
    liked: tuple[int, ...]
    disliked: tuple[int, ...]
    library: NDArray[np.int64]
    taste: NDArray[np.int64]


def copies(bank: Bank, pieces: Sequence[int], progress: Progress = no_progress) -> Copies:
    """Near duplicates of each piece among `pieces`: the same tune, in any key or edition, or the same notes."""
    heard = [bank.pieces[i] for i in pieces]
    found: dict[int, set[int]] = {i: set() for i in pieces}
    pairs = [(pair.first, pair.second) for pair in near_duplicates(heard, range(len(heard)), progress)]
    first_of: dict[str, int] = {}
    for place, piece in enumerate(heard):  # tunes too short to be told from a turn of phrase, note for note
        pairs.append((first_of.setdefault(piece.content_hash, place), place))
    for a, b in pairs:
        if a != b:
            found[pieces[a]].add(pieces[b])
            found[pieces[b]].add(pieces[a])
    return {i: frozenset(same) for i, same in found.items()}


def questions(bank: Bank, part: str, each: int, same: Copies) -> tuple[list[Question], list[Question]]:
    """Questions of one taste, and of a mixed taste: `each` a style that has pieces enough, in order of style.

    same: near duplicates, as `copies` finds them. Raises BadParameter where fewer than two styles have pieces enough.
    """
    styles = bank.styles(part)
    usable = {name: inside for name, inside in styles.items() if len(inside) >= LIKED + _LEAST_REST}
    if len(usable) < 2:
        raise BadParameter(
            "There are too few styles to mix a library of", expected=f"two styles of {LIKED + _LEAST_REST} pieces"
        )
    near = _neighbours(bank, part, usable)
    one, mixed = [], []
    for number, draw in enumerate(draws(usable, LIKED, queries=1, each=each, seed=_SEED)):
        rng = np.random.default_rng([_SEED, number])
        other = near[draw.style][int(rng.integers(len(near[draw.style])))]
        disliked = rng.permutation(np.asarray(usable[other]))[:DISLIKED].tolist()
        one.append(_question(styles, (draw.style,), draw.support, tuple(disliked), same))
        rest = sorted(set(usable) - {draw.style})
        second = rest[int(rng.integers(len(rest)))]
        strange = rng.permutation(np.asarray(usable[second]))[: MIXED[1]].tolist()
        liked = (*draw.support[: MIXED[0]], *strange)
        mixed.append(_question(styles, (draw.style, second), liked, (), same))
    return [q for q in one if _can_be_found(q, 1)], [q for q in mixed if _can_be_found(q, 2)]


def first(asked: Sequence[Question], few: int) -> list[Question]:
    """The first few questions of every style."""
    seen: dict[str, int] = {}
    found = []
    for question in asked:
        seen[question.style] = seen.get(question.style, 0) + 1
        if seen[question.style] <= few:
            found.append(question)
    return found


def narrowed(question: Question, bank: Bank, most: int = NARROW) -> Question:
    """The same taste and a library of at most `most` pieces a style, evenly spaced."""
    places: dict[str, list[int]] = {}
    for place, index in enumerate(question.library.tolist()):
        places.setdefault(bank.entries[index].row.style, []).append(place)
    kept = sorted(
        inside[i]
        for inside in places.values()
        for i in np.unique(np.linspace(0, len(inside) - 1, most).round().astype(int)).tolist()
    )
    return replace(question, library=question.library[kept], taste=question.taste[kept])


def _question(
    styles: Styles, wanted: Sequence[str], liked: tuple[int, ...], disliked: tuple[int, ...], same: Copies
) -> Question:
    known = {*liked, *disliked}.union(*(same[i] for i in liked))
    taste = {name: number for number, name in enumerate(wanted, 1)}
    left = [(i, taste.get(name, 0)) for name, inside in styles.items() for i in inside if i not in known]
    library, numbers = np.array(sorted(left), np.int64).reshape(-1, 2).T
    return Question(wanted[0], liked, disliked, library, numbers)


def _can_be_found(question: Question, tastes: int) -> bool:
    """Where all the rest of a style are copies of liked pieces, nothing can be found."""
    return all((question.taste == number).any() for number in range(1, tastes + 1))


def _neighbours(bank: Bank, part: str, usable: Styles) -> dict[str, list[str]]:
    """For each style the others of its family; if there are none, those of its kind of music; else all others."""
    family = {name: bank.entries[inside[0]].row.family for name, inside in usable.items()}
    groups = [set(inside) for inside in kinds(bank, part).values()]
    found = {}
    for name in usable:
        others = sorted(set(usable) - {name})
        related = [s for s in others if family[s] == family[name]]
        alike = [s for s in others if any({s, name} <= group for group in groups)]
        found[name] = related or alike or others
    return found
