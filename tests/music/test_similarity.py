"""Copy finding: what is shared is found in any key and tempo, and nothing else is."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from fewnotes.music.edit import rescale, slice_bars, transpose
from fewnotes.music.piece import Meter, Piece, Track, note_array
from fewnotes.music.similarity import bar_by_bar, borrowing, jaccard, shared_passages, sharing, window_shares
from fewnotes.music.similarity.lines import lines, onset_steps, pitched
from fewnotes.testing import tiny_chorale, tiny_melody, tiny_piece


def random_piece(seed: int, bars: int = 8, tracks: int = 1, pitches: int = 12, unit: int = 240) -> Piece:
    rng = np.random.default_rng(seed)
    rows = []
    for track in range(tracks):
        at = 0
        while at < bars * 1920:
            length = int(rng.choice([1, 1, 2, 3])) * unit
            rows.append((at, length, track, int(60 - 10 * track + rng.integers(pitches)), 80, 0, 0))
            at += length
    return Piece(480, tuple(Track() for _ in range(tracks)), note_array(rows), (Meter(0, 4, 4),))


def joined(*pieces: Piece) -> Piece:
    """One piece after the other, each from a full bar of 4/4 on."""
    rows, at = [], 0
    for piece in pieces:
        moved = piece.notes.copy()
        moved["onset_tick"] += at
        rows.append(moved)
        at += -(-piece.end_tick // 1920) * 1920
    return dataclasses.replace(pieces[0], notes=note_array(np.concatenate(rows)), tracks=pieces[0].tracks)


def test_a_transposed_copy_is_one_passage_of_all_its_notes():
    piece = transpose(tiny_melody(), 5)
    (passage, *_) = shared_passages(piece, [random_piece(1), tiny_melody()])
    assert passage.notes == len(tiny_melody().notes)
    assert (passage.source, passage.transposition, passage.tempo) == (1, 5, 1.0)
    assert (passage.first_bar, passage.last_bar) == (passage.source_first_bar, passage.source_last_bar) == (1, 8)


def test_a_copy_in_half_the_note_values_is_found_with_its_proportion():
    half = dataclasses.replace(tiny_melody(), ticks_per_quarter=960)
    (passage, *_) = shared_passages(half, [tiny_melody()])
    assert passage.notes == len(half.notes)
    assert passage.tempo == 2.0
    assert passage.last_bar == 4
    assert passage.source_last_bar == 8


def test_a_copy_in_another_resolution_is_the_same_copy():
    (passage, *_) = shared_passages(rescale(tiny_melody(), 96), [tiny_melody()])
    assert (passage.notes, passage.tempo) == (len(tiny_melody().notes), 1.0)


def test_a_planted_passage_is_found_with_the_bars_of_both_pieces():
    planted = slice_bars(tiny_melody(), 2, 4)
    piece = joined(random_piece(2, 4), transpose(planted, -3), random_piece(3, 4))
    (passage, *_) = shared_passages(piece, [random_piece(4), tiny_melody()])
    assert passage.notes >= len(planted.notes)
    assert passage.source == 1
    assert passage.first_bar <= 5
    assert passage.last_bar >= 7
    assert passage.first_bar - passage.source_first_bar == 5 - 3
    assert passage.transposition == -3


def test_an_inner_voice_is_found_when_it_becomes_a_tune():
    chorale = tiny_chorale()
    notes = chorale.notes[chorale.notes["track"] == 2].copy()
    notes["track"] = 0
    tune = dataclasses.replace(chorale, tracks=(Track(),), notes=notes)
    (passage, *_) = shared_passages(tune, [chorale])
    assert (passage.notes, passage.source_track) == (16, 2)


def test_the_passages_reported_do_not_repeat_each_other():
    passages = shared_passages(tiny_melody(), [tiny_melody(), transpose(tiny_melody(), 2)], limit=5)
    assert passages[0].notes == len(tiny_melody().notes)
    assert len(passages) == 1


def slow_longest(piece: Piece, sources: list[Piece]) -> int:
    """The definition, spelled out: the longest run of equal intervals and equal proportions, in notes."""
    best = 0
    steps = onset_steps(piece)
    for line in lines(piece):
        p, t = piece.notes["pitch"][line.notes].astype(int), steps[line.notes]
        for source in sources:
            source_steps = onset_steps(source)
            for other in lines(source):
                q, u = source.notes["pitch"][other.notes].astype(int), source_steps[other.notes]
                for i in range(len(p) - 2):
                    for j in range(len(q) - 2):
                        n = 1
                        a, b = t[i + 1] - t[i], u[j + 1] - u[j]
                        while (
                            i + n < len(p)
                            and j + n < len(q)
                            and p[i + n] - p[i + n - 1] == q[j + n] - q[j + n - 1]
                            and (t[i + n] - t[i + n - 1]) * b == (u[j + n] - u[j + n - 1]) * a
                        ):
                            n += 1
                        best = max(best, n if n >= 3 else 0)
    return best


@pytest.mark.parametrize("seed", range(6))
def test_the_longest_run_is_that_of_a_slow_independent_matcher(seed):
    piece = random_piece(seed, 4, 2, pitches=3)
    sources = [random_piece(100 + seed + i, 4, 2, pitches=3, unit=120 * (1 + i)) for i in range(2)]
    found = shared_passages(piece, sources)
    # The fast matcher also counts a run whose first interval differs, if its proportion fits; never a longer one.
    assert found[0].notes == slow_longest(piece, sources)


def test_pieces_with_nothing_in_common_share_no_long_run():
    rising = note_array([(i * 480, 480, 0, 40 + 3 * i, 80, 0, 0) for i in range(20)])
    other = note_array([(i * (240 + 240 * (i % 3)), 240, 0, 80 - (i * i) % 11, 80, 0, 0) for i in range(20)])
    found = sharing(Piece(480, (Track(),), rising), [Piece(480, (Track(),), other)])
    assert found.longest_run < 4
    assert found.shared_share == 0


def test_a_window_that_is_one_moved_copy_has_the_share_one():
    windows = window_shares(transpose(tiny_chorale(), 2), [random_piece(1), tiny_chorale()])
    assert [w.share for w in windows] == [1.0] * len(windows)
    assert {(w.source, w.transposition) for w in windows} == {(1, 2)}
    assert windows[0].bar == windows[0].source_bar == 1


def slow_share(window: set[tuple[int, int]], source: set[tuple[int, int]], width: int) -> float:
    best = 0.0
    for move in {(s - a, q - p) for a, p in window for s, q in source}:
        there = sum(1 for s, _ in source if move[0] <= s < move[0] + width)
        together = sum(1 for a, p in window if (a + move[0], p + move[1]) in source)
        best = max(best, together / max(len(window), there))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_the_largest_share_is_that_of_all_translations_tried_one_by_one(seed):
    piece, source = random_piece(seed, 2, 2, 5), random_piece(50 + seed, 4, 2, 5)
    first = window_shares(piece, [source])[0]
    steps, source_steps = onset_steps(piece, 12), onset_steps(source, 12)
    window = {(int(s), int(p)) for s, p in zip(steps, piece.notes["pitch"], strict=True) if s < 96}
    points = {(int(s), int(p)) for s, p in zip(source_steps, source.notes["pitch"], strict=True)}
    assert first.share == pytest.approx(slow_share(window, points, 96), abs=1e-4)


def test_every_bar_names_the_source_bar_it_equals():
    piece = transpose(slice_bars(tiny_melody(), 4, 7), 3)
    found = bar_by_bar(piece, [tiny_chorale(), tiny_melody()])
    assert [b.bar for b in found] == [1, 2, 3, 4]
    assert [b.share for b in found] == [1.0] * 4
    assert [(b.source, b.source_bar, b.transposition) for b in found[1:3]] == [(1, 6, 3), (1, 7, 3)]


def test_bars_are_numbered_as_scores_do_with_a_pickup_as_bar_nought():
    found = bar_by_bar(tiny_piece(), [tiny_piece()])
    assert [(b.bar, b.source_bar) for b in found[:4]] == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_a_bar_unlike_all_others_has_a_low_share():
    odd = Piece(480, (Track(),), note_array([(i * 160, 160, 0, 50 + (7 * i) % 30, 80, 0, 0) for i in range(12)]))
    assert bar_by_bar(odd, [tiny_chorale()])[0].share < 0.3


def test_a_memorised_piece_is_much_nearer_to_its_source_than_to_the_next():
    found = jaccard(tiny_chorale(), [random_piece(1), tiny_chorale()])
    assert (found.top_1, found.nearest) == (1.0, 1)
    assert found.ratio > 3


def test_the_same_piece_in_another_key_and_resolution_is_named():
    assert sharing(rescale(transpose(tiny_piece(), 1), 960), [tiny_melody(), tiny_piece()]).same_piece == 1
    assert sharing(tiny_melody(), [tiny_piece()]).same_piece == -1


def test_drums_do_not_count_unless_there_is_nothing_else():
    rows = [(i * 240, 100, i % 2, 38 if i % 2 else 60 + i % 5, 80, 0, 0) for i in range(16)]
    mixed = Piece(480, (Track(), Track("", 0, True)), note_array(rows))
    assert pitched(mixed).sum() == 8
    only = Piece(480, (Track("", 0, True),), note_array([(i * 240, 100, 0, 38, 80, 0, 0) for i in range(16)]))
    assert pitched(only).all()
    assert sharing(only, [only]).longest_run == 16


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_pieces_of_almost_nothing_share_almost_nothing(count):
    rows = note_array([(i * 480, 480, 0, 60 + i, 80, 0, 0) for i in range(count)])
    small = Piece(480, (Track(),), rows)
    assert sharing(small, [tiny_melody(), small]).longest_run <= 3
    assert sharing(tiny_melody(), [small]).longest_run <= 3
    assert sharing(small, []).longest_run == 0
    assert borrowing([small, small]).usual_run <= 3


def test_borrowing_is_measured_among_the_pieces_themselves():
    found = borrowing([tiny_melody(), transpose(tiny_melody(), 2), tiny_chorale()])
    assert found.longest_runs[:2] == (len(tiny_melody().notes),) * 2
    assert found.longest_runs[2] < 16
    assert found.cardinalities[0] == 1.0
    assert borrowing([tiny_melody()]).usual_run == 0


def test_the_report_is_plain_json():
    import json

    json.dumps(sharing(tiny_melody(), [tiny_chorale()]).to_dict(), allow_nan=False)


@pytest.mark.slow
def test_four_parts_of_32_bars_against_fifty_pieces_take_under_two_seconds():
    piece = random_piece(0, 32, 4)
    sources = [random_piece(1 + i, 32, 4) for i in range(50)]
    begin = time.process_time()
    sharing(piece, sources)
    assert time.process_time() - begin < 2.0
