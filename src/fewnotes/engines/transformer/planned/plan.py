"""A plan for a new piece before its first note: tracks and meter, form, harmony, fullness, and how it closes.

Each plan follows one piece of the style, its model: it has its instruments, lets bars return where they return there,
and ends as it ends. Harmony is drawn anew from all pieces of the mode.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import ComposeRequest
from fewnotes.engines.transformer.frame import Frame
from fewnotes.engines.transformer.planned import form
from fewnotes.engines.transformer.planned.progression import Progression
from fewnotes.engines.transformer.writing.sheet import KEY, LENGTH, TIME, TRACK, Sheet, lines_of
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.meta.events import FAMILIES, LONGEST, STEPS_PER_QUARTER, key_shift_of
from fewnotes.music.key import Key
from fewnotes.music.time import DEFAULT_METER, meter_at

Ints = NDArray[np.int64]
#: Bounds asked for that leave a track less room than this move it by octaves instead.
_LEAST_ROOM = 12


@dataclass(frozen=True)
class Plan:
    """What is to be written. model: the frame of the piece it follows. key, meter: of the new piece."""

    sheet: Sheet
    model: Frame
    key: Key
    meter: tuple[int, int]

    @property
    def shift(self) -> int:
        """Semitones from sounding keys to those of the sheet."""
        return key_shift_of(self.key)


def planned(
    frames: Sequence[Frame], progressions: dict[bool, Progression], request: ComposeRequest, rng: np.random.Generator
) -> Plan:
    """A plan. Raises NotPossible for a meter that cannot be written, BadParameter for programs that fit no piece."""
    model = _model(frames, request, rng)
    key = Key(*request.key) if request.key else model.key
    meter = request.meter or commonest_meter(model)
    bar = bar_steps(meter)
    pickup = _pickup(model) if meter == commonest_meter(model) else 0
    lines = lines_of(bar, request.bars, pickup)
    sheet = Sheet.empty(model.families, lines, key.mode == "minor")
    low, high = _bounds(frames, model, key_shift_of(key), request)
    first = int(bool(pickup))
    again = form.returns(model, bar, request.bars, first, request.form)
    kinds = form.crowds(model, bar, request.bars)
    if request.density:
        kinds[:] = form.crowd(request.density * bar / STEPS_PER_QUARTER)
    longest, rest = spells(frames, model)
    sheet = replace(
        sheet, single=model.single, lowest=low, highest=high, longest=longest, rest=rest,
        again={} if request.chords and not request.form else again, outside=0.1 if request.chords else 1.0,
        crowd=np.concatenate([np.zeros(first, np.int64), kinds]),
    )  # fmt: skip
    progression = progressions.get(sheet.minor) or next(iter(progressions.values()))
    pitched = next((t for t, f in enumerate(model.families) if f != FAMILIES - 1), 0)
    sources = {i: source for (i, track), source in again.items() if track == pitched}
    classes = _given(request, lines, key_shift_of(key)) if request.chords else progression.drawn(lines, sources, rng)
    sheet = replace(sheet, classes=classes)
    if not request.chords:
        sheet = closed(sheet, model, bar)
    return Plan(sheet, model, key, meter)


def _given(request: ComposeRequest, lines: Ints, shift: int) -> Ints:
    """Pitch classes asked for at each step: chords spread evenly over the bars, a pickup has the first."""
    steps, first = int(lines[-1]), int(lines[-1] - (lines[-1] - lines[-2]) * request.bars)
    chord = np.clip(
        (np.arange(steps) - first) * len(request.chords) // max(1, steps - first), 0, len(request.chords) - 1
    )
    moved = [((c << shift % 12) | (c >> (12 - shift % 12))) & 4095 for c in request.chords]
    return np.array(moved, np.int64)[chord]


def commonest_meter(frame: Frame) -> tuple[int, int]:
    """The meter of most bars."""
    found = Counter((m.numerator, m.denominator) for m in (meter_at(frame.piece, int(t)) for t in frame.ticks[:-1]))
    return found.most_common(1)[0][0] if found else DEFAULT_METER[1:]


def bar_steps(meter: tuple[int, int]) -> int:
    """Steps of a bar. Raises NotPossible for one that does not fit the grid."""
    steps, rest = divmod(4 * STEPS_PER_QUARTER * meter[0], meter[1])
    if rest or not 1 <= steps <= LONGEST:
        raise NotPossible(
            f"This engine writes no bars of {meter[0]}/{meter[1]}",
            expected=f"bars of whole twelfths of a quarter, at most {LONGEST // STEPS_PER_QUARTER} quarters long",
            fix="Ask for another meter, or use the engine markov",
        )
    return steps


def _model(frames: Sequence[Frame], request: ComposeRequest, rng: np.random.Generator) -> Frame:
    """One of the pieces that have most of what is asked for."""
    if request.programs is not None:
        counts = sorted({len(f.families) for f in frames})
        frames = [f for f in frames if len(f.families) == len(request.programs)]
        if not frames:
            raise BadParameter(
                f"programs names {len(request.programs)} instruments",
                expected=f"one for each of {' or '.join(map(str, counts))} tracks",
            )
    wanted = [
        (request.meter is None or commonest_meter(f) == request.meter)
        + 2 * (request.key is None or f.key.mode == request.key[1])
        for f in frames
    ]
    best = [f for f, fits in zip(frames, wanted, strict=True) if fits == max(wanted)]
    return best[int(rng.integers(len(best)))]


def spells(frames: Sequence[Frame], model: Frame) -> tuple[Ints, Ints]:
    """The longest notes of each track, as pieces with the same instruments have them, and silences of the model.

    Where one piece of a style pauses, another need not: bounded by what any of them does, each new one pauses often.
    """
    alike = [f.spells() for f in frames if f.families == model.families] or [model.spells()]
    return np.max([s[0] for s in alike], axis=0), model.spells()[1]


def _pickup(frame: Frame) -> int:
    return int(frame.lines[1]) if frame.piece.pickup_tick else 0


def _bounds(frames: Sequence[Frame], model: Frame, shift: int, request: ComposeRequest) -> tuple[Ints, Ints]:
    """Lowest and highest key of each track, as pieces with the same instruments have it, or nearer as asked for."""
    drums = np.array(model.families) == FAMILIES - 1
    alike = [f for f in frames if f.families == model.families] or [model]
    spans = [
        (low - np.where(drums, 0, f.shift), high - np.where(drums, 0, f.shift))
        for f in alike
        for low, high in (f.ranges(),)
    ]
    low, high = np.min([s[0] for s in spans], axis=0), np.max([s[1] for s in spans], axis=0)
    least = 0 if request.lowest is None else request.lowest
    most = 127 if request.highest is None else request.highest
    room = np.minimum(high, most) - np.maximum(low, least) >= np.minimum(_LEAST_ROOM, high - low)
    low, high = (
        np.where(~drums & room, x, y) for x, y in ((np.maximum(low, least), low), (np.minimum(high, most), high))
    )
    moved = np.where(drums, 0, shift)
    return np.clip(low + moved, 0, 127), np.clip(high + moved, 0, 127)


def closed(sheet: Sheet, model: Frame, bar: int) -> Sheet:
    """The last bar ends with what the tracks of the model end with, where that stands in its last bar."""
    start = int(model.lines[-2])
    if model.lines[-1] - start > bar:
        return sheet
    notes = []
    for track, family in enumerate(model.families):
        own = model.of(track)
        last = own[own[:, TIME] == own[-1, TIME]] if len(own) else own
        if family != FAMILIES - 1 and len(last) and last[0, TIME] >= start:
            notes.append(last)
    if not notes:
        return sheet
    found = np.concatenate(notes)
    first = int(sheet.lines[-2]) + int(found[:, TIME].min()) - start
    found[:, TIME] += int(sheet.lines[-2]) - start
    found[:, LENGTH] = np.clip(found[:, LENGTH], 1, sheet.steps - found[:, TIME])
    open_, classes = sheet.open.copy(), sheet.classes.copy()
    for track in np.unique(found[:, TRACK]).tolist():
        own = found[found[:, TRACK] == track]
        open_[track, int(own[:, TIME].max()) :] = False
        low, high = int(sheet.lowest[track]), int(sheet.highest[track])
        found[found[:, TRACK] == track, KEY] = [_into(int(k), low, high) for k in own[:, KEY]]
    classes[first:] = model.classes[min(len(model.classes) - 1, start + first - int(sheet.lines[-2]))]
    drums = [t for t, family in enumerate(model.families) if family == FAMILIES - 1]
    open_[drums, first + 1 :] = False
    return replace(sheet, open=open_, classes=classes, closing=first).with_notes(
        np.unique(np.concatenate([sheet.locked, found]), axis=0)
    )


def _into(key: int, low: int, high: int) -> int:
    """The key, moved by octaves into a range."""
    while key < low:
        key += 12
    while key > high:
        key -= 12
    return key if key >= low else min(127, key + 12)
