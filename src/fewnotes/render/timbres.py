"""What the plain synthesiser knows about the 128 General MIDI programs: a name, and a timbre a few numbers wide."""

from __future__ import annotations

from typing import NamedTuple

_NAMES = (
    "Acoustic Grand Piano|Bright Acoustic Piano|Electric Grand Piano|Honky-tonk Piano|Electric Piano 1|"
    "Electric Piano 2|Harpsichord|Clavinet|"
    "Celesta|Glockenspiel|Music Box|Vibraphone|Marimba|Xylophone|Tubular Bells|Dulcimer|"
    "Drawbar Organ|Percussive Organ|Rock Organ|Church Organ|Reed Organ|Accordion|Harmonica|Tango Accordion|"
    "Nylon Guitar|Steel Guitar|Jazz Guitar|Clean Guitar|Muted Guitar|Overdriven Guitar|Distortion Guitar|"
    "Guitar Harmonics|"
    "Acoustic Bass|Fingered Bass|Picked Bass|Fretless Bass|Slap Bass 1|Slap Bass 2|Synth Bass 1|Synth Bass 2|"
    "Violin|Viola|Cello|Contrabass|Tremolo Strings|Pizzicato Strings|Harp|Timpani|"
    "String Ensemble 1|String Ensemble 2|Synth Strings 1|Synth Strings 2|Choir Aahs|Voice Oohs|Synth Voice|"
    "Orchestra Hit|"
    "Trumpet|Trombone|Tuba|Muted Trumpet|French Horn|Brass Section|Synth Brass 1|Synth Brass 2|"
    "Soprano Sax|Alto Sax|Tenor Sax|Baritone Sax|Oboe|English Horn|Bassoon|Clarinet|"
    "Piccolo|Flute|Recorder|Pan Flute|Blown Bottle|Shakuhachi|Whistle|Ocarina|"
    "Square Lead|Sawtooth Lead|Calliope Lead|Chiff Lead|Charang Lead|Voice Lead|Fifths Lead|Bass and Lead|"
    "New Age Pad|Warm Pad|Polysynth Pad|Choir Pad|Bowed Pad|Metallic Pad|Halo Pad|Sweep Pad|"
    "Rain|Soundtrack|Crystal|Atmosphere|Brightness|Goblins|Echoes|Sci-fi|"
    "Sitar|Banjo|Shamisen|Koto|Kalimba|Bagpipe|Fiddle|Shanai|"
    "Tinkle Bell|Agogo|Steel Drums|Woodblock|Taiko Drum|Melodic Tom|Synth Drum|Reverse Cymbal|"
    "Guitar Fret Noise|Breath Noise|Seashore|Bird Tweet|Telephone Ring|Helicopter|Applause|Gunshot"
)
#: The General MIDI level 1 sound set, program 0 first.
PROGRAM_NAMES = tuple(_NAMES.split("|"))


class Timbre(NamedTuple):
    """A sound as harmonics under an envelope.

    harmonics: strength of harmonic 1, 2, ...; attack, release: seconds.
    decay: seconds to fall by 60 dB at middle C, halved two octaves above; 0 for a tone that is held.
    damping: how much faster the upper harmonics of a decaying tone die; 0 keeps its colour.
    vibrato: depth in cents. level: loudness against the other timbres.
    """

    harmonics: tuple[float, ...]
    attack: float = 0.005
    release: float = 0.08
    decay: float = 0.0
    damping: float = 0.0
    vibrato: float = 0.0
    level: float = 1.0


PIANO = Timbre((1, 0.55, 0.42, 0.34, 0.22, 0.16, 0.07, 0.08, 0.06, 0.04), 0.003, 0.12, 9.0, 1.0, level=1.1)
ELECTRIC_PIANO = Timbre((1, 0.1, 0.24, 0.04, 0.02, 0.0, 0.05), 0.004, 0.15, 7.0, 0.6)
HARPSICHORD = Timbre(
    (0.8, 0.9, 0.7, 0.7, 0.55, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15), 0.001, 0.06, 5.0, 0.25, level=0.7
)
BELL = Timbre((1, 0.0, 0.12, 0.3, 0.0, 0.0, 0.08, 0.0, 0.05), 0.002, 0.4, 6.0, 0.7)
MALLET = Timbre((1, 0.02, 0.05, 0.3, 0.0, 0.0, 0.0, 0.0, 0.0, 0.12), 0.002, 0.15, 1.6, 1.2, level=1.2)
ORGAN = Timbre((1, 0.9, 0.3, 0.6, 0.05, 0.25, 0.02, 0.4), 0.02, 0.08, level=0.6)
ACCORDION = Timbre((1, 0.7, 0.75, 0.4, 0.45, 0.25, 0.2, 0.15, 0.1), 0.04, 0.08, vibrato=4, level=0.5)
NYLON_GUITAR = Timbre((1, 0.75, 0.4, 0.24, 0.16, 0.1, 0.06, 0.04), 0.002, 0.1, 4.5, 0.9, level=1.1)
STEEL_GUITAR = Timbre((1, 0.85, 0.65, 0.45, 0.35, 0.25, 0.18, 0.14, 0.1, 0.08), 0.002, 0.1, 5.5, 0.6, level=0.9)
MUTED_GUITAR = Timbre((1, 0.6, 0.35, 0.2, 0.1, 0.05), 0.002, 0.05, 0.7, 1.0, level=1.1)
DRIVEN_GUITAR = Timbre(
    (1, 0.9, 0.85, 0.7, 0.65, 0.5, 0.45, 0.38, 0.3, 0.25, 0.2, 0.15), 0.004, 0.08, 16.0, 0.05, 4, 0.4
)
BASS = Timbre((1, 0.7, 0.4, 0.25, 0.15, 0.1, 0.06), 0.004, 0.07, 5.0, 0.8, level=1.3)
SYNTH_BASS = Timbre((1, 0.5, 0.33, 0.25, 0.2, 0.16, 0.14, 0.12), 0.004, 0.06, 8.0, 0.4, level=0.9)
BOWED = Timbre((0.85, 0.95, 0.6, 0.55, 0.5, 0.3, 0.22, 0.16, 0.12, 0.08), 0.06, 0.14, vibrato=9, level=0.62)
STRINGS = Timbre((1, 0.6, 0.45, 0.3, 0.2, 0.15, 0.1, 0.07), 0.12, 0.3, vibrato=6, level=0.6)
PIZZICATO = Timbre((1, 0.55, 0.3, 0.15, 0.08, 0.04), 0.003, 0.1, 0.9, 0.9, level=1.3)
HARP = Timbre((1, 0.45, 0.25, 0.12, 0.07, 0.04), 0.003, 0.3, 4.5, 0.8, level=1.1)
TIMPANI = Timbre((1, 0.5, 0.3, 0.12), 0.003, 0.3, 2.2, 1.0, level=1.5)
CHOIR = Timbre((1, 0.75, 0.5, 0.16, 0.12, 0.14, 0.06, 0.03), 0.1, 0.25, vibrato=7, level=0.62)
HIT = Timbre((1, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2), 0.005, 0.2, 1.5, 0.4, level=0.9)
BRASS = Timbre((0.65, 0.85, 1, 0.85, 0.65, 0.45, 0.33, 0.22, 0.15, 0.1), 0.045, 0.1, vibrato=3, level=0.48)
HORN = Timbre((1, 0.8, 0.5, 0.28, 0.15, 0.08, 0.04), 0.06, 0.14, vibrato=2, level=0.62)
MUTED_BRASS = Timbre((0.5, 0.6, 0.8, 0.7, 0.9, 0.6, 0.5, 0.35, 0.25, 0.2), 0.04, 0.08, vibrato=3, level=0.4)
SAXOPHONE = Timbre((1, 0.8, 0.65, 0.5, 0.4, 0.28, 0.2, 0.12, 0.1), 0.035, 0.09, vibrato=6, level=0.55)
DOUBLE_REED = Timbre((0.6, 0.8, 1, 0.7, 0.4, 0.35, 0.25, 0.15, 0.1), 0.035, 0.09, vibrato=5, level=0.5)
CLARINET = Timbre((1, 0.05, 0.65, 0.07, 0.4, 0.1, 0.22, 0.1, 0.1), 0.035, 0.09, level=0.68)
FLUTE = Timbre((1, 0.2, 0.12, 0.03, 0.01), 0.05, 0.1, vibrato=6, level=0.85)
SQUARE = Timbre((1, 0, 0.33, 0, 0.2, 0, 0.14, 0, 0.11, 0, 0.09), 0.005, 0.06, level=0.6)
SAWTOOTH = Timbre((1, 0.5, 0.33, 0.25, 0.2, 0.17, 0.14, 0.12, 0.11, 0.1), 0.005, 0.06, level=0.55)
PAD = Timbre((1, 0.5, 0.3, 0.2, 0.1, 0.06), 0.35, 0.6, vibrato=5, level=0.55)
SITAR = Timbre((0.8, 0.7, 0.6, 0.6, 0.5, 0.45, 0.4, 0.3, 0.25, 0.2), 0.002, 0.12, 4.0, 0.3, level=0.7)
BANJO = Timbre((0.9, 0.8, 0.6, 0.45, 0.35, 0.25, 0.15, 0.1), 0.001, 0.06, 1.6, 0.5)
DRUM_TONE = Timbre((1, 0.4, 0.2), 0.002, 0.1, 0.7, 1.0, level=1.4)

_FAMILIES = (PIANO, BELL, ORGAN, NYLON_GUITAR, BASS, BOWED, STRINGS, BRASS,
             SAXOPHONE, FLUTE, SAWTOOTH, PAD, PAD, SITAR, DRUM_TONE, PAD)  # fmt: skip

_SPECIAL = {
    4: ELECTRIC_PIANO,
    5: ELECTRIC_PIANO,
    6: HARPSICHORD,
    7: HARPSICHORD,
    12: MALLET,
    13: MALLET,
    15: STEEL_GUITAR,
    20: ACCORDION,
    21: ACCORDION,
    22: ACCORDION,
    23: ACCORDION,
    25: STEEL_GUITAR,
    27: STEEL_GUITAR,
    28: MUTED_GUITAR,
    29: DRIVEN_GUITAR,
    30: DRIVEN_GUITAR,
    31: BELL,
    38: SYNTH_BASS,
    39: SYNTH_BASS,
    45: PIZZICATO,
    46: HARP,
    47: TIMPANI,
    52: CHOIR,
    53: CHOIR,
    54: CHOIR,
    55: HIT,
    58: HORN,
    59: MUTED_BRASS,
    60: HORN,
    62: SAWTOOTH,
    63: SAWTOOTH,
    68: DOUBLE_REED,
    69: DOUBLE_REED,
    70: DOUBLE_REED,
    71: CLARINET,
    80: SQUARE,
    82: FLUTE,
    85: CHOIR,
    91: CHOIR,
    98: BELL,
    105: BANJO,
    106: BANJO,
    107: HARP,
    108: MALLET,
    109: DOUBLE_REED,
    110: BOWED,
    111: DOUBLE_REED,
    112: BELL,
    114: BELL,
}


def timbre_of(program: int) -> Timbre:
    """The timbre of a General MIDI program, 0 to 127."""
    return _SPECIAL.get(program, _FAMILIES[program // 8])
