"""The slow matcher: it finds what is planted, misses nothing that is there, and finds nothing that is not."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from made_bank import made_bank
from real_windows import real_windows

from fewnotes.music.edit import rescale, transpose
from fewnotes.music.piece import Piece, Track, note_array
from fewnotes.music.similarity import shared_passages

BENCH = Path(__file__).parents[2] / "bench"


@pytest.fixture
def matcher(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("copy_matcher")


@pytest.fixture
def copies(monkeypatch):
    monkeypatch.syspath_prepend(str(BENCH))
    return importlib.import_module("copies")


def tune(pitches: list[int], lengths: list[int], quarter: int = 12) -> Piece:
    at = np.concatenate([[0], np.cumsum(lengths)]).tolist()
    rows = [(at[i], lengths[i], 0, p, 80, 0, 0) for i, p in enumerate(pitches)]
    return Piece(quarter, (Track(),), note_array(rows))


def brute(one: Piece, other: Piece) -> int:
    """The same by trying every start and every length, for two pieces of one line each."""

    def line(piece):
        return piece.notes["pitch"].astype(int).tolist(), piece.notes["onset_tick"].astype(int).tolist()

    (p, s), (q, t) = line(one), line(other)
    best = 1
    for i in range(len(p)):
        for j in range(len(q)):
            for n in range(2, min(len(p) - i, len(q) - j) + 1):
                same = all(p[i + k] - p[i + k - 1] == q[j + k] - q[j + k - 1] for k in range(1, n))
                same &= all(
                    (s[i + k] - s[i + k - 1]) * (t[j + k - 1] - t[j + k - 2])
                    == (s[i + k - 1] - s[i + k - 2]) * (t[j + k] - t[j + k - 1])
                    for k in range(2, n)
                )
                if not same:
                    break
                best = max(best, n)
    return best


def test_it_is_the_definition_on_random_tunes(matcher):
    found = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        one, other = (tune(rng.integers(60, 63, 14).tolist(), rng.choice([6, 12], 14).tolist()) for _ in range(2))
        (shared,) = matcher.shared_by_pieces(one, [other])
        assert shared.notes == brute(one, other)
        found.append(shared.notes)
    assert min(found) < 4 < max(found)


def test_a_passage_in_another_key_and_at_another_speed_is_found_where_it_stands(matcher):
    rng = np.random.default_rng(1)
    source = tune(rng.integers(55, 80, 60).tolist(), rng.choice([6, 12, 18], 60).tolist())
    passage = source.notes[20:40]
    first = tune(rng.integers(55, 80, 10).tolist(), [12] * 10)
    rows = [
        (120 + 2 * int(n["onset_tick"] - passage["onset_tick"][0]), 12, 0, int(n["pitch"]) - 3, 80, 0, 0)
        for n in passage
    ]
    made = replace(first, notes=note_array([*map(tuple, first.notes.tolist()), *rows]))
    (shared,) = matcher.shared_by_pieces(rescale(made, 480), [source])
    assert (shared.notes, shared.at, shared.transposed, shared.is_breach) == (20, 10.0, -3, True)
    # The other way round a passage of less than eight quarters is no breach, however many notes it has.
    quick = replace(source, notes=source.notes[:0])
    rows = [
        (i, 1, 0, int(n["pitch"]), 80, 0, 0)
        for i, n in enumerate(tune([60 + i % 7 for i in range(30)], [1] * 30).notes)
    ]
    quick = replace(quick, notes=note_array(rows))
    slow = tune([60 + i % 7 for i in range(30)], [12] * 30)
    assert not matcher.shared_by_pieces(quick, [slow])[0].is_breach
    assert matcher.shared_by_pieces(slow, [quick])[0].is_breach


@pytest.mark.parametrize(
    ("notes", "length", "is_breach"), [(15, 24, False), (16, 24, True), (17, 6, False), (18, 6, True)]
)
def test_the_bound_is_more_than_fifteen_notes_and_longer_than_eight_quarters(matcher, notes, length, is_breach):
    rng = np.random.default_rng(2)
    pitches = rng.integers(50, 90, notes).tolist()
    one, other = tune([*pitches, 100, 40], [length] * (notes + 2)), tune([*pitches, 41, 99], [length] * (notes + 2))
    (shared,) = matcher.shared_by_pieces(one, [other])
    assert shared.notes == notes
    assert shared.quarters == (notes - 1) * length / 12
    assert shared.is_breach is is_breach


def test_one_note_or_one_length_changed_cuts_a_passage_in_two(matcher):
    rng = np.random.default_rng(3)
    pitches, lengths = rng.integers(50, 90, 30).tolist(), [12] * 30
    source = tune(pitches, lengths)
    other_note, other_length = pitches.copy(), lengths.copy()
    other_note[15] += 1
    other_length[15] += 6
    assert matcher.shared_by_pieces(tune(other_note, lengths), [source])[0].notes == 15
    # Notes 0 to 15 keep their distances, and so do 16 to 29.
    assert matcher.shared_by_pieces(tune(pitches, other_length), [source])[0].notes == 16


def test_on_real_dances_it_agrees_with_the_quick_search(matcher, music21_corpus):
    dances = real_windows(music21_corpus, "dance")[:6]
    for piece in dances[:3]:
        for other in dances[3:]:
            (slow,) = matcher.shared_by_pieces(piece, [other])
            quick = max((p.notes for p in shared_passages(piece, [other])), default=0)
            # The quick one leaves out what is too short to tell.
            assert slow.notes == quick or slow.notes < 8 > quick
    (whole,) = matcher.shared_by_pieces(transpose(dances[0], 5), [dances[0]])
    assert whole.notes == len(np.unique(dances[0].notes["onset_tick"]))
    assert whole.is_breach


def test_a_passage_is_planted_and_found_and_drums_are_no_lines(matcher, copies, music21_corpus):
    dances, masses = (real_windows(music21_corpus, name) for name in ("dance", "palestrina"))
    before = max(s.notes for s in matcher.shared_by_pieces(masses[0], dances[:5]))
    copy = copies.planted(rescale(masses[0], 480), dances[:5], 1)
    after = max(s.notes for s in matcher.shared_by_pieces(copy, dances[:5]))
    assert before < 12 < copies.PLANTED <= after
    drums = replace(copy, tracks=(*copy.tracks[:-1], Track("", 0, True)))
    assert max(s.notes for s in matcher.shared_by_pieces(drums, dances[:5])) == before


@pytest.fixture
def small(copies, monkeypatch):
    """Made styles, and an engine that composes the second of the pieces it learned, or what nobody has heard."""
    bank = made_bank(train=0, test=3)
    monkeypatch.setattr(copies, "load_bank", lambda parts: bank)
    calls = []

    def engine(is_honest: bool):
        def compose(style, request):
            calls.append(style.name)
            rng = np.random.default_rng(request.seed)
            fresh = tune(rng.integers(30, 100, 40).tolist(), rng.integers(1, 40, 40).tolist())
            return [fresh if is_honest else transpose(style.support[1], 2)] * request.candidates

        return SimpleNamespace(learn=lambda pieces, seed: _part(), compose=compose)

    monkeypatch.setattr(copies, "find", lambda folder, name: engine(name == "honest"))
    return calls


def _part():
    from fewnotes.style import Part

    return Part()


def test_an_engine_that_copies_is_found_out_and_one_that_does_not_passes(copies, small, tmp_path):
    out = tmp_path / "copies.json"
    arguments = ["--pieces", "12", "--processes", "1", "--out", str(out)]
    assert copies.main(["--engine", "thief", *arguments]) == 1
    assert copies.main(["--engine", "honest", *arguments]) == 0
    engines = json.loads(out.read_text())["engines"]
    thief, honest = engines["thief"], engines["honest"]
    assert (thief["pieces"], thief["styles"], thief["breaches"]) == (12, 3, 12)
    assert thief["longest"]["transposed"] == 2
    assert honest["breaches"] == 0
    assert honest["longest_notes"]["most"] < 10
    assert honest["planted"] == {"passages": 3, "found": 3}
    assert not list(tmp_path.glob("*.partial.jsonl"))


def test_a_run_that_was_stopped_goes_on_where_it_was(copies, small, tmp_path, monkeypatch):
    partial = tmp_path / "x.jsonl"
    whole = copies.measured("honest", 24, 1, partial)
    assert len(small) == 6
    lines = partial.read_text().splitlines()
    partial.write_text("\n".join(lines[:3]) + "\n" + lines[3][:20])
    small.clear()
    again = copies.measured("honest", 24, 1, partial)
    assert len(small) == 4
    assert again == whole
    small.clear()
    copies.measured("honest", 12, 1, partial)
    assert len(small) == 3
