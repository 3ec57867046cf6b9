"""The same tune in another key, meter and tempo is found; two different tunes of one dance are not."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from made_tunes import made_tune

import fewnotes
from fewnotes.meta.duplicates import SHARE, near_duplicates, shared_share
from fewnotes.music.edit import transpose
from fewnotes.music.piece import Meter, Piece, Track, note_array


def rewritten(piece: Piece, semitones: int = 5, scale: int = 2) -> Piece:
    """The piece as another edition has it: in another key, in longer notes, in other bars, with a bass."""
    moved = transpose(piece, semitones)
    notes = moved.notes.copy()
    notes["onset_tick"] *= scale
    notes["duration_tick"] *= scale
    bass = [(t, 960, 1, 40, 64, 0, 0) for t in range(0, int(notes["onset_tick"].max()), 960)]
    rows = [tuple(r) for r in notes.tolist()] + bass
    return replace(
        moved, notes=note_array(rows), meters=(Meter(0, 3, 4),), pickup_tick=240, tracks=(Track("", 73), Track("", 0))
    )


def test_a_transposed_rebarred_copy_in_another_tempo_is_caught():
    tunes = [made_tune(seed) for seed in range(8)]
    copies = [rewritten(tunes[3]), transpose(rewritten(tunes[5], -4, 3), 12)]
    pairs = near_duplicates([*tunes, *copies], [0] * 8 + [1] * 2)
    assert [(a, b) for a, b, _ in pairs] == [(3, 8), (5, 9)]
    assert all(share > 0.99 for *_, share in pairs)


def test_a_part_of_a_tune_with_some_notes_changed_is_caught():
    tune = made_tune(1, 32)
    notes = tune.notes[: len(tune) * 3 // 4].copy()
    notes["pitch"][::40] += 1
    assert shared_share(tune, replace(tune, notes=notes)) > SHARE


def test_different_tunes_of_one_dance_are_not_caught():
    tunes = [made_tune(seed) for seed in range(30)]
    assert near_duplicates(tunes, list(range(30))) == []


@pytest.mark.filterwarnings("ignore::fewnotes.errors.MusicWarning")
def test_real_jigs_are_told_apart_but_their_copies_are_found(music21_corpus):
    files = sorted((music21_corpus / "ryansMammoth").glob("*Jig.abc"))[:20]
    jigs = [fewnotes.read(f, repeats=False) for f in files]
    assert near_duplicates(jigs, list(range(len(jigs)))) == []
    pairs = near_duplicates([*jigs, rewritten(jigs[7], 2, 2)], [0] * len(jigs) + [1])
    assert [(a, b) for a, b, _ in pairs] == [(7, len(jigs))]


def test_an_accompaniment_that_many_pieces_share_makes_no_duplicates():
    alberti = [(i * 240, 240, 1, (48, 55, 52, 55, 50, 57, 53, 57)[i % 8], 80, 0, 0) for i in range(192)]
    pieces = []
    for seed in range(40):
        tune = made_tune(seed)
        rows = [tuple(r) for r in tune.notes.tolist()] + alberti
        pieces.append(replace(tune, notes=note_array(rows), tracks=(Track("", 40), Track())))
    assert near_duplicates(pieces, list(range(40))) == []


def test_pairs_of_one_side_are_not_sought_and_short_pieces_are_no_matter():
    tune = made_tune(1)
    assert near_duplicates([tune, rewritten(tune)], [0, 0]) == []
    few = replace(tune, notes=tune.notes[:12])
    assert near_duplicates([few, few, replace(tune, notes=tune.notes[:1])], [0, 1, 2]) == []
    assert near_duplicates([], []) == []


@pytest.mark.slow
def test_twice_the_pieces_take_about_twice_the_time():
    def seconds(count: int) -> float:
        pieces = [made_tune(seed) for seed in range(count)]
        start = time.process_time()
        near_duplicates(pieces, [i % 2 for i in range(count)])
        return time.process_time() - start

    seconds(100)
    assert seconds(3200) < 12 * seconds(800)
