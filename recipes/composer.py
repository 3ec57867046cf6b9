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
from fewnotes.meta.events import CLASSES, CROWD, KEY, LEFT, begin
from fewnotes.meta.events.excerpts import TRANSPOSED, joined, misheard, plain, transposed
from fewnotes.nets.composer import BEGIN, Composer, ComposerShape, losses

LENGTH_OF = 640
BATCH = 6
SHORTEST, LONGEST_EXCERPT = 48, 360
RATE, MUON_RATE, WARM, DECAY = 2e-3, 0.015, 100, 0.1
EMA = 0.998
TRACK_WEIGHT = 0.3
#: How often an excerpt says what may be asked for, and an episode how its style sounds.
GIVEN = {CLASSES: 0.35, CROWD: 0.35, LEFT: 0.5}
STYLE_GIVEN = 0.75
CLIP = 3.0
#: Against learning pieces by heart, as are transposing and mishearing; without these bits of new styles rose after
#: three passes over the music.
DROPOUT = 0.2
#: How often the tracks of an episode are those of the pieces, else one a role and family.
OWN_TRACKS = 0.5
#: How meta-validation is asked: notes of each support piece and of a query, queries a style.
HEARD, TESTED, QUERIES = 150, 150, 3


def episode(data: EventSet, pieces: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(LENGTH_OF, F): excerpts of pieces of one style, and how the judge hears others of it, (D,), or zeros."""
    parts, count, order = [], 0, rng.permutation(pieces)
    used = 0
    while count < LENGTH_OF:
        own = data.of(int(order[used % len(order)]))
        used += 1
        long = int(rng.integers(SHORTEST, LONGEST_EXCERPT))
        last = len(own.rows) - long
        start = 0 if rng.random() < 0.5 or last <= 0 else int(rng.integers(0, last))
        part = begin(own, own.rows[start : start + long])
        for column, odds in GIVEN.items():
            if rng.random() >= odds:
                part[:, column] = 0
        parts.append(part)
        count += len(part)
    rows = joined(parts)[:LENGTH_OF]
    if rng.random() < TRANSPOSED:
        rows = transposed(rows, int(rng.integers(-5, 7)))
    others = order[used:] if len(order) > used else pieces
    heard = data.vectors[others[: int(rng.integers(1, 9))]].mean(axis=0)
    return rows, heard if rng.random() < STYLE_GIVEN else np.zeros_like(heard)


def bits(net: Composer, rows: np.ndarray, last: int, style: np.ndarray) -> np.ndarray:
    """Bits of delta, length, key of the last events of a sequence, (last, 3)."""
    events = torch.from_numpy(rows.astype(np.int64))[None]
    index = torch.arange(len(rows))[None]
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        each, _ = losses(net, events, index, torch.from_numpy(style)[None], torch.ones(1, len(rows), dtype=torch.bool))
    return each[0, -last:].numpy() / np.log(2)


def measured(net: Composer, data: EventSet) -> dict[str, float]:
    """Bits a note of unseen styles: no piece known (K0), the style of five heard (S5), three of them before it too
    (C3).
    """
    rng = np.random.default_rng(5)
    net.eval()
    found: dict[str, list] = {}
    for style in np.unique(data.styles[data.split == split.VALIDATION]):
        inside = (data.styles == style) & (data.split == split.VALIDATION) & ~data.own_tracks
        pieces = rng.permutation(np.flatnonzero(inside))
        support = [plain(begin(own, own.rows[:HEARD])) for own in (data.of(int(p)) for p in pieces[:3])]
        heard = data.vectors[pieces[:5]].mean(axis=0)
        each: dict[str, list] = {}
        for p in pieces[5 : 5 + QUERIES]:
            own = data.of(int(p))
            asked = begin(own, own.rows[:TESTED])
            query, last = plain(asked), min(TESTED, len(own.rows))
            each.setdefault("K0", []).append(bits(net, query, last, 0 * heard).mean(axis=0))
            each.setdefault("S5", []).append(bits(net, query, last, heard).mean(axis=0))
            each.setdefault("C3", []).append(bits(net, joined([*support, query]), last, heard).mean(axis=0))
            each.setdefault("all given", []).append(bits(net, asked, last, heard).mean(axis=0))
        for name, values in each.items():
            found.setdefault(name, []).append(np.sum(values, axis=1).mean())
            found.setdefault(f"{name} pitch", []).append(np.mean([v[2] for v in values]))
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
    scale = data.vectors[train].mean(axis=0), np.maximum(1e-3, data.vectors[train].std(axis=0))
    data.vectors = np.clip((data.vectors - scale[0]) / scale[1], -CLIP, CLIP).astype(np.float32)
    names, counts = np.unique(data.styles[train], return_counts=True)
    pieces = {(s, own): np.flatnonzero((data.styles == s) & train & (data.own_tracks == own))
              for s in names for own in (False, True)}  # fmt: skip
    odds = counts**0.6 / (counts**0.6).sum()
    shape = ComposerShape(width=arguments.width, layers=arguments.layers, heads=arguments.width // 48, dropout=DROPOUT)
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
        drawn = [episode(data, pieces[s, bool(rng.random() < OWN_TRACKS)], rng) for s in styles]
        events = torch.from_numpy(np.stack([rows for rows, _ in drawn]).astype(np.int64))
        told = torch.from_numpy(np.stack([misheard(rows, rng) for rows, _ in drawn]).astype(np.int64))
        heard = torch.from_numpy(np.stack([vector for _, vector in drawn]).astype(np.float32))
        with torch.autocast("cpu", torch.bfloat16):
            each, whose = losses(net, events, index, heard, events[..., KEY] != BEGIN, told)
        count = (events[:, 1:, KEY] != BEGIN).sum()
        foretold = each.sum() / count
        loss = foretold + TRACK_WEIGHT * whose.sum() / count
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
        recent.append(float(foretold.detach()) / np.log(2))
        if time.time() - kept_at > 180 or time.time() - began >= 60 * arguments.minutes:
            kept_at = time.time()
            line = {"step": step, "minutes": round(spent / 60, 1), "train": round(float(np.mean(recent[-100:])), 3)}
            line |= measured(smooth, data)
            print(json.dumps(line), flush=True)
            state = {
                "model": net.state_dict(), "smooth": smooth.state_dict(), "step": step, "spent": spent,
                "optimisers": [o.state_dict() for o in optimisers], "best": min(best, line["S5"]),
            }  # fmt: skip
            write(last, state)
            if line["S5"] < best:
                best = line["S5"]
                told_by = [torch.from_numpy(x) for x in scale]
                model = {"model": smooth.state_dict(), "shape": shape.to_dict(), "line": line, "scale": told_by}
                write(arguments.work / f"{arguments.name}-best.pt", model)


def write(path: Path, state: dict) -> None:
    held = io.BytesIO()
    torch.save(state, held)
    write_atomic(path, held.getvalue())


if __name__ == "__main__":
    main()
