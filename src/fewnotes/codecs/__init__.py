"""What a Piece can become and come back from. One form = one module or folder here, both directions in it.

The contract of a codec module (see `fewnotes.testing.check_codec`):

    SUFFIXES: tuple[str, ...]                       suffixes of files, lower case, with the dot, first the preferred one
    CAN_WRITE: bool
    def sniff(data: bytes) -> bool                  do these bytes look like this form? cheap, never raises
    def decode(data: bytes, options: DecodeOptions) -> list[Piece]
    def encode(piece: Piece) -> Encoded             only where CAN_WRITE

`decode` takes bytes, never a path, and reads nothing else: no file, no network. It raises `BadInput` or
`TooLarge` and nothing else; what it repairs, drops or cannot hold is a `Notice` in the warnings of the Piece.
Its module docstring says what the form cannot hold. `decode` runs in a child process with limits
(`fewnotes.codecs._sandbox`); it must still be linear in its input and keep the caps below, because the
child's limits are the second line of defence, not the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

from fewnotes.music.piece import Notice, Piece

#: Caps on one file; what is beyond raises TooLarge. Counts are per piece unless the name says otherwise.
MAX_FILE_BYTES = 20 * 2**20
MAX_UNPACKED_BYTES = 64 * 2**20
MAX_NOTES = 500_000
MAX_TRACKS = 1024
MAX_PIECES_IN_FILE = 10_000
MAX_END_TICK = 2**31 - 1
MAX_REPEAT_FACTOR = 64


class DecodeOptions(NamedTuple):
    """repeats: play repeats and voltas out (True) or keep the written order once (False)."""

    repeats: bool = True


@dataclass(frozen=True)
class Encoded:
    """A Piece in a form: the bytes, and what the form could not hold."""

    data: bytes
    warnings: tuple[Notice, ...] = ()


@runtime_checkable
class Codec(Protocol):
    SUFFIXES: tuple[str, ...]
    CAN_WRITE: bool

    def sniff(self, data: bytes) -> bool: ...

    def decode(self, data: bytes, options: DecodeOptions) -> list[Piece]: ...
