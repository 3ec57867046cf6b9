"""Phrases: four bars as eight lines of tokens, which is what the sketch pad learns and writes.

    lines 0 to 4   melody, three inner voices, bass: 0 rest, 1 goes on, 2 + pitch - 24 from C1 to B6, tonic moved to C
    lines 5 to 7   low, middle and high drums: 0 nothing, 2 + kind
    slots          2, 4 or 6 a quarter, the coarsest that moves few onsets; in units of 4 or 6 slots

A line holds one note at a time, so a note that begins ends the one before it, and a chord of more than five notes loses
its middle. What is lost is counted (`Phrase.lost`), not hidden. Pieces are normalised first.
"""

from __future__ import annotations

from fewnotes.meta.phrases.cutting import frame_of, lines_of, phrases
from fewnotes.meta.phrases.shape import (
    BARS,
    BASS,
    DRUM_KINDS,
    FACTS,
    FIRST,
    HOLD,
    INNER,
    LINES,
    LOWEST,
    MELODY,
    MOST_UNITS,
    PITCHED,
    PITCHES,
    REST,
    UNIT,
    VOCABULARY,
    WISHES,
    Frame,
    Phrase,
)
from fewnotes.meta.phrases.units import density, facts_of, from_units, in_units, slots_of, wishes_of

__all__ = [
    "BARS", "BASS", "DRUM_KINDS", "FACTS", "FIRST", "Frame", "HOLD", "INNER", "LINES", "LOWEST", "MELODY",
    "MOST_UNITS", "PITCHED", "PITCHES", "Phrase", "REST", "UNIT", "VOCABULARY", "WISHES", "density", "facts_of",
    "frame_of", "from_units", "in_units", "lines_of", "phrases", "slots_of", "wishes_of",
]  # fmt: skip
