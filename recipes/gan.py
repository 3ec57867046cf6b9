"""Train the adversarial pair across styles, in three phases.

    python recipes/gan.py --work WORK [--trace 18] [--minutes 36] [--reptile 0] [--threads 2]

An episode of a style: K = 5 of its pieces are the memory and the style; phrases of other pieces are real.

trace     generator and encoder alone: each real phrase is traced to noise that leads back to it (Larsen 2016)
episodes  both nets against each other, several styles at a time
reptile   some steps on the five pieces of one style alone, each left out in turn, then all nets move towards where that
          led (Nichol 2018, eq. 2)

Resumes from pair-last.pt in the work folder. pair-PHASE.pt is how each phase ended; pair-best.pt has the least Frechet
distance on meta-validation.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import time
from pathlib import Path

import gan_batches
import numpy as np
import torch
from gan_codes import SHOT, Codes, coded, eligible, episode, left_out
from gan_data import load_phrases

from fewnotes.atomic import write_atomic
from fewnotes.engines.gan.training import adversarial_step, described, frechet, optimisers_of
from fewnotes.meta import split
from fewnotes.meta.phrases import FACTS
from fewnotes.nets.phrase_coder import CoderShape, PhraseCoder
from fewnotes.nets.phrase_gan import AdversarialPair, PairShape, Scene

#: Of an episode: styles, and phrases of each.
STYLES, EACH = 5, 8
RATE_G, RATE_D, TRACE_RATE = 2e-4, 4e-4, 1.2e-3
EMA = 0.998
#: Reptile: steps on one style, their rate, and how far to move towards where they led.
INNER_STEPS, INNER_RATE, OUTER_RATE = 6, 1e-4, 0.3


class Trainer:
    """The pair, its smoothed copy and its optimisers. One step of a phase: `one`."""

    def __init__(self, shape: PairShape, codes: Codes) -> None:
        self.pair = AdversarialPair(shape)
        self.smooth = copy.deepcopy(self.pair)
        self.optimisers = optimisers_of(self.pair, RATE_G, RATE_D)
        self.tracer = torch.optim.AdamW(
            [*self.pair.generator.parameters(), *self.pair.encoder.parameters()], TRACE_RATE, (0.9, 0.98),
            weight_decay=0.01,
        )  # fmt: skip
        self.step = 0
        self.codes, self.able = codes, eligible(codes)
        odds = gan_batches.weights(codes.buckets) * np.array([len(a) > 0 for a in self.able])
        self.odds = odds / odds.sum()

    def enter(self, phase: str) -> None:
        """Between phases: the smoothed nets go on, and a discriminator begins with what the encoder sees."""
        self.pair.load_state_dict(self.smooth.state_dict())
        if phase == "episodes":
            self.pair.discriminator.trunk.load_state_dict(self.pair.encoder.trunk.state_dict())

    def one(self, phase: str, share: float, rng: np.random.Generator) -> tuple[float, ...]:
        """One step; the losses. share: of the phase that is over."""
        b = int(rng.choice(len(self.odds), p=self.odds))
        if phase == "reptile":
            return self.reptile(b, rng)
        names = rng.choice(self.able[b], min(STYLES, len(self.able[b])), replace=False).tolist()
        real, scene = episode(self.codes, b, names, EACH, rng)
        if phase == "trace":
            losses = self.trace(real, scene, trace_rate(self.step, share))
        else:
            for optimiser, rate in zip(self.optimisers, (RATE_G, RATE_D), strict=True):
                optimiser.param_groups[0]["lr"] = rate * rate_now(share)
            losses = adversarial_step(self.pair, self.optimisers, real, scene, self.step)
        self.step += 1
        self.follow(min(EMA, self.step / (self.step + 20)))
        return losses

    def trace(self, real: tuple, scene: Scene, rate: float) -> tuple[float, ...]:
        """One step of generator and encoder alone."""
        self.tracer.param_groups[0]["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16):
            loss = self.pair.way_back_loss(*real, scene)
        self.tracer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.tracer.param_groups[0]["params"], 1.0)
        self.tracer.step()
        return (float(loss.detach()),)

    def reptile(self, b: int, rng: np.random.Generator) -> tuple[float, ...]:
        """All nets some way towards where some steps on five pieces of one style lead."""
        name = str(rng.choice(self.able[b]))
        pair = copy.deepcopy(self.pair)
        optimisers = optimisers_of(pair, INNER_RATE, 2 * INNER_RATE)
        bucket = self.codes.buckets[b]
        first = rng.permutation(np.unique(bucket.piece[bucket.style == name]))[:SHOT]
        more = rng.permutation(np.setdiff1d(self.codes.pieces_of[name], first))
        support = np.concatenate([first, more])[:SHOT]
        losses: tuple[float, ...] = ()
        for number in range(INNER_STEPS):
            real, scene = left_out(self.codes, b, support, int(first[number % len(first)]), 16, rng)
            losses = adversarial_step(pair, optimisers, real, scene, number)
        with torch.no_grad():
            for old, new in zip(self.pair.parameters(), pair.parameters(), strict=True):
                old.lerp_(new, OUTER_RATE)
        self.step += 1
        self.follow(0.99)
        return losses

    def follow(self, keep: float) -> None:
        """The smoothed copy comes after."""
        with torch.no_grad():
            for old, new in zip(self.smooth.parameters(), self.pair.parameters(), strict=True):
                old.lerp_(new, 1 - keep)

    def state(self) -> dict:
        """All that going on needs."""
        return {
            "pair": self.pair.state_dict(), "smooth": self.smooth.state_dict(), "step": self.step,
            "optimisers": [o.state_dict() for o in (*self.optimisers, self.tracer)],
        }  # fmt: skip

    def resume(self, path: Path) -> tuple[float, float, str]:
        """Go on from a file: seconds spent, the best distance so far, the phase."""
        state = torch.load(path, weights_only=True)
        self.pair.load_state_dict(state["pair"])
        self.smooth.load_state_dict(state["smooth"])
        for optimiser, kept in zip((*self.optimisers, self.tracer), state["optimisers"], strict=True):
            optimiser.load_state_dict(kept)
        self.step = state["step"]
        return state["spent"], state["best"], state["phase"]


def numbers(z: torch.Tensor) -> np.ndarray:
    """Phrases of one length in few numbers."""
    return described(z.numpy(), np.ones(z.shape[:2], bool))


def measured(pair: AdversarialPair, codes: Codes, seed: int = 3) -> dict[str, float]:
    """Per style of a split: distance of new codes, and of other real ones, from held-out real codes; and variety."""
    rng = np.random.default_rng(seed)
    maker = torch.Generator().manual_seed(seed)
    pair.eval()
    far, real_far, varied, back = [], [], [], []
    for name in codes.pieces_of:
        sizes = [int((b.style == name).sum()) for b in codes.buckets]
        b = int(np.argmax(sizes))
        if sizes[b] < 60 or len(codes.pieces_of[name]) < 8:
            continue
        z, scene = episode(codes, b, [name], 64, rng)
        with torch.inference_mode():
            new = pair.generator(*pair.noise(scene, maker), scene)
            back.append(float(pair.way_back_loss(*z, scene)))
        here = np.flatnonzero(codes.buckets[b].style == name)
        other = codes.mean[b][rng.choice(here, min(len(here), 64), replace=False)]
        z, _ = z
        held = numbers(z)
        far.append(frechet(numbers(new), held))
        real_far.append(frechet(numbers(other), held))
        varied.append(float(new.std(dim=0).mean() / z.std(dim=0).mean()))
    pair.train()
    return {"frechet": round(float(np.mean(far)), 3), "real": round(float(np.mean(real_far)), 3),
            "variety": round(float(np.mean(varied)), 3), "way_back": round(float(np.mean(back)), 3)}  # fmt: skip


def rate_now(share: float) -> float:
    """Full at first, then down to a tenth, of the rates of the adversarial phase. share: of its time that is spent."""
    return min(1.0, max(0.1, 1.6 - 1.5 * share))


def trace_rate(step: int, share: float) -> float:
    """Warm, then along a cosine."""
    return float(TRACE_RATE * min(1, step / 200) * (0.05 + 0.475 * (1 + np.cos(np.pi * share))))


class Plan:
    """Minutes of the three phases, one after another."""

    def __init__(self, trace: float, episodes: float, reptile: float) -> None:
        self.minutes = {"trace": trace, "episodes": episodes, "reptile": reptile}

    @property
    def total(self) -> float:
        """Seconds of all."""
        return 60 * sum(self.minutes.values())

    def at(self, spent: float) -> tuple[str, float]:
        """The phase after some seconds, and the share of it that is over."""
        for phase, minutes in self.minutes.items():
            if spent < 60 * minutes:
                return phase, spent / (60 * minutes)
            spent -= 60 * minutes
        return "reptile", 1.0


def main() -> None:
    """Encode, then the three phases."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="pair")
    parser.add_argument("--trace", type=float, default=18, help="minutes of generator and encoder alone, at first")
    parser.add_argument("--minutes", type=float, default=36, help="of both nets, by episodes")
    parser.add_argument("--reptile", type=float, default=0, help="minutes of Reptile on both nets, at last")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    data = load_phrases(arguments.work)
    saved = torch.load(arguments.work / "coder-best.pt", weights_only=True)
    coder = PhraseCoder(CoderShape.from_dict(saved["shape"])).eval()
    coder.load_state_dict(saved["model"])
    train, scale = coded(data, split.TRAIN, coder, None)
    held, _ = coded(data, split.VALIDATION, coder, scale)
    trainer = Trainer(PairShape(code=coder.shape.code, facts=FACTS, style=data.vectors.shape[1]), train)
    print(sum(p.numel() for p in trainer.pair.generator.parameters()), "parameters of the generator", flush=True)
    learn(trainer, held, Plan(arguments.trace, arguments.minutes, arguments.reptile), arguments, scale)


def learn(trainer: Trainer, held: Codes, plan: Plan, arguments: argparse.Namespace, scale: tuple) -> None:
    """All phases, from where a run was broken off."""
    last = arguments.work / f"{arguments.name}-last.pt"
    spent, best, before = trainer.resume(last) if last.exists() else (0.0, float("inf"), "trace")
    rng = np.random.default_rng([arguments.seed, trainer.step])
    began, kept_at = time.time() - spent, time.time() - 100
    losses: list = []
    while (spent := time.time() - began) < plan.total:
        phase, share = plan.at(spent)
        if phase != before:
            trainer.enter(phase)
            before, losses = phase, []
        losses.append(trainer.one(phase, share, rng))
        if time.time() - kept_at > 150 or time.time() - began >= plan.total:
            kept_at = time.time()
            line = {"step": trainer.step, "phase": phase, "minutes": round(spent / 60, 1),
                    "losses": np.mean(losses[-200:], axis=0).round(3).tolist()}  # fmt: skip
            line |= measured(trainer.smooth, held)
            print(json.dumps(line), flush=True)
            model = {"model": trainer.smooth.state_dict(), "shape": trainer.pair.shape.to_dict(), "line": line,
                     "scale": [t.clone() for t in scale]}  # fmt: skip
            write(arguments.work / f"{arguments.name}-{phase}.pt", model)
            if line["frechet"] < best:
                best = line["frechet"]
                write(arguments.work / f"{arguments.name}-best.pt", model)
            write(last, trainer.state() | {"spent": spent, "best": best, "phase": phase})


def write(path: Path, state: dict) -> None:
    held = io.BytesIO()
    torch.save(state, held)
    write_atomic(path, held.getvalue())


if __name__ == "__main__":
    main()
