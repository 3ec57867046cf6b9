"""Where General MIDI percussion stands on a five-line staff: step and octave as in the treble clef, and notehead."""

from __future__ import annotations

#: Key: (step, octave, notehead), after the usual drum-set notation.
_PLACES = {
    35: ("F", 4, ""),
    36: ("F", 4, ""),
    37: ("C", 5, "x"),
    38: ("C", 5, ""),
    39: ("C", 5, "x"),
    40: ("C", 5, ""),
    41: ("G", 4, ""),
    42: ("G", 5, "x"),
    43: ("G", 4, ""),
    44: ("D", 4, "x"),
    45: ("A", 4, ""),
    46: ("G", 5, "circle-x"),
    47: ("B", 4, ""),
    48: ("D", 5, ""),
    49: ("A", 5, "x"),
    50: ("E", 5, ""),
    51: ("F", 5, "x"),
    52: ("B", 5, "x"),
    53: ("F", 5, "diamond"),
    54: ("E", 5, "x"),
    55: ("B", 5, "x"),
    56: ("E", 5, "triangle"),
    57: ("A", 5, "x"),
    59: ("F", 5, "x"),
}
_ELSEWHERE = ("B", 4, "")


def drum_place(key: int) -> tuple[str, int, str]:
    """(step, octave, notehead) of a percussion key; the middle line where custom says nothing."""
    return _PLACES.get(key, _ELSEWHERE)
