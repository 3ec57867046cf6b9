"""Statistical features of a piece: named numbers over pitch, melody, rhythm, harmony, texture and instruments.

One function a family; `FEATURES` fixes names, order and meaning, `feature_vector` returns them in that order.
Nothing here depends on key, on velocity, on the clock or on resolution, since those tell where a file came from
rather than what is in it. Note lengths enter as distances between onsets, so that a clipped performance and a
score count alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.harmony import QUALITIES, chords, merged, meters_at
from fewnotes.music.piece import Piece
from fewnotes.music.similarity.lines import lines, onset_steps, pitched
from fewnotes.music.time import barlines, beat_length_tick, meter_at

Floats = NDArray[np.float64]
_GRID = 12
#: Beyond this many notes a piece is judged by its beginning.
_NOTE_CAP = 50_000


class Feature(NamedTuple):
    """name: key. family: what it is about. words: what a high value means, as a person says it. unit: "%" or ""."""

    name: str
    family: str
    words: str
    unit: str = ""


FEATURES: tuple[Feature, ...] = (
    Feature("pitch_range", "pitch", "range from lowest to highest note, in semitones"),
    Feature("pitch_mean", "pitch", "mean height, as MIDI key"),
    Feature("pitch_spread", "pitch", "spread of heights, in semitones"),
    Feature("pitch_class_entropy", "pitch", "variety of pitch classes, in bits"),
    Feature("scale_share", "pitch", "notes that fit one seven-note scale", "%"),
    Feature("top_two_share", "pitch", "notes on the two commonest pitch classes", "%"),
    Feature("repeat_share", "melody", "melodic moves that repeat the note", "%"),
    Feature("step_share", "melody", "melodic moves by step", "%"),
    Feature("third_share", "melody", "melodic moves by third", "%"),
    Feature("leap_share", "melody", "melodic leaps of a fourth or more", "%"),
    Feature("wide_share", "melody", "melodic leaps of an octave or more", "%"),
    Feature("interval_mean", "melody", "mean size of a melodic move, in semitones"),
    Feature("interval_entropy", "melody", "variety of melodic moves, in bits"),
    Feature("rising_share", "melody", "moves that rise, of those that move", "%"),
    Feature("turn_share", "melody", "moves that change direction", "%"),
    Feature("onsets_per_quarter", "rhythm", "attacks a quarter note"),
    Feature("even_share", "rhythm", "neighbouring notes of equal length", "%"),
    Feature("dotted_share", "rhythm", "long-short pairs of three to one", "%"),
    Feature("triplet_share", "rhythm", "attacks on a grid of triplets", "%"),
    Feature("beat_share", "rhythm", "attacks on a beat", "%"),
    Feature("downbeat_share", "rhythm", "attacks on the first beat of a bar", "%"),
    Feature("offbeat_held_share", "rhythm", "attacks off the beat held over the next beat", "%"),
    Feature("length_entropy", "rhythm", "variety of note lengths, in bits"),
    Feature("long_share", "rhythm", "notes of a half or longer", "%"),
    Feature("short_share", "rhythm", "notes shorter than an eighth", "%"),
    Feature("bar_pattern_share", "rhythm", "bars whose rhythm was heard before", "%"),
    Feature("triple_meter", "rhythm", "bars felt in three or in dotted beats", "%"),
    Feature("chord_changes_per_beat", "harmony", "chord changes a beat"),
    Feature("major_share", "harmony", "time on major chords", "%"),
    Feature("minor_share", "harmony", "time on minor chords", "%"),
    Feature("diminished_share", "harmony", "time on diminished or augmented chords", "%"),
    Feature("seventh_share", "harmony", "time on seventh chords", "%"),
    Feature("chord_fit", "harmony", "sounding time that belongs to the chord", "%"),
    Feature("fifth_motion_share", "harmony", "chord roots that move by a fifth or fourth", "%"),
    Feature("step_motion_share", "harmony", "chord roots that move by step", "%"),
    Feature("notes_per_attack", "texture", "notes struck together"),
    Feature("chord_attack_share", "texture", "attacks of three notes or more", "%"),
    Feature("sounding_notes", "texture", "notes sounding at once, on average"),
    Feature("line_count", "texture", "lines or tracks with notes"),
    Feature("outer_distance", "texture", "distance of top and bottom, in semitones"),
    Feature("bar_repeat_share", "texture", "bars heard before note for note in some key", "%"),
    Feature("drum_share", "instruments", "notes on drums", "%"),
    Feature("keyboard_share", "instruments", "notes on keyboards", "%"),
    Feature("plucked_share", "instruments", "notes on plucked strings or bass", "%"),
    Feature("bowed_share", "instruments", "notes on bowed strings", "%"),
    Feature("wind_share", "instruments", "notes on winds", "%"),
    Feature("voice_share", "instruments", "notes on voices", "%"),
)


def features(piece: Piece) -> dict[str, float]:
    """All features by name, in the order of `FEATURES`; 0 where a piece has nothing to measure."""
    found: dict[str, float] = {}
    if len(piece.notes):
        piece = _beginning(piece)
        for family in (_pitch, _melody, _rhythm, _bar_patterns, _harmony, _texture, _instruments):
            found |= family(piece)
    return {f.name: float(found.get(f.name, 0.0)) for f in FEATURES}


def feature_vector(piece: Piece) -> Floats:
    """The same as numbers alone, shape (F,)."""
    return np.array(list(features(piece).values()))


def _beginning(piece: Piece) -> Piece:
    if len(piece.notes) <= _NOTE_CAP:
        return piece
    return replace(piece, notes=piece.notes[:_NOTE_CAP].copy())


def _share(mask: NDArray[np.bool_]) -> float:
    return float(mask.mean()) if mask.size else 0.0


def _entropy(values: NDArray[np.int64]) -> float:
    if not values.size:
        return 0.0
    p = np.unique(values, return_counts=True)[1] / values.size
    return float(-(p * np.log2(p)).sum())


def _pitch(piece: Piece) -> dict[str, float]:
    pitch = piece.notes["pitch"][pitched(piece)].astype(np.int64)
    count = np.bincount(pitch % 12, minlength=12) / len(pitch)
    scale = np.array([1, 0, 1, 0, 1, 1, 0, 1, 0, 1, 0, 1])
    return {
        "pitch_range": float(pitch.max() - pitch.min()),
        "pitch_mean": float(pitch.mean()),
        "pitch_spread": float(pitch.std()),
        "pitch_class_entropy": _entropy(pitch % 12),
        "scale_share": max(float(count @ np.roll(scale, k)) for k in range(12)),
        "top_two_share": float(np.sort(count)[-2:].sum()),
    }


def _melody(piece: Piece) -> dict[str, float]:
    """Moves within the upper line of every track."""
    moves, pairs = [], []
    seen: set[int] = set()
    for line in lines(piece):
        if line.track in seen:
            continue
        seen.add(line.track)
        interval = np.diff(piece.notes["pitch"][line.notes].astype(np.int64))
        moves.append(interval)
        sign = np.sign(interval[interval != 0])
        pairs.append(sign[1:] != sign[:-1])
    if not moves:
        return {}
    interval = np.concatenate(moves)
    size = np.abs(interval)
    return {
        "repeat_share": _share(size == 0),
        "step_share": _share((size >= 1) & (size <= 2)),
        "third_share": _share((size >= 3) & (size <= 4)),
        "leap_share": _share(size >= 5),
        "wide_share": _share(size >= 12),
        "interval_mean": float(size.mean()),
        "interval_entropy": _entropy(np.clip(interval, -24, 24)),
        "rising_share": _share(interval[interval != 0] > 0),
        "turn_share": _share(np.concatenate(pairs)),
    }


def _rhythm(piece: Piece) -> dict[str, float]:
    """Attacks of the whole piece, and lengths as distances between the attacks of each track."""
    steps = onset_steps(piece, _GRID)
    attack = np.unique(steps)
    span = max(1.0, piece.end_tick / piece.ticks_per_quarter)
    place, beat, bar = _in_bar(piece, attack)
    next_beat = attack + (beat - place % beat)
    held = np.append(attack[1:], attack[-1:]) > next_beat
    gaps = [np.diff(np.unique(steps[piece.notes["track"] == t])) for t in np.unique(piece.notes["track"]).tolist()]
    gap = np.concatenate(gaps)
    before = np.concatenate([g[:-1] for g in gaps])
    after = np.concatenate([g[1:] for g in gaps])
    triple = np.array([m.numerator % 3 == 0 for m in meters_at(piece, barlines(piece)[:-1])], bool)
    return {
        "onsets_per_quarter": len(attack) / span,
        "even_share": _share(before == after),
        "dotted_share": _share((before == 3 * after) | (after == 3 * before)),
        "triplet_share": _share((attack % 4 == 0) & (attack % 3 != 0)),
        "beat_share": _share(place % beat == 0),
        "downbeat_share": _share(bar),
        "offbeat_held_share": _share((place % beat != 0) & held),
        "length_entropy": _entropy(np.minimum(gap, 96)),
        "long_share": _share(gap >= 2 * _GRID),
        "short_share": _share(gap < _GRID // 2),
        "triple_meter": _share(triple),
    }


def _in_bar(piece: Piece, attack: NDArray[np.int64]) -> tuple[NDArray[np.int64], int, NDArray[np.bool_]]:
    """Steps since the barline, steps a beat (of the first meter), and whether an attack is on a barline."""
    starts = np.round(barlines(piece) * _GRID / piece.ticks_per_quarter).astype(np.int64)
    index = np.clip(np.searchsorted(starts, attack, side="right") - 1, 0, max(0, len(starts) - 2))
    place = attack - starts[index]
    if piece.pickup_tick and len(starts) > 1:
        length = round(piece.pickup_tick * _GRID / piece.ticks_per_quarter)
        place[index == 0] -= length
    beat = max(1, round(float(beat_length_tick(meter_at(piece, 0), piece.ticks_per_quarter)) * _GRID
                        / piece.ticks_per_quarter))  # fmt: skip
    return place, beat, place == 0


def _bar_patterns(piece: Piece) -> dict[str, float]:
    """How much of a piece has been heard before, by bars: as rhythm, and as notes in any key."""
    starts = barlines(piece)
    onset = piece.notes["onset_tick"].astype(np.int64)
    bar = np.clip(np.searchsorted(starts, onset, side="right") - 1, 0, max(0, len(starts) - 2))
    place = onset - starts[bar]
    pitch = piece.notes["pitch"].astype(np.int64)
    cut = np.flatnonzero(np.append(True, bar[1:] != bar[:-1]))
    rhythms: set[bytes] = set()
    shapes: set[bytes] = set()
    old_rhythm = old_shape = 0
    for a, b in zip(cut.tolist(), np.append(cut[1:], len(bar)).tolist(), strict=True):
        rhythm = np.unique(place[a:b]).tobytes()
        shape = place[a:b].tobytes() + (pitch[a:b] - pitch[a:b].min()).tobytes()
        old_rhythm += rhythm in rhythms
        old_shape += shape in shapes
        rhythms.add(rhythm)
        shapes.add(shape)
    return {"bar_pattern_share": old_rhythm / len(cut), "bar_repeat_share": old_shape / len(cut)}


def _harmony(piece: Piece) -> dict[str, float]:
    labels = chords(piece)
    if not labels:
        return {}
    length = np.array([c.end_tick - c.onset_tick for c in labels], float)
    length /= length.sum()
    third = np.array([QUALITIES[c.quality][0][1] for c in labels])
    fifth = np.array([QUALITIES[c.quality][0][2] for c in labels])
    seventh = np.array([len(QUALITIES[c.quality][0]) == 4 for c in labels])
    joined = merged(labels)
    motion = np.diff([c.root for c in joined]) % 12
    return {
        "chord_changes_per_beat": (len(joined) - 1) / len(labels),
        "major_share": float(length @ ((third == 4) & (fifth == 7))),
        "minor_share": float(length @ ((third == 3) & (fifth == 7))),
        "diminished_share": float(length @ (fifth != 7)),
        "seventh_share": float(length @ seventh),
        "chord_fit": float(length @ [c.fit for c in labels]),
        "fifth_motion_share": _share(np.isin(motion, (5, 7))),
        "step_motion_share": _share(np.isin(motion, (1, 2, 10, 11))),
    }


def _texture(piece: Piece) -> dict[str, float]:
    use = pitched(piece)
    steps = onset_steps(piece, _GRID)[use]
    notes = piece.notes[use]
    names, where, count = np.unique(steps, return_inverse=True, return_counts=True)
    top, bottom = np.zeros(len(names)), np.full(len(names), 127.0)
    np.maximum.at(top, where, notes["pitch"])
    np.minimum.at(bottom, where, notes["pitch"])
    several = count > 1
    sounding = float(notes["duration_tick"].astype(np.float64).sum())
    return {
        "notes_per_attack": float(count.mean()),
        "chord_attack_share": _share(count >= 3),
        "sounding_notes": sounding / max(1, piece.end_tick),
        "line_count": float(len(np.unique(piece.notes["track"]))),
        "outer_distance": float((top - bottom)[several].mean()) if several.any() else 0.0,
    }


def _instruments(piece: Piece) -> dict[str, float]:
    track = piece.notes["track"]
    drum = np.array([t.is_drum for t in piece.tracks], bool)[track]
    program = np.array([t.program for t in piece.tracks])[track]

    def among(*ranges: tuple[int, int]) -> float:
        return float(np.mean([~drum & (program >= a) & (program < b) for a, b in ranges], axis=1).sum())

    return {
        "drum_share": _share(drum),
        "keyboard_share": among((0, 24)),
        "plucked_share": among((24, 40), (45, 47), (104, 108)),
        "bowed_share": among((40, 45), (48, 52), (110, 111)),
        "wind_share": among((56, 80), (109, 110)),
        "voice_share": among((52, 56)),
    }
