"""How the relation checkpoint was trained, top to bottom.

    python recipes/relation.py --work WORK --minutes 60 [--out src/fewnotes/assets/relation]

1. Prepare: segments and statistics of meta-train and meta-validation, once, into WORK/relation-data.npz.
2. Train the encoder of rolls and its relation head: episodes over styles; squared error of relation scores, the choice
   among the styles of the episode, and which segments come from one piece. Views change from episode to episode: every
   key, with and without instruments, melody alone, roles left out.
3. Choose: every few minutes, accuracy on episodes of meta-validation; the averaged weights that were best are kept.
4. recipes/relation_export.py joins the side of statistics, background, calibration and card.

It writes a checkpoint every two minutes and goes on where it was if started again. Only pieces that may train what
ships are used. `--objective classifier` trains the same encoder as a plain classifier of all styles and `--objective
literal` two layers on concatenated statistics, both for the benchmark.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import time
from pathlib import Path

import numpy as np
import relation_data
import torch
from relation_data import TrainingSet
from torch import nn

from fewnotes.measure.draws import episodes
from fewnotes.meta import split
from fewnotes.meta.corpus import load, table
from fewnotes.meta.episode import EpisodeSampler
from fewnotes.meta.losses import choice_loss, relation_loss, same_piece_loss
from fewnotes.music.statistics import STATISTICS, TIMBRE
from fewnotes.nets.encoder import Encoder, EncoderShape
from fewnotes.nets.relation import LiteralRelation, RelationHead

NOISE = 0.25
CLIP = 3.0
WHOLE, MELODY = 0, 3


class Model(nn.Module):
    """Encoder of rolls and relation head; a layer over styles for the control; or two layers on statistics alone."""

    def __init__(self, shape: EncoderShape, styles: int, literal: bool) -> None:
        super().__init__()
        self.literal = literal
        if literal:
            self.head = LiteralRelation(len(STATISTICS))
            return
        self.encoder = Encoder(shape)
        self.head = RelationHead(shape.embedding)
        self.classes = nn.Linear(shape.embedding, styles)
        self.same_piece = nn.Linear(shape.segment, 64)

    def score(self, query: torch.Tensor, prototypes: torch.Tensor, shots: int) -> torch.Tensor:
        """Log odds, (Q, N)."""
        if self.literal:
            return self.head(query, prototypes)
        return self.head(query, prototypes, torch.full((len(prototypes),), float(shots), device=query.device))


class Feeder:
    """Makes tensors of pieces: random views to train on, whole pieces to measure on."""

    def __init__(self, data: TrainingSet, device: str, most: int) -> None:
        self.data, self.device, self.most = data, device, most
        train = data.split == split.TRAIN
        self.mean = data.statistics[train, WHOLE].mean(axis=0)
        self.spread = data.statistics[train, WHOLE].std(axis=0) + 1e-3

    def standard(self, raw: np.ndarray) -> np.ndarray:
        return np.clip((raw - self.mean) / self.spread, -CLIP, CLIP)

    def random(self, pieces: np.ndarray, rng: np.random.Generator) -> tuple:
        """One view for all pieces of an episode, a key and segments of its own for each."""
        data, count = self.data, len(pieces)
        timbre = rng.random() < 0.6
        melody = rng.random() < 0.3
        keep = np.ones((count, 4), bool)
        if melody:
            keep[:, 1:3] = False
        else:
            drop = rng.random(count) < 0.15
            keep[np.flatnonzero(drop), rng.integers(0, 3, drop.sum())] = False
        view = (MELODY if melody else WHOLE) + rng.integers(0, 3, count)
        statistics = self.standard(data.statistics[pieces, view])
        statistics += rng.normal(0, NOISE, statistics.shape)
        chosen, use = self._segments(pieces, rng)
        shifts = np.repeat(rng.integers(-5, 7, count), self.most)
        return self._tensors(chosen, use, statistics, timbre, shifts, np.repeat(keep, self.most, axis=0))

    def _segments(self, pieces: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        chosen = np.zeros((len(pieces), self.most), np.int64)
        use = np.zeros((len(pieces), self.most), bool)
        for row, piece in enumerate(pieces.tolist()):
            a, b = self.data.starts[piece], self.data.starts[piece + 1]
            own = rng.permutation(np.arange(a, b))[: self.most]
            chosen[row, : len(own)], use[row, : len(own)] = own, True
        return chosen, use

    def whole(self, pieces: np.ndarray, timbre: bool, melody: bool = False, most: int = 6) -> tuple:
        """Pieces as they are, up to `most` segments each."""
        chosen = np.zeros((len(pieces), most), np.int64)
        use = np.zeros((len(pieces), most), bool)
        for row, piece in enumerate(pieces.tolist()):
            a, b = int(self.data.starts[piece]), int(self.data.starts[piece + 1])
            own = np.unique(np.linspace(a, b - 1, most).round().astype(int)) if b > a else []
            chosen[row, : len(own)], use[row, : len(own)] = own, True
        statistics = self.standard(self.data.statistics[pieces, MELODY if melody else WHOLE])
        keep = np.ones((len(pieces) * most, 4), bool)
        keep[:, 1:3] = not melody
        return self._tensors(chosen, use, statistics, timbre, None, keep)

    def _tensors(self, chosen, use, statistics, timbre, shifts, keep) -> tuple:
        rolls, meter, families = self.data.batch(chosen.ravel(), shifts, keep)
        if not timbre:
            families = np.zeros_like(families)
            statistics = np.where(TIMBRE, 0.0, statistics)
        as_tensor = lambda x: torch.from_numpy(np.ascontiguousarray(x)).to(self.device)  # noqa: E731
        return (
            as_tensor(rolls), as_tensor(meter), as_tensor(families).float(),
            as_tensor(use), as_tensor(statistics).float(),
        )  # fmt: skip


def embed(model: Model, batch: tuple, device: str) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Embeddings of a batch of pieces, (B, D), and the vectors of their segments, (B, M, segment)."""
    rolls, meter, families, use, statistics = batch
    if model.literal:
        return statistics, None
    with torch.autocast(device, torch.bfloat16):
        x = rolls.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
        vectors = model.encoder.segments(x, meter.to(torch.bfloat16), families)
    segments = vectors.float().reshape(*use.shape, -1)
    return model.encoder.pieces(segments, use), segments


def episode_loss(model: Model, z: torch.Tensor, way: int, shots: int, weight: float) -> torch.Tensor:
    """z: (way * each, D), a style's pieces in a row; the first `shots` of each are support."""
    z = z.reshape(way, -1, z.shape[-1])
    prototypes = z[:, :shots].mean(dim=1)
    query = z[:, shots:].reshape(-1, z.shape[-1])
    log_odds = model.score(query, prototypes, shots)
    own = torch.arange(way, device=z.device).repeat_interleave(z.shape[1] - shots)
    is_own = own[:, None] == torch.arange(way, device=z.device)[None]
    return 2 * relation_loss(log_odds, is_own) + weight * choice_loss(log_odds, is_own)


@torch.no_grad()
def validate(model: Model, feeder: Feeder, device: str) -> dict[str, float]:
    """Accuracy on meta-validation episodes by the relation head and by the nearest prototype."""
    model.eval()
    data = feeder.data
    held = np.flatnonzero(data.split == split.VALIDATION)
    styles = {s: np.flatnonzero(data.styles[held] == s).tolist() for s in np.unique(data.styles[held])}
    found = {}
    for name, timbre, melody in (("all", True, False), ("plain", False, False), ("melody", False, True)):
        z = torch.cat([
            embed(model, feeder.whole(part, timbre, melody), device)[0]
            for part in np.array_split(held, math.ceil(len(held) / 24))
        ])  # fmt: skip
        for shot in (1, 5):
            right = {"relation": [], "nearest": []}
            for episode in episodes(styles, 5, shot, queries=3, count=300, seed=1):
                prototypes = torch.stack([z[list(s)].mean(dim=0) for s in episode.support])
                query = z[[i for q in episode.query for i in q]]
                truth = np.repeat(np.arange(5), 3)
                score = model.score(query, prototypes, shot)
                right["relation"].append((score.argmax(1).cpu().numpy() == truth).mean())
                nearest = torch.cdist(query, prototypes).argmin(1).cpu().numpy()
                right["nearest"].append((nearest == truth).mean())
            for way, values in right.items():
                found[f"{name} {shot}-shot {way}"] = round(float(np.mean(values)), 4)
    model.train()
    return found


def groups_of(data: TrainingSet) -> list[list[str]]:
    """Styles of one family, and styles of one period, that are hard to tell apart."""
    train = data.split == split.TRAIN
    found = []
    for names in (data.family, data.period):
        for name in np.unique(names[train]):
            if name:
                found.append(sorted(set(data.styles[train & (names == name)].tolist())))
    return found


def train(arguments: argparse.Namespace, data: TrainingSet) -> None:
    """Steps until the minutes are used up; resumes from the last checkpoint of the work folder."""
    device = arguments.device
    torch.manual_seed(arguments.seed)
    shape = EncoderShape(widths=tuple(arguments.widths))
    styles_seen = sorted(set(data.styles[data.split == split.TRAIN].tolist()))
    number = {s: i for i, s in enumerate(styles_seen)}
    model = Model(shape, len(styles_seen), arguments.objective == "literal").to(
        device, memory_format=torch.channels_last
    )
    feeder = Feeder(data, device, arguments.segments)
    averaged = copy.deepcopy(model).eval()
    own = {s: np.flatnonzero((data.split == split.TRAIN) & (data.styles == s)).tolist() for s in styles_seen}
    sampler = EpisodeSampler(own, groups_of(data), arguments.way, arguments.each, arguments.seed)
    optimiser = torch.optim.AdamW(model.parameters(), lr=arguments.rate, weight_decay=arguments.decay)
    state = {"step": 0, "seconds": 0.0, "best": -1.0}
    last = arguments.work / f"{arguments.name}-last.pt"
    if last.exists():
        saved = torch.load(last, map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        averaged.load_state_dict(saved["averaged"])
        optimiser.load_state_dict(saved["optimiser"])
        state = saved["state"]
        sampler.rng = np.random.default_rng([arguments.seed, state["step"]])
    budget, saved_at, measured_at, began = arguments.minutes * 60, state["seconds"], state["seconds"], state["seconds"]
    clock, losses = time.perf_counter(), []
    while (progress := _progress(state, budget, arguments.steps)) < 1:
        rate = arguments.rate * min(1.0, (state["step"] + 1) / 200) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        episode = sampler.draw()
        batch = feeder.random(episode.pieces.ravel(), sampler.rng)
        z, segments = embed(model, batch, device)
        if arguments.objective == "classifier":
            truth = torch.tensor([number[s] for s in episode.styles], device=device).repeat_interleave(arguments.each)
            loss = nn.functional.cross_entropy(model.classes(z), truth)
        else:
            loss = episode_loss(model, z, len(episode.styles), episode.shots, arguments.choice)
        if segments is not None and arguments.same_piece:
            both = batch[3][:, :2].all(dim=1)
            first, second = model.same_piece(segments[both, 0]), model.same_piece(segments[both, 1])
            loss = loss + arguments.same_piece * same_piece_loss(first, second)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        state["step"] += 1
        losses.append(float(loss.detach()))
        _average(averaged, model, min(0.998, state["step"] / (state["step"] + 20)))
        state["seconds"] = began + time.perf_counter() - clock
        if (
            state["seconds"] - measured_at > arguments.measure_every * 60
            or _progress(state, budget, arguments.steps) >= 1
        ):
            measured_at = state["seconds"]
            found = validate(averaged, feeder, device)
            score = float(np.mean([v for k, v in found.items() if k.endswith(
                "nearest" if arguments.objective == "classifier" else "relation")]))  # fmt: skip
            line = {"step": state["step"], "minutes": round(state["seconds"] / 60, 1),
                    "loss": round(float(np.mean(losses[-300:])), 4), "score": round(score, 4), **found}  # fmt: skip
            print(json.dumps(line), flush=True)
            if score > state["best"]:
                state["best"] = score
                torch.save({"model": averaged.state_dict(), "shape": shape.to_dict(), "mean": feeder.mean.tolist(),
                            "spread": feeder.spread.tolist(), "line": line, "arguments": _plain(arguments)},
                           arguments.work / f"{arguments.name}-best.pt")  # fmt: skip
        if state["seconds"] - saved_at > 120 or _progress(state, budget, arguments.steps) >= 1:
            saved_at = state["seconds"]
            torch.save({"model": model.state_dict(), "averaged": averaged.state_dict(),
                        "optimiser": optimiser.state_dict(), "state": state}, last.with_suffix(".new"))  # fmt: skip
            last.with_suffix(".new").replace(last)


def _progress(state: dict, budget: float, steps: int) -> float:
    """0 to 1: by steps where their number is given, so that two trainings can have the same, else by time."""
    return state["step"] / steps if steps else state["seconds"] / budget


def _average(averaged: nn.Module, model: nn.Module, keep: float) -> None:
    with torch.no_grad():
        for ours, theirs in zip(averaged.state_dict().values(), model.state_dict().values(), strict=True):
            if ours.dtype.is_floating_point:
                ours.mul_(keep).add_(theirs, alpha=1 - keep)
            else:
                ours.copy_(theirs)


def _plain(arguments: argparse.Namespace) -> dict[str, object]:
    return {k: v for k, v in vars(arguments).items() if not isinstance(v, Path)}


def main() -> None:
    """Prepare if that was not done, then train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="relation")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--steps", type=int, default=0, help="instead of minutes: as many as another training had")
    parser.add_argument("--objective", choices=("episodes", "classifier", "literal"), default="episodes")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--way", type=int, default=20)
    parser.add_argument("--each", type=int, default=5)
    parser.add_argument("--segments", type=int, default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--decay", type=float, default=0.02)
    parser.add_argument("--choice", type=float, default=0.5)
    parser.add_argument("--same-piece", type=float, default=0.2)
    parser.add_argument("--widths", type=int, nargs=4, default=(8, 24, 48, 96))
    parser.add_argument("--measure-every", type=float, default=6, help="minutes")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(arguments.threads)
    path = arguments.work / "relation-data.npz"
    if not path.exists():
        rows = [r for r in table("shared") if r.may_ship and r.key not in split.removed_keys()]
        corpus = load(rows)
        watch = lambda done, total, label: print(f"{label} {done} of {total}", flush=True)  # noqa: E731
        relation_data.prepare(
            corpus.entries, [split.split_of(e.row) for e in corpus.entries], path, arguments.threads, watch
        )
    train(arguments, relation_data.load(path))


if __name__ == "__main__":
    main()
