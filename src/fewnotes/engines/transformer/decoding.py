"""Notes, one after another, onto a batch of sheets: the net and the memory say how likely, the sheet says what is allowed.

Each step takes one note further in time order: whose it is, when it begins, how long it lasts, which key. Where a locked note
comes first it is put in its place and heard as if it had been chosen. The net sees the last `WINDOW` notes; keys
and values of earlier ones are kept, so that a step costs the same however long the piece is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.facts import SIZES, Note, Past
from fewnotes.engines.transformer.memory import spread
from fewnotes.engines.transformer.sheet import KEY, LENGTH, TIME, TRACK, Sheet
from fewnotes.engines.transformer.telling import Memory
from fewnotes.meta import events as ev

if TYPE_CHECKING:
    from fewnotes.nets.composer import Composer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Notes that are attended to, the events before a piece included.
WINDOW = 600
#: A sheet never takes more notes than so many a step and track.
_MOST_NOTES = 1.0


@dataclass(frozen=True)
class Voice:
    """What writes: the net that learned the style, how the judge hears the style, the memory, and how much each counts.

    weights: of the net and of each ladder expert (memory and piece, piece alone), for each of the three symbols.
    """

    net: Composer
    style: NDArray[np.float32]
    memory: Memory
    weights: tuple[Floats, ...]


@dataclass
class Page:
    """One sheet under way."""

    sheet: Sheet
    notes: list[tuple[int, int, int, int]] = field(default_factory=list)
    past: Past = field(default_factory=Past)
    own: Memory = field(default_factory=Memory)
    last: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    sounding: list[tuple[int, int]] = field(default_factory=list)
    clock: int = 0
    last_track: int = -1
    last_key: int = -1
    done: bool = False

    def __post_init__(self) -> None:
        #: Where notes may still begin, and locked notes that are still to come, the next one last.
        self.open = self.sheet.open.copy()
        self.waiting: list[tuple[int, int, int, int]] = []
        self._wait([tuple(note) for note in self.sheet.locked.tolist()])
        self._begun = -1

    def _wait(self, notes: Sequence[tuple[int, ...]]) -> None:
        self.waiting += notes  # type: ignore[arg-type]
        self.waiting.sort(key=lambda n: (n[TIME], n[TRACK], n[KEY]), reverse=True)

    def next_locked(self) -> tuple[int, int, int, int] | None:
        """The locked note that comes next."""
        return self.waiting[-1] if self.waiting else None

    def room(self, track: int, time: int) -> int:
        """Steps from a time to the next locked note of a track."""
        ahead = [n[TIME] for n in self.waiting if n[TRACK] == track and n[TIME] > time]
        return min(ahead) - time if ahead else ev.LONGEST

    def enter(self, time: int) -> None:
        """Bars up to the one of a time that take up earlier ones have their notes from there, where nothing stands."""
        sheet = self.sheet
        for bar in range(self._begun + 1, sheet.bar_of(min(time, sheet.steps - 1)) + 1):
            source = sheet.returns.get(bar)
            if source is not None and self.waiting and self.waiting[-1][TIME] < sheet.span(bar)[0]:
                # What stands before this bar is not put down yet, and what it takes up may be part of that.
                return
            self._begun = bar
            if source is None:
                continue
            (first, end), (start, _) = sheet.span(bar), sheet.span(source)
            free = self.open[:, first]
            again = [
                (n[TIME] - start + first, *n[1:]) for n in self.notes
                if start <= n[TIME] < start + end - first and free[n[TRACK]]
            ]  # fmt: skip
            if again:
                self._wait(again)
                self.open[free, first:end] = False
                # Later bars may take up what is still to be written.
                return

    def is_drum(self, track: int) -> bool:
        return self.sheet.families[track] == ev.FAMILIES - 1

    def row(self, track: int) -> list[int]:
        """What is known of the next note of a track before anything of it is chosen."""
        onset, key, length = self.last.get(track, (0, ev.NO_KEY, 0))
        row = [0] * len(ev.FIELDS)
        row[ev.WITH] = [ev.NO_KEY] * ev.TOGETHER
        row[ev.BAR], row[ev.FAMILY], row[ev.TRACK] = self.sheet.bar, self.sheet.families[track], track
        row[ev.LAST_KEY], row[ev.LAST_LENGTH] = key, length
        row[ev.GAP] = min(self.clock - onset, ev.LONGEST)
        return row

    def at(self, row: list[int], time: int) -> None:
        """Put down when it begins and what follows from that."""
        now = min(time, self.sheet.steps - 1)
        row[ev.DELTA], row[ev.TIME] = min(time - self.clock, ev.LONGEST), time
        row[ev.PLACE] = min(self.sheet.place(now), ev.LONGEST - 1)
        row[ev.CLASSES], row[ev.LEFT] = int(self.sheet.classes[now]), self.sheet.left(now)
        row[ev.CROWD] = int(self.sheet.crowd[self.sheet.bar_of(now)])
        together = sorted(p for end, p in self.sounding if end > time)
        if len(together) > ev.TOGETHER:
            together = [together[0], *together[-(ev.TOGETHER - 1) :]]
        row[ev.WITH] = together + [ev.NO_KEY] * (ev.TOGETHER - len(together))

    def add(self, row: list[int]) -> None:
        """The note is complete."""
        time, track, key, length = row[ev.TIME], row[ev.TRACK], row[ev.KEY], row[ev.LENGTH]
        advance = min(row[ev.DELTA] + row[ev.GAP], ev.LONGEST)
        facts = (
            self.past.begins(track, row[ev.GAP]),
            self.past.lasts(track, advance, row[ev.PLACE]),
            self.past.sounds(track, advance, row[ev.PLACE], length, self.together(row)),
        )
        for step, symbol in enumerate((advance, length, key)):
            for i, known in enumerate(facts[step]):
                self.own.of(step, i).add(known, symbol)
        self.past.add(track, Note(advance, length, key, row[ev.PLACE], time))
        self.last[track] = (time, key, length)
        self.sounding = [(end, p) for end, p in self.sounding if end > time]
        if not self.is_drum(track):
            self.sounding.append((time + length, key))
        self.clock, self.last_track, self.last_key = time, track, key
        self.notes.append((time, track, key, length))

    def together(self, row: list[int]) -> tuple[int, ...]:
        """Keys that sound with it, for the memory."""
        return () if self.is_drum(row[ev.TRACK]) else tuple(k for k in row[ev.WITH] if k != ev.NO_KEY)


def write(
    voice: Voice, sheets: Sequence[Sheet], seed: int, *, temperature: float = 1.0, nucleus: float = 0.97,
    watch: Callable[[int], None] | None = None,
) -> list[Ints]:  # fmt: skip
    """The notes of each sheet, (n, 4), locked ones among them. All sheets have the same tracks and meter.

    watch: told the bar that the slowest sheet has come to.
    """
    import torch

    from fewnotes.nets.composer import Cache

    rng = np.random.default_rng(seed)
    pages = [Page(sheet) for sheet in sheets]
    batch, families = len(pages), sheets[0].families
    most = int(max(64, _MOST_NOTES * max(s.steps for s in sheets) * len(families))) + sum(len(s.locked) for s in sheets)
    style = torch.from_numpy(voice.style).expand(batch, -1)
    cache = Cache(voice.net.shape, batch, min(most, 16384) + len(families) + 1, WINDOW)
    tracks = np.zeros(voice.net.shape.tracks, bool)
    tracks[: len(families)] = True
    with torch.inference_mode():
        for i, row in enumerate(_cast(sheets[0])):
            hidden = voice.net.step(torch.tensor([row] * batch), i, style, cache)
        for number in range(len(families), cache.layers[0][0].shape[2] - 1):
            whose = torch.log_softmax(voice.net.to_track(hidden), dim=-1).double().numpy()
            rows = []
            for page, odds in zip(pages, whose, strict=True):
                if watch is not None and number % 50 == 0:
                    watch(min(p.sheet.bar_of(min(p.clock, p.sheet.steps - 1)) for p in pages))
                rows.append(_begun(page, odds, tracks, rng))
            then = torch.tensor(rows)
            x, delta = voice.net.begins(hidden, then)
            for page, row, odds in zip(pages, rows, torch.log_softmax(delta, dim=-1).double().numpy(), strict=True):
                if not page.done:
                    _when(page, row, odds, voice, (rng, temperature, nucleus))
            if all(page.done for page in pages):
                break
            then = torch.tensor(rows)
            x, length = voice.net.lasts(x, then)
            for page, row, odds in zip(pages, rows, torch.softmax(length, dim=-1).double().numpy(), strict=True):
                if not page.done and not row[ev.LENGTH]:
                    _how_long(page, row, odds, voice, (rng, temperature, nucleus))
            then = torch.tensor(rows)
            keys = torch.softmax(voice.net.sounds(x, then), dim=-1).double().numpy()
            for page, row, odds in zip(pages, rows, keys, strict=True):
                if page.done:
                    continue
                if row[ev.KEY] < 0:
                    _which(page, row, odds, voice, (rng, temperature, nucleus))
                page.add(row)
            hidden = voice.net.step(torch.tensor(rows).clamp(min=0), number, style, cache)
    return [_finished(page) for page in pages]


Dice = tuple[np.random.Generator, float, float]


def _cast(sheet: Sheet) -> list[list[int]]:
    """The events that say meter, mode and tracks."""
    rows = []
    for track, family in enumerate(sheet.families):
        row = [0] * len(ev.FIELDS)
        row[ev.WITH] = [ev.NO_KEY] * ev.TOGETHER
        row[ev.KEY], row[ev.LENGTH], row[ev.BAR], row[ev.LAST_KEY] = ev.BEGIN, int(sheet.minor), sheet.bar, ev.NO_KEY
        row[ev.TRACK], row[ev.FAMILY] = track, family
        rows.append(row)
    return rows


def _begun(page: Page, odds: Floats, tracks: NDArray[np.bool_], rng: np.random.Generator) -> list[int]:
    """Whose the next note is."""
    sheet = page.sheet
    free = tracks.copy()
    free[: len(sheet.families)] &= page.open[:, page.clock :].any(axis=1)
    if page.done or not free.any():
        locked = page.next_locked()
        if locked is None:
            page.done = True
        return page.row(locked[TRACK] if locked else 0)
    chance = np.where(free, np.exp(odds), 0)
    return page.row(int(rng.choice(len(chance), p=chance / chance.sum())))


def _when(page: Page, row: list[int], odds: Floats, voice: Voice, dice: Dice) -> None:
    """When it begins; or the locked note that comes before, whole."""
    sheet, track, gap = page.sheet, row[ev.TRACK], row[ev.GAP]
    said = _with_memory(page, voice, 0, page.past.begins(track, gap), np.exp(odds), shift=gap)
    room = np.zeros(len(said), bool)
    open_ = page.open[track, page.clock : page.clock + len(said)]
    room[: len(open_)] = open_
    if sheet.single[track] and track in page.last:
        onset, _, lasting = page.last[track]
        room[: max(0, onset + lasting - page.clock)] = False
    if track < page.last_track or (track == page.last_track and page.last_key >= 127):
        room[0] = False
    # Whatever lies beyond the end says that there is nothing more; before the last bar that is not taken for an answer.
    over = float(said[len(open_) :].sum()) if page.clock >= sheet.steps - sheet.bar else 0.0
    said = np.where(room, said, 0)
    delta = None
    if said.sum() + over > 0:
        pick = _picked(np.append(said, over), dice)
        delta = None if pick == len(said) else pick
    time = sheet.steps if delta is None else page.clock + delta
    if delta is None and not over and room.any():
        time = page.clock + int(room.argmax())
    page.enter(time)
    if time < sheet.steps and not page.open[track, time]:
        time = sheet.steps
    locked = page.next_locked()
    if locked is not None and (locked[TIME], locked[TRACK]) <= (time, track):
        page.waiting.pop()
        if locked[TRACK] != track:
            row[:] = page.row(locked[TRACK])
        page.at(row, locked[TIME])
        row[ev.LENGTH], row[ev.KEY] = locked[LENGTH], locked[KEY]
        return
    if time >= sheet.steps:
        page.done = True
        return
    page.at(row, time)
    row[ev.KEY] = -1


def _how_long(page: Page, row: list[int], chance: Floats, voice: Voice, dice: Dice) -> None:
    """How long it lasts: at least a step, at most until the end."""
    track, advance = row[ev.TRACK], min(row[ev.DELTA] + row[ev.GAP], ev.LONGEST)
    said = _with_memory(page, voice, 1, page.past.lasts(track, advance, row[ev.PLACE]), chance)
    said[0] = 0
    said[page.sheet.steps - row[ev.TIME] + 1 :] = 0
    if page.sheet.single[track]:
        # Up to the next locked note of the track.
        said[page.room(track, row[ev.TIME]) + 1 :] = 0
    row[ev.LENGTH] = _picked(said, dice) if said.sum() > 0 else 1


def _which(page: Page, row: list[int], chance: Floats, voice: Voice, dice: Dice) -> None:
    """Which key: in the range of the track, above what the track already began there, not one that it still sounds."""
    track, advance = row[ev.TRACK], min(row[ev.DELTA] + row[ev.GAP], ev.LONGEST)
    facts = page.past.sounds(track, advance, row[ev.PLACE], row[ev.LENGTH], page.together(row))
    said = _with_memory(page, voice, 2, facts, chance)
    low, high = int(page.sheet.lowest[track]), int(page.sheet.highest[track])
    if track == page.last_track and row[ev.DELTA] == 0:
        low = max(low, page.last_key + 1)
    said[:low] = 0
    said[high + 1 :] = 0
    if said.sum() <= 0:
        said[min(127, low)] = 1
    row[ev.KEY] = _picked(said, dice)


def _with_memory(
    page: Page, voice: Voice, step: int, facts: Sequence[tuple], chance: Floats, shift: int = 0
) -> Floats:
    """What the net says and what was read, weighed. shift: symbols of the memory lie so far above those of the net."""
    weights = voice.weights[step]
    read = [0.0] * SIZES[step]
    place = 1
    known = bool(voice.memory.ladders)
    for i, own in enumerate(facts):
        fresh = page.own.of(step, i)
        if known:
            spread((voice.memory.of(step, i), fresh), own, float(weights[place]), read)
            place += 1
        spread((fresh,), own, float(weights[place]), read)
        place += 1
    words = np.array(read)
    if shift:
        words = words[shift:]
        total = words.sum()
        words = np.append(words * (1 - weights[0]) / total, np.zeros(shift)) if total > 0 else np.zeros(SIZES[step])
    return np.asarray(weights[0] * chance + words)


def _picked(chance: Floats, dice: Dice) -> int:
    """One symbol of the likeliest that together have the share `nucleus`, at a temperature."""
    rng, temperature, nucleus = dice
    odds = chance / chance.sum()
    if temperature != 1.0:
        odds = odds ** (1 / temperature)
        odds /= odds.sum()
    order = np.argsort(-odds)
    kept = order[: int(np.searchsorted(np.cumsum(odds[order]), nucleus)) + 1]
    return int(rng.choice(kept, p=odds[kept] / odds[kept].sum()))


def _finished(page: Page) -> Ints:
    """All notes, with locked ones that were still to come; in tracks of one note at a time none lasts into the next."""
    notes = np.array([*page.notes, *page.waiting], np.int64).reshape(-1, 4)
    notes = notes[np.lexsort((notes[:, KEY], notes[:, TRACK], notes[:, TIME]))]
    for track in np.flatnonzero(page.sheet.single).tolist():
        own = np.flatnonzero(notes[:, TRACK] == track)
        gaps = np.diff(notes[own, TIME])
        notes[own[:-1], LENGTH] = np.where(gaps > 0, np.minimum(notes[own[:-1], LENGTH], gaps), notes[own[:-1], LENGTH])
    return np.asarray(notes)
