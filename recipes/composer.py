"""Train the composer: episodes of one style, pieces one after another, every event foretold from all before it.

    python recipes/composer.py --work WORK [--minutes 60] [--threads 2]

Resumes from composer-last.pt in the work folder; composer-best.pt foretells meta-validation best after five pieces.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path

import numpy as np
import torch
from composer_data import EventSet, load_events

from fewnotes.atomic import write_atomic
from fewnotes.meta import split
from fewnotes.meta.events import BAR, FAMILY, FIELDS, KEY, LAST_KEY, LENGTH, NO_KEY, TIME, WITH
from fewnotes.nets.composer import BEGIN, Composer, ComposerShape, losses

LENGTH_OF = 640
BATCH = 4
SHORTEST, LONGEST_EXCERPT = 48, 360
RATE, MUON_RATE, WARM, DECAY = 2e-3, 0.015, 100, 0.02
EMA = 0.998
TRACK_WEIGHT = 0.3
#: How meta-validation is asked: notes of each support piece and of a query, queries a style.
HEARD, TESTED, QUERIES = 150, 150, 3


def begin(rows: np.ndarray, minor: bool) -> np.ndarray:
    """A piece (T, F) with the event before it that says its meter and mode, times from there."""
    first = np.zeros((1, len(FIELDS)), np.int32)
    first[:, WITH] = NO_KEY
    first[0, KEY], first[0, LENGTH], first[0, BAR], first[0, LAST_KEY] = BEGIN, int(minor), rows[0, BAR], NO_KEY
    first[0, FAMILY] = rows[0, FAMILY]
    rows = rows.copy()
    rows[:, TIME] -= rows[0, TIME]
    return np.concatenate([first, rows])


def joined(parts: list[np.ndarray]) -> np.ndarray:
    """Pieces one after another, a bar of silence between them on the clock."""
    found, clock = [], 0
    for part in parts:
        part = part.copy()
        part[:, TIME] += clock
        clock = int(part[-1, TIME]) + 48
        found.append(part)
    return np.concatenate(found)


def episode(data: EventSet, pieces: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """(LENGTH_OF, F): excerpts of pieces of one style."""
    parts, count = [], 0
    while count < LENGTH_OF:
        for piece in rng.permutation(pieces):
            rows = data.of(int(piece))
            long = int(rng.integers(SHORTEST, LONGEST_EXCERPT))
            start = 0 if rng.random() < 0.5 or len(rows) <= long else int(rng.integers(0, len(rows) - long))
            parts.append(begin(rows[start : start + long], bool(data.minor[piece])))
            count += len(parts[-1])
            if count >= LENGTH_OF:
                break
    return joined(parts)[:LENGTH_OF]


def bits(net: Composer, rows: np.ndarray, last: int) -> np.ndarray:
    """Bits of delta, length, key of the last events of a sequence, (last, 3)."""
    events = torch.from_numpy(rows.astype(np.int64))[None]
    index = torch.arange(len(rows))[None]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        each, _ = losses(net, events, index, torch.ones(1, len(rows), dtype=torch.bool))
    return each[0, -last:].numpy() / np.log(2)


def measured(net: Composer, data: EventSet) -> dict[str, float]:
    """Bits a note of unseen styles with no piece and with five before it."""
    rng = np.random.default_rng(5)
    net.eval()
    found: dict[str, list] = {"K0": [], "K5": [], "pitch0": [], "pitch5": []}
    for style in np.unique(data.styles[data.split == split.VALIDATION]):
        pieces = rng.permutation(np.flatnonzero((data.styles == style) & (data.split == split.VALIDATION)))
        support = [begin(data.of(int(p))[:HEARD], bool(data.minor[p])) for p in pieces[:5]]
        none, five = [], []
        for p in pieces[5 : 5 + QUERIES]:
            query = begin(data.of(int(p))[:TESTED], bool(data.minor[p]))
            none.append(bits(net, query, len(query) - 1).mean(axis=0))
            five.append(bits(net, joined([*support, query]), len(query) - 1).mean(axis=0))
        if none:
            found["K0"].append(np.sum(none, axis=1).mean())
            found["K5"].append(np.sum(five, axis=1).mean())
            found["pitch0"].append(np.mean([x[2] for x in none]))
            found["pitch5"].append(np.mean([x[2] for x in five]))
    net.train()
    return {k: round(float(np.mean(v)), 4) for k, v in found.items()}


def optimisers_of(net: Composer) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside, Adam for the rest."""
    inside = [p for n, p in net.named_parameters() if p.ndim == 2 and n.startswith("layers")]
    ids = {id(p) for p in inside}
    rest = [p for p in net.parameters() if id(p) not in ids]
    return [
        torch.optim.Muon(inside, lr=MUON_RATE, momentum=0.95, weight_decay=DECAY),
        torch.optim.AdamW(rest, lr=RATE, betas=(0.9, 0.98), weight_decay=DECAY),
    ]


def main() -> None:
    """Train until the minutes are over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="composer")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    data = load_events(arguments.work)
    train = data.split == split.TRAIN
    names, counts = np.unique(data.styles[train], return_counts=True)
    pieces = {s: np.flatnonzero((data.styles == s) & train) for s in names}
    odds = counts**0.4 / (counts**0.4).sum()
    shape = ComposerShape(width=arguments.width, layers=arguments.layers, heads=arguments.width // 32)
    net, smooth = Composer(shape), Composer(shape)
    smooth.load_state_dict(net.state_dict())
    print(sum(p.numel() for p in net.parameters()), "parameters", flush=True)
    optimisers = optimisers_of(net)
    step, spent, best = 0, 0.0, float("inf")
    last = arguments.work / f"{arguments.name}-last.pt"
    if last.exists():
        saved = torch.load(last, weights_only=True)
        net.load_state_dict(saved["model"])
        smooth.load_state_dict(saved["smooth"])
        for optimiser, kept in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        step, spent, best = saved["step"], saved["spent"], saved["best"]
    rng = np.random.default_rng([arguments.seed, step])
    began, kept_at = time.time() - spent, time.time()
    recent: list = []
    index = torch.arange(LENGTH_OF).expand(BATCH, -1)
    while (spent := time.time() - began) < 60 * arguments.minutes:
        share = spent / (60 * arguments.minutes)
        fall = min(1.0, (step + 1) / WARM) * max(0.03, min(1.0, (1 - share) / 0.5))
        for optimiser, rate in zip(optimisers, (MUON_RATE, RATE), strict=True):
            optimiser.param_groups[0]["lr"] = float(rate * fall)
        styles = rng.choice(names, BATCH, p=odds)
        rows = np.stack([episode(data, pieces[s], rng) for s in styles])
        events = torch.from_numpy(rows.astype(np.int64))
        with torch.autocast("cpu", torch.bfloat16):
            each, whose = losses(net, events, index, events[..., KEY] != BEGIN)
        count = (events[:, 1:, KEY] != BEGIN).sum()
        told = each.sum() / count
        loss = told + TRACK_WEIGHT * whose.sum() / count
        for optimiser in optimisers:
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        for optimiser in optimisers:
            optimiser.step()
        step += 1
        with torch.no_grad():
            for old, new in zip(smooth.parameters(), net.parameters(), strict=True):
                old.lerp_(new, 1 - min(EMA, step / (step + 20)))
        recent.append(float(told.detach()) / np.log(2))
        if time.time() - kept_at > 180 or time.time() - began >= 60 * arguments.minutes:
            kept_at = time.time()
            line = {"step": step, "minutes": round(spent / 60, 1), "train": round(float(np.mean(recent[-100:])), 3)}
            line |= measured(smooth, data)
            print(json.dumps(line), flush=True)
            state = {
                "model": net.state_dict(), "smooth": smooth.state_dict(), "step": step, "spent": spent,
                "optimisers": [o.state_dict() for o in optimisers], "best": min(best, line["K5"]),
            }  # fmt: skip
            write(last, state)
            if line["K5"] < best:
                best = line["K5"]
                model = {"model": smooth.state_dict(), "shape": shape.to_dict(), "line": line}
                write(arguments.work / f"{arguments.name}-best.pt", model)


def write(path: Path, state: dict) -> None:
    held = io.BytesIO()
    torch.save(state, held)
    write_atomic(path, held.getvalue())


if __name__ == "__main__":
    main()
