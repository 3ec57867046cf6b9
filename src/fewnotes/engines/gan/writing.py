"""From phrases to pieces: instruments, key, tempo and loudness as the style has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fewnotes.meta.phrases import DRUM_KINDS, FIRST, HOLD, LINES, LOWEST, PITCHED, Phrase
from fewnotes.meta.roles import Role, roles
from fewnotes.music.piece import DEFAULT_VELOCITY, KeySignature, Meter, Piece, Tempo, Track, note_array

TICKS = 12
_NAMES = ("Melody", "Upper voice", "Middle voice", "Lower voice", "Bass")
_PIANO_HAND = 60
_DEFAULT_TEMPO = 110.0


@dataclass(frozen=True)
class Layout:
    """How phrases of a style are laid out. programs: General MIDI, of melody, harmony and bass. tracks: 1 (one
    player), 2 (two hands) or 5 (a track a line). shifts: semitones from C at which major and minor pieces stand.
    """

    programs: tuple[int, int, int]
    tracks: int
    tempo: float
    velocity: int
    shifts: tuple[int, int]

    def to_dict(self) -> dict[str, Any]:
        return {
            "programs": list(self.programs), "tracks": self.tracks, "tempo": self.tempo, "velocity": self.velocity,
            "shifts": list(self.shifts),
        }  # fmt: skip

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Layout:
        return cls(
            tuple(values["programs"]), int(values["tracks"]), float(values["tempo"]), int(values["velocity"]),
            tuple(values["shifts"]),
        )  # fmt: skip


def layout_of(pieces: Sequence[Piece], phrases: Sequence[Phrase]) -> Layout:
    """What most of the pieces have. phrases: theirs, whose shifts say in which keys they stand."""
    votes: dict[int, Counter[int]] = {role: Counter() for role in range(3)}
    counts, loud, tempos = [], [], []
    for piece in pieces:
        notes = piece.notes
        programs = np.array([t.program for t in piece.tracks], int)[notes["track"]]
        drums = np.array([t.is_drum for t in piece.tracks], bool)[notes["track"]]
        role = roles(piece)
        for number, counter in votes.items():
            counter.update(programs[(role == number) & ~drums].tolist())
        counts.append(len(np.unique(notes["track"][~drums])))
        loud.append(float(notes["velocity"].mean()) if len(notes) else DEFAULT_VELOCITY)
        tempos += [t.quarters_per_minute for t in piece.tempos[:1]]
    melody = votes[int(Role.MELODY)].most_common(1)
    first = melody[0][0] if melody else 0
    chosen = [votes[role].most_common(1)[0][0] if votes[role] else first for role in range(3)]
    tracks = int(np.median(counts)) if counts else 1
    tempo = float(np.clip(np.median(tempos), 30, 260)) if tempos else _DEFAULT_TEMPO
    shifts = []
    for minor in (False, True):
        found = Counter(p.shift for p in phrases if p.minor == minor) or Counter(p.shift for p in phrases)
        shifts.append(-found.most_common(1)[0][0] if found else 0)
    return Layout(
        (chosen[0], chosen[1], chosen[2]), 1 if tracks <= 1 else 2 if tracks == 2 else PITCHED, tempo,
        int(np.clip(np.mean(loud), 40, 110)) if loud else DEFAULT_VELOCITY, (shifts[0], shifts[1]),
    )  # fmt: skip


def to_piece(
    phrase: Phrase, layout: Layout, *, tonic: int | None = None, shift: int | None = None, tempo: float | None = None
) -> Piece:
    """A phrase as a piece of four bars. tonic: pitch class of the key; else shift: semitones from C; else as the style
    has it."""
    if tonic is not None:
        shift = (tonic + 5) % 12 - 5
    elif shift is None:
        shift = layout.shifts[int(phrase.minor)]
    step = TICKS // phrase.frame.slots
    rows: list[tuple[int, ...]] = []
    taken: set[tuple[int, int, int]] = set()
    hands = layout.tracks == 2
    for line in range(LINES):
        tokens = phrase.tokens[line]
        for slot in np.flatnonzero(tokens >= FIRST).tolist():
            kind = int(tokens[slot]) - FIRST
            end = slot + 1
            while end < len(tokens) and tokens[end] == HOLD:
                end += 1
            if line >= PITCHED:
                kinds = DRUM_KINDS[line - PITCHED]
                pitch, track = kinds[min(kind, len(kinds) - 1)], PITCHED
            else:
                pitch = LOWEST + kind + shift
                track = (
                    line
                    if layout.tracks == PITCHED
                    else int(hands and (line == PITCHED - 1 or (line > 1 and pitch < _PIANO_HAND)))
                )
            if (slot, track, pitch) not in taken:
                taken.add((slot, track, pitch))
                rows.append((slot * step, (end - slot) * step, track, pitch, layout.velocity, 0, 0))
    rows = _apart(rows)
    used = sorted({row[2] for row in rows}) or [0]
    place = {track: i for i, track in enumerate(used)}
    tracks = tuple(_track(track, layout) for track in used)
    tonic_now = shift % 12
    mode = "minor" if phrase.minor else "major"
    fifths = ((tonic_now + (3 if phrase.minor else 0)) * 7 + 5) % 12 - 5
    meter = phrase.frame.meter
    return Piece(
        TICKS, tracks, note_array([(r[0], r[1], place[r[2]], *r[3:]) for r in sorted(rows)]),
        (Meter(0, meter.numerator, meter.denominator),), (Tempo(0, tempo or layout.tempo),),
        (KeySignature(0, fifths, mode),),
    )  # fmt: skip


def _apart(rows: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Notes of one track and pitch, each ended where the next begins: lines may meet on a key, which sounds once."""
    found: list[tuple[int, ...]] = []
    after: dict[tuple[int, int], int] = {}
    for onset, length, track, pitch, *rest in sorted(rows, reverse=True):
        end = min(onset + length, after.get((track, pitch), onset + length))
        after[track, pitch] = onset
        found.append((onset, end - onset, track, pitch, *rest))
    return sorted(found)


def _track(track: int, layout: Layout) -> Track:
    if track == PITCHED:
        return Track("Drums", 0, True)
    if layout.tracks == PITCHED:
        role = 0 if track == 0 else 2 if track == PITCHED - 1 else 1
        return Track(_NAMES[track], layout.programs[role])
    return Track(
        ("Right hand", "Left hand")[track] if layout.tracks == 2 else "", layout.programs[0 if track == 0 else 2]
    )
