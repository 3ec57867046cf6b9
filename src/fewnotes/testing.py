"""Public contracts: what every codec, engine and use promises, as functions that fail with a sentence.

`tests/test_contracts.py` runs them over all that the registry finds; a package that adds an engine, a use or
a form through an entry point can run them over its own. The small pieces here were made for these tests.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from fewnotes.codecs import DecodeOptions
from fewnotes.engines import ComposeRequest, Surprisal, no_progress
from fewnotes.errors import BadInput, NotInstalled, NotPossible
from fewnotes.music.edit import rescale
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, check_piece, note_array
from fewnotes.style import Part, Style
from fewnotes.uses import Result, Use, params, use_class

_QUARTER = 480


def _voice(track: int, text: str, start: float = 0.0, velocity: int = 80) -> list[tuple[int, ...]]:
    """Rows of NOTE from "67:1 r:0.5 69:.5": MIDI key or r for a rest, and a length in quarters."""
    rows: list[tuple[int, ...]] = []
    at = start
    for word in text.split():
        pitch, _, length = word.partition(":")
        if pitch != "r":
            rows.append((round(at * _QUARTER), round(float(length) * _QUARTER), track, int(pitch), velocity, 0, 0))
        at += float(length)
    return rows


def tiny_melody() -> Piece:
    """Eight bars of one line in G major, 4/4, like a children's song."""
    notes = _voice(
        0,
        "67:1 69:1 71:1 67:1 72:1 71:1 69:2 71:.5 72:.5 74:1 71:1 67:1 69:3 r:1 "
        "67:1 69:1 71:1 74:1 76:1 74:1 72:2 71:1 69:.5 71:.5 72:1 69:1 67:3 r:1",
    )
    return Piece(
        _QUARTER,
        (Track("Voice", 73),),
        note_array(notes),
        (Meter(0, 4, 4),),
        (Tempo(0, 100.0),),
        (KeySignature(0, 1, "major"),),
        title="Tiny melody",
    )


def tiny_chorale() -> Piece:
    """Four bars in four parts, C major, one chord a beat.

    Chords: C F C G, C F G C, Am Dm G C, F C G C; the last lasts one beat like the others.
    """
    soprano = "67 69 67 67 67 69 71 72 72 69 71 72 69 67 67 67"
    alto = "64 65 64 62 64 65 67 67 69 65 67 67 65 64 62 64"
    tenor = "60 60 60 59 60 60 62 64 64 62 62 64 60 60 59 60"
    bass = "48 53 48 55 48 53 55 48 57 50 55 48 53 48 55 48"
    rows = [
        row
        for track, line in enumerate((soprano, alto, tenor, bass))
        for row in _voice(track, " ".join(f"{p}:1" for p in line.split()))
    ]
    return Piece(
        _QUARTER,
        tuple(Track(name, 52) for name in ("Soprano", "Alto", "Tenor", "Bass")),
        note_array(rows),
        (Meter(0, 4, 4),),
        (Tempo(0, 84.0),),
        (KeySignature(0, 0, "major"),),
        title="Tiny chorale",
    )


def tiny_piece() -> Piece:
    """A waltz of eight bars in D minor with a pickup of one beat: a tune over bass and chords, two tracks."""
    tune = _voice(
        0,
        "69:1 74:1.5 76:.5 77:1 76:2 73:1 74:1 69:1 65:1 64:2 69:1 "
        "74:1.5 76:.5 77:1 79:2 76:1 77:.5 76:.5 74:1 73:1 74:2",
    )
    chords = [(50, 53, 57), (45, 49, 52), (50, 53, 57), (45, 49, 52), (50, 53, 57), (43, 46, 50), (45, 49, 55)]
    hand: list[tuple[int, ...]] = []
    for bar, (bass, *upper) in enumerate(chords):
        start = 1 + 3 * bar
        hand += _voice(1, f"{bass}:1", start)
        for pitch in upper:
            hand += _voice(1, f"{pitch}:1 {pitch}:1", start + 1)
    hand += _voice(1, "50:2", 22) + _voice(1, "57:2", 22)
    return Piece(
        _QUARTER,
        (Track("Violin", 40), Track("Piano", 0)),
        note_array(tune + hand),
        (Meter(0, 3, 4),),
        (Tempo(0, 132.0),),
        (KeySignature(0, -1, "minor"),),
        pickup_tick=_QUARTER,
        title="Tiny waltz",
    )


def tiny_pieces() -> tuple[Piece, ...]:
    """All of them."""
    return tiny_melody(), tiny_chorale(), tiny_piece()


def require(condition: bool, sentence: str) -> None:
    """Fail with a sentence; stays under `python -O`, which drops `assert`."""
    if not condition:
        raise AssertionError(sentence)


# --- codecs -------------------------------------------------------------------------------------------------------


def check_codec(codec: ModuleType | Any, pieces: Sequence[Piece] = ()) -> None:
    """The promises of `fewnotes.codecs`: facts declared, garbage refused by name, what it writes it reads back."""
    name = getattr(codec, "__name__", "codec")
    require(bool((codec.__doc__ or "").strip()), f"{name} says in its docstring what it cannot hold")
    require(
        isinstance(codec.SUFFIXES, tuple) and bool(codec.SUFFIXES), f"{name}.SUFFIXES is a tuple with a suffix in it"
    )
    for suffix in codec.SUFFIXES:
        require(suffix.startswith(".") and suffix == suffix.lower(), f"{suffix!r} is lower case and begins with a dot")
    require(isinstance(codec.CAN_WRITE, bool), f"{name}.CAN_WRITE is True or False")
    for junk in _junk():
        require(codec.sniff(junk) in (True, False), f"{name}.sniff answers True or False on anything")
        try:
            for piece in codec.decode(junk, DecodeOptions()):
                check_piece(piece)
        except BadInput as error:
            require(len(str(error).splitlines()) <= 3, f"{name} refuses in at most three lines")
    require(not codec.sniff(b""), f"{name}.sniff does not claim nothing at all")
    if codec.CAN_WRITE:
        for piece in pieces or tiny_pieces():
            _check_round_trip(codec, name, piece)


def _junk() -> list[bytes]:
    rng = np.random.default_rng(0)
    return [
        b"",
        b"\0",
        b"\xff" * 100,
        b"hello",
        b"<?xml version='1.0'?><html/>",
        b"PK\x03\x04",
        rng.integers(0, 256, 512, np.uint8).tobytes(),
    ]


def _check_round_trip(codec: ModuleType | Any, name: str, piece: Piece) -> None:
    first = codec.encode(piece)
    require(first.data == codec.encode(piece).data, f"{name} writes the same piece as the same bytes")
    require(codec.sniff(first.data), f"{name} recognises what it wrote itself")
    back = codec.decode(first.data, DecodeOptions())
    require(len(back) == 1, f"{name} reads one piece back from one piece")
    check_piece(back[0])
    wanted, got = sounding(piece), sounding(back[0])
    if not any(w.code.startswith(("dropped", "cannot-hold")) for w in first.warnings):
        require(wanted == got, f"{name} reads back the notes of {piece.title!r} that it wrote")
    again = codec.decode(codec.encode(back[0]).data, DecodeOptions())[0]
    require(sounding(again) == got, f"{name} changes nothing the second time round")


def sounding(piece: Piece, ticks_per_quarter: int = 96) -> list[tuple[int, int, int]]:
    """(onset, duration, pitch) of all notes at one resolution, sorted: what two readings must share."""
    notes = rescale(piece, ticks_per_quarter).notes
    rows = zip(notes["onset_tick"].tolist(), notes["duration_tick"].tolist(), notes["pitch"].tolist(), strict=True)
    return sorted(rows)


# --- engines ------------------------------------------------------------------------------------------------------


def check_engine(engine: ModuleType | Any, pieces: Sequence[Piece] = ()) -> None:
    """The promises of `fewnotes.engines`: plain values learned, same seed same piece, requests kept, bits finite."""
    name = getattr(engine, "__name__", "engine")
    require(bool(engine.TITLE.strip()) and "\n" not in engine.TITLE, f"{name}.TITLE is one line")
    pieces = list(pieces or (tiny_melody(), tiny_chorale()))
    hashes = [p.content_hash for p in pieces]
    part = engine.learn(pieces, seed=0, progress=no_progress)
    require([p.content_hash for p in pieces] == hashes, f"{name}.learn leaves the pieces as they were")
    check_part(part, name)
    twin = engine.learn(pieces, seed=0, progress=no_progress)
    require(_same_arrays(part, twin), f"{name}.learn gives the same arrays from the same pieces and seed")
    style = Style("contract", tuple(pieces), {name.rpartition(".")[2]: part})
    if hasattr(engine, "compose"):
        _check_compose(engine, name, style)
    if hasattr(engine, "surprisal"):
        _check_surprisal(engine, name, style)


def check_part(part: Part, name: str = "part") -> None:
    """Arrays are finite numbers, values are plain JSON, the summary is sentences."""
    require(isinstance(part, Part), f"{name}.learn returns a Part")
    for key, array in part.arrays.items():
        require(array.dtype.kind in "iufb", f"array {key!r} holds numbers, not {array.dtype}")
        require(array.dtype.kind != "f" or bool(np.isfinite(array).all()), f"array {key!r} is finite")
    json.dumps(dict(part.values), allow_nan=False)
    require(bool(part.summary) and all(s.strip() for s in part.summary), f"{name} says in words what it learned")


def _same_arrays(one: Part, two: Part) -> bool:
    return one.arrays.keys() == two.arrays.keys() and all(
        np.array_equal(one.arrays[key], two.arrays[key]) for key in one.arrays
    )


def _check_compose(engine: ModuleType | Any, name: str, style: Style) -> None:
    request = ComposeRequest(bars=4, candidates=2, seed=7)
    drafts = engine.compose(style, request, progress=no_progress)
    require(len(drafts) == 2, f"{name}.compose returns as many candidates as asked for")
    for draft in drafts:
        check_piece(draft)
        require(len(draft.notes) > 0, f"{name}.compose writes notes")
    again = engine.compose(style, request, progress=no_progress)
    require(drafts == again, f"{name}.compose writes the same pieces from the same seed")
    other = engine.compose(style, dataclasses.replace(request, seed=8), progress=no_progress)
    require(drafts != other, f"{name}.compose writes other pieces from another seed")
    bounded = dataclasses.replace(request, candidates=1, lowest=50, highest=79, meter=(3, 4), tempo=90.0)
    try:
        piece = engine.compose(style, bounded, progress=no_progress)[0]
    except NotPossible:  # a meter the style does not have may be refused, but not ignored
        first = style.support[0].meters[0]
        bounded = dataclasses.replace(bounded, meter=(first.numerator, first.denominator))
        piece = engine.compose(style, bounded, progress=no_progress)[0]
    pitched = piece.notes[~np.array([t.is_drum for t in piece.tracks], bool)[piece.notes["track"]]]
    require(
        len(pitched) > 0 and int(pitched["pitch"].min()) >= 50 and int(pitched["pitch"].max()) <= 79,
        f"{name}.compose stays between lowest and highest",
    )
    require(
        bool(piece.meters) and tuple(piece.meters[0])[1:] == bounded.meter, f"{name}.compose keeps the meter asked for"
    )
    require(
        bool(piece.tempos) and abs(piece.tempos[0].quarters_per_minute - 90) < 0.01,
        f"{name}.compose keeps the tempo asked for",
    )


def _check_surprisal(engine: ModuleType | Any, name: str, style: Style) -> None:
    piece = style.support[0]
    known = engine.surprisal(piece, style)
    before = engine.surprisal(piece, None)
    for label, found in (("learned", known), ("before learning", before)):
        require(isinstance(found, Surprisal), f"{name}.surprisal returns a Surprisal ({label})")
        require(found.bits.shape == (len(piece.notes),), f"{name}.surprisal gives one figure a note ({label})")
        require(
            bool(np.isfinite(found.bits).all()) and float(found.bits.min()) >= 0.0,
            f"{name}.surprisal is finite and not negative ({label})",
        )
    require(
        known.bits_per_note < before.bits_per_note,
        f"{name} is less surprised by a piece it learned from than before learning",
    )


# --- uses ---------------------------------------------------------------------------------------------------------


def check_use(module: ModuleType) -> None:
    """The promises of `fewnotes.uses`: one class, declared once, described and bounded, with a known result."""
    name = module.__name__
    use = use_class(module)
    require(issubclass(use, Use) and dataclasses.is_dataclass(use), f"{name} holds one dataclass derived from Use")
    frozen = getattr(use, "__dataclass_params__").frozen  # noqa: B009  (mypy does not know the attribute)
    require(frozen, f"{use.__name__} is frozen")
    first = (use.__doc__ or "").strip().splitlines()[0] if use.__doc__ else ""
    require(first.endswith(".") and "(" not in first[:20], f"{use.__name__} has a first line that says what it does")
    require(use.run is not Use.run, f"{use.__name__}.run is written")
    require("progress" in inspect.signature(use.run).parameters, f"{use.__name__}.run takes the progress callback")
    require(isinstance(use.result, Result), f"{use.__name__}.result is one of Result")
    require(bool(use.returns), f"{use.__name__}.returns says what a person gets")
    fields = {f.name: f for f in dataclasses.fields(use)}
    require(set(params(use)) == set(fields), f"every field of {use.__name__} is made with param()")
    for key, spec in params(use).items():
        require(bool(spec.help.strip()), f"{use.__name__}.{key} has a help text")
        require(not spec.choices or spec.kind.name == "CHOICE", f"{use.__name__}.{key} has choices and is a choice")
        if fields[key].default is None:
            require(spec.optional, f"{use.__name__}.{key} is None by default, so None is allowed")


def skip_if_not_installed(action: Any) -> str:
    """Run a check; the message if an optional part is missing, else an empty string."""
    try:
        action()
    except NotInstalled as error:
        return error.what
    return ""
