"""Which spine is which Track: order in the score, staves of one part, names, instruments, transposition."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from fewnotes.codecs.kern import instruments, interpretations
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.timing import Change
from fewnotes.music.piece import Track

_NUMBERED = re.compile(r"\*(part|staff) ?(\d{1,4})$")


@dataclass
class _Spine:
    part: int = 0
    staff: int = 0
    code: str = ""
    family: str = ""
    name: str = ""
    has_percussion_clef: bool = False


@dataclass(frozen=True)
class Parts:
    """`track_of` and `staff_of` by spine; staff is 0 for a spine that is a track of its own."""

    tracks: tuple[Track, ...]
    track_of: dict[int, int]
    staff_of: dict[int, int]


def arrange(spines: Iterable[int], changes: Sequence[Change], log: FaultLog) -> Parts:
    """Tracks from the top of the score down. Spines go from the lowest up, unless staff numbers say otherwise.

    Spines with the same `*part` and different `*staff` numbers are the staves of one Track.
    """
    said = {spine: _Spine() for spine in spines}
    for change in changes:
        for spine, text in change.texts:
            if spine in said:
                _note(said[spine], text, change, log)
    order = sorted(said, reverse=True)
    staves = [said[spine].staff for spine in order]
    if all(staves) and len(set(staves)) == len(staves):
        order.sort(key=lambda spine: said[spine].staff)
    groups: dict[tuple[str, int], list[int]] = {}
    counts = Counter(s.part for s in said.values() if s.part)
    for spine in order:
        one = said[spine]
        shared = one.part and one.staff and counts[one.part] > 1
        groups.setdefault(("part", one.part) if shared else ("spine", spine), []).append(spine)
    tracks: list[Track] = []
    track_of: dict[int, int] = {}
    staff_of: dict[int, int] = {}
    for number, members in enumerate(groups.values()):
        for staff, spine in enumerate(members, start=1):
            track_of[spine] = number
            staff_of[spine] = min(255, staff) if len(members) > 1 else 0
        tracks.append(_track([said[spine] for spine in members]))
    return Parts(tuple(tracks), track_of, staff_of)


def _note(spine: _Spine, text: str, change: Change, log: FaultLog) -> None:
    numbered = _NUMBERED.match(text)
    if numbered:
        attribute = numbered.group(1)
        if not getattr(spine, attribute):
            setattr(spine, attribute, int(numbered.group(2)))
    elif text.startswith(('*I"', "*I:")):
        spine.name = spine.name or " ".join(text[3:].strip("[]").split())[:200]
    elif text.startswith("*IC"):
        spine.family = spine.family or text[3:]
    elif text.startswith("*clefX"):
        spine.has_percussion_clef = True
    elif re.match(r"\*I[a-z][A-Za-z]+$", text):
        if spine.code and spine.code != text[2:] and change.onset_tick > 0:
            log.add("instrument-change", change.line)
        spine.code = spine.code or text[2:]


def _track(spines: Sequence[_Spine]) -> Track:
    first = next((s for s in spines if s.code or s.name or s.family), spines[0])
    name = next((s.name for s in spines if s.name), "")
    sound = instruments.sound(first.code, first.family, first.name)
    is_drum = sound.is_drum or any(s.has_percussion_clef for s in spines)
    return Track(name, 0 if is_drum else sound.program, is_drum)


def transpositions(changes: Sequence[Change]) -> dict[int, list[tuple[int, int]]]:
    """By spine, (tick, semitones to add) for data that are marked as moved from sounding pitch."""
    found: dict[int, list[tuple[int, int]]] = {}
    for change in changes:
        for spine, text in change.texts:
            semitones = interpretations.transposition(text)
            if semitones is not None:
                found.setdefault(spine, []).append((change.onset_tick, -semitones))
    return found
