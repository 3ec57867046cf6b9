"""Is a piece short enough to be written as notation? MIDI holds hours of silence, a score prints every bar of it."""

from __future__ import annotations

import numpy as np

from fewnotes.errors import TooLarge
from fewnotes.music.piece import Piece
from fewnotes.music.time import bar_index, barlines

#: Bars times tracks, and note heads when notes are tied from bar to bar. A long symphony has some 40,000 bars of parts.
MAX_PART_BARS = 60_000
MAX_NOTE_HEADS = 200_000


def check_notatable(piece: Piece) -> None:
    """Raises TooLarge where a score of the piece would be longer than any that is printed."""
    bars = len(barlines(piece)) - 1
    if bars * len(piece.tracks) > MAX_PART_BARS:
        raise TooLarge(
            f"As a score this piece would have {bars:,} bars in {len(piece.tracks)} parts",
            expected=f"at most {MAX_PART_BARS:,} bars, over all parts",
            fix="Write it as MIDI, or take a few bars or tracks of it",
        )
    onset = piece.notes["onset_tick"].astype(np.int64)
    last = onset + piece.notes["duration_tick"] - 1
    heads = int((bar_index(piece, last) - bar_index(piece, onset) + 1).sum())
    if heads > MAX_NOTE_HEADS:
        raise TooLarge(
            f"As a score this piece would have {heads:,} tied note heads",
            expected=f"at most {MAX_NOTE_HEADS:,}",
            fix="Write it as MIDI, or take a few bars or tracks of it",
        )
