"""All pieces of a corpus in one file, for training elsewhere: notes on the grid and their rows, five bytes a note.

    <name>.safetensors
      onset, duration          u1, steps since the note before and steps it lasts; 255 means "see wide"
      onset.wide, duration.wide  i4, those values in order
      pitch, track             u1, i.e. MIDI key and number of the track (tracks above 255 count as 255)
      class                    u1: role + 4 * velocity bin
      starts                   i8, notes starts[i] to starts[i + 1] are piece i's
      table                    u1: zlib of the JSON of the rows, tracks, meters, barlines, keys

It loads without the sources, and without parsing anything.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadInput, TooLarge
from fewnotes.meta.preprocess import GRID_NOTE, STEPS_PER_QUARTER, family_of, grid_notes, pitch_in_key
from fewnotes.meta.progress import Progress, no_progress
from fewnotes.meta.rows import Entry
from fewnotes.music.piece import NOTE, KeySignature, Meter, Piece, Track, sort_notes

FORMAT = "fewnotes corpus pack 1"
MAX_BYTES = 40 * 2**20
_WIDE = 255
_MAX_TABLE_BYTES = 256 * 2**20
_DECODED = ("onset", "duration")
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Pack:
    """A corpus read back from one file. notes: rows of `GRID_NOTE` of all pieces. table: facts of each piece."""

    notes: NDArray[np.void]
    starts: NDArray[np.int64]
    table: tuple[dict[str, Any], ...]

    def __len__(self) -> int:
        return len(self.table)

    def grid(self, number: int) -> NDArray[np.void]:
        """The notes of one piece, rows of `GRID_NOTE`."""
        return self.notes[self.starts[number] : self.starts[number + 1]]

    def piece(self, number: int) -> Piece:
        """One piece at 12 ticks a quarter. Velocities are the middle of their bin."""
        facts, grid = self.table[number], self.grid(number)
        rows = np.zeros(len(grid), NOTE)
        rows["onset_tick"], rows["duration_tick"] = grid["onset_step"], grid["duration_step"]
        rows["pitch"], rows["track"] = grid["pitch"], grid["track"]
        rows["velocity"] = grid["velocity_bin"] * 16 + 8
        return Piece(
            ticks_per_quarter=STEPS_PER_QUARTER,
            tracks=tuple(Track("", program, bool(drum)) for program, drum in facts["tracks"]),
            notes=sort_notes(rows),
            meters=tuple(Meter(*m) for m in facts["meters"]),
            keys=(KeySignature(0, facts["fifths"], facts["mode"]),),
            pickup_tick=facts["pickup"],
            title=facts["row"]["title"],
            composer=facts["row"]["composer"],
        )


def write_pack(path: Path, entries: Sequence[Entry], splits: Sequence[str], progress: Progress = no_progress) -> int:
    """Write the pieces and rows of a corpus, with the split of each; returns the size of the file in bytes.

    Raises TooLarge above 40 MiB, StoreError if the place cannot be written.
    """
    from safetensors.numpy import save

    data = save(_arrays(entries, splits, progress), metadata={"format": FORMAT})
    if len(data) > MAX_BYTES:
        raise TooLarge(
            f"This corpus takes {len(data) / 2**20:.1f} MiB", expected=f"at most {MAX_BYTES // 2**20} MiB",
            fix="Pack one source or one split at a time",
        )  # fmt: skip
    write_atomic(path, data)
    return len(data)


def _arrays(entries: Sequence[Entry], splits: Sequence[str], progress: Progress) -> Arrays:
    columns: dict[str, list[NDArray[Any]]] = {k: [] for k in ("onset", "duration", "pitch", "track", "class")}
    table = []
    for done, (entry, split) in enumerate(zip(entries, splits, strict=True)):
        if done % 50 == 0:
            progress(done, len(entries), "Packing")
        grid = grid_notes(entry.piece)
        notes = grid.notes
        columns["onset"].append(np.diff(notes["onset_step"], prepend=0))
        columns["duration"].append(notes["duration_step"])
        columns["pitch"].append(notes["pitch"])
        columns["track"].append(np.minimum(notes["track"], _WIDE).astype(np.uint8))
        columns["class"].append((notes["role"] + 4 * notes["velocity_bin"]).astype(np.uint8))
        row = {k: v for k, v in entry.row.to_dict().items() if v not in ("", 0)}
        table.append(
            {
                "row": row | {"title": entry.row.title, "composer": entry.row.composer, "split": split},
                "tracks": [[t.program, int(t.is_drum)] for t in entry.piece.tracks[: _WIDE + 1]],
                "meters": [list(m) for m in grid.meters],
                "pickup": round(entry.piece.pickup_tick * STEPS_PER_QUARTER / entry.piece.ticks_per_quarter),
                "fifths": grid.key.fifths,
                "mode": grid.key.mode,
                "shift": grid.shift,
                "loss": grid.loss.to_dict(),
            }
        )
    lengths = [len(p) for p in columns["pitch"]]
    text = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()
    arrays: Arrays = {
        "starts": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        "table": np.frombuffer(zlib.compress(text, 9), np.uint8),
    }
    for name, parts in columns.items():
        joined = np.concatenate([np.zeros(0, np.uint8), *parts])
        if name in _DECODED:
            arrays[f"{name}.wide"] = joined[joined >= _WIDE].astype(np.int32)
        arrays[name] = np.minimum(joined, _WIDE).astype(np.uint8)
    return arrays


def read_pack(path: Path) -> Pack:
    """A corpus out of one file. Raises BadInput if it is no pack, is cut off, or does not fit together."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: Arrays = load_file(path)
        unpack = zlib.decompressobj()
        table = json.loads(unpack.decompress(arrays["table"].tobytes(), _MAX_TABLE_BYTES))
        notes = _grid(arrays, table)
    except (SafetensorError, OSError, KeyError, ValueError, TypeError, IndexError, zlib.error) as error:
        raise BadInput(
            f"{path.name} is no corpus pack, or damaged: {error}", expected="a file that corpus pack wrote",
            fix="Write it again with fewnotes corpus pack",
        ) from error  # fmt: skip
    return Pack(notes, arrays["starts"], tuple(table))


def _grid(arrays: Arrays, table: list[dict[str, Any]]) -> NDArray[np.void]:
    """The notes of all pieces. Raises ValueError where arrays do not fit together."""
    starts, count = arrays["starts"], len(arrays["pitch"])
    if len(starts) != len(table) + 1 or starts[0] != 0 or starts[-1] != count or bool((np.diff(starts) < 0).any()):
        raise ValueError("the pieces do not fit the notes")
    notes = np.zeros(count, GRID_NOTE)
    wide = {name: arrays[name].astype(np.int64) for name in _DECODED}
    for name, values in wide.items():
        values[values == _WIDE] = arrays[f"{name}.wide"]
    total = np.cumsum(wide["onset"])
    lengths = np.diff(starts)
    before = np.concatenate([[0], total])[starts[:-1]]
    notes["onset_step"] = total - np.repeat(before, lengths)
    notes["duration_step"] = wide["duration"]
    notes["pitch"], notes["track"] = arrays["pitch"], arrays["track"]
    notes["role"], notes["velocity_bin"] = arrays["class"] % 4, arrays["class"] // 4
    for facts, a, b in zip(table, starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        part = notes[a:b]
        families = np.array([family_of(Track("", program, bool(drum))) for program, drum in facts["tracks"]], np.uint8)
        part["family"] = families[part["track"]]
        part["pitch_in_key"] = pitch_in_key(part["pitch"], part["family"], facts["shift"])
    return notes
