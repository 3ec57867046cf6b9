"""The sketch pad: an adversarial pair that learned across many styles, and learns one from a few pieces in seconds.

`pad` is the trained nets of a checkpoint; `scene` what they know when they write; `adapting` how a style is learned;
`drawing` new phrases, with locks; `decoding` how codes become tokens; `ideas` which phrases are kept; `morphing` a path
between two phrases; `writing` phrases as pieces; `plain` other GANs to compare with.

A `Part` of this engine holds the phrases of the support set, where its pieces lie among styles, the generator where it
changed, and how phrases are laid out as tracks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import Progress, no_progress
from fewnotes.engines import relation as judging
from fewnotes.engines.gan.adapting import adapted
from fewnotes.engines.gan.decoding import Habits
from fewnotes.engines.gan.drawing import Drawn, Locks, draw
from fewnotes.engines.gan.pad import Pad, pad
from fewnotes.engines.gan.scene import Support, Wish
from fewnotes.engines.gan.writing import Layout, layout_of, to_piece
from fewnotes.errors import BadInput, NotPossible
from fewnotes.meta.phrases import Frame, Phrase, phrases
from fewnotes.meta.preprocess import normalised
from fewnotes.music.piece import Meter, Piece
from fewnotes.style import Part

if TYPE_CHECKING:
    from fewnotes.nets.phrase_gan import AdversarialPair

__all__ = ["Drawn", "Habits", "Locks", "Sketcher", "Wish", "draw", "learn", "pad", "sketcher", "to_piece"]

TITLE = "Sketches phrases of four bars: a GAN trained across many styles, fitted to one from a few pieces"
#: Phrases of one support piece at most.
_MOST = 24


def learn(pieces: Sequence[Piece], *, seed: int = 0, progress: Progress = no_progress, way: str = "") -> Part:
    """The style as the sketch pad has it. Raises BadInput where no piece has four full bars, NotInstalled.

    way: "" learns; "unlearned" only remembers the pieces; "untrained" begins from nets that know no style. The last two
    are what learning is measured against.
    """
    found, owner = [], []
    for number, piece in enumerate(pieces):
        cut = phrases(normalised(piece), _MOST)
        found += cut
        owner += [number] * len(cut)
    if not found:
        raise BadInput(
            "There are no four full bars of one meter in these pieces",
            expected="at least one piece with four bars and six notes",
        )
    own = pad()
    heard = [pieces[i] for i in dict.fromkeys(owner)]
    vectors = judging.judge().embed(heard)
    arrays: dict[str, NDArray[Any]] = {
        "tokens": np.concatenate([p.tokens for p in found], axis=1),
        "frames": np.array([_frame_row(p) for p in found], np.int16),
        "piece": np.unique(np.array(owner), return_inverse=True)[1].astype(np.int16),
        "vectors": vectors.astype(np.float32),
    }
    support = _support(own, arrays)
    result = adapted(own, support, seed, lambda done, total: progress(done, total, "Learning to sketch"), way)
    arrays |= {f"generator.{name}": values for name, values in result.arrays.items()}
    values = {
        "checkpoint": own.digest,
        "steps": result.steps,
        "distances": list(result.distances),
        "lost": round(float(np.mean([p.lost for p in found])), 4),
        "layout": layout_of(heard, found).to_dict(),
        "layouts": [layout_of([pieces[i]], _of(found, owner, i)).to_dict() for i in dict.fromkeys(owner)],
    }
    words = f"{len(found)} phrases of four bars to sketch from"
    words += f"; {result.steps} steps of learning brought sketches nearer to them." if result.steps else "."
    return Part(arrays, values, (words,))


@dataclass(frozen=True)
class Sketcher:
    """A style ready to sketch in. layout: of the style. layouts: of each piece of the support set."""

    pad: Pad
    support: Support
    layout: Layout
    layouts: tuple[Layout, ...]
    changed: dict[str, NDArray[Any]]

    @cached_property
    def pair(self) -> AdversarialPair:
        return self.pad.fresh_pair(self.changed)

    def wishes(self, count: int, seed: int, meter: tuple[int, int] | None = None) -> list[Wish]:
        """Wishes as phrases of the style have them, one in one meter. Raises NotPossible where none has it."""
        usable = [
            Wish.like(p, int(piece))
            for p, piece in zip(self.support.phrases, self.support.piece, strict=True)
            if meter in (None, (p.frame.meter.numerator, p.frame.meter.denominator))
        ]
        if not usable:
            known = sorted({f"{p.frame.meter.numerator}/{p.frame.meter.denominator}" for p in self.support.phrases})
            raise NotPossible(
                f"No phrase of this style is in {meter[0]}/{meter[1]}" if meter else "This style has no phrase",
                expected=f"one of {', '.join(known)}",
            )
        order = np.random.default_rng(seed).integers(0, len(usable), count)
        return [usable[i] for i in order.tolist()]

    def draw(
        self, wishes: Sequence[Wish], seed: int, *, temperature: float = 1.0, locks: Locks | None = None,
        habits: Habits | None = None,
    ) -> list[Drawn]:  # fmt: skip
        """One phrase for each wish. habits: others than those of the style."""
        return draw(
            self.pad, self.pair, self.support, wishes, seed, temperature=temperature, locks=locks, habits=habits
        )

    def piece(
        self, phrase: Phrase, wish: Wish | None = None, *, tonic: int | None = None, shift: int | None = None,
        tempo: float | None = None,
    ) -> Piece:  # fmt: skip
        """A phrase as a piece, laid out as the piece that it was wished like is, else as most of the style."""
        layout = self.layout if wish is None else self.layouts[wish.piece]
        return to_piece(phrase, layout, tonic=tonic, shift=shift, tempo=tempo)


def sketcher(part: Part) -> Sketcher:
    """What a part can do. Raises BadInput where another checkpoint learned it."""
    own = pad()
    if part.values["checkpoint"] != own.digest:
        raise BadInput(
            "This style was learned by another version of the sketch pad",
            expected="a style that was learned with the checkpoint in use",
            fix="Learn the style again from its pieces",
        )
    arrays = dict(part.arrays)
    changed = {k.removeprefix("generator."): v for k, v in arrays.items() if k.startswith("generator.")}
    layouts = tuple(Layout.from_dict(dict(values)) for values in part.values["layouts"])
    return Sketcher(own, _support(own, arrays), Layout.from_dict(dict(part.values["layout"])), layouts, changed)


def _of(found: Sequence[Phrase], owner: Sequence[int], piece: int) -> list[Phrase]:
    return [p for p, i in zip(found, owner, strict=True) if i == piece]


def _frame_row(phrase: Phrase) -> tuple[int, ...]:
    meter = phrase.frame.meter
    return (meter.numerator, meter.denominator, phrase.frame.slots, int(phrase.minor), phrase.first_bar, phrase.shift)


def _support(own: Pad, arrays: dict[str, NDArray[Any]]) -> Support:
    found, start = [], 0
    for numerator, denominator, slots, minor, first, shift in arrays["frames"].tolist():
        frame = Frame(Meter(0, numerator, denominator), slots)
        tokens = arrays["tokens"][:, start : start + frame.length]
        found.append(Phrase(tokens, frame, bool(minor), first, shift))
        start += frame.length
    vectors = np.array([own.style(v[None]) for v in arrays["vectors"]], np.float32)
    return Support(tuple(found), tuple(own.encode(found)), arrays["piece"].astype(np.int64), vectors)
