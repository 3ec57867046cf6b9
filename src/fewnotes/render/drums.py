"""Percussion for the plain synthesiser: each General MIDI drum key is a short tone, shaped noise, or both."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


class Drum(NamedTuple):
    """One hit.

    tone: frequency in Hz at the start and at the end of its glide; 0 for none. noise: band in Hz, or none.
    seconds: time to fall by 60 dB, of the tone and of the noise. mix: loudness of the tone, and of the noise.
    """

    name: str
    tone: tuple[float, float] = (0.0, 0.0)
    noise: tuple[float, float] | None = None
    seconds: tuple[float, float] = (0.3, 0.3)
    mix: tuple[float, float] = (1.0, 1.0)


def _tom(name: str, pitch: float) -> Drum:
    return Drum(name, (pitch * 1.5, pitch), (200, 2500), (0.55, 0.12), (1.0, 0.25))


def _wood(name: str, pitch: float, seconds: float = 0.12) -> Drum:
    return Drum(name, (pitch, pitch), (pitch * 0.8, pitch * 2.5), (seconds, 0.05), (0.8, 0.2))


def _skin(name: str, pitch: float, seconds: float = 0.3) -> Drum:
    return Drum(name, (pitch * 1.15, pitch), (500, 4000), (seconds, 0.06), (0.9, 0.3))


#: By General MIDI percussion key.
DRUMS: dict[int, Drum] = {
    35: Drum("Bass Drum 2", (105, 42), (30, 900), (0.5, 0.05), (1.5, 0.3)),
    36: Drum("Bass Drum", (130, 48), (30, 1500), (0.45, 0.04), (1.5, 0.3)),
    37: _wood("Side Stick", 1200, 0.07),
    38: Drum("Snare", (230, 180), (900, 9000), (0.2, 0.32), (0.6, 0.9)),
    39: Drum("Hand Clap", noise=(800, 4500), seconds=(0, 0.25)),
    40: Drum("Electric Snare", (260, 200), (1200, 11000), (0.2, 0.28), (0.6, 0.9)),
    41: _tom("Low Floor Tom", 72),
    42: Drum("Closed Hi-Hat", noise=(6500, 15000), seconds=(0, 0.09), mix=(0, 0.5)),
    43: _tom("High Floor Tom", 88),
    44: Drum("Pedal Hi-Hat", noise=(5500, 13000), seconds=(0, 0.12), mix=(0, 0.45)),
    45: _tom("Low Tom", 108),
    46: Drum("Open Hi-Hat", noise=(6000, 15000), seconds=(0, 0.7), mix=(0, 0.5)),
    47: _tom("Low Mid Tom", 132),
    48: _tom("High Mid Tom", 160),
    49: Drum("Crash Cymbal", noise=(3500, 14000), seconds=(0, 2.2), mix=(0, 0.6)),
    50: _tom("High Tom", 195),
    51: Drum("Ride Cymbal", (3100, 3100), (5000, 14000), (0.5, 1.3), (0.12, 0.3)),
    52: Drum("Chinese Cymbal", noise=(2500, 12000), seconds=(0, 1.6), mix=(0, 0.6)),
    53: Drum("Ride Bell", (2600, 2600), (5000, 14000), (0.9, 0.7), (0.3, 0.2)),
    54: Drum("Tambourine", noise=(5500, 14000), seconds=(0, 0.22), mix=(0, 0.5)),
    55: Drum("Splash Cymbal", noise=(4500, 15000), seconds=(0, 1.0), mix=(0, 0.55)),
    56: Drum("Cowbell", (560, 560), (800, 3500), (0.28, 0.06), (0.7, 0.2)),
    57: Drum("Crash Cymbal 2", noise=(3000, 13000), seconds=(0, 2.4), mix=(0, 0.6)),
    58: Drum("Vibraslap", noise=(2500, 6000), seconds=(0, 0.9), mix=(0, 0.4)),
    59: Drum("Ride Cymbal 2", (2800, 2800), (4500, 13000), (0.5, 1.3), (0.12, 0.3)),
    60: _skin("High Bongo", 400, 0.18),
    61: _skin("Low Bongo", 290, 0.22),
    62: _skin("Mute High Conga", 330, 0.12),
    63: _skin("Open High Conga", 310),
    64: _skin("Low Conga", 220),
    65: _skin("High Timbale", 520),
    66: _skin("Low Timbale", 390),
    67: _wood("High Agogo", 1450, 0.3),
    68: _wood("Low Agogo", 1050, 0.3),
    69: Drum("Cabasa", noise=(6000, 13000), seconds=(0, 0.1), mix=(0, 0.4)),
    70: Drum("Maracas", noise=(6500, 14000), seconds=(0, 0.08), mix=(0, 0.4)),
    71: Drum("Short Whistle", (2350, 2350), None, (0.25, 0), (0.4, 0)),
    72: Drum("Long Whistle", (2300, 2300), None, (0.7, 0), (0.4, 0)),
    73: Drum("Short Guiro", noise=(3000, 8000), seconds=(0, 0.12), mix=(0, 0.45)),
    74: Drum("Long Guiro", noise=(3000, 8000), seconds=(0, 0.4), mix=(0, 0.45)),
    75: _wood("Claves", 2500),
    76: _wood("High Wood Block", 1150),
    77: _wood("Low Wood Block", 800),
    78: Drum("Mute Cuica", (700, 500), None, (0.18, 0), (0.5, 0)),
    79: Drum("Open Cuica", (450, 700), None, (0.35, 0), (0.5, 0)),
    80: Drum("Mute Triangle", (4200, 4200), None, (0.25, 0), (0.35, 0)),
    81: Drum("Open Triangle", (4200, 4200), None, (1.6, 0), (0.35, 0)),
}


def drum_name(key: int) -> str:
    """The General MIDI name of a percussion key, or its number."""
    return DRUMS[key].name if key in DRUMS else f"Key {key}"


@cache
def hit(key: int, sample_rate: int) -> Samples:
    """One stroke at full strength, the same every time; keys outside General MIDI sound as a wood block."""
    drum = DRUMS.get(key) or _wood("", 300.0 + 12 * key)
    length = int(sample_rate * max(drum.seconds) * 1.1)
    t = np.arange(length) / sample_rate
    sound = np.zeros(length)
    if drum.tone[0]:
        start, end = drum.tone
        glide = 0.05
        phase = 2 * np.pi * (end * t + (start - end) * glide * (1 - np.exp(-t / glide)))
        sound += drum.mix[0] * np.sin(phase) * _fall(t, drum.seconds[0])
    if drum.noise:
        low, high = drum.noise
        spectrum = np.fft.rfft(np.random.default_rng(key).standard_normal(length))
        hertz = np.fft.rfftfreq(length, 1 / sample_rate)
        spectrum *= (1 / (1 + (low / np.maximum(hertz, 1)) ** 4)) * (1 / (1 + (hertz / high) ** 4))
        noise = np.fft.irfft(spectrum, length)
        noise /= max(1e-9, float(np.abs(noise).max()))
        sound += drum.mix[1] * noise * _fall(t, drum.seconds[1])
    ramp = min(length, int(0.001 * sample_rate))
    sound[:ramp] *= np.linspace(0, 1, ramp)
    return sound.astype(np.float32)


def _fall(t: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """An envelope that falls by 60 dB in `seconds`."""
    return np.asarray(np.exp(-6.9 * t / max(seconds, 1e-3)))
