"""Train the phrase coder: phrases to codes and back.

    python recipes/gan_coder.py --work WORK [--minutes 40] [--threads 2]

Resumes from coder-last.pt in the work folder, which is written every three minutes; coder-best.pt is the one with the
lowest loss on meta-validation.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from pathlib import Path

import gan_batches
import numpy as np
import torch
from gan_data import load_phrases

from fewnotes.atomic import write_atomic
from fewnotes.meta import split
from fewnotes.nets.phrase_coder import CoderShape, PhraseCoder, coder_loss

BATCH = 96
RATE, DECAY, WARM = 1.5e-3, 0.01, 200
#: Weight of the divergence of the codes, reached after some steps.
BETA, BETA_STEPS = 0.1, 1500
EMA = 0.999


def measured(coder: PhraseCoder, held: list[gan_batches.Bucket], rng: np.random.Generator) -> dict[str, float]:
    """On phrases of unseen styles: nats a unit, and the share of onsets that come back right."""
    told, apart, right, onsets, extra, counts = 0.0, 0.0, 0, 0, 0, 0
    coder.eval()
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for bucket in held:
            chosen = gan_batches.drawn(bucket, 48, rng)
            tokens, slots, facts, use = gan_batches.coder_batch(bucket, chosen)
            mean, log_variance = coder.encode(tokens, facts, use)
            logits = coder.decode(mean, facts, use)
            one, two = coder_loss(logits, tokens, slots, mean, log_variance)
            guess = logits.argmax(dim=-1)
            struck = (tokens >= 2) & slots[:, :, None, :]
            told, apart, counts = told + float(one), apart + float(two), counts + 1
            right += int((struck & (guess == tokens)).sum())
            onsets += int(struck.sum())
            extra += int(((guess >= 2) & ~struck & slots[:, :, None, :]).sum())
    coder.train()
    return {
        "nats": round(told / counts, 3), "divergence": round(apart / counts, 3),
        "right": round(right / onsets, 4), "extra": round(extra / onsets, 4),
    }  # fmt: skip


def main() -> None:
    """Train until the minutes are over."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--code", type=int, default=24, help="numbers a code")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    rng = np.random.default_rng(arguments.seed)
    data = load_phrases(arguments.work)
    train, held = (gan_batches.buckets(data, part) for part in gan_batches.PARTS)
    print(
        f"{sum(len(b.units) for b in train)} phrases in {len(train)} frames, {split.VALIDATION} {len(held)}", flush=True
    )
    odds = gan_batches.weights(train)
    shape = CoderShape(code=arguments.code)
    coder, smooth = PhraseCoder(shape), PhraseCoder(shape)
    smooth.load_state_dict(coder.state_dict())
    print(sum(p.numel() for p in coder.parameters()), "parameters", flush=True)
    optimiser = torch.optim.AdamW(coder.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.98))
    step, spent, best = 0, 0.0, float("inf")
    last = arguments.work / "coder-last.pt"
    if last.exists():
        saved = torch.load(last, weights_only=True)
        coder.load_state_dict(saved["model"])
        smooth.load_state_dict(saved["smooth"])
        optimiser.load_state_dict(saved["optimiser"])
        step, spent, best = saved["step"], saved["spent"], saved["best"]
    began, kept = time.time() - spent, time.time()
    while True:
        spent = time.time() - began
        share = spent / (60 * arguments.minutes)
        if share >= 1:
            break
        rate = float(RATE * min(1, (step + 1) / WARM) * max(0.02, 0.5 * (1 + np.cos(np.pi * share))))
        for group in optimiser.param_groups:
            group["lr"] = rate
        bucket = train[rng.choice(len(train), p=odds)]
        tokens, slots, facts, use = gan_batches.coder_batch(bucket, gan_batches.drawn(bucket, BATCH, rng), rng)
        with torch.autocast("cpu", torch.bfloat16):
            mean, log_variance = coder.encode(tokens, facts, use)
            codes = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            logits = coder.decode(codes, facts, use)
            told, apart = coder_loss(logits, tokens, slots, mean, log_variance)
        loss = told + BETA * min(1, step / BETA_STEPS) * apart
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(coder.parameters(), 1.0)
        optimiser.step()
        step += 1
        with torch.no_grad():
            for old, new in zip(smooth.parameters(), coder.parameters(), strict=True):
                old.lerp_(new, 1 - min(EMA, step / (step + 20)))
        if time.time() - kept > 120 or spent / 60 > arguments.minutes - 0.05:
            kept = time.time()
            line = {"step": step, "minutes": round(spent / 60, 1), "nats_now": round(float(told.detach()), 3)}
            line |= measured(smooth, held, np.random.default_rng(1))
            print(json.dumps(line), flush=True)
            state = {
                "model": coder.state_dict(), "smooth": smooth.state_dict(), "optimiser": optimiser.state_dict(),
                "step": step, "spent": spent, "best": min(best, line["nats"]),
            }  # fmt: skip
            _save(last, state)
            if line["nats"] < best:
                best = line["nats"]
                _save(
                    arguments.work / "coder-best.pt",
                    {"model": smooth.state_dict(), "shape": shape.to_dict(), "line": line},
                )


def _save(path: Path, state: dict) -> None:
    held = io.BytesIO()
    torch.save(state, held)
    write_atomic(path, held.getvalue())


if __name__ == "__main__":
    main()
