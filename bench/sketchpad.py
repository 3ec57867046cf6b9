"""How fast is the sketch pad, and do its paths go from one phrase to the other?

    python bench/sketchpad.py [--quick | --full] [--out FILE]

Styles of meta-test, all or (quick) three in even steps, five pieces of each:

    learn     seconds to learn the five pieces, embedding and choice of a strength included
    phrases   four-bar phrases a second, from noise to tokens
    ideas     seconds for 16 ideas as `fewnotes sketch` gives them: drawn three times over, checked, judged
    paths     between two of its own phrases, and between two phrases of real pieces that stood aside: how many paths
              have at every step more distance from the first and less from the last; and their largest step, since a
              path that stands still and then jumps would be monotone too

It exits with 1 if learning takes more than 15 s, fewer than 100 phrases a second are drawn, or fewer than 90 % of the
paths of either kind are monotone. Skipped where there is no corpus.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from fewnotes.engines import gan, relation
from fewnotes.engines.gan.ideas import Own, Request, ideas
from fewnotes.engines.gan.morphing import apart, path
from fewnotes.errors import BadInput, NotPossible
from fewnotes.measure.bank import load_bank
from fewnotes.meta import split
from fewnotes.meta.phrases import phrases
from fewnotes.music.similarity import borrowing

SHOT, STEPS, PATHS = 5, 6, 6
STYLES = {"quick": 3, "full": 0}
MOST_SECONDS, LEAST_PHRASES, LEAST_MONOTONE = 15.0, 100.0, 0.9


def monotone(found: list[Any]) -> bool:
    """Whether a path goes on at every step."""
    away, near = [apart(found[0], p) for p in found], [apart(p, found[-1]) for p in found]
    return bool((np.diff(away) >= -1e-9).all() and (np.diff(near) <= 1e-9).all())


def uneven(found: list[Any]) -> float:
    """The largest step of a path, as a share of the whole; an even one of six phrases has 0.2."""
    away, near = [apart(found[0], p) for p in found], [apart(p, found[-1]) for p in found]
    return float(np.abs(np.diff((np.array(away) + 1 - np.array(near)) / 2)).max())


def paths(sketcher: gan.Sketcher, ends: list[Any], seed: int) -> list[list[Any]]:
    """Paths between phrases of one frame, at most `PATHS`."""
    found: list[list[Any]] = []
    for number, one in enumerate(ends):
        for other in ends[number + 1 :]:
            if one.frame == other.frame and apart(one, other) > 0.3 and len(found) < PATHS:
                found.append(path(sketcher, one, other, STEPS, seed))
                break
    return found


def of_style(pieces: list[Any], seed: int) -> dict[str, Any]:
    """All figures of one style. The first five pieces are its support set."""
    support, aside = pieces[:SHOT], pieces[SHOT:]
    began = time.perf_counter()
    part = gan.learn(support, seed=seed)
    learned = time.perf_counter() - began
    sketcher = gan.sketcher(part)
    sketcher.draw(sketcher.wishes(4, seed), seed)
    began = time.perf_counter()
    drawn = sketcher.draw(sketcher.wishes(128, seed), seed)
    rate = 128 / (time.perf_counter() - began)
    own = Own(tuple(support), relation.learn(support), borrowing(support).usual_run)
    began = time.perf_counter()
    ideas(sketcher, own, Request(16, 4, seed, None, None, None, None, None, 1.0, None))
    sketched = time.perf_counter() - began
    given = [p for piece in aside[:12] for p in phrases(piece, 1)]
    made = {"own": paths(sketcher, [d.phrase for d in drawn[:24]], seed), "given": paths(sketcher, given, seed)}
    return {
        "learn": learned, "phrases": rate, "ideas": sketched, "steps": part.values["steps"],
        "monotone": {k: [monotone(x) for x in v] for k, v in made.items()},
        "largest step": {k: [uneven(x) for x in v] for k, v in made.items()},
    }  # fmt: skip


def measured(styles: int) -> dict[str, Any]:
    """Medians over styles, and shares over paths."""
    bank = load_bank((split.TEST,))
    every = list(bank.styles().items())
    chosen = every if not styles else [every[i] for i in np.linspace(0, len(every) - 1, styles).round().astype(int)]
    rows = {}
    for name, indices in chosen:
        order = np.random.default_rng(0).permutation(indices).tolist()
        try:
            rows[name] = of_style([bank.pieces[i] for i in order], 0)
        except (BadInput, NotPossible) as error:
            print(f"{name} left out: {error.what}", flush=True)
            continue
        row = rows[name]
        print(f"{name:28} learn {row['learn']:5.1f} s, {row['phrases']:5.0f} phrases a second", flush=True)
    flat = {k: [x for row in rows.values() for x in row["monotone"][k]] for k in ("own", "given")}
    steps = {k: [x for row in rows.values() for x in row["largest step"][k]] for k in ("own", "given")}
    found: dict[str, Any] = {
        what: {"median": round(statistics.median(row[what] for row in rows.values()), 2),
               "worst": round((min if what == "phrases" else max)(row[what] for row in rows.values()), 2)}
        for what in ("learn", "phrases", "ideas")
    }  # fmt: skip
    flat["all"] = flat["own"] + flat["given"]
    found["monotone"] = {k: {"share": round(float(np.mean(v)), 4), "paths": len(v)} for k, v in flat.items() if v}
    found["largest step"] = {
        k: {"mean": round(float(np.mean(v)), 3), "worst": round(max(v), 3)} for k, v in steps.items() if v
    }
    found["steps of learning"] = {name: row["steps"] for name, row in rows.items()}
    return found


def main() -> int:
    """Measure, print, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    for name in STYLES:
        size.add_argument(f"--{name}", dest="size", action="store_const", const=name)
    parser.set_defaults(size="quick")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    try:
        found = measured(STYLES[arguments.size])
    except BadInput as error:
        print(f"skipped: {error.what}")
        return 0
    print(json.dumps(found, indent=1))
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    missed = [
        found["learn"]["median"] > MOST_SECONDS,
        found["phrases"]["median"] < LEAST_PHRASES,
        min(v["share"] for v in found["monotone"].values()) < LEAST_MONOTONE,
    ]
    return int(any(missed))


if __name__ == "__main__":
    sys.exit(main())
