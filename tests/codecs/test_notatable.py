"""A score prints every bar: what would be endless on paper is refused before it is begun."""

from __future__ import annotations

import time

import pytest

from fewnotes.codecs import abc, midi, musicxml
from fewnotes.errors import TooLarge
from fewnotes.music.piece import Piece, Track, note_array


@pytest.mark.parametrize("codec", [musicxml, abc])
@pytest.mark.parametrize(
    "rows",
    [
        [(0, 480, 0, 60, 80, 0, 0), (2**29, 480, 0, 60, 80, 0, 0)],
        [(0, 480 * 4 * 3000, 0, 10 + i % 100, 80, 0, 0) for i in range(400)],
    ],
    ids=["days of silence", "tied for ever"],
)
def test_a_piece_that_no_score_would_hold_is_refused_at_once_and_midi_is_named_as_the_way_out(codec, rows):
    piece = Piece(480, (Track(),), note_array(rows))
    began = time.process_time()
    with pytest.raises(TooLarge, match="MIDI"):
        codec.encode(piece)
    assert time.process_time() - began < 2
    assert midi.encode(piece).data
