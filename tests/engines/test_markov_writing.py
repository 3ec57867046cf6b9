"""What a listener would notice in new pieces: endings, silence, standing still, form, and how surprising they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fewnotes.engines import ComposeRequest, markov, no_progress
from fewnotes.engines.markov.bits import TESTED_NOTES, head, piece_bits
from fewnotes.engines.markov.reading import model
from fewnotes.engines.markov.reading.grid import TRIPLE, WHOLE, divisions, on_the_beat, with_upbeat
from fewnotes.engines.markov.reading.lines import Bars, Event
from fewnotes.engines.markov.reading.model import make_model
from fewnotes.engines.markov.reading.shelf import make_shelf
from fewnotes.engines.markov.writing.finish import closed, unstruck, without_slivers
from fewnotes.engines.markov.writing.pool import Pool, Verdict
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.style import Style

QUARTER = 480
BAR = 4 * QUARTER


def tune(seed: int, bars: int = 16) -> Piece:
    """Quarters and eighths by step, bars 5 to 8 like bars 1 to 4."""
    rng = np.random.default_rng(seed)
    scale = [60, 62, 64, 65, 67, 69, 71, 72, 74]
    rows, degree, made = [], 4, []
    for bar in range(bars):
        content = []
        for beat in range(4):
            for part in range(int(rng.integers(1, 3))):
                length = QUARTER // 2 if part else QUARTER
                degree = int(np.clip(degree + rng.choice([-2, -1, -1, 1, 1, 2]), 0, 8))
                content.append((beat * QUARTER + part * QUARTER // 2, length, scale[degree]))
        if bar % 8 >= 4 and bar % 8 < 7:
            content = made[bar - 4]
        if bar == bars - 1:
            content = [(0, BAR, 60)]
        made.append(content)
        for at, length, pitch in content:
            rows.append((bar * BAR + at, min(length, QUARTER // 2) if length < BAR else BAR, 0, pitch, 80, 0, 0))
    return Piece(QUARTER, (Track("Flute", 73),), note_array(rows), (Meter(0, 4, 4),))


def band(seed: int) -> Piece:
    """A bass throughout, a pad in half of the bars, and a lead in four bars only."""
    rng = np.random.default_rng(seed)
    rows = []
    for bar in range(16):
        for beat in range(4):
            rows.append((bar * BAR + beat * QUARTER, QUARTER, 0, int(rng.choice([36, 41, 43])), 90, 0, 0))
        if bar % 4 < 2:
            rows += [(bar * BAR, BAR, 1, p, 60, 0, 0) for p in (60, 64, 67)]
        if 8 <= bar < 12:
            rows += [(bar * BAR + b * QUARTER, QUARTER, 2, int(rng.choice([72, 74, 76])), 70, 0, 0) for b in range(4)]
    return Piece(QUARTER, (Track("Bass", 33), Track("Pad", 89), Track("Lead", 80)), note_array(rows))


def style_of(*pieces: Piece) -> Style:
    return Style("test", pieces, {"markov": markov.learn(pieces)})


@pytest.fixture(scope="module")
def tunes() -> Style:
    return style_of(*(tune(i) for i in range(5)))


def test_a_note_struck_again_while_it_sounds_ends_where_it_is_struck():
    rows = [(0, 960, 0, 60, 80, 0, 0), (480, 480, 0, 60, 80, 0, 0), (480, 480, 1, 60, 80, 0, 0)]
    assert [row[:4] for row in unstruck(rows)] == [(0, 480, 0, 60), (480, 480, 0, 60), (480, 480, 1, 60)]


def test_a_line_closes_on_a_note_that_lasts_a_beat_or_more_up_to_the_end():
    bars = Bars((0, BAR), ((4, 4),), BAR)
    late = [Event(0, 1440, (1440,), (64,)), Event(1440, 360, (360,), (62,)), Event(1800, 120, (120,), (60,))]
    assert closed(late, bars) == [late[0], Event(1440, 480, (480,), (60,))]
    early = [Event(0, 240, (240,), (64,)), Event(240, 240, (240,), (60,)), Event(480, 1440, (), ())]
    assert closed(early, bars)[-1] == Event(240, 1680, (1680,), (60,))
    assert closed([], bars) == []


def test_slivers_of_silence_between_notes_are_closed_and_real_rests_stay():
    line = [Event(0, 480, (450,), (60,)), Event(480, 480, (240,), (62,))]
    assert without_slivers(line) == [Event(0, 480, (480,), (60,)), line[1]]


def test_new_pieces_end_on_a_note_of_a_beat_or_more_at_the_end_of_the_last_bar(tunes):
    for piece in markov.compose(tunes, ComposeRequest(bars=8, candidates=3, seed=5)):
        last = piece.notes[-1]
        assert piece.end_tick == 8 * 4 * piece.ticks_per_quarter
        assert last["duration_tick"] >= piece.ticks_per_quarter


def test_new_pieces_are_about_as_surprising_as_pieces_left_out(tunes):
    usual = tunes.parts["markov"].values["bits_a_note"]
    found = [
        piece_bits(head(p), tunes.support).bits_per_note
        for p in markov.compose(tunes, ComposeRequest(bars=24, candidates=3))
    ]
    assert abs(np.mean(found) / usual - 1) < 0.3


def test_the_next_draft_is_drawn_more_sharply_after_an_odd_one_and_less_after_a_dull_one(tunes):
    pool = Pool(tunes, usual=0.5)
    pool.judge(tune(50))
    assert pool.sharpness > 1.1
    pool = Pool(tunes, usual=50.0)
    pool.judge(tune(50))
    assert pool.sharpness < 1.1


def test_a_copy_is_worse_than_a_silent_track_and_that_worse_than_any_surprise(tunes):
    pool = Pool(tunes, usual=2.0)
    copy = pool.judge(tunes.support[0])
    silent = pool.judge(replace(tune(70), tracks=(Track(), Track())))
    assert silent < copy
    assert Verdict(0, 3.0) < silent
    assert not silent.stands


def test_every_line_of_a_band_sounds_and_a_line_that_always_sounds_sounds_in_every_bar():
    style = style_of(*(band(i) for i in range(4)))
    for piece in markov.compose(style, ComposeRequest(bars=8, candidates=2)):
        assert set(piece.notes["track"].tolist()) == {0, 1, 2}
        bass = piece.notes["onset_tick"][piece.notes["track"] == 0] // (4 * piece.ticks_per_quarter)
        assert set(bass.tolist()) == set(range(8))


def test_no_line_repeats_a_pitch_for_longer_than_the_pieces_do(tunes):
    longest = make_model(tunes.support, make_shelf(tunes.support)).lines[0].longest_run
    for piece in markov.compose(tunes, ComposeRequest(bars=16, candidates=2, seed=8)):
        pitches = piece.notes["pitch"].astype(int)
        runs = np.diff(np.flatnonzero(np.diff(pitches, prepend=-1, append=-1)))
        assert runs.max() <= longest


def test_bars_return_in_new_pieces_as_they_do_in_the_style(tunes):
    piece = markov.compose(tunes, ComposeRequest(bars=16, candidates=1, seed=2))[0]
    bar = piece.notes["onset_tick"] // BAR
    heard = [
        tuple((int(n["onset_tick"]) % BAR, int(n["pitch"])) for n in piece.notes[bar == number]) for number in range(16)
    ]
    assert len(set(heard)) <= 13


def test_a_piece_beside_its_barlines_is_read_on_them_and_named():
    straight = tune(3)
    notes = straight.notes.copy()
    notes["onset_tick"] += QUARTER // 4
    beside = replace(straight, notes=notes)
    assert on_the_beat(straight) is straight
    offbeat = replace(straight, notes=straight.notes[straight.notes["onset_tick"] % QUARTER == 0])
    late = offbeat.notes.copy()
    late["onset_tick"] += QUARTER // 4
    assert on_the_beat(replace(offbeat, notes=late)) == offbeat
    part = markov.learn([tune(1), tune(2), beside])
    assert any("Piece 3 lies beside its barlines" in sentence for sentence in part.summary)


def test_a_first_bar_silent_for_half_its_length_becomes_a_pickup_in_new_pieces():
    rows = [(3 * QUARTER, QUARTER, 0, 67, 80, 0, 0)]
    rows += [(BAR + i * QUARTER, QUARTER, 0, 60 + (i * 5) % 12, 80, 0, 0) for i in range(32)]
    piece = Piece(QUARTER, (Track(),), note_array(rows), (Meter(0, 4, 4),))
    assert with_upbeat(piece).pickup_tick == QUARTER
    assert with_upbeat(tune(1)) == tune(1)
    new = markov.compose(style_of(piece, piece), ComposeRequest(bars=4, candidates=1))[0]
    assert new.pickup_tick == QUARTER
    assert new.end_tick == QUARTER + 4 * BAR


def test_triplets_and_eighths_are_told_apart():
    assert divisions(np.array([0, 480, 160, 320])).tolist() == [WHOLE, WHOLE, TRIPLE, TRIPLE]
    assert TRIPLE not in divisions(np.array([120, 240, 360]))


def test_the_summary_says_key_and_meter_of_new_pieces_and_names_no_ticks(tunes):
    text = " ".join(tunes.parts["markov"].summary)
    assert "C major and 4/4 (as 5 of 5 pieces are)" in text
    assert "ticks" not in text
    assert "bits a note" not in text
    assert tunes.parts["markov"].values["bits_notes"] == TESTED_NOTES


def test_what_of_long_pieces_is_not_read_is_said(monkeypatch):
    most = 2400
    monkeypatch.setattr(model, "READ_EVENTS", most)
    long = [tune(i, bars=most // 2 // 8) for i in range(2)]
    text = " ".join(markov.learn(long).summary)
    assert ("what lies between is not" in text) == (len(long[0]) > most // 2)
    long = [tune(1, bars=most // 4)]
    assert "what lies between is not" in " ".join(markov.learn(long).summary)


def test_measuring_twice_gives_the_same_bits(tunes):
    piece = tune(90)
    once = markov.surprisal(piece, tunes).bits.copy()
    markov.surprisal(tune(91), tunes)
    assert np.array_equal(markov.surprisal(replace(piece, title="again"), tunes).bits, once)


@pytest.mark.parametrize("pitches", [(60,), (60, 62), (60, 60, 60)])
def test_a_style_of_a_note_or_two_still_composes(pitches):
    piece = Piece(480, (Track("Tune"),), note_array([(480 * i, 480, 0, p, 80, 0, 0) for i, p in enumerate(pitches)]))
    part = markov.learn([piece], seed=0, progress=no_progress)
    drafts = markov.compose(Style("little", (piece,), {"markov": part}), ComposeRequest(bars=2, candidates=1))
    assert len(drafts[0].notes) >= 1
