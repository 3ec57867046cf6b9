"""Sound: Piece to WAV, by fluidsynth and a soundfont where this computer has both, else by our plain synthesiser."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fewnotes.codecs import Encoded
from fewnotes.errors import BadInput, BadParameter, NotPossible
from fewnotes.music.piece import Notice, Piece
from fewnotes.music.time import seconds
from fewnotes.registry import find
from fewnotes.render import synth

MAX_SECONDS = 20 * 60.0
Player = Literal["auto", "fluidsynth", "plain"]
PLAYERS: tuple[Player, ...] = ("auto", "fluidsynth", "plain")

_FLUID_RATE = 44_100
_PEAK = 0.89
_CHUNK = 1 << 20
_SOUNDFONT_VARIABLE = "FEWNOTES_SOUNDFONT"
_BETTER_SOUND = (
    "This is the plain synthesiser. For better sound install fluidsynth and a soundfont, "
    f"or name a soundfont file in ${_SOUNDFONT_VARIABLE}"
)


def audio_wav(piece: Piece, *, player: Player = "auto", max_seconds: float = MAX_SECONDS) -> bytes:
    """The sound of a piece as a 16-bit stereo WAV file. See `play` for the errors."""
    return play(piece, player=player, max_seconds=max_seconds).data


def play(piece: Piece, *, player: Player = "auto", max_seconds: float = MAX_SECONDS) -> Encoded:
    """The sound of a piece as a 16-bit stereo WAV file, with notices about what was cut and how it was made.

    player: "fluidsynth" needs the program and a soundfont, "plain" is our own synthesiser, "auto" takes the best.
    max_seconds: what is longer is cut, and said; at most 20 minutes.
    Raises NotPossible for a piece without notes, BadParameter for an unknown player or length, or when
    fluidsynth is asked for and missing.
    """
    if player not in PLAYERS:
        raise BadParameter(f"There is no player {player!r}", expected=f"one of {', '.join(PLAYERS)}")
    if not 0 < max_seconds <= MAX_SECONDS:
        raise BadParameter(f"max_seconds is {max_seconds:g}", expected=f"above 0 and at most {MAX_SECONDS:g}")
    if len(piece.notes) == 0:
        raise NotPossible("There is nothing to hear: the piece has no notes", expected="a piece with notes")
    warnings: list[Notice] = []
    length = float(seconds(piece, piece.end_tick))
    if length > max_seconds:
        piece = _cut(piece, max_seconds)
        said = f"The piece lasts {_clock(length)}; the sound stops after {_clock(max_seconds)}"
        warnings.append(Notice("sound-cut", said))
    program, soundfont = shutil.which("fluidsynth"), find_soundfont()
    if player == "fluidsynth" and not (program and soundfont):
        missing = "the fluidsynth program" if not program else "a soundfont"
        raise BadParameter(
            f"The player fluidsynth needs {missing}, which was not found",
            fix=f"Install it, or name a soundfont file in ${_SOUNDFONT_VARIABLE}",
        )
    if player != "plain" and program and soundfont:
        data = _play_fluidsynth(piece, program, soundfont, min(length, max_seconds))
        if data is not None:
            return Encoded(data, tuple(warnings))
        warnings.append(Notice("fluidsynth-failed", f"fluidsynth could not play it with {soundfont.name}"))
    blocks, stolen = synth.synthesize(piece, min(length, max_seconds) + synth.TAIL_SECONDS)
    if stolen:
        said = f"{stolen} notes end early: at most {synth.MAX_VOICES} sound at once"
        warnings.append(Notice("voices-cut", said))
    if player == "auto":
        warnings.append(Notice("plain-sound", _BETTER_SOUND))
    return Encoded(wav_file(blocks, synth.SAMPLE_RATE), tuple(warnings))


def find_soundfont() -> Path | None:
    """The soundfont of $FEWNOTES_SOUNDFONT, else the best-known or largest one in the usual folders.

    Raises BadInput when the variable names a file that is not there.
    """
    if named := os.environ.get(_SOUNDFONT_VARIABLE):
        path = Path(named).expanduser()
        if not path.is_file():
            raise BadInput(
                f"${_SOUNDFONT_VARIABLE} names {named}, which is not a file", expected="an .sf2 or .sf3 file"
            )
        return path
    found = [path for folder in _soundfont_folders() for path in _soundfonts_in(folder)]
    return max(found, key=lambda path: (path.stem.lower().startswith("default"), path.stat().st_size), default=None)


def _soundfont_folders() -> list[Path]:
    home = Path.home()
    system = {
        "darwin": [home / "Library/Audio/Sounds/Banks", Path("/Library/Audio/Sounds/Banks")],
        "win32": [Path(os.environ.get("PROGRAMDATA", "C:/ProgramData")) / "soundfonts"],
    }.get(sys.platform, [Path("/usr/share"), Path("/usr/local/share"), home / ".local/share"])
    return [base / part for base in system for part in ("", "sounds/sf2", "sounds/sf3", "soundfonts")]


def _soundfonts_in(folder: Path) -> list[Path]:
    with contextlib.suppress(OSError):
        return [p for p in sorted(folder.iterdir()) if p.suffix.lower() in (".sf2", ".sf3") and p.is_file()]
    return []


def _cut(piece: Piece, max_seconds: float) -> Piece:
    """The piece up to a moment: notes that begin after it are left out, those that go past it end there."""
    notes = piece.notes[seconds(piece, piece.notes["onset_tick"]) < max_seconds].copy()
    ends = notes["onset_tick"].astype(np.int64) + notes["duration_tick"]
    late = seconds(piece, ends) > max_seconds
    # The last tick before the moment, found by halving: tempos may change under any note.
    low, high = 0, piece.end_tick
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if float(seconds(piece, middle)) <= max_seconds else (low, middle)
    notes["duration_tick"][late] = np.maximum(1, low - notes["onset_tick"][late])
    return dataclasses.replace(piece, notes=notes)


def _clock(value: float) -> str:
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _play_fluidsynth(piece: Piece, program: str, soundfont: Path, length: float) -> bytes | None:
    """The WAV file that fluidsynth makes, or None if it fails. It gets a minute and half the playing time."""
    midi: Encoded = find("codecs", "midi").encode(piece)
    with tempfile.TemporaryDirectory(prefix="fewnotes-") as folder:
        source, sound = Path(folder) / "piece.mid", Path(folder) / "sound.raw"
        source.write_bytes(midi.data)
        command = [program, "-n", "-i", "-q", "-r", str(_FLUID_RATE), "-g", "0.4", "-T", "raw", "-O", "float"]
        command += ["-F", str(sound), str(soundfont), str(source)]
        try:
            done = subprocess.run(command, capture_output=True, timeout=60 + length / 2, check=False)  # noqa: S603 found on PATH, own files
        except (subprocess.TimeoutExpired, OSError):
            return None
        if done.returncode != 0 or not sound.is_file() or sound.stat().st_size < 8:
            return None
        samples: NDArray[np.float32] = np.memmap(sound, "<f4", "r")
        usable = min(len(samples) // 2 * 2, 2 * int(_FLUID_RATE * (length + 4 * synth.TAIL_SECONDS)))
        samples = samples[:usable]
        peak = max((float(np.abs(part).max()) for part in _parts(samples)), default=0.0)
        if peak == 0:
            return None
        scale = 32767 * _PEAK / peak
        data = wav_file(((part * scale).astype("<i2") for part in _parts(samples)), _FLUID_RATE)
        del samples
        return data


def _parts(samples: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
    for at in range(0, len(samples), _CHUNK):
        yield samples[at : at + _CHUNK]


def wav_file(blocks: Iterable[NDArray[np.int16]], sample_rate: int) -> bytes:
    """A stereo WAV file of 16-bit blocks whose samples alternate left and right."""
    out = BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        for block in blocks:
            file.writeframesraw(block.tobytes())
    return out.getvalue()
