"""The encoder: rolls of the segments of a piece become one embedding.

Convolutions read each segment; a piece is the attention-weighted mean of its segments (Ilse 2018, eq. 8) with their
spread.

Nothing is normalised over a batch, since batches of training hold whole pieces or melodies, never both: weights are
standardised instead (Brock 2021, eq. 1), and a piece has the same embedding in any company.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

#: Makes a ReLU of a unit normal have unit variance.
_RELU_GAIN = 1.7139588594436646


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder. segment: of the vector of a segment. embedding: D. widths: channels of the stages."""

    channels: int = 7
    pitches: int = 84
    families: int = 17
    segment: int = 192
    embedding: int = 96
    widths: tuple[int, int, int, int] = (8, 24, 48, 96)
    dropout: float = 0.2

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "widths": list(self.widths)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EncoderShape:
        return cls(**{**values, "widths": tuple(values["widths"])})


class StandardConv(nn.Conv2d):
    """A convolution whose weights have mean 0 and variance 1 / fan-in in each output channel, times a learned gain."""

    def __init__(self, inside: int, outside: int, kernel: Any, stride: Any, padding: Any) -> None:
        super().__init__(inside, outside, kernel, stride, padding)
        self.gain = nn.Parameter(torch.ones(outside, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight - self.weight.mean(dim=(1, 2, 3), keepdim=True)
        size = weight.pow(2).sum(dim=(1, 2, 3), keepdim=True).add(1e-6).rsqrt()
        return self._conv_forward(x, weight * size * self.gain, self.bias)


class SegmentNet(nn.Module):
    """Rolls (B, C, P, S), meter (B, 2, S), families (B, 17) -> (B, segment)."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        a, b, c, d = shape.widths
        # Time first: three steps, a sixteenth of a triplet grid, become one; then an octave up and down.
        self.time = nn.Conv2d(shape.channels, a, (1, 6), (1, 3), (0, 2))
        self.meter = nn.Conv1d(2, a, 6, 3, 2)
        self.octave = StandardConv(a, b, (13, 1), (3, 1), (6, 0))
        self.down = StandardConv(b, c, 3, 2, 1)
        self.same = StandardConv(c, c, 3, 1, 1)
        self.down_again = StandardConv(c, d, 3, 2, 1)
        self.same_again = StandardConv(d, d, 3, 1, 1)
        self.timbre = nn.Linear(shape.families, d)
        self.settle = nn.LayerNorm(2 * d)
        self.out = nn.Linear(3 * d, shape.segment)

    def forward(self, rolls: Tensor, meter: Tensor, families: Tensor) -> Tensor:
        x = _relu(self.time(rolls) + self.meter(meter)[:, :, None, :])
        x = _relu(self.down(_relu(self.octave(x))))
        x = x + 0.5 * _relu(self.same(x))
        x = _relu(self.down_again(x))
        x = x + 0.5 * _relu(self.same_again(x))
        x = x.float()
        pooled = self.settle(torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1))
        return functional.gelu(self.out(torch.cat([pooled, self.timbre(families)], dim=1)))


def _relu(x: Tensor) -> Tensor:
    return functional.relu(x) * _RELU_GAIN


class Encoder(nn.Module):
    """Segments of pieces -> embeddings (B, D)."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        self.segment_net = SegmentNet(shape)
        self.attention = nn.Sequential(nn.Linear(shape.segment, 64), nn.Tanh(), nn.Linear(64, 1))
        self.rest = nn.Dropout(shape.dropout)
        self.join = nn.Linear(2 * shape.segment, shape.embedding)

    def segments(self, rolls: Tensor, meter: Tensor, families: Tensor) -> Tensor:
        """Vectors of segments, (B, segment)."""
        found: Tensor = self.segment_net(rolls, meter, families)
        return found

    def pieces(self, segments: Tensor, use: Tensor) -> Tensor:
        """Embeddings of pieces, (B, D). segments: (B, M, segment), padded; use: (B, M), True where a segment is one."""
        found: Tensor = self.join(self.rest(self.pool(segments, use)))
        return found

    def pool(self, segments: Tensor, use: Tensor) -> Tensor:
        """Attention-weighted mean and weighted spread of segments: (B, M, segment) -> (B, 2 segment)."""
        weight = self.attention(segments)[..., 0].masked_fill(~use, -1e4).softmax(dim=1)[..., None]
        mean = (weight * segments).sum(dim=1)
        # Of few segments the spread comes out too small by 1 - sum of squared weights: pieces of any length compare.
        seen = (1 - (weight**2).sum(dim=1)).clamp(min=0.2)
        spread = (weight * (segments - mean[:, None]) ** 2).sum(dim=1) / seen
        return torch.cat([mean, (spread + 1e-4).sqrt()], dim=1)
