"""What is measured about a piece in another style: by hand, from the definitions, and on real music."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from made_songs import made_song
from real_windows import real_windows

from fewnotes.measure.transferring.content import bar_chroma, content, content_by_bar
from fewnotes.measure.transferring.likeness import likeness, note_f, onset_f, paired, parts_of
from fewnotes.measure.transferring.profiles import Profiles, time_and_pitch
from fewnotes.meta.roles import Role
from fewnotes.music.edit import rescale, slice_bars, transpose
from fewnotes.music.piece import Meter, Piece, Track, note_array, sort_notes


def piece(*rows: tuple[int, int, int], meter: tuple[int, int] = (4, 4)) -> Piece:
    """Rows of (onset, duration, pitch) at 12 ticks a quarter."""
    return Piece(12, (Track(),), note_array([(o, d, 0, p, 80, 0, 0) for o, d, p in rows]), (Meter(0, *meter),))


# ------------------------------------------------------------------------------------------------------- content


def test_content_is_the_share_of_windows_that_agree_where_one_piece_stops_early():
    # Four quarters of C give five windows of two quarters, at 1, 2, ... 5 quarters; with two, three of them sound.
    assert content(piece((0, 24, 60)), piece((0, 48, 60))) == pytest.approx(3 / 5)
    assert content(piece((0, 48, 72)), piece((0, 48, 60))) == pytest.approx(1.0)
    assert content(piece((0, 48, 61)), piece((0, 48, 60))) == 0.0


def test_content_is_the_cosine_of_the_notes_that_sound_however_loud():
    chord = piece((0, 48, 60), (0, 48, 64), (0, 48, 67))
    loud = chord.notes.copy()
    loud["velocity"] = (120, 20, 90)
    assert content(replace(chord, notes=loud), piece((0, 48, 60))) == pytest.approx(1 / np.sqrt(3))


def test_drums_are_no_content():
    song = made_song(1, "march")
    silent = song.notes[song.notes["track"] != 3]
    assert content(replace(song, notes=silent), song) == pytest.approx(1.0)


def test_real_music_keeps_its_content_in_another_octave_and_loses_it_in_another_key(music21_corpus):
    one, other = real_windows(music21_corpus, "palestrina")[:2]
    assert content(one, one) == pytest.approx(1.0)
    assert content(transpose(one, 12), one) == pytest.approx(1.0)
    assert content(transpose(one, 6), one) < 0.5
    assert content(other, one) < 0.8
    assert content_by_bar(transpose(one, 6), one) < content_by_bar(one, one) == pytest.approx(1.0)


def test_bar_by_bar_a_piece_keeps_its_content_in_another_meter_and_in_time_it_does_not():
    source = made_song(2, "march")
    notes = source.notes.copy()
    notes["onset_tick"], notes["duration_tick"] = notes["onset_tick"] * 3 // 4, notes["duration_tick"] * 3 // 4
    waltz = replace(source, notes=notes, meters=(Meter(0, 3, 4),))
    assert content_by_bar(waltz, source) == pytest.approx(1.0)
    assert content(waltz, source) < 0.75


def test_a_pickup_stands_beside_a_pickup():
    plain = piece((0, 48, 60), (48, 48, 67))
    led = replace(piece((0, 12, 64), (12, 48, 60), (60, 48, 67)), pickup_tick=12)
    assert bar_chroma(led).shape == bar_chroma(plain).shape == (12, 3)
    assert content_by_bar(led, plain) == pytest.approx(2 / 3)


# ------------------------------------------------------------------------------------------------------ profiles


def test_the_profile_of_time_and_pitch_counts_these_pairs_and_no_others():
    found = time_and_pitch(piece((0, 12, 60), (0, 12, 64), (12, 12, 67), (48, 12, 60)).notes)
    counted = {(int(i) - 20, int(t)): int(found[i, t]) for i, t in zip(*np.nonzero(found), strict=True)}
    # C and E begin together and count both ways; the last C begins four quarters later, which is too far from them.
    assert counted == {(4, 0): 1, (-4, 0): 1, (7, 6): 1, (3, 6): 1, (-7, 18): 1}


def test_the_profile_of_real_music_is_that_of_the_definition_note_by_note(music21_corpus):
    notes = rescale(slice_bars(real_windows(music21_corpus, "palestrina")[0], 4, 9), 12).notes
    slow = np.zeros((41, 24))
    for i, early in enumerate(notes):
        for j, late in enumerate(notes):
            distance = int(late["onset_tick"]) - int(early["onset_tick"])
            interval = int(late["pitch"]) - int(early["pitch"])
            if i != j and 0 <= distance < 48 and -20 <= interval <= 20:
                slow[interval + 20, distance // 2] += 1
    assert slow.sum() > 150
    assert (time_and_pitch(notes) == slow).all()


def test_the_profile_of_onset_and_duration_counts_from_the_barline_and_drops_long_notes():
    led = replace(piece((0, 12, 60), (12, 24, 60), (36, 25, 60), (61, 12, 60)), pickup_tick=12)
    found = Profiles([led]).found["onset and duration", None]
    # The pickup stands on the last quarter of a bar; a half note is in the last bin; a longer one is dropped.
    assert np.argwhere(found).tolist() == [[0, 6], [0, 11], [18, 6]]


def test_real_music_fits_its_own_style_better_than_another(music21_corpus):
    dances, masses = (real_windows(music21_corpus, name) for name in ("dance", "palestrina"))
    dance, mass = Profiles(dances[8:16]), Profiles(masses[8:16])
    for name in ("time and pitch", "onset and duration"):
        for one, own, other in ((dances, dance, mass), (masses, mass, dance)):
            fits = [(Profiles([w]).fit(name, own), Profiles([w]).fit(name, other)) for w in one[:6]]
            assert np.mean([own_fit - other_fit for own_fit, other_fit in fits]) > 0.2, name


def test_a_role_that_is_missing_fits_as_nothing():
    full = Profiles([made_song(0, "march")])
    song = made_song(0, "march")
    bare = Profiles([replace(song, notes=song.notes[song.notes["track"] == 0])])
    assert full.fit_by_role("onset and duration", full) == pytest.approx(1.0)
    assert bare.fit_by_role("onset and duration", full) == pytest.approx(1 / 3, abs=0.05)
    assert bare.fit("onset and drum", full, Role.RHYTHM) == 0.0
    assert np.isnan(bare.fit("onset and drum", bare, Role.RHYTHM))


# ------------------------------------------------------------------------------------------------------ likeness


def test_times_are_paired_one_to_one_and_a_step_apart_at_most():
    def row(*times):
        return np.array(times)

    assert paired(row(0), row(0, 1)) == 1
    assert paired(row(0, 2), row(1, 3)) == 2
    assert paired(row(0, 10), row(2, 12)) == 0
    assert paired(row(), row(1)) == 0


def test_f_measures_fall_as_notes_are_moved_left_out_or_changed():
    notes = piece((0, 12, 60), (12, 12, 62), (24, 12, 64), (36, 12, 65)).notes
    late, early, wrong = notes.copy(), notes.copy(), notes.copy()
    late["onset_tick"] += 1
    early["onset_tick"] += 3
    wrong["pitch"][:2] += 12
    assert note_f(late, notes) == onset_f(late, notes) == 1.0
    assert note_f(early, notes) == onset_f(early, notes) == 0.0
    assert note_f(notes[:2], notes) == pytest.approx(2 * 2 / 6)
    assert note_f(wrong, notes) == 0.5
    assert note_f(wrong, notes, octave=12) == onset_f(wrong, notes) == 1.0


def melody_of(song: Piece):
    return rescale(song, 12).notes[song.notes["track"] == 0]


def test_only_the_song_itself_is_like_the_truth_in_every_part():
    truth, source, other = made_song(3, "march"), made_song(3, "waltzing_chords"), made_song(5, "march")
    melody = melody_of(truth)
    assert set(likeness(truth, truth, melody).values()) == {1.0}
    same_groove, same_song = likeness(other, truth, melody), likeness(source, truth, melody)
    assert same_song["melody kept"] == 1.0 > same_groove["melody kept"]
    assert same_groove["onsets, bass"] == same_groove["notes, drums"] == 1.0
    assert same_song["onsets, harmony"] < 0.7 > same_song["notes, drums"]
    assert same_song["chroma, bass"] > same_groove["chroma, bass"]
    bare = replace(truth, notes=truth.notes[truth.notes["track"] < 2])
    assert likeness(bare, truth, melody)["notes, bass"] == likeness(bare, truth, melody)["onsets, drums"] == 0.0


def test_the_melody_is_taken_out_once_and_what_doubles_it_is_harmony():
    song = made_song(3, "march")
    melody = melody_of(song)
    parts, kept = parts_of(rescale(song, 12), melody)
    counted = {name: len(notes) for name, notes in parts.items()}
    assert (kept, counted) == (1.0, {"harmony": 8 * 6, "bass": 8 * 2, "drums": 8 * 4})
    doubled = song.notes[song.notes["track"] == 0].copy()
    doubled["track"] = 1
    thick = replace(song, notes=sort_notes(np.concatenate([song.notes, doubled])))
    assert len(parts_of(rescale(thick, 12), melody)[0]["harmony"]) == 8 * 6 + len(melody)
    without = replace(song, notes=song.notes[song.notes["track"] > 0])
    assert parts_of(rescale(without, 12), melody)[1] == 0.0


def test_the_songs_in_many_grooves_have_their_melody_in_common(shared):
    from fewnotes.measure.transferring.pairs import load_songs

    songs = load_songs(shared / "corpus_parallel", 16)
    assert len(songs.paths) == 20
    for groove in ("rhumba", "50srock"):
        task, rest, melody = next(songs.tasks(groove, 1))
        assert len(rest) == 12
        assert len(melody) > 20
        assert likeness(task.piece, task.truth, melody)["melody kept"] > 0.95
        assert content(task.piece, task.truth) > 0.8 > max(content(piece, task.truth) for piece in rest)
