"""Piece to MIDI: format 1, one track for tempos and meters, then one for each Track. Same Piece, same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import gcd

import numpy as np

from fewnotes.codecs import Encoded
from fewnotes.codecs.midi import meta
from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.codecs.midi.structure import CHUNK, END, HEADER, LARGEST, variable_length
from fewnotes.music.edit import rescale
from fewnotes.music.piece import KeySignature, Meter, NoteArray, Piece, Track

_LARGEST_DIVISION = 32_767
_FALLBACK_DIVISION = 20_160
#: Whoever has no number of a maker uses this one in sequencer events.
_NO_MAKER = b"\x7d"
_EMPTY_TEXT = b"\xff\x01\x00"
_DRUMS = 9
_PITCHED = tuple(channel for channel in range(16) if channel != _DRUMS)


def write(piece: Piece, mark: str) -> Encoded:
    """See `encode`."""
    losses = Repairs()
    piece = _in_range(piece, losses)
    _say_what_is_lost(piece, losses)
    channels = _channels_of(piece.tracks, losses)
    chunks = [_conductor(piece, mark, losses)]
    bounds = piece.notes["track"]
    for number, (track, channel) in enumerate(zip(piece.tracks, channels, strict=True)):
        head = _meta(meta.TRACK_NAME, _bytes(track.name)) if track.name else b""
        head += bytes((0, 0xC0 | channel, track.program))
        chunks.append(head + _note_events(piece.notes[bounds == number], channel))
    parts = [HEADER.pack(b"MThd", 6, 1, len(chunks), piece.ticks_per_quarter)]
    for chunk in chunks:
        parts += (CHUNK.pack(b"MTrk", len(chunk) + 4), chunk, b"\x00", END)
    return Encoded(b"".join(parts), losses.notices())


def _in_range(piece: Piece, losses: Repairs) -> Piece:
    """The piece with at most 32767 ticks a quarter, exact where its ticks have a common divisor."""
    if piece.ticks_per_quarter <= _LARGEST_DIVISION:
        return piece
    ticks = [*piece.notes["onset_tick"].tolist(), *piece.notes["duration_tick"].tolist(), piece.pickup_tick]
    for changes in (piece.meters, piece.tempos, piece.keys, piece.chords):
        ticks += [change.onset_tick for change in changes]
    divisor = gcd(piece.ticks_per_quarter, *ticks)
    division = piece.ticks_per_quarter // divisor
    if division > _LARGEST_DIVISION:
        division = _FALLBACK_DIVISION
        losses.add(
            "times-rounded", f"MIDI has at most {_LARGEST_DIVISION} ticks a quarter; times are rounded to {division}"
        )
    return rescale(piece, division)


def _say_what_is_lost(piece: Piece, losses: Repairs) -> None:
    if len(piece.graces):
        losses.add("graces-dropped", f"MIDI has no grace notes; {len(piece.graces)} are left out")
    if piece.notes["voice"].any() or piece.notes["staff"].any():
        losses.add("voices-dropped", "MIDI has no voices and staves; notes keep their track only")
    if piece.barlines_tick:
        losses.add("barlines-dropped", "MIDI has bars by meter only; barlines elsewhere are left out")
    empty = sorted(set(range(len(piece.tracks))) - set(np.unique(piece.notes["track"]).tolist()))
    if empty:
        message = f"Tracks without notes, which most programs leave out: {len(empty)}"
        losses.add("empty-track", message, f"track {empty[0] + 1}")
    notes = piece.notes
    end = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
    order = np.lexsort((end, notes["onset_tick"], notes["pitch"], notes["track"]))
    key = (notes["track"].astype(np.int64) << 8 | notes["pitch"])[order]
    nested = (np.diff(key) == 0) & (np.diff(end[order]) < 0)
    if nested.any():
        first = int(notes["onset_tick"][order][1:][nested][0])
        losses.add(
            "nested-notes",
            f"MIDI holds no pitch struck again while it sounds; notes whose lengths change: {int(nested.sum())}",
            f"tick {first}",
        )


def _conductor(piece: Piece, mark: str, losses: Repairs) -> bytes:
    """The track of what concerns all parts."""
    events: list[tuple[int, bytes]] = []
    if piece.title:
        events.append((0, _body(meta.TRACK_NAME, _bytes(piece.title))))
    if mark:
        text = _bytes(mark)
        events += [(0, _body(kind, text)) for kind in (meta.TEXT, meta.COPYRIGHT, meta.MARKER)]
        events.append((0, _body(meta.SEQUENCER, _NO_MAKER + text)))
    if piece.composer:
        events.append((0, _body(meta.TEXT, meta.COMPOSER_PREFIX + _bytes(piece.composer))))
    for meter in _written_meters(piece, losses):
        power = meter.denominator.bit_length() - 1
        events.append((meter.onset_tick, _body(meta.METER, bytes((meter.numerator, power, 24, 8)))))
    for key in _written_keys(piece.keys, losses):
        events.append((key.onset_tick, _body(meta.KEY, bytes((key.fifths & 255, key.mode == "minor")))))
    for tempo in piece.tempos:
        microseconds = round(meta.MICROSECONDS_A_MINUTE / tempo.quarters_per_minute)
        if round(meta.MICROSECONDS_A_MINUTE / microseconds, 3) != round(tempo.quarters_per_minute, 3):
            losses.add(
                "tempo-rounded", "MIDI tempos are whole microseconds a quarter; rounded", f"tick {tempo.onset_tick}"
            )
        events.append((tempo.onset_tick, _body(meta.TEMPO, microseconds.to_bytes(3, "big"))))
    for chord in piece.chords:
        events.append((chord.onset_tick, _body(meta.TEXT, meta.CHORD_PREFIX + _bytes(chord.text))))
    events.sort(key=lambda event: event[0])
    out: list[bytes] = []
    now = 0
    for tick, body in events:
        out += (_time(tick - now), body)
        now = tick
    return b"".join(out)


def _written_meters(piece: Piece, losses: Repairs) -> list[Meter]:
    """Meters as the file states them: a pickup is a short meter of its own."""
    meters = list(piece.meters)
    if piece.pickup_tick:
        whole = 4 * piece.ticks_per_quarter
        unit = gcd(piece.pickup_tick, whole)
        numerator, denominator = piece.pickup_tick // unit, whole // unit
        first = meters[0] if meters else Meter(0, 4, 4)
        short = [Meter(0, numerator, denominator), first._replace(onset_tick=piece.pickup_tick), *meters[1:]]
        in_order = all(a.onset_tick < b.onset_tick for a, b in pairwise(short))
        fits = numerator <= 255 and denominator in (1, 2, 4, 8, 16, 32, 64, 128)
        if fits and in_order and meta.pickup_of(short, piece.ticks_per_quarter):
            return short
        losses.add("pickup-dropped", "The pickup cannot be written as a short meter; bars count from the first note")
    if meta.pickup_of(meters, piece.ticks_per_quarter):
        losses.add("pickup-gained", "The first bar is shorter than the next meter; readers may take it for a pickup")
    return meters


def _written_keys(keys: tuple[KeySignature, ...], losses: Repairs) -> tuple[KeySignature, ...]:
    if len(keys) > 1 and keys[0] == KeySignature(0, 0, ""):
        # What a reader puts before the first key signature of a file.
        keys = keys[1:]
    for key in keys:
        if not key.mode:
            losses.add(
                "key-mode",
                "MIDI keys are major or minor; a key without a mode is written as major",
                f"tick {key.onset_tick}",
            )
    return keys


def _note_events(notes: NoteArray, channel: int) -> bytes:
    """Note-ons, and note-offs as velocity 0, in running status; off before on where they meet."""
    onset = notes["onset_tick"].astype(np.int64)
    ticks = np.concatenate([onset, onset + notes["duration_tick"]])
    pitches = np.concatenate([notes["pitch"], notes["pitch"]])
    velocities = np.concatenate([notes["velocity"], np.zeros(len(notes), np.uint8)])
    # Stable: notes of one onset and key stay in order of duration, as they must end.
    order = np.lexsort((velocities > 0, ticks))
    status = bytes((0x90 | channel,))
    out: list[bytes] = []
    now = -1
    for tick, pitch, velocity in zip(
        ticks[order].tolist(), pitches[order].tolist(), velocities[order].tolist(), strict=True
    ):
        time = _time(tick - max(now, 0))
        if now < 0 or tick - now > LARGEST:
            time += status
        now = tick
        out.append(time + bytes((pitch, velocity)))
    return b"".join(out)


def _time(ticks: int) -> bytes:
    """Time before an event; where it is too long for one number, with empty texts on the way."""
    out = b""
    while ticks > LARGEST:
        out += variable_length(LARGEST) + _EMPTY_TEXT
        ticks -= LARGEST
    return out + variable_length(ticks)


def _bytes(text: str) -> bytes:
    return text.encode(errors="replace")


def _body(kind: int, payload: bytes) -> bytes:
    return bytes((0xFF, kind)) + variable_length(len(payload)) + payload


def _meta(kind: int, payload: bytes) -> bytes:
    return b"\x00" + _body(kind, payload)


def _channels_of(tracks: Sequence[Track], losses: Repairs) -> list[int]:
    """One channel a track: drums on 10, others on one of their own while there are enough.

    With more than 15 pitched tracks those of one program share first; with more than 15 programs unlike ones do,
    and a player then gives some the wrong instrument (a notice says so). Readers keep tracks apart in any case.
    """
    programs = list(dict.fromkeys(track.program for track in tracks if not track.is_drum))
    home = {program: _PITCHED[number % len(_PITCHED)] for number, program in enumerate(programs)}
    free = list(_PITCHED[len(programs) :])
    settled: set[int] = set()
    channels = []
    for track in tracks:
        if track.is_drum:
            channels.append(_DRUMS)
        elif track.program not in settled or not free:
            settled.add(track.program)
            channels.append(home[track.program])
        else:
            channels.append(free.pop(0))
    if len(programs) > len(_PITCHED):
        losses.add(
            "channels-shared",
            f"{len(programs)} programs share {len(_PITCHED)} channels; players may give some tracks a wrong instrument",
        )
    if len({track.program for track in tracks if track.is_drum}) > 1:
        losses.add("drum-kits-shared", "All drums are on channel 10; players may use one drum kit for all of them")
    return channels
