"""Notes, one after another, onto a batch of sheets: the net says how likely, the sheet says what is allowed.

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

from fewnotes.engines.transformer.writing.page import Page
from fewnotes.engines.transformer.writing.sheet import ANY_KEY, KEY, LENGTH, STOOD, TIME, TRACK, Sheet
from fewnotes.meta import events as ev
from fewnotes.meta.events.excerpts import SILENCE
from fewnotes.music.guard import Guard

if TYPE_CHECKING:
    from fewnotes.nets.composer import Composer

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]
#: Notes that are attended to, the events before a piece included.
WINDOW = 600
#: A sheet never takes more notes than so many a step and track.
_MOST_NOTES = 1.0
#: Where another key is about as good, what leads towards a copy is left alone.
_ALSO_GOOD = 0.02
#: How much keys other than the one that the harmony stands on count where it changes.
_OTHER_ROOT = 0.02
#: A track that should have begun by now may still take so many steps.
_LATE = 12
#: Of the likeliest symbols that together have this share one is drawn.
NUCLEUS = 0.97


@dataclass(frozen=True)
class Voice:
    """What writes: the net fitted to the style, how the judge hears the style, and lines that are not to be copied."""

    net: Composer
    style: NDArray[np.float32]
    guard: Guard


class Dice(NamedTuple):
    """Chance for one page. nucleus: the likeliest symbols that together have this share are drawn from."""

    rng: np.random.Generator
    temperature: float
    nucleus: float


def write(
    voice: Voice, sheets: Sequence[Sheet], seed: int, *, temperature: float = 1.0, nucleus: float = NUCLEUS,
    before: NDArray[np.int32] | None = None, watch: Callable[[int], None] | None = None,
) -> list[Ints]:  # fmt: skip
    """The notes of each sheet, (n, 5), locked ones among them. All sheets have equally many tracks.

    before: events of other pieces of the style that the net has heard, (sheets, T, F). watch: told the bar that the
    slowest sheet has come to.
    """
    import torch

    from fewnotes.nets.composer import Cache, prefilled

    pages = [Page(sheet, voice.guard) for sheet in sheets]
    dice = [Dice(np.random.default_rng([seed, i]), temperature, nucleus) for i in range(len(pages))]
    batch, count = len(pages), len(sheets[0].families)
    most = int(max(64, _MOST_NOTES * max(s.steps for s in sheets) * count)) + max(len(s.locked) for s in sheets)
    heard = 0 if before is None else before.shape[1]
    style = torch.tensor(voice.style).expand(batch, -1)
    cache = Cache(voice.net.shape, batch, heard + min(most, 16384) + count + 1, WINDOW)
    # A bar of silence lies between pieces, as in training.
    since = torch.zeros(batch, len(ev.FIELDS), dtype=torch.int64)
    with torch.inference_mode():
        if before is not None:
            prefilled(voice.net, torch.tensor(before, dtype=torch.int64), style, cache)
            since[:, ev.TIME] = torch.tensor(before[:, -1, ev.TIME]) + SILENCE
        for cast in zip(*(_cast(sheet) for sheet in sheets), strict=True):
            hidden = voice.net.step(torch.tensor(cast) + since, cache.length, style, cache)
        for number in range(cache.layers[0][0].shape[2] - cache.length - 1):
            if watch is not None and number % 50 == 0:
                watch(min(p.sheet.bar_of(min(p.clock, p.sheet.steps - 1)) for p in pages))
            rows = _one_each(voice, pages, dice, hidden)
            if rows is None:
                break
            hidden = voice.net.step(torch.tensor(rows).clamp(min=0) + since, cache.length, style, cache)
    return [page.finished() for page in pages]


def _one_each(voice: Voice, pages: Sequence[Page], dice: Sequence[Dice], hidden: object) -> list[list[int]] | None:
    """One more note on every page that is not done; None once all are."""
    import torch

    net, count = voice.net, len(pages[0].sheet.families)
    whose = torch.softmax(net.to_track(hidden)[:, :count], dim=-1).double().numpy()
    each = torch.tensor([[page.row(track) for track in range(count)] for page in pages])
    known, delta = net.begins(hidden[:, None].expand(-1, count, -1), each)  # type: ignore[index]
    begins = torch.softmax(delta, dim=-1).double().numpy()
    rows, stood = [page.row(0) for page in pages], [False] * len(pages)
    for i, page in enumerate(pages):
        if not page.done:
            rows[i], stood[i] = _next(page, whose[i, :, None] * begins[i], dice[i])
    if all(page.done for page in pages):
        return None
    x = known[torch.arange(len(pages)), torch.tensor([row[ev.TRACK] for row in rows])]
    then = torch.tensor(rows)
    x, length = net.lasts(x, then)
    for page, row, odds, one in zip(pages, rows, torch.softmax(length, dim=-1).double().numpy(), dice, strict=True):
        if not page.done and not row[ev.LENGTH]:
            _how_long(page, row, odds, one)
    then = torch.tensor(rows)
    keys = torch.softmax(net.sounds(x, then), dim=-1).double().numpy()
    for page, row, odds, one, fixed in zip(pages, rows, keys, dice, stood, strict=True):
        if page.done:
            continue
        if row[ev.KEY] < 0:
            _which(page, row, odds, one)
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


def _next(page: Page, odds: Floats, dice: Dice) -> tuple[list[int], bool]:
    """The next note, and whether it stood before: one that is locked, or a new one that begins before it. Or the end.

    odds: of each track and step from now on, (tracks, size).
    """
    while True:
        place = _place(page, odds, dice)
        if place is None:
            page.done = True
            return page.row(0), False
        track, time = place
        row = page.row(track)
        page.enter(time)
        found = _locked(page, row, time, track)
        if found is not None:
            return row, found
        # The bar may have taken up others just now, which leave no room for this one.
        if page.open[track, time]:
            page.at(row, time)
            row[ev.KEY] = ANY_KEY
            return row, False


def _place(page: Page, odds: Floats, dice: Dice) -> tuple[int, int] | None:
    """The track and time of what comes next: of the locked note ahead, or of a new one before it; None for the end.

    What the net says is asked only of what can come next, so that a melody that stands is no reason to pass over what
    goes on below it. What it expects later than the locked note, or than the end, speaks for that.
    """
    locked, size, sheet = page.next_locked(), odds.shape[1], page.sheet
    ahead, whose = (locked[TIME] - page.clock, locked[TRACK]) if locked else (sheet.steps - page.clock, 0)
    before = np.zeros(odds.shape, bool)
    before[:whose, : ahead + 1] = True
    before[whose:, :ahead] = True
    open_ = before & np.stack([page.open_from_now(track, size) for track in range(len(odds))])
    far = page.open[:, page.clock + size : page.clock + ahead]
    if not open_.any() and far.any():
        # Further on than the net tells: where it is open again.
        step = int(far.any(axis=0).argmax())
        return int(far[:, step].argmax()), page.clock + size + step
    able = open_ & np.stack([_allowed(page, track, size) for track in range(len(odds))])
    later = float(np.where(before, 0, odds)[page.open[:, page.clock :].any(axis=1)].sum())
    if locked:
        stands = later + float(odds[whose, min(ahead, size - 1)]) + 1e-9
    else:
        # That it is the end is no answer before the last bar.
        stands = later if page.clock >= sheet.lines[-2] else 0.0
    due = _due(page, able)
    if due is not None:
        # Nobody may go beyond where another one's silence would last too long.
        able[: due[1] + 1, due[0] + 1 :] = False
        able[due[1] + 1 :, due[0] :] = False
        if (ahead, whose) > due:
            stands = 0.0
    said = np.append(np.where(able, odds, 0).ravel(), stands)
    if page.last_track >= 0 and able[page.last_track, 0]:
        # Whether a chord goes on is not made likelier by what cannot come.
        chord = page.last_track * size
        more, rest = said[chord], said.sum() - said[chord]
        said *= (1 - more) / rest if rest > 0 else 1
        said[chord] = more
    if said.sum() <= 0:
        said = np.append(able.ravel(), not able.any()).astype(np.float64)
    pick = _picked(said, dice)
    if pick < able.size:
        return pick // size, page.clock + pick % size
    return (whose, locked[TIME]) if locked else None


def _due(page: Page, able: Mask) -> tuple[int, int] | None:
    """The step from now on, and the track, at which the first one has to begin that may begin at all."""
    rest = page.sheet.rest
    if rest is None:
        return None
    found = [
        (max(int(rest[track]) - page.silent(track) + min(_LATE, int(rest[track])), int(able[track].argmax())), track)
        for track in np.flatnonzero(able.any(axis=1) & (rest < ev.LONGEST)).tolist()
    ]
    return min(found, default=None)


def _allowed(page: Page, track: int, size: int) -> Mask:
    """Steps from now on at which the track may begin: in order, after its last note, before its silence is too long."""
    sheet = page.sheet
    found = np.ones(size, bool)
    if sheet.single[track] and track in page.last:
        onset, _, lasting = page.last[track]
        found[: max(0, onset + lasting - page.clock)] = False
    if track < page.last_track or (track == page.last_track and page.last_key >= 127):
        found[0] = False
    if sheet.rest is not None:
        due = max(0, int(sheet.rest[track]) - page.silent(track))
        able = found & page.open_from_now(track, size)
        if able.any() and sheet.rest[track] < ev.LONGEST:
            found[max(due, int(able.argmax()) + _LATE) + 1 :] = False
    return found


def _locked(page: Page, row: list[int], time: int, track: int) -> bool | None:
    """The next locked note, if it comes before a time (and track); did it stand before? None where it does not."""
    locked = page.next_locked()
    if locked is None or (locked[TIME], locked[TRACK]) > (time, track):
        return None
    # The bar that it stands in may take up notes that come still earlier.
    page.enter(locked[TIME])
    locked = page.waiting.pop()
    if locked[TRACK] != track:
        row[:] = page.row(locked[TRACK])
    page.at(row, locked[TIME])
    row[ev.LENGTH], row[ev.KEY] = locked[LENGTH], locked[KEY]
    if locked[TIME] >= page.sheet.closing and locked[KEY] != ANY_KEY:
        row[ev.KEY] = page.near(locked[TRACK], locked[KEY])
    return bool(locked[STOOD])


def _how_long(page: Page, row: list[int], chance: Floats, dice: Dice) -> None:
    """How long it lasts: at least a step, at most until the end."""
    track = row[ev.TRACK]
    said = chance.copy()
    said[0] = 0
    if page.sheet.longest is not None:
        said[int(page.sheet.longest[track]) + 1 :] = 0
    said[page.sheet.steps - row[ev.TIME] + 1 :] = 0
    if page.sheet.single[track]:
        # Up to the next locked note of the track.
        said[page.room(track, row[ev.TIME]) + 1 :] = 0
    row[ev.LENGTH] = _picked(said, dice) if said.sum() > 0 else 1


def _which(page: Page, row: list[int], chance: Floats, dice: Dice) -> None:
    """Which key: in the range of the track, above what the track already began there, and no copy carried on."""
    track, said = row[ev.TRACK], chance.copy()
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
    if sheet.roots is not None and track == sheet.lower and page.first_in_turn(track, row[ev.TIME]):
        root = int(sheet.roots[row[ev.TIME]])
        said *= np.where((np.arange(len(said)) % 12 == root) | (root < 0), 1.0, _OTHER_ROOT)
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


def _picked(chance: Floats, dice: Dice) -> int:
    """One symbol of the likeliest, at a temperature."""
    odds = chance / chance.sum()
    if dice.temperature != 1.0:
        odds = odds ** (1 / dice.temperature)
        odds /= odds.sum()
    order = np.argsort(-odds)
    kept = order[: int(np.searchsorted(np.cumsum(odds[order]), dice.nucleus)) + 1]
    return int(dice.rng.choice(kept, p=odds[kept] / odds[kept].sum()))
