"""Notes, one after another, onto a batch of sheets: the net and the memory say how likely, the sheet says what is
allowed.

Each step takes one note further in time order: whose it is, when it begins, how long it lasts, which key. Where a
locked note comes first it is put in its place and heard as if it had been chosen. The net sees the last `WINDOW` notes;
keys and values of earlier ones are kept, so that a step costs the same however long the piece is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fewnotes.engines.transformer.facts import SIZES
from fewnotes.engines.transformer.memory import Facts, spread
from fewnotes.engines.transformer.page import Page
from fewnotes.engines.transformer.sheet import ANY_KEY, KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.engines.transformer.telling import Memory
from fewnotes.meta import events as ev
from fewnotes.music.guard import Guard

if TYPE_CHECKING:
    from fewnotes.nets.composer import Composer

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: Notes that are attended to, the events before a piece included.
WINDOW = 600
#: A sheet never takes more notes than so many a step and track.
_MOST_NOTES = 1.0
#: Where another key is about as good, what leads towards a copy is left alone.
_ALSO_GOOD = 0.02


@dataclass(frozen=True)
class Voice:
    """What writes: the net that learned the style, how the judge hears the style, the memory, and how much each counts.

    weights: of the net and of each ladder expert (memory and piece, piece alone), for each of the three symbols.
    guard: lines that are not to be copied.
    """

    net: Composer
    style: NDArray[np.float32]
    memory: Memory
    weights: tuple[Floats, ...]
    guard: Guard


class Dice(NamedTuple):
    """Chance for one page. nucleus: the likeliest symbols that together have this share are drawn from."""

    rng: np.random.Generator
    temperature: float
    nucleus: float


def write(
    voice: Voice, sheets: Sequence[Sheet], seed: int, *, temperature: float = 1.0, nucleus: float = 0.97,
    watch: Callable[[int], None] | None = None,
) -> list[Ints]:  # fmt: skip
    """The notes of each sheet, (n, 5), locked ones among them. All sheets have equally many tracks.

    watch: told the bar that the slowest sheet has come to.
    """
    import torch

    from fewnotes.nets.composer import Cache

    pages = [Page(sheet, voice.guard) for sheet in sheets]
    dice = [Dice(np.random.default_rng([seed, i]), temperature, nucleus) for i in range(len(pages))]
    batch, count = len(pages), len(sheets[0].families)
    most = int(max(64, _MOST_NOTES * max(s.steps for s in sheets) * count)) + max(len(s.locked) for s in sheets)
    style = torch.from_numpy(voice.style).expand(batch, -1)
    cache = Cache(voice.net.shape, batch, min(most, 16384) + count + 1, WINDOW)
    with torch.inference_mode():
        for i, cast in enumerate(zip(*(_cast(sheet) for sheet in sheets), strict=True)):
            hidden = voice.net.step(torch.tensor(cast), i, style, cache)
        for number in range(count, cache.layers[0][0].shape[2] - 1):
            if watch is not None and number % 50 == 0:
                watch(min(p.sheet.bar_of(min(p.clock, p.sheet.steps - 1)) for p in pages))
            rows = _one_each(voice, pages, dice, hidden)
            if rows is None:
                break
            hidden = voice.net.step(torch.tensor(rows).clamp(min=0), number, style, cache)
    return [page.finished() for page in pages]


def _one_each(voice: Voice, pages: Sequence[Page], dice: Sequence[Dice], hidden: object) -> list[list[int]] | None:
    """One more note on every page that is not done; None once all are."""
    import torch

    net = voice.net
    whose = torch.log_softmax(net.to_track(hidden), dim=-1).double().numpy()
    rows = [_begun(page, odds, one.rng) for page, odds, one in zip(pages, whose, dice, strict=True)]
    then = torch.tensor(rows)
    x, delta = net.begins(hidden, then)  # type: ignore[arg-type]
    begins = torch.softmax(delta, dim=-1).double().numpy()
    stood = [
        not page.done and _when(page, row, odds, voice, one)
        for page, row, odds, one in zip(pages, rows, begins, dice, strict=True)
    ]
    if all(page.done for page in pages):
        return None
    then = torch.tensor(rows)
    x, length = net.lasts(x, then)
    for page, row, odds, one in zip(pages, rows, torch.softmax(length, dim=-1).double().numpy(), dice, strict=True):
        if not page.done and not row[ev.LENGTH]:
            _how_long(page, row, odds, voice, one)
    then = torch.tensor(rows)
    keys = torch.softmax(net.sounds(x, then), dim=-1).double().numpy()
    for page, row, odds, one, fixed in zip(pages, rows, keys, dice, stood, strict=True):
        if page.done:
            continue
        if row[ev.KEY] < 0:
            _which(page, row, odds, voice, one)
        page.add(row, fixed)
    return rows


def _cast(sheet: Sheet) -> list[list[int]]:
    """The events that say meter, mode and tracks."""
    rows = []
    for track, family in enumerate(sheet.families):
        row = [0] * len(ev.FIELDS)
        row[ev.WITH] = [ev.NO_KEY] * ev.TOGETHER
        row[ev.KEY], row[ev.LENGTH], row[ev.LAST_KEY] = ev.BEGIN, int(sheet.minor), ev.NO_KEY
        row[ev.BAR] = min(int(sheet.lines[1]), ev.LONGEST)
        row[ev.TRACK], row[ev.FAMILY] = track, family
        rows.append(row)
    return rows


def _begun(page: Page, odds: Floats, rng: np.random.Generator) -> list[int]:
    """Whose the next note is."""
    free = np.zeros(len(odds), bool)
    free[: len(page.sheet.families)] = page.open[:, page.clock :].any(axis=1)
    if page.done or not free.any():
        locked = page.next_locked()
        if locked is None:
            page.done = True
        return page.row(locked[TRACK] if locked else 0)
    late = page.overdue()
    if late.any():
        free[: len(late)] &= late
    chance = np.where(free, np.exp(odds), 0)
    return page.row(int(rng.choice(len(chance), p=chance / chance.sum())))


def _when(page: Page, row: list[int], odds: Floats, voice: Voice, dice: Dice) -> bool:
    """When it begins; or the locked note that comes before, whole. Did that stand before?"""
    sheet, track, gap = page.sheet, row[ev.TRACK], row[ev.GAP]
    said = _with_memory(page, voice, 0, page.past.begins(track, gap), odds, shift=gap)
    room = np.zeros(len(said), bool)
    open_ = page.open[track, page.clock : page.clock + len(said)]
    room[: len(open_)] = open_
    if sheet.single[track] and track in page.last:
        onset, _, lasting = page.last[track]
        room[: max(0, onset + lasting - page.clock)] = False
    if track < page.last_track or (track == page.last_track and page.last_key >= 127):
        room[0] = False
    if sheet.rest is not None:
        # At the latest when its longest silence is over, where it is open then.
        due = max(0, int(sheet.rest[track]) - page.silent(track))
        if room[: due + 1].any():
            room[due + 1 :] = False
    # Whatever lies beyond the end says that there is nothing more; before the last bar that is not taken for an answer.
    over = float(said[len(open_) :].sum()) if page.clock >= sheet.lines[-2] else 0.0
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
        if locked[TIME] >= sheet.closing and locked[KEY] != ANY_KEY:
            row[ev.KEY] = page.near(locked[TRACK], locked[KEY])
        return bool(locked[STOOD])
    if time >= sheet.steps:
        page.done = True
        return False
    page.at(row, time)
    row[ev.KEY] = ANY_KEY
    return False


def _how_long(page: Page, row: list[int], chance: Floats, voice: Voice, dice: Dice) -> None:
    """How long it lasts: at least a step, at most until the end."""
    track, advance = row[ev.TRACK], min(row[ev.DELTA] + row[ev.GAP], ev.LONGEST)
    said = _with_memory(page, voice, 1, page.past.lasts(track, advance, row[ev.PLACE]), chance)
    said[0] = 0
    if page.sheet.longest is not None:
        said[int(page.sheet.longest[track]) + 1 :] = 0
    said[page.sheet.steps - row[ev.TIME] + 1 :] = 0
    if page.sheet.single[track]:
        # Up to the next locked note of the track.
        said[page.room(track, row[ev.TIME]) + 1 :] = 0
    row[ev.LENGTH] = _picked(said, dice) if said.sum() > 0 else 1


def _which(page: Page, row: list[int], chance: Floats, voice: Voice, dice: Dice) -> None:
    """Which key: in the range of the track, above what the track already began there, and no copy carried on."""
    track, advance = row[ev.TRACK], min(row[ev.DELTA] + row[ev.GAP], ev.LONGEST)
    facts = page.past.sounds(track, advance, row[ev.PLACE], row[ev.LENGTH], page.together(row))
    said = _with_memory(page, voice, 2, facts, chance)
    sheet = page.sheet
    low, high = int(sheet.lowest[track]), int(sheet.highest[track])
    if track == page.last_track and row[ev.DELTA] == 0:
        low = max(low, page.last_key + 1)
    if sheet.under is not None and track == sheet.upper:
        high = min(high, int(sheet.under[row[ev.TIME]]) - 1)
    said[:low] = 0
    said[max(low, high) + 1 :] = 0
    if row[ev.CLASSES] and sheet.outside < 1 and not page.is_drum(track):
        asked = (row[ev.CLASSES] >> (np.arange(len(said)) % 12)) & 1
        said *= np.where(asked, 1.0, sheet.outside)
    hard, soft = page.forbidden(track, row[ev.TIME])
    said = _without(_without(said, hard, 0.0), soft, _ALSO_GOOD)
    if said.sum() <= 0:
        said[min(127, low)] = 1
    row[ev.KEY] = _picked(said, dice)


def _without(chance: Floats, keys: set[int], needed: float) -> Floats:
    """Without some keys, if more than this share is left."""
    if not keys:
        return chance
    rest = chance.copy()
    rest[[k for k in keys if 0 <= k < len(rest)]] = 0
    return rest if rest.sum() > needed * chance.sum() else chance


def _with_memory(page: Page, voice: Voice, step: int, facts: Sequence[Facts], chance: Floats, shift: int = 0) -> Floats:
    """What the net says and what was read, weighed. shift: symbols of the memory lie so far above those of the net."""
    weights = voice.weights[step]
    read, left = [0.0] * SIZES[step], float(weights[0])
    place = 1
    known = bool(voice.memory.ladders)
    for i, own in enumerate(facts):
        fresh = page.own.of(step, i)
        if known:
            left += spread((voice.memory.of(step, i), fresh), own, float(weights[place]), read)
            place += 1
        left += spread((fresh,), own, float(weights[place]), read)
        place += 1
    words = np.array(read)
    if shift:
        # What would have begun before now did not: the rest has its share.
        words = words[shift:]
        total = words.sum()
        words = np.append(words * ((1 - left) / total if total > 0 else 0), np.zeros(shift))
    return np.asarray(left * chance + words)


def _picked(chance: Floats, dice: Dice) -> int:
    """One symbol of the likeliest, at a temperature."""
    odds = chance / chance.sum()
    if dice.temperature != 1.0:
        odds = odds ** (1 / dice.temperature)
        odds /= odds.sum()
    order = np.argsort(-odds)
    kept = order[: int(np.searchsorted(np.cumsum(odds[order]), dice.nucleus)) + 1]
    return int(dice.rng.choice(kept, p=odds[kept] / odds[kept].sum()))
