"""Humdrum **kern, read only.

The form can hold, and a Piece cannot: lyrics and other spines, articulation, slurs, dynamics, editorial signs,
and how a score looks. Their columns and signs are left out. Instrument changes within a spine and different meters
in different spines at once are not kept. Velocity is 80 throughout: **kern has none.

Pitch in **kern is sounding pitch; `*ITr` (how a transposing part is printed) changes nothing, data marked as
transposed (`*Tr`) are brought back.
"""

from __future__ import annotations

from dataclasses import replace

from fewnotes.codecs import MAX_FILE_BYTES, DecodeOptions
from fewnotes.codecs.kern.assemble import assemble
from fewnotes.codecs.kern.documents import Document, documents, splitter, text_of
from fewnotes.codecs.kern.faults import FaultLog
from fewnotes.codecs.kern.sections import order_of_play
from fewnotes.codecs.kern.spines import SpineReader
from fewnotes.codecs.kern.timing import timeline
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Piece, check_piece

SUFFIXES = (".krn", ".kern")
CAN_WRITE = False

_SNIFF_BYTES = 1 << 20


def sniff(data: bytes) -> bool:
    """A `**kern` among the headers on the first line that begins with `**`."""
    head = bytes(data[:_SNIFF_BYTES]).removeprefix(b"\xef\xbb\xbf")
    if b"**kern" not in head:
        return False
    lines = head.replace(b"\r", b"\n").split(b"\n")
    header = next((line for line in lines if line.startswith(b"**")), b"")
    return b"**kern" in header


def decode(data: bytes, options: DecodeOptions) -> list[Piece]:
    """All pieces of a kern file that hold notes.

    Raises BadInput if there are none, TooLarge beyond the caps of `fewnotes.codecs`.
    """
    if len(data) > MAX_FILE_BYTES:
        raise TooLarge(f"The file has {len(data):,} bytes", expected=f"at most {MAX_FILE_BYTES:,}")
    common = FaultLog()
    text = text_of(data, common)
    pieces: list[Piece] = []
    empty = 0
    for document in documents(text):
        piece = _piece(document, options)
        if piece is None:
            empty += 1
        else:
            pieces.append(piece)
    if not pieces:
        raise BadInput("There are no notes in it", expected="a kern score with notes in its **kern spines")
    if empty:
        common.add("empty-piece")
    notices = common.notices()
    return [replace(piece, warnings=notices + piece.warnings) for piece in pieces]


def _piece(document: Document, options: DecodeOptions) -> Piece | None:
    log = FaultLog()
    header = document.lines[0][1]
    split = splitter(header, log)
    reader = SpineReader(log)
    reader.header(split(header))
    for number, line in document.lines[1:]:
        if reader.has_ended:
            log.add("after-end", number)
            break
        reader.feed(number, split(line))
    if not reader.has_ended:
        log.add("not-terminated")
    timed = timeline(reader, log)
    piece = assemble(timed, order_of_play(timed, options.repeats, log), log)
    if piece is None:
        return None
    return check_piece(replace(piece, title=document.title, composer=document.composer, warnings=log.notices()))
