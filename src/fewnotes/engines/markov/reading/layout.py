"""Which lines a style is written in: its instruments, and within one the hands or voices that move on their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.music.piece import Piece

Mask = NDArray[np.bool_]

_LINE_CAP = 24
_KEYBOARDS = range(24)
#: A keyboard part on one staff is cut here into two hands if it spans more than this.
_MIDDLE_C = 60
_HAND_SPAN = 28
_VOICE_SHARE = 0.2
_CHORDAL = 1.3


class Split(NamedTuple):
    """How a track becomes lines. kind: "whole", "staff", "voice" or "hands"; parts: what tells the lines apart."""

    kind: str
    parts: tuple[int, ...]


class Part(NamedTuple):
    """One line of a layout. track: index into the tracks written. part: which of the split."""

    track: int
    split: Split
    part: int
    program: int
    is_drum: bool


class Layout(NamedTuple):
    """tracks: (program, is_drum) of every track written. parts: the lines, in order of track, upper first."""

    tracks: tuple[tuple[int, bool], ...]
    parts: tuple[Part, ...]


def sounding_tracks(piece: Piece) -> list[int]:
    return [int(t) for t in np.unique(piece.notes["track"])]


def signature(piece: Piece) -> tuple[tuple[int, bool], ...]:
    """Programs and drum flags of the tracks that sound, in order."""
    return tuple((piece.tracks[t].program, piece.tracks[t].is_drum) for t in sounding_tracks(piece))


def commonest_layout(pieces: Sequence[Piece]) -> tuple[Layout, int]:
    """The layout most pieces share, and the index of the piece that it is taken from (the longest of those)."""
    shapes = [signature(p) for p in pieces]
    count = Counter(shapes)
    best = max(count, key=lambda shape: (count[shape], -len(shape), -shapes.index(shape)))
    lead = max((i for i, s in enumerate(shapes) if s == best), key=lambda i: len(pieces[i].notes))
    return layout_of(pieces[lead]), lead


def layout_of(piece: Piece) -> Layout:
    """The layout of one piece: at most 24 lines."""
    parts: list[Part] = []
    tracks = sounding_tracks(piece)
    for number, track in enumerate(tracks):
        info = piece.tracks[track]
        split = _split(piece, track)
        parts += [Part(number, split, part, info.program, info.is_drum) for part in split.parts]
    return Layout(signature(piece), tuple(parts[:_LINE_CAP]))


def _split(piece: Piece, track: int) -> Split:
    notes = piece.notes[piece.notes["track"] == track]
    info = piece.tracks[track]
    if info.is_drum:
        return Split("whole", (0,))
    for kind in ("staff", "voice"):
        names, count = np.unique(notes[kind], return_counts=True)
        large = names[count >= _VOICE_SHARE * len(notes)].tolist()
        if len(large) > 1:
            order = sorted(large, key=lambda n: -float(notes["pitch"][notes[kind] == n].mean()))
            return Split(kind, tuple(order))
    span = int(notes["pitch"].max()) - int(notes["pitch"].min())
    chordal = len(notes) / len(np.unique(notes["onset_tick"])) >= _CHORDAL
    shared = sum(piece.tracks[t].program == info.program for t in sounding_tracks(piece)) > 1
    if not shared and info.program in _KEYBOARDS and span > _HAND_SPAN and chordal:
        return Split("hands", (1, 0))
    return Split("whole", (0,))


def place_lines(piece: Piece, layout: Layout, centers: Sequence[float]) -> list[Mask]:
    """For every line of the layout the notes of `piece` that belong to it; an empty mask where there are none.

    Tracks are matched by drum flag and family of instruments (eight programs), nearest in register first.
    centers: mean pitch of each track of the layout in the piece it was taken from.
    """
    track_of = _matched(piece, layout, centers)
    column = piece.notes["track"]
    masks: list[Mask] = []
    for part in layout.parts:
        found = track_of.get(part.track)
        mask = column == found if found is not None else np.zeros(len(column), bool)
        masks.append(mask & _within(piece, mask, part))
    return masks


def track_centers(piece: Piece) -> list[float]:
    return [float(piece.notes["pitch"][piece.notes["track"] == t].mean()) for t in sounding_tracks(piece)]


def _matched(piece: Piece, layout: Layout, centers: Sequence[float]) -> dict[int, int]:
    mine = sounding_tracks(piece)
    if signature(piece) == layout.tracks:
        return dict(enumerate(mine))
    here = track_centers(piece)
    pairs = []
    for wanted, (program, is_drum) in enumerate(layout.tracks):
        for got, track in enumerate(mine):
            info = piece.tracks[track]
            if info.is_drum == is_drum and (is_drum or info.program // 8 == program // 8):
                far = abs(centers[wanted] - here[got]) + (0 if info.program == program else 6)
                pairs.append((far, abs(wanted - got), wanted, track))
    found: dict[int, int] = {}
    for _, _, wanted, track in sorted(pairs):
        if wanted not in found and track not in found.values():
            found[wanted] = track
    return found


def _within(piece: Piece, mask: Mask, part: Part) -> Mask:
    """Which notes of a track belong to this line of its split; notes of small voices go with the first."""
    kind, parts = part.split
    if kind == "whole" or not mask.any():
        return mask
    if kind in ("staff", "voice"):
        column = piece.notes[kind]
        if len(np.unique(column[mask])) > 1:
            first = part.part == parts[0]
            return np.asarray((column == part.part) | (~np.isin(column, parts) if first else False))
    if len(parts) != 2:
        return np.full(len(mask), part.part == parts[0])
    upper = piece.notes["pitch"] >= _MIDDLE_C
    return np.asarray(upper if part.part == parts[0] else ~upper)
