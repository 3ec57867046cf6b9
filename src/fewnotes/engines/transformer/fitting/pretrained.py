"""The trained net of a checkpoint, and what it says of the notes of a piece. torch is loaded here, when used."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadInput, NotInstalled
from fewnotes.meta.events import DELTA, FIELDS, GAP, KEY, LENGTH, LONGEST, Events, begin
from fewnotes.meta.events.excerpts import plain
from fewnotes.store.checkpoints import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    import torch

    from fewnotes.nets.composer import Composer

NAME = "transformer"
Floats = NDArray[np.float32]
#: Standardised coordinates of a style beyond this say no more.
_CLIP = 3.0
#: Longer pieces are read in windows of so many notes, half of each read before.
WINDOW = 640


class Pretrained:
    """One checkpoint, ready. Nothing in it changes."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Raises NotInstalled without torch, BadInput for a checkpoint of other events."""
        try:
            import torch
        except ImportError as error:
            raise NotInstalled(
                "The composer needs torch, which is not installed", fix='pip install "fewnotes[nets]"'
            ) from error
        from fewnotes.nets.composer import Composer, ComposerShape

        if list(checkpoint.config["fields"]) != list(FIELDS):
            raise BadInput(
                "The checkpoint was trained on events of another shape",
                expected=f"events of {len(FIELDS)} fields",
                fix="Use the checkpoint that came with this version",
            )
        self.digest, self.said = checkpoint.digest, checkpoint.said
        arrays = checkpoint.arrays
        self._net = Composer(ComposerShape.from_dict(dict(checkpoint.config["shape"])))
        state = {k.removeprefix("net."): v for k, v in arrays.items() if k.startswith("net.")}
        self._net.load_state_dict({k: torch.from_numpy(np.array(v)).float() for k, v in state.items()})
        self._net.eval()
        self._mean, self._spread = (arrays[f"style.{n}"].astype(np.float32) for n in ("mean", "spread"))

    @property
    def net(self) -> Composer:
        """As it was trained; not to be changed."""
        return self._net

    def fitted(self, adapters: Mapping[str, NDArray[Any]]) -> Composer:
        """The net with the adapters of a style put in; as it was trained where there are none."""
        if not adapters:
            return self._net
        import torch

        from fewnotes.nets.adapter import merge

        net = copy.deepcopy(self._net)
        merge(net, {k: torch.from_numpy(np.array(v)) for k, v in adapters.items()})
        return net

    def style(self, vectors: Floats) -> Floats:
        """The embeddings of a style's pieces by the judge, (K, D), as the net takes them, (D,); zeros of none."""
        if not len(vectors):
            return np.zeros_like(self._mean)
        return np.asarray(np.clip((vectors - self._mean) / self._spread, -_CLIP, _CLIP).mean(axis=0), np.float32)


@lru_cache(maxsize=2)
def pretrained(name: str = NAME) -> Pretrained:
    """The composer of a checkpoint. Raises NotInstalled, BadInput, StoreError."""
    return Pretrained(load_checkpoint(name))


def chances(net: Composer, piece: Events, style: Floats) -> NDArray[np.float64]:
    """Probability that the net gave to what came: when, how long, which key of every note, (T, 3)."""
    import torch

    found = []
    for start in range(0, len(piece.rows), WINDOW // 2):
        first = max(0, start - WINDOW // 2)
        part = piece.rows[first : start + WINDOW // 2]
        rows = plain(begin(piece, part))
        events = torch.from_numpy(rows.astype(np.int64))[None]
        with torch.inference_mode():
            hidden = net.hidden(events, torch.arange(len(rows))[None], torch.tensor(style)[None])
            each = _of_what_came(net, hidden, events, len(part))
        found.append(each[start - first :])
    return np.concatenate(found) if found else np.zeros((0, 3))


def _of_what_came(net: Composer, hidden: torch.Tensor, events: torch.Tensor, count: int) -> NDArray[np.float64]:
    """Of the last `count` events, (count, 3)."""
    import torch

    then = events[:, 1:][:, -count:]
    _, delta, length, key = net.told(hidden[:, :-1][:, -count:], then)
    delta, length, key = (torch.softmax(x[0].double(), dim=-1) for x in (delta, length, key))
    row = then[0]
    # Advances of LONGEST and more are one symbol: what is left of the distribution from there on.
    least = (LONGEST - row[:, GAP]).clamp(min=0)
    tail = delta.flip(-1).cumsum(-1).flip(-1).gather(-1, least[:, None])[:, 0]
    when = torch.where(row[:, DELTA] >= least, tail, delta.gather(-1, row[:, DELTA, None])[:, 0])
    return np.stack(
        [
            when.numpy(),
            length.gather(-1, row[:, LENGTH, None])[:, 0].numpy(),
            key.gather(-1, row[:, KEY, None])[:, 0].numpy(),
        ],
        axis=1,
    )
