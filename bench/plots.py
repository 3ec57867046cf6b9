"""Draw docs/images/bench-NAME.png from bench/results/NAME.json, for every result that is a report.

    python bench/plots.py [FILE.json ...] [--out FOLDER]

One panel a column of the report (those in `PANELS` where the report has them, else its first six), one line a row: the
mean over styles, its 95 % interval, and the worst style as a small mark. What the page is about is dark, what it is
held against lighter, and controls are lightest.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_WRITTEN = (
    "judged in the style", "told from real", "told by tells elsewhere", "above human borrowing", "variety",
    "Frechet distance",
)  # fmt: skip
#: What is worth a picture, for reports of many columns. After a bar: what follows the name of a row there.
PANELS: dict[str, tuple[str, ...]] = {
    "recognition": (
        "5-way 1-shot", "5-way 5-shot", "5-way 1-shot, one kind", "9-way 1-shot, composers", "5-way 1-shot (no timbre)",
        "none of these, AUROC",
    ),
    "recommendation": (
        "precision@10, 5 liked", "nDCG@10, 5 liked", "MAP, 5 liked", "nDCG@10, 5 liked, 5 disliked",
        "nDCG@10, 3 + 2 liked of two styles", "nDCG@10, 5 liked (no timbre)",
    ),
    "prediction": ("K=0", "K=5", "K=10", "K=10|, near", "K=10|, far", "gain at 10"),
    "generation": _WRITTEN,
    "sketching": _WRITTEN,
    "transfer": (
        "content", "time and pitch", "judged in the style", "onsets, harmony", "notes, harmony", "overlap",
    ),
    "trust": (
        "calibration error, K=1", "calibration error, K=5", "calibration error, K=10", "own above 0.5, K=5",
        "strangers below 0.5, K=5", "named fall more",
    ),
}  # fmt: skip
#: Where rows stand in order of the first panel, the best on top: True if more is better.
SORTED = {"recognition": True, "recommendation": True, "prediction": False}
#: Rows that would squeeze all others together.
LEFT_OUT = {"prediction": ("uniform", "unigram", "bigram")}
#: The row that a page is about.
LEAD = {"recognition": "relation", "recommendation": "relation", "trust": "relation", "prediction": "markov"}
_CONTROLS = (
    "control_", "rolls_", "chance", "shuffled", "random notes", "other style", "real", "background",
    "source", "other piece", "truth",
)  # fmt: skip
_MOST_PANELS = 6
_INK, _LIGHTER, _LIGHTEST, _GUESS, _WORST = "#12305c", "#6d89b0", "#b3bfcd", "#c9d1db", "#b5523b"


def chance(column: str) -> float | None:
    """What guessing gives, as the report counts, or None where that is not known."""
    way, word, _ = column.partition("-way")
    if word and way.isdigit():
        return 1 / int(way)
    ranked = column.startswith("in style above") and "p <" not in column
    told = column in ("told from real", "told by tells elsewhere")
    return 0.5 if "AUROC" in column or ranked or told else None


def colour(row: str, lead: str) -> str:
    """Dark for what the page is about; without such a row all that are no control."""
    if row == lead:
        return _INK
    if row.startswith(_CONTROLS):
        return _LIGHTEST
    return _LIGHTER if lead else _INK


def panels(report: dict[str, Any]) -> list[tuple[str, str, dict[str, dict[str, Any]]]]:
    """What is drawn: title, column, and the figures by row."""
    columns = list(dict.fromkeys(f["column"] for f in report["figures"]))
    wanted = [c for c in PANELS.get(report["name"], ()) if c.partition("|")[0] in columns] or columns[:_MOST_PANELS]
    away = LEFT_OUT.get(report["name"], ())
    found = []
    for words in wanted:
        column, _, tail = words.partition("|")
        cells = {f["row"].removesuffix(tail): f for f in report["figures"] if f["column"] == column}
        plain = {r: f for r, f in cells.items() if ", " not in r and r not in away and f["row"] == r + tail}
        found.append((words.replace("|", ""), column, plain))
    return found


def draw(report: dict[str, Any], path: Path) -> None:
    """One picture of a report."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    name = report["name"]
    drawn = panels(report)
    rows = list(dict.fromkeys(row for _, _, cells in drawn for row in cells))[::-1]
    if name in SORTED:
        first = drawn[0][2]
        rows.sort(key=lambda row: first[row]["mean"] if row in first else 0.0, reverse=not SORTED[name])
    across = min(3, len(drawn))
    down = -(-len(drawn) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(3.6 * across + 1.6, (0.27 * len(rows) + 1.0) * down), squeeze=False, sharey=True
    )
    flat = list(axes.flat)
    for axis, (title, column, cells) in zip(flat, drawn, strict=False):
        panel(axis, cells, rows, (title, column), LEAD.get(name, ""))
    for axis in flat[len(drawn) :]:
        axis.set_visible(False)
    styles = max(f["styles"] for f in report["figures"])
    said = [f"{styles} styles, mean, 95 % interval, and the worst style (x)" if styles > 1 else "mean, 95 % interval"]
    said += [f"not drawn: {', '.join(LEFT_OUT[name])}"] if name in LEFT_OUT else []
    size = report["facts"].get("size", "full")
    said += [f"size {size}, which is no answer"] if size != "full" else []
    height = figure.get_size_inches()[1]
    figure.suptitle(report["question"], fontsize=11, x=0.01, ha="left")
    figure.text(0.01, 0.06 / height, "; ".join(said), fontsize=7.5, color="#555555")
    figure.tight_layout(rect=(0, 0.2 / height, 1, 1 - 0.1 / height))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def panel(axis: Any, cells: dict[str, dict[str, Any]], rows: list[str], named: tuple[str, str], lead: str) -> None:
    """One column: a line a row. named: its title, and the column of the report."""
    title, column = named
    percent = any(f["unit"] == "%" for f in cells.values())
    scale = 100.0 if percent else 1.0
    guess = chance(column)
    if guess is not None:
        axis.axvline(guess * scale, color=_GUESS, linewidth=1.2, linestyle="--", zorder=0)
    for row, f in cells.items():
        y, ink = rows.index(row), colour(row, lead)
        axis.plot([f["low"] * scale, f["high"] * scale], [y, y], color=ink, linewidth=2.2, solid_capstyle="round")
        axis.plot(f["mean"] * scale, y, "o", color=ink, markersize=5.5)
        if f["worst_style"]:
            axis.plot(f["worst"] * scale, y, "x", color=_WORST, markersize=4.5)
    if guess is not None:
        axis.set_xlim(-0.02 * scale, 1.04 * scale)
    elif all(min(f["low"], f["worst"]) >= 0 for f in cells.values()):
        axis.set_xlim(left=-0.02 * axis.get_xlim()[1])
    axis.set_yticks(range(len(rows)), [r.replace("_", " ") for r in rows], fontsize=8.5)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_title(title + (", %" if percent else ""), fontsize=9, loc="left")
    axis.tick_params(axis="x", labelsize=8)
    axis.grid(axis="x", color="#eeeeee", zorder=-1)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)
    axis.tick_params(axis="y", length=0)


def main() -> int:
    """Draw all, and say what was drawn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "images")
    arguments = parser.parse_args()
    for path in arguments.files or sorted((HERE / "results").glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(report, dict) or not {"name", "question", "figures"} <= set(report):
            continue
        made = arguments.out / f"bench-{path.stem.replace('_', '-')}.png"
        draw(report, made)
        print(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
