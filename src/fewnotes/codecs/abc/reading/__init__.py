"""Text to Piece: book, tune header, tune body, order of playing, Piece."""

from __future__ import annotations

from fewnotes.codecs import MAX_NOTES, DecodeOptions
from fewnotes.codecs.abc.reading.assemble import piece_of
from fewnotes.codecs.abc.reading.book import Line, Tune, split_book, text_of
from fewnotes.codecs.abc.reading.faults import Faults
from fewnotes.codecs.abc.reading.tune import TuneReader
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Piece

#: Notes that one book may hold, all tunes together, repeats played out.
_MAX_NOTES_IN_BOOK = 8 * MAX_NOTES


def read_book(data: bytes, options: DecodeOptions) -> list[Piece]:
    """One Piece a tune, in the order of the book.

    A tune without notes, or one that cannot be read, is left out of a book with a Notice on its first Piece.
    Raises BadInput if no tune can be read, TooLarge above the caps.
    """
    faults = Faults()
    book = split_book(text_of(data, faults), faults)
    pieces: list[Piece] = []
    first_error: BadInput | None = None
    held = 0
    for tune in book.tunes:
        where = f"line {tune.lines[0][0]}"
        try:
            piece = _read_tune(tune, book.header, options)
        except TooLarge:
            raise
        except BadInput as error:
            first_error = first_error or error
            faults.add("tune-left-out", where)
            continue
        if piece is None:
            faults.add("tune-without-notes", where)
            continue
        held += len(piece)
        if held > _MAX_NOTES_IN_BOOK:
            raise TooLarge(f"This book holds more than {_MAX_NOTES_IN_BOOK} notes", fix="Split the book")
        pieces.append(piece)
    if not pieces:
        raise first_error or BadInput(
            "This ABC text holds no notes", expected="at least one tune with notes after its K: line", code="no-notes"
        )
    return [pieces[0].with_warnings(faults.notices()), *pieces[1:]]


def _read_tune(tune: Tune, header: list[Line], options: DecodeOptions) -> Piece | None:
    faults = Faults()
    reader = TuneReader(faults)
    reader.read_defaults(header)
    reader.read(tune.lines)
    if tune.left_out:
        faults.add("text-after-tune", f"line {tune.lines[-1][0] + 1}", tune.left_out)
    if tune.has_gap:
        faults.add("empty-line-in-tune", f"line {tune.lines[0][0]}")
    piece = piece_of(reader, options)
    return None if piece is None else piece.with_warnings(faults.notices())
