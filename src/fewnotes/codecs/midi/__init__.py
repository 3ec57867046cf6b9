"""MIDI files: read and written.

Reading. Formats 0, 1 and 2, SMPTE time, RIFF wrappers. One Track for each MIDI track, channel and program that
has notes; channel 10 is drums. Files without fault go to symusic (`fast`), all others to our own reader
(`tolerant`), which says what it repaired. A first meter of one bar that a longer meter follows is a pickup.

What MIDI cannot hold, and `encode` gives a Notice for: grace notes as such, voices and staves, barlines that
meters do not imply, a key without a mode, tracks without notes, notes of one key that end in another order than
they began in, more than 15 pitched parts with programs of their own, tempos finer than a microsecond a quarter.
Spelling and all layout are not in a Piece either. Chord symbols are written as text events `chord: Gm7/D` and
the composer as `composer: NAME`; other programs show these as text.

Not read: dynamics and pedals (controllers), pitch bends, lyrics, system exclusive messages.
"""

from __future__ import annotations

from fewnotes.codecs import DecodeOptions, Encoded
from fewnotes.codecs.midi.container import find_start
from fewnotes.codecs.midi.fast import read_clean
from fewnotes.codecs.midi.tolerant import read_tolerant
from fewnotes.codecs.midi.writing import write
from fewnotes.music.piece import Piece

SUFFIXES = (".mid", ".midi", ".kar", ".rmi", ".smf")
CAN_WRITE = True

_SNIFFED_BYTES = 512


def sniff(data: bytes) -> bool:
    """Whether this is MIDI: `MThd` at the start, in a RIFF wrapper, or close behind some stray bytes."""
    if data.startswith(b"MThd"):
        return True
    if data.startswith(b"RIFF") and data[8:12] == b"RMID":
        return True
    start = find_start(data[:_SNIFFED_BYTES])
    return start > 0 and data[start + 4 : start + 8] == b"\x00\x00\x00\x06"


def decode(data: bytes, options: DecodeOptions) -> list[Piece]:
    """The one Piece of a MIDI file. `options` do not matter: MIDI has no repeats.

    Raises BadInput where there is no header, no unit of time, no track or no note; TooLarge beyond the caps.
    """
    piece = read_clean(data)
    return [read_tolerant(data) if piece is None else piece]


def encode(piece: Piece, *, mark: str = "") -> Encoded:
    """A format 1 file: one track for what concerns all, then one for each Track. Same Piece, same bytes.

    mark: where the music comes from, in one line; written as text, copyright, marker and sequencer event.
    """
    return write(piece, mark)
