"""The trained nets of a checkpoint: coder, adversarial pair, the scale of codes. torch is loaded here, when used."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import BadInput, NotInstalled
from fewnotes.meta.phrases import (
    FACTS,
    LINES,
    UNIT,
    VOCABULARY,
    WISHES,
    Phrase,
    facts_of,
    in_units,
)  # fmt: skip
from fewnotes.store.checkpoints import Checkpoint, load_checkpoint

if TYPE_CHECKING:
    import torch

    from fewnotes.nets.phrase_gan import AdversarialPair

NAME = "gan"
Floats = NDArray[np.float32]
#: Standardised coordinates of a style beyond this say no more.
_CLIP = 3.0


@dataclass(frozen=True)
class Codes:
    """Codes of one phrase. mean, spread: (U, Z), standardised."""

    mean: Floats
    spread: Floats


class Pad:
    """One checkpoint, ready. Nothing in it changes; `fresh_pair` gives a pair that may."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        """Raises NotInstalled without torch, BadInput for a checkpoint of other phrases."""
        try:
            import torch
        except ImportError as error:
            raise NotInstalled(
                "The sketch pad needs torch, which is not installed", fix='pip install "fewnotes[nets]"'
            ) from error
        from fewnotes.nets.phrase_coder import CoderShape, PhraseCoder
        from fewnotes.nets.phrase_gan import AdversarialPair, PairShape

        coder, pair = (dict(checkpoint.config[name]) for name in ("coder", "pair"))
        asked = (coder["lines"], coder["vocabulary"], coder["unit"], coder["facts"], pair["wishes"])
        if asked != (LINES, VOCABULARY, UNIT, FACTS, WISHES):
            raise BadInput(
                "The checkpoint was trained on phrases of another shape",
                expected=f"{LINES} lines of {VOCABULARY} tokens",
                fix="Use the checkpoint that came with this version",
            )
        arrays = checkpoint.arrays
        self.digest, self.said, self.config = checkpoint.digest, checkpoint.said, checkpoint.config
        self._coder = PhraseCoder(CoderShape.from_dict(coder))
        self._coder.load_state_dict(_state(torch, arrays, "coder."))
        self._coder.eval()
        self._pair = AdversarialPair(PairShape.from_dict(pair))
        self._pair.load_state_dict(_state(torch, arrays, "pair."))
        self._pair.eval()
        self._scale = tuple(arrays[f"scale.{n}"].astype(np.float32) for n in ("mean", "spread"))
        self._style_scale = tuple(arrays[f"style.{n}"].astype(np.float32) for n in ("mean", "spread"))

    def fresh_pair(self, changed: dict[str, NDArray[Any]] | None = None) -> AdversarialPair:
        """A copy of the pair as it was meta-trained, with the arrays of a generator that learned a style put in."""
        import torch

        pair = copy.deepcopy(self._pair)
        if changed:
            pair.generator.load_state_dict({k: torch.from_numpy(np.array(v)).float() for k, v in changed.items()})
        return pair

    def untrained_pair(self, seed: int) -> AdversarialPair:
        """A pair of the same shape that learned nothing: what meta-training is measured against."""
        import torch

        from fewnotes.nets.phrase_gan import AdversarialPair

        torch.manual_seed(seed)
        return AdversarialPair(self._pair.shape)

    def style(self, vectors: Floats) -> Floats:
        """The embeddings of a style's pieces by the judge, (K, D), as the nets take them: (D,)."""
        mean, spread = self._style_scale
        return np.asarray(np.clip((vectors - mean) / spread, -_CLIP, _CLIP).mean(axis=0), np.float32)

    def encode(self, phrases: Sequence[Phrase]) -> list[Codes]:
        """Codes of phrases, one by one frame."""
        import torch

        found: list[Codes] = []
        mean, spread = self._scale
        with torch.inference_mode():
            for phrase in phrases:
                tokens = torch.from_numpy(in_units(phrase.tokens, phrase.frame).astype(np.int64))[None]
                facts = torch.from_numpy(facts_of(phrase.frame, phrase.minor))[None]
                use = torch.ones(1, phrase.frame.units, dtype=torch.bool)
                a, b = self._coder.encode(tokens, facts, use)
                found.append(
                    Codes(_single((a[0].numpy() - mean) / spread), _single(np.exp(0.5 * b[0].numpy()) / spread))
                )
        return found

    def decode(self, codes: torch.Tensor, facts: torch.Tensor, use: torch.Tensor) -> torch.Tensor:
        """Logits of tokens, (B, U, LINES, UNIT, VOCABULARY), of standardised codes (B, U, Z)."""
        import torch

        mean, spread = (torch.from_numpy(x) for x in self._scale)
        found: torch.Tensor = self._coder.decode(codes * spread + mean, facts, use)
        return found


@lru_cache(maxsize=2)
def pad(name: str = NAME) -> Pad:
    """The sketch pad of a checkpoint. Raises NotInstalled, BadInput, StoreError."""
    return Pad(load_checkpoint(name))


def _single(x: NDArray[Any]) -> Floats:
    return np.asarray(x, np.float32)


def _state(torch: Any, arrays: Any, prefix: str) -> dict[str, Any]:
    return {
        name.removeprefix(prefix): torch.from_numpy(np.array(values)).float()
        for name, values in arrays.items()
        if name.startswith(prefix)
    }
