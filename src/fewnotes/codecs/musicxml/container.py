"""MXL: a zip archive around one MusicXML file. Nothing is ever written to disk, and no name is a path.

Guards: number of members, overlap, encryption, method, ratio and unpacked size (counted while unpacking,
never believed from the directory), checksum, archives inside archives.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from itertools import pairwise

from fewnotes.codecs import MAX_UNPACKED_BYTES
from fewnotes.codecs.musicxml.reading.stream import tree
from fewnotes.errors import BadInput, TooLarge
from fewnotes.music.piece import Notice

#: Directory entries of any kind, and entries that hold something.
MAX_ENTRIES = 4096
MAX_MEMBERS = 64
MAX_RATIO = 200
#: Below this size the ratio says nothing.
_RATIO_FLOOR_BYTES = 2**20
_CHUNK_BYTES = 2**16
_CONTAINER = "meta-inf/container.xml"
_SCORE_SUFFIXES = (".musicxml", ".xml")


def is_zip(data: bytes) -> bool:
    return data[:4] == b"PK\x03\x04" or (data[:2] != b"<?" and b"PK\x05\x06" in data[-66_000:])


def unpack(data: bytes) -> tuple[bytes, list[Notice]]:
    """The score inside an MXL archive, and what was amiss with the archive.

    Raises BadInput or TooLarge.
    """
    if data.count(b"PK\x01\x02") > MAX_ENTRIES:
        raise TooLarge(f"The archive lists more than {MAX_ENTRIES} files", expected="one score", code="zip-members")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _score(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
        raise BadInput(
            f"The MXL archive is damaged: {error}",
            expected="a zip archive with a MusicXML score",
            fix="Download or export it again",
            code="zip-broken",
        ) from None
    except RuntimeError as error:
        raise BadInput(f"The MXL archive cannot be opened: {error}", code="zip-broken") from None


def compress(data: bytes) -> bytes:
    """An MXL archive around a MusicXML file; the same bytes for the same score."""
    container = (
        b'<?xml version="1.0" encoding="UTF-8"?>\n<container><rootfiles>'
        b'<rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>'
        b"</rootfiles></container>\n"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        members = (
            ("mimetype", b"application/vnd.recordare.musicxml", zipfile.ZIP_STORED),
            ("META-INF/container.xml", container, zipfile.ZIP_DEFLATED),
            ("score.musicxml", data, zipfile.ZIP_DEFLATED),
        )
        for name, content, method in members:
            member = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = method
            member.external_attr = 0o644 << 16
            member.create_system = 3
            archive.writestr(member, content)
    return out.getvalue()


def _score(archive: zipfile.ZipFile) -> tuple[bytes, list[Notice]]:
    members = [m for m in archive.infolist() if m.file_size and not m.is_dir()]
    if len(members) > MAX_MEMBERS:
        raise TooLarge(f"The archive holds {len(members)} files", expected=f"at most {MAX_MEMBERS}", code="zip-members")
    _refuse_overlap(archive.infolist())
    by_name: dict[str, zipfile.ZipInfo] = {}
    for member in members:
        by_name.setdefault(_plain(member.filename), member)
    member, notices = _chosen(archive, by_name)
    score = _read(archive, member)
    if score[:4] == b"PK\x03\x04":
        raise BadInput("The archive holds another archive instead of a score", code="zip-nested")
    return score, notices


def _plain(name: str) -> str:
    """How names are compared: container and directory often differ in case and slashes."""
    return name.replace("\\", "/").removeprefix("./").casefold()


def _chosen(archive: zipfile.ZipFile, by_name: dict[str, zipfile.ZipInfo]) -> tuple[zipfile.ZipInfo, list[Notice]]:
    """The member that container.xml names; failing that, the first that looks like a score."""
    amiss = "The archive has no META-INF/container.xml"
    if _CONTAINER in by_name:
        try:
            root = tree(_read(archive, by_name[_CONTAINER]))
            paths = [e.get("full-path", "") for e in root.iter("rootfile")]
            found = [by_name[_plain(p)] for p in paths if _plain(p) in by_name]
            if found:
                return found[0], []
            amiss = "The archive's container.xml names no file that is there"
        except BadInput as error:
            if isinstance(error, TooLarge):
                raise
            amiss = "The archive's container.xml cannot be read"
    scores = [m for n, m in by_name.items() if n.endswith(_SCORE_SUFFIXES) and not n.startswith("meta-inf/")]
    if not scores:
        raise BadInput(f"{amiss}, and no other file in it looks like a score", expected="a MusicXML score inside")
    return scores[0], [Notice("mxl-container", f"{amiss}; took the first score in it")]


def _refuse_overlap(members: list[zipfile.ZipInfo]) -> None:
    """Entries that share bytes are how a small archive unpacks to a huge one."""
    spans = sorted(
        (m.header_offset, m.header_offset + 30 + len(m.filename.encode("utf-8", "replace")) + m.compress_size)
        for m in members
        if m.compress_size
    )
    for (_, end), (start, _) in pairwise(spans):
        if start < end - 8:
            raise TooLarge(
                "Files in the archive overlap each other", expected="an ordinary MXL file", code="zip-overlap"
            )


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    """Unpack in small pieces and stop at the cap; zipfile checks the checksum at the end."""
    if member.flag_bits & 1:
        raise BadInput("The MXL archive is encrypted", expected="an archive without a password", code="zip-encrypted")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadInput(f"The MXL archive uses compression method {member.compress_type}", expected="deflate")
    limit = min(MAX_UNPACKED_BYTES, max(_RATIO_FLOOR_BYTES, MAX_RATIO * member.compress_size))
    pieces, size = [], 0
    with archive.open(member) as opened:
        while piece := opened.read(_CHUNK_BYTES):
            size += len(piece)
            if size > limit:
                raise TooLarge(
                    f"The score in the archive unpacks to more than {limit:,} bytes",
                    expected=f"at most {MAX_UNPACKED_BYTES:,} bytes and {MAX_RATIO} times the packed size",
                    code="zip-bomb",
                )
            pieces.append(piece)
    return b"".join(pieces)
