"""The composer: a net that learned across many styles how music goes on, fitted to one from a few pieces.

`frame` turns pieces into notes on steps and back. `fitting` holds the trained net and what a style changes in it,
`prediction` what was read word for word and how it is weighed with the net. A new piece is planned (`planned`: form,
harmony, close), then written note by note (`writing`). `composing` makes whole pieces, `editing` carries on, fills in
and varies, `dressing` harmonizes and transfers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import ComposeRequest, EditRequest, Progress, Surprisal, no_progress
from fewnotes.engines.transformer import dressing, editing
from fewnotes.engines.transformer.composing import Known, composed
from fewnotes.engines.transformer.fitting.learning import learned
from fewnotes.engines.transformer.fitting.pretrained import chances, pretrained
from fewnotes.engines.transformer.frame import Frame, events_of, frame_of
from fewnotes.engines.transformer.planned.progression import Progression
from fewnotes.engines.transformer.prediction.telling import TESTED_NOTES, Memory, mixed, notes_read, remembered
from fewnotes.engines.transformer.prediction.telling import surprisal as told
from fewnotes.engines.transformer.writing.decoding import Voice
from fewnotes.errors import BadInput
from fewnotes.meta.events import FAMILIES, NO_KEY
from fewnotes.music.guard import Guard, LineNote
from fewnotes.music.piece import Piece
from fewnotes.style import Part, Style

TITLE = (
    "Composes note by note: a transformer trained across many styles and fitted to this one, with what it read at hand"
)
NAME = "transformer"


def learn(pieces: Sequence[Piece], *, seed: int = 0, progress: Progress = no_progress, way: str = "") -> Part:
    """Fit the net to a style and find out how much it and what was read count. way: "unfitted" only reads.

    Raises BadInput without notes, NotInstalled without torch.
    """
    heard = [piece for piece in pieces if len(piece.notes)]
    if not heard:
        raise BadInput("There is no note in these pieces", expected="at least one piece with notes")
    base = pretrained()
    found = learned(base, heard, seed, progress, fit=way != "unfitted")
    arrays: dict[str, NDArray[Any]] = {"style": found.style}
    arrays |= {f"net.{name}": array for name, array in found.changed.items()}
    values: dict[str, Any] = {"checkpoint": base.digest, "steps": found.steps, "bits_notes": TESTED_NOTES}
    words = "The composer has read the piece; how well it foretells others needs a second one to find out."
    if found.bits is not None and found.before is not None:
        values |= {"bits_a_note": found.bits, "bits_a_note_before": found.before}
        words = (
            f"The composer foretells a piece left out within {found.bits:.2f} bits a note, "
            f"{found.before:.2f} before it read the others."
        )
    progress(10, 10, "Learned")
    return Part(arrays, values, (words,))


def compose(style: Style, request: ComposeRequest, *, progress: Progress = no_progress) -> list[Piece]:
    """New pieces, unranked. The same style, request and seed give the same pieces.

    Raises NotPossible for a meter that cannot be written, BadParameter for programs that fit no piece.
    """
    return composed(known_of(style), request, style.name or "these pieces", progress)


def extend(
    style: Style, piece: Piece, bars: int, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """The piece and so many bars more in the style."""
    return editing.continued(known_of(style), piece, bars, request, progress)


def infill(
    style: Style, piece: Piece, where: tuple[int, int], tracks: tuple[int, ...] | None, request: EditRequest, *,
    progress: Progress = no_progress,
) -> list[Piece]:  # fmt: skip
    """Bars written anew, the best first. Raises BadParameter for bars and tracks that the piece does not have."""
    return editing.infilled(known_of(style), piece, where, tracks, request, progress)


def vary(
    style: Style, piece: Piece, strength: float, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """The piece with more or less of its notes changed, its form and harmony kept."""
    return editing.varied(known_of(style), piece, strength, request, progress)


def harmonize(style: Style, piece: Piece, request: EditRequest, *, progress: Progress = no_progress) -> list[Piece]:
    """The melody of a piece with parts of the style. Raises NotPossible for a style of one line."""
    return dressing.harmonized(known_of(style), piece, request, progress)


def dress(
    style: Style, piece: Piece, strength: float, request: EditRequest, *, progress: Progress = no_progress
) -> list[Piece]:
    """A piece in the clothes of the style."""
    return dressing.transferred(known_of(style), piece, strength, request, progress)


def transfer(piece: Piece, style: Style, strength: float, seed: int) -> Piece:
    """One piece in the clothes of the style, as it is measured."""
    return dress(style, piece, strength, EditRequest(candidates=1, seed=seed))[0]


def surprisal(piece: Piece, style: Style | None) -> Surprisal:
    """Bits of every note; `style=None` is before learning."""
    if style is None:
        return _before(piece)
    return _after(piece, style)


@lru_cache(maxsize=32)
def _before(piece: Piece) -> Surprisal:
    base = pretrained()
    events = events_of(piece)
    net = chances(base.net, events, base.style(np.zeros((0, 1), np.float32)))
    chance, _ = mixed([net], remembered(events, (), net))
    return told(chance)


@lru_cache(maxsize=64)
def _after(piece: Piece, style: Style) -> Surprisal:
    base, known = pretrained(), known_of(style)
    events = events_of(piece)
    nets = [chances(base.net, events, known.voice.style)]
    if known.voice.net is not base.net:
        nets.append(chances(known.voice.net, events, known.voice.style))
    chance, _ = mixed(nets, remembered(events, (_memory_of(style),), nets[-1]))
    return told(chance)


@lru_cache(maxsize=4)
def _memory_of(style: Style) -> Memory:
    """What was read of the pieces of a style."""
    support = [piece for piece in style.support if len(piece.notes)]
    return Memory().read([events_of(piece) for piece in support], notes_read(len(support)))


@lru_cache(maxsize=4)
def known_of(style: Style) -> Known:
    """A style, ready to be written in. Raises BadInput where another checkpoint learned it."""
    base, part = pretrained(), style.parts[NAME]
    if part.values["checkpoint"] != base.digest:
        raise BadInput(
            "This style was learned with another checkpoint of the composer",
            expected="a style that was learned with the checkpoint in use",
            fix="Learn it again from its pieces",
        )
    changed = {k.removeprefix("net."): v for k, v in part.arrays.items() if k.startswith("net.")}
    support = [piece for piece in style.support if len(piece.notes)]
    frames = tuple(frame_of(piece) for piece in support)
    voice = Voice(
        base.fitted(changed),
        part.arrays["style"],
        Guard(_lines(frames), 12),
    )
    modes = {frame.minor for frame in frames}
    progressions = {mode: Progression([f for f in frames if f.minor == mode]) for mode in modes}
    shares = style.profile.get("borrowing", {}).get("cardinalities", ())
    return Known(frames, progressions, voice, float(np.percentile(shares, 95)) if len(shares) else 1.0)


def _lines(frames: Sequence[Frame]) -> list[list[LineNote]]:
    """The upper and the lower notes of each track that is no drums."""
    found = []
    for frame in frames:
        for track, family in enumerate(frame.families):
            if family != FAMILIES - 1:
                notes = frame.of(track)
                upper: dict[int, int] = {}
                lower: dict[int, int] = {}
                for time, _, key, _ in notes.tolist():
                    upper[time] = max(key, upper.get(time, -1))
                    lower[time] = min(key, lower.get(time, NO_KEY))
                found += [sorted(upper.items()), *([] if upper == lower else [sorted(lower.items())])]
    return found
