"""Header and chunks of a MIDI file that need not be in order: what wraps it, what lies about its length."""

from __future__ import annotations

from typing import NamedTuple

from fewnotes.codecs.midi.repairs import Repairs
from fewnotes.errors import BadInput, TooLarge

_SEARCHED_BYTES = 65_536
_MOST_CHUNKS = 65_535
#: SMPTE frames a second by the number that stands in the header; 29 means 30 with dropped frames, 29.97.
_FRAMES_PER_SECOND = {24: 24.0, 25: 25.0, 29: 30_000 / 1001, 30: 30.0}


class Division(NamedTuple):
    """ticks_per_quarter; quarters_per_minute is given for SMPTE time only, where tempos do not count."""

    ticks_per_quarter: int
    quarters_per_minute: float | None = None


class Chunk(NamedTuple):
    """Where the events of a MIDI track are. stated: where they end by the length the track states.

    Where that is no other chunk and not the end, `stop` is the next `MTrk`.
    """

    start: int
    stop: int
    stated: int


def find_start(data: bytes) -> int:
    """Offset of `MThd`, -1 if there is none near the beginning."""
    if data.startswith(b"MThd"):
        return 0
    return data.find(b"MThd", 0, _SEARCHED_BYTES)


def unwrap(data: bytes, repairs: Repairs) -> bytes:
    """The bytes from `MThd` on, out of a RIFF file or with strange bytes before them.

    Raises BadInput where there is no header.
    """
    start = find_start(data)
    if start < 0 or len(data) - start < 14:
        raise BadInput(
            "This is not a MIDI file, or only the first bytes of one",
            expected="a header that begins with MThd and 14 bytes at least",
            fix="Check that the download or copy is complete and the file is what its name says",
            code="no-midi-header",
        )
    if start == 0:
        return data
    if data.startswith(b"RIFF"):
        length = int.from_bytes(data[start - 4 : start], "little")
        return data[start : start + length] if length >= 14 else data[start:]
    repairs.add("leading-bytes", f"{start} bytes before the MIDI header were passed over", "byte 0")
    return data[start:]


def read_division(division: int, repairs: Repairs) -> Division:
    """The unit of time. Raises BadInput for a division nothing can be timed by."""
    if 0 < division < 0x8000:
        return Division(division)
    frames = _FRAMES_PER_SECOND.get(256 - (division >> 8)) if division else None
    per_frame = division & 0xFF
    if frames is None or per_frame == 0:
        raise BadInput(
            f"The header of this MIDI file gives no unit of time (division {division:#06x})",
            expected="ticks a quarter from 1 to 32767, or SMPTE time of 24, 25, 29 or 30 frames a second",
            fix="Export the file again from the program it came from",
            code="no-division",
        )
    ticks_per_second = frames * per_frame
    ticks_per_quarter = max(1, round(ticks_per_second / 2))
    repairs.add(
        "smpte-time",
        f"Times are in SMPTE frames ({frames:g} a second), not in beats; a quarter is taken for half a second",
        "header",
    )
    return Division(ticks_per_quarter, round(60 * ticks_per_second / ticks_per_quarter, 3))


def find_chunks(data: bytes, repairs: Repairs) -> list[Chunk]:
    """Tracks in order; `data` begins with `MThd`. A length that leads nowhere is replaced by the next `MTrk`.

    Raises BadInput where there is no track.
    """
    header = int.from_bytes(data[4:8], "big")
    if not 6 <= header <= len(data) - 8:
        raise BadInput(
            f"The MIDI header states a length of {header:,} bytes",
            expected="6 bytes",
            fix="The file is damaged or no MIDI file; export it again",
            code="bad-midi-header",
        )
    chunks: list[Chunk] = []
    position, size = 8 + header, len(data)
    while position + 8 <= size:
        tag = data[position : position + 4]
        stop = position + 8 + int.from_bytes(data[position + 4 : position + 8], "big")
        if tag == b"MThd":
            repairs.add("second-file", "Another MIDI file follows in the same file; it is left out", f"byte {position}")
            break
        if tag == b"MTrk":
            is_exact = stop == size or (stop < size and _is_chunk(data, stop))
            stated = stop
            if not is_exact:
                stop = _next_track(data, position + 8)
            chunks.append(Chunk(position + 8, stop, stated))
            if len(chunks) > _MOST_CHUNKS:
                raise TooLarge(
                    f"This MIDI file has more than {_MOST_CHUNKS:,} tracks",
                    expected=f"at most {_MOST_CHUNKS:,}, which is all that a header can state",
                    fix="The file is damaged; export or download it again",
                )
        elif not _is_tag(tag) or stop > size:
            following = data.find(b"MTrk", position)
            skipped = (following if following >= 0 else size) - position
            repairs.add(
                "strange-bytes", f"{skipped:,} bytes between tracks are no MIDI; passed over", f"byte {position}"
            )
            stop = position + skipped
        position = stop
    if 0 < size - position < 8:
        repairs.add("strange-bytes", f"{size - position} bytes after the last track; passed over", f"byte {position}")
    if not chunks:
        raise BadInput(
            "This MIDI file has a header but no track",
            expected="at least one MTrk chunk",
            fix="The file is cut off or damaged; export or download it again",
            code="no-tracks",
        )
    return chunks


def _is_tag(tag: bytes) -> bool:
    return len(tag) == 4 and all(32 <= byte < 127 for byte in tag)


def _is_chunk(data: bytes, position: int) -> bool:
    return data.startswith((b"MTrk", b"MThd"), position) or _is_tag(data[position : position + 4])


def _next_track(data: bytes, position: int) -> int:
    found = data.find(b"MTrk", position)
    return found if found >= 0 else len(data)
