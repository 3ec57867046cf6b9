"""The Markov engine: variable-order prediction over linked rhythm, pitch and voice. No net, no checkpoint.

`hybrid` is the IDyOM predictor on sequences, checked against print. Pieces are written by the same predictor over
viewpoints (`facts`, `viewpoint`): for each line first the rhythm of the next event, then its pitches, given the
place in the bar and in the form, the past of the line, and what the other lines do. `form` lets bars return as they
do in the support set, `guard` keeps lines from copying, `rules` holds ranges and closing notes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.engines import ComposeRequest, Progress, Surprisal, no_progress
from fewnotes.engines.markov.bits import piece_bits
from fewnotes.engines.markov.reading.lines import Event
from fewnotes.engines.markov.reading.model import Model, make_model
from fewnotes.engines.markov.reading.shelf import make_shelf
from fewnotes.engines.markov.summary import describe
from fewnotes.engines.markov.writing.guard import HARD, Guard
from fewnotes.engines.markov.writing.output import to_piece, usual_tempo
from fewnotes.engines.markov.writing.writer import Writer
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import shared_passages
from fewnotes.style import Part, Style

TITLE = "Variable-order Markov model (PPM): recombines what it has read, bar by bar; knows nothing but the pieces"

_REDRAWS = 4


def learn(pieces: Sequence[Piece], *, seed: int = 0, progress: Progress = no_progress) -> Part:
    """What a person should know about the pieces. The notes themselves stand in the style; nothing else is kept.

    Raises BadInput if there is no note in them.
    """
    shelf = make_shelf(pieces)
    model = make_model(pieces, shelf, bounds_only=True)
    values, summary = describe(pieces, model, progress)
    return Part(values=values, summary=summary)


def compose(style: Style, request: ComposeRequest, *, progress: Progress = no_progress) -> list[Piece]:
    """New pieces, unranked. The same style, request and seed give the same pieces.

    Raises NotPossible for a meter or mode that no piece of the style has.
    """
    support = style.support
    shelf = make_shelf(support, request.key, request.meter)
    model = make_model(support, shelf)
    guard = Guard(_pitched_lines(model))
    tempo = usual_tempo(support, model)
    name = style.name or "these pieces"
    drafts: list[Piece] = []
    total = request.candidates * request.bars
    for number in range(request.candidates):
        title = f"Sketch {number + 1} in the style of {name}"

        def at_bar(bar: int, done: int = number * request.bars) -> None:
            progress(min(done + bar, total), total, "composing")

        best: tuple[int, Piece] | None = None
        for attempt in range(_REDRAWS):
            rng = np.random.default_rng([request.seed, number, attempt])
            writer = Writer(model, guard, request, rng)
            moment = writer.write(at_bar)
            draft = to_piece(model, moment, writer.rules, request, tempo, title)
            fault = _fault(draft, support, drafts)
            if best is None or fault < best[0]:
                best = (fault, draft)
            if fault == 0:
                break
        assert best is not None
        drafts.append(best[1])
    progress(total, total, "composing")
    return drafts


def surprisal(piece: Piece, style: Style | None) -> Surprisal:
    """Bits of every note; `style=None` is before learning: what the piece tells about itself alone."""
    return piece_bits(piece, style.support if style is not None else ())


def _pitched_lines(model: Model) -> list[Sequence[Event]]:
    parts = model.shelf.layout.parts
    return [events for v in model.shelf.pieces for i, events in enumerate(v.lines) if not parts[i].is_drum and events]


def _fault(draft: Piece, support: Sequence[Piece], before: Sequence[Piece]) -> int:
    """0 for a draft that can stand; else how bad it is: empty, a twin of another, or too long a copied run."""
    if len(draft.notes) == 0:
        return 1_000_000
    if any(draft == other for other in before):
        return 500_000
    for passage in shared_passages(draft, support):
        if passage.notes > HARD[0] + 1 and passage.beats > 8:
            return passage.notes
    return 0
