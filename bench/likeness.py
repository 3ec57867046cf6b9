"""How good is the relation of `fewnotes.music.likeness`, and where do its constants come from?

Reads a corpus with a manifest (columns path, split, style), takes the features of up to `--pieces` pieces a style,
measures the spreads within and between styles of split "train", fits the slope and offsets there, and scores
episodes (in a style or not, one to one) on all other styles. Writes results/likeness.json.

    python bench/likeness.py [CORPUS] [--pieces 24]
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import warnings
from pathlib import Path

import numpy as np

from fewnotes.errors import FewnotesError
from fewnotes.files import read_each
from fewnotes.music import likeness
from fewnotes.music.features import FEATURES, feature_vector

SHOTS = (1, 3, 5, 10)


def load(corpus: Path, pieces: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, style and split of evenly spread pieces of every style."""
    with (corpus / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    chosen = []
    for style in sorted({r["style"] for r in rows}):
        mine = [r for r in rows if r["style"] == style]
        chosen += [mine[i] for i in np.unique(np.linspace(0, len(mine) - 1, min(pieces, len(mine))).astype(int))]
    by_path = {corpus / r["path"]: r for r in chosen}
    features, styles, splits = [], [], []
    for path, result in read_each(list(by_path)):
        if isinstance(result, FewnotesError):
            print(f"left out: {result.what}")
            continue
        features.append(feature_vector(result[0]))
        styles.append(by_path[path]["style"])
        splits.append(by_path[path]["split"])
    return np.array(features), np.array(styles), np.array(splits)


def spreads(features: np.ndarray, styles: np.ndarray) -> np.ndarray:
    """Standard deviations within and between styles of four pieces or more, shape (F, 2)."""
    groups = [features[styles == s] for s in sorted(set(styles)) if (styles == s).sum() >= 4]
    within = np.mean([g.var(axis=0, ddof=1) for g in groups], axis=0)
    size = np.mean([len(g) for g in groups])
    between = np.maximum(np.var([g.mean(axis=0) for g in groups], axis=0, ddof=1) - within / size, 1e-12)
    return np.sqrt(np.stack([np.maximum(within, 0.02 * (within + between)), between], axis=1))


def episodes(
    features: np.ndarray, styles: np.ndarray, shots: int, count: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Summed log odds of pieces of the style, and of strangers."""
    rng = np.random.default_rng(seed)
    known = [s for s in sorted(set(styles)) if (styles == s).sum() >= shots + 2]
    inside, outside = [], []
    for _ in range(count):
        style = rng.choice(known)
        order = rng.permutation(np.flatnonzero(styles == style))
        support = features[order[:shots]]
        stranger = rng.choice(np.flatnonzero(styles == rng.choice([s for s in known if s != style])))
        inside.append(likeness.log_odds(features[order[shots]], support).sum())
        outside.append(likeness.log_odds(features[stranger], support).sum())
    return np.array(inside), np.array(outside)


def auroc(inside: np.ndarray, outside: np.ndarray) -> float:
    """Share of pairs in which the piece of the style scores higher."""
    rank = np.argsort(np.argsort(np.concatenate([inside, outside]))) + 1
    return float((rank[: len(inside)].sum() - len(inside) * (len(inside) + 1) / 2) / (len(inside) * len(outside)))


def calibration_error(score: np.ndarray, truth: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error over equal bins."""
    place = np.minimum((score * bins).astype(int), bins - 1)
    return float(
        sum((place == b).mean() * abs(score[place == b].mean() - truth[place == b].mean()) for b in set(place))
    )


def fit(inside: np.ndarray, outside: np.ndarray) -> tuple[float, float]:
    """Slope and offset of a logistic regression, by Newton's method."""
    x = np.stack([np.concatenate([inside, outside]), np.ones(len(inside) * 2)], axis=1)
    y = np.repeat([1.0, 0.0], len(inside))
    weight = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ weight))
        weight += np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-9 * np.eye(2), x.T @ (y - p))
    return float(weight[0]), float(weight[1])


def main() -> None:
    """Measure, print, and write the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("FEWNOTES_SHARED", Path(__file__).parents[2] / "shared"))
    parser.add_argument("corpus", type=Path, nargs="?", default=shared / "corpus")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "likeness.json")
    parser.add_argument("--pieces", type=int, default=24)
    parser.add_argument("--episodes", type=int, default=1500)
    arguments = parser.parse_args()
    if not (arguments.corpus / "manifest.csv").is_file():
        print(f"skipped: there is no corpus in {arguments.corpus}")
        return
    warnings.simplefilter("ignore")
    features, styles, splits = load(arguments.corpus, arguments.pieces)
    train = splits == "train"
    measured = spreads(features[train], styles[train])
    print("SPREADS:", {f.name: [float(f"{v:.3g}") for v in row] for f, row in zip(FEATURES, measured, strict=True)})
    result: dict[str, object] = {
        "pieces": len(features),
        "styles": len(set(styles)),
        "train_styles": len(set(styles[train])),
    }
    for shots in SHOTS:
        slope, offset = fit(*episodes(features[train], styles[train], shots, arguments.episodes, shots))
        inside, outside = episodes(features[~train], styles[~train], shots, arguments.episodes, shots + 50)
        score = np.array([likeness.relation(float(s), shots) for s in (*inside, *outside)])
        truth = np.repeat([True, False], len(inside))
        result[f"K={shots}"] = {
            "auroc": round(auroc(inside, outside), 4),
            "calibration_error": round(calibration_error(score, truth), 4),
            "own_below_strange": round(float((score[truth] < likeness.STRANGE).mean()), 4),
            "strangers_below_strange": round(float((score[~truth] < likeness.STRANGE).mean()), 4),
            "refitted_slope_and_offset": [round(slope, 3), round(offset, 3)],
        }
    print(json.dumps(result, indent=2))
    arguments.out.parent.mkdir(exist_ok=True)
    arguments.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
