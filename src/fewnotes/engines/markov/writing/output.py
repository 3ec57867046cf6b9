"""From lines of events to a Piece: instruments, tempo, key, loudness."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fewnotes.engines import ComposeRequest
from fewnotes.engines.markov.reading.facts import Moment
from fewnotes.engines.markov.reading.lines import TICKS, Event
from fewnotes.engines.markov.reading.model import LineModel, Model
from fewnotes.engines.markov.writing.finish import closed, unstruck, without_slivers
from fewnotes.engines.markov.writing.rules import Rules
from fewnotes.errors import BadParameter
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, note_array

#: What sixteen families of General MIDI are called, eight programs each.
_FAMILIES = (
    "Piano", "Mallets", "Organ", "Guitar", "Bass", "Strings", "Ensemble", "Brass", "Reed", "Pipe", "Lead", "Pad",
    "Effects", "Plucked", "Percussion", "Sounds",
)  # fmt: skip
_KNOWN = {
    40: "Violin", 41: "Viola", 42: "Violoncello", 43: "Double bass", 52: "Voice", 53: "Voice", 56: "Trumpet",
    57: "Trombone", 60: "Horn", 68: "Oboe", 70: "Bassoon", 71: "Clarinet", 73: "Flute", 74: "Recorder",
}  # fmt: skip
DEFAULT_TEMPO = 120.0


def instrument_name(program: int, is_drum: bool) -> str:
    return "Drums" if is_drum else _KNOWN.get(program, _FAMILIES[program // 8])


def tracks_of(model: Model, programs: Sequence[int] | None) -> tuple[Track, ...]:
    """The tracks written, named by instrument and numbered where an instrument comes twice.

    Raises BadParameter if `programs` has another length than there are tracks.
    """
    wanted = list(model.shelf.layout.tracks)
    if programs is not None:
        if len(programs) != len(wanted):
            raise BadParameter(
                f"programs names {len(programs)} instruments", expected=f"one for each of {len(wanted)} tracks"
            )
        wanted = [(program, drum) for program, (_, drum) in zip(programs, wanted, strict=True)]
    names = [instrument_name(*track) for track in wanted]
    tracks = []
    for i, ((program, drum), name) in enumerate(zip(wanted, names, strict=True)):
        number = f" {names[: i + 1].count(name)}" if names.count(name) > 1 else ""
        tracks.append(Track(name + number, program, drum))
    return tuple(tracks)


def usual_tempo(support: Sequence[Piece], model: Model) -> float:
    """Median of the first tempos of the pieces that have the meter written."""
    found = [
        support[v.source].tempos[0].quarters_per_minute
        for v in model.shelf.pieces
        if model.shelf.meter in v.bars.meter and support[v.source].tempos
    ]
    return float(np.clip(np.median(found), 20, 400)) if found else DEFAULT_TEMPO


def to_piece(model: Model, moment: Moment, rules: Rules, request: ComposeRequest, tempo: float, title: str) -> Piece:
    """The finished piece; notes of lines that lie outside the bounds asked for are moved by octaves."""
    shelf = model.shelf
    rows: list[tuple[int, ...]] = []
    taken: set[tuple[int, int, int]] = set()
    end = moment.bars.starts[-1]
    for number, part in enumerate(shelf.layout.parts):
        voice = part.part if part.split.kind == "voice" else 0
        staff = {"staff": part.part, "hands": 2 - part.part}.get(part.split.kind, 0)
        events: Sequence[Event] = moment.lines[number].events
        for event in events if part.is_drum else closed(without_slivers(events), moment.bars):
            loud = _loudness(model.lines[number], moment, event.onset)
            for i, pitch in enumerate(event.pitches):
                sounding = pitch if part.is_drum else _bounded(pitch + rules.moves[number], request)
                length = event.durations[i] if len(event.durations) > 1 else event.durations[0]
                key = (event.onset, part.track, sounding)
                if key in taken:
                    continue
                taken.add(key)
                length = max(1, min(length, end - event.onset))
                rows.append((event.onset, length, part.track, sounding, loud, voice, staff))
    return Piece(
        TICKS,
        tracks_of(model, request.programs),
        note_array(unstruck(rows)),
        (Meter(0, *shelf.meter),),
        (Tempo(0, request.tempo or tempo),),
        (KeySignature(0, shelf.key.fifths, shelf.key.mode),),
        pickup_tick=moment.bars.pickup,
        title=title,
    )


def _bounded(pitch: int, request: ComposeRequest) -> int:
    low = request.lowest if request.lowest is not None else 0
    high = request.highest if request.highest is not None else 127
    while pitch < low:
        pitch += 12
    while pitch > high:
        pitch -= 12
    return pitch if pitch >= low else max(low, min(high, pitch + 12))


def _loudness(line: LineModel, moment: Moment, onset: int) -> int:
    place = moment.bars.place(moment.bar_at(onset), onset)
    return max(1, min(127, line.velocity.get(place, line.loudness)))
