"""MXL archives: what is inside is found, what is hostile is refused."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from fewnotes.codecs import DecodeOptions
from fewnotes.codecs.musicxml import compress, decode, sniff
from fewnotes.errors import BadInput, TooLarge

NOTE = "<note><pitch><step>C</step><octave>4</octave></pitch><duration>1</duration></note>"
SCORE = (
    "<?xml version='1.0'?><score-partwise><part-list><score-part id='P1'><part-name/></score-part></part-list>"
    f"<part id='P1'><measure number='1'><attributes><divisions>1</divisions></attributes>{NOTE * 4}</measure></part>"
    "</score-partwise>"
).encode()


def container(path):
    return f"<container><rootfiles><rootfile full-path='{path}'/></rootfiles></container>".encode()


def archive(members, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as opened:
        for name, content in members:
            opened.writestr(name, content)
    return out.getvalue()


def read(data):
    return decode(data, DecodeOptions())[0]


def test_what_compress_packs_is_read_and_packed_the_same_again():
    packed = compress(SCORE)
    assert packed == compress(SCORE)
    assert sniff(packed)
    assert len(read(packed)) == 4
    assert read(packed).warnings == ()
    assert zipfile.ZipFile(io.BytesIO(packed)).namelist()[:2] == ["mimetype", "META-INF/container.xml"]


def test_the_container_says_which_file_is_the_score():
    other = SCORE.replace(NOTE.encode() * 4, NOTE.encode())
    data = archive([("a.xml", other), ("META-INF/container.xml", container("b/Öde.xml")), ("b/Öde.xml", SCORE)])
    assert len(read(data)) == 4


@pytest.mark.parametrize(
    "members",
    [
        [("score.xml", SCORE)],
        [("META-INF/container.xml", b"<container><broken"), ("score.xml", SCORE)],
        [("META-INF/container.xml", container("../../etc/passwd")), ("score.musicxml", SCORE)],
    ],
)
def test_without_a_usable_container_the_first_score_is_taken_and_told(members):
    piece = read(archive(members))
    assert len(piece) == 4
    assert [w.code for w in piece.warnings] == ["mxl-container"]


def test_letter_case_does_not_hide_the_container():
    data = archive([("meta-inf/Container.XML", container("Score.XML")), ("score.xml", SCORE)])
    assert read(data).warnings == ()


def test_many_empty_members_are_no_harm_and_many_full_ones_are_refused():
    empty = [(f"e{i}", b"") for i in range(1500)]
    assert len(read(archive([("META-INF/container.xml", container("s.xml")), ("s.xml", SCORE), *empty]))) == 4
    with pytest.raises(TooLarge):
        read(archive([("s.xml", SCORE)] + [(f"f{i}", b"x") for i in range(100)]))


def test_a_member_that_unpacks_to_far_more_than_it_is_packed_is_refused():
    with pytest.raises(TooLarge, match="unpacks"):
        read(archive([("s.xml", b"<!--" + b" " * 8_000_000 + b"-->" + SCORE)]))


def test_an_archive_in_an_archive_is_refused():
    with pytest.raises(BadInput, match="another archive"):
        read(archive([("s.xml", archive([("s.xml", SCORE)]))]))


def test_a_wrong_checksum_is_bad_input():
    data = bytearray(archive([("s.xml", SCORE)], zipfile.ZIP_STORED))
    data[data.index(b"<step>C") + 6] ^= 1
    with pytest.raises(BadInput):
        read(bytes(data))


def patched(data, offset_local, offset_central, value):
    """Overwrite a two-byte field in every local and central header."""
    out = bytearray(data)
    for signature, offset in ((b"PK\x03\x04", offset_local), (b"PK\x01\x02", offset_central)):
        place = out.find(signature)
        while place >= 0:
            out[place + offset : place + offset + 2] = struct.pack("<H", value)
            place = out.find(signature, place + 4)
    return bytes(out)


@pytest.mark.parametrize(("local", "central", "value"), [(6, 8, 1), (8, 10, 99), (8, 10, 12)])
def test_encryption_and_unknown_methods_are_bad_input(local, central, value):
    with pytest.raises(BadInput):
        read(patched(archive([("s.xml", SCORE)]), local, central, value))


def test_overlapping_members_are_refused():
    data = bytearray(archive([("a.xml", SCORE), ("b.xml", SCORE)]))
    second = data.find(b"PK\x01\x02", data.find(b"PK\x01\x02") + 4)
    data[second + 42 : second + 46] = struct.pack("<I", 0)
    with pytest.raises(BadInput):
        read(bytes(data))


@pytest.mark.parametrize("cut", [10, 60, 200])
def test_a_cut_archive_is_bad_input(cut):
    with pytest.raises(BadInput):
        read(compress(SCORE)[:-cut])
