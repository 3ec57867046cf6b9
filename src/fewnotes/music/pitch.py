"""Pitch: names, spelling and intervals. MIDI key numbers, middle C = 60 = C4.

Spelling follows the line of fifths: a pitch class takes the name nearest to the key in force, so that
F sharp stands in G major and G flat in D flat major.
"""

from __future__ import annotations

STEPS = "CDEFGAB"
STEP_PITCH_CLASS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
#: Steps in the order of the line of fifths; a full turn is one accidental.
_FIFTHS_LINE = "FCGDAEB"
_NOTE_NAMES_SHARP = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B")


def pitch_of(step: str, alter: int, octave: int) -> int:
    """MIDI key of a spelled pitch; may lie outside 0 to 127: the caller decides what that means."""
    return STEP_PITCH_CLASS[step] + alter + 12 * (octave + 1)


def spell(pitch: int, fifths: int = 0, mode: str = "") -> tuple[str, int, int]:
    """(step, alter, octave) of a pitch in a key of `fifths` sharps.

    The window of twelve names runs from three fifths below the tonic of the major key to eight above it (in C:
    E flat to G sharp), and in a minor key one further sharpwards, so that the raised sixth and seventh degrees
    are spelled as such.
    """
    lowest = fifths - (2 if mode == "minor" else 3)
    for position in range(lowest, lowest + 12):
        step = _FIFTHS_LINE[(position + 1) % 7]
        alter = (position + 1) // 7
        if (STEP_PITCH_CLASS[step] + alter - pitch) % 12 == 0:
            octave = (pitch - STEP_PITCH_CLASS[step] - alter) // 12 - 1
            return step, alter, octave
    raise AssertionError("twelve neighbours on the line of fifths hold every pitch class")


def name(pitch: int, fifths: int = 0, mode: str = "") -> str:
    """Readable name, for example `F#4`."""
    step, alter, octave = spell(pitch, fifths, mode)
    return f"{step}{accidental(alter)}{octave}"


def pitch_class_name(pitch_class: int) -> str:
    return _NOTE_NAMES_SHARP[pitch_class % 12]


def accidental(alter: int) -> str:
    return "#" * alter if alter > 0 else "b" * -alter


def key_name(fifths: int, mode: str = "major") -> str:
    """`key_name(1)` is "G major", `key_name(-3, "minor")` is "C minor"."""
    position = fifths + (3 if mode == "minor" else 0)
    step = _FIFTHS_LINE[(position + 1) % 7]
    return f"{step}{accidental((position + 1) // 7)} {mode or 'major'}"
