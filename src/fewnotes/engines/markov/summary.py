"""What was learned, in words and plain numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fewnotes.engines import Progress
from fewnotes.engines.markov.bits import TESTED_NOTES, Reader, notes_read
from fewnotes.engines.markov.reading.form import plan_of, repeated_share
from fewnotes.engines.markov.reading.lines import TICKS
from fewnotes.engines.markov.reading.model import Model, events_read
from fewnotes.engines.markov.reading.shelf import keys_of, meters_of
from fewnotes.engines.markov.writing.output import instrument_name, usual_tempo
from fewnotes.music.piece import Piece
from fewnotes.music.pitch import name

_TESTED_PIECES = 3
_READ_PIECES = 12

_STEP_NAMES = {
    0: "the same note again", 1: "half a step", 2: "a whole step", 3: "a minor third", 4: "a major third",
    5: "a fourth", 6: "a tritone", 7: "a fifth", 8: "a minor sixth", 9: "a major sixth",
    10: "a minor seventh", 11: "a major seventh", 12: "an octave",
}  # fmt: skip
_LENGTH_NAMES = {
    4 * TICKS: "whole note", 3 * TICKS: "dotted half", 2 * TICKS: "half", 3 * TICKS // 2: "dotted quarter",
    TICKS: "quarter", 3 * TICKS // 4: "dotted eighth", TICKS // 2: "eighth", TICKS // 3: "triplet eighth",
    TICKS // 4: "sixteenth", TICKS // 8: "thirty-second",
}  # fmt: skip


def describe(pieces: Sequence[Piece], model: Model, progress: Progress) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Plain values for the style file, and sentences for people."""
    shelf = model.shelf
    keys = Counter(str(key) for key in keys_of([p for p in pieces if len(p.notes)]))
    meters = meters_of(pieces)
    steps = _steps(model)
    lengths = _lengths(model)
    repeated = [repeated_share(plan_of(v)) for v in shelf.pieces]
    known, unknown = _predictability(pieces, progress)
    notes = sum(len(p.notes) for p in pieces)
    lines = [(part, line) for part, line in zip(shelf.layout.parts, model.lines, strict=True) if line.notes]
    ranges = [
        f"{instrument_name(part.program, False)} {name(line.lowest)} to {name(line.highest)}"
        for part, line in lines
        if not part.is_drum
    ]
    sentences = [
        f"{len(pieces)} piece{'s' * (len(pieces) != 1)} with {notes:,} note{'s' * (notes != 1)}.",
        f"Keys: {_listed(keys)}. Meters, by bars: {_listed(Counter({f'{a}/{b}': n for (a, b), n in meters.items()}))}.",
        f"New pieces are for {_instruments(model)}, in {shelf.key} and {_meter_chosen(model)} unless asked otherwise.",
        f"Usual tempo {usual_tempo(pieces, model):.0f} quarters a minute.",
    ]
    if ranges:
        sentences.append(f"Ranges: {'; '.join(ranges[:8])}.")
    if steps:
        sentences.append("The top line moves mostly by " + _shares(steps, _step_name) + ".")
    if lengths:
        sentences.append("Commonest note values: " + _shares(lengths, _length_name) + ".")
    sentences.append(f"{100 * float(np.mean(repeated or [0])):.0f} % of bars repeat an earlier bar note for note.")
    sentences += _left_out(pieces, model)
    values = {
        "key": [shelf.key.fifths, shelf.key.mode],
        "meter": list(shelf.meter),
        "tracks": [[program, drum] for program, drum in shelf.layout.tracks],
        "unused": [index for index, _ in shelf.unused],
        "repeated_bars": round(float(np.mean(repeated or [0])), 4),
        "bits_a_note": None if known is None else round(known, 4),
        "bits_a_note_before": None if unknown is None else round(unknown, 4),
        "bits_notes": TESTED_NOTES,
    }
    return values, tuple(sentences)


def _left_out(pieces: Sequence[Piece], model: Model) -> list[str]:
    """What of the pieces is not read, or read otherwise than it stands."""
    shelf = model.shelf

    def called(index: int) -> str:
        title = pieces[index].title
        return f"Piece {index + 1}" + (f" ({title})" if title else "")

    found = [f"{called(i)} is not used for new pieces: {why}." for i, why in shelf.unused]
    found += [f"{called(i)} lies beside its barlines and is read as if moved onto them." for i in shelf.moved]
    long = [v for v in shelf.pieces if sum(map(len, v.lines)) > events_read(len(shelf.pieces))]
    if long:
        whose = "every piece" if len(long) == len(pieces) else f"{len(long)} long piece{'s' * (len(long) != 1)}"
        found.append(
            f"Of {whose} only the first two thirds of {events_read(len(shelf.pieces)):,} notes and chords, and the last"
            " third, are read for new pieces; what lies between is not."
        )
    return found


def _meter_chosen(model: Model) -> str:
    """The meter of new pieces, and why it is that one."""
    wanted, pieces = model.shelf.meter, model.shelf.pieces
    having = sum(wanted in v.bars.meter for v in pieces)
    return f"{wanted[0]}/{wanted[1]}" + (f" (as {having} of {len(pieces)} pieces are)" if len(pieces) > 1 else "")


def _instruments(model: Model) -> str:
    """The tracks written, in words: "piano (2 tracks)"."""
    names = Counter(instrument_name(*track).lower() for track in model.shelf.layout.tracks)
    return ", ".join(f"{word} ({n} tracks)" if n > 1 else word for word, n in names.items())


def _listed(count: Counter[str]) -> str:
    return ", ".join(f"{word} ({n})" for word, n in count.most_common(5))


def _shares(count: Counter[int], names: Callable[[int], str]) -> str:
    total = sum(count.values())
    return ", ".join(f"{names(v)} ({100 * n / total:.0f} %)" for v, n in count.most_common(3))


def _step_name(semitones: int) -> str:
    return _STEP_NAMES.get(semitones, "more than an octave")


def _length_name(ticks: int) -> str:
    """A note value, the nearest one where none fits."""
    near = min(_LENGTH_NAMES, key=lambda value: abs(np.log2(max(ticks, 1) / value)))
    return _LENGTH_NAMES[near] if near == ticks else f"about a {_LENGTH_NAMES[near]}"


def _top_line(model: Model) -> int | None:
    pitched = [i for i in model.order if not model.shelf.layout.parts[i].is_drum and model.lines[i].notes]
    if not pitched:
        return None
    return pitched[1] if len(pitched) > 1 else pitched[0]


def _steps(model: Model) -> Counter[int]:
    top = _top_line(model)
    found: Counter[int] = Counter()
    if top is None:
        return found
    for voiced in model.shelf.pieces:
        tops = [e.pitches[-1] for e in voiced.lines[top] if e.pitches]
        found.update(abs(b - a) for a, b in itertools.pairwise(tops))
    return found


def _lengths(model: Model) -> Counter[int]:
    found: Counter[int] = Counter()
    for voiced in model.shelf.pieces:
        for events in voiced.lines:
            found.update(min(e.length, max(e.durations)) for e in events if e.pitches)
    return found


def _predictability(pieces: Sequence[Piece], progress: Progress) -> tuple[float | None, float | None]:
    """Mean bits a note of up to three pieces, each after reading the others and after reading nothing."""
    usable = [p for p in pieces if len(p.notes) > 1]
    if len(usable) < 2:
        return None, None
    chosen = np.unique(np.linspace(0, len(usable) - 1, min(_TESTED_PIECES, len(usable))).astype(int)).tolist()
    known, unknown = [], []
    for done, index in enumerate(chosen):
        reader = Reader()
        for i, other in enumerate(usable[:_READ_PIECES]):
            if i != index:
                reader.learn(other, notes_read(len(usable)))
        known.append(reader.surprisal(usable[index], TESTED_NOTES).bits_per_note)
        unknown.append(Reader().surprisal(usable[index], TESTED_NOTES).bits_per_note)
        progress(done + 1, len(chosen), "testing what was learned")
    return float(np.mean(known)), float(np.mean(unknown))
