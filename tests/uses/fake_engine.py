"""A tiny engine for the tests of uses and faces: it counts pitches, writes quarters of them, and is deterministic."""

from __future__ import annotations

import numpy as np

from fewnotes.engines import ComposeRequest, Surprisal, no_progress
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, note_array
from fewnotes.style import Part, Style

TITLE = "Counts of pitches, for tests"


def learn(pieces, *, seed=0, progress=no_progress):
    count = np.zeros(128)
    for piece in pieces:
        count += np.bincount(piece.notes["pitch"], minlength=128)
    progress(1, 1, "Counting")
    return Part({"count": count}, {"pieces": len(pieces)}, (f"{int(count.sum())} notes counted",))


def compose(style: Style, request: ComposeRequest, *, progress=no_progress):
    weight = np.array(style.parts["fake"].arrays["count"], float)
    weight[: request.lowest or 0] = 0
    weight[(request.highest if request.highest is not None else 127) + 1 :] = 0
    drafts = []
    for number in range(request.candidates):
        rng = np.random.default_rng([request.seed, number])
        beats, unit = request.meter or (4, 4)
        length = 480 * 4 // unit
        pitch = rng.choice(128, size=request.bars * beats, p=weight / weight.sum())
        rows = [(i * length, length, 0, int(p), 80, 0, 0) for i, p in enumerate(pitch)]
        keys = (KeySignature(0, *request.key),) if request.key else ()
        tempo = Tempo(0, request.tempo or 120.0)
        drafts.append(Piece(480, (Track("Tune", 0),), note_array(rows), (Meter(0, beats, unit),), (tempo,), keys))
    return drafts


def surprisal(piece: Piece, style: Style | None):
    count = np.ones(128) if style is None else np.array(style.parts["fake"].arrays["count"]) + 0.1
    bits = -np.log2(count / count.sum())[piece.notes["pitch"]]
    return Surprisal(bits, {"pitch": bits})
