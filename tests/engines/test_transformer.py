"""The composer: what it writes, keeps untouched, foretells and learns, with the checkpoint that ships."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

import fewnotes as fn
from fewnotes.engines import ComposeRequest, EditRequest, relation, transformer, trio
from fewnotes.engines.transformer.dressing import melody_of
from fewnotes.engines.transformer.fitting.pretrained import chances, pretrained
from fewnotes.engines.transformer.frame import events_of, frame_of, with_notes
from fewnotes.engines.transformer.planned.form import lettered, stretched
from fewnotes.engines.transformer.planned.progression import Progression
from fewnotes.engines.transformer.planned.texture import bars_like, rhythm_of, roots_of
from fewnotes.engines.transformer.prediction.memory import Ladder, odds, spread
from fewnotes.engines.transformer.prediction.telling import mixed
from fewnotes.engines.transformer.writing.decoding import write
from fewnotes.engines.transformer.writing.page import as_events
from fewnotes.engines.transformer.writing.sheet import ANY_KEY, KEY, STOOD, TIME, TRACK, Sheet, lines_of
from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.meta.events import CLASSES, CROWD, begin
from fewnotes.music.edit import slice_bars
from fewnotes.music.key import Key
from fewnotes.music.piece import check_piece
from fewnotes.music.time import bar_index
from fewnotes.style import Style

ONE = EditRequest(candidates=1, seed=3)


@pytest.fixture(scope="module")
def chorales(music21_corpus):
    return [fn.read(music21_corpus / "bach" / f"bwv{n}.mxl") for n in ("269", "277", "281")]


@pytest.fixture(scope="module")
def other(music21_corpus):
    return slice_bars(fn.read(music21_corpus / "bach" / "bwv290.mxl"), 0, 6)


@pytest.fixture(scope="module")
def style(chorales):
    """Read, but the net is not fitted, which takes no time."""
    return Style("chorales", tuple(chorales), {"transformer": transformer.learn(chorales, way="unfitted")})


@pytest.fixture(scope="module")
def written(style):
    return transformer.compose(style, ComposeRequest(bars=8, candidates=2, seed=1))


def rows(piece, first=None, last=None):
    """(onset, length, track, pitch, velocity) of the notes, of some bars."""
    bar = bar_index(piece, piece.notes["onset_tick"])
    use = (bar >= (first or 0)) & (bar <= (last if last is not None else 10**6))
    return {
        tuple(int(n[f]) for f in ("onset_tick", "duration_tick", "track", "pitch", "velocity"))
        for n in piece.notes[use]
    }


def test_new_pieces_have_the_bars_the_tracks_and_the_ranges_of_the_style(style, written, chorales):
    for piece in written:
        check_piece(piece)
        assert [t.program for t in piece.tracks] in [[t.program for t in p.tracks] for p in chorales]
        assert set(bar_index(piece, piece.notes["onset_tick"]).tolist()) >= set(range(1, 8))
        for track in range(len(piece.tracks)):
            own = [p.notes["pitch"][p.notes["track"] == track] for p in chorales]
            found = piece.notes["pitch"][piece.notes["track"] == track]
            assert min(o.min() for o in own) <= found.min()
            assert found.max() <= max(o.max() for o in own)


def test_single_voices_stay_single_and_nothing_is_struck_while_it_sounds(written):
    for piece in written:
        for track in range(len(piece.tracks)):
            own = piece.notes[piece.notes["track"] == track]
            end = own["onset_tick"] + own["duration_tick"]
            assert (own["onset_tick"][1:] >= end[:-1]).all()


def test_no_voice_falls_silent_for_longer_than_voices_of_the_style_do(style, chorales):
    longest = max(int(frame_of(p).spells()[1].max()) for p in chorales)
    for piece in transformer.compose(style, ComposeRequest(bars=16, candidates=4, seed=3)):
        frame = frame_of(piece)
        assert len(frame.tracks) == 4
        assert frame.spells()[1].max() <= longest + 36  # It may come in a little late; whole bars are no little.


def test_a_new_piece_ends_as_one_of_the_style_ends(written, chorales):
    """In the bass: how far its last note lies above the tonic."""
    ends = lambda frame: int(frame.of(len(frame.tracks) - 1)[-1, KEY]) % 12  # noqa: E731
    known = {ends(frame_of(p)) for p in chorales}
    assert {ends(frame_of(p, Key(p.keys[0].fifths, p.keys[0].mode))) for p in written} <= known


def test_what_is_asked_for_is_done(style):
    asked = ComposeRequest(bars=6, candidates=1, seed=2, key=(-1, "major"), meter=(3, 4), tempo=72.0, form="AAB")
    piece = transformer.compose(style, asked)[0]
    assert (piece.keys[0].fifths, piece.keys[0].mode) == (-1, "major")
    assert tuple(piece.meters[0])[1:] == (3, 4)
    assert piece.tempos[0].quarters_per_minute == 72
    bars = [
        {
            (int(n["onset_tick"]) - start, int(n["duration_tick"]), int(n["track"]), int(n["pitch"]))
            for n in piece.notes
            if start <= n["onset_tick"] < start + 1440
        }
        for start in range(piece.pickup_tick, piece.pickup_tick + 4 * 1440, 1440)
    ]
    assert all(bars)
    assert bars[0] == bars[2]
    assert bars[1] == bars[3]


def test_chords_that_are_given_are_most_of_what_sounds(style):
    from fewnotes.music.harmony import pitch_class_weights

    chords = [(0, 4, 7), (5, 9, 0), (7, 11, 2), (0, 4, 7)]
    bits = tuple(sum(1 << p for p in c) for c in chords)
    asked = ComposeRequest(bars=4, candidates=1, seed=2, key=(0, "major"), meter=(4, 4), chords=bits)
    piece = replace(transformer.compose(style, asked)[0], barlines_tick=())
    start = piece.pickup_tick
    weight, _ = pitch_class_weights(piece, start + np.arange(5) * 1920)
    inside = [w[list(c)].sum() / w.sum() for w, c in zip(weight, chords, strict=True)]
    assert np.mean(inside) > 0.75


def test_a_meter_of_no_whole_steps_is_refused_with_a_way_out(style):
    with pytest.raises(NotPossible, match="17/64"):
        transformer.compose(style, ComposeRequest(bars=2, meter=(17, 64)))


def test_instruments_that_fit_no_piece_are_refused(style):
    with pytest.raises(BadParameter, match="3 instruments"):
        transformer.compose(style, ComposeRequest(programs=(0, 1, 2)))


def test_to_continue_leaves_what_was_given_note_for_note(style, other):
    found = transformer.extend(style, other, 3, ONE)[0]
    check_piece(found)
    given = len(set(bar_index(other, other.notes["onset_tick"]).tolist()))
    assert rows(other) <= rows(found)
    assert bar_index(found, found.notes["onset_tick"]).max() == given + 2
    assert (
        found.notes["onset_tick"][[tuple(n) not in set(map(tuple, other.notes)) for n in found.notes]] >= other.end_tick
    ).all()


def test_to_fill_in_changes_those_bars_of_those_tracks_and_nothing_else(style, other):
    found = transformer.infill(style, other, (2, 3), (0, 3), ONE)[0]
    kept = {r for r in rows(other) if r not in rows(other, 2, 3) or r[2] not in (0, 3)}
    assert kept <= rows(found)
    assert {r for r in rows(found, 2, 3) if r[2] in (0, 3)}
    assert rows(found) - kept <= rows(found, 2, 3)
    assert {r[2] for r in rows(found) - rows(other)} <= {0, 3}


def test_grace_notes_stay_with_the_notes_they_lead_to(style, other):
    graces = other.notes[(other.notes["track"] == 0)][[1, -1]].copy()
    graces["pitch"] += 2
    found = transformer.infill(style, replace(other, graces=graces), (1, 1), None, ONE)[0]
    assert [int(g["onset_tick"]) for g in found.graces] == [int(graces[1]["onset_tick"])]


def test_bars_and_tracks_that_are_not_there_are_refused(style, other):
    with pytest.raises(BadParameter, match="no bars 40"):
        transformer.infill(style, other, (39, 40), None, ONE)
    with pytest.raises(BadParameter, match="no track 9"):
        transformer.infill(style, other, (1, 2), (8,), ONE)


def test_a_variation_of_no_strength_is_the_piece_and_more_strength_changes_more(style, other):
    same, less, more = (transformer.vary(style, other, s, ONE)[0] for s in (0.0, 0.3, 1.0))
    assert rows(same) == rows(other)
    changed = [len(rows(p) ^ rows(other)) for p in (less, more)]
    assert 0 < changed[0] < changed[1]
    onsets = lambda p: sorted((r[0], r[2]) for r in rows(p))  # noqa: E731
    assert onsets(less) == onsets(other)


def test_a_harmonized_melody_stays_and_gets_the_parts_of_the_style(style, other):
    melody = replace(other, notes=other.notes[other.notes["track"] == 0])
    found = transformer.harmonize(style, melody, ONE)[0]
    own = {(int(n["onset_tick"]), int(n["duration_tick"]), int(n["pitch"])) for n in melody.notes}
    assert own <= {(int(n["onset_tick"]), int(n["duration_tick"]), int(n["pitch"])) for n in found.notes}
    assert set(found.notes["track"].tolist()) == set(range(len(style.support[0].tracks)))


def test_a_style_of_one_line_has_no_parts_to_give(other):
    tune = replace(other, notes=other.notes[other.notes["track"] == 0], tracks=other.tracks[:1])
    alone = Style("tune", (tune,), {"transformer": transformer.learn([tune], way="unfitted")})
    with pytest.raises(NotPossible, match="one line"):
        transformer.harmonize(alone, other, ONE)


def test_a_transferred_piece_has_the_tracks_of_the_style_and_keeps_melody_or_harmony(style, music21_corpus):
    source = slice_bars(fn.read(music21_corpus / "beethoven" / "opus18no1" / "movement2.mxl"), 0, 3) if (
        music21_corpus / "beethoven" / "opus18no1" / "movement2.mxl"
    ).exists() else slice_bars(fn.read(music21_corpus / "bach" / "bwv302.mxl"), 0, 3)  # fmt: skip
    gentle, bold = (transformer.dress(style, source, s, ONE)[0] for s in (0.2, 1.0))
    for piece in (gentle, bold):
        check_piece(piece)
        assert [t.program for t in piece.tracks] == [t.program for t in style.support[0].tracks]
    heard = lambda p: {(int(n["onset_tick"]), int(n["pitch"]) % 12) for n in p.notes}  # noqa: E731
    wanted = heard(source)
    assert len(heard(gentle) & wanted) > len(heard(bold) & wanted)


def test_a_line_that_is_called_the_melody_is_it_whole_though_others_lie_above_it(other):
    named = tuple(t._replace(name="Melody" if i == 2 else "Chords") for i, t in enumerate(other.tracks))
    frame = frame_of(replace(other, tracks=named))
    assert np.array_equal(melody_of(frame), frame.of(2))


def test_who_writes_alone_strikes_no_longer_chords_than_the_style(style, other):
    """With the others closed, as they are at the end of a piece, the one that is left does not fill their turns."""
    found = transformer.infill(style, other, (1, 4), (1,), EditRequest(candidates=2, seed=5))
    for piece in found:
        own = piece.notes[(piece.notes["track"] == 1)]
        assert np.bincount(np.unique(own["onset_tick"], return_inverse=True)[1]).max() == 1
    known = transformer.known_of(style)
    sheet = Sheet.empty((6, 6), lines_of(48, 4), False)
    open_ = sheet.open.copy()
    open_[0] = False
    written = write(known.voice, [replace(sheet, open=open_)] * 2, 3)
    assert max(np.unique(w[:, TIME], return_counts=True)[1].max() for w in written) <= 4


def test_the_same_seed_writes_the_same_and_another_seed_another(style, written):
    again = transformer.compose(style, ComposeRequest(bars=8, candidates=2, seed=1))
    assert again == written
    assert transformer.compose(style, ComposeRequest(bars=8, candidates=2, seed=2)) != written


def test_step_by_step_the_net_says_what_it_says_at_once(chorales):
    """What is written is what is foretold: one step with a cache, and all events together."""
    import torch

    from fewnotes.nets.composer import Cache, prefilled

    base = pretrained()
    found = torch.tensor(begin(events_of(chorales[0]))[:40], dtype=torch.int64)[None]
    style = torch.zeros(1, base.net.shape.style)
    with torch.inference_mode():
        whole = base.net.hidden(found, torch.arange(40)[None], style)
        cache = Cache(base.net.shape, 1, 50, 40)
        first = prefilled(base.net, found[:, :20], style, cache)
        steps = [first] + [base.net.step(found[:, i], i, style, cache) for i in range(20, 40)]
    assert torch.allclose(torch.cat(steps), whole[0, 19:], atol=1e-4)


def test_a_page_tells_the_net_what_a_piece_tells_it(chorales):
    for piece in chorales:
        frame, found = frame_of(piece), events_of(piece)
        told = as_events(frame.empty(), frame.notes).rows
        columns = [c for c in range(told.shape[1]) if c not in (CLASSES, CROWD)]
        assert np.array_equal(told[:, columns], found.rows[:, columns])


def test_a_frame_gives_back_its_piece(chorales):
    for piece in chorales:
        frame = frame_of(piece)
        none = np.zeros(len(piece.notes), bool)
        back = with_notes(frame, frame.notes, none)
        pitches = lambda p: [tuple(int(n[f]) for f in ("onset_tick", "track", "pitch")) for n in p.notes]  # noqa: E731
        assert pitches(back) == pitches(piece)


def test_no_line_is_written_that_follows_a_source_for_long(style, chorales):
    from fewnotes.music.similarity import shared_passages

    for piece in transformer.compose(style, ComposeRequest(bars=16, candidates=2, seed=5)):
        assert not [p for p in shared_passages(piece, chorales) if p.notes >= 16 and p.beats >= 8]


def test_locked_notes_stand_where_they_stood_on_a_sheet(style):
    known = transformer.known_of(style)
    sheet = Sheet.empty((6, 6), lines_of(48, 2), False)
    notes = np.array([[0, 0, 72, 24], [48, 0, 74, 24], [60, 1, 50, 12]])
    open_ = sheet.open.copy()
    open_[0] = False
    found = write(known.voice, [replace(sheet, open=open_).with_notes(notes)], 1)[0]
    assert found[found[:, STOOD] == 1][:, :4].tolist() == notes.tolist()
    assert (found[found[:, STOOD] == 0][:, TRACK] == 1).all()
    assert (found[:, TIME] < 96).all()


def test_a_bar_that_takes_up_another_does_so_though_locked_notes_come_first_in_it(style):
    """A melody that stands from bar to bar leads into bars whose accompaniment is that of earlier ones."""
    known = transformer.known_of(style)
    sheet = Sheet.empty((6, 6), lines_of(48, 6), False)
    notes = np.array([[t, 0, 72 + t % 5, 6] for t in range(0, 288, 6)])
    open_ = sheet.open.copy()
    open_[0] = False
    again = {(bar, 1): bar - 3 for bar in (3, 4, 5)}
    for seed in range(4):
        found = write(
            known.voice, [replace(sheet, open=open_, again=again, rest=np.array([24, 24])).with_notes(notes)], seed
        )[0]
        assert found[found[:, STOOD] == 1][:, :4].tolist() == notes.tolist()
        own = found[found[:, TRACK] == 1]
        first, then = ({(t % 144, k) for t, _, k, _, _ in own.tolist() if half == t // 144} for half in (0, 1))
        assert first
        assert first == then


def test_a_melody_finds_the_bars_that_it_comes_from_and_their_rhythm_below_it(chorales):
    frame = frame_of(chorales[0])
    bars = bars_like(frame.lines, frame.of(0), frame, 0)
    above = [set((n[TIME] - frame.lines[b]).tolist()) for b in range(len(bars)) for n in [frame.of(0)[_at(frame, b)]]]
    assert [above[b] for b in bars] == above
    assert bars[-1] == len(bars) - 1
    found = rhythm_of(frame.lines, bars, frame, [1, 2, 3])
    assert (found[:, KEY] == ANY_KEY).all()
    assert set(found[:, TRACK].tolist()) == {1, 2, 3}
    longer = bars_like(lines_of(60, 3), frame.of(0), frame, 0)
    assert longer.tolist() == [-1, -1, -1]  # No bar of the piece has five quarters.


def _at(frame, bar):
    return frame.lines.searchsorted(frame.of(0)[:, TIME], side="right") - 1 == bar


def test_a_transferred_bass_stands_on_what_the_harmony_of_the_piece_stands_on(style, music21_corpus):
    source = slice_bars(fn.read(music21_corpus / "bach" / "bwv302.mxl"), 0, 6)
    frame, roots = frame_of(source), roots_of(frame_of(source))
    found = frame_of(transformer.dress(style, source, 1.0, ONE)[0], frame.key)
    bass = found.of(len(found.families) - 1)
    first = [n for i, n in enumerate(bass.tolist()) if not i or n[TIME] // 24 > bass[i - 1, TIME] // 24]
    assert np.mean([n[KEY] % 12 == roots[n[TIME]] for n in first]) > 0.6  # One in twelve by chance.


def test_bits_are_a_distribution_over_the_keys(chorales):
    """The chances of all keys at one place add up to one: no bit is won by counting twice."""
    base = pretrained()
    found = events_of(chorales[0])
    zeros = np.zeros(base.net.shape.style, np.float32)
    last, total = 30, 0.0
    for key in range(128):
        changed = found.rows[: last + 1].copy()
        changed[last, KEY_COLUMN] = key
        total += chances(base.net, replace(found, rows=changed), zeros)[last, 2]
    assert total == pytest.approx(1, abs=1e-4)


KEY_COLUMN = 0


def test_ladders_are_distributions_and_go_on_from_what_the_net_says():
    one, two = Ladder(4), Ladder(4)
    for facts, symbol in (((1, 2), 0), ((1, 2), 0), ((1, 3), 2)):
        one.add(facts, symbol)
    two.add((1, 2), 3)
    net = (0.1, 0.2, 0.3, 0.4)
    each = [odds((one, two), (1, 2), s, net[s]) for s in range(4)]
    assert sum(each) == pytest.approx(1)
    assert each[0] == max(each)
    even = [odds((one,), (1, 2), s, 0.25) for s in range(4)]
    assert spread(one, (1, 2)).tolist() == pytest.approx(even)


def test_whoever_foresees_gains_weight_and_the_mixture_is_hardly_worse_than_the_best():
    rng = np.random.default_rng(0)
    good, bad = 0.5 + 0.4 * rng.random((200, 3)), 0.01 + 0.02 * rng.random((200, 3))
    found, weights = mixed([good], [bad, bad, bad])
    assert weights[0][0] > 0.8
    assert -np.log2(found).mean() < -np.log2(good).mean() + 0.2


def test_a_style_read_is_foretold_better_than_one_not_read(style, chorales, other):
    after, before = transformer.surprisal(other, style), transformer.surprisal(other, None)
    assert after.bits.shape == (len(other.notes),)
    assert after.bits_per_note < before.bits_per_note
    assert np.allclose(after.parts["pitch"] + after.parts["rhythm"], after.bits)


def test_harmony_is_drawn_from_sets_the_style_has_and_returns_with_its_bars(chorales):
    frames = [frame_of(p) for p in chorales]
    progression = Progression(frames)
    drawn = progression.drawn(lines_of(48, 8), {4: 0, 5: 1}, np.random.default_rng(0))
    assert set(drawn.tolist()) <= set(progression.sets.tolist())
    assert np.array_equal(drawn[: 2 * 48], drawn[4 * 48 : 6 * 48])


def test_forms_by_letters_and_by_plan():
    assert lettered("AABA", 8) == (None, None, 0, 1, None, None, 0, None)
    assert stretched((None, None, 0), 5) == (None, None, 0, None, None)


def test_pieces_without_notes_are_refused_and_silence_among_others_is_left_out(chorales):
    silent = replace(chorales[0], notes=chorales[0].notes[:0])
    with pytest.raises(BadInput):
        transformer.learn([silent])
    part = transformer.learn([chorales[0], silent], way="unfitted")
    assert transformer.compose(
        Style("x", (chorales[0], silent), {"transformer": part}), ComposeRequest(bars=2, candidates=1)
    )


def test_a_style_of_another_checkpoint_is_refused_with_a_way_out(style):
    part = style.parts["transformer"]
    strange = replace(part, values={**part.values, "checkpoint": "0" * 64})
    with pytest.raises(BadInput, match="another checkpoint"):
        transformer.compose(Style("x", style.support, {"transformer": strange}), ComposeRequest(bars=2))


def test_trio_gives_what_the_judge_finds_most_in_the_style_first(style, chorales):
    both = Style("both", tuple(chorales), {**style.parts, "relation": relation.learn(chorales)})
    drafts = trio.compose(both, ComposeRequest(bars=4, candidates=3, seed=4))
    scores = trio.judge(both, drafts)
    assert len(drafts) == 3
    assert scores == sorted(scores, reverse=True)
