"""Harmony: chord labels by template matching, and Roman numerals relative to a key.

Each beat or bar is a weighting of the twelve pitch classes by sounding time; the chord is the template that
holds most of it and misses least. Plain and quick, right for triadic music; where notes belong to no chord, the
label with its `fit` is still the nearest template, so look at the fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Meter, Piece
from fewnotes.music.pitch import accidental, spell
from fewnotes.music.similarity.lines import pitched
from fewnotes.music.time import DEFAULT_METER, barlines, beat_length_tick

#: Quality: pitch classes over the root, and what the name of the chord ends with.
QUALITIES: dict[str, tuple[tuple[int, ...], str]] = {
    "major": ((0, 4, 7), ""),
    "minor": ((0, 3, 7), "m"),
    "diminished": ((0, 3, 6), "dim"),
    "augmented": ((0, 4, 8), "aug"),
    "dominant seventh": ((0, 4, 7, 10), "7"),
    "major seventh": ((0, 4, 7, 11), "maj7"),
    "minor seventh": ((0, 3, 7, 10), "m7"),
    "half-diminished seventh": ((0, 3, 6, 10), "m7b5"),
    "diminished seventh": ((0, 3, 6, 9), "dim7"),
    "suspended fourth": ((0, 5, 7), "sus4"),
}
_NAMES = tuple(QUALITIES)
#: What a label costs beside its fit: triads are preferred to sevenths, common triads to rare ones.
_COST = {"major": 0.0, "minor": 0.0, "diminished": 0.05, "augmented": 0.12, "suspended fourth": 0.15}
_SEVENTH_COST = 0.12
_MISSING_COST = 0.08
_BASS_BONUS = 0.12
_SEGMENT_CAP = 20_000
_SPAN_CAP = 64
_MAJOR_DEGREES = ("I", "bII", "II", "bIII", "III", "IV", "#IV", "V", "bVI", "VI", "bVII", "VII")
_MINOR_DEGREES = ("I", "bII", "II", "III", "#III", "IV", "#IV", "V", "VI", "#VI", "VII", "#VII")


class Chord(NamedTuple):
    """A chord from onset_tick to end_tick. root, bass: pitch classes. fit: share of sounding time it explains."""

    onset_tick: int
    end_tick: int
    root: int
    quality: str
    bass: int
    fit: float

    def name(self, fifths: int = 0, mode: str = "") -> str:
        """`F#m7`, or `C/E` where another chord tone is in the bass, spelled for a key."""
        text = _letter(self.root, fifths, mode) + QUALITIES[self.quality][1]
        inverted = (self.bass - self.root) % 12 in QUALITIES[self.quality][0][1:]
        return f"{text}/{_letter(self.bass, fifths, mode)}" if inverted else text


def _letter(pitch_class: int, fifths: int, mode: str) -> str:
    step, alter, _ = spell(60 + pitch_class % 12, fifths, mode)
    return f"{step}{accidental(alter)}"


def tonic_pitch_class(fifths: int, mode: str = "major") -> int:
    """Pitch class of the tonic: `tonic_pitch_class(-1, "minor")` is 2, D."""
    return (7 * fifths + (9 if mode == "minor" else 0)) % 12


def chords(piece: Piece, per: Literal["beat", "bar"] = "beat") -> list[Chord]:
    """One label for every beat or bar that sounds, in order; of very long pieces, for the first 20,000.

    A beat with one or two pitch classes that belong to the chord before it keeps that chord.
    """
    edges = _edges(piece, per)
    weight, bass = pitch_class_weights(piece, edges)
    sounding = np.flatnonzero(weight.sum(axis=1) > 0)
    labels = _scores(weight[sounding], bass[sounding]).argmax(axis=1)
    found: list[Chord] = []
    for i, label in zip(sounding.tolist(), labels.tolist(), strict=True):
        share = weight[i] / weight[i].sum()
        root, quality = divmod(label, len(_NAMES))
        name = _NAMES[quality]
        if found and int((share > 0).sum()) <= 2 and found[-1].end_tick == int(edges[i]):
            before = found[-1]
            if _explained(share, before.root, before.quality) > 0.999:
                root, name = before.root, before.quality
        fit = round(_explained(share, root, name), 4)
        found.append(Chord(int(edges[i]), int(edges[i + 1]), root, name, int(bass[i]), fit))
    return found


def merged(labels: Sequence[Chord]) -> list[Chord]:
    """Neighbours with the same root and quality as one chord; the fit is that of the longest part."""
    out: list[Chord] = []
    for label in labels:
        if out and (out[-1].root, out[-1].quality, out[-1].end_tick) == (label.root, label.quality, label.onset_tick):
            out[-1] = out[-1]._replace(end_tick=label.end_tick)
        else:
            out.append(label)
    return out


def roman(chord: Chord, fifths: int, mode: str = "major") -> str:
    """Roman numeral of a chord in a key: `V7`, `ii`, `viio`, `bVI`; inversions are not shown."""
    degree = (chord.root - tonic_pitch_class(fifths, mode)) % 12
    numeral = (_MINOR_DEGREES if mode == "minor" else _MAJOR_DEGREES)[degree]
    third = QUALITIES[chord.quality][0][1]
    if third == 3:
        sign = numeral.rstrip("IV")
        numeral = sign + numeral[len(sign) :].lower()
    if degree == 11 and mode == "minor" and chord.quality.startswith("dim"):
        numeral = "vii"
    ends = {
        "diminished": "o",
        "augmented": "+",
        "dominant seventh": "7",
        "major seventh": "maj7",
        "minor seventh": "7",
        "half-diminished seventh": "ø7",
        "diminished seventh": "o7",
        "suspended fourth": "sus4",
    }
    return numeral + ends.get(chord.quality, "")


def pitch_class_weights(piece: Piece, edges: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Sounding ticks of each pitch class between edges, shape (S, 12), and the lowest pitch class, shape (S,)."""
    size = max(0, len(edges) - 1)
    weight = np.zeros((size, 12))
    lowest = np.full(size, 128, np.int64)
    use = pitched(piece) if len(piece.notes) else np.zeros(0, bool)
    notes = piece.notes[use]
    if size == 0 or len(notes) == 0:
        return weight, lowest % 12
    start = notes["onset_tick"].astype(np.int64)
    stop = np.minimum(start + notes["duration_tick"], edges[-1])
    first = np.clip(np.searchsorted(edges, start, side="right") - 1, 0, size - 1)
    last = np.clip(np.searchsorted(edges, stop, side="left") - 1, first, size - 1)
    last = np.minimum(last, first + _SPAN_CAP)
    count = last - first + 1
    note = np.repeat(np.arange(len(notes)), count)
    segment = np.arange(len(note)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(first, count)
    part = np.minimum(stop[note], edges[segment + 1]) - np.maximum(start[note], edges[segment])
    pitch = notes["pitch"].astype(np.int64)[note]
    np.add.at(weight, (segment, pitch % 12), np.maximum(part, 0))
    sounding = part > 0
    np.minimum.at(lowest, segment[sounding], pitch[sounding])
    return weight, lowest % 12


def _edges(piece: Piece, per: str) -> NDArray[np.int64]:
    lines = barlines(piece)[: _SEGMENT_CAP + 1]
    if per == "bar" or len(lines) < 2:
        return lines
    edges: list[int] = []
    for a, b, meter in zip(lines[:-1].tolist(), lines[1:].tolist(), meters_at(piece, lines[:-1]), strict=True):
        beat = beat_length_tick(meter, piece.ticks_per_quarter)
        # A pickup is counted back from the barline it leads to.
        count = max(1, -int(-(b - a) // beat))
        edges += [max(a, b - round(beat * k)) for k in range(count, 0, -1)]
        if len(edges) > _SEGMENT_CAP:
            break
    else:
        edges.append(int(lines[-1]))
    return np.unique(np.asarray(edges, np.int64))


def meters_at(piece: Piece, ticks: NDArray[np.int64]) -> list[Meter]:
    """The meter in force at each tick, in one search: a file may claim thousands of meters."""
    if not piece.meters:
        return [DEFAULT_METER] * len(ticks)
    index = np.searchsorted([m.onset_tick for m in piece.meters], ticks, side="right") - 1
    return [piece.meters[max(0, i)] for i in index.tolist()]


def _templates() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Chord tones as 0 or 1, shape (12 roots * Q, 12), and the cost of each label, shape (12 * Q,)."""
    tones = np.zeros((12, len(_NAMES), 12))
    for root in range(12):
        for i, name in enumerate(_NAMES):
            tones[root, i, [(root + t) % 12 for t in QUALITIES[name][0]]] = 1
    cost = np.tile([_COST.get(name, _SEVENTH_COST) for name in _NAMES], 12)
    return tones.reshape(-1, 12), cost


def _scores(weight: NDArray[np.float64], bass: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fit of every template to every segment, shape (S, 12 * Q): explained less unexplained time, less costs."""
    tones, cost = _templates()
    total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
    share = weight / total
    inside = share @ tones.T
    missing = tones.sum(axis=1)[None, :] - (share > 0).astype(float) @ tones.T
    root = np.repeat(np.arange(12), len(_NAMES))
    bonus = _BASS_BONUS * (bass[:, None] == root[None, :])
    return np.asarray(2 * inside - 1 - cost - _MISSING_COST * missing + bonus)


def _explained(share: NDArray[np.float64], root: int, quality: str) -> float:
    return float(share[[(root + t) % 12 for t in QUALITIES[quality][0]]].sum())
