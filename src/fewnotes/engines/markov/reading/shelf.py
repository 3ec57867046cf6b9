"""The support set made ready: pieces in one key, mode, meter and layout, as lines of events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from fewnotes.engines.markov.reading.grid import on_the_beat, with_upbeat
from fewnotes.engines.markov.reading.layout import Layout, commonest_layout, place_lines, track_centers
from fewnotes.engines.markov.reading.lines import TICKS, Bars, Voiced, grid_of, line_events, read_bars
from fewnotes.engines.markov.reading.progression import progression_of
from fewnotes.errors import BadInput, NotPossible
from fewnotes.music.key import Key, estimate_key, key_of
from fewnotes.music.piece import Piece

Meter = tuple[int, int]
#: A meter of fewer bars than this in a piece is passing.
_FEW_BARS = 4


@dataclass(frozen=True)
class Shelf:
    """What a new piece is written from.

    key: of the new piece; all `pieces` are moved into it. meter: of the new piece. pickup: ticks. lead: index of
    the support piece whose instruments are used. unused: (index, why) of pieces that contribute nothing.
    moved: indices of pieces that lie beside their barlines and are moved onto them.
    """

    layout: Layout
    lead: int
    key: Key
    meter: Meter
    pickup: int
    pieces: tuple[Voiced, ...]
    unused: tuple[tuple[int, str], ...]
    moved: tuple[int, ...] = ()

    @property
    def bar_ticks(self) -> int:
        return round(TICKS * 4 * self.meter[0] / self.meter[1])


class _Scaffold(NamedTuple):
    """What all pieces are brought to: lines, the mean pitch of their tracks, and the key."""

    layout: Layout
    centers: list[float]
    target: Key


def meters_of(pieces: Sequence[Piece]) -> Counter[Meter]:
    """Bars of each meter in the support set."""
    count: Counter[Meter] = Counter()
    for piece in pieces:
        count.update(read_bars(piece).meter)
    return count


def keys_of(pieces: Sequence[Piece]) -> list[Key]:
    return [estimate_key(piece) for piece in pieces]


def make_shelf(support: Sequence[Piece], key: tuple[int, str] | None = None, meter: Meter | None = None) -> Shelf:
    """Choose layout, mode and meter (the commonest unless asked for), and bring the pieces into one key.

    Raises NotPossible if no piece has the meter or mode asked for, BadInput if there is no note at all.
    """
    straight = [on_the_beat(piece) for piece in support]
    beside = tuple(i for i, (piece, given) in enumerate(zip(straight, support, strict=True)) if piece is not given)
    support = [with_upbeat(piece) for piece in straight]
    usable = [i for i, piece in enumerate(support) if len(piece.notes)]
    if not usable:
        raise BadInput("The pieces hold no notes", expected="at least one piece with notes")
    bars = {i: read_bars(support[i]) for i in usable}
    heard = {i: estimate_key(support[i]) for i in usable}
    _must_have({m for i in usable for m in bars[i].meter}, meter)
    mode, wanted = _mode_and_meter([(heard[i].mode, bars[i]) for i in usable], key[1] if key else "", meter)
    unused = [(i, "no notes") for i in range(len(support)) if i not in bars]
    away = [i for i in usable if heard[i].mode != mode and wanted not in bars[i].meter]
    unused += [(i, f"in {heard[i].mode} and without a bar in {wanted[0]}/{wanted[1]}") for i in away]
    usable = [i for i in usable if i not in away]
    leading = [i for i in usable if heard[i].mode == mode and wanted in bars[i].meter]
    leading = leading or [i for i in usable if heard[i].mode == mode]
    target = _key([heard[i] for i in usable if heard[i].mode == mode], mode, key)
    layout, lead = commonest_layout([support[i] for i in leading])
    scaffold = _Scaffold(layout, track_centers(support[leading[lead]]), target)
    voiced = []
    for i in usable:
        found = _voiced(support[i], i, scaffold, bars[i], heard[i])
        if any(found.lines):
            voiced.append(found)
        else:
            unused.append((i, "other instruments"))
    pickups = Counter(v.bars.pickup for v in voiced if v.bars.meter[-1] == wanted)
    pickup = max(pickups, key=lambda p: (pickups[p], -p), default=0)
    return Shelf(layout, leading[lead], target, wanted, pickup, tuple(voiced), tuple(sorted(unused)), beside)


def _must_have(have: set[Meter], wanted: Meter | None) -> None:
    if wanted is not None and wanted not in have:
        names = ", ".join(f"{a}/{b}" for a, b in sorted(have)[:8])
        raise NotPossible(
            f"No piece of this style is in {wanted[0]}/{wanted[1]}",
            expected=f"a meter that the pieces have: {names}",
            fix="Ask for one of these, or learn from pieces in that meter",
        )


def _mode_and_meter(pieces: Sequence[tuple[str, Bars]], mode: str, meter: Meter | None) -> tuple[str, Meter]:
    """The pair most pieces have, among equals the one with most bars; what is asked for is kept."""
    if mode and mode not in {m for m, _ in pieces}:
        have = sorted({m for m, _ in pieces})
        raise NotPossible(
            f"No piece of this style is in {mode}",
            expected=f"a key in {' or '.join(have)}",
            fix=f"Ask for a {have[0]} key, or learn from pieces in {mode}",
        )
    works: Counter[tuple[str, Meter]] = Counter()
    length: Counter[tuple[str, Meter]] = Counter()
    for heard, bars in pieces:
        for found, count in Counter(bars.meter).items():
            works[heard, found] += 1 if count >= min(_FEW_BARS, len(bars.meter)) else 0
            length[heard, found] += count
    pairs = [p for p in length if (not mode or p[0] == mode) and (meter is None or p[1] == meter)]
    if not pairs and meter is not None:
        # No piece has both: the mode leads for pitches, the meter for rhythms.
        modes = Counter(m for m, _ in pieces if not mode or m == mode)
        return max(modes, key=lambda m: (modes[m], m)), meter
    return max(pairs, key=lambda p: (works[p], length[p], p))


def _key(heard: Sequence[Key], mode: str, key: tuple[int, str] | None) -> Key:
    if key is not None:
        return Key(key[0], mode)
    count = Counter(k.tonic for k in heard)
    tonic = max(count, key=lambda t: (count[t], -abs(key_of(t, mode).fifths), t))
    written = [k for k in heard if k.tonic == tonic]
    return written[0]


def _voiced(piece: Piece, source: int, scaffold: _Scaffold, bars: Bars, heard: Key) -> Voiced:
    target = scaffold.target
    shift = (target.tonic - heard.tonic + 5) % 12 - 5
    grid = grid_of(piece)
    masks = place_lines(piece, scaffold.layout, scaffold.centers)
    lines = [
        line_events(piece, mask, bars, grid, 0 if part.is_drum else shift)
        for part, mask in zip(scaffold.layout.parts, masks, strict=True)
    ]
    in_mode = heard.mode == target.mode
    chordal = any(len(e.pitches) > 1 for line in lines for e in line) or sum(map(bool, lines)) > 1
    harmony = progression_of(piece, shift) if in_mode and chordal else ()
    return Voiced(tuple(lines), bars, heard, source, in_mode, harmony)


def line_ranges(support: Sequence[Piece], shelf: Shelf) -> list[tuple[int, int]]:
    """Lowest and highest pitch of each line, as the pieces have them in their own keys."""
    found: list[list[int]] = [[] for _ in shelf.layout.parts]
    for voiced in shelf.pieces:
        back = (shelf.key.tonic - voiced.key.tonic + 5) % 12 - 5
        for i, events in enumerate(voiced.lines):
            move = 0 if shelf.layout.parts[i].is_drum else back
            found[i] += [p - move for e in events for p in (e.pitches[:1] + e.pitches[-1:])]
    return [(min(f), max(f)) if f else (0, 127) for f in found]


def line_order(shelf: Shelf) -> list[int]:
    """Order in which lines choose: lowest, highest, then the others from the top; drums last."""
    parts = shelf.layout.parts
    mean = [
        float(np.mean([p for v in shelf.pieces for e in v.lines[i] for p in e.pitches] or [0]))
        for i in range(len(parts))
    ]
    pitched = sorted((i for i in range(len(parts)) if not parts[i].is_drum), key=lambda i: mean[i])
    drums = [i for i in range(len(parts)) if parts[i].is_drum]
    if len(pitched) > 2:
        pitched = [pitched[0], pitched[-1], *pitched[-2:0:-1]]
    return pitched + drums
