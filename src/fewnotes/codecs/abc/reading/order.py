"""The order of playing: repeats, endings and parts turn written music into a list of stretches of it.

Rules, where ABC 2.1 leaves them open: a closing sign without an opening one goes back to the last closing or
opening sign, the last part label, or the start; a double bar is no such place. An ending lasts to the next ending,
repeat sign or double bar. A lone first ending that closes with a repeat is left out the second time.
"""

from __future__ import annotations

from typing import NamedTuple

from fewnotes.codecs import MAX_REPEAT_FACTOR
from fewnotes.codecs.abc.reading.faults import Faults

Stretch = tuple[int, int]
Sign = tuple[int, str, object]  # time, kind (start, end, volta, double, part), its value


class _Ending(NamedTuple):
    numbers: frozenset[int]
    start: int
    end: int
    is_repeated: bool


class _Parts:
    """Builds the stretches of each part while the signs go by."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.parts: list[tuple[str, list[Stretch]]] = [("", [])]
        self.start = 0
        self._is_opened = False
        self._body_end = 0
        self._endings: list[_Ending] = []
        self._open: tuple[frozenset[int], int] | None = None

    def play(self, start: int, end: int) -> None:
        if end > start:
            self.parts[-1][1].append((start, end))

    def _close_ending(self, time: int, is_repeated: bool) -> None:
        if self._open is not None:
            numbers, start = self._open
            self._endings.append(_Ending(numbers, start, time, is_repeated))
            self._open = None

    def _finish_block(self) -> None:
        """Play a body with its endings, as often as the endings say."""
        if not self._endings:
            return
        last = self._endings[-1]
        passes = max(max(e.numbers) for e in self._endings)
        if all(e.end == e.start for e in self._endings):
            self.faults.add("repeat-empty")
            passes = 1
        elif len(self._endings) == 1:
            passes = passes + 1 if last.is_repeated else 1
        for number in range(1, min(passes, MAX_REPEAT_FACTOR) + 1):
            self.play(self.start, self._body_end)
            for ending in self._endings:
                if number in ending.numbers or (len(self._endings) == 1 and passes == 1):
                    self.play(ending.start, ending.end)
                    break
        self.start, self._is_opened = last.end, False
        self._endings = []

    def on_start(self, time: int) -> None:
        self._close_ending(time, False)
        self._finish_block()
        if self._is_opened:
            self.faults.add("repeat-open" if time > self.start else "repeat-empty")
        self.play(self.start, time)
        self.start, self._is_opened = time, True

    def on_end(self, time: int, times: int) -> None:
        if self._open is not None:
            self._close_ending(time, True)
        elif time == self.start:
            self.faults.add("repeat-empty")
            self._is_opened = False
        else:
            for _ in range(times):
                self.play(self.start, time)
            self.start, self._is_opened = time, False

    def on_volta(self, time: int, numbers: frozenset[int]) -> None:
        self._close_ending(time, False)
        if not self._endings:
            self._body_end = time
        self._open = (numbers, time)

    def on_part(self, time: int, label: str) -> None:
        self.on_finish(time)
        self.parts.append((label, []))

    def on_finish(self, time: int) -> None:
        self._close_ending(time, False)
        self._finish_block()
        if self._is_opened:
            self.faults.add("repeat-open")
            self._is_opened = False
        self.play(self.start, time)
        self.start = time

    def on_sign(self, sign: Sign) -> None:
        time, kind, value = sign
        waits = self._endings and self._open is None
        if waits and not (kind == "volta" and time == self._endings[-1].end):
            self._finish_block()
            if kind == "end" and time == self.start:
                return  # the same sign twice, as at the end of a line and the start of the next
        if kind == "start":
            self.on_start(time)
        elif kind == "end" and isinstance(value, int):
            self.on_end(time, value)
        elif kind == "volta" and isinstance(value, frozenset):
            self.on_volta(time, value)
        elif kind == "double":
            self._close_ending(time, False)
        elif kind == "part":
            self.on_part(time, str(value))


def play_order(signs: list[Sign], end: int, order: list[str] | None, faults: Faults) -> list[Stretch]:
    """The stretches of written time in the order of playing.

    signs: in written order; end: where the tune ends; order: labels of parts as P: in the header gives them.
    """
    built = _Parts(faults)
    for sign in signs:
        built.on_sign(sign)
    built.on_finish(end)
    labelled: dict[str, list[Stretch]] = {}
    for label, stretches in built.parts:
        if label:
            labelled.setdefault(label, stretches)
    if not order or not labelled:
        return [stretch for _, stretches in built.parts for stretch in stretches]
    before = built.parts[0][1]
    played = list(before)
    missing = {label for label in order if label not in labelled}
    if missing:
        faults.add("part-missing", count=len(missing))
    for label in order:
        played.extend(labelled.get(label, []))
    return played


def joined(stretches: list[Stretch]) -> list[Stretch]:
    """Stretches that follow one another in the written music as one."""
    out: list[Stretch] = []
    for start, end in stretches:
        if out and out[-1][1] == start:
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out
