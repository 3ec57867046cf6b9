"""ABC, the text form of folk tunes: standard 2.1, and the common habits of 1.6.

Reading
-------
A book of tunes gives one Piece a tune. An accidental holds to the barline for its letter in all octaves, as the
standard says (`%%propagate-accidentals octave` or `not` is honoured). `octave=`, `transpose=` and clefs such as
`treble-8` give the sounding pitch. Grace notes count in sixteenths. A bar in two parts around a repeat or double
bar is one bar.

What ABC cannot hold
--------------------
Velocity, staves, more than one instrument in a voice, names of notated voices. What of ABC a Piece cannot hold:
lyrics, slurs, decorations, beams, layout, da capo and dal segno; these are left out.
"""

from __future__ import annotations

import re

from fewnotes.codecs import DecodeOptions, Encoded
from fewnotes.codecs._notatable import check_notatable
from fewnotes.codecs.abc.reading import read_book
from fewnotes.codecs.abc.writing import write_tune
from fewnotes.music.piece import Piece

SUFFIXES = (".abc",)
CAN_WRITE = True

_TUNE = re.compile(r"^[ \t]{0,8}(?:X:[ \t]*[0-9]|K:)", re.MULTILINE)
_FIELD = re.compile(r"[ \t]{0,8}[A-Za-z]:")


def sniff(data: bytes) -> bool:
    """Do these bytes begin with ABC fields?"""
    head = data[:65536]
    if b"\0" in head:
        return False
    text = head.decode("latin-1").removeprefix("\xef\xbb\xbf").replace("\r", "\n")
    if not _TUNE.search(text):
        return False
    lines = (line for line in text.split("\n") if line.strip() and not line.startswith("%"))
    return text.startswith("%abc") or bool(_FIELD.match(next(lines, "")))


def decode(data: bytes, options: DecodeOptions) -> list[Piece]:
    """All tunes of the text. Raises BadInput or TooLarge."""
    return read_book(data, options)


def encode(piece: Piece, *, mark: str = "") -> Encoded:
    """The piece as one tune; `mark` becomes an N: line.

    Raises BadInput for a piece without notes, TooLarge for one that no score would hold.
    """
    check_notatable(piece)
    return write_tune(piece, mark)
