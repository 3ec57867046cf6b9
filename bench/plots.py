"""Draw docs/images/bench-NAME.png from bench/results/NAME.json, for every result that is a report.

    python bench/plots.py [FILE.json ...] [--out FOLDER]

One panel a column of the report (the columns in `PANELS` where the report has them, else its first six), one line a
row: the mean over styles, its 95 % interval, and the worst style as a small mark.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
#: What is worth a picture, for reports of many columns.
PANELS: dict[str, tuple[str, ...]] = {
    "recognition": (
        "5-way 1-shot",
        "5-way 5-shot",
        "5-way 1-shot, one kind",
        "9-way 1-shot, composers",
        "5-way 1-shot (no timbre)",
        "none of these, AUROC",
    ),
    "recommendation": (
        "precision@10, 5 liked",
        "nDCG@10, 5 liked",
        "MAP, 5 liked",
        "nDCG@10, 5 liked, 5 disliked",
        "nDCG@10, 3 + 2 liked of two styles",
        "nDCG@10, 5 liked (no timbre)",
    ),
}
_MOST_PANELS = 6
_INK, _FAINT, _WORST = "#1f3a5f", "#c9d1db", "#b5523b"


def chance(column: str) -> float | None:
    """What guessing gives, as the report counts, or None where that is not known."""
    way, word, _ = column.partition("-way")
    if word and way.isdigit():
        return 1 / int(way)
    ranked = column.startswith("in style above") and "p <" not in column
    return 0.5 if "AUROC" in column or ranked else None


def draw(report: dict[str, Any], path: Path) -> None:
    """One picture of a report."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    columns = list(dict.fromkeys(f["column"] for f in report["figures"]))
    wanted = [c for c in PANELS.get(report["name"], ()) if c in columns] or columns[:_MOST_PANELS]
    rows = list(dict.fromkeys(f["row"] for f in report["figures"]))[::-1]
    across = min(3, len(wanted))
    down = -(-len(wanted) // across)
    figure, axes = plt.subplots(
        down, across, figsize=(3.6 * across + 1.6, (0.34 * len(rows) + 1.0) * down), squeeze=False, sharey=True
    )
    flat = list(axes.flat)
    for axis, column in zip(flat, wanted, strict=False):
        panel(axis, [f for f in report["figures"] if f["column"] == column], rows, column)
    for axis in flat[len(wanted) :]:
        axis.set_visible(False)
    facts = report["facts"]
    said = [f"{facts['styles']} styles"] if "styles" in facts else []
    said += ["mean over styles, 95 % interval, and the worst style (x)"]
    figure.suptitle(report["question"], fontsize=11, x=0.01, ha="left")
    figure.text(0.01, 0.005, "; ".join(said), fontsize=7.5, color="#555555")
    figure.tight_layout(rect=(0, 0.03, 1, 0.98))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def panel(axis: Any, figures: list[dict[str, Any]], rows: list[str], column: str) -> None:
    """One column: a line a row."""
    percent = any(f["unit"] == "%" for f in figures)
    scale = 100.0 if percent else 1.0
    guess = chance(column)
    if guess is not None:
        axis.axvline(guess * scale, color=_FAINT, linewidth=1.2, linestyle="--", zorder=0)
    for f in figures:
        y = rows.index(f["row"])
        axis.plot([f["low"] * scale, f["high"] * scale], [y, y], color=_INK, linewidth=2.2, solid_capstyle="round")
        axis.plot(f["mean"] * scale, y, "o", color=_INK, markersize=5.5)
        axis.plot(f["worst"] * scale, y, "x", color=_WORST, markersize=4.5)
    if guess is not None:
        axis.set_xlim(-0.02 * scale, 1.04 * scale)
    axis.set_yticks(range(len(rows)), [r.replace("_", " ") for r in rows], fontsize=8.5)
    axis.set_ylim(-0.6, len(rows) - 0.4)
    axis.set_title(column + (", %" if percent else ""), fontsize=9, loc="left")
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
