"""Notes a second: an engine's `compose` against `generate` of the transformers library, in one run on the same threads.

    python bench/composer_speed.py [--engine transformer] [--quick] [--threads 2] [--parameters N] [--out FILE]

The library's side is a GPT-2 of as many parameters as the engine's checkpoint (the nearest that width in steps of 32
gives, in 4 to 8 layers; embeddings of places not counted, for they cost no time; weights are random, since speed
alone counts), greedy, with its key-value cache, on the same threads and with as many sequences at once as the engine
has candidates. It writes as many notes as the engine did, at 4 tokens a note as in REMI (position, pitch, velocity,
duration; its bar tokens are left out, which is to its favour). Both sides are warmed up, then timed in turns; figures
are medians over styles and rounds, and the least beside them.

The engine's side is everything that `compose` does after learning: context, choice, guard and what it writes down.
Notes a second are what a person waits for. Tokens a second stand beside them and flatter neither: an engine that
writes a note in one step does the work of 4 tokens.

Skipped where torch or transformers is not here: `pip install --group race`.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fewnotes.engines import ComposeRequest
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.measure.bank import load_bank
from fewnotes.measure.draws import draws
from fewnotes.measure.generated.plan import capped
from fewnotes.meta import split
from fewnotes.registry import find
from fewnotes.store.checkpoints import load_checkpoint
from fewnotes.style import Style

RESULTS = Path(__file__).parent / "results"
TOKENS_A_NOTE = 4
#: Tokens of a REMI vocabulary: bar, 16 to 96 positions, 128 pitches, 32 velocities, 64 durations, tempos.
VOCABULARY = 400
SHOT, BARS = 5, 16
QUICK_STYLES, STYLES = 2, 6
QUICK_ROUNDS, ROUNDS = 1, 3
#: For an engine without a checkpoint there is no number to equal.
USUAL_PARAMETERS = 5_000_000
_WIDTH_STEP, _HEAD = 32, 32
_LAYERS = range(4, 9)
_MOST_TOKENS = 4096


def parameters_of(engine: str) -> int | None:
    """How many numbers the engine's checkpoint holds; None without one."""
    try:
        arrays = load_checkpoint(engine).arrays
    except NotInstalled:
        return None
    return int(sum(array.size for array in arrays.values()))


def gpt2_parameters(layers: int, width: int) -> int:
    """Of a GPT-2 without places: embedding of tokens, to which the output is tied, layers, and the last norm."""
    layer = 12 * width * width + 13 * width
    return VOCABULARY * width + layers * layer + 2 * width


def gpt2_shape(parameters: int) -> tuple[int, int]:
    """Layers and width of the GPT-2 that comes nearest to so many parameters."""
    shapes = [(layers, width) for layers in _LAYERS for width in range(_WIDTH_STEP, 4096, _WIDTH_STEP)]
    return min(shapes, key=lambda shape: abs(gpt2_parameters(*shape) - parameters))


def library(parameters: int) -> tuple[Callable[[int, int], None], int]:
    """What writes so many tokens in so many sequences, and how many parameters it has."""
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    layers, width = gpt2_shape(parameters)
    config = GPT2Config(
        vocab_size=VOCABULARY, n_positions=_MOST_TOKENS, n_embd=width, n_layer=layers, n_head=width // _HEAD,
        bos_token_id=0, eos_token_id=None, pad_token_id=1,
    )  # fmt: skip
    torch.manual_seed(0)
    net = GPT2LMHeadModel(config).eval()
    count = sum(p.numel() for p in net.parameters()) - _MOST_TOKENS * width

    def write(sequences: int, tokens: int) -> None:
        start = torch.zeros((sequences, 1), dtype=torch.long)
        with torch.inference_mode():
            found = net.generate(
                start, attention_mask=torch.ones_like(start), max_new_tokens=tokens, min_new_tokens=tokens,
                do_sample=False, use_cache=True,
            )  # fmt: skip
        assert found.shape == (sequences, 1 + tokens)

    return write, count


def timed(do: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds by the clock, and what came of it."""
    began = time.perf_counter()
    found = do()
    return time.perf_counter() - began, found


def measured(
    engine: str, styles: Sequence[tuple[str, Style]], rounds: int, candidates: int, write: Callable[[int, int], None]
) -> dict[str, Any]:  # fmt: skip
    """Notes, tokens and seconds of both sides, over all styles and rounds, in turns."""
    module = find("engines", engine)
    module.compose(styles[0][1], ComposeRequest(2, 1, 99))
    write(candidates, 8)
    rows = []
    for number in range(rounds):
        for name, style in styles:
            asked = ComposeRequest(BARS, candidates, number)
            own, pieces = timed(lambda style=style, asked=asked: module.compose(style, asked))
            notes = sum(len(piece.notes) for piece in pieces)
            tokens = min(_MOST_TOKENS - 1, max(1, round(TOKENS_A_NOTE * notes / candidates)))
            other, _ = timed(lambda tokens=tokens: write(candidates, tokens))
            written = tokens * candidates
            rows.append({
                "style": name, "notes": notes, "engine_s": own, "tokens": written, "library_s": other,
                "engine_notes_a_second": notes / own, "library_notes_a_second": written / TOKENS_A_NOTE / other,
                "library_tokens_a_second": written / other,
            })  # fmt: skip
            print(f"{name:28} {notes / own:8.0f} and {written / TOKENS_A_NOTE / other:8.0f} notes a second", flush=True)
    return summary(rows)


def summary(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Medians and least over rounds and styles; the ratio is of each pair, which shared the machine's moment."""
    keys = ("engine_notes_a_second", "library_notes_a_second", "library_tokens_a_second")
    ratio = [row["engine_notes_a_second"] / row["library_notes_a_second"] for row in rows]
    return {
        "notes": sum(row["notes"] for row in rows),
        **{key: _of([row[key] for row in rows]) for key in keys},
        "engine_over_library": _of(ratio),
        "rows": [{k: round(v, 3) if isinstance(v, float) else v for k, v in row.items()} for row in rows],
    }


def _of(values: Sequence[float]) -> dict[str, float]:
    return {"median": round(statistics.median(values), 3), "least": round(min(values), 3)}


def learned(engine: str, count: int) -> list[tuple[str, Style]]:
    """Styles of meta-test in even steps, learned; learning is not timed."""
    bank = load_bank((split.TEST,))
    drawn = draws(bank.styles(), SHOT, queries=1, each=1)
    chosen = [drawn[i] for i in np.unique(np.linspace(0, len(drawn) - 1, count).round().astype(int)).tolist()]
    module = find("engines", engine)
    found = []
    for draw in chosen:
        support = tuple(capped(bank.pieces[i]) for i in draw.support)
        found.append((draw.style, Style(draw.style, support, {engine: module.learn(support, seed=0)})))
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="transformer", help="by name")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--candidates", type=int, default=4)
    parser.add_argument("--parameters", type=int, help="of the library's net; as many as the engine's if not given")
    parser.add_argument("--out", type=Path, default=RESULTS / "composer_speed.json")
    asked = parser.parse_args(arguments)
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: {' and '.join(missing)} is not installed; pip install --group race")
        return 0
    import torch

    torch.set_num_threads(asked.threads)
    wanted = asked.parameters or parameters_of(asked.engine) or USUAL_PARAMETERS
    try:
        styles = learned(asked.engine, QUICK_STYLES if asked.quick else STYLES)
    except (BadInput, NotInstalled) as error:
        print(f"skipped: {error.what}")
        return 0
    write, count = library(wanted)
    rounds = QUICK_ROUNDS if asked.quick else ROUNDS
    found = {
        "engine": asked.engine, "engine_parameters": parameters_of(asked.engine), "library_parameters": count,
        "threads": asked.threads, "candidates": asked.candidates, "bars": BARS, "tokens_a_note": TOKENS_A_NOTE,
        **measured(asked.engine, styles, rounds, asked.candidates, write),
    }  # fmt: skip
    asked.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in found.items() if key != "rows"}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
