"""Scores: drawn in a child process that may crash or hang without harm, as SVG pages and as PDF."""

from __future__ import annotations

import importlib.util
import re
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fewnotes.errors import FewnotesError, NotInstalled, NotPossible, TooLarge
from fewnotes.music.piece import NOTE, Piece, Track, note_array
from fewnotes.render import score
from fewnotes.render.score import engrave, engrave_musicxml, run_child, score_pdf, score_svg
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


def _missing(*modules: str) -> bool:
    return any(importlib.util.find_spec(module) is None for module in modules)


needs_verovio = pytest.mark.skipif(_missing("verovio"), reason="verovio is not installed")
needs_pdf = pytest.mark.skipif(_missing("verovio", "svglib", "reportlab"), reason="PDF parts are not installed")

PYTHON = [sys.executable, "-c"]


def staves_of(page: bytes) -> int:
    return len(re.findall(rb'class="staff"', page))


def musicxml(note_type: str = "whole", direction: str = "") -> bytes:
    return (
        '<?xml version="1.0"?><score-partwise version="4.0"><part-list><score-part id="P1"><part-name>Flute</part-name>'
        '</score-part></part-list><part id="P1"><measure number="1"><attributes><divisions>1</divisions>'
        "<time><beats>4</beats><beat-type>4</beat-type></time></attributes>"
        f"{direction}<note><pitch><step>C</step><octave>5</octave></pitch><duration>4</duration>"
        f"<type>{note_type}</type></note></measure></part></score-partwise>"
    ).encode()


@needs_verovio
@pytest.mark.parametrize("piece", [tiny_melody(), tiny_chorale(), tiny_piece()], ids=lambda p: p.title)
def test_a_score_shows_every_part_and_note(piece):
    (page,) = score_svg(piece)
    assert page.startswith(b"<svg ")
    assert staves_of(page) % len(piece.tracks) == 0
    drawn = len(re.findall(rb'class="note"', page))
    assert len(piece.notes) <= drawn <= 1.5 * len(piece.notes), "ties may add note heads"


@needs_verovio
def test_title_and_composer_stand_above_the_music_and_the_title_is_larger():
    (page,) = score_svg(replace(tiny_melody(), title="Über <alles> & mehr", composer="N. N."))
    text = page.decode()
    assert "Über &lt;alles&gt; &amp; mehr" in text
    assert "N. N." in text
    head = text[text.index('class="pgHead') :]
    title, composer = (int(size) for size in re.findall(r'font-size="([1-9]\d*)px"', head)[:2])
    assert title == 2 * composer


@needs_verovio
def test_a_page_is_a4_and_has_no_advertising():
    (page,) = score_svg(tiny_melody())
    width, height = (float(v) for v in re.search(rb'width="([\d.]+)mm" height="([\d.]+)mm"', page).groups())
    assert width == pytest.approx(210, abs=0.2)
    assert height == pytest.approx(297, abs=0.2)
    assert b"verovio.org" not in page


@needs_verovio
def test_the_same_piece_gives_the_same_pages():
    assert score_svg(tiny_melody()) == score_svg(tiny_melody())


@needs_verovio
def test_a_long_piece_has_several_pages():
    rows = [(i, 1, 0, 60 + i % 12, 80, 0, 0) for i in range(1500)]
    assert len(score_svg(Piece(2, (Track("Flute", 73),), note_array(rows)))) > 1


@needs_verovio
def test_a_piece_of_many_staves_is_drawn_smaller():
    rows = [(4 * i, 4, t, 60, 80, 0, 0) for i in range(8) for t in range(24)]
    piece = Piece(1, tuple(Track(f"Part {t}", 40) for t in range(24)), note_array(rows))
    (page, *_) = score_svg(piece)
    lowest = max(int(y) for y in re.findall(rb'<path d="M\d+ (\d+) L\d+ \1"', page))
    box = int(re.search(rb'viewBox="0 0 \d+ (\d+)"', page).group(1))
    assert lowest < box, "the lowest staff stands on the page"


@needs_pdf
def test_a_pdf_has_a4_pages_filled_to_the_margins():
    data = score_pdf(tiny_chorale())
    assert data.startswith(b"%PDF-")
    assert re.search(rb"/MediaBox \[ 0 0 595\.27\d* 841\.89\d* \]", data)
    assert data == score_pdf(tiny_chorale()), "same piece, same bytes"


@needs_pdf
def test_the_drawing_of_a_pdf_page_is_scaled_to_the_page():
    engraver = _engraver()
    answer = engrave_musicxml(musicxml(), "svg", title="A title", composer="A composer")
    from svglib.svglib import svg2rlg

    drawing = svg2rlg(__import__("io").StringIO(engraver.plain_svg(answer["pages"][0])))
    left, _, right, _ = drawing.getBounds()
    margin = drawing.width * 22.5 / 210
    assert left == pytest.approx(margin, abs=0.06 * drawing.width)
    assert right == pytest.approx(drawing.width - margin, abs=0.06 * drawing.width)


@needs_pdf
def test_music_signs_in_text_become_outlines_in_a_pdf():
    tempo = (
        '<direction placement="above"><direction-type><metronome><beat-unit>quarter</beat-unit>'
        "<per-minute>96</per-minute></metronome></direction-type></direction>"
    )
    (page,) = engrave_musicxml(musicxml(direction=tempo), "svg")["pages"]
    assert "\ueca5" in page, "the page has a note sign as a letter"
    plain = _engraver().plain_svg(page)
    assert "\ueca5" not in plain
    assert "font-face" not in plain
    assert "= 96" in plain or ("96" in plain and "=" in plain)


def _engraver():
    spec = importlib.util.spec_from_file_location("engrave_for_tests", Path(score.__file__).with_name("_engrave.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@needs_pdf
def test_a_title_beyond_western_letters_is_no_reason_to_fail():
    piece = replace(tiny_melody(), title="Łąka žluťoučký — Тест 民謡", composer="Dvořák")
    assert score_pdf(piece).startswith(b"%PDF-")


@needs_verovio
def test_a_real_chorale_fills_one_page(music21_corpus):
    with zipfile.ZipFile(music21_corpus / "bach" / "bwv66.6.mxl") as archive:
        name = next(n for n in archive.namelist() if not n.startswith("META"))
        answer = engrave_musicxml(archive.read(name), "svg", title="Christ, unser Herr")
    assert answer["page_count"] == 1
    assert staves_of(answer["pages"][0].encode()) % 4 == 0


@needs_verovio
@pytest.mark.parametrize("broken", [b"", b"<score-partwise/>", b"no xml at all", b"<a>" * 2000])
def test_what_the_engraver_refuses_or_dies_of_is_told_in_words(broken):
    with pytest.raises(FewnotesError, match=r"[Tt]he score") as caught:
        engrave_musicxml(broken, "svg")
    assert len(str(caught.value).splitlines()) <= 3


def test_a_child_that_crashes_is_reported():
    with pytest.raises(NotPossible, match="SIGABRT"):
        run_child([*PYTHON, "import os; os.abort()"], "", 20)


def test_a_child_that_hangs_is_stopped():
    with pytest.raises(TooLarge, match="more than 1 seconds"):
        run_child([*PYTHON, "import time; time.sleep(60)"], "", 1)


def test_a_child_that_dies_before_reading_its_input_is_reported():
    with pytest.raises(NotPossible, match="exit status 7"):
        run_child([*PYTHON, "import os; os._exit(7)"], "x" * 10_000_000, 20)


@pytest.mark.skipif(sys.platform == "win32", reason="no limits on memory there")
def test_the_child_ends_itself_past_its_memory():
    script = Path(score.__file__).with_name("_engrave.py")
    code = f"import runpy; limit = runpy.run_path({str(script)!r})['limit']; limit(10, 500); bytearray(2 * 10**9)"
    with pytest.raises(TooLarge, match="memory"):
        run_child([*PYTHON, code], "", 20)


def test_without_verovio_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(score.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match=r"fewnotes\[render\]"):
        score_svg(tiny_melody())


@needs_verovio
def test_pieces_without_notes_and_with_too_many_are_refused(monkeypatch):
    with pytest.raises(NotPossible, match="no notes"):
        score_svg(Piece(4, (Track(),), np.zeros(0, NOTE)))
    monkeypatch.setattr(score, "MAX_NOTES", 10)
    with pytest.raises(TooLarge, match="at most 10 notes"):
        score_svg(tiny_melody())


@needs_verovio
def test_pages_past_the_cap_are_cut_and_said_so(monkeypatch):
    monkeypatch.setattr(score, "MAX_PAGES", 1)
    rows = [(i, 1, 0, 60 + i % 12, 80, 0, 0) for i in range(1500)]
    made = engrave(Piece(2, (Track("Flute", 73),), note_array(rows)), "svg")
    assert len(made.pages) == 1
    assert "pages-cut" in [w.code for w in made.warnings]


def test_the_engraver_script_needs_nothing_of_fewnotes():
    script = Path(score.__file__).with_name("_engrave.py").read_text(encoding="utf-8")
    assert "import fewnotes" not in script
    assert "from fewnotes" not in script
