"""An engine of two: the composer writes more than is asked for, the judge keeps what is most in the style.

What it learns is what its two engines learn, as one part. Drafts that follow a source are thrown away by the composer;
of the rest the relation network takes those most like the style, none of them nearly the same as another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import ComposeRequest, EditRequest, Progress, Surprisal, no_progress, relation, transformer
from fewnotes.music.piece import Piece
from fewnotes.style import Part, Style, joined

TITLE = "A composer and a judge: a transformer fitted to the style writes, a relation network chooses"
NAME = "trio"
#: Drafts for each piece that is given, and at most.
_DRAFTS, _MOST = 2, 16
#: Drafts whose embeddings are nearer than this (cosine) say the same.
_SAME = 0.995


def learn(pieces: Sequence[Piece], *, seed: int = 0, progress: Progress = no_progress) -> Part:
    """What the composer and the judge learn. Raises BadInput without notes, NotInstalled without torch."""
    composer = transformer.learn(pieces, seed=seed, progress=progress)
    judge = relation.learn(pieces, seed=seed, progress=no_progress)
    found = joined({"transformer": composer, "relation": judge})
    own = {k: v for k, v in composer.values.items() if k.startswith("bits_")}
    return replace(found, values={**found.values, **own})


def compose(style: Style, request: ComposeRequest, *, progress: Progress = no_progress) -> list[Piece]:
    """New pieces, the most like the style first. Raises NotPossible, BadParameter as the composer does."""
    more = replace(request, candidates=_count(request.candidates))
    drafts = transformer.compose(_inside(style), more, progress=progress)
    return _chosen(style, drafts, request.candidates)


def judge(style: Style, pieces: Sequence[Piece]) -> list[float]:
    """How much each piece is in the style, 0 to 1."""
    inside = _inside(style)
    vectors = relation.judge().embed(list(pieces))
    return [float(x) for x in relation.scores(inside.parts["relation"], vectors)]


def extend(
    style: Style, piece: Piece, bars: int, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """See `fewnotes.engines.transformer.extend`; of more drafts those most in the style."""
    drafts = transformer.extend(_inside(style), piece, bars, _more(request), progress=progress)
    return _chosen(style, drafts, request.candidates)


def infill(
    style: Style, piece: Piece, where: tuple[int, int], tracks: tuple[int, ...] | None, request: EditRequest, *,
    progress: Progress = no_progress,
) -> list[Piece]:  # fmt: skip
    """See `fewnotes.engines.transformer.infill`, which knows best what leads on."""
    return transformer.infill(_inside(style), piece, where, tracks, request, progress=progress)


def vary(
    style: Style, piece: Piece, strength: float, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """See `fewnotes.engines.transformer.vary`; of more drafts those most in the style."""
    return _chosen(
        style, transformer.vary(_inside(style), piece, strength, _more(request), progress=progress), request.candidates
    )


def harmonize(style: Style, piece: Piece, request: EditRequest, *, progress: Progress = no_progress) -> list[Piece]:
    """See `fewnotes.engines.transformer.harmonize`; of more drafts those most in the style."""
    return _chosen(
        style, transformer.harmonize(_inside(style), piece, _more(request), progress=progress), request.candidates
    )


def dress(
    style: Style, piece: Piece, strength: float, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """See `fewnotes.engines.transformer.dress`; of more drafts those most in the style."""
    return _chosen(
        style, transformer.dress(_inside(style), piece, strength, _more(request), progress=progress), request.candidates
    )


def transfer(piece: Piece, style: Style, strength: float, seed: int) -> Piece:
    """One piece in the clothes of the style, as it is measured."""
    return dress(style, piece, strength, EditRequest(candidates=1, seed=seed))[0]


def surprisal(piece: Piece, style: Style | None) -> Surprisal:
    """Bits of every note, as the composer has them."""
    return transformer.surprisal(piece, _inside(style) if style is not None else None)


def _more(request: EditRequest) -> EditRequest:
    return replace(request, candidates=_count(request.candidates))


def _count(asked: int) -> int:
    """Drafts for so many pieces."""
    return min(max(_MOST, asked), _DRAFTS * asked)


@lru_cache(maxsize=4)
def _inside(style: Style) -> Style:
    """The style as its two engines know it; learned now where it was not."""
    parts = {name: style.known(name) for name in ("transformer", "relation")}
    missing = [name for name, part in parts.items() if part is None]
    engines = {"transformer": transformer, "relation": relation}
    found = {name: part for name, part in parts.items() if part is not None}
    found |= {name: engines[name].learn(style.support, seed=0) for name in missing}
    return replace(style, parts=found)


def _chosen(style: Style, drafts: Sequence[Piece], count: int) -> list[Piece]:
    """The most like the style first, without near doubles as long as there are others."""
    if len(drafts) <= 1:
        return list(drafts)
    vectors = relation.judge().embed(list(drafts))
    scores = relation.log_odds(_inside(style).parts["relation"], vectors)
    order = np.argsort(-scores, kind="stable").tolist()
    kept: list[int] = []
    for i in order:
        if all(_alike(vectors[i], vectors[j]) < _SAME for j in kept):
            kept.append(i)
    rest = [i for i in order if i not in kept]
    return [drafts[i] for i in (*kept, *rest)[:count]]


def _alike(one: NDArray[np.float32], two: NDArray[np.float32]) -> float:
    return float(one @ two / max(1e-9, float(np.linalg.norm(one) * np.linalg.norm(two))))
