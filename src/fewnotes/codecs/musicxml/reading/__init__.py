"""MusicXML to Piece: `stream` (hardened XML), `score` and `part` (what is written), `playing` (what is played)."""

from __future__ import annotations

from fewnotes.codecs.musicxml.reading.playing import to_piece
from fewnotes.codecs.musicxml.reading.score import read_score
from fewnotes.music.piece import Piece


def read(data: bytes, repeats: bool) -> Piece:
    """A MusicXML text, partwise or timewise, as a Piece. Raises BadInput or TooLarge."""
    return to_piece(read_score(data), repeats)
