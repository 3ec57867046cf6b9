"""From trained weights to a checkpoint that ships.

python recipes/composer_export.py --work WORK [--name composer] [--out src/fewnotes/assets/transformer]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

from fewnotes.meta import licences, split
from fewnotes.meta.corpus import table
from fewnotes.meta.events import FIELDS
from fewnotes.store.checkpoints import save_checkpoint

CARD = """# transformer: the composer

A decoder of events, one a note: when, how long, which key, given all notes before, the track, and how the relation
network hears the style. {parameters:,} parameters, kept in half precision.

## How it was trained

`recipes/composer_data.py`, `recipes/composer.py`, `recipes/composer_export.py`, in this order, on two CPU cores.
Episodes are pieces of one style one after another, transposed three times in four, which the events that begin a piece
say. Step {step:,}; on meta-validation (styles it never saw) {line}.

Said there: K0 bits a note where nothing is known of the style, S5 where it is known how the judge hears five of its
pieces, C3 where three of them stand before as well, "all given" where pitch classes and fullness are asked for.

## What it learned from

| source | licence | styles | pieces | encoders |
| --- | --- | --- | --- | --- |
{sources}

Held-out styles (meta-validation, meta-test) and near duplicates of their pieces are not among them.
"""


def main() -> None:
    """Read the best weights, write config, weights, card."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--name", default="composer")
    parser.add_argument("--out", type=Path, default=Path("src/fewnotes/assets/transformer"))
    arguments = parser.parse_args()
    saved = torch.load(arguments.work / f"{arguments.name}-best.pt", weights_only=True)
    arrays = {f"net.{k}": v.numpy().astype(np.float16) for k, v in saved["model"].items()}
    mean, spread = (x.numpy().astype(np.float32) for x in saved["scale"])
    arrays |= {"style.mean": mean, "style.spread": spread}
    rows = [r for r in table("shared") if r.may_ship and r.key not in split.removed_keys()]
    rows = [r for r in rows if split.split_of(r) == split.TRAIN]
    card = CARD.format(
        parameters=sum(v.numel() for v in saved["model"].values()), step=saved["line"]["step"],
        line=", ".join(f"{k} {v}" for k, v in saved["line"].items() if k not in ("step", "minutes")),
        sources="\n".join(
            f"| {a.source} | {a.licence} | {a.styles} | {a.pieces} | {', '.join(a.encoders)} |"
            for a in licences.attributions(rows)
        ),
    )  # fmt: skip
    config = {"fields": list(FIELDS), "shape": saved["shape"], "trained": saved["line"]}
    save_checkpoint(arguments.out, "transformer", config, arrays, card)


if __name__ == "__main__":
    main()
