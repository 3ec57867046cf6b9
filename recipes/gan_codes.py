"""Codes of all phrases of a split, and episodes of them: what the adversarial pair trains on."""

from __future__ import annotations

from dataclasses import dataclass

import gan_batches
import numpy as np
import torch
from gan_batches import Bucket
from gan_data import PhraseSet

from fewnotes.engines.gan.scene import MEMORY_PHRASES, MEMORY_UNITS
from fewnotes.nets.phrase_coder import PhraseCoder
from fewnotes.nets.phrase_gan import Scene

SHOT = 5


@dataclass
class Codes:
    """Codes of all phrases of a split, bucket by bucket: mean and deviation, standardised, (n, U, Z)."""

    buckets: list[Bucket]
    mean: list[torch.Tensor]
    spread: list[torch.Tensor]
    by_piece: dict[int, list[tuple[int, int]]]
    vectors: torch.Tensor
    pieces_of: dict[str, np.ndarray]


def coded(data: PhraseSet, part: str, coder: PhraseCoder, scale: tuple | None) -> tuple[Codes, tuple]:
    """Encode every phrase of a split. scale: mean and deviation of codes and of style vectors, from meta-train."""
    found = gan_batches.buckets(data, part, least=2)
    means, spreads = [], []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for bucket in found:
            parts = [
                coder.encode(*(lambda b: (b[0], b[2], b[3]))(gan_batches.coder_batch(bucket, chosen)))
                for chosen in np.array_split(np.arange(len(bucket.units)), -(-len(bucket.units) // 256))
            ]
            means.append(torch.cat([m.float() for m, _ in parts]))
            spreads.append(torch.cat([(0.5 * v.float()).exp() for _, v in parts]))
    if scale is None:
        every = torch.cat([m.flatten(0, 1) for m in means])
        rows = torch.from_numpy(data.vectors[data.split == part])
        scale = (every.mean(dim=0), every.std(dim=0), rows.mean(dim=0), rows.std(dim=0) + 1e-3)
    means = [(m - scale[0]) / scale[1] for m in means]
    spreads = [s / scale[1] for s in spreads]
    by_piece: dict[int, list[tuple[int, int]]] = {}
    for b, bucket in enumerate(found):
        for i, piece in enumerate(bucket.piece.tolist()):
            by_piece.setdefault(piece, []).append((b, i))
    pieces_of = {
        s: np.array([p for p in np.flatnonzero((data.styles == s) & (data.split == part)) if int(p) in by_piece])
        for s in np.unique(data.styles[data.split == part])
    }
    vectors = ((torch.from_numpy(data.vectors) - scale[2]) / scale[3]).clamp(-3, 3)
    return Codes(found, means, spreads, by_piece, vectors, pieces_of), scale


def memory(
    codes: Codes, pieces: np.ndarray, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Codes (S, Z), facts (S, F) and use (S,) of some phrases of some pieces."""
    every = [place for p in pieces.tolist() for place in codes.by_piece[p]]
    chosen = [every[i] for i in rng.permutation(len(every))[:MEMORY_PHRASES]]
    z = torch.cat([codes.mean[b][i] for b, i in chosen])[:MEMORY_UNITS]
    facts = np.concatenate([codes.buckets[b].facts[codes.buckets[b].minor[i]] for b, i in chosen])[:MEMORY_UNITS]
    room = MEMORY_UNITS - len(z)
    return (
        torch.nn.functional.pad(z, (0, 0, 0, room)),
        torch.nn.functional.pad(torch.from_numpy(facts), (0, 0, 0, room)),
        torch.arange(MEMORY_UNITS) < len(z),
    )


def scene_of(bucket: Bucket, chosen: np.ndarray, style: torch.Tensor, remembered: list) -> Scene:
    """The scene of phrases of one bucket, grouped by style."""
    return Scene(
        torch.from_numpy(bucket.facts[bucket.minor[chosen]]),
        torch.ones(len(chosen), bucket.frame.units, dtype=torch.bool),
        torch.from_numpy(bucket.wishes[chosen]),
        style,
        torch.stack([m[0] for m in remembered]),
        torch.stack([m[1] for m in remembered]),
        torch.stack([m[2] for m in remembered]),
    )


def episode(codes: Codes, b: int, names: list[str], each: int, rng: np.random.Generator) -> tuple[tuple, Scene]:
    """Real codes (G M, U, Z), their deviations, and their scene: five pieces of each style remembered, phrases of its
    others real."""
    bucket = codes.buckets[b]
    chosen, styles, remembered = [], [], []
    for name in names:
        here = np.flatnonzero(bucket.style == name)
        pieces = codes.pieces_of[name]
        held = rng.permutation(np.unique(bucket.piece[here]))
        # Up to half of the pieces give real phrases, at most as many as leave five for the memory.
        real = held[: max(1, min(len(held), len(pieces) - SHOT, 6))]
        rest = rng.permutation(np.setdiff1d(pieces, real))[:SHOT]
        inside = here[np.isin(bucket.piece[here], real)]
        chosen.append(rng.choice(inside, each, replace=len(inside) < each))
        styles.append(codes.vectors[rest].mean(dim=0))
        remembered.append(memory(codes, rest, rng))
    chosen = np.concatenate(chosen)
    return (codes.mean[b][chosen], codes.spread[b][chosen]), scene_of(bucket, chosen, torch.stack(styles), remembered)


def eligible(codes: Codes) -> list[list[str]]:
    """Styles of each bucket that have a phrase in it and two pieces or more."""
    return [[s for s in np.unique(b.style).tolist() if len(codes.pieces_of[s]) >= 3] for b in codes.buckets]


def left_out(codes: Codes, b: int, support: np.ndarray, out: int, each: int, rng: np.random.Generator):
    """Real phrases of one support piece, the others remembered."""
    bucket = codes.buckets[b]
    inside = np.flatnonzero(bucket.piece == out)
    chosen = rng.choice(inside, each, replace=len(inside) < each)
    rest = support[support != out] if len(support) > 1 else support
    told = scene_of(bucket, chosen, codes.vectors[rest].mean(dim=0)[None], [memory(codes, rest, rng)])
    return (codes.mean[b][chosen], codes.spread[b][chosen]), told
