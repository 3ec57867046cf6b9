"""Sound: the right pitch, the right length, neither silent nor clipped, and always there."""

from __future__ import annotations

import shutil
import time
import wave
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.music.piece import NOTE, Piece, Tempo, Track, note_array
from fewnotes.music.time import seconds
from fewnotes.render import audio, synth
from fewnotes.render.audio import audio_wav, find_soundfont, play
from fewnotes.render.drums import DRUMS, hit
from fewnotes.render.timbres import PROGRAM_NAMES, timbre_of
from fewnotes.testing import tiny_chorale


def samples(data: bytes) -> tuple[np.ndarray, int]:
    """Shape (samples, 2), within -1 to 1, and the sample rate."""
    with wave.open(BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (2, 2)
        raw = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return raw.reshape(-1, 2) / 32768, file.getframerate()


def plain(piece: Piece) -> np.ndarray:
    return samples(audio_wav(piece, player="plain"))[0]


def one_note(pitch: int = 69, program: int = 0, quarters: int = 2, velocity: int = 90, drum: bool = False) -> Piece:
    rows = [(0, 4 * quarters, 0, pitch, velocity, 0, 0)]
    return Piece(4, (Track("", program, drum),), note_array(rows), tempos=(Tempo(0, 60.0),))


def spectrum(sound: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Hertz and strength of the first second, both channels together."""
    part = sound[: synth.SAMPLE_RATE].sum(axis=1) * np.hanning(synth.SAMPLE_RATE)
    return np.fft.rfftfreq(len(part), 1 / synth.SAMPLE_RATE), np.abs(np.fft.rfft(part))


@pytest.mark.parametrize("program", [0, 19, 24, 40, 56, 71, 73])
def test_a4_sounds_at_440_hertz_in_every_family(program):
    hertz, strength = spectrum(plain(one_note(69, program)))
    near = (hertz > 415) & (hertz < 466)
    assert hertz[near][strength[near].argmax()] == pytest.approx(440, abs=1.5)
    harmonics = np.abs(hertz % 440 - 220) > 200
    assert (strength[harmonics] ** 2).sum() > 0.9 * (strength**2).sum()


@pytest.mark.parametrize(("low", "high"), [(21, 33), (60, 72), (96, 108)])
def test_an_octave_doubles_the_frequency(low, high):
    peaks = []
    for pitch in (low, high):
        hertz, strength = spectrum(plain(one_note(pitch, 73, 1)))
        peaks.append(hertz[strength.argmax()])
    assert peaks[1] / peaks[0] == pytest.approx(2, rel=0.02)


def test_families_have_spectra_of_their_own():
    def shape(program: int) -> np.ndarray:
        hertz, strength = spectrum(plain(one_note(57, program)))
        bands = np.array([strength[np.abs(hertz - 220 * k) < 12].max() for k in range(1, 9)])
        return bands / np.linalg.norm(bands)

    shapes = {program: shape(program) for program in (0, 19, 40, 56, 71, 73)}
    for a in shapes:
        for b in shapes:
            if a < b:
                assert shapes[a] @ shapes[b] < 0.97, (PROGRAM_NAMES[a], PROGRAM_NAMES[b])
    assert shapes[71][1] < 0.2 * shapes[71][0], "a clarinet has hardly any second harmonic"


def test_a_held_organ_stays_and_a_held_piano_fades():
    def loudness(program: int, second: float) -> float:
        sound = plain(one_note(60, program, quarters=6))
        at = int(second * synth.SAMPLE_RATE)
        return float(np.sqrt((sound[at : at + 8000] ** 2).mean()))

    assert loudness(19, 5) == pytest.approx(loudness(19, 1), rel=0.1)
    assert loudness(0, 5) < 0.25 * loudness(0, 0.2)
    assert loudness(0, 5) > 0


def test_the_upper_harmonics_of_a_piano_die_first():
    sound = plain(one_note(48, 0, quarters=5))

    def brightness(second: float) -> float:
        hertz, strength = spectrum(sound[int(second * synth.SAMPLE_RATE) :])
        return float((hertz * strength**2).sum() / (strength**2).sum())

    assert brightness(3) < 0.85 * brightness(0)


def test_a_chorale_has_its_length_and_is_neither_silent_nor_clipped():
    piece = tiny_chorale()
    sound = plain(piece)
    length = float(seconds(piece, piece.end_tick))
    assert len(sound) / synth.SAMPLE_RATE == pytest.approx(length + synth.TAIL_SECONDS, abs=0.01)
    whole = sound[: int(length) * synth.SAMPLE_RATE].reshape(int(length), -1)
    assert np.sqrt((whole**2).mean(axis=1)).min() > 0.05
    assert np.abs(sound).max() < 0.98
    assert np.abs(sound[-10:]).max() < 0.01


def test_loud_and_thick_music_is_limited_and_not_clipped():
    rows = [(0, 16, 0, pitch, 127, 0, 0) for pitch in range(30, 90)]
    sound = plain(Piece(4, (Track("", 81),), note_array(rows)))
    assert 0.2 < np.abs(sound).max() < 0.98


def test_a_soft_note_is_softer_than_a_loud_one_in_the_same_piece():
    rows = [(0, 4, 0, 60, 127, 0, 0), (16, 4, 0, 60, 30, 0, 0)]
    sound = plain(Piece(4, (Track(),), note_array(rows), tempos=(Tempo(0, 60.0),)))
    loud, soft = sound[:16_000], sound[4 * synth.SAMPLE_RATE :][:16_000]
    assert np.abs(soft).max() < 0.4 * np.abs(loud).max()


def test_tracks_are_spread_from_left_to_right():
    rows = [(0, 8, 0, 64, 90, 0, 0), (16, 8, 1, 64, 90, 0, 0)]
    sound = plain(Piece(4, (Track("", 19), Track("", 19)), note_array(rows), tempos=(Tempo(0, 60.0),)))
    first, second = (np.abs(s).mean(axis=0) for s in (sound[:64_000], sound[128_000:192_000]))
    assert first[0] > 1.3 * first[1]
    assert second[1] > 1.3 * second[0]


def test_a_note_over_a_block_boundary_has_no_seam():
    # A steady tone of 17 seconds covers three blocks of eight.
    sound = plain(one_note(69, 19, quarters=17))[:, 0]
    steps = np.abs(np.diff(sound[synth.SAMPLE_RATE : 16 * synth.SAMPLE_RATE]))
    edge = np.abs(np.diff(sound))[8 * synth.SAMPLE_RATE - 5 : 8 * synth.SAMPLE_RATE + 5]
    assert edge.max() <= steps.max() * 1.001
    assert np.corrcoef(sound[32_000:64_000], sound[32_000 * 12 : 32_000 * 13])[0, 1] > 0.99


@pytest.mark.parametrize("key", [35, 38, 42, 49, 56, 75, 81, 0, 127])
def test_every_drum_is_heard_and_ends(key):
    stroke = hit(key, synth.SAMPLE_RATE)
    assert np.abs(stroke).max() > 0.1
    assert np.abs(stroke[-100:]).max() < 0.02
    assert plain(one_note(key, drum=True)).any()


def test_a_bass_drum_is_low_and_a_hi_hat_is_high():
    def centre(key: int) -> float:
        strength = np.abs(np.fft.rfft(hit(key, synth.SAMPLE_RATE))) ** 2
        hertz = np.fft.rfftfreq(len(hit(key, synth.SAMPLE_RATE)), 1 / synth.SAMPLE_RATE)
        return float((hertz * strength).sum() / strength.sum())

    assert centre(36) < 300
    assert centre(42) > 5000


def test_all_128_programs_have_a_name_and_a_timbre():
    assert len(PROGRAM_NAMES) == 128 == len(set(PROGRAM_NAMES))
    assert all(timbre_of(program).harmonics for program in range(128))
    assert sorted(DRUMS) == list(range(35, 82))


def test_music_past_the_cap_is_cut_and_said_so():
    rows = [(0, 4, 0, 60, 90, 0, 0), (4, 400, 0, 64, 90, 0, 0), (380, 4, 0, 67, 90, 0, 0)]
    piece = Piece(4, (Track("", 19),), note_array(rows), tempos=(Tempo(0, 60.0),))
    made = play(piece, player="plain", max_seconds=5)
    sound, rate = samples(made.data)
    assert len(sound) / rate == pytest.approx(5 + synth.TAIL_SECONDS, abs=0.01)
    assert [w.code for w in made.warnings] == ["sound-cut"]
    assert "1:41" in made.warnings[0].message


def test_a_piece_of_hours_costs_no_more_than_the_cap():
    # Two notes almost a year apart.
    rows = [(0, 4, 0, 60, 90, 0, 0), (2**30, 4, 0, 64, 90, 0, 0)]
    piece = Piece(480, (Track(),), note_array(rows), tempos=(Tempo(0, 5.0),))
    started = time.process_time()
    made = play(piece, player="plain", max_seconds=60)
    assert time.process_time() - started < 5
    assert len(samples(made.data)[0]) == pytest.approx(synth.SAMPLE_RATE * (4 / 480 * 12 + synth.TAIL_SECONDS), abs=20)


def test_ten_thousand_notes_at_once_are_thinned_and_said_so():
    rows = [(i // 100, 4000, 0, i % 128, 100, 0, 0) for i in range(10_000)]
    started = time.process_time()
    made = play(Piece(480, (Track("", 19),), note_array(rows)), player="plain")
    assert time.process_time() - started < 10
    assert [w.code for w in made.warnings] == ["voices-cut"]
    assert np.abs(samples(made.data)[0]).max() < 0.98


def test_the_same_piece_gives_the_same_bytes():
    assert audio_wav(tiny_chorale(), player="plain") == audio_wav(tiny_chorale(), player="plain")


def test_a_piece_without_notes_and_an_unknown_player_are_refused():
    with pytest.raises(NotPossible, match="nothing to hear"):
        audio_wav(Piece(4, (Track(),), np.zeros(0, NOTE)))
    with pytest.raises(BadParameter, match="player"):
        audio_wav(tiny_chorale(), player="gong")  # type: ignore[arg-type]
    with pytest.raises(BadParameter, match="max_seconds"):
        audio_wav(tiny_chorale(), max_seconds=1e9)


def test_without_fluidsynth_the_plain_sound_is_made_and_better_sound_is_explained(monkeypatch):
    monkeypatch.setattr(audio.shutil, "which", lambda name: None)
    made = play(one_note())
    assert samples(made.data)[0].any()
    assert [w.code for w in made.warnings] == ["plain-sound"]
    assert "soundfont" in made.warnings[0].message
    with pytest.raises(BadParameter, match="fluidsynth program"):
        play(one_note(), player="fluidsynth")


def test_the_named_soundfont_counts_and_must_exist(monkeypatch, tmp_path: Path):
    font = tmp_path / "mine.sf2"
    monkeypatch.setenv("FEWNOTES_SOUNDFONT", str(font))
    with pytest.raises(BadInput, match=r"mine\.sf2"):
        find_soundfont()
    font.write_bytes(b"RIFF")
    assert find_soundfont() == font


def test_a_fluidsynth_that_fails_falls_back_to_the_plain_sound(monkeypatch, tmp_path: Path):
    program = tmp_path / "fluidsynth"
    program.write_text("#!/bin/sh\nexit 1\n")
    program.chmod(0o755)
    font = tmp_path / "broken.sf2"
    font.write_bytes(b"no soundfont")
    monkeypatch.setenv("FEWNOTES_SOUNDFONT", str(font))
    monkeypatch.setattr(audio.shutil, "which", lambda name: str(program))
    monkeypatch.setattr(audio, "find", lambda *names: type("Midi", (), {"encode": lambda piece: audio.Encoded(b"")}))
    made = play(one_note())
    assert samples(made.data)[0].any()
    assert [w.code for w in made.warnings] == ["fluidsynth-failed", "plain-sound"]


@pytest.mark.slow
def test_fluidsynth_plays_the_right_length_and_pitch():
    if not shutil.which("fluidsynth") or find_soundfont() is None:
        pytest.skip("fluidsynth or a soundfont is not here")
    made = play(one_note(69, 73, quarters=3), player="fluidsynth")
    sound, rate = samples(made.data)
    assert 3 <= len(sound) / rate < 9
    assert 0.8 < np.abs(sound).max() < 0.95
    part = sound[rate : 2 * rate].sum(axis=1)
    strength = np.abs(np.fft.rfft(part * np.hanning(len(part))))
    assert abs(int(strength[400:480].argmax()) + 400 - 440) <= 4, "one bin is one Hz"
    assert made.warnings == ()
