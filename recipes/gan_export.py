"""From trained nets to a checkpoint that ships: weights in half precision, scales, config and card.

python recipes/gan_export.py --work WORK [--name pair-best] [--out src/fewnotes/assets/gan]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from gan_data import load_phrases

from fewnotes.meta import licences, split
from fewnotes.meta.corpus import table
from fewnotes.store.checkpoints import save_checkpoint


def halves(state: dict, prefix: str) -> dict[str, np.ndarray]:
    """The weights of a net in half precision, with a prefix."""
    return {f"{prefix}{k}": v.numpy().astype(np.float16) for k, v in state.items()}


def main() -> None:
    """Join and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="pair-best")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "src/fewnotes/assets/gan")
    arguments = parser.parse_args()
    coder = torch.load(arguments.work / "coder-best.pt", weights_only=True)
    pair = torch.load(arguments.work / f"{arguments.name}.pt", weights_only=True)
    data = load_phrases(arguments.work)
    arrays = halves(coder["model"], "coder.") | halves(pair["model"], "pair.")
    names = ("scale.mean", "scale.spread", "style.mean", "style.spread")
    arrays |= {name: value.numpy().astype(np.float32) for name, value in zip(names, pair["scale"], strict=True)}
    config = {
        "coder": coder["shape"], "pair": pair["shape"], "trained": {"coder": coder["line"], "pair": pair["line"]},
    }  # fmt: skip
    folder = save_checkpoint(arguments.out, "gan", config, arrays, card(data, coder["line"], pair["line"]))
    print(f"{folder}: {sum(p.stat().st_size for p in folder.iterdir()) / 2**20:.2f} MiB")


def card(data, coder: dict, pair: dict) -> str:
    """What a person should know about the checkpoint."""
    rows = [row for row in table("shared") if row.may_ship and row.key not in split.removed_keys()]
    inside = data.split[data.piece] == split.TRAIN
    styles = len(set(data.styles[data.split == split.TRAIN].tolist()))
    text = [
        "# gan", "",
        "A sketch pad: a coder of phrases, and a generator and a discriminator of codes. MIT licence, as fewnotes.",
        "",
        f"Trained on {int(inside.sum()):,} phrases of four bars from {styles} styles (`recipes/gan_coder.py`, "
        f"{coder['step']:,} steps, {coder['minutes']} minutes; `recipes/gan.py`, {pair['step']:,} steps, "
        f"{pair['minutes']} minutes; one core). On phrases of unseen styles the coder gives back "
        f"{100 * coder['right']:.0f} % of the onsets with their pitch, and {100 * coder['extra']:.0f} % besides.", "",
        "It knows European written and traditional music best. It writes four bars at a time: no form, no cadence that "
        "it plans, no loudness. Chords of more than five notes are thinned before it sees them.", "",
        "## Music it learned from", "",
        "| source | licence | styles | pieces | encoders |", "| --- | --- | --- | --- | --- |",
        *(f"| {a.source} | {a.licence} | {a.styles} | {a.pieces} | {', '.join(a.encoders)} |"
          for a in licences.attributions(rows)), "",
    ]  # fmt: skip
    return "\n".join(text)


if __name__ == "__main__":
    main()
