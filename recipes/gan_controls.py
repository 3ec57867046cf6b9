"""Train the plain GANs that the sketch pad is measured against, by Reptile over the styles of meta-train.

    python recipes/gan_controls.py --work WORK --which literal|figr [--minutes 12] [--threads 1]
    python recipes/gan_controls.py --work WORK --which NAME --export bench/checkpoints/gan_NAME

A task is five pieces of one style. `literal`: after ten steps of both nets on it, both move towards where that led
(Nichol 2018, eq. 2), the less the later. `figr`: ten steps of gradient descent on each of four tasks, and the mean way
they led is the gradient of Adam (Clouatre 2019). Resumes from WHICH-last.pt in the work folder.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import time
from pathlib import Path

import numpy as np
import torch
from gan_data import PhraseSet, load_phrases

from fewnotes.atomic import write_atomic
from fewnotes.engines.gan import plain
from fewnotes.meta import split
from fewnotes.meta.phrases import DRUM_KINDS, FIRST, PITCHED, PITCHES, wishes_of
from fewnotes.nets.roll_gan import PAIRS, RollPair, RollShape
from fewnotes.store.checkpoints import save_checkpoint

SHOT = 5
#: Tasks of one outer step, and its rate (of literal: at the start).
TASKS = {"literal": 1, "figr": 4}
OUTER_RATE = {"literal": 0.3, "figr": 1e-4}
#: Pitches of lines that the perceptrons know, the commonest; with 40 hidden units they fill a checkpoint of 4 MiB.
PLACES = 190
KEEP_SECONDS = 120
WORDS = {
    "literal": "Two perceptrons of two layers with the minimax loss: noise and the embedding of a style to a roll.",
    "figr": "FIGR: a generator and a critic of convolutions on rolls, with a penalty on the critic's gradient.",
}

CARD = """# gan_{which}

{words} A control: measured beside the sketch pad, not used otherwise. Meta-trained by Reptile over {styles} styles of
the same music as `gan`, whose card names the sources: {line[step]:,} outer steps of {tasks} task(s) of {inner} steps,
{line[minutes]} minutes. Fitted to a style by {steps} steps.

After learning unseen styles of meta-validation its phrases have {line[onsets]} times the onsets of real ones; a share
of {line[silent]} of them is silent.
"""


class Tasks:
    """Tasks of a split: rolls of the phrases of five pieces of a style, and its vector."""

    def __init__(self, data: PhraseSet, part: str) -> None:
        self.data = data
        self.by_piece: dict[int, np.ndarray] = {}
        order = np.argsort(data.piece, kind="stable")
        pieces, starts = np.unique(data.piece[order], return_index=True)
        for piece, places in zip(pieces.tolist(), np.split(order, starts[1:]), strict=True):
            if data.split[piece] == part:
                self.by_piece[piece] = places
        known = np.array(sorted(self.by_piece))
        styles = data.styles[known]
        self.pieces_of = {s: known[styles == s] for s in np.unique(styles).tolist()}
        train = data.vectors[data.split == split.TRAIN]
        self.scale = (train.mean(axis=0), train.std(axis=0) + 1e-3)

    def phrases(self, rng: np.random.Generator) -> tuple[list[int], np.ndarray]:
        """Numbers of phrases of a task, and the vector of its style, (D,)."""
        name = list(self.pieces_of)[int(rng.integers(len(self.pieces_of)))]
        pieces = rng.permutation(self.pieces_of[name])[:SHOT].tolist()
        vectors = np.clip((self.data.vectors[pieces] - self.scale[0]) / self.scale[1], -3, 3)
        return [i for p in pieces for i in self.by_piece[p].tolist()], vectors.mean(axis=0).astype(np.float32)

    def task(self, rng: np.random.Generator, most: int) -> tuple[np.ndarray, np.ndarray]:
        """Rolls (n, CHANNELS, ROWS, SLOTS) of at most `most` phrases, and the vector."""
        found, style = self.phrases(rng)
        chosen = rng.permutation(found)[:most].tolist()
        return np.array([plain.encode(self.data.phrase(i)) for i in chosen]), style


def common_places(data: PhraseSet) -> tuple[int, ...]:
    """Places of a roll that music of meta-train uses most: of pitched lines with what sounds, of drums onsets."""
    inside = np.repeat(data.split[data.piece] == split.TRAIN, np.diff(data.starts))
    tokens = data.tokens[:PITCHED, inside].astype(np.int64)
    counts = np.array([np.bincount(row[row >= FIRST] - FIRST, minlength=PITCHES) for row in tokens]).ravel()
    best = np.sort(np.argsort(-counts, kind="stable")[:PLACES])
    print(f"{PLACES} pitches of lines hold {counts[best].sum() / counts.sum():.3f} of the notes", flush=True)
    line, pitch = np.divmod(best, PITCHES)
    pitched = [(2 * line + channel) * PITCHES + pitch for channel in (0, 1)]
    drums = [2 * (PITCHED + i) * PITCHES + k for i, kinds in enumerate(DRUM_KINDS) for k in range(len(kinds))]
    return tuple(sorted([*np.concatenate(pitched).tolist(), *drums]))


def shape_of(which: str, data: PhraseSet) -> RollShape:
    """Sizes that make a checkpoint of less than 4 MiB."""
    if which == "literal":
        return RollShape(noise=64, style=data.vectors.shape[1], width=40, kept=common_places(data))
    return RollShape(noise=100, style=0, width=16)


def outer_step(
    pair: RollPair, which: str, optimiser: torch.optim.Optimizer, tasks: Tasks, rng: np.random.Generator
) -> np.ndarray:
    """Learn some tasks, each from the same beginning, and give the optimiser the way they led. Returns mean losses."""
    rule, losses = plain.RULES[which], []
    for parameter in pair.parameters():
        parameter.grad = torch.zeros_like(parameter)
    for _ in range(TASKS[which]):
        own = copy.deepcopy(pair)
        rolls, style = tasks.task(rng, plain.INNER_STEPS * rule.batch)
        losses.append(plain.learn(own, rule, rolls, style, rng, plain.INNER_STEPS))
        with torch.no_grad():
            for old, new in zip(pair.parameters(), own.parameters(), strict=True):
                old.grad += (old - new) / TASKS[which]
    optimiser.step()
    return np.mean(losses, axis=0)


def measured(pair: RollPair, which: str, held: Tasks, seed: int = 3) -> dict[str, float]:
    """On tasks of unseen styles, after learning them: onsets of new phrases to those of real ones, and silent ones."""
    rng = np.random.default_rng(seed)
    ratio, silent = [], []
    for _ in range(4):
        found, style = held.phrases(rng)
        rolls = np.array([plain.encode(held.data.phrase(i)) for i in found[:64]])
        own = copy.deepcopy(pair)
        plain.learn(own, plain.RULES[which], rolls, style, rng)
        real = [held.data.phrase(i) for i in rng.choice(found, 16).tolist()]
        new = plain.drawn(own, style, [plain.Wish(p.frame, wishes_of(p)) for p in real], seed)
        ratio.append(sum(p.onsets for p in new) / max(1, sum(p.onsets for p in real)))
        silent.append(np.mean([p.onsets == 0 for p in new]))
    return {"onsets": round(float(np.mean(ratio)), 3), "silent": round(float(np.mean(silent)), 3)}


def train(arguments: argparse.Namespace) -> None:
    """Outer steps until the minutes are spent, over all calls."""
    which, work = arguments.which, arguments.work
    data = load_phrases(work)
    tasks, held = Tasks(data, split.TRAIN), Tasks(data, split.VALIDATION)
    last = work / f"{which}-last.pt"
    saved = torch.load(last, weights_only=True) if last.exists() else None
    shape = RollShape.from_dict(saved["shape"]) if saved else shape_of(which, data)
    pair = PAIRS[which](shape)
    make = torch.optim.Adam if which == "figr" else torch.optim.SGD
    optimiser = make(pair.parameters(), lr=OUTER_RATE[which])
    step, spent = 0, 0.0
    if saved:
        pair.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent = saved["line"]["step"], 60 * saved["line"]["minutes"]
    # Another seed after each pause, so that the same tasks do not come again.
    rng = np.random.default_rng([arguments.seed, step])
    torch.manual_seed(arguments.seed + step)
    print(sum(p.numel() for p in pair.parameters()), "parameters", flush=True)
    total, began, kept_at, losses = 60 * arguments.minutes, time.time() - spent, time.time(), []
    best = work / f"{which}-best.pt"
    line = torch.load(best, weights_only=True)["line"] if saved and best.exists() else {"onsets": 0.0}
    least = abs(np.log(max(1e-3, line["onsets"])))
    while (spent := time.time() - began) < total:
        if which == "literal":
            optimiser.param_groups[0]["lr"] = OUTER_RATE[which] * max(0.1, 1 - spent / total)
        losses.append(outer_step(pair, which, optimiser, tasks, rng))
        step += 1
        spent = time.time() - began
        if time.time() - kept_at > KEEP_SECONDS or spent >= total:
            line = {"step": step, "minutes": round(spent / 60, 2)}
            line |= {"losses": np.mean(losses[-50:], axis=0).round(4).tolist(), **measured(pair, which, held)}
            print(json.dumps(line), flush=True)
            state = io.BytesIO()
            torch.save({"model": pair.state_dict(), "optimiser": optimiser.state_dict(), "shape": shape.to_dict(),
                        "line": line}, state)  # fmt: skip
            write_atomic(last, state.getvalue())
            # FIGR grows thinner and at last silent: what has about as many notes as real music is its best.
            gap = abs(np.log(max(1e-3, line["onsets"])))
            if gap < least or which == "literal":
                least = gap
                write_atomic(best, state.getvalue())
            kept_at = time.time()


def export(arguments: argparse.Namespace) -> None:
    """The checkpoint that a row of the benchmark reads."""
    which = arguments.which
    saved = torch.load(arguments.work / f"{which}-best.pt", weights_only=True)
    tasks, line = Tasks(load_phrases(arguments.work), split.TRAIN), saved["line"]
    arrays = {f"pair.{k}": v.numpy().astype(np.float16) for k, v in saved["model"].items()}
    arrays |= {"style.mean": tasks.scale[0], "style.spread": tasks.scale[1]}
    card = CARD.format(
        which=which, words=WORDS[which], styles=len(tasks.pieces_of), tasks=TASKS[which], inner=plain.INNER_STEPS,
        steps=plain.RULES[which].steps, line=line,
    )  # fmt: skip
    config = {"which": which, "shape": saved["shape"], "trained": line}
    folder = save_checkpoint(arguments.export, f"gan_{which}", config, arrays, card)
    print(f"{folder}: {sum(p.stat().st_size for p in folder.iterdir()) / 2**20:.2f} MiB")


def main() -> None:
    """Train or export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--which", choices=sorted(PAIRS), required=True)
    parser.add_argument("--minutes", type=float, default=12)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--export", type=Path)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    (export if arguments.export else train)(arguments)


if __name__ == "__main__":
    main()
