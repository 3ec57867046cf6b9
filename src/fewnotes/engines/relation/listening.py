"""The trained encoder at work: pieces to segment vectors, those to embeddings. torch is loaded here, when used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.relation.head import Floats
from fewnotes.errors import BadInput, NotInstalled
from fewnotes.meta.segments import CHANNELS, FAMILIES, PITCHES, STEPS, Segments, rolls

_PREFIX = "encoder."


class Listener:
    """The encoder of a checkpoint. A piece has the same embedding alone and in company."""

    def __init__(self, config: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Raises NotInstalled without torch, BadInput for a checkpoint of other rolls."""
        try:
            import torch
        except ImportError as error:
            raise NotInstalled(
                "The relation network needs torch, which is not installed", fix='pip install "fewnotes[nets]"'
            ) from error
        from fewnotes.nets.encoder import Encoder, EncoderShape

        shape = EncoderShape.from_dict(dict(config))
        if (shape.channels, shape.pitches, shape.families) != (CHANNELS, PITCHES, FAMILIES):
            raise BadInput(
                "The checkpoint was trained on rolls of another shape",
                expected=f"{CHANNELS} channels of {PITCHES} pitches and {STEPS} steps",
                fix="Use the checkpoint that came with this version",
            )
        state = {
            name.removeprefix(_PREFIX): torch.from_numpy(np.array(values)).float()
            for name, values in arrays.items()
            if name.startswith(_PREFIX)
        }
        self._encoder = Encoder(shape)
        self._encoder.load_state_dict(state)
        self._encoder.eval()
        self.dimensions = shape.embedding

    def vectors(self, cut: Segments, timbre: bool = True) -> Floats:
        """Vectors of the segments of one piece, (M, segment)."""
        import torch

        cells = [cut.cells[a:b] for a, b in zip(cut.starts[:-1].tolist(), cut.starts[1:].tolist(), strict=True)]
        families = cut.families if timbre else np.zeros_like(cut.families)
        with torch.inference_mode():
            drawn = torch.from_numpy(rolls(cells)).float().contiguous(memory_format=torch.channels_last)
            meter = torch.from_numpy(cut.meter).float()
            found = self._encoder.segments(drawn, meter, torch.from_numpy(families))
        return np.asarray(found.numpy(), np.float32)

    def pool(self, vectors: Sequence[Floats]) -> Floats:
        """Embeddings of pieces from the vectors of their segments, each (M, segment): (n, D)."""
        import torch

        longest = max(len(v) for v in vectors)
        table = np.zeros((len(vectors), longest, vectors[0].shape[1]), np.float32)
        use = np.zeros((len(vectors), longest), bool)
        for i, v in enumerate(vectors):
            table[i, : len(v)], use[i, : len(v)] = v, True
        with torch.inference_mode():
            found = self._encoder.pieces(torch.from_numpy(table), torch.from_numpy(use))
        return np.asarray(found.numpy(), np.float32)
