"""The Markov engine: variable-order prediction over linked rhythm, pitch and voice. No net, no checkpoint.

`hybrid` is the IDyOM predictor on sequences, checked against print. Pieces are written by the same predictor over
viewpoints (`facts`, `viewpoint`): for each line first the rhythm of the next event, then its pitches, given the
place in the bar and in the form, the past of the line, and what the other lines do. `form` lets bars return as they
do in the support set, `texture` says which lines sound in which bar, `guard` keeps lines from copying, `rules` holds
ranges, manners and closing notes, `pool` measures drafts and draws again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.engines import ComposeRequest, Progress, Surprisal, no_progress
from fewnotes.engines.markov.bits import piece_bits
from fewnotes.engines.markov.reading.lines import TICKS, Event
from fewnotes.engines.markov.reading.model import Model, make_model
from fewnotes.engines.markov.reading.shelf import make_shelf
from fewnotes.engines.markov.summary import describe
from fewnotes.engines.markov.writing.output import to_piece, usual_tempo
from fewnotes.engines.markov.writing.pool import Pool, Verdict, usual_bits
from fewnotes.engines.markov.writing.writer import Writer
from fewnotes.errors import NotPossible
from fewnotes.music.guard import Guard, LineNote
from fewnotes.music.piece import Piece
from fewnotes.style import Part, Style

TITLE = "Recombines what it has read, note by note, and knows nothing but the pieces (variable-order Markov model, PPM)"

#: Draws for one candidate at most.
_DRAWS = 4
#: Once so many notes are drawn, a draft without a fault is kept, however far from the usual bits a note.
_DRAWN_NOTES = 1500


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

    Raises NotPossible for a meter or mode that no piece of the style has, and for sections or chords asked for.
    """
    if request.form or request.chords:
        raise NotPossible(
            "The engine markov writes no sections and no chords that are asked for",
            fix="Leave out the sections and chords, or learn the style with --engine trio",
        )
    support = style.support
    shelf = make_shelf(support, request.key, request.meter)
    model = make_model(support, shelf)
    guard = Guard(_pitched_lines(model), TICKS)
    tempo = usual_tempo(support, model)
    name = style.name or "these pieces"
    drawn = 0
    pool = Pool(style, usual_bits(style), request.temperature)
    total = request.candidates * request.bars
    for number in range(request.candidates):
        title = f"Sketch {number + 1} in the style of {name}"

        def at_bar(bar: int, done: int = number * request.bars) -> None:
            progress(min(done + bar, total), total, "composing")

        best: tuple[Verdict, Piece] | None = None
        for attempt in range(_DRAWS):
            rng = np.random.default_rng([request.seed, number, attempt])
            writer = Writer(model, guard, request, rng, pool.sharpness)
            moment = writer.write(at_bar)
            draft = to_piece(model, moment, writer.rules, request, tempo, title)
            verdict = pool.judge(draft)
            if best is None or verdict < best[0]:
                best = (verdict, draft)
            drawn += len(draft.notes)
            if verdict.stands or (drawn > _DRAWN_NOTES and not verdict.fault):
                break
        assert best is not None
        pool.kept.append(best[1])
    progress(total, total, "composing")
    return pool.kept


def surprisal(piece: Piece, style: Style | None) -> Surprisal:
    """Bits of every note; `style=None` is before learning: what the piece tells about itself alone."""
    return piece_bits(piece, style.support if style is not None else ())


def _pitched_lines(model: Model) -> list[list[LineNote]]:
    """The upper notes of each line that is no drums, and the lower ones where there are two at a time."""
    parts = model.shelf.layout.parts
    lines = [events for v in model.shelf.pieces for i, events in enumerate(v.lines) if not parts[i].is_drum]
    return [_side(events, side) for events in lines if events for side in (-1, 0) if side or _is_double(events)]


def _side(events: Sequence[Event], side: int) -> list[LineNote]:
    return [(e.onset, e.pitches[side]) for e in events if e.pitches]


def _is_double(events: Sequence[Event]) -> bool:
    return any(len(e.pitches) > 1 for e in events)
