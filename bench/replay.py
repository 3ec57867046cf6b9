"""Do recommendations get better with feedback? Sessions of simulated listeners, replayed; and a library of 50,000.

    python bench/replay.py [--quick | --full] [--scale PIECES] [--out FILE]

The library is the pieces of meta-test, which nothing was trained on. A listener has a hidden preference and begins with
three pieces that they like; a session is five lists of ten, each of pieces that were not shown before, and after each
the listener says of every piece whether they like it, wrongly one time in twenty. Listeners:

    two styles      nine of ten pieces of two styles, one of twenty of all others
    a style's half  the upper half of one style in one named feature, one of twenty of all others
    a direction     the upper tenth of the library in a random direction over 300 statistics: no style, no feature

Rows:

    random                    popularity: by how many of 200 other listeners like a piece, the same list for all
    nearest features          nearest to the mean of the liked pieces in named features, likes of the session included
    relation, no feedback     relation to the three pieces, whatever was said since
    relation, --remember      relation to all that was liked against all that was disliked
    relation and taste        relation to the three pieces, and the odds of the taste learned from what was said: what
                              `like` and `dislike` do where a style leads
    both                      relation to all that was liked, and taste: what they do where no style leads

Columns: the first list, before anything was said, and the second to fifth after. hit@10: lists with one liked piece or
more; nDCG@10 against the best ten that are left; liked@10: share of the ten. Intervals by bootstrap over listeners.

--scale makes an index of so many pieces out of those of the library, with noise added to embeddings and features, and
tells memory and time of a query in a process of its own. Skipped where there is no corpus.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fewnotes.engines import relation
from fewnotes.engines.relation import taste
from fewnotes.engines.relation.preference import Seen, learned
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.measure.bank import load_bank
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report
from fewnotes.measure.rows._embedded import embedded
from fewnotes.measure.vectors import features, vectors
from fewnotes.meta import split
from fewnotes.music.likeness import SPREADS
from replay_scale import scaled

RESULTS = Path(__file__).parent / "results"
#: Pieces of a style at most, listeners of each kind.
SIZES = {"quick": (20, 6), "full": (60, 60)}
SHOWN, ROUNDS, SEEDS, WRONG, POPULAR = 10, 5, 3, 0.05, 200
KINDS = ("two styles", "a style's half", "a direction")
LIKED_OF_STYLE, LIKED_OF_REST, LIKED_OF_ALL = 0.9, 0.05, 0.1


@dataclass(frozen=True)
class Shelf:
    """The library. features: (n, F). vectors: (n, D). all: (n, S), standardised. styles: (n,). seen: for the taste."""

    features: np.ndarray
    vectors: np.ndarray
    all: np.ndarray
    styles: np.ndarray
    seen: Seen

    def __len__(self) -> int:
        return len(self.features)


@dataclass(frozen=True)
class Session:
    """What is known when a list is asked for. seeds: (3,). told: indices, said: what was said of them. rng: its own."""

    seeds: np.ndarray
    told: np.ndarray
    said: np.ndarray
    rng: np.random.Generator


def listener(kind: str, shelf: Shelf, rng: np.random.Generator) -> np.ndarray:
    """Which pieces somebody likes, (n,)."""
    names = np.unique(shelf.styles)
    if kind == "a direction":
        told = shelf.all @ rng.normal(size=shelf.all.shape[1])
        return told > np.quantile(told, 1 - LIKED_OF_ALL)
    some = rng.random(len(shelf)) < LIKED_OF_REST
    if kind == "two styles":
        inside = np.isin(shelf.styles, rng.choice(names, 2, replace=False))
        return np.where(inside, rng.random(len(shelf)) < LIKED_OF_STYLE, some)
    inside = shelf.styles == rng.choice(names)
    varying = np.flatnonzero(shelf.features[inside].std(axis=0) > 1e-6)
    column = shelf.features[:, rng.choice(varying)] * rng.choice((-1, 1))
    return np.where(inside, column > np.median(column[inside]), some)


def rows(shelf: Shelf, popular: np.ndarray) -> dict[str, Callable[[Session], np.ndarray]]:
    """Name -> what it gives each piece of the library, (n,)."""
    scale = np.array([np.hypot(*SPREADS[name]) for name in SPREADS])
    plain = shelf.features / scale
    none = np.zeros((0, shelf.vectors.shape[1]), np.float32)

    def nearest(s: Session) -> np.ndarray:
        liked = np.concatenate([s.seeds, s.told[s.said]])
        return -((plain - plain[liked].mean(axis=0)) ** 2).sum(axis=1)

    def related(s: Session, feedback: bool) -> np.ndarray:
        liked = np.concatenate([s.seeds, s.told[s.said]]) if feedback else s.seeds
        refused = shelf.vectors[s.told[~s.said]] if feedback else none
        return relation.scores(relation.learn_vectors(shelf.vectors[liked], refused), shelf.vectors)

    def personal(s: Session, feedback: bool) -> np.ndarray:
        person = learned(shelf.seen[s.told], s.said)
        value = np.log(np.maximum(related(s, feedback), 1e-12))
        return taste.joined(np.exp(value), person.preference(shelf.seen)) if person.says_something else value

    return {
        "random": lambda s: s.rng.random(len(shelf)),
        "popularity": lambda s: popular + 1e-6 * s.rng.random(len(shelf)),
        "nearest features": nearest,
        "relation, no feedback": lambda s: related(s, False),
        "relation, --remember": lambda s: related(s, True),
        "relation and taste": lambda s: personal(s, False),
        "both": lambda s: personal(s, True),
    }


def replayed(value: Callable[[Session], np.ndarray], likes: np.ndarray, seeds: np.ndarray, seed: int) -> list[dict]:
    """One session of one row: the figures of each list."""
    rng = np.random.default_rng([5, seed])
    told, said = np.zeros(0, np.int64), np.zeros(0, bool)
    found = []
    for _ in range(ROUNDS):
        worth = np.array(value(Session(seeds, told, said, rng)), float)
        worth[np.concatenate([seeds, told])] = -np.inf
        shown = np.argsort(-worth, kind="stable")[:SHOWN]
        hit = likes[shown]
        left = int(likes.sum() - likes[seeds].sum() - likes[told].sum())
        gains = 1 / np.log2(np.arange(2, SHOWN + 2))
        best = gains[: min(SHOWN, left)].sum()
        found.append({"hit@10": float(hit.any()), "nDCG@10": float((hit * gains).sum() / best) if left else 1.0,
                      "liked@10": float(hit.mean())})  # fmt: skip
        told = np.concatenate([told, shown])
        said = np.concatenate([said, hit ^ (rng.random(SHOWN) < WRONG)])
    return found


def measured(shelf: Shelf, each: int) -> tuple[list[Figure], int]:
    """All rows for all listeners."""
    figures, sessions = [], 0
    for number, kind in enumerate(KINDS):
        others = (listener(kind, shelf, np.random.default_rng([3, number, i])) for i in range(POPULAR))
        popular = np.sum(list(others), axis=0)
        values: dict[tuple[str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for person in range(each):
            print(f"\r{kind} {person}/{each}".ljust(78), end="", file=sys.stderr, flush=True)
            rng = np.random.default_rng([2, number, person])
            likes = listener(kind, shelf, rng)
            while likes.sum() < SEEDS + SHOWN:
                likes = listener(kind, shelf, rng)
            seeds = rng.choice(np.flatnonzero(likes), SEEDS, replace=False)
            sessions += 1
            for row, value in rows(shelf, popular).items():
                for turn, figure in enumerate(replayed(value, likes, seeds, person)):
                    for name, worth in figure.items():
                        values[row, f"{kind}: {name}, list {turn + 1}"][str(person)].append(worth)
        figures += [
            Figure(row, column, over_styles(inside), *(("", 3) if "nDCG" in column else ("%", 1)))
            for (row, column), inside in values.items()
        ]  # fmt: skip
    return figures, sessions


def shelf_of(pieces_a_style: int) -> Shelf:
    """Meta-test as a library. Raises BadInput without a corpus, NotInstalled without torch."""
    bank = load_bank((split.TEST,), pieces_a_style=pieces_a_style)
    named, heard = features(bank), embedded(bank, (), lambda *_: None).astype(np.float32)
    everything = vectors(bank)
    spread = everything.std(axis=0)
    standard = (everything - everything.mean(axis=0)) * np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0)
    seen = taste.seen(named, heard, taste.usual(None))
    return Shelf(named, heard, standard, np.array([e.row.style for e in bank.entries]), seen)


def main() -> int:
    """Measure, print, write; exit with 1 if feedback does not help."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="a minute (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="ten minutes")
    parser.set_defaults(size="quick")
    parser.add_argument("--scale", type=int, metavar="PIECES", help="an index of so many pieces")
    parser.add_argument("--out", type=Path, default=RESULTS / "replay.json")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    pieces, each = SIZES[given.size]
    try:
        shelf = shelf_of(pieces)
    except (BadInput, NotInstalled) as error:
        print(f"skipped: {error.what}")
        return 0
    if given.scale:
        found = scaled(shelf.features, shelf.vectors, given.scale)
        print(json.dumps(found, indent=1))
        given.out.parent.mkdir(exist_ok=True)
        given.out.with_name("library_scale.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        return 0
    figures, sessions = measured(shelf, each)
    facts = {"size": given.size, "library": len(shelf), "styles": len(np.unique(shelf.styles)), "sessions": sessions}
    report = Report("replay", (__doc__ or "").partition("\n")[0], figures, facts)
    for column in report.columns:
        if column.endswith(("list 1", "list 2", f"list {ROUNDS}")):
            print(column, *(f"    {f.row:24}{f.text}" for f in report.figures if f.column == column), sep="\n")
    given.out.parent.mkdir(exist_ok=True)
    report.write(given.out)
    fed, unfed = (
        np.mean([report.get(row, f"{kind}: liked@10, list {ROUNDS}").mean for kind in KINDS])
        for row in ("both", "relation, no feedback")
    )
    if fed <= unfed:
        print(f"MISSED: feedback does not help: {100 * fed:.1f} % of the last list instead of {100 * unfed:.1f}")
    return int(fed <= unfed)


if __name__ == "__main__":
    sys.exit(main())
