"""Made songs that stand in two grooves: the melody is the same, the accompaniment is the groove's."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import fewnotes as fn
from fewnotes.music.piece import KeySignature, Meter, Piece, Track, note_array

GROOVES = ("march", "waltzing_chords")
_CHORDS = ((60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67))
_TRACKS = (Track("Melody", 73), Track("Chords", 0), Track("Bass", 32), Track("Drums", 0, True))


def made_song(number: int, groove: str, bars: int = 8) -> Piece:
    """Eight bars of 4/4. The chords follow from the number, how they are played from the groove."""
    draw = random.Random(number)
    rows = []
    for bar in range(bars):
        chord = _CHORDS[(bar + number) % 4]
        at = 1920 * bar
        rows += [(at + 480 * beat, 480, 0, draw.choice(chord) + 12, 80, 0, 0) for beat in range(4)]
        if groove == "march":
            rows += [(at + 480 * beat, 240, 1, pitch - 5, 80, 0, 0) for beat in (1, 3) for pitch in chord]
            rows += [(at + 960 * half, 960, 2, chord[0] - 24 - 5 * half, 80, 0, 0) for half in range(2)]
            rows += [(at + 480 * beat, 120, 3, (36, 38)[beat % 2], 80, 0, 0) for beat in range(4)]
        else:
            rows += [(at + 240 * i, 240, 1, chord[(0, 2, 1, 2)[i % 4]] - 5, 80, 0, 0) for i in range(8)]
            rows += [(at, 1920, 2, chord[0] - 24, 80, 0, 0)]
            rows += [(at + 240 * i, 120, 3, 42, 80, 0, 0) for i in range(8)]
    return Piece(480, _TRACKS, note_array(rows), (Meter(0, 4, 4),), keys=(KeySignature(0, 0, "major"),))


def write_songs(folder: Path, count: int = 8) -> Path:
    """The songs in both grooves as files, with a manifest."""
    lines = []
    for groove in GROOVES:
        for number in range(count):
            path = folder / groove / f"song{number}.mid"
            fn.write(made_song(number, groove), path)
            lines.append({"path": f"{groove}/song{number}.mid", "style": groove, "song": f"song{number}"})
    with (folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["path", "style", "song"])
        writer.writeheader()
        writer.writerows(lines)
    return folder
