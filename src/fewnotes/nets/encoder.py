"""The encoder: rolls of segments and statistics of a piece become one embedding.

Convolutions read each segment (Simonyan and Zisserman's stacks of 3 x 3 with stride, batch normalisation after Ioffe and
Szegedy 2015); a piece is the attention-weighted mean of its segments (Ilse 2018, eq. 8) with their spread, joined by what
a perceptron makes of the statistics of the whole piece. Each side can be switched off, so that each can be measured alone.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class EncoderShape:
    """Sizes of an encoder. D: embedding. widths: channels of the four convolution stages.

    use_rolls, use_statistics: which sides there are; at least one.
    """

    channels: int = 7
    pitches: int = 84
    families: int = 17
    statistics: int = 0
    embedding: int = 128
    segment: int = 192
    widths: tuple[int, int, int, int] = (16, 32, 64, 128)
    hidden: int = 256
    dropout: float = 0.2
    use_rolls: bool = True
    use_statistics: bool = True

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "widths": list(self.widths)}

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> EncoderShape:
        return cls(**{**values, "widths": tuple(values["widths"])})


class SegmentNet(nn.Module):
    """Rolls (B, C, P, S), meter (B, 2, S), families (B, 17) -> (B, segment)."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        a, b, c, d = shape.widths
        # Time first: three steps, a sixteenth of a triplet grid, become one; then an octave up and down.
        self.time = nn.Conv2d(shape.channels, a, (1, 6), (1, 3), (0, 2))
        self.meter = nn.Conv1d(2, a, 6, 3, 2)
        self.octave = _stage(a, b, (13, 1), (3, 1), (6, 0))
        self.down = _stage(b, c, 3, 2, 1)
        self.same = _stage(c, c, 3, 1, 1)
        self.down_again = _stage(c, d, 3, 2, 1)
        self.same_again = _stage(d, d, 3, 1, 1)
        self.timbre = nn.Linear(shape.families, d)
        self.out = nn.Linear(3 * d, shape.segment)

    def forward(self, rolls: Tensor, meter: Tensor, families: Tensor) -> Tensor:
        x = functional.relu(self.time(rolls) + self.meter(meter)[:, :, None, :])
        x = self.down(self.octave(x))
        x = x + self.same(x)
        x = self.down_again(x)
        x = x + self.same_again(x)
        x = x.float()
        pooled = [x.mean(dim=(2, 3)), x.amax(dim=(2, 3)), self.timbre(families)]
        return functional.gelu(self.out(torch.cat(pooled, dim=1)))


def _stage(inside: int, outside: int, kernel: Any, stride: Any, padding: Any) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inside, outside, kernel, stride, padding, bias=False), nn.BatchNorm2d(outside), nn.ReLU()
    )


class Encoder(nn.Module):
    """Segments and statistics of pieces -> embeddings (B, D)."""

    def __init__(self, shape: EncoderShape) -> None:
        super().__init__()
        self.shape = shape
        width = 0
        if shape.use_rolls:
            self.segment_net = SegmentNet(shape)
            self.attention = nn.Sequential(nn.Linear(shape.segment, 64), nn.Tanh(), nn.Linear(64, 1))
            self.rest = nn.Dropout(shape.dropout)
            width += 2 * shape.segment
        if shape.use_statistics:
            self.perceptron = nn.Sequential(
                nn.Dropout(shape.dropout),
                nn.Linear(shape.statistics, shape.hidden),
                nn.GELU(),
                nn.Dropout(shape.dropout),
                nn.Linear(shape.hidden, shape.hidden),
                nn.GELU(),
            )
            self.straight = nn.Linear(shape.statistics, shape.embedding, bias=False)
            width += shape.hidden
        self.join = nn.Linear(width, shape.embedding)

    def segments(self, rolls: Tensor, meter: Tensor, families: Tensor) -> Tensor:
        """Vectors of segments, (B, segment)."""
        found: Tensor = self.segment_net(rolls, meter, families)
        return found

    def pieces(self, segments: Tensor | None, use: Tensor | None, statistics: Tensor | None) -> Tensor:
        """Embeddings of pieces, (B, D).

        segments: (B, M, segment), padded; use: (B, M), True where a segment is one. statistics: (B, F), standardised.
        """
        parts = []
        if self.shape.use_rolls:
            assert segments is not None and use is not None
            parts.append(self.rest(self.pool(segments, use)))
        if self.shape.use_statistics:
            assert statistics is not None
            parts.append(self.perceptron(statistics))
        found: Tensor = self.join(torch.cat(parts, dim=1))
        if self.shape.use_statistics:
            assert statistics is not None
            found = found + self.straight(statistics)
        return found

    def pool(self, segments: Tensor, use: Tensor) -> Tensor:
        """Attention-weighted mean and weighted spread of segments: (B, M, segment) -> (B, 2 segment)."""
        weight = self.attention(segments)[..., 0].masked_fill(~use, -1e4).softmax(dim=1)[..., None]
        mean = (weight * segments).sum(dim=1)
        # Of few segments the spread comes out too small by 1 - sum of squared weights: pieces of any length compare.
        seen = (1 - (weight**2).sum(dim=1)).clamp(min=0.2)
        spread = (weight * (segments - mean[:, None]) ** 2).sum(dim=1) / seen
        return torch.cat([mean, (spread + 1e-4).sqrt()], dim=1)
