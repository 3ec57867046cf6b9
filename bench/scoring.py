"""How fast is a library of a million stored pieces scored for one style, and how near is that to what memory allows?

    python bench/scoring.py [--quick | --full] [--pieces N] [--rounds N] [--out FILE]

Embeddings and weights are random numbers: what they mean does not change how long they take. In every round, in turns,
on the same number of threads:

ours                     `fewnotes.engines.relation.scoring`, over projections stored once, for a style that five pieces
                         changed: twenty-four directions more a piece
ours, as trained         the same for a style that changed nothing, which is what the peers do
ours, best 10            the same, and the ten best of them
read                     the same bytes read once: the largest of them is looked for, and their sum; whichever is faster
copy                     the same bytes read and written once
torch, naive pairs       piece and style concatenated, two layers, in batches: the relation network as it is drawn
torch, the head          `fewnotes.nets.relation.RelationHead` over embeddings, in batches, nothing stored
torch, stored            our formula with torch's operations, in batches, over the same stored projections

The fastest round counts, of everybody. Targets: 0.3 s a million pieces, and within 3 times the time of reading the
bytes; printed as met or NOT MET. Exit status 1 where our numbers are not those of the head, or above 12 times the time
of reading, which tells a regression from a noisy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from fewnotes.engines.relation.fitted import Fitted
from fewnotes.engines.relation.head import Head
from fewnotes.engines.relation.scoring import THREADS, Shelf, StyleQuery, scores, top

ROLLS, LINEAR, HIDDEN, SHOTS = 96, 96, 64, 5
DIMENSIONS = ROLLS + LINEAR
QUICK, FULL = 200_000, 1_000_000
#: Seconds a million pieces, and times the time of reading the bytes.
TARGET_SECONDS, TARGET_RATIO, FLOOR_RATIO = 0.3, 3.0, 12.0
_BATCH = 16_384
_CHECKED, _AGREES = 4_096, 1e-3
Work = Callable[[], object]


def made_head(rng: np.random.Generator) -> Head:
    """A head of random weights of the sizes of a trained one."""

    def floats(*shape: int, scale: float = 1.0) -> np.ndarray:
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    return Head(
        within=np.exp(floats(DIMENSIONS, scale=0.3)), between=np.exp(floats(DIMENSIONS, scale=0.3)),
        centre=floats(DIMENSIONS, scale=0.3), slope=np.full(DIMENSIONS, 0.3, np.float32),
        offset=-1.0, by_shots=0.2, piece=floats(DIMENSIONS, HIDDEN, scale=DIMENSIONS**-0.5),
        bias=floats(HIDDEN, scale=0.1), style=floats(DIMENSIONS, HIDDEN, scale=DIMENSIONS**-0.5),
        out=floats(HIDDEN, scale=0.3),
    )  # fmt: skip


def in_parts(count: int, work: Callable[[int, int], object]) -> None:
    """work(first, end) over equal parts of `count`, a thread each."""
    ends = np.linspace(0, count, THREADS + 1).astype(int).tolist()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(lambda part: work(*part), pairwise(ends)))


def memory_rows(size: int) -> dict[str, Work]:
    """Reading and copying `size` bytes."""
    flat, other = np.ones(size // 4, np.float32), np.ones(size // 4, np.float32)
    return {
        "read by max": lambda: in_parts(flat.size, lambda a, b: flat[a:b].max()),
        "read by sum": lambda: in_parts(flat.size, lambda a, b: flat[a:b].sum()),
        "copy": lambda: in_parts(flat.size, lambda a, b: np.copyto(other[a:b], flat[a:b])),
    }


def torch_rows(vectors: np.ndarray, head: Head, shelf: Shelf, query: StyleQuery, mean: np.ndarray) -> dict[str, Work]:
    """Peers in torch; none where it is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    from fewnotes.nets.relation import LiteralRelation

    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    x1, x2, y1, p1 = (torch.from_numpy(v) for v in (vectors, mean[None], shelf.y, shelf.p))
    literal, ours = LiteralRelation(DIMENSIONS, HIDDEN), torch_head(head)
    shots = torch.tensor([float(SHOTS)])
    a, b, w, s = (torch.from_numpy(v) for v in (query.a, query.b, query.w, query.s))

    def batches(score: Callable[[slice], Any]) -> object:
        with torch.inference_mode():
            return torch.cat([score(slice(at, at + _BATCH)).reshape(-1) for at in range(0, len(x1), _BATCH)])

    def stored(some: slice) -> Any:
        y = y1[some]
        return y.square() @ a + y @ b + (p1[some] + s).relu_() @ w + query.const

    return {
        "torch, naive pairs": lambda: batches(lambda some: literal(x1[some], x2)),
        "torch, the head": lambda: batches(lambda some: ours(x1[some], x2, shots)),
        "torch, stored": lambda: batches(stored),
    }


def torch_head(head: Head) -> Any:
    """The net whose arrays a head is."""
    import torch

    from fewnotes.nets.relation import RelationHead

    made = RelationHead(head.dimensions, len(head.bias))
    with torch.no_grad():
        for net, values in (
            (made.side.log_within, np.log(head.within)), (made.side.log_between, np.log(head.between)),
            (made.side.centre, head.centre), (made.temper, [float(head.slope[0]), head.offset, head.by_shots]),
            (made.piece.weight, head.piece.T), (made.piece.bias, head.bias), (made.style.weight, head.style.T),
            (made.out.weight, head.out[None]),
        ):  # fmt: skip
            net.copy_(torch.as_tensor(np.array(values)))
    return made


def timed(rows: dict[str, Work], rounds: int) -> dict[str, list[float]]:
    """Seconds of every row in every round, in turns, after one that does not count."""
    found: dict[str, list[float]] = {name: [] for name in rows}
    for number in range(rounds + 1):
        for name, work in rows.items():
            began = perf_counter()
            work()
            if number:
                found[name].append(perf_counter() - began)
    return found


def measure(pieces: int, rounds: int) -> dict[str, Any]:
    """All rows, and how far our log odds are from the head's."""
    rng = np.random.default_rng(1)
    head = made_head(rng)
    vectors = rng.standard_normal((pieces, DIMENSIONS), np.float32)
    mean = vectors[:SHOTS].mean(axis=0)
    began = perf_counter()
    shelf = Shelf.of(head, vectors)
    stored = perf_counter() - began
    # As trained, which the peers in torch can do too, and with what a style's own pieces change.
    plain, fitted = (Fitted.to(head, vectors[:SHOTS], prior) for prior in (np.inf, 100.0))
    query, fitted_query = StyleQuery.of(plain), StyleQuery.of(fitted)
    exact = fitted.log_odds(vectors[:_CHECKED])
    off = float(np.abs(scores(shelf, fitted_query)[:_CHECKED] - exact).max())
    rows: dict[str, Work] = {
        "ours": lambda: scores(shelf, fitted_query),
        "ours, as trained": lambda: scores(shelf, query),
        "ours, best 10": lambda: top(scores(shelf, fitted_query), 10),
        **memory_rows(shelf.nbytes),
        **torch_rows(vectors, head, shelf, query, mean),
    }
    for name in ("torch, the head", "torch, stored"):
        if name in rows:
            off = max(off, float(np.abs(scores(shelf, query) - np.asarray(rows[name]())).max()))
    taken = timed(rows, rounds)
    best = {name: min(seconds) for name, seconds in taken.items()}
    limit = min(best["read by max"], best["read by sum"])
    size = shelf.nbytes
    return {
        "pieces": pieces, "coordinates": DIMENSIONS, "hidden units": HIDDEN, "bytes": size, "threads": THREADS,
        "rounds": rounds, "milliseconds": {name: round(1000 * s, 2) for name, s in best.items()},
        "milliseconds, median": {name: round(1000 * median(s), 2) for name, s in taken.items()},
        "milliseconds to store": round(1000 * stored, 1),
        "gigabytes a second": {"ours": round(size / best["ours"] / 1e9, 2), "read": round(size / limit / 1e9, 2)},
        "ours over read": round(best["ours"] / limit, 3), "ours over copy": round(best["ours"] / best["copy"], 3),
        "as trained over read": round(best["ours, as trained"] / limit, 3),
        "peers over ours": {n: round(s / best["ours"], 2) for n, s in best.items() if n.startswith("torch")},
        "seconds a million": round(best["ours"] / pieces * 1e6, 4), "largest difference": off,
    }  # fmt: skip


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help=f"{QUICK:,} pieces")
    size.add_argument("--full", dest="quick", action="store_false", help=f"{FULL:,} pieces (the default)")
    parser.add_argument("--pieces", type=int, help="so many pieces")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.pieces or (QUICK if arguments.quick else FULL), max(1, arguments.rounds))
    print(f"{found['pieces']:,} pieces, {found['bytes'] / 1e6:,.0f} MB, {THREADS} threads of {os.cpu_count()} cores\n")
    for name, milliseconds in found["milliseconds"].items():
        print(f"    {name:22}{milliseconds:>10,.1f} ms   {milliseconds / found['milliseconds']['ours']:>7.2f} x ours")
    is_right = found["largest difference"] <= _AGREES
    for what, value, target, unit in (
        ("a million pieces", found["seconds a million"], TARGET_SECONDS, " s"),
        ("over reading the bytes", found["ours over read"], TARGET_RATIO, " x"),
        ("as trained, over reading the bytes", found["as trained over read"], TARGET_RATIO, " x"),
    ):
        print(f"{what}: {value:.2f}{unit}, target {target}{unit}: {'met' if value <= target else 'NOT MET'}")
    print(f"largest difference from the head: {found['largest difference']:.1e}: {'right' if is_right else 'WRONG'}")
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        facts = {"python": platform.python_version(), "numpy": np.__version__, "cores": os.cpu_count(), **found}
        arguments.out.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return 0 if is_right and found["ours over read"] <= FLOOR_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
