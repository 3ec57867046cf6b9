"""A piece carried on, filled in, or varied: what stands stays, the rest is written in the style."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import EditRequest, Progress
from fewnotes.engines.transformer.composing import Known
from fewnotes.engines.transformer.fitting.pretrained import chances
from fewnotes.engines.transformer.frame import Frame, frame_of, with_notes
from fewnotes.engines.transformer.planned import form
from fewnotes.engines.transformer.planned.plan import closed
from fewnotes.engines.transformer.planned.progression import Progression, segments_of
from fewnotes.engines.transformer.writing.decoding import write
from fewnotes.engines.transformer.writing.page import as_events
from fewnotes.engines.transformer.writing.sheet import ANY_KEY, KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.errors import BadParameter, NotPossible
from fewnotes.meta.events import FAMILIES
from fewnotes.music.piece import Piece

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
#: Drafts of a passage for each that is asked for; those that lead best into what follows are given.
_DRAFTS = 3
#: Notes after a passage by which it is judged how well it leads there.
_AFTER = 24
#: How much a set of pitch classes that has none of what sounds still counts.
_LEAST_FIT, _FIT_POWER = 0.02, 3.0


def continued(known: Known, piece: Piece, bars: int, request: EditRequest, progress: Progress) -> list[Piece]:
    """The piece and so many bars more."""
    frame = frame_of(piece)
    last = int(frame.lines[-1] - frame.lines[-2])
    lines = np.concatenate([frame.lines, frame.lines[-1] + last * np.arange(1, bars + 1)])
    end = int((frame.notes[:, TIME] + frame.notes[:, LENGTH]).max())
    if end > lines[-1] - last:
        raise BadParameter("The piece ends later than its last bar", expected="a piece whose notes end in its bars")
    sheet = _grown(frame.empty(), lines)
    open_ = np.zeros(sheet.open.shape, bool)
    open_[:, end:] = True
    low, high = frame.ranges()
    drawn = progression_for(known, frame).drawn
    wide = replace(
        sheet, open=open_, lowest=np.maximum(0, low - 2), highest=np.minimum(127, high + 2)
    ).with_notes(frame.notes)  # fmt: skip

    def sheet_of(rng: np.random.Generator) -> Sheet:
        classes = drawn(lines, {}, rng)
        classes[: len(frame.classes)][:end] = frame.classes[:end]
        own = replace(wide, classes=classes)
        alike = [f for f in known.frames if f.families == frame.families]
        return closed(own, alike[int(rng.integers(len(alike)))], last) if alike else own

    written = _written(known, [sheet_of(rng) for rng in _chances(request)], request, progress)
    for notes in written:
        # How the style closes was put down before, but is no part of the piece.
        notes[notes[:, TIME] >= end, STOOD] = 0
    kept = np.ones(len(piece.notes), bool)
    return [with_notes(frame, notes, kept, lines) for notes in written]


def infilled(
    known: Known, piece: Piece, where: tuple[int, int], tracks: tuple[int, ...] | None, request: EditRequest,
    progress: Progress,
) -> list[Piece]:  # fmt: skip
    """The piece with bars `where` (indices, both included) written anew in some of its tracks, or in all.

    Of more drafts those are given after which what follows is least surprising. Raises BadParameter for bars or tracks
    that the piece does not have.
    """
    frame = frame_of(piece)
    first, last = where
    if not 0 <= first <= last < len(frame.lines) - 1:
        raise BadParameter(
            f"There are no bars {first + 1} to {last + 1} in this piece", expected=f"bars 1 to {len(frame.lines) - 1}"
        )
    start, stop = int(frame.lines[first]), int(frame.lines[last + 1])
    chosen = _tracks(frame, tracks)
    inside = (frame.notes[:, TIME] >= start) & (frame.notes[:, TIME] < stop) & np.isin(frame.notes[:, TRACK], chosen)
    sheet = frame.empty()
    open_ = np.zeros(sheet.open.shape, bool)
    open_[chosen, start:stop] = True
    sheet = replace(sheet, open=open_).with_notes(frame.notes[~inside])
    others = frame.notes[~inside & (frame.families_at() != FAMILIES - 1)]
    progression = progression_for(known, frame)
    fits = fitting(progression, frame.lines, others)

    def sheet_of(rng: np.random.Generator) -> Sheet:
        classes = frame.classes.copy()
        classes[start:stop] = progression.drawn(frame.lines, {}, rng, fits)[start:stop]
        return replace(sheet, classes=classes)

    drafts = _written(known, [sheet_of(rng) for rng in _chances(request, _DRAFTS)], request, progress)
    drafts = sorted(drafts, key=lambda notes: _strain(known, sheet, notes, stop))[: request.candidates]
    kept = np.ones(len(piece.notes), bool)
    kept[frame.which[inside]] = False
    return [with_notes(frame, notes, kept) for notes in drafts]


def varied(known: Known, piece: Piece, strength: float, request: EditRequest, progress: Progress) -> list[Piece]:
    """The piece with its harmony and form, and more or less of its notes changed.

    Up to a strength of 0.5 more and more of what is no skeleton gets other keys in the same rhythm; above, other
    rhythms too, and the skeleton moves. Drums stay.
    """
    frame = frame_of(piece)
    again = again_of(frame)
    sheet = replace(frame.empty(), classes=frame.classes, again=again, outside=0.5)
    repeated = np.array([(_bar(frame, t), k) in again for t, k in frame.notes[:, [TIME, TRACK]].tolist()], bool)
    drum = frame.families_at() == FAMILIES - 1
    skeleton = skeleton_of(frame)

    def sheet_of(rng: np.random.Generator) -> tuple[Sheet, Mask]:
        dice = rng.random(len(frame.notes))
        moved = np.where(skeleton, dice < 2 * strength - 1, dice < 2 * strength) & ~drum
        gone = moved & ~skeleton & (rng.random(len(dice)) < 2 * strength - 1)
        notes = frame.notes.copy()
        notes[moved, KEY] = ANY_KEY
        open_ = np.zeros(sheet.open.shape, bool)
        for time, track, _, length in frame.notes[gone].tolist():
            open_[track, time : time + length] = True
        for (bar, track), _ in again.items():
            open_[track, frame.lines[bar] : frame.lines[bar + 1]] = True
        stays = ~gone & (~repeated | drum)
        return replace(sheet, open=open_).with_notes(notes[stays]), stays & ~moved

    sheets = [sheet_of(rng) for rng in _chances(request)]
    written = _written(known, [s for s, _ in sheets], request, progress)
    found = []
    for notes, (_, same) in zip(written, sheets, strict=True):
        kept = np.zeros(len(piece.notes), bool)
        kept[frame.which[same]] = True
        kept[np.setdiff1d(np.arange(len(kept)), frame.which)] = True
        found.append(with_notes(frame, _but(notes, frame.notes[same]), kept))
    return found


def skeleton_of(frame: Frame) -> Mask:
    """Of each note, is it one that a listener holds on to: on a beat, and the longest of its track in that beat?"""
    beat = 12
    found = np.zeros(len(frame.notes), bool)
    for track in range(len(frame.families)):
        own = np.flatnonzero(frame.notes[:, TRACK] == track)
        by_beat: dict[int, int] = {}
        for i in own.tolist():
            number = int(frame.notes[i, TIME]) // beat
            if number not in by_beat or frame.notes[i, LENGTH] > frame.notes[by_beat[number], LENGTH]:
                by_beat[number] = i
        found[[i for i in by_beat.values() if frame.notes[i, TIME] % beat == 0]] = True
    return found


def fitting(progression: Progression, lines: Ints, notes: Ints) -> NDArray[np.float64]:
    """How well each set of pitch classes goes with notes, in each segment: (segments, sets)."""
    found = []
    member = (progression.sets[:, None] >> np.arange(12)) & 1
    for first, end in segments_of(lines):
        overlap = np.minimum(notes[:, TIME] + notes[:, LENGTH], end) - np.maximum(notes[:, TIME], first)
        weight = np.bincount(notes[:, KEY] % 12, np.maximum(0, overlap), minlength=12) if len(notes) else np.zeros(12)
        share = weight / weight.sum() if weight.sum() else np.ones(12)
        found.append((_LEAST_FIT + member @ share) ** _FIT_POWER)
    return np.array(found)


def again_of(frame: Frame) -> dict[tuple[int, int], int]:
    """Which bars of a piece take up which earlier ones, in the tracks that have pitch."""
    bar = int(np.bincount(np.diff(frame.lines)).argmax())
    own = form.full_bars(frame, bar)
    found: dict[tuple[int, int], int] = {}
    for tracks in form.groups(frame):
        if frame.families[tracks[0]] != FAMILIES - 1:
            plan = form.plan_of(frame, bar, tracks)
            found |= {(own[i], t): own[s] for i, s in enumerate(plan) if s is not None for t in tracks}
    return found


def harmony_again(frame: Frame) -> dict[int, int]:
    """Which bars of a piece have the harmony of which earlier ones."""
    return {bar: source for (bar, _), source in again_of(frame).items()}


def _bar(frame: Frame, time: int) -> int:
    return int(frame.lines.searchsorted(time, side="right")) - 1


def _but(notes: Ints, stood: Ints) -> Ints:
    """Written notes without those that stood, whole, before."""
    same = {tuple(n) for n in stood[:, : LENGTH + 1].tolist()}
    new = [n for n in notes.tolist() if not (n[STOOD] and tuple(n[: LENGTH + 1]) in same)]
    found = np.array(new, np.int64).reshape(-1, 5)
    found[:, STOOD] = 0
    return found


def _grown(sheet: Sheet, lines: Ints) -> Sheet:
    """The sheet with other barlines, nothing asked."""
    found = Sheet.empty(sheet.families, lines, sheet.minor)
    return replace(found, single=sheet.single, lowest=sheet.lowest, highest=sheet.highest)


def progression_for(known: Known, frame: Frame) -> Progression:
    return known.progressions.get(frame.minor) or next(iter(known.progressions.values()))


def _tracks(frame: Frame, asked: tuple[int, ...] | None) -> list[int]:
    """Numbers on the sheet of tracks of the piece."""
    if asked is None:
        return list(range(len(frame.tracks)))
    missing = [t + 1 for t in asked if t not in frame.tracks]
    if missing:
        raise BadParameter(
            f"There is no track {missing[0]} with notes in this piece",
            expected=f"numbers out of {', '.join(str(t + 1) for t in frame.tracks)}",
        )
    return [frame.tracks.index(t) for t in asked]


def _chances(request: EditRequest, times: int = 1) -> list[np.random.Generator]:
    return [np.random.default_rng([request.seed, 77, i]) for i in range(request.candidates * times)]


def _written(known: Known, sheets: list[Sheet], request: EditRequest, progress: Progress) -> list[Ints]:
    bars = sheets[0].bars
    if not len(known.frames):
        raise NotPossible("This style holds no notes", fix="Learn it again from its pieces")
    watch: Callable[[int], None] = lambda bar: progress(min(bar, bars - 1), bars, "Writing")  # noqa: E731
    found = write(known.voice, sheets, request.seed, temperature=request.temperature, watch=watch)
    progress(bars, bars, "Writing")
    return found


def _strain(known: Known, sheet: Sheet, notes: Ints, stop: int) -> float:
    """Bits of the first notes that stood after a passage, given the passage."""
    after = np.flatnonzero((notes[:, TIME] >= stop) & (notes[:, STOOD] == 1))[:_AFTER]
    if not len(after):
        return 0.0
    events = as_events(sheet, notes[: after[-1] + 1])
    return float(-np.log2(np.maximum(chances(known.voice.net, events, known.voice.style)[after], 1e-12)).sum())
