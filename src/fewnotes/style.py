"""Style: what was learned from a handful of pieces, as one value and one file.

A `.style` file is safetensors: arrays, and one JSON header in its metadata. No pickle anywhere. The header
holds the format version, the digests, the engine parts, the profile in words, and the content hashes of the
support set; it holds no path and no title of what was learned from. `fewnotes.style_file` turns a Style into
bytes and back, `fewnotes.store` keeps it under a name.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes import __version__
from fewnotes.errors import BadParameter
from fewnotes.music.piece import ChordSymbol, KeySignature, Meter, Piece, Tempo, Track

#: Version of the file format; `fewnotes.style_file` refuses later ones and says which fewnotes reads them.
FORMAT_VERSION = 1
LICENCE_NOTE = (
    "This file holds the notes of the pieces it was learned from, not their titles. "
    "Their licence applies to the file and may apply to what is made with it."
)
_VALUE_DEPTH = 24
_INT_BITS = 256
_GENERIC_NAME_LENGTH = 40
#: Words of a track name that say what plays, and not what is played.
_GENERIC_WORDS = """
track voice part staff line melody lead harmony chords chord accompaniment bass treble tenor alto soprano
baritone mezzo contralto descant cantus altus bassus choir chorus vocal vocals solo tutti continuo
piano grand upright electric acoustic keyboard harpsichord clavinet celesta organ accordion harmonica
right left hand rh lh upper lower violin violins viola violas cello violoncello contrabass double strings
string quartet ensemble orchestra harp guitar nylon steel jazz clean muted fretless slap lute mandolin banjo
bouzouki fiddle flute piccolo recorder whistle tin pipe pipes bagpipe oboe english horn horns french clarinet
bassoon saxophone sax trumpet cornet trombone tuba brass woodwind winds timpani drum drums drumset kit
percussion snare kick cymbal hat tom bongo conga shaker tambourine xylophone marimba vibraphone glockenspiel
bells chimes sitar koto shamisen kalimba synth pad i ii iii iv v vi a b c d and in eb bb f
"""


def plain(value: Any, where: str = "value", depth: int = 0) -> Any:
    """`value` as JSON holds it: dict with string keys, list, str, int, finite float, bool, None.

    NumPy numbers become Python's, tuples become lists. Raises BadParameter naming where the rest stands.
    """
    if isinstance(value, int) and value.bit_length() > _INT_BITS:
        raise BadParameter(f"{where} is a number too large to keep", expected=f"at most {_INT_BITS} bits")
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, np.generic):
        return plain(value.item(), where, depth)
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise BadParameter(f"{where} is {value}", expected="a finite number", code="not-plain")
    if depth >= _VALUE_DEPTH:
        raise BadParameter(f"{where} is nested too deep", expected=f"at most {_VALUE_DEPTH} levels", code="not-plain")
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise BadParameter(f"{where} has the key {key!r}", expected="keys that are strings", code="not-plain")
        return {key: plain(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{i}]", depth + 1) for i, item in enumerate(value)]
    raise BadParameter(
        f"{where} is of type {type(value).__name__}", expected="plain JSON; arrays go in Part.arrays", code="not-plain"
    )


def canonical_json(value: Any) -> str:
    """One text for one value: keys sorted, no spaces, ASCII only."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


@dataclass(frozen=True, eq=False)
class Part:
    """What one engine learned: arrays for the style file, plain JSON values beside them, and words for people.

    summary: sentences such as "5 pieces, 412 notes; the next pitch is guessed within 2.3 bits".
    The arrays become read-only and the values plain, so that a part reads back from a file as it went in.
    """

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    summary: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "arrays", {name: _frozen(array) for name, array in self.arrays.items()})
        object.__setattr__(self, "values", plain(self.values, "values"))
        object.__setattr__(self, "summary", tuple(str(s) for s in self.summary))

    @cached_property
    def canonical(self) -> str:
        """The part as one text, with digests for arrays: equal parts, equal text."""
        arrays = {
            name: [array.dtype.str, list(array.shape), hashlib.sha256(array.tobytes()).hexdigest()]
            for name, array in self.arrays.items()
        }
        return canonical_json({"arrays": arrays, "values": self.values, "summary": list(self.summary)})

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Part) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical)


def joined(parts: Mapping[str, Part]) -> Part:
    """What several engines learned as one part, for an engine made of engines. Names of engines have no dot."""
    return Part(
        {f"{name}.{key}": array for name, part in parts.items() for key, array in part.arrays.items()},
        {"parts": {name: {"values": part.values, "summary": list(part.summary)} for name, part in parts.items()}},
        tuple(words for part in parts.values() for words in part.summary),
    )


def one_of(part: Part, name: str) -> Part | None:
    """What one engine learned, out of a part that `joined` made; None where it is not in it."""
    inside = part.values.get("parts")
    known = inside.get(name) if isinstance(inside, Mapping) else None
    if not isinstance(known, Mapping):
        return None
    arrays = {k.removeprefix(f"{name}."): v for k, v in part.arrays.items() if k.startswith(f"{name}.")}
    return Part(arrays, known["values"], tuple(known["summary"]))


@dataclass(frozen=True, eq=False)
class Style:
    """A style learned from a support set. Equal by content: neither name nor date counts.

    support: the pieces it was learned from, without titles, composers and telling track names.
    parts: what each engine learned, by engine name.
    profile: what was learned in words and numbers, plain JSON.
    created: when, as UTC in ISO 8601 with seconds; empty until it is saved, if `learn` did not say.
    provenance: version of fewnotes, engines, content hashes of the support set, a note on licences; filled in
    where it is empty.
    """

    name: str
    support: tuple[Piece, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "support", tuple(nameless(p) for p in self.support))
        object.__setattr__(self, "parts", dict(self.parts))
        object.__setattr__(self, "profile", plain(self.profile, "profile"))
        provenance = plain(self.provenance, "provenance") or {
            "fewnotes": __version__,
            "engines": sorted(self.parts),
            "support": [p.content_hash for p in self.support],
            "licence": LICENCE_NOTE,
        }
        object.__setattr__(self, "provenance", provenance)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what was learned and what it was learned from; name and date do not count."""
        content = {
            "support": [p.content_hash for p in self.support],
            "parts": {name: part.canonical for name, part in self.parts.items()},
            "profile": self.profile,
            "provenance": self.provenance,
        }
        return hashlib.sha256(canonical_json(content).encode()).hexdigest()

    def known(self, name: str) -> Part | None:
        """What an engine learned, alone or as one of several in one part; None where it did not."""
        if name in self.parts:
            return self.parts[name]
        return next((found for part in self.parts.values() if (found := one_of(part, name)) is not None), None)

    def __eq__(self, other: object) -> bool:
        return self.digest == other.digest if isinstance(other, Style) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"Style({self.name!r}, {len(self.support)} pieces, {', '.join(self.parts)}, {self.digest[:8]})"

    def to_dict(self) -> dict[str, Any]:
        """Facts about the style for people and machines, without its notes and arrays."""
        return {
            "name": self.name,
            "digest": self.digest,
            "created": self.created,
            "pieces": len(self.support),
            "notes": sum(len(p.notes) for p in self.support),
            "engines": {
                name: {
                    "summary": list(part.summary),
                    "arrays": len(part.arrays),
                    "bytes": sum(a.nbytes for a in part.arrays.values()),
                }
                for name, part in self.parts.items()
            },
            "profile": self.profile,
            "provenance": self.provenance,
        }


def created_now() -> str:
    """The time as styles note it: UTC, ISO 8601, whole seconds."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def nameless(piece: Piece) -> Piece:
    """The piece as a style keeps it: the music alone, in plain Python numbers.

    Title, composer and warnings go; track names stay only where they merely say what plays ("Violin I").
    """
    return replace(
        piece,
        ticks_per_quarter=int(piece.ticks_per_quarter),
        tracks=tuple(Track(_generic(t.name), int(t.program), bool(t.is_drum)) for t in piece.tracks),
        meters=tuple(Meter(int(m.onset_tick), int(m.numerator), int(m.denominator)) for m in piece.meters),
        tempos=tuple(Tempo(int(t.onset_tick), float(t.quarters_per_minute)) for t in piece.tempos),
        keys=tuple(KeySignature(int(k.onset_tick), int(k.fifths), str(k.mode)) for k in piece.keys),
        pickup_tick=int(piece.pickup_tick),
        chords=tuple(ChordSymbol(int(c.onset_tick), str(c.text)) for c in piece.chords),
        barlines_tick=tuple(int(t) for t in piece.barlines_tick),
        title="",
        composer="",
        warnings=(),
    )


def _generic(name: str) -> str:
    """The track name if every word of it only says what plays, else an empty name."""
    if len(name) > _GENERIC_NAME_LENGTH or not name.isascii():
        return ""
    words = re.findall(r"[a-z]+", name.lower())
    return name if name.isprintable() and set(words) <= set(_GENERIC_WORDS.split()) else ""


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    """A read-only view or copy: in C order, little-endian."""
    given = np.asarray(array)
    ordered = np.asarray(given, dtype=given.dtype.newbyteorder("<"), order="C").view()
    ordered.flags.writeable = False
    return ordered
