"""MusicXML (.musicxml, .xml) and its archive (.mxl), versions 1.0 to 4.0, partwise and timewise.

A Piece holds of a score: notes, grace notes, ties, meters, keys, tempos, dynamics as velocities, chord symbols,
repeats (played out), voices, staves and instruments. It does not hold lyrics, slurs, articulations, ornaments,
fingerings, clefs, layout, figured bass or spelling. MusicXML holds of a Piece everything but a note off the grid
that notation can show.
"""

from __future__ import annotations

from fewnotes.codecs import MAX_FILE_BYTES, DecodeOptions, Encoded
from fewnotes.codecs._notatable import check_notatable
from fewnotes.codecs.musicxml.container import compress, is_zip, unpack
from fewnotes.codecs.musicxml.reading import read
from fewnotes.codecs.musicxml.writing import write
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Piece

SUFFIXES = (".musicxml", ".mxl", ".xml")
CAN_WRITE = True
_SNIFF_BYTES = 200_000

__all__ = ["CAN_WRITE", "SUFFIXES", "compress", "decode", "encode", "sniff"]


def sniff(data: bytes) -> bool:
    """True for a score element near the start, also in UTF-16, and for a zip archive that lists an XML file."""
    head = data[:_SNIFF_BYTES]
    if is_zip(data):
        lowered = head.lower() + data[-_SNIFF_BYTES:].lower()
        return b".xml" in lowered or b".musicxml" in lowered
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        head = head.replace(b"\x00", b"")
    return b"<" in head and (b"score-partwise" in head or b"score-timewise" in head)


def decode(data: bytes, options: DecodeOptions) -> list[Piece]:
    """The one piece in a MusicXML text or MXL archive.

    Raises BadInput or TooLarge.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"The file has {len(data):,} bytes", expected=f"at most {MAX_FILE_BYTES:,}")
    if not data.strip(b" \t\r\n\x00\xef\xbb\xbf"):
        raise BadInput("The file is empty", expected="a MusicXML score")
    if not is_zip(data):
        return [read(data, options.repeats)]
    score, notices = unpack(data)
    return [read(score, options.repeats).with_warnings(notices)]


def encode(piece: Piece, *, mark: str = "") -> Encoded:
    """The piece as MusicXML 4.0 text; `compress` makes an MXL archive of it.

    mark: where the piece comes from; stands in <rights> and <miscellaneous>.
    Raises BadInput for a piece without notes, TooLarge for one that no score would hold.
    """
    check_notatable(piece)
    return write(piece, mark)
