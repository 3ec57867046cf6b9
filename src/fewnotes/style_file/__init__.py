"""A Style as the bytes of a `.style` file, and back, checked from the outside in.

In this order: size, length of the header, JSON (depth, keys, numbers), arrays (count, types, shapes, gaps), digest
of the header, format version, digest of the arrays, finite values, the pieces of the support set, and at last the
digest of the style. What does not verify raises DamagedStyle; nothing is ever unpickled or run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fewnotes.errors import BadParameter, DamagedStyle
from fewnotes.style import FORMAT_VERSION, Part, Style, created_now
from fewnotes.style_file.container import (
    MAX_FILE_BYTES,
    MAX_HEADER_BYTES,
    Arrays,
    damaged,
    pack,
    unpack_arrays,
    unpack_header,
)
from fewnotes.style_file.pieces import MAX_WORD_LENGTH, layout, pack_pieces, unpack_pieces

__all__ = ["HEAD_BYTES", "MAX_FILE_BYTES", "StyleFacts", "decode_style", "encode_style", "style_facts"]

#: Enough of the beginning of a file for `style_facts`.
HEAD_BYTES = 8 + MAX_HEADER_BYTES
#: The first fewnotes that reads files of FORMAT_VERSION.
_NEEDS = "0.1.0"
_TEXTS = {"digest": 64, "arrays_sha256": 64, "style_digest": 64, "name": 400, "created": 40, "needs": 20}
_KEYS = {*_TEXTS, "format_version", "arrays", "profile", "provenance", "parts", "words", "counts"}


@dataclass(frozen=True)
class StyleFacts:
    """What the header of a style file says: enough to list it without reading its arrays."""

    name: str
    created: str
    digest: str
    pieces: int
    notes: int
    engines: tuple[str, ...]


def encode_style(style: Style) -> bytes:
    """The bytes of a style file. The same style with the same name and date gives the same bytes.

    Raises TooLarge where a cap would be passed, BadInput, BadParameter or NotPossible if a piece, value or array
    cannot be held.
    """
    arrays, words = pack_pieces(style.support)
    for engine, part in style.parts.items():
        if "/" in engine:
            raise BadParameter(f"There is no engine {engine!r}", expected="a name without slashes")
        arrays |= {f"part/{engine}/{name}": array for name, array in part.arrays.items()}
    header = {
        "format_version": FORMAT_VERSION,
        "needs": _NEEDS,
        "name": style.name,
        "created": style.created or created_now(),
        "style_digest": style.digest,
        "counts": {"pieces": len(style.support), "notes": sum(len(p.notes) for p in style.support)},
        "profile": style.profile,
        "provenance": style.provenance,
        "parts": {
            engine: {"values": part.values, "summary": list(part.summary)} for engine, part in style.parts.items()
        },
        "words": words,
    }
    return pack(header, arrays)


def decode_style(data: bytes) -> Style:
    """The style in the bytes of a file. Raises DamagedStyle if anything does not verify."""
    header, begin = unpack_header(data, len(data))
    _check_schema(header)
    arrays = unpack_arrays(data, header, begin)
    support = unpack_pieces(arrays, header["words"])
    parts = _parts(header["parts"], arrays)
    try:
        style = Style(header["name"], support, parts, header["profile"], header["created"], header["provenance"])
    except BadParameter as error:
        raise damaged(f"The header does not hold a style: {error.what}") from error
    if style.digest != header["style_digest"]:
        raise damaged("The style is not the one its header names: its digest is another")
    return style


def style_facts(head: bytes, size: int) -> StyleFacts:
    """What the header of a file says, verified against its digest; the arrays are not looked at.

    head: the first HEAD_BYTES of the file, or all of it. size: bytes of the whole file. Raises DamagedStyle.
    """
    header, _ = unpack_header(head, size)
    _check_schema(header)
    counts = header["counts"]
    return StyleFacts(
        header["name"],
        header["created"],
        header["style_digest"],
        counts["pieces"],
        counts["notes"],
        tuple(header["parts"]),
    )


def _check_schema(header: Mapping[str, Any]) -> None:
    """Every key is there, no other, and each holds what it should. Raises DamagedStyle naming the key."""
    version = header.get("format_version")
    if type(version) is not int or version < 1:
        raise damaged("The header names no format version", f"format_version 1 to {FORMAT_VERSION}")
    if version > FORMAT_VERSION:
        raise _later(version, header.get("needs"))
    if set(header) != _KEYS:
        odd = sorted(set(header) ^ _KEYS)
        raise damaged(f"The header has missing or unknown keys: {', '.join(odd)}")
    for key, length in _TEXTS.items():
        if not isinstance(header[key], str) or len(header[key]) > length:
            raise damaged(f"{key} in the header is not a text of at most {length} letters")
    for key in ("profile", "provenance", "parts", "counts"):
        if not isinstance(header[key], dict):
            raise damaged(f"{key} in the header is not an object")
    counts = header["counts"]
    if sorted(counts) != ["notes", "pieces"] or not all(type(v) is int and v >= 0 for v in counts.values()):
        raise damaged("counts in the header are not numbers of pieces and notes")
    if not _texts(header["words"]) or any(len(w) > MAX_WORD_LENGTH for w in header["words"]):
        raise damaged("words in the header is not a list of short texts")
    for engine, part in header["parts"].items():
        if not isinstance(part, dict) or sorted(part) != ["summary", "values"] or "/" in engine:
            raise damaged(f"parts.{engine} in the header is not a part")
        if not isinstance(part["values"], dict) or not _texts(part["summary"]):
            raise damaged(f"parts.{engine} in the header does not hold values and a summary")


def _later(version: int, needs: Any) -> DamagedStyle:
    known = isinstance(needs, str) and re.fullmatch(r"\d{1,5}(\.\d{1,5}){0,3}", needs, re.ASCII)
    return DamagedStyle(
        f"This style needs fewnotes >= {needs if known else 'a later version'} (format version {version})",
        expected=f"format version 1 to {FORMAT_VERSION}",
        fix="Update fewnotes; the file is whole",
        code="style-from-later-version",
    )


def _texts(values: Any) -> bool:
    return isinstance(values, list) and all(isinstance(v, str) for v in values)


def _parts(declared: Mapping[str, Any], arrays: Arrays) -> dict[str, Part]:
    """The parts, each with its own arrays. Every array belongs to the support set or to a part."""
    own: dict[str, Arrays] = {engine: {} for engine in declared}
    support = layout()
    for key, array in arrays.items():
        kind, _, rest = key.partition("/")
        engine, slash, name = rest.partition("/")
        if kind == "part" and slash and engine in own:
            own[engine][name] = array
        elif key not in support:
            raise damaged(f"The array {key!r} belongs to no part of the style")
    try:
        return {engine: Part(own[engine], p["values"], tuple(p["summary"])) for engine, p in declared.items()}
    except BadParameter as error:
        raise damaged(f"The header does not hold a style: {error.what}") from error
