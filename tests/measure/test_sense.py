"""Musical sense in plain counts: golden cases on real music, and what spoils it spoils its count."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from real_windows import BARS, real_pieces, real_windows

from fewnotes.files import read_each
from fewnotes.measure.generated.excerpts import closing, heard
from fewnotes.measure.generated.sense import AVOIDED, AWAY, SENSE, ending, form, lines, usual_of, voices
from fewnotes.measure.generated.sense.counts import counted
from fewnotes.meta.roles import Role
from fewnotes.music.edit import transpose
from fewnotes.music.key import Key, estimate_key
from fewnotes.music.piece import Meter, Piece, Track, note_array, sort_notes

CHORALES = ("bwv269", "bwv259", "bwv292", "bwv267", "bwv281", "bwv17.7", "bwv339")


@cache
def chorales(corpus: Path) -> tuple[Piece, ...]:
    paths = [corpus / "bach" / f"{name}.mxl" for name in CHORALES]
    return tuple(heard(result[0]) for _, result in read_each(paths, repeats=False) if isinstance(result, list))


def cut_off(pieces: tuple[Piece, ...]) -> list[Piece]:
    """Without their last few attacks, so many ways of each."""
    found = []
    for some in pieces:
        onsets = np.unique(some.notes["onset_tick"])
        found += [replace(some, notes=some.notes[some.notes["onset_tick"] < onsets[-k]]) for k in (2, 3, 5, 7)]
    return found


def piece(*rows: tuple[int, int, int], meter: tuple[int, int] = (4, 4)) -> Piece:
    """Rows of (onset, duration, pitch) at 12 ticks a quarter."""
    return Piece(12, (Track(),), note_array([(o, d, 0, p, 80, 0, 0) for o, d, p in rows]), (Meter(0, *meter),))


def row(pitches: list[int], length: int = 12) -> Piece:
    return piece(*((length * i, length, p) for i, p in enumerate(pitches)))


def with_chords_in_another_order(chorale: Piece, seed: int) -> Piece:
    """What sounds at each quarter, as chords, the quarters shuffled: the same chords with no voice leading."""
    chords = []
    for beat in range(0, chorale.end_tick, 12):
        end = chorale.notes["onset_tick"] + chorale.notes["duration_tick"]
        sounding = chorale.notes[(chorale.notes["onset_tick"] <= beat) & (end > beat)]
        chords.append(sorted(set(sounding["pitch"].tolist())))
    order = np.random.default_rng(seed).permutation(len(chords))
    rows = [(12 * i, 12, p) for i, at in enumerate(order.tolist()) for p in chords[at]]
    return piece(*rows)


def share(pieces) -> float:
    parallel, moved = np.sum([voices.moves(p) for p in pieces], axis=0)
    return float(parallel / moved)


# ------------------------------------------------------------------------------------------------------- voices


def test_chorales_have_few_parallels_and_their_chords_in_another_order_have_many(music21_corpus):
    real = chorales(music21_corpus)
    shuffled = [with_chords_in_another_order(c, seed) for seed, c in enumerate(real)]
    assert share(real) < 0.012
    assert share(shuffled) > 3 * share(real)


def test_a_line_doubled_at_the_fifth_is_nothing_but_parallels_and_at_the_third_has_none(music21_corpus):
    tune = [60, 62, 64, 65, 67, 65, 64, 62, 60]
    for step, wanted in ((7, 1.0), (12, 1.0), (19, 1.0), (4, 0.0)):
        two = piece(*((12 * i, 12, p + k) for i, p in enumerate(tune) for k in (0, step)))
        assert voices.counted(two)["parallels"] == wanted
    assert np.isnan(voices.counted(row(tune))["parallels"])


def test_hidden_fifths_contrary_motion_and_held_notes_are_no_parallels():
    assert voices.moves(piece((0, 12, 60), (0, 12, 69), (12, 12, 62), (12, 12, 69))) == (0, 0)
    assert voices.moves(piece((0, 12, 60), (0, 12, 67), (12, 12, 59), (12, 12, 69))) == (0, 1)
    assert voices.moves(piece((0, 12, 60), (0, 12, 68), (12, 12, 62), (12, 12, 69))) == (0, 1)
    assert voices.moves(piece((0, 12, 60), (0, 12, 67), (12, 12, 62), (12, 12, 69))) == (1, 1)


def test_chorales_avoid_parallels_and_organum_does_not(music21_corpus):
    real = chorales(music21_corpus)
    assert usual_of(real).avoids_parallels
    tune = [60, 62, 64, 65, 67, 65, 64, 62] * 10
    organum = piece(*((12 * i, 12, p + k) for i, p in enumerate(tune) for k in (0, 7)))
    usual = usual_of([organum])
    assert not usual.avoids_parallels
    assert AVOIDED not in usual.sense_of([organum])
    assert usual_of(real).sense_of([organum])[AVOIDED] == [1.0]


# --------------------------------------------------------------------------------------------------------- ending


def test_chorales_and_dances_end_at_rest_and_cut_off_most_do_not(music21_corpus):
    dances = tuple(p for p in (closing(d, BARS) for d in real_pieces(music21_corpus, "dance")[:10]) if p is not None)
    for real in (chorales(music21_corpus), dances):
        assert np.mean([ending.counted(p)["ends at rest"] for p in real]) > 0.7
        assert np.mean([ending.counted(p)["ends at rest"] for p in cut_off(real)]) < 0.5


def test_the_ending_is_the_tonic_or_a_chord_of_it():
    scale = [60, 64, 67, 72, 67, 64, 60, 65, 69, 65, 60, 64, 67, 60, 62, 59, 60, 62, 64, 60]
    assert ending.counted(row([*scale, 60]))["ends at rest"] == 1
    for wrong in (59, 62, 64, 65, 69, 66):
        assert ending.counted(row([*scale, wrong]))["ends at rest"] == 0
    last = 12 * len(scale)
    for chord, rest in (((64, 67, 72), 1), ((67, 71, 74), 0), ((57, 60, 64), 0)):
        whole = [(12 * i, 12, p) for i, p in enumerate(scale)] + [(last, 12, p) for p in chord]
        assert ending.counted(piece(*whole))["ends at rest"] == rest


def test_the_key_can_be_told_without_believing_the_last_note():
    tune = row([60, 64, 67, 72, 67, 64, 60, 65, 69, 65, 60, 64, 67, 60, 62, 67])
    assert estimate_key(tune, final=0.0) == Key(0, "major")
    assert estimate_key(tune, final=1.0).tonic == 7


# ----------------------------------------------------------------------------------------------------------- form


def test_dances_come_again_and_in_random_order_of_notes_they_do_not(music21_corpus):
    real = real_windows(music21_corpus, "dance")[:8]
    scattered = []
    for seed, dance in enumerate(real):
        notes = dance.notes.copy()
        notes["pitch"] = np.random.default_rng(seed).permutation(notes["pitch"])
        scattered.append(replace(dance, notes=sort_notes(notes)))
    for column, least in (("bars again", 0.2), ("phrases alike", 0.5)):
        own, other = (np.mean([form.counted(p)[column] for p in some]) for some in (real, scattered))
        assert own > least > 0.5 * own > other, column


def test_form_by_hand():
    bar, other = [60, 62, 64, 65], [67, 69, 71, 72]
    assert form.counted(row(bar * 8)) == {"bars again": 1.0, "phrases alike": 1.0}
    once = form.counted(row([*bar, *other, *bar, *other, *[p + 24 for p in bar * 4]]))
    # Bars a b a b c c c c: five of seven are like an earlier one, and the second phrase is new.
    assert once == {"bars again": pytest.approx(5 / 7), "phrases alike": 0.0}
    assert np.isnan(form.counted(row(bar))["bars again"])


# ---------------------------------------------------------------------------------------------------------- lines


def test_leaps_turn_back_in_real_music_more_than_in_random_order(music21_corpus):
    real = real_windows(music21_corpus, "dance") + real_windows(music21_corpus, "palestrina")
    turned = [lines.leaps_turned(p) for p in real]
    assert 0.6 < np.nanmean(turned) < 0.95
    assert lines.leaps_turned(row([60, 67, 65, 72, 74, 60, 62])) == pytest.approx(2 / 3)
    assert np.isnan(lines.leaps_turned(row([60, 62, 64, 65])))


def test_voices_are_in_the_range_of_their_role_and_an_octave_higher_they_are_not(music21_corpus):
    real = chorales(music21_corpus)
    ranges = lines.ranges_of(real[:4])
    assert set(ranges) == {Role.MELODY, Role.HARMONY, Role.BASS}
    own, high = ([lines.counted(q, ranges)["voices in range"] for q in some]
                 for some in (real[4:], [transpose(p, 12) for p in real[4:]]))  # fmt: skip
    assert min(own) > 0.8 > 0.5 > max(high)
    without = lines.counted(real[0], {Role.MELODY: ranges[Role.MELODY]})["voices in range"]
    assert 0.15 < without < 0.35


def test_bars_are_filled_as_far_as_something_sounds():
    assert counted(piece((0, 24, 60), (48, 48, 60), (48, 12, 64)))["bars filled"] == pytest.approx(0.75)
    assert counted(row([60] * 8))["bars filled"] == 1.0


# ------------------------------------------------------------------------------------------------------ together


def test_every_count_of_real_music_is_near_real_music_and_other_music_is_far_away(music21_corpus):
    dances, masses = (real_windows(music21_corpus, name) for name in ("dance", "palestrina"))
    usual = usual_of(dances[::2])
    own, other = usual.sense_of(dances[1::2]), usual.sense_of(masses)
    assert set(own) | {AVOIDED} == set(SENSE)
    assert own[AWAY][0] < 0.5 < 1.5 < other[AWAY][0]
    assert usual.sense_of([])[AWAY] == []


def test_real_windows_are_counted_by_how_their_pieces_end(music21_corpus):
    real = chorales(music21_corpus)
    ends = [closing(p, 8) for p in real]
    usual = usual_of(real, [p for p in ends if p is not None])
    cut = cut_off(real)
    assert np.mean(usual.sense_of(cut, are_real=True)["ends at rest"]) > 0.7
    assert np.mean(usual.sense_of(cut)["ends at rest"]) < 0.5
    assert closing(real[0], 4).notes["onset_tick"].max() < 4 * 48
    assert closing(real[0], 400) is None
