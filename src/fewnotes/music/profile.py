"""Profile: what a handful of pieces have in common, in numbers and in sentences a musician would say.

`profile` returns plain JSON; it goes into a Style, and learn, show and compare speak from it. It holds no title,
no name and no path.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any

import numpy as np

from fewnotes.music.features import FEATURES, features
from fewnotes.music.harmony import chords, merged, roman
from fewnotes.music.key import estimate_key
from fewnotes.music.piece import Piece
from fewnotes.music.pitch import key_name, name
from fewnotes.music.similarity.lines import lines, onset_steps, pitched
from fewnotes.music.time import DEFAULT_METER, barlines

_GRID = 24
_FAMILIES = (
    ("keyboard_share", "keyboard"),
    ("plucked_share", "plucked strings"),
    ("bowed_share", "bowed strings"),
    ("wind_share", "winds"),
    ("voice_share", "voices"),
    ("drum_share", "drums"),
)


def profile(pieces: Sequence[Piece]) -> dict[str, Any]:
    """Keys, meters, tempo, range, moves, rhythms, chords, texture, instruments and feature means of pieces.

    `sentences` says the same in words, by topic; `features` the mean and the spread of every feature over the pieces.
    """
    values = [features(p) for p in pieces]
    table = np.array([list(v.values()) for v in values]).reshape(len(pieces), len(FEATURES))
    facts: dict[str, Any] = {
        "pieces": len(pieces),
        "notes": sum(len(p.notes) for p in pieces),
        "bars": _span([bar_count(p) for p in pieces if len(p.notes)]),
        "keys": _counted(key_name(*key_of(p)) for p in pieces if len(p.notes) and not only_drums(p)),
        "meters": _counted(meter_name(p) for p in pieces),
        "tempo": _span([round(p.tempos[0].quarters_per_minute) for p in pieces if p.tempos]),
        "range": _range(pieces),
        "rhythms": _rhythms(pieces),
        "chords": _chords(pieces),
        "features": {
            f.name: {"mean": round(float(m), 4), "spread": round(float(s), 4)}
            for f, m, s in zip(FEATURES, table.mean(axis=0), table.std(axis=0), strict=True)
        },
    }
    facts["sentences"] = _sentences(facts)
    return facts


def key_of(piece: Piece) -> tuple[int, str]:
    """(fifths, mode): the first key signature if it says its mode, else estimated from the notes."""
    if piece.keys and piece.keys[0].mode:
        return piece.keys[0].fifths, piece.keys[0].mode
    fifths, mode = estimate_key(piece)
    return fifths, mode


def only_drums(piece: Piece) -> bool:
    """Whether nothing in the piece has a pitch, so that it has no key, tune, chord or range."""
    return all(piece.tracks[t].is_drum for t in np.unique(piece.notes["track"]).tolist())


def bar_count(piece: Piece) -> int:
    """Full bars; a pickup is none."""
    return len(barlines(piece)) - 1 - bool(piece.pickup_tick)


def meter_name(piece: Piece) -> str:
    """The first meter as it is printed, for example "6/8"."""
    meter = piece.meters[0] if piece.meters else DEFAULT_METER
    return f"{meter.numerator}/{meter.denominator}"


def _span(values: Sequence[int]) -> dict[str, int]:
    if not values:
        return {}
    return {"lowest": int(min(values)), "median": int(np.median(values)), "highest": int(max(values))}


def _counted(names: Iterable[str]) -> dict[str, int]:
    return dict(Counter(names).most_common(8))


def _range(pieces: Sequence[Piece]) -> dict[str, Any]:
    pitches = [p.notes["pitch"][pitched(p)] for p in pieces if len(p.notes) and not only_drums(p)]
    if not pitches:
        return {}
    lowest, highest = int(min(p.min() for p in pitches)), int(max(p.max() for p in pitches))
    return {"lowest": lowest, "highest": highest, "words": f"{name(lowest)} to {name(highest)}"}


def _rhythms(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """The commonest rhythms of a full bar of the upper line, with their share of all such bars."""
    found: Counter[str] = Counter()
    for piece in pieces:
        first = next(iter(lines(piece)), None) if len(piece.notes) else None
        if first is None:
            continue
        onset = onset_steps(piece, _GRID)[first.notes]
        edges = np.round(barlines(piece) * (_GRID / piece.ticks_per_quarter)).astype(np.int64)[
            bool(piece.pickup_tick) :
        ]
        place = np.searchsorted(onset, edges)
        length = np.diff(edges)
        usual = np.bincount(np.clip(length, 0, 10_000)).argmax() if len(length) else 0
        for bar in np.flatnonzero((np.diff(place) > 0) & (length == usual)).tolist():
            inside = onset[place[bar] : place[bar + 1]].tolist()
            if inside[0] == edges[bar]:
                found[_rhythm_name(np.diff([*inside, int(edges[bar + 1])]).tolist())] += 1
    total = max(1, sum(found.values()))
    return [{"rhythm": r, "share": round(n / total, 4)} for r, n in found.most_common(5)]


def _rhythm_name(lengths: Sequence[int]) -> str:
    """Lengths in grid steps as note values: "3x1/8 1/4." for three eighths and a dotted quarter."""
    words = []
    for length, group in groupby(lengths):
        count = len(list(group))
        words.append((f"{count}x" if count > 1 else "") + length_name(Fraction(length, 4 * _GRID)))
    return " ".join(words)


def length_name(whole: Fraction) -> str:
    """A length as a note value: 1/8 is an eighth, "1/4." a dotted quarter, 1/12 an eighth of a triplet."""
    if whole.numerator == 3 and whole.denominator > 1 and whole.denominator & (whole.denominator - 1) == 0:
        return "1." if whole.denominator == 2 else f"1/{whole.denominator // 2}."
    return str(whole)


def _chords(pieces: Sequence[Piece]) -> dict[str, Any]:
    """The commonest chords and changes as Roman numerals, by count; nothing where most pieces have one line."""
    single: Counter[str] = Counter()
    change: Counter[str] = Counter()
    chordal = 0
    for piece in pieces:
        if not len(piece.notes) or only_drums(piece) or len(np.unique(onset_steps(piece))) > 0.8 * len(piece.notes):
            continue
        chordal += 1
        fifths, mode = key_of(piece)
        names = [roman(c, fifths, mode) for c in merged(chords(piece))]
        single.update(names)
        change.update(f"{a} {b}" for a, b in pairwise(names) if a != b)
    if 2 * chordal < len(pieces):
        return {"single": {}, "changes": {}}
    return {"single": _shares(single), "changes": _shares(change)}


def _shares(found: Counter[str]) -> dict[str, float]:
    total = max(1, sum(found.values()))
    return {key: round(n / total, 4) for key, n in found.most_common(6)}


def percent(value: float) -> str:
    # A no-break space: the sign stays with its number.
    return f"{100 * value:.0f}\u00a0%"


def _sentences(facts: dict[str, Any]) -> dict[str, str]:
    """One sentence a topic, most telling first; topics with nothing to say are left out."""
    mean = {key: value["mean"] for key, value in facts["features"].items()}
    count = facts["pieces"]
    size = f"{count} {'piece' if count == 1 else 'pieces'}, {facts['notes']:,} notes"
    said = {
        "size": f"{size}, {_range_words(facts['bars'])} bars{' each' if count > 1 else ''}.",
        "keys": (f"Keys: {_listed(facts['keys'])}. " if facts["keys"] else "") + f"Meter: {_listed(facts['meters'])}.",
    }
    if facts["range"]:
        said["range"] = f"Range: {facts['range']['words']}. {_texture_words(mean)}."
        said["moves"] = (
            f"The tune moves {percent(mean['step_share'])} by step, {percent(mean['third_share'])} by third, "
            f"{percent(mean['leap_share'])} by leap, and repeats its note {percent(mean['repeat_share'])} of the time."
        )
    if facts["rhythms"]:
        common = ", ".join(f"{r['rhythm']} ({percent(r['share'])})" for r in facts["rhythms"][:3])
        said["rhythms"] = f"Commonest rhythms of a bar: {common}."
    if facts["chords"]["single"]:
        single = ", ".join(f"{c} ({percent(s)})" for c, s in list(facts["chords"]["single"].items())[:5])
        changes = ", ".join(c.replace(" ", " to ") for c in list(facts["chords"]["changes"])[:3])
        said["chords"] = f"Commonest chords: {single}; changes: {changes}."
    played = [label for key, label in _FAMILIES if mean[key] >= 0.05]
    if played:
        said["instruments"] = f"Instruments: {', '.join(played)}."
    return said


def _listed(counts: dict[str, int]) -> str:
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{key} ({n})" for key, n in list(counts.items())[:4])


def _range_words(span: dict[str, int]) -> str:
    if not span:
        return "0"
    return f"{span['lowest']} to {span['highest']}" if span["lowest"] != span["highest"] else str(span["lowest"])


def _texture_words(mean: dict[str, float]) -> str:
    if mean["notes_per_attack"] < 1.1:
        return "One note at a time"
    return f"{mean['notes_per_attack']:.1f} notes are struck together, {mean['sounding_notes']:.1f} sound at once"
