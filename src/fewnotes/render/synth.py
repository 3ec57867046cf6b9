"""The plain synthesiser: harmonics under envelopes, in numpy, block by block. It always works and sounds plain.

Sound is made in blocks of a few seconds, so memory does not grow with the length of the piece, and at most
`MAX_VOICES` notes sound at once, so work does not grow with how thick it is.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import NoteArray, Piece
from fewnotes.music.time import seconds
from fewnotes.render.drums import hit
from fewnotes.render.timbres import Timbre, timbre_of

SAMPLE_RATE = 32_000
MAX_VOICES = 64
#: What is left to sound after the last note: its release, and the room.
TAIL_SECONDS = 1.2

_BLOCK = 8 * SAMPLE_RATE
_LOG_60_DB = 6.9
_VIBRATO_HERTZ = 5.5
_ROOM_SECONDS, _ROOM_LEVEL = 1.0, 0.13
_LOUDNESS = 0.17
_KNEE, _CEILING = 0.7, 0.97

Samples = NDArray[np.float32]


@dataclass
class Voices:
    """The notes of a piece as the synthesiser plays them, one item a note in every array, in order of onset.

    start, held, length: samples; `held` until the key is let go, `length` until silence. gain: left, right.
    """

    start: NDArray[np.int64]
    held: NDArray[np.int64]
    length: NDArray[np.int64]
    pitch: NDArray[np.int64]
    velocity: NDArray[np.float64]
    gain: NDArray[np.float64]
    timbre: list[Timbre | None]
    stolen: int = 0


def synthesize(piece: Piece, seconds_limit: float) -> tuple[Iterator[NDArray[np.int16]], int]:
    """Blocks of 16-bit stereo samples, each of shape (samples, 2), and how many notes were cut for want of voices.

    Sound stops at `seconds_limit`. A piece without notes is `TAIL_SECONDS` of silence.
    """
    voices = _voices(piece, int(seconds_limit * SAMPLE_RATE))
    end = int(voices.length.max(initial=0) and (voices.start + voices.held).max()) + int(TAIL_SECONDS * SAMPLE_RATE)
    return _blocks(voices, min(end, int(seconds_limit * SAMPLE_RATE))), voices.stolen


def _voices(piece: Piece, limit: int) -> Voices:
    notes = piece.notes
    onset = seconds(piece, notes["onset_tick"]) * SAMPLE_RATE
    offset = seconds(piece, notes["onset_tick"].astype(np.int64) + notes["duration_tick"]) * SAMPLE_RATE
    keep = onset < limit
    notes, onset, offset = notes[keep], onset[keep], np.minimum(offset[keep], limit)
    timbre = [None if t.is_drum else timbre_of(t.program) for t in piece.tracks]
    start = onset.astype(np.int64)
    held = np.maximum(1, offset.astype(np.int64) - start)
    voices = Voices(
        start=start,
        held=held,
        length=_lengths(notes, held, timbre),
        pitch=notes["pitch"].astype(np.int64),
        velocity=(notes["velocity"] / 127.0),
        gain=_gains(notes, len(piece.tracks), timbre),
        timbre=[timbre[t] for t in notes["track"].tolist()],
    )
    _steal(voices)
    return voices


def _lengths(notes: NoteArray, held: NDArray[np.int64], timbre: list[Timbre | None]) -> NDArray[np.int64]:
    """Samples until each note is silent."""
    length = held.copy()
    for track, sound in enumerate(timbre):
        of_track = notes["track"] == track
        pitch = notes["pitch"][of_track]
        if sound is None:
            sizes = {key: len(hit(key, SAMPLE_RATE)) for key in np.unique(pitch).tolist()}
            length[of_track] = [sizes[key] for key in pitch.tolist()]
            continue
        audible = held[of_track]
        if sound.decay:
            audible = np.minimum(audible, (_decay_seconds(sound, pitch) * SAMPLE_RATE).astype(np.int64))
        length[of_track] = audible + int(sound.release * SAMPLE_RATE)
    return length


def _decay_seconds(timbre: Timbre, pitch: NDArray[np.uint8] | int) -> NDArray[np.float64]:
    """High strings die sooner: half the time two octaves up."""
    return np.asarray(timbre.decay * 2.0 ** ((60.0 - np.asarray(pitch, np.float64)) / 24.0))


def _gains(notes: NoteArray, tracks: int, timbre: list[Timbre | None]) -> NDArray[np.float64]:
    """Left and right strength of each note: tracks are spread lightly from left to right, low to high within."""
    place = np.linspace(-0.45, 0.45, tracks) if tracks > 1 else np.zeros(1)
    place = np.where([t is None for t in timbre], 0.0, place)
    angle = np.clip(place[notes["track"]] + (notes["pitch"] - 64.0) / 220.0, -0.8, 0.8)
    angle = (angle + 1) * np.pi / 4
    level = np.asarray([0.9 if t is None else t.level for t in timbre])[notes["track"]]
    strength = level * (notes["velocity"] / 127.0) ** 1.4
    both = np.stack([np.cos(angle), np.sin(angle)], axis=1) * strength[:, None]
    return np.asarray(both * _master_gain(strength, notes))


def _master_gain(strength: NDArray[np.float64], notes: NoteArray) -> float:
    """One factor for the piece, so that its thickest moment is loud and clear of the limiter."""
    if len(strength) == 0:
        return 1.0
    begin = notes["onset_tick"].astype(np.int64)
    edges = np.concatenate([begin, begin + notes["duration_tick"]])
    change = np.concatenate([strength**2, -(strength**2)])
    order = np.lexsort((change, edges))
    thickest = float(np.cumsum(change[order]).max())
    return float(min(1.0, _LOUDNESS * 2 / np.sqrt(max(thickest, 1e-6))))


def _steal(voices: Voices) -> None:
    """Where more than MAX_VOICES notes would sound, end the one that has sounded longest."""
    sounding: deque[int] = deque()
    ends: list[tuple[int, int]] = []
    alive = np.zeros(len(voices.start), bool)
    count = 0
    for i, start in enumerate(voices.start.tolist()):
        while ends and ends[0][0] <= start:
            done = heapq.heappop(ends)[1]
            count -= int(alive[done])
            alive[done] = False
        while count >= MAX_VOICES:
            oldest = sounding.popleft()
            if alive[oldest]:
                alive[oldest] = False
                count -= 1
                voices.stolen += 1
                voices.held[oldest] = start - voices.start[oldest]
                voices.length[oldest] = min(voices.length[oldest], voices.held[oldest] + SAMPLE_RATE // 50)
        sounding.append(i)
        alive[i] = True
        count += 1
        heapq.heappush(ends, (start + int(voices.length[i]), i))


def _blocks(voices: Voices, end: int) -> Iterator[NDArray[np.int16]]:
    """Mix the notes block by block, add the room, limit, and turn to 16 bits."""
    room = Room()
    waiting = 0
    sounding: list[int] = []
    starts = voices.start
    for first in range(0, end, _BLOCK):
        size = min(_BLOCK, end - first)
        until = int(np.searchsorted(starts, first + size))
        sounding.extend(range(waiting, until))
        waiting = until
        mix = np.zeros((2, size), np.float32)
        for i in sounding:
            a = max(0, first - int(starts[i]))
            b = min(int(voices.length[i]), first + size - int(starts[i]))
            if b <= a:
                continue
            sound = _note(voices, i, a, b)
            at = int(starts[i]) + a - first
            left, right = voices.gain[i].astype(np.float32)
            mix[0, at : at + b - a] += left * sound
            mix[1, at : at + b - a] += right * sound
        sounding = [i for i in sounding if starts[i] + voices.length[i] > first + size]
        yield _to_16_bits(_soft_limit(room.add_to(mix)), is_last=first + size >= end)


def _note(voices: Voices, i: int, a: int, b: int) -> Samples:
    """Samples a to b of one note, counted from its onset, at full strength."""
    timbre = voices.timbre[i]
    pitch = int(voices.pitch[i])
    if timbre is None:
        return hit(pitch, SAMPLE_RATE)[a:b]
    hertz = 440.0 * 2.0 ** ((pitch - 69) / 12)
    count = min(len(timbre.harmonics), int(0.45 * SAMPLE_RATE / hertz))
    if count == 0:
        return np.zeros(b - a, np.float32)
    # The phase is counted in 2**32 parts of a turn: it wraps by itself and stays exact over minutes.
    turn = np.uint32(round(hertz / SAMPLE_RATE * 2**32))
    index = np.arange(a, b, dtype=np.uint32)
    phase = (index * turn).view(np.int32).astype(np.float32) * np.float32(np.pi / 2**31)
    t = index.astype(np.float32) / np.float32(SAMPLE_RATE)
    if timbre.vibrato:
        depth = hertz * (2 ** (timbre.vibrato / 1200) - 1) / _VIBRATO_HERTZ
        phase += np.float32(depth) * np.minimum(t * 2, 1) * np.sin(np.float32(2 * np.pi * _VIBRATO_HERTZ) * t)
    envelope = _envelope(timbre, pitch, t, int(voices.held[i]) / SAMPLE_RATE)
    dull = np.float32(0.72 + 0.28 * voices.velocity[i])
    if timbre.decay and timbre.damping:
        rate = 0.5 * timbre.damping * _LOG_60_DB / float(_decay_seconds(timbre, pitch))
        dull = dull * np.exp(np.float32(-rate) * t)
    return envelope * _harmonics(phase, timbre.harmonics[:count], dull)


def _harmonics(phase: Samples, weights: tuple[float, ...], dull: Samples | np.float32) -> Samples:
    """Sum over k of weights[k - 1] * dull**(k - 1) * sin(k * phase), scaled to the power of one sine.

    z(k) = dull**(k - 1) * sin(k x) follows z(k + 1) = 2 dull cos(x) z(k) - dull**2 z(k - 1): two products a
    harmonic and no further sine.
    """
    scale = np.float32(1 / np.sqrt(sum(w * w for w in weights)))
    step = 2 * dull * np.cos(phase)
    square = dull * dull
    before, now = np.zeros_like(phase), np.sin(phase)
    total = (scale * np.float32(weights[0])) * now
    for weight in weights[1:]:
        before, now = now, step * now - square * before
        if weight:
            total += (scale * np.float32(weight)) * now
    return np.asarray(total)


def _envelope(timbre: Timbre, pitch: int, t: Samples, held: float) -> Samples:
    rise = np.minimum(t / np.float32(timbre.attack), 1)
    # In logarithms, so that decay and release cost one exponential together.
    fall = np.maximum(t - np.float32(held), 0) * np.float32(-_LOG_60_DB / timbre.release)
    if timbre.decay:
        fall -= t * np.float32(_LOG_60_DB / float(_decay_seconds(timbre, pitch)))
    return np.asarray(rise * np.exp(fall))


class Room:
    """A small room: the mix convolved with two seconds-long tails of fading noise, the rest kept for the next block."""

    def __init__(self) -> None:
        length = int(_ROOM_SECONDS * SAMPLE_RATE)
        t = np.arange(length) / SAMPLE_RATE
        noise = np.random.default_rng(1).standard_normal((2, length)) * np.exp(-_LOG_60_DB * t / _ROOM_SECONDS)
        noise[:, : int(0.012 * SAMPLE_RATE)] = 0
        noise = (noise + np.roll(noise, 1, axis=1) + np.roll(noise, 2, axis=1)) / 3
        self._response = noise / np.sqrt((noise**2).sum(axis=1, keepdims=True))
        self._spectra: dict[int, NDArray[np.complex128]] = {}
        self._rest = np.zeros((2, length))

    def add_to(self, mix: Samples) -> Samples:
        """The mix with its echoes and those of the blocks before. Shape (2, samples)."""
        size, tail = mix.shape[1], self._response.shape[1]
        wet = np.zeros((2, size + tail))
        if mix.any():
            full = 1 << (size + tail - 1).bit_length()
            if full not in self._spectra:
                self._spectra[full] = np.fft.rfft(self._response, full)
            sent = np.fft.rfft(mix.mean(axis=0), full)
            wet = np.fft.irfft(sent * self._spectra[full], full)[:, : size + tail] * _ROOM_LEVEL
        wet[:, :tail] += self._rest[:, : min(tail, size + tail)]
        self._rest = wet[:, size : size + tail]
        return np.asarray(mix + wet[:, :size], np.float32)


def _soft_limit(mix: Samples) -> Samples:
    """Bend what is above the knee towards the ceiling, never reached."""
    size = np.abs(mix)
    over = size > _KNEE
    if over.any():
        room = _CEILING - _KNEE
        mix[over] = np.sign(mix[over]) * (_KNEE + room * np.tanh((size[over] - _KNEE) / room))
    return mix


def _to_16_bits(mix: Samples, *, is_last: bool) -> NDArray[np.int16]:
    if is_last:
        fade = min(mix.shape[1], SAMPLE_RATE // 20)
        mix[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return np.ascontiguousarray((mix.T * 32767).astype("<i2"))
