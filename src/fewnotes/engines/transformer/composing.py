"""Whole pieces: planned, written together as one batch, and written again where they come too near to a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import ComposeRequest, Progress
from fewnotes.engines.transformer.frame import Frame, events_of, loudness, unstruck
from fewnotes.engines.transformer.planned.plan import Plan, planned
from fewnotes.engines.transformer.planned.progression import Progression
from fewnotes.engines.transformer.writing.decoding import Voice, write
from fewnotes.engines.transformer.writing.priming import heard
from fewnotes.engines.transformer.writing.sheet import KEY, LENGTH, TIME, TRACK
from fewnotes.meta.events import STEPS_PER_QUARTER
from fewnotes.music.guard import is_close, is_copy
from fewnotes.music.piece import NOTE, KeySignature, Meter, Piece, Tempo, Track, sort_notes
from fewnotes.music.similarity import shared_passages, window_shares
from fewnotes.music.time import DEFAULT_QUARTERS_PER_MINUTE

Ints = NDArray[np.int64]
TICKS = 480
#: A draft is written anew so often at most.
_ATTEMPTS = 3


@dataclass(frozen=True)
class Known:
    """What pieces are written from: the support set as frames, how harmony goes on in either mode, and what writes."""

    frames: tuple[Frame, ...]
    progressions: dict[bool, Progression]
    voice: Voice
    #: How much sharing of a window is usual among the pieces of the style.
    usual_share: float


def composed(known: Known, request: ComposeRequest, name: str, progress: Progress) -> list[Piece]:
    """As many pieces as asked for; those of one number of tracks are written together."""
    found: dict[int, Piece] = {}
    for attempt in range(_ATTEMPTS):
        missing = [n for n in range(request.candidates) if n not in found]
        if not missing:
            break
        plans = {n: _plan(known, request, (n, attempt)) for n in missing}
        for count in sorted({len(p.sheet.families) for p in plans.values()}):
            numbers = [n for n in missing if len(plans[n].sheet.families) == count]
            seed = int(np.random.default_rng([request.seed, attempt, count]).integers(2**31))
            before = [primed(known, plans[n].model, np.random.default_rng([request.seed, n, attempt])) for n in numbers]
            written = write(
                known.voice, [plans[n].sheet for n in numbers], seed, temperature=request.temperature,
                before=np.stack(before),
                watch=lambda bar: progress(min(bar, request.bars - 1), request.bars, "Composing"),
            )  # fmt: skip
            for number, notes in zip(numbers, written, strict=True):
                piece = to_piece(plans[number], notes, request, f"Sketch {number + 1} in the style of {name}")
                if len(piece.notes) and (attempt == _ATTEMPTS - 1 or not too_near(piece, known)):
                    found[number] = piece
    progress(request.bars, request.bars, "Composing")
    return [found[n] for n in sorted(found)]


def primed(known: Known, model: Frame, rng: np.random.Generator) -> NDArray[np.int32]:
    """What is heard before a piece is written: pieces of the style, its model last."""
    first = next(i for i, frame in enumerate(known.frames) if frame is model)
    return heard([events_of(frame.piece) for frame in known.frames], first, rng)


def _plan(known: Known, request: ComposeRequest, number: tuple[int, int]) -> Plan:
    rng = np.random.default_rng([request.seed, *number])
    return planned(known.frames, known.progressions, request, rng)


def too_near(piece: Piece, known: Known) -> bool:
    """Does it follow one source for long, or keep too near to single places?"""
    support = [frame.piece for frame in known.frames]
    if any(is_copy(passage) for passage in shared_passages(piece, support)):
        return True
    return is_close(window_shares(piece, support), known.usual_share)


def to_piece(plan: Plan, written: Ints, request: ComposeRequest, title: str) -> Piece:
    """The finished piece; tracks that cannot keep to bounds asked for are moved by octaves."""
    model, sheet = plan.model, plan.sheet
    tracks = [model.piece.tracks[t] for t in model.tracks]
    if request.programs is not None:
        tracks = [Track(t.name, p, t.is_drum) for t, p in zip(tracks, request.programs, strict=True)]
    drum = np.array([t.is_drum for t in tracks], bool)[written[:, TRACK]]
    rows = np.zeros(len(written), NOTE)
    scale = TICKS // STEPS_PER_QUARTER
    rows["onset_tick"], rows["duration_tick"] = written[:, TIME] * scale, written[:, LENGTH] * scale
    rows["track"] = written[:, TRACK]
    sounding = np.where(drum, written[:, KEY], np.clip(written[:, KEY] - plan.shift, 0, 127))
    rows["pitch"] = np.where(drum, sounding, bounded(sounding, request))
    rows["velocity"] = loudness(model, written)
    tempo = request.tempo or (model.piece.tempos[0].quarters_per_minute if model.piece.tempos else None)
    return Piece(
        TICKS,
        tuple(tracks),
        unstruck(sort_notes(rows), np.ones(len(rows), bool)),
        (Meter(0, *plan.meter),),
        (Tempo(0, tempo or DEFAULT_QUARTERS_PER_MINUTE),),
        (KeySignature(0, plan.key.fifths, plan.key.mode),),
        pickup_tick=int(sheet.lines[1]) * scale if model.piece.pickup_tick and sheet.bars > request.bars else 0,
        title=title,
    )


def bounded(pitch: Ints, request: ComposeRequest) -> Ints:
    """Pitches moved by octaves between the bounds asked for."""
    low = 0 if request.lowest is None else request.lowest
    high = 127 if request.highest is None else request.highest
    up = pitch + 12 * np.ceil(np.maximum(0, low - pitch) / 12).astype(np.int64)
    down = up - 12 * np.ceil(np.maximum(0, up - high) / 12).astype(np.int64)
    return np.asarray(np.clip(down, low, high))
