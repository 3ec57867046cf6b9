"""Does the share of liked drafts rise with likes and dislikes, for listeners whose preference is hidden?

    python bench/personal.py [--quick | --full] [--engines markov gan] [--out FILE]

Styles of meta-test, which nothing was trained on. Five pieces of each are learned, an engine drafts, and simulated
listeners hear some of the drafts, say of each whether they like it, and get the others in order; counted is the share
of liked ones among the first five. A listener likes the upper third of a hidden figure, with some whim:

    named       busy, calm, high, low, leaping, stepwise, major, minor, chordal, varied rhythm: features that have names
    unseen      a random direction over 300 statistics of a piece, of which the taste model has 47, and mixtures

The judge's order (relation to the style) is always part of it, as in `compose` and `sketch`. Rows:

    judge alone         no personalisation
    shuffled likes      the same model, the same number of likes, given to other drafts: what moving things about does
    judge and taste     what ships, weight 2        judge and taste, 1    the same with weight 1
    taste alone         without the judge           all known             every liked draft first: the ceiling

Columns: drafts that were heard, of the same style; and 32 of three other styles, none of this one; and the relation of
the five to the style, which is the price. The weight was chosen on two styles of meta-train, nothing on these. The
calibration of the chances stands beside it. Skipped without a corpus.
"""

from __future__ import annotations

import argparse
import sys
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import fewnotes
from fewnotes.engines import ComposeRequest, gan, markov, relation
from fewnotes.engines.gan.ideas import Request, ideas
from fewnotes.engines.relation import taste
from fewnotes.engines.relation.preference import Seen, Taste, learned
from fewnotes.errors import BadInput, FewnotesError, NotInstalled, NotPossible
from fewnotes.measure.bank import Bank, load_bank
from fewnotes.measure.intervals import over_styles
from fewnotes.measure.report import Figure, Report
from fewnotes.meta import split
from fewnotes.music.features import FEATURES, feature_vector
from fewnotes.music.statistics import STATISTICS, statistics
from fewnotes.style import Style
from fewnotes.uses.sketch.learned import own_of, sketcher_of

RESULTS = Path(__file__).parent / "results"
#: Styles, drafts of each, listeners a kind.
SIZES = {"quick": (3, 36, 4), "full": (10, 72, 20)}
#: An engine that drafts slowly has fewer styles and drafts.
SLOW = {"markov": (6, 40)}
HEARD = (4, 8, 16, 32)
SHOWN, SHARE, WHIM, BARS, SHOTS = 5, 1 / 3, 0.4, 4, 5
OTHERS = 3
NAMED: dict[str, dict[str, float]] = {
    "busy": {"onsets_per_quarter": 1}, "calm": {"onsets_per_quarter": -1}, "high": {"pitch_mean": 1},
    "low": {"pitch_mean": -1}, "leaping": {"interval_mean": 1}, "stepwise": {"step_share": 1},
    "major": {"major_share": 1, "minor_share": -1}, "minor": {"major_share": -1, "minor_share": 1},
    "chordal": {"notes_per_attack": 1}, "varied rhythm": {"length_entropy": 1},
}  # fmt: skip


@dataclass(frozen=True)
class Drafted:
    """Drafts of one style. judged: (n,). seen: as the taste sees them. named: (n, F). all: (n, S) statistics."""

    style: str
    judged: np.ndarray
    seen: Seen
    named: np.ndarray
    all: np.ndarray


def drafted(name: str, style: Style, engine: str, count: int) -> Drafted:
    """So many drafts of an engine with all that is asked of them."""
    if engine == "gan":
        request = Request(count, 4, 1, None, None, None, None, None, 1.0, None)
        pieces = [i.piece for i in ideas(sketcher_of(style), own_of(style), request)[0]]
    else:
        pieces = list(markov.compose(style, ComposeRequest(bars=BARS, candidates=count, seed=1)))
    pieces = [p for p in pieces if len(p.notes)]
    vectors = relation.judge().embed(pieces)
    features = np.array([feature_vector(p) for p in pieces])
    judged = relation.scores(style.parts["relation"], vectors)
    seen = taste.seen(features, vectors, taste.usual(style))
    return Drafted(name, judged, seen, features, np.array([statistics(p) for p in pieces]))


def listeners(each: int) -> Iterator[tuple[str, Callable[[Drafted], np.ndarray]]]:
    """Kind, and what gives each draft of a style its hidden figure."""
    index = {f.name: i for i, f in enumerate(FEATURES)}
    for wants in NAMED.values():
        for _ in range(max(1, each // len(NAMED))):
            yield "named", lambda d, w=wants: sum(v * standard(d.named[:, index[n]]) for n, v in w.items())
    for number in range(each):
        direction = np.random.default_rng([7, number]).normal(size=len(STATISTICS))
        yield "unseen", lambda d, w=direction: standard(d.all) @ w


def standard(x: np.ndarray) -> np.ndarray:
    """In standard deviations of the drafts; what does not vary is nothing."""
    spread = x.std(axis=0)
    return (x - x.mean(axis=0)) * np.where(spread > 1e-9, 1 / np.maximum(spread, 1e-9), 0)


def likes(figure: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The upper third, with some whim."""
    told = standard(figure) + WHIM * rng.normal(size=len(figure))
    return told > np.quantile(told, 1 - SHARE)


def measured(all_drafts: list[Drafted], each: int) -> tuple[dict, list[tuple[float, bool]]]:
    """Share of liked among the first: values[kind, column, row][style]; and chances beside what came true."""
    values: dict[tuple[str, str, str], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    chances: list[tuple[float, bool]] = []
    for number, (kind, figure) in enumerate(listeners(each)):
        liked = {d.style: likes(figure(d), np.random.default_rng([11, number, i])) for i, d in enumerate(all_drafts)}
        for place, d in enumerate(all_drafts):
            rng = np.random.default_rng([13, number, place])
            order = rng.permutation(len(d.judged))
            half = len(order) // 2
            asked, rest = order[:half], order[half:]
            truth = liked[d.style]
            for count in HEARD:
                if count > len(asked):
                    continue
                some = asked[:count]
                one(values, (kind, f"{count} heard"), d, rest, truth, (d.seen[some], truth[some]), rng, chances)
            others = [all_drafts[(place + 1 + i) % len(all_drafts)] for i in range(min(OTHERS, len(all_drafts) - 1))]
            parts = [(o, rng.permutation(len(o.judged))[: HEARD[-1] // len(others)]) for o in others]
            seen = Seen(*(np.concatenate([getattr(o.seen, n)[i] for o, i in parts]) for n in ("rolls", "named")))
            said = np.concatenate([liked[o.style][i] for o, i in parts])
            one(values, (kind, "32 heard, other styles"), d, rest, truth, (seen, said), rng, None)
    return values, chances


def one(values: Any, where: tuple[str, str], d: Drafted, rest: np.ndarray, truth: np.ndarray, heard: Any, rng: Any,
        chances: list | None) -> None:  # fmt: skip
    """All rows of one listener, style and number of opinions."""
    seen, said = heard
    asked, judged = d.seen[rest], d.judged[rest]
    person, other = learned(seen, said), learned(seen, rng.permutation(said))
    mine = person.preference(asked)
    if chances is not None:
        chances += list(zip(mine.chance.tolist(), truth[rest].tolist(), strict=True))

    def weighed(who: Taste, weight: float) -> np.ndarray:
        return taste.joined(judged, who.preference(asked), weight) if who.says_something else np.log(judged + 1e-12)

    orders = {
        "judge alone": judged, "shuffled likes": weighed(other, taste.WEIGHT),
        "judge and taste": weighed(person, taste.WEIGHT),
        "judge and taste, 1": weighed(person, 1), "taste alone": mine.logit, "all known": truth[rest].astype(float),
    }  # fmt: skip
    for row, value in orders.items():
        first = np.argsort(-value, kind="stable")[:SHOWN]
        values[(*where, row)][d.style].append(float(truth[rest][first].mean()))
        values[(where[0], f"{where[1]}, relation", row)][d.style].append(float(judged[first].mean()))


def styles_of(bank: Bank, most: int) -> dict[str, list[int]]:
    """Styles with pieces enough, evenly spaced over all; five pieces of each."""
    found = {name: list(inside) for name, inside in bank.styles().items() if len(inside) >= 2 * SHOTS}
    names = sorted(found)
    chosen = [names[i] for i in np.unique(np.linspace(0, len(names) - 1, most).round().astype(int))]
    return {n: np.random.default_rng(3).permutation(found[n])[:SHOTS].tolist() for n in chosen}


def report(size: str, engines: list[str]) -> Report:
    """Draft, listen, count."""
    sizes = {engine: tuple(map(min, SIZES[size][:2], SLOW.get(engine, SIZES[size]))) for engine in engines}
    each = SIZES[size][2]
    bank = load_bank((split.TEST,), pieces_a_style=20)
    figures, facts, words = [], {"size": size, "listeners a kind": each}, []
    for engine, (most, count) in sizes.items():
        found = []
        facts[f"drafts, {engine}"] = count
        for name, places in styles_of(bank, most).items():
            print(f"\r{engine}: {name}".ljust(78), end="", file=sys.stderr, flush=True)
            try:
                parts = ",".join(dict.fromkeys(["markov", engine, "relation"]))
                style = fewnotes.learn([bank.pieces[i] for i in places], name=name, engine=parts)
                found.append(drafted(name, style, engine, count))
            except (NotPossible, BadInput) as error:
                words.append(f"{engine}, {name}: left out: {error.what}")
        values, chances = measured(found, each)
        facts[f"styles, {engine}"] = len(found)
        facts[f"calibration error, {engine}"] = round(calibration(chances), 4)
        for (kind, column, row), inside in values.items():
            shape = ("", 2) if column.endswith("relation") else ("%", 1)
            figures.append(Figure(row, f"{engine}, {kind}: {column}", over_styles(inside), *shape))
    words.append("Intervals by bootstrap over styles; a third of the drafts is liked.")
    return Report("personal", (__doc__ or "").partition("\n")[0], figures, facts, tuple(words))


def calibration(chances: list[tuple[float, bool]]) -> float:
    """Expected calibration error in ten bins."""
    chance, truth = np.array([c for c, _ in chances]), np.array([t for _, t in chances], float)
    bins = np.minimum((chance * 10).astype(int), 9)
    return float(sum(abs(chance[bins == b].mean() - truth[bins == b].mean()) * (bins == b).mean() for b in set(bins)))


def main() -> int:
    """Measure, print, write; exit with 1 if taste does not lift the share of liked drafts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", dest="size", action="store_const", const="quick", help="minutes (the default)")
    size.add_argument("--full", dest="size", action="store_const", const="full", help="a quarter of an hour")
    parser.set_defaults(size="quick")
    parser.add_argument("--engines", nargs="+", default=["gan", "markov"], choices=("gan", "markov"))
    parser.add_argument("--out", type=Path, default=RESULTS / "personal.json")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        gan.pad()
        found = report(given.size, given.engines)
    except (BadInput, NotInstalled) as error:
        print(f"skipped: {error.what}")
        return 0
    except FewnotesError as error:
        print(error, file=sys.stderr)
        return error.exit_status
    for column in found.columns:
        print(column)
        for figure in found.figures:
            if figure.column == column:
                print(f"    {figure.row:22}{figure.text}")
    print(found.facts, *found.words, sep="\n")
    given.out.parent.mkdir(exist_ok=True)
    found.write(given.out)
    last = [c for c in found.columns if c.endswith("named: 16 heard")]
    missed = [c for c in last if found.get("judge and taste", c).mean <= found.get("judge alone", c).mean]
    if missed:
        print("MISSED: taste lifts nothing in", *missed)
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
