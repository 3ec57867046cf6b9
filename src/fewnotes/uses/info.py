"""info: the facts of pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.features import features
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.pitch import key_name, name
from fewnotes.music.profile import bar_count, key_of, only_drums, profile
from fewnotes.music.time import seconds
from fewnotes.render.timbres import PROGRAM_NAMES
from fewnotes.uses import Kind, Table, Use, param


@dataclass(frozen=True)
class Facts:
    """Pieces and what is to be said about each."""

    pieces: tuple[Piece, ...]
    words: tuple[str, ...]

    @property
    def warnings(self) -> tuple[Notice, ...]:
        return ()

    def to_dict(self) -> dict[str, Any]:
        return {"pieces": [_facts(p) for p in self.pieces], "words": list(self.words)}

    def to_table(self) -> Table:
        if len(self.pieces) == 1:
            return _one(self.pieces[0], self.words)
        rows = []
        for p in self.pieces:
            meters = " ".join(dict.fromkeys(f"{m.numerator}/{m.denominator}" for m in p.meters)) or "-"
            rows.append((p.title or "-", len(p.tracks), bar_count(p), len(p.notes), _key(p), meters, len(p.warnings)))
        columns = ("title", "tracks", "bars", "notes", "key", "meter", "warnings")
        return Table(columns, rows, f"{len(self.pieces)} pieces", {}, self.words)


@dataclass(frozen=True, kw_only=True)
class Info(Use):
    """Show the facts of music files: tracks, bars, keys, meters, tempo, range, and what was repaired in reading."""

    returns: ClassVar[str] = "facts, and what the pieces have in common in words"
    example: ClassVar[str] = "fewnotes info tune.mid"

    pieces: Sequence[Piece] = param(Kind.PIECES, "Music files, folders or patterns", positional=True, minimum=1)

    def run(self, progress: Progress = no_progress) -> Facts:
        pieces = tuple(self.pieces)
        sounding = [p for p in pieces if len(p.notes)]
        return Facts(pieces, tuple(list(profile(sounding)["sentences"].values())[1:]) if sounding else ())


def _key(piece: Piece) -> str:
    if not len(piece.notes) or only_drums(piece):
        return "-"
    return key_name(*key_of(piece))


def _facts(piece: Piece) -> dict[str, Any]:
    return piece.to_dict() | {
        "bars": bar_count(piece),
        "seconds": round(float(seconds(piece, [piece.end_tick])[0]), 3),
        "key": _key(piece),
        "graces": len(piece.graces),
        "features": {k: round(v, 4) for k, v in features(piece).items()},
    }


def _one(piece: Piece, words: tuple[str, ...]) -> Table:
    rows = []
    for index, track in enumerate(piece.tracks):
        pitch = piece.notes["pitch"][piece.notes["track"] == index]
        span = f"{name(int(pitch.min()))} to {name(int(pitch.max()))}" if len(pitch) and not track.is_drum else "-"
        program = "drums" if track.is_drum else f"{PROGRAM_NAMES[track.program]} ({track.program})"
        rows.append((index + 1, track.name or "-", program, len(pitch), span))
    length = float(seconds(piece, [piece.end_tick])[0])
    tempos = [f"{t.quarters_per_minute:g}" for t in piece.tempos]
    meters = [f"{m.numerator}/{m.denominator}" for m in piece.meters]
    keys = [key_name(k.fifths, k.mode or "major") + ("" if k.mode else " signature") for k in piece.keys]
    facts = {
        "title": piece.title or "-",
        "composer": piece.composer or "-",
        "bars": bar_count(piece),
        "pickup": "yes" if piece.pickup_tick else "no",
        "notes": f"{len(piece.notes):,}" + (f" and {len(piece.graces)} grace notes" if len(piece.graces) else ""),
        "length": f"{int(length // 60)} min {length % 60:.0f} s",
        "key": _key(piece) + ("" if _key(piece) == "-" or any(k.mode for k in piece.keys[:1]) else " (estimated)"),
        "key signatures": _few(keys),
        "meter": _few(meters),
        "tempo": _few(tempos) + (" quarters a minute" if tempos else ""),
    }
    return Table(("track", "name", "instrument", "notes", "range"), rows, "Facts", facts, words)


def _few(values: list[str]) -> str:
    shown = ", ".join(values[:4]) or "none written"
    return shown + (f", and {len(values) - 4} more" if len(values) > 4 else "")
