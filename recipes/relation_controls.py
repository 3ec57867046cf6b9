"""The controls of the relation network, as checkpoints that the benchmark measures beside it and nothing else uses.

    python recipes/relation.py --work WORK --name classifier --objective classifier --steps N
    python recipes/relation.py --work WORK --name literal --objective literal --steps N
    python recipes/relation_controls.py --work WORK [--out bench/checkpoints]

N is the number of steps that the network itself was trained for.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import relation_data
import torch
from relation import Feeder

from fewnotes.store.checkpoints import save_checkpoint

CARD = """# {name}

{words} A control: measured beside the relation network (`docs/few-shot/recognition.md`), not used otherwise.
Trained on the same music as `relation`, whose card names the sources. {line}
"""
WORDS = {
    "classifier": "The encoder of the relation network, trained as a plain classifier of the styles of meta-train.",
    "literal": "Two layers on the concatenated statistics of a piece and the mean of a support set, the same episodes.",
}
#: Which weights are kept.
KEPT = {"classifier": "encoder.", "literal": "head."}


def main() -> None:
    """Export what was trained."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "bench" / "checkpoints")
    arguments = parser.parse_args()
    feeder = Feeder(relation_data.load(arguments.work / "relation-data.npz"), "cpu", 2)
    for name, words in WORDS.items():
        path = arguments.work / f"{name}-best.pt"
        if not path.is_file():
            print(f"{name}: not trained, left out")
            continue
        saved = torch.load(path, weights_only=True)
        arrays = {k: v.numpy().astype(np.float16) for k, v in saved["model"].items() if k.startswith(KEPT[name])}
        if name == "literal":
            arrays |= {"statistics.mean": feeder.mean, "statistics.spread": feeder.spread}
        line = f"{saved['line']['step']:,} steps, {saved['line']['minutes']} minutes."
        config = {"encoder": saved["shape"], "trained": saved["line"]}
        card = CARD.format(name=name, words=words, line=line)
        print(save_checkpoint(arguments.out / name, name, config, arrays, card))


if __name__ == "__main__":
    main()
