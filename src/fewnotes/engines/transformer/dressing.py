"""A melody given parts, and a piece put into other clothes: some of what it has stays, the style writes the rest."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines import EditRequest, Progress
from fewnotes.engines.transformer.composing import Known
from fewnotes.engines.transformer.editing import fitting, harmony_again, progression_for
from fewnotes.engines.transformer.frame import Frame, frame_of, is_single, loudness, unstruck
from fewnotes.engines.transformer.planned.plan import spells
from fewnotes.engines.transformer.planned.progression import segments_of
from fewnotes.engines.transformer.planned.texture import bars_like, rhythm_of, roots_of
from fewnotes.engines.transformer.writing.decoding import write
from fewnotes.engines.transformer.writing.sheet import KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.errors import NotPossible
from fewnotes.meta.events import FAMILIES
from fewnotes.meta.roles import Role, roles
from fewnotes.music.piece import NOTE, NoteArray, Piece

Ints = NDArray[np.int64]
#: Up to this strength a transferred piece keeps its bass, up to this one its whole melody.
_BASS, _MELODY = 0.4, 0.6
#: How much keys outside the harmony of the piece still count.
_OUTSIDE = 0.1
#: An octave is left only if this share of the notes comes into the range of the track.
_OCTAVE = 0.6
#: A line is the melody if so many of its notes have that role.
_LINE = 0.6
#: Words in the name of a track that sings.
_SUNG = {"melody", "lead", "vocal", "vocals", "voice", "soprano", "solo"}
#: Semitones by which tracks may leave the range of their model, whose key is another.
_ROOM = 4


@dataclass(frozen=True)
class Cast:
    """Who plays. model: a piece of the style whose tracks are taken. melody, bass: which of them."""

    model: Frame
    melody: int
    bass: int | None


def harmonized(known: Known, piece: Piece, request: EditRequest, progress: Progress) -> list[Piece]:
    """The melody of a piece, untouched, with the parts of the style. Raises NotPossible for a style of one line."""
    source = frame_of(piece)
    melody = melody_of(source)
    own = piece.notes[source.which[_indices(source, melody)]].copy()
    rich = [f for f in known.frames if len(f.families) > 1 or not f.single.all()]
    if not rich:
        raise NotPossible(
            "This style has one line only, so there are no parts to learn from",
            expected="a style of two parts or more", fix="Learn a style from pieces with chords or several parts",
        )  # fmt: skip
    progression = progression_for(known, source)
    fits = fitting(progression, source.lines, melody)
    parts: list[tuple[Cast, Sheet]] = []
    for number in range(request.candidates):
        rng = np.random.default_rng([request.seed, 78, number])
        cast = _cast(rich, source, rng)
        sheet = _sheet(known, cast, source)
        classes = progression.drawn(source.lines, harmony_again(source), rng, fits)
        notes = melody.copy()
        notes[:, TRACK] = cast.melody
        open_ = sheet.open.copy()
        under = None
        if cast.model.single[cast.melody]:
            open_[cast.melody] = False
        else:
            # One who plays chords: the melody stays on top.
            under = _ceiling(melody, sheet.steps)
        sheet = replace(sheet, classes=classes, open=open_, outside=_OUTSIDE, under=under, upper=cast.melody)
        parts.append((cast, sheet.with_notes(notes)))
    return _dressed(known, source, parts, request, progress, own)


def _ceiling(melody: Ints, steps: int) -> Ints:
    """At each step the key that sounds in the melody; where none does, the one before."""
    found = np.full(steps, 127, np.int64)
    for time, _, key, _ in melody.tolist():
        found[time:] = key
    return found


def transferred(known: Known, piece: Piece, strength: float, request: EditRequest, progress: Progress) -> list[Piece]:
    """A piece in the clothes of the style: its harmony, bars and form stay, and at low strength its melody and bass.

    How parts below the melody move is taken bar by bar from a piece of the style, and the keys are written.
    """
    source = frame_of(piece)
    melody, bass = melody_of(source), _bass_of(source)
    parts: list[tuple[Cast, Sheet]] = []
    for number in range(request.candidates):
        rng = np.random.default_rng([request.seed, 79, number])
        cast = _cast(list(known.frames), source, rng)
        sheet = _harmony_stays(_sheet(known, cast, source), source, cast)
        one_line = len(cast.model.families) == 1 and bool(cast.model.single[0])
        sheet = _filled(sheet, source, cast, melody, _bars_kept(source, _share(strength, one_line), rng))
        if cast.bass is not None and len(bass) and strength < _BASS:
            sheet = _standing(sheet, _moved(bass, sheet, cast.bass), cast.bass)
        parts.append((cast, sheet))
    return _dressed(known, source, parts, request, progress)


def _harmony_stays(sheet: Sheet, source: Frame, cast: Cast) -> Sheet:
    """The pitch classes of the source are asked for, and of the bass those that its harmony stands on."""
    if cast.bass is None:
        return replace(sheet, classes=source.classes, outside=_OUTSIDE)
    turns = np.zeros(sheet.steps, np.int64)
    for first, end in segments_of(source.lines):
        turns[first:end] = first
    return replace(
        sheet, classes=source.classes, outside=_OUTSIDE, roots=roots_of(source), turns=turns, lower=cast.bass
    )


def _share(strength: float, one_line: bool) -> float:
    """The share of bars whose melody stays: all up to some strength, unless there is nothing else that could change."""
    if one_line:
        return 1 - strength
    return 1.0 if strength <= _MELODY else (1 - strength) / (1 - _MELODY)


def _bars_kept(source: Frame, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """In which bars the melody stays; a bar that returns is kept if the first one is."""
    found = rng.random(len(source.lines) - 1) < share
    for bar, first in sorted(harmony_again(source).items()):
        found[bar] = found[first]
    return np.asarray(found)


def _bars_of(source: Frame, notes: Ints) -> Ints:
    return np.asarray(source.lines.searchsorted(notes[:, TIME], side="right") - 1)


def _filled(sheet: Sheet, source: Frame, cast: Cast, melody: Ints, stays: NDArray[np.bool_]) -> Sheet:
    """The melody where it stays, and the rhythm of the style for all else; bars that return do so with all parts."""
    model, lines, count = cast.model, source.lines, len(sheet.families)
    bars = bars_like(lines, melody, model, cast.melody)
    again = {bar: first for bar, first in harmony_again(source).items() if stays[bar] == stays[first]}
    bars[sorted(again)] = -1
    new = rhythm_of(lines, bars, model, list(range(count)))
    new = new[(new[:, TRACK] != cast.melody) | ~stays[_bars_of(source, new)]]
    kept = melody[stays[_bars_of(source, melody)]]
    notes = np.concatenate([_moved(kept, sheet, cast.melody), new])
    open_ = sheet.open.copy()
    for bar in range(len(lines) - 1):
        span = slice(int(lines[bar]), int(lines[bar + 1]))
        if bars[bar] >= 0:
            open_[:, span] = False
        if stays[bar]:
            open_[cast.melody, span] = False
    taken = {(bar, t): first for bar, first in again.items() for t in range(count)}
    return replace(sheet, open=open_, again=taken).with_notes(notes)


def _standing(sheet: Sheet, notes: Ints, track: int) -> Sheet:
    """Some notes are all that a track has."""
    open_ = sheet.open.copy()
    open_[track] = False
    others = sheet.locked[sheet.locked[:, TRACK] != track]
    return replace(sheet, open=open_).with_notes(np.concatenate([others, notes]))


def melody_of(frame: Frame) -> Ints:
    """The notes of a piece that have the role of the melody, (n, 4); all of a piece without one.

    A track of one note at a time whose name says so, or that is the melody most of the time, is it all of the time:
    notes of others that lie above it now and then are none.
    """
    is_melody = roles(frame.piece)[frame.which] == Role.MELODY
    sung = np.bincount(frame.notes[is_melody][:, TRACK], minlength=len(frame.tracks))
    named = np.array([bool(_SUNG & set(frame.piece.tracks[t].name.lower().split())) for t in frame.tracks])
    share = sung / np.bincount(frame.notes[:, TRACK], minlength=len(frame.tracks))
    lines = frame.single & (named | (share >= _LINE))
    if lines.any():
        return _joined(frame, int(np.where(lines, sung + len(frame.notes) * named, -1).argmax()))
    found = frame.notes[is_melody]
    return np.asarray(found if len(found) else frame.notes[frame.families_at() != FAMILIES - 1])


def _joined(frame: Frame, track: int) -> Ints:
    """The notes of a track, and those of other tracks of its instrument with which it is still one line."""
    programs = [frame.piece.tracks[t].program for t in frame.tracks]
    found = frame.of(track)
    for other, program in enumerate(programs):
        if other != track and program == programs[track] and frame.families[other] != FAMILIES - 1:
            both = np.concatenate([found, frame.of(other)])
            both = both[np.lexsort((both[:, KEY], both[:, TIME]))]
            if is_single(both):
                found = both
    return np.asarray(found)


def _bass_of(frame: Frame) -> Ints:
    return np.asarray(frame.notes[roles(frame.piece)[frame.which] == Role.BASS])


def _indices(frame: Frame, notes: Ints) -> NDArray[np.int64]:
    """Where notes of a frame stand in it."""
    place = {tuple(n): i for i, n in enumerate(frame.notes.tolist())}
    return np.asarray([place[tuple(n)] for n in notes.tolist()], np.int64)


def _cast(frames: list[Frame], source: Frame, rng: np.random.Generator) -> Cast:
    """A piece of the style in the mode and with bars of the source where there is one, and who has melody and bass in
    it.
    """
    bar = int(np.bincount(np.diff(source.lines)).argmax())
    fits = [(f.minor == source.minor) + 2 * (int(np.bincount(np.diff(f.lines)).argmax()) == bar) for f in frames]
    best = [f for f, fit in zip(frames, fits, strict=True) if fit == max(fits)]
    model = best[int(rng.integers(len(best)))]
    pitched = [t for t, family in enumerate(model.families) if family != FAMILIES - 1] or [0]
    height = {t: float(model.of(t)[:, KEY].mean()) for t in pitched}
    role = roles(model.piece)[model.which]
    sung = np.bincount(model.notes[role == Role.MELODY][:, TRACK], minlength=len(model.families))
    melody = int(sung.argmax()) if sung.any() else max(pitched, key=lambda t: height[t])
    low = min(pitched, key=lambda t: height[t])
    return Cast(model, melody, low if low != melody else None)


def _sheet(known: Known, cast: Cast, source: Frame) -> Sheet:
    """An empty sheet with the bars of the source and the tracks of the model."""
    model = cast.model
    sheet = Sheet.empty(model.families, source.lines, source.minor)
    low, high = model.ranges()
    drums = np.array(model.families) == FAMILIES - 1
    shift = np.where(drums, 0, source.shift - model.shift)
    longest, rest = spells(known.frames, model)
    low, high = np.maximum(0, low - _ROOM), np.minimum(127, high + _ROOM)
    low, high = np.clip(low + shift, 0, 127), np.clip(high + shift, 0, 127)
    return replace(sheet, longest=longest, rest=rest, single=model.single, lowest=low, highest=high)


def _moved(notes: Ints, sheet: Sheet, track: int) -> Ints:
    """Notes put into a track, moved by octaves together where that brings many of them into its range."""
    if not len(notes):
        return notes
    low, high = int(sheet.lowest[track]), int(sheet.highest[track])

    def inside(octaves: int) -> float:
        moved = notes[:, KEY] + 12 * octaves
        return float(((moved >= low) & (moved <= high)).mean()) - _OCTAVE * abs(octaves)

    best = max(range(-4, 5), key=inside)
    found = notes.copy()
    found[:, KEY] = np.clip(found[:, KEY] + 12 * best, 0, 127)
    found[:, TRACK] = track
    return found


def _dressed(
    known: Known, source: Frame, parts: list[tuple[Cast, Sheet]], request: EditRequest, progress: Progress,
    own: NoteArray | None = None,
) -> list[Piece]:  # fmt: skip
    """Written, and as pieces with the tracks of their models. own: notes that stood, as they are to be in the piece."""
    casts, sheets = [cast for cast, _ in parts], [sheet for _, sheet in parts]
    bars = sheets[0].bars
    found: dict[int, Piece] = {}
    for count in sorted({len(s.families) for s in sheets}):
        numbers = [i for i, s in enumerate(sheets) if len(s.families) == count]
        written = write(
            known.voice, [sheets[i] for i in numbers], request.seed, temperature=request.temperature,
            watch=lambda bar: progress(min(bar, bars - 1), bars, "Writing"),
        )  # fmt: skip
        for i, notes in zip(numbers, written, strict=True):
            found[i] = _piece(source, casts[i], notes, own)
    progress(bars, bars, "Writing")
    return [found[i] for i in sorted(found)]


def _piece(source: Frame, cast: Cast, notes: Ints, own: NoteArray | None) -> Piece:
    model, piece = cast.model, source.piece
    if own is not None:
        notes = notes[notes[:, STOOD] == 0]
    tracks = tuple(model.piece.tracks[t] for t in model.tracks)
    drum = np.array([t.is_drum for t in tracks], bool)[notes[:, TRACK]]
    rows = np.zeros(len(notes), NOTE)
    rows["onset_tick"] = source.tick(notes[:, TIME])
    rows["duration_tick"] = np.maximum(1, source.tick(notes[:, TIME] + notes[:, LENGTH]) - rows["onset_tick"])
    rows["track"] = notes[:, TRACK]
    rows["pitch"] = np.where(drum, notes[:, KEY], np.clip(notes[:, KEY] - source.shift, 0, 127))
    rows["velocity"] = loudness(model, notes)
    new = notes[:, STOOD] == 0
    if own is not None:
        own["track"], own["voice"], own["staff"] = cast.melody, 0, 0
        rows, new = np.concatenate([own, rows]), np.append(np.zeros(len(own), bool), new)
    return replace(piece, tracks=tracks, notes=unstruck(rows, new), graces=piece.graces[:0], chords=())
