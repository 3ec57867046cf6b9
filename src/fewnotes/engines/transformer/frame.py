"""Between pieces and sheets: the tracks, barlines, key, tempo and loudness that notes stand in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.writing.sheet import KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.errors import BadInput
from fewnotes.meta.events import (
    FAMILIES,
    LONGEST,
    STEPS_PER_QUARTER,
    TRACKS,
    Events,
    events,
    key_shift_of,
    segment_classes,
)  # fmt: skip
from fewnotes.music.key import Key, estimate_key
from fewnotes.music.piece import DEFAULT_VELOCITY, NOTE, Piece, Track, sort_notes
from fewnotes.music.time import barlines, explicit_barlines

Ints = NDArray[np.int64]
#: A track sounds one note at a time if so many of its notes begin when the one before has ended.
_SINGLE = 0.97


@dataclass(frozen=True, eq=False)
class Frame:
    """One piece as notes on steps, its tonic moved to C or A, and what leads back.

    notes: (n, 4) in order; which: of each, its index in `piece.notes`. tracks: indices of the tracks that sound, at
    most 16, those with most notes. lines: barlines in steps, ticks: the same in ticks. shift: semitones from sounding
    to here. classes: pitch classes that sound most at each step, as bits, (steps,).
    """

    piece: Piece
    tracks: tuple[int, ...]
    notes: Ints
    which: Ints
    lines: Ints
    ticks: Ints
    shift: int
    key: Key
    classes: Ints

    @property
    def minor(self) -> bool:
        return self.key.mode == "minor"

    @property
    def families(self) -> tuple[int, ...]:
        return tuple(family(self.piece.tracks[t]) for t in self.tracks)

    @property
    def single(self) -> NDArray[np.bool_]:
        """Which tracks sound one note at a time."""
        return np.array([is_single(self.of(t)) for t in range(len(self.tracks))], bool)

    def families_at(self) -> Ints:
        """The family of each note."""
        return np.array(self.families, np.int64)[self.notes[:, TRACK]]

    def of(self, track: int) -> Ints:
        """The notes of one track."""
        return np.asarray(self.notes[self.notes[:, TRACK] == track])

    def ranges(self) -> tuple[Ints, Ints]:
        """Lowest and highest key of each track."""
        own = [self.of(t)[:, KEY] for t in range(len(self.tracks))]
        return np.array([k.min() for k in own]), np.array([k.max() for k in own])

    def spells(self) -> tuple[Ints, Ints]:
        """Steps of the longest note and of the longest silence of each track, that before the first note included."""
        notes, rests = [], []
        for track in range(len(self.tracks)):
            own = self.of(track)
            end = np.maximum.accumulate(own[:, TIME] + own[:, LENGTH])
            notes.append(int(own[:, LENGTH].max()))
            rests.append(int(max(0, own[0, TIME], *(own[1:, TIME] - end[:-1]))))
        return np.array(notes), np.array(rests)

    def tick(self, step: NDArray[np.int64]) -> Ints:
        """Steps in ticks: barlines fall on barlines."""
        return np.round(np.interp(step, self.lines, self.ticks)).astype(np.int64)

    def empty(self) -> Sheet:
        """A sheet with the tracks and bars of the piece, without its notes."""
        low, high = self.ranges()
        sheet = Sheet.empty(self.families, self.lines, self.minor)
        return replace(sheet, single=self.single, lowest=low, highest=high)


def family(track: Track) -> int:
    return FAMILIES - 1 if track.is_drum else track.program // 8


def is_single(notes: Ints) -> bool:
    """Do notes, in order of time, sound one at a time?"""
    onset, end = notes[:, TIME], notes[:, TIME] + notes[:, LENGTH]
    return bool(len(notes) < 2 or (onset[1:] >= end[:-1]).mean() >= _SINGLE)


def frame_of(piece: Piece, key: Key | None = None) -> Frame:
    """The frame of a piece. key: the one to take it for, if not the estimated one. Raises BadInput without notes."""
    # Pieces are equal by content, but what is found in them depends on the names of tracks, too.
    return _framed(piece, key, tuple(track.name for track in piece.tracks))


@lru_cache(maxsize=128)
def _framed(piece: Piece, key: Key | None, names: tuple[str, ...]) -> Frame:
    if not len(piece.notes):
        raise BadInput("There is not one note in this piece", expected="a piece with notes")
    key = key or estimate_key(piece)
    shift = key_shift_of(key)
    count = np.bincount(piece.notes["track"], minlength=len(piece.tracks))
    tracks = sorted(np.argsort(-count, kind="stable")[:TRACKS].tolist())
    tracks = [t for t in tracks if count[t]]
    number = np.full(len(piece.tracks), -1)
    number[tracks] = range(len(tracks))
    which = np.flatnonzero(number[piece.notes["track"]] >= 0)
    rows = piece.notes[which]
    ticks = barlines(piece)
    scale = STEPS_PER_QUARTER / piece.ticks_per_quarter
    lines = np.maximum.accumulate(np.round(ticks * scale).astype(np.int64))
    keep = np.append(True, np.diff(lines) > 0)
    ticks, lines = ticks[keep], lines[keep]
    track = number[rows["track"]]
    drum = np.array([piece.tracks[t].is_drum for t in tracks])[track]
    notes = np.stack(
        [
            np.round(np.interp(rows["onset_tick"], ticks, lines)).astype(np.int64),
            track,
            np.where(drum, rows["pitch"], np.clip(rows["pitch"].astype(np.int64) + shift, 0, 127)),
            np.clip(np.round(rows["duration_tick"] * scale), 1, LONGEST).astype(np.int64),
        ],
        axis=1,
    )
    order = np.lexsort((notes[:, KEY], notes[:, TRACK], notes[:, TIME]))
    edges, bits = segment_classes(piece, shift)
    steps = np.round(np.interp(edges, ticks, lines)).astype(np.int64)
    classes = np.zeros(int(lines[-1]), np.int64)
    for first, end, found in zip(steps[:-1].tolist(), steps[1:].tolist(), bits.tolist(), strict=True):
        classes[first:end] = found
    return Frame(piece, tuple(tracks), notes[order], which[order], lines, ticks, shift, key, classes)


def with_notes(frame: Frame, written: Ints, kept: NDArray[np.bool_], lines: Ints | None = None) -> Piece:
    """The piece of a frame with some of its own notes, untouched, and new ones (n, 4 or 5) of `written`.

    kept: of each of `piece.notes`. Rows of `written` that stood before are left out. lines: barlines in steps, where
    there are more than the piece has.
    """
    piece = frame.piece
    new = written[written[:, STOOD] == 0] if written.shape[1] > STOOD else written
    lines = frame.lines if lines is None else lines
    rows = np.zeros(len(new), NOTE)
    ticks = _ticks(frame, lines)
    onset = np.round(np.interp(new[:, TIME], lines, ticks)).astype(np.int64)
    end = np.round(np.interp(new[:, TIME] + new[:, LENGTH], lines, ticks)).astype(np.int64)
    drum = np.array([piece.tracks[t].is_drum for t in frame.tracks], bool)[new[:, TRACK]]
    rows["onset_tick"], rows["duration_tick"] = onset, np.maximum(1, end - onset)
    rows["track"] = np.array(frame.tracks)[new[:, TRACK]]
    rows["pitch"] = np.where(drum, new[:, KEY], np.clip(new[:, KEY] - frame.shift, 0, 127))
    rows["velocity"] = loudness(frame, new)
    own = piece.notes[kept]
    notes = np.concatenate([own, rows])
    is_new = np.arange(len(notes)) >= len(own)
    # A grace note stays with the note it leads to.
    led_to = {(int(n["onset_tick"]), int(n["track"])) for n in own}
    graces = piece.graces[[(int(g["onset_tick"]), int(g["track"])) in led_to for g in piece.graces]]
    whole = replace(piece, notes=unstruck(notes, is_new), graces=graces)
    return replace(whole, barlines_tick=explicit_barlines(whole, ticks[:-1].tolist()))


def _ticks(frame: Frame, lines: Ints) -> Ints:
    """Barlines in ticks; those after the last of the piece follow at its resolution."""
    known = len(frame.lines)
    if len(lines) <= known:
        return frame.ticks[: len(lines)]
    scale = frame.piece.ticks_per_quarter / STEPS_PER_QUARTER
    more = frame.ticks[-1] + np.round((lines[known:] - lines[known - 1]) * scale).astype(np.int64)
    return np.concatenate([frame.ticks, more])


def loudness(frame: Frame, notes: Ints) -> Ints:
    """Velocity of new notes: what is usual in the track at that place of a bar, else in the track."""
    by_place: dict[tuple[int, int], list[int]] = {}
    for (time, track, *_), velocity in zip(
        frame.notes.tolist(), frame.piece.notes["velocity"][frame.which].tolist(), strict=True
    ):
        by_place.setdefault((track, _place(frame.lines, time)), []).append(velocity)
        by_place.setdefault((track, -1), []).append(velocity)
    mean = {where: round(float(np.mean(found))) for where, found in by_place.items()}
    return np.array(
        [
            mean.get((track, _place(frame.lines, time)), mean.get((track, -1), DEFAULT_VELOCITY))
            for time, track, *_ in notes.tolist()
        ],
        np.int64,
    )


def _place(lines: Ints, time: int) -> int:
    return int(time - lines[max(0, int(lines.searchsorted(time, side="right")) - 1)])


def unstruck(notes: NDArray[np.void], new: NDArray[np.bool_]) -> NDArray[np.void]:
    """Notes in order, in which no new one sounds together with another of its key and track; the others stay."""
    order = np.lexsort((new, notes["onset_tick"], notes["pitch"], notes["track"]))
    notes, new = notes[order].copy(), new[order]
    keep = np.ones(len(notes), bool)
    before = -1
    for i in range(len(notes)):
        same = before >= 0 and all(notes[i][f] == notes[before][f] for f in ("track", "pitch"))
        if same:
            end = int(notes["onset_tick"][before]) + int(notes["duration_tick"][before])
            room = int(notes["onset_tick"][i]) - int(notes["onset_tick"][before])
            if new[before] and end > int(notes["onset_tick"][i]) and room > 0:
                notes["duration_tick"][before] = room
            elif new[before] and room == 0:
                keep[before] = False
            elif new[i] and end > int(notes["onset_tick"][i]):
                keep[i] = False
                continue
        before = i
    return sort_notes(notes[keep])


@lru_cache(maxsize=128)
def events_of(piece: Piece) -> Events:
    """The events of a piece, counted once."""
    return events(piece)
