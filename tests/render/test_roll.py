"""Roll pictures: every note is there, in its place, its colour and its strength."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest

from fewnotes.errors import NotInstalled, NotPossible
from fewnotes.music.piece import NOTE, ChordSymbol, Meter, Piece, Track, note_array
from fewnotes.render.canvas import Box, Line, Words
from fewnotes.render.painter import LEFT, shade
from fewnotes.render.roll import MAX_SYSTEMS, draw_roll, roll_png, roll_svg
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


def one_note(pitch: int = 60, velocity: int = 127, **fields: object) -> Piece:
    return Piece(4, (Track("", 0),), note_array([(0, 4, 0, pitch, velocity, 0, 0)]), **fields)  # type: ignore[arg-type]


def note_boxes(piece: Piece) -> list[Box]:
    """Boxes with an edge, without those of the legend."""
    drawing = draw_roll(piece)
    boxes = [s for s in drawing.shapes if isinstance(s, Box) and s.edge]
    return boxes[len(np.unique(piece.notes["track"])) :]


def words(piece: Piece) -> list[str]:
    return [s.text for s in draw_roll(piece).shapes if isinstance(s, Words)]


def pixels(data: bytes) -> np.ndarray:
    image = pytest.importorskip("PIL.Image").open(BytesIO(data))
    return np.asarray(image.convert("RGB"))


def test_every_note_is_one_box_at_its_time_and_pitch():
    piece = tiny_melody()
    boxes = note_boxes(piece)
    assert len(boxes) == len(piece.notes)
    order = np.argsort([b.x for b in boxes])
    assert [boxes[i].x for i in order] == sorted(LEFT + n / 480 * 28 for n in piece.notes["onset_tick"])
    heights = np.array([boxes[i].y for i in order])
    assert np.corrcoef(heights, piece.notes["pitch"].astype(float))[0, 1] < -0.999


def test_a_loud_note_is_darker_than_a_soft_one():
    (loud,), (soft,) = note_boxes(one_note(velocity=120)), note_boxes(one_note(velocity=20))
    assert sum(loud.fill) < sum(soft.fill) - 100


def test_tracks_have_colours_of_their_own_and_the_legend_names_them():
    piece = tiny_chorale()
    assert len({b.fill for b in note_boxes(piece)}) == 4
    assert [w for w in words(piece) if "Choir Aahs" in w] == [
        f"{name} (Choir Aahs)" for name in ("Soprano", "Alto", "Tenor", "Bass")
    ]


def test_more_tracks_than_colours_are_still_told_apart():
    tracks = tuple(Track("", i) for i in range(14))
    piece = Piece(4, tracks, note_array([(4 * i, 4, i, 60, 100, 0, 0) for i in range(14)]))
    assert len({b.fill for b in note_boxes(piece)}) == 14


def test_bars_are_numbered_as_scores_number_them_and_a_pickup_is_bar_0():
    numbers = [w for w in words(tiny_piece()) if w.isdigit()]
    assert numbers[:3] == ["0", "1", "2"]
    assert [w for w in words(tiny_melody()) if w.isdigit()] == [str(n) for n in range(1, 9)]


def test_drums_stand_on_a_strip_of_their_own_with_their_names():
    rows = [(0, 4, 0, 60, 90, 0, 0), (0, 1, 1, 36, 90, 0, 0), (4, 1, 1, 42, 90, 0, 0)]
    piece = Piece(4, (Track("Lead", 80), Track("Kit", 0, True)), note_array(rows))
    said = words(piece)
    assert "Bass Drum" in said
    assert "Closed Hi-Hat" in said
    assert "Kit (Drums)" in said
    lead, *hits = sorted(note_boxes(piece), key=lambda b: b.y)
    assert all(h.y > lead.y + 30 for h in hits)


def test_a_piece_of_drums_alone_has_no_keys():
    piece = Piece(4, (Track("", 0, True),), note_array([(0, 1, 0, 38, 90, 0, 0)]))
    assert not [w for w in words(piece) if w.startswith("C") and w[1:].isdigit()]


def test_middle_c_is_labelled_c4_and_key_rows_reach_beyond_the_notes():
    assert {"C4"} <= set(words(one_note(60)))
    assert len(draw_roll(one_note(0)).shapes) > 5
    assert len(draw_roll(one_note(127)).shapes) > 5


def test_long_pieces_break_into_systems_at_barlines_and_are_never_cut():
    rows = [(16 * i, 16, 0, 60 + i % 12, 80, 0, 0) for i in range(60)]
    piece = Piece(4, (Track(),), note_array(rows))
    boxes = note_boxes(piece)
    assert len(boxes) == 60
    assert len({round(s.y1) for s in draw_roll(piece).shapes if isinstance(s, Line) and s.width == 1.0}) == 5


@pytest.mark.parametrize("bars", [3_000, 100_000])
def test_a_very_long_piece_still_fits_one_picture(bars):
    rows = [(16 * i, 16, 0, 60 + i % 12, 80, 0, 0) for i in range(0, bars, bars // 500)]
    drawing = draw_roll(Piece(4, (Track(),), note_array(rows)))
    assert drawing.width < 1600
    assert drawing.height < 400 * MAX_SYSTEMS


def test_one_bar_longer_than_a_system_goes_on_in_the_next():
    piece = Piece(4, (Track(),), note_array([(0, 4 * 100, 0, 60, 80, 0, 0)]), (Meter(0, 100, 4),))
    assert len(note_boxes(piece)) == 2


def test_chord_symbols_and_grace_notes_are_drawn():
    grace = note_array([(4, 1, 0, 62, 80, 0, 0)])
    piece = one_note(60, chords=(ChordSymbol(0, "Gm7/D"),), graces=grace)
    assert "Gm7/D" in words(piece)
    assert len(draw_roll(piece).shapes) == len(draw_roll(replace(piece, graces=np.zeros(0, NOTE))).shapes) + 1


def test_the_picture_is_crisp_and_twice_the_size_of_the_drawing():
    piece = tiny_chorale()
    drawing = draw_roll(piece)
    image = pixels(roll_png(piece))
    assert image.shape == (round(drawing.height * 2), round(drawing.width * 2), 3)
    note = shade((0, 114, 178), 0.3 + 0.7 * 80 / 127)
    # Sixteen notes of 28 by 7 points: all of their inner pixels are of exactly this colour.
    assert (image == note).all(axis=2).sum() > 16 * 50 * 9


def test_a_title_beyond_ascii_is_painted():
    plain, accented = (pixels(roll_png(one_note(title=t))) for t in ("Laka zlutoucky", "Łąka žluťoučký"))
    assert not np.array_equal(plain, accented)


def test_the_svg_holds_the_title_and_is_well_formed():
    etree = pytest.importorskip("lxml.etree")
    root = etree.fromstring(roll_svg(one_note(title="Sturm & <Drang>")))
    assert "Sturm & <Drang>" in "".join(root.itertext())


def test_a_piece_without_notes_is_refused_in_words():
    empty = Piece(4, (Track(),), np.zeros(0, NOTE))
    with pytest.raises(NotPossible, match="no notes"):
        roll_png(empty)


def test_without_pillow_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(NotInstalled, match=r"fewnotes\[render\]"):
        roll_png(one_note())
