"""The voices of a tune laid on one written timeline, and that timeline played in order."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs import MAX_NOTES, MAX_REPEAT_FACTOR
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.codecs.abc.reading.order import Sign, Stretch
from fewnotes.codecs.abc.reading.voice import Voice

_Value = TypeVar("_Value")
Rows = NDArray[np.int64]
#: Columns of rows here: onset, duration, pitch, tied, overlay, track.
ONSET, DURATION, PITCH, TIED, OVERLAY, TRACK = range(6)


class Timeline:
    """Bars of all voices in common: bar i starts where the longest voice has it."""

    def __init__(self, voices: Sequence[Voice], faults: Faults) -> None:
        self.voices = voices
        longest = max(voices, key=lambda v: len(v.bars))
        self.kinds = [kind for _, _, kind in longest.bars]
        self._is_common = len({v.time for v in voices}) == 1
        if self._is_common:
            self.starts = [start for start, _, _ in longest.bars]
            self.end = longest.time
            return
        lengths = [0] * len(longest.bars)
        for voice in voices:
            for i, (start, end, _) in enumerate(voice.bars):
                lengths[i] = max(lengths[i], end - start)
        self.starts = [int(t) for t in np.cumsum([0, *lengths])]
        self.end = self.starts.pop()
        for i in range(len(lengths)):
            found = {v.bars[i][1] - v.bars[i][0] for v in voices if i < len(v.bars)}
            if len(found) > 1:
                faults.add("voices-uneven", f"bar {i + 1}")

    def place(self, voice: Voice, times: Sequence[int]) -> list[int]:
        """Times of a voice on the common timeline."""
        if self._is_common or not voice.bars:
            return list(times)
        own = [start for start, _, _ in voice.bars]
        moved = []
        for time in times:
            i = max(0, bisect_right(own, time) - 1)
            if time == voice.time and i + 1 < len(self.starts):
                moved.append(self.starts[i + 1])
            else:
                moved.append(min(self.starts[i] + time - own[i], self.end))
        return moved

    def rows(self) -> tuple[Rows, Rows]:
        """All notes and all graces, in order of onset."""
        notes: list[Rows] = []
        graces: list[Rows] = []
        for track, voice in enumerate(self.voices):
            for source, target in ((voice.rows, notes), ([[t, d, p, 0, o] for t, d, p, o in voice.graces], graces)):
                block = np.asarray(source, np.int64).reshape(-1, 5)
                if not self._is_common and len(block):
                    block[:, ONSET] = self.place(voice, block[:, ONSET].tolist())
                target.append(np.column_stack([block, np.full(len(block), track, np.int64)]))
        return _by_onset(np.concatenate(notes)), _by_onset(np.concatenate(graces))

    def marks(self, voice: Voice, marks: Sequence[tuple[int, _Value]]) -> list[tuple[int, _Value]]:
        times = self.place(voice, [time for time, _ in marks])
        return [(time, value) for time, (_, value) in zip(times, marks, strict=True)]

    def signs(self) -> list[Sign]:
        """Repeats and endings of the first voice that has any; part labels of all voices."""
        source = next((v for v in self.voices if any(s[1] != "part" for s in v.signs)), self.voices[0])
        signs = [(time, *rest) for time, rest in self.marks(source, [(t, (k, x)) for t, k, x in source.signs])]
        known = {(t, x) for t, k, x in signs if k == "part"}
        for voice in self.voices:
            if voice is source:
                continue
            labels = [(t, str(x)) for t, k, x in voice.signs if k == "part"]
            for time, label in self.marks(voice, labels):
                if (time, label) not in known:
                    known.add((time, label))
                    signs.append((time, "part", label))
        return sorted(signs, key=lambda s: s[0])


def _by_onset(rows: Rows) -> Rows:
    return rows[np.argsort(rows[:, ONSET], kind="stable")]


def offsets(stretches: Sequence[Stretch]) -> list[int]:
    """Where each stretch begins when played, and where the last ends."""
    return [0, *(int(t) for t in np.cumsum([end - start for start, end in stretches]))]


def is_affordable(stretches: Sequence[Stretch], rows: Rows, end: int) -> bool:
    """Whether playing this order stays within the caps."""
    bounds = np.searchsorted(rows[:, ONSET], np.asarray(stretches, np.int64).reshape(-1, 2))
    played = int((bounds[:, 1] - bounds[:, 0]).sum())
    return played <= MAX_NOTES and sum(b - a for a, b in stretches) <= MAX_REPEAT_FACTOR * max(1, end)


def played_rows(rows: Rows, stretches: Sequence[Stretch]) -> Rows:
    """Rows of each stretch in turn; onsets count played time."""
    chunks = [rows[:0]]
    for (start, end), offset in zip(stretches, offsets(stretches), strict=False):
        a, b = np.searchsorted(rows[:, ONSET], [start, end])
        chunk = rows[a:b].copy()
        chunk[:, ONSET] += offset - start
        chunks.append(chunk)
    return np.concatenate(chunks)


def played_marks(
    marks: Sequence[tuple[int, _Value]], stretches: Sequence[Stretch], is_state: bool = True
) -> list[tuple[int, _Value]]:
    """Marks of each stretch in turn. A state (meter, key, tempo) also holds from before the stretch."""
    times = [time for time, _ in marks]
    out: list[tuple[int, _Value]] = []
    for (start, end), offset in zip(stretches, offsets(stretches), strict=False):
        a, b = bisect_right(times, start - 1), bisect_right(times, end - 1)
        inner = [(time - start + offset, value) for time, value in marks[a:b]]
        if is_state and a and (not inner or inner[0][0] > offset):
            inner.insert(0, (offset, marks[a - 1][1]))
        out.extend(inner)
    return out


def join_ties(rows: Rows, faults: Faults) -> Rows:
    """Rows with each tied chain as one note: a tie leads to the same pitch of the same line where it ends."""
    if not rows[:, TIED].any():
        return rows
    table = rows.tolist()
    heads: dict[tuple[int, int, int], tuple[int, int]] = {}  # (track, overlay, pitch): head row, end of the chain
    keep = np.ones(len(rows), bool)
    unanswered = 0
    for i, (onset, duration, pitch, tied, overlay, track) in enumerate(table):
        key = (track, overlay, pitch)
        head = i
        if key in heads:
            head, end = heads.pop(key)
            if end == onset:
                keep[i] = False
                rows[head, DURATION] += duration
            else:
                head = i
                unanswered += 1
        if tied:
            heads[key] = (head, onset + duration)
    unanswered += len(heads)
    if unanswered:
        faults.add("tie-open", count=unanswered)
    return rows[keep]
