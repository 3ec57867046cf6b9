"""Blocks of attention over units of a phrase, with or without a memory that several phrases share.

Axes: G groups (styles), M phrases a group, U units, W width, S units of the memory. Attention: Vaswani 2017, eq. 1;
normalised before each part (Xiong 2020).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Scaled dot products over several heads. The queries may look at other tokens than their own."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, other: Tensor, use: Tensor) -> Tensor:
        """x: (B, Q, W); other: (B, K, W); use: (B, K), True where a token of `other` is one."""
        key, value = self.key_value(other).chunk(2, dim=-1)
        mask = torch.zeros(use.shape, dtype=x.dtype, device=x.device).masked_fill(~use, -1e4)[:, None, None, :]
        # Written out, since the fused kernel has no second derivative, and a penalty on gradients needs one.
        query = self._split(self.query(x))
        told = query @ self._split(key).transpose(-1, -2) / math.sqrt(query.shape[-1]) + mask
        return self.out((told.softmax(dim=-1) @ self._split(value)).transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        return x.reshape(*x.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """Attention within a phrase, then to the memory of its group if there is one, then two layers."""

    def __init__(self, width: int, heads: int = 4, memory: bool = False) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.before_memory = nn.LayerNorm(width) if memory else None
        self.to_memory = Attention(width, heads) if memory else None
        self.between = nn.LayerNorm(width)
        self.layers = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Tensor, use: Tensor, memory: Tensor | None = None, known: Tensor | None = None) -> Tensor:
        """x: (B, U, W); use: (B, U). memory: (G, S, W) with B = G M, known: (G, S)."""
        y = self.before(x)
        x = x + self.attention(y, y, use)
        if self.to_memory is not None and self.before_memory is not None and memory is not None and known is not None:
            groups, units = len(memory), x.shape[1]
            y = self.before_memory(x).reshape(groups, -1, x.shape[2])
            x = x + self.to_memory(y, memory, known).reshape(-1, units, x.shape[2])
        return x + self.layers(self.between(x))
