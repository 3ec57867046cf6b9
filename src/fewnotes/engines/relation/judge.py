"""The judge: the trained encoder and relation head, loaded once, as numbers in and numbers out.

It embeds pieces, makes prototypes, and scores pieces against prototypes; what a style learned from its support set
(`learning`) changes the head for that style alone. torch is needed to embed; scoring is numpy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.meta.preprocess import normalised
from fewnotes.meta.segments import CHANNELS, FAMILIES, PITCHES, STEPS, Segments, rolls, segments
from fewnotes.music.piece import Piece
from fewnotes.music.statistics import STATISTICS, TIMBRE, statistics
from fewnotes.store.checkpoints import Checkpoint, load_checkpoint

Floats = NDArray[np.float32]
NAME = "relation"
#: Standardised statistics beyond this say no more.
CLIP = 4.0
_BATCH = 16


@dataclass(frozen=True)
class Embedded:
    """What the encoder makes of one piece.

    vector: (D,). segments: (M, segment). bars: first bar and the bar after the last of each segment, (M, 2).
    """

    vector: Floats
    segments: Floats
    bars: NDArray[np.int64]
    statistics: Floats


class Judge:
    """Encoder, head, background and calibration of one checkpoint. Immutable; safe to share between threads."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        self.digest = checkpoint.digest
        self.said = checkpoint.said
        self.config: Mapping[str, Any] = checkpoint.config
        arrays = checkpoint.arrays
        names = [s.name for s in STATISTICS]
        if list(checkpoint.config["statistics"]) != names:
            raise BadInput(
                f"The checkpoint {checkpoint.name!r} was trained on other statistics than these",
                expected=f"the {len(names)} statistics of this version of fewnotes",
                fix="Use the checkpoint that came with this version, or train one with recipes/relation.py",
            )
        self._mean = arrays["statistics.mean"].astype(np.float32)
        self._spread = arrays["statistics.spread"].astype(np.float32)
        #: Embeddings of pieces of meta-train, (n, D), and the number of the style of each, (n,).
        self.background = arrays["background.vectors"].astype(np.float32)
        self.background_styles = arrays["background.styles"].astype(np.int64)
        self.head = Head.of(arrays)
        self._encoder = _encoder(checkpoint.config["encoder"], arrays)

    def embed(self, pieces: Sequence[Piece], progress: Progress = no_progress, *, timbre: bool = True) -> Floats:
        """Embeddings of pieces, (n, D). Raises BadInput for a piece without notes."""
        return np.array([e.vector for e in self.look(pieces, progress, timbre=timbre)], np.float32).reshape(
            len(pieces), self.head.dimensions
        )

    def look(
        self, pieces: Sequence[Piece], progress: Progress = no_progress, *, timbre: bool = True
    ) -> list[Embedded]:
        """Pieces with their segments, for who wants to know which bars say what."""
        found: list[Embedded] = []
        for start in range(0, len(pieces), _BATCH):
            if len(pieces) > _BATCH:
                progress(start, len(pieces), "Listening")
            found += self._look(pieces[start : start + _BATCH], timbre)
        return found

    def _look(self, pieces: Sequence[Piece], timbre: bool) -> list[Embedded]:
        import torch

        cut = [segments(piece, timbre=timbre) for piece in pieces]
        if any(not len(c) for c in cut):
            raise BadInput("A piece without notes has no style", expected="pieces with notes")
        raw = np.array([statistics(normalised(piece, timbre=timbre)) for piece in pieces])
        values = self.standard(raw, timbre)
        with torch.inference_mode():
            vectors = [self._segment_vectors(c, timbre) for c in cut]
            joined = self.join(vectors, values)
        return [
            Embedded(joined[i], vectors[i], cut[i].bars, values[i]) for i in range(len(pieces))
        ]

    def standard(self, raw: NDArray[np.float64], timbre: bool = True) -> Floats:
        """Statistics (n, F) in standard deviations of meta-train."""
        values = np.clip((raw - self._mean) / self._spread, -CLIP, CLIP).astype(np.float32)
        return values if timbre else np.where(TIMBRE, np.float32(0), values)

    def _segment_vectors(self, cut: Segments, timbre: bool) -> Floats:
        import torch

        cells = [cut.cells[a:b] for a, b in zip(cut.starts[:-1].tolist(), cut.starts[1:].tolist(), strict=True)]
        drawn = torch.from_numpy(rolls(cells)).float().to(memory_format=torch.channels_last)
        families = cut.families if timbre else np.zeros_like(cut.families)
        found = self._encoder.segments(drawn, torch.from_numpy(cut.meter).float(), torch.from_numpy(families))
        return np.asarray(found.numpy(), np.float32)

    def join(self, vectors: Sequence[Floats], values: Floats) -> Floats:
        """Embeddings from segment vectors, each (M, segment), and standardised statistics (n, F): (n, D)."""
        import torch

        longest = max(len(v) for v in vectors)
        table = np.zeros((len(vectors), longest, vectors[0].shape[1]), np.float32)
        use = np.zeros((len(vectors), longest), bool)
        for i, v in enumerate(vectors):
            table[i, : len(v)], use[i, : len(v)] = v, True
        with torch.inference_mode():
            found = self._encoder.pieces(torch.from_numpy(table), torch.from_numpy(use), torch.from_numpy(values))
        return np.asarray(found.numpy(), np.float32)


@dataclass(frozen=True)
class Head:
    """The relation head as arrays. piece, style: (D, H). bias: (H,). out: (H,). offset, shots: numbers."""

    piece: Floats
    style: Floats
    bias: Floats
    out: Floats
    offset: float
    shots: tuple[float, float, float]

    @classmethod
    def of(cls, arrays: Mapping[str, NDArray[Any]]) -> Head:
        """From the arrays of a checkpoint."""
        as_floats = lambda name: np.ascontiguousarray(arrays[f"head.{name}"].astype(np.float32))  # noqa: E731
        shots = as_floats("shots").tolist()
        return cls(
            as_floats("piece.weight").T.copy(), as_floats("style.weight").T.copy(), as_floats("piece.bias"),
            as_floats("out.weight")[0], float(as_floats("out.bias")[0]), (shots[0], shots[1], shots[2]),
        )  # fmt: skip

    @property
    def dimensions(self) -> int:
        return len(self.piece)


@lru_cache(maxsize=4)
def judge(name: str = NAME) -> Judge:
    """The judge of a checkpoint, loaded once. Raises NotInstalled where torch or the checkpoint is missing."""
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise NotInstalled(
            "The relation network needs torch, which is not installed", fix='pip install "fewnotes[nets]"'
        ) from error
    return Judge(load_checkpoint(name))


def _encoder(values: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Any:
    import torch

    from fewnotes.nets.encoder import Encoder, EncoderShape

    shape = EncoderShape.from_dict(dict(values))
    if (shape.channels, shape.pitches, shape.families) != (CHANNELS, PITCHES, FAMILIES):
        raise BadInput("The checkpoint was trained on rolls of another shape", expected=f"{CHANNELS} x {PITCHES} x {STEPS}")
    made = Encoder(shape)
    prefix = "encoder."
    state = {k.removeprefix(prefix): torch.from_numpy(np.array(v)).float() if v.dtype.kind == "f" else torch.from_numpy(np.array(v))
             for k, v in arrays.items() if k.startswith(prefix)}  # fmt: skip
    made.load_state_dict(state)
    return made.eval()
