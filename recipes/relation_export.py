"""From trained weights to a checkpoint that ships: the side of statistics, calibration, background and card.

    python recipes/relation_export.py --work WORK [--name relation] [--out src/fewnotes/assets/relation]

The two sides, rolls and statistics, are weighed against each other on episodes of meta-validation, whose styles neither
side has seen, so that the own style of a piece is the likeliest of eight; what comes of it is calibrated by logistic
regression on pairs, own and strange alike in number, so that R = 0.5 is even odds. Twice: with and without instruments.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np
import relation_data
import torch
from relation import WHOLE, Feeder, Model
from relation_classical import two_covariance

from fewnotes.engines.relation.head import Head, chance
from fewnotes.meta import licences, split
from fewnotes.meta.corpus import table
from fewnotes.meta.segments import MOST
from fewnotes.music.statistics import STATISTICS, TIMBRE
from fewnotes.nets.encoder import EncoderShape
from fewnotes.store.checkpoints import save_checkpoint

#: Coordinates of the side of statistics.
LINEAR = 96
SHOTS = (1, 2, 3, 5, 10)
PAIRS = 4000
#: Episodes that balance the two sides, and styles in one.
EPISODES, WAY = 4000, 8
BACKGROUND_A_STYLE = 6
#: Do the rolls come with shares of instruments? On meta-validation the log loss is lower without (docs/LOG.md): what
#: they say of a style is in the statistics, and an encoder that was given them leans on those it trained on.
INSTRUMENTS_IN_ROLLS = False


def rolls_of(model: Model, feeder: Feeder, pieces: np.ndarray, timbre: bool) -> np.ndarray:
    """Embeddings of whole pieces from their rolls, in single precision as the judge has them: (n, D)."""
    data, found = feeder.data, []
    for part in np.array_split(pieces, math.ceil(len(pieces) / 8)):
        own = []
        for piece in part.tolist():
            a, b = int(data.starts[piece]), int(data.starts[piece + 1])
            own.append(np.unique(np.linspace(a, b - 1, MOST).round().astype(int)))
        rolls, meter, families = data.batch(np.concatenate(own))
        families = families if timbre else np.zeros_like(families)
        with torch.inference_mode():
            drawn = torch.from_numpy(rolls).float().contiguous(memory_format=torch.channels_last)
            vectors = model.encoder.segments(drawn, torch.from_numpy(meter).float(), torch.from_numpy(families))
            split_up = vectors.split([len(o) for o in own])
            table = torch.nn.utils.rnn.pad_sequence(list(split_up), batch_first=True)
            use = torch.arange(table.shape[1])[None] < torch.tensor([len(o) for o in own])[:, None]
            found.append(model.encoder.pieces(table, use).numpy())
    return np.concatenate(found)


def raw_head(model: Model, between: np.ndarray) -> dict[str, np.ndarray]:
    """Arrays of the head with both sides before they are weighed: slopes 1 for statistics, as trained for rolls."""
    head, size = model.head, len(between)
    rolls = head.side.log_within.numel()
    numbers = lambda x: x.detach().numpy().astype(np.float64)  # noqa: E731
    slope, offset, by_shots = numbers(head.temper)
    padded = lambda x: np.concatenate([numbers(x.weight).T, np.zeros((size, len(x.weight)))])  # noqa: E731
    return {
        "within": np.concatenate([np.exp(numbers(head.side.log_within)), np.ones(size)]),
        "between": np.concatenate([np.exp(numbers(head.side.log_between)), between]),
        "centre": np.concatenate([numbers(head.side.centre), np.zeros(size)]),
        "slope": np.concatenate([np.full(rolls, slope), np.ones(size)]),
        "offset": np.array([offset]), "by_shots": np.array([by_shots]),
        "piece": padded(head.piece), "bias": numbers(head.piece.bias), "style": padded(head.style),
        "out": numbers(head.out.weight)[0],
    }  # fmt: skip


def weighed(arrays: dict[str, np.ndarray], rolls: int, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The head with weights (rolls, statistics, offset, ln K) put in."""
    a, b, c, d = weights
    slope = arrays["slope"].copy()
    slope[:rolls] *= a
    slope[rolls:] *= b
    return arrays | {
        "slope": slope, "offset": a * arrays["offset"] + c, "by_shots": a * arrays["by_shots"] + d,
        "out": a * arrays["out"],
    }  # fmt: skip


def told(head: Head, rolls: int, x: np.ndarray, mean: np.ndarray, shots: int) -> np.ndarray:
    """What each side says of one piece, and what stands beside: (4,)."""
    terms = head.terms(x[None], mean, shots)[0]
    first = terms[:rolls].sum() + head.layers(x[None], mean)[0] + head.offset + head.by_shots * np.log(shots)
    return np.array([first, terms[rolls:].sum(), 1.0, np.log(shots)])


def pairs(head: Head, rolls: int, z: np.ndarray, styles: np.ndarray, seed: int) -> tuple[np.ndarray, ...]:
    """Pairs of a piece and a support set, own and strange one to one: what is told (n, 4), is own (n,), K (n,)."""
    rng = np.random.default_rng(seed)
    names = np.unique(styles)
    rows, own, shots_seen = [], [], []
    for _ in range(PAIRS):
        shots = int(rng.choice(SHOTS))
        name, other = rng.choice(names, 2, replace=False)
        inside = rng.permutation(np.flatnonzero(styles == name))
        if len(inside) < shots + 1:
            continue
        mean = z[inside[1 : shots + 1]].mean(axis=0)
        stranger = rng.choice(np.flatnonzero(styles == other))
        for piece, is_own in ((inside[0], True), (stranger, False)):
            rows.append(told(head, rolls, z[piece], mean, shots))
            own.append(is_own)
            shots_seen.append(shots)
    return np.array(rows), np.array(own), np.array(shots_seen)


def matches(head: Head, rolls: int, z: np.ndarray, styles: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Episodes in which a piece is one of N styles': what the two sides say (n, N, 2), the own style first."""
    rng = np.random.default_rng(seed)
    names, found = np.unique(styles), []
    for _ in range(EPISODES):
        shots = int(rng.choice(SHOTS))
        chosen = rng.choice(names, WAY, replace=False)
        sets = [rng.permutation(np.flatnonzero(styles == name))[: shots + 1] for name in chosen]
        if min(map(len, sets)) < shots + 1:
            continue
        asked = z[sets[0][0]]
        found.append([told(head, rolls, asked, z[inside[1:]].mean(axis=0), shots)[:2] for inside in sets])
    return np.array(found)


def balance(x: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """Weights of the two sides that make the own style likeliest among N (softmax), by Newton's method: (2,)."""
    weights = np.full(2, 0.1)
    for _ in range(60):
        odds = x @ weights
        p = np.exp(odds - odds.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        mean = (p[:, :, None] * x).sum(axis=1)
        slope = (x[:, 0] - mean).mean(axis=0) - ridge * weights
        spread = np.einsum("en,eni,enj->ij", p, x, x) / len(x) - mean.T @ mean / len(x)
        weights += np.linalg.solve(spread + ridge * np.eye(2), slope)
    return weights


def logistic(x: np.ndarray, y: np.ndarray, ridge: float = 1e-3) -> np.ndarray:
    """Weights of a logistic regression, by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(60):
        p = chance(x @ weights)
        hessian = (x * (p * (1 - p))[:, None]).T @ x / len(x) + ridge * np.eye(len(weights))
        weights += np.linalg.solve(hessian, x.T @ (y - p) / len(x) - ridge * weights)
    return weights


def main() -> None:
    """Join, weigh, calibrate, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="relation")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src/fewnotes/assets/relation")
    arguments = parser.parse_args()
    data = relation_data.load(arguments.work / "relation-data.npz")
    saved = torch.load(arguments.work / f"{arguments.name}-best.pt", weights_only=True)
    shape = EncoderShape.from_dict(saved["shape"])
    model = Model(shape, len(set(data.styles[data.split == split.TRAIN].tolist())), literal=False).eval()
    model.load_state_dict(saved["model"])
    feeder = Feeder(data, "cpu", 2)
    train, held = np.flatnonzero(data.split == split.TRAIN), np.flatnonzero(data.split == split.VALIDATION)
    arrays: dict[str, np.ndarray] = {
        f"encoder.{k}": v.numpy().astype(np.float16 if v.dtype.is_floating_point else v.numpy().dtype)
        for k, v in model.encoder.state_dict().items()
    }
    arrays |= {"statistics.mean": feeder.mean, "statistics.spread": feeder.spread}
    chosen = np.concatenate(
        [train[data.styles[train] == s][:BACKGROUND_A_STYLE] for s in np.unique(data.styles[train])]
    )
    floors: dict[str, float] = {}
    lines = []
    for timbre, side, prefix in ((True, "linear", "head"), (False, "plain", "plain_head")):
        values = feeder.standard(data.statistics[:, WHOLE]).astype(np.float64)
        values = values if timbre else np.where(TIMBRE, 0, values)
        linear = two_covariance(values[train], data.styles[train], LINEAR)
        z = np.zeros((len(values), shape.embedding + LINEAR))
        z[:, shape.embedding :] = (values - linear.centre) @ linear.matrix
        for part in (held, chosen):
            z[part, : shape.embedding] = rolls_of(model, feeder, part, timbre and INSTRUMENTS_IN_ROLLS)
        raw = raw_head(model, linear.between)
        as_head = lambda made: Head.of({f"head.{k}": v for k, v in made.items()})  # noqa: E731
        x, own, shots = pairs(as_head(raw), shape.embedding, z[held], data.styles[held], seed=5)
        first, second = balance(matches(as_head(raw), shape.embedding, z[held], data.styles[held], seed=6))
        joined = np.column_stack([first * x[:, 0] + second * x[:, 1], x[:, 2:]])
        scale, *rest = logistic(joined, own.astype(float)).tolist()
        weights = np.array([scale * first, scale * second, *rest])
        made = weighed(raw, shape.embedding, weights)
        arrays |= {f"{prefix}.{k}": v.astype(np.float32) for k, v in made.items()}
        arrays |= {
            f"{side}.centre": linear.centre.astype(np.float32),
            f"{side}.matrix": linear.matrix.astype(np.float32),
        }
        relation = chance(x @ weights)
        right = np.mean((relation > 0.5) == own)
        print("log loss", round(float(-np.mean(np.log(np.where(own, relation, 1 - relation) + 1e-9))), 4))
        lines.append(
            f"{'with' if timbre else 'without'} instruments: rolls {weights[0]:.3f}, statistics {weights[1]:.3f}, "
            f"offset {weights[2]:.3f}, ln K {weights[3]:.3f}; pairs told apart {right:.3f}"
        )
        if timbre:
            arrays["background.vectors"] = z[chosen].astype(np.float16)
            names = np.unique(data.styles[train])
            arrays["background.styles"] = np.searchsorted(names, data.styles[chosen]).astype(np.int16)
            floors = {str(k): round(float(np.quantile(relation[own & (shots == k)], 0.05)), 4) for k in SHOTS}
    print("\n".join(lines), floors, sep="\n")
    config = {
        "encoder": shape.to_dict(), "statistics": [s.name for s in STATISTICS], "none_below": floors,
        "instruments_in_rolls": INSTRUMENTS_IN_ROLLS,
        "trained": saved["line"] | {"arguments": saved["arguments"]}, "weighed": lines,
    }  # fmt: skip
    folder = save_checkpoint(arguments.out, "relation", config, arrays, card(saved, lines, data))
    size = sum(p.stat().st_size for p in folder.iterdir())
    print(f"{folder}: {size / 2**20:.2f} MiB")


def card(saved: dict, lines: list[str], data: relation_data.TrainingSet) -> str:
    """What a person should know about the checkpoint, sources and licences among it."""
    rows = [row for row in table("shared") if row.may_ship and row.key not in split.removed_keys()]
    found = licences.attributions(rows)
    counts = {name: int((data.split == name).sum()) for name in (split.TRAIN, split.VALIDATION)}
    kinds = {name: len(set(data.styles[data.split == name].tolist())) for name in counts}
    text = [
        "# relation", "",
        "A judge of musical style: how alike are a piece and a handful of others? MIT licence, as fewnotes.", "",
        f"Trained on {counts[split.TRAIN]:,} pieces of {kinds[split.TRAIN]} styles by episodes "
        f"(`recipes/relation.py`, {saved['line']['step']:,} steps, {saved['line']['minutes']} minutes on one core), "
        f"weighed and calibrated on {counts[split.VALIDATION]} pieces of {kinds[split.VALIDATION]} other styles "
        "(`recipes/relation_export.py`). Measured on styles that are in neither: `docs/few-shot/recognition.md`.", "",
        *(f"- {line}" for line in lines), "",
        "It knows European written and traditional music best; popular music, jazz and music from elsewhere are nearly "
        "absent from what it learned from. It says how alike pieces are, not how good, and not who wrote them.", "",
        "## Music it learned from", "",
        "| source | licence | styles | pieces | encoders |", "| --- | --- | --- | --- | --- |",
        *(f"| {a.source} | {a.licence} | {a.styles} | {a.pieces} | {', '.join(a.encoders)} |" for a in found), "",
    ]  # fmt: skip
    return "\n".join(text)


if __name__ == "__main__":
    main()
