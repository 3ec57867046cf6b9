"""The engine: what it writes is new, whole, in bounds, and the same from the same seed."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from fewnotes import testing
from fewnotes.engines import ComposeRequest, markov
from fewnotes.engines.markov.reading.form import Return, plan_of, stretch
from fewnotes.engines.markov.reading.shelf import make_shelf
from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.music.guard import Guard, Watcher
from fewnotes.music.piece import KeySignature, Meter, Piece, Tempo, Track, check_piece, note_array
from fewnotes.music.similarity import shared_passages
from fewnotes.music.time import bars
from fewnotes.style import Style

QUARTER = 480


def tune(seed: int, count: int = 16, fifths: int = 1, meter: tuple[int, int] = (4, 4)) -> Piece:
    """A tune in four-bar phrases a a' b a', stepwise, closing on the tonic."""
    rng = np.random.default_rng(seed)
    tonic = 60 + (7 * fifths) % 12
    scale = [tonic + o + s for o in (0, 12) for s in (0, 2, 4, 5, 7, 9, 11)]
    rows, at, degree = [], 0, 4
    bar = QUARTER * 4 * meter[0] // meter[1]
    made: list[list[tuple[int, int]]] = []
    for i in range(count):
        if i % 4 == 1 and i > 4:
            content = made[i - 4]
        else:
            content, filled = [], 0
            while filled < bar:
                length = min(int(rng.choice([QUARTER // 2, QUARTER, QUARTER])), bar - filled)
                degree = int(np.clip(degree + rng.integers(-2, 3), 0, 10))
                content.append((scale[degree], length))
                filled += length
        if i == count - 1:
            content = [(tonic, bar)]
        made.append(content)
        for pitch, length in content:
            rows.append((at, length, 0, pitch, 80, 0, 0))
            at += length
    return Piece(
        QUARTER,
        (Track("Flute", 73),),
        note_array(rows),
        (Meter(0, *meter),),
        (Tempo(0, 96.0),),
        (KeySignature(0, fifths, "major"),),
    )


def chorale(seed: int) -> Piece:
    """Eight bars in four parts over I IV V I, in inversions and keys that differ from piece to piece."""
    rng = np.random.default_rng(seed)
    move = int(rng.integers(-3, 4))
    chords = {"I": (48, (0, 4, 7)), "IV": (53, (5, 9, 0)), "V": (55, (7, 11, 2)), "vi": (57, (9, 0, 4))}
    rows, at = [], 0
    names = [str(rng.choice(list(chords))) for _ in range(28)] + ["IV", "V", "V", "I"]
    for name in names:
        root, classes = chords[name]
        order = rng.permutation(3)
        upper = sorted(60 + classes[int(order[k])] + (12 if k == 2 else 0) for k in range(3))
        for track, pitch in enumerate([*reversed(upper), root]):
            rows.append((at, QUARTER, track, pitch + move, 70, 0, 0))
        at += QUARTER
    tracks = tuple(Track(n, 52) for n in ("Soprano", "Alto", "Tenor", "Bass"))
    return Piece(QUARTER, tracks, note_array(rows), (Meter(0, 4, 4),), (Tempo(0, 72.0),))


def band(seed: int) -> Piece:
    """Four bars of bass, drums and pad, twice."""
    rng = np.random.default_rng(seed)
    rows = []
    line = [int(rng.choice([36, 41, 43])) for _ in range(8)]
    for bar in range(8):
        start = bar * 4 * QUARTER
        for beat in range(4):
            rows.append((start + beat * QUARTER, QUARTER, 0, line[(bar * 2 + beat // 2) % 8], 90, 0, 0))
            rows.append((start + beat * QUARTER, 120, 1, 36 if beat % 2 == 0 else 38, 100, 0, 0))
            rows.append((start + beat * QUARTER + 240, 120, 1, 42, 60, 0, 0))
        for pitch in (60, 64, 67):
            rows.append((start, 4 * QUARTER, 2, pitch, 60, 0, 0))
    tracks = (Track("Bass", 33), Track("Kit", 0, True), Track("Pad", 89))
    return Piece(QUARTER, tracks, note_array(rows), (Meter(0, 4, 4),), (Tempo(0, 120.0),))


def style_of(*pieces: Piece) -> Style:
    return Style("test", pieces, {"markov": markov.learn(pieces)})


@pytest.fixture(scope="module")
def tunes() -> Style:
    return style_of(*(tune(i) for i in range(5)))


@pytest.fixture(scope="module")
def chorales() -> Style:
    return style_of(*(chorale(i) for i in range(5)))


def test_the_engine_keeps_the_contract():
    testing.check_engine(markov)


def test_the_same_seed_writes_the_same_and_candidates_differ(tunes):
    request = ComposeRequest(bars=8, candidates=3, seed=11)
    once, again = markov.compose(tunes, request), markov.compose(tunes, request)
    assert once == again
    assert len({p.content_hash for p in once}) == 3


def test_a_piece_has_the_bars_meter_key_tempo_and_title_it_should(tunes):
    piece = markov.compose(tunes, ComposeRequest(bars=12, candidates=1, key=(-2, "major"), tempo=66.0))[0]
    check_piece(piece)
    assert len(bars(piece)) == 12
    assert tuple(piece.meters[0])[1:] == (4, 4)
    assert (piece.keys[0].fifths, piece.keys[0].mode) == (-2, "major")
    assert piece.tempos[0].quarters_per_minute == 66.0
    assert piece.title == "Sketch 1 in the style of test"
    assert piece.tracks[0].program == 73


def test_tunes_close_on_the_tonic_as_the_support_set_does(tunes):
    for piece in markov.compose(tunes, ComposeRequest(bars=8, candidates=5, seed=2)):
        assert piece.notes["pitch"][-1] % 12 == 7


def test_notes_stay_in_the_scale_and_the_range_of_the_support_set(tunes):
    low = min(int(p.notes["pitch"].min()) for p in tunes.support)
    high = max(int(p.notes["pitch"].max()) for p in tunes.support)
    for piece in markov.compose(tunes, ComposeRequest(bars=16, candidates=3, seed=4)):
        assert piece.notes["pitch"].min() >= low
        assert piece.notes["pitch"].max() <= high
        assert set((piece.notes["pitch"] % 12).tolist()) <= {7, 9, 11, 0, 2, 4, 6}


def test_no_line_copies_a_long_run(tunes, chorales):
    for style in (tunes, chorales, style_of(tune(9))):
        for piece in markov.compose(style, ComposeRequest(bars=16, candidates=2, seed=1)):
            assert not [p for p in shared_passages(piece, style.support) if p.notes > 16 and p.beats > 8]


def test_one_piece_is_enough():
    piece = tune(1)
    drafts = markov.compose(style_of(piece), ComposeRequest(bars=8, candidates=2))
    assert all(len(d) > 8 and d != piece for d in drafts)


def test_four_parts_sound_together_and_close_on_the_tonic_in_the_bass(chorales):
    for piece in markov.compose(chorales, ComposeRequest(bars=8, candidates=2, seed=6)):
        assert len(piece.tracks) == 4
        assert set(piece.notes["track"].tolist()) == {0, 1, 2, 3}
        last = piece.notes[piece.notes["onset_tick"] == piece.notes["onset_tick"].max()]
        assert (int(last["pitch"].min()) - 7 * piece.keys[0].fifths) % 12 == 0
        tops = [float(piece.notes["pitch"][piece.notes["track"] == t].mean()) for t in range(4)]
        assert tops == sorted(tops, reverse=True)


def test_a_band_keeps_its_drums_and_their_pitches():
    style = style_of(*(band(i) for i in range(4)))
    piece = markov.compose(style, ComposeRequest(bars=8, candidates=1, seed=3))[0]
    assert [t.is_drum for t in piece.tracks] == [False, True, False]
    drums = piece.notes[piece.notes["track"] == 1]
    assert set(drums["pitch"].tolist()) <= {36, 38, 42}
    assert len(drums) > 16


def test_a_meter_or_mode_nobody_has_is_refused_with_those_there_are(tunes):
    with pytest.raises(NotPossible) as caught:
        markov.compose(tunes, ComposeRequest(meter=(7, 8)))
    assert "4/4" in str(caught.value)
    with pytest.raises(NotPossible) as caught:
        markov.compose(tunes, ComposeRequest(key=(0, "minor")))
    assert "major" in str(caught.value)


def test_programs_must_fit_the_tracks(tunes):
    piece = markov.compose(tunes, ComposeRequest(bars=4, candidates=1, programs=(40,)))[0]
    assert piece.tracks[0].program == 40
    with pytest.raises(BadParameter):
        markov.compose(tunes, ComposeRequest(bars=4, candidates=1, programs=(40, 41)))


def test_of_mixed_meters_the_commonest_leads_and_another_can_be_asked_for():
    pieces = [tune(1), tune(2), tune(3, meter=(3, 4))]
    style = style_of(*pieces)
    assert tuple(markov.compose(style, ComposeRequest(bars=4, candidates=1))[0].meters[0])[1:] == (4, 4)
    asked = markov.compose(style, ComposeRequest(bars=4, candidates=1, meter=(3, 4)))[0]
    assert tuple(asked.meters[0])[1:] == (3, 4)
    assert len(bars(asked)) == 4


def test_a_piece_that_contributes_nothing_is_named():
    part = markov.learn([tune(1), tune(2), replace(tune(3), tracks=(Track("Organ", 19),))])
    assert any("Piece 3 is not used" in sentence for sentence in part.summary)
    assert part.values["unused"] == [2]


def test_more_density_gives_more_notes(tunes):
    few, many = (
        sum(len(p) for p in markov.compose(tunes, ComposeRequest(bars=8, candidates=3, density=d))) for d in (1.0, 2.0)
    )
    assert many > 1.15 * few


def test_a_range_asked_for_is_kept_even_where_the_style_lies_elsewhere(chorales):
    piece = markov.compose(chorales, ComposeRequest(bars=4, candidates=1, lowest=60, highest=72))[0]
    assert piece.notes["pitch"].min() >= 60
    assert piece.notes["pitch"].max() <= 72


def test_learning_says_in_words_what_was_learned_and_keeps_plain_values(tunes):
    part = tunes.parts["markov"]
    json.dumps(dict(part.values))
    text = " ".join(part.summary)
    assert "G major (5)" in text
    assert "4/4" in text
    assert "Flute" in text
    assert part.values["bits_a_note"] < part.values["bits_a_note_before"]


def test_pieces_without_notes_are_refused():
    empty = Piece(QUARTER, (Track(),), note_array([]))
    with pytest.raises(BadInput):
        markov.learn([empty])


def test_surprisal_is_lower_in_the_style_than_before_learning_and_its_parts_add_up(tunes):
    piece = tune(77)
    known, unknown = markov.surprisal(piece, tunes), markov.surprisal(piece, None)
    assert known.bits_per_note < unknown.bits_per_note
    assert known.bits.shape == (len(piece),)
    assert np.allclose(known.bits, known.parts["pitch"] + known.parts["rhythm"])


def test_bars_that_return_are_found_and_played_out():
    piece = tune(3)
    plan = plan_of(make_shelf([piece]).pieces[0])
    assert plan[5] == Return(1, True)
    assert plan[0] is None
    longer = stretch(plan, 32)
    assert len(longer) == 32
    assert longer[21] == Return(17, True)
    assert longer[31] is None


def test_the_guard_forbids_the_step_that_would_carry_a_copy_on():
    source = [(i * QUARTER, 60 + (i * 5) % 7) for i in range(30)]
    watcher = Watcher(Guard([source], QUARTER))
    for onset, pitch in source[:12]:
        watcher.push(onset, pitch + 3)
    step = source[12][1] - source[11][1]
    assert step in watcher.forbidden(12 * QUARTER, (10, 4))
    assert watcher.forbidden(12 * QUARTER, (20, 4)) == set()
    watcher.push(12 * QUARTER, source[12][1] + 4)
    assert watcher.forbidden(13 * QUARTER, (10, 4)) == set()


def test_sections_and_chords_are_refused_and_not_ignored(chorales):
    for wish in ({"form": "AABA"}, {"chords": (145,)}):
        with pytest.raises(NotPossible, match="sections"):
            markov.compose(chorales, ComposeRequest(bars=2, **wish))
