"""How notes lie to beats: pieces that are beside their barlines, and bars that mix two divisions of the beat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.markov.prediction.ppm import Ints
from fewnotes.engines.markov.reading.lines import TICKS, Voiced
from fewnotes.music.piece import Piece
from fewnotes.music.time import DEFAULT_METER, beat_length_tick

#: A piece with fewer notes on beats than the first share, and more than the second once it is moved, lies beside
#: its barlines.
_BESIDE, _RIGHT = 0.15, 0.4
#: Divisions of a beat: none, in two and four, in three and six, in other parts.
WHOLE, DUPLE, TRIPLE, OTHER = range(4)


def on_the_beat(piece: Piece) -> Piece:
    """The piece, moved by up to a beat in sixteenths if its notes lie beside its beats throughout."""
    step = piece.ticks_per_quarter / 4
    meter = piece.meters[0] if piece.meters else DEFAULT_METER
    beat = float(beat_length_tick(meter, piece.ticks_per_quarter))
    onset = piece.notes["onset_tick"].astype(np.int64)
    count = round(beat / step) - 1
    if len(onset) < 16 or count < 1:
        return piece

    def share(move: int) -> float:
        into = (onset + round(move * step) - piece.pickup_tick) % beat
        return float((np.minimum(into, beat - into) < step / 4).mean())

    if share(0) >= _BESIDE:
        return piece
    moves = [m for m in range(-count, count + 1) if int(onset.min()) + round(m * step) >= 0]
    best = max(moves, key=lambda m: (round(share(m), 2), -abs(m), -m))
    if share(best) <= _RIGHT:
        return piece
    notes = piece.notes.copy()
    notes["onset_tick"] += round(best * step)
    return replace(piece, notes=notes)


def with_upbeat(piece: Piece) -> Piece:
    """The piece, its first bar made a pickup if nothing sounds in the first half of it."""
    if not len(piece.notes) or piece.pickup_tick or piece.barlines_tick:
        return piece
    meter = piece.meters[0] if piece.meters else DEFAULT_METER
    bar = round(piece.ticks_per_quarter * 4 * meter.numerator / meter.denominator)
    rest = int(piece.notes["onset_tick"].min())
    if not bar <= 2 * rest < 2 * bar:
        return piece
    notes = piece.notes.copy()
    notes["onset_tick"] -= rest
    return replace(
        piece,
        notes=notes,
        pickup_tick=bar - rest,
        meters=tuple(m._replace(onset_tick=max(0, m.onset_tick - rest)) for m in piece.meters),
        tempos=piece.tempos[:1],
        keys=piece.keys[:1],
        graces=piece.graces[:0],
        chords=(),
    )


def divisions(places: Ints) -> NDArray[np.int64]:
    """Which division of a quarter each place in a bar belongs to, shape as given."""
    return np.select(
        [places % TICKS == 0, places % (TICKS // 16) == 0, places % (TICKS // 24) == 0], [WHOLE, DUPLE, TRIPLE], OTHER
    )


def mixed_share(voiced: Voiced) -> float:
    """Share of bars that hold notes of two divisions, of those that hold notes beside quarters; 0 where none do."""
    starts = np.asarray(voiced.bars.starts)
    onset = np.asarray(sorted({e.onset for events in voiced.lines for e in events if e.pitches}), np.int64)
    bar = np.clip(np.searchsorted(starts, onset, side="right") - 1, 0, len(starts) - 2)
    kinds = divisions(onset - starts[bar])
    found = [set(kinds[bar == b].tolist()) - {WHOLE} for b in np.unique(bar)]
    divided = [k for k in found if k]
    return sum(len(k) > 1 for k in divided) / len(divided) if divided else 0.0
