"""sketch and morph, as a person meets them: what comes out, and what is said when something cannot be."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import pytest

pytest.importorskip("torch")

import fewnotes as fn
from fewnotes.engines import gan
from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.music.edit import slice_bars, transpose
from fewnotes.testing import tiny_chorale, tiny_melody
from fewnotes.uses.morph import Morph
from fewnotes.uses.sketch import Sketch


@pytest.fixture(scope="module")
def style():
    """A style that only remembers its pieces: what learning adds is measured elsewhere."""
    pieces = [tiny_melody(), transpose(tiny_melody(), 5), transpose(tiny_melody(), -3)]
    learned = fn.learn(pieces, name="tunes & co", engine="markov")
    return replace(learned, parts={**learned.parts, "gan": gan.learn(pieces, way="unlearned")})


@pytest.fixture(scope="module")
def sketches(style):
    return Sketch(style=style, count=4, seed=2).run()


def test_sketches_come_with_their_provenance_and_a_sheet_that_shows_them_all(sketches):
    assert 1 <= len(sketches.pieces) <= 4
    *pieces, sheet = sketches.outputs
    assert all("Machine-composed" in o.mark and "seed 2" in o.mark for o in pieces)
    assert all(o.facts["engine"] == "gan" and 0 <= o.facts["relation"] <= 1 for o in pieces)
    assert sheet.suffix == ".svg"
    assert sheet.data.decode().count("relation 0.") + sheet.data.decode().count("relation 1.") == len(pieces)
    assert not {c for o in sketches.outputs for c in o.stem} & set("&/ ")


def test_no_key_is_struck_while_it_sounds(style):
    for piece in Sketch(style=style, count=6, seed=4).run().pieces:
        until = {}
        for note in piece.notes:
            place = (int(note["track"]), int(note["pitch"]))
            assert int(note["onset_tick"]) >= until.get(place, 0)
            until[place] = int(note["onset_tick"] + note["duration_tick"])


def test_with_sound_there_is_a_wav_beside_each_sketch(style):
    found = Sketch(style=style, count=2, bars="2", sound=True).run()
    heard = [o for o in found.outputs if o.suffix == ".wav"]
    assert [o.stem for o in heard] == [o.stem for o in found.outputs if o.piece is not None]
    assert all(o.data.startswith(b"RIFF") for o in heard)


def test_what_a_person_likes_comes_first_and_the_same_ideas_are_drawn(style, sketches):
    assert all(i.preference is None for i in sketches.ideas)
    low, high = transpose(tiny_melody(), -9), transpose(tiny_melody(), 9)
    fn.like([transpose(high, n) for n in range(4)])
    fn.dislike([transpose(low, -n) for n in range(4)])
    liked = Sketch(style=style, count=4, seed=2, taste=5.0).run()
    assert all(0 < i.preference < 1 for i in liked.ideas)
    worth = [math.log(i.relation) + 5 * math.log(i.preference / (1 - i.preference)) for i in liked.ideas]
    assert all(a >= b - 1e-3 for a, b in pairwise(worth))
    assert "liked 0." in liked.sheet().decode()
    unmoved = Sketch(style=style, count=4, seed=2, taste=0.0).run()
    assert unmoved.pieces == sketches.pieces


def test_what_is_said_of_sketches_is_plain(sketches):
    said = sketches.to_dict()
    assert len(said["sketches"]) == len(sketches.pieces)
    assert len(sketches.to_table().rows) == len(sketches.pieces)


def test_a_sketch_is_a_piece_every_other_use_takes(style, sketches):
    piece = sketches.pieces[0]
    assert fn.check(piece, style).longest_run >= 0
    assert fn.surprisal(piece, style).bits_per_note > 0
    again = Sketch(style=style, count=2, like=piece, lock="rhythm").run().pieces
    assert [int(t) for t in again[0].notes["onset_tick"]] == [int(t) for t in piece.notes["onset_tick"]]


@pytest.mark.parametrize("moved", [0, -3, -6, 1])
def test_locked_notes_sound_where_they_stand_whatever_the_keys_of_the_style(style, moved):
    source = transpose(tiny_chorale(), moved)
    lowest = len(source.tracks) - 1
    end = 16 * source.ticks_per_quarter
    bass = {(n["onset_tick"] / source.ticks_per_quarter, int(n["pitch"])) for n in source.notes
            if n["track"] == lowest and n["onset_tick"] < end}  # fmt: skip
    assert len(bass) > 4
    for piece in Sketch(style=style, count=3, like=source, lock="bass").run().pieces:
        assert bass <= {(n["onset_tick"] / piece.ticks_per_quarter, int(n["pitch"])) for n in piece.notes}
    for piece in Sketch(style=style, count=1, like=source, lock="bass", key="Eb major").run().pieces:
        assert piece.keys[0].fifths == -3


def test_a_morph_begins_and_ends_on_what_was_given_in_the_key_of_the_style(style, sketches):
    first, last = sketches.pieces[0], sketches.pieces[-1]
    found = Morph(first=first, last=last, style=style, steps=4).run()
    assert len(found.pieces) == 4
    assert found.distances[0][0] == 0 == found.distances[-1][1]
    assert sorted(found.pieces[0].notes["onset_tick"]) == sorted(first.notes["onset_tick"])
    assert found.outputs[-1].suffix == ".svg"


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"meter": "7/8"}, NotPossible, "7/8"),
        ({"lock": "rhythm"}, BadParameter, "--like"),
        ({"like": tiny_melody(), "lock": "flavour"}, BadParameter, "flavour"),
        ({"like": slice_bars(tiny_melody(), 0, 1), "lock": "rhythm"}, BadInput, "four full bars"),
        ({"count": 0}, BadParameter, "count"),
    ],
)
def test_a_wish_that_cannot_be_says_which_and_why(style, given, error, words):
    with pytest.raises(error) as caught:
        Sketch(style=style, **given).run()
    assert words in str(caught.value)


def test_two_meters_have_no_path_between_them(style):
    waltz = replace(tiny_melody(), meters=(tiny_melody().meters[0]._replace(numerator=3),))
    with pytest.raises(NotPossible, match="3/4"):
        Morph(first=waltz, last=tiny_chorale(), style=style).run()
