"""The container of a style file: named arrays and one JSON header as safetensors, checked byte for byte.

    8 bytes            length of the safetensors header, little-endian
    safetensors header {"__metadata__": {"fewnotes": "<our header as JSON text>"}, "<array>": {...}, ...}
    arrays             one after the other, no gaps

Our header begins with "digest": SHA-256 over all bytes up to the arrays, its own 64 digits taken as zeros. It
holds "arrays_sha256", SHA-256 over the bytes of the arrays, and "arrays": name -> [dtype, shape]. So each byte
of the file is under a digest, and the header can be trusted without reading the arrays.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fewnotes.errors import DamagedStyle, NotPossible, TooLarge
from fewnotes.style_file import strict_json

MAX_FILE_BYTES = 64 * 2**20
MAX_HEADER_BYTES = 2**20
MAX_ARRAYS = 4096
#: dtypes that may stand in a file, as safetensors names them
DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "BOOL": "|b1",
}
_NAMES = {numpy_name: name for name, numpy_name in DTYPES.items()}
_KEY = "fewnotes"
#: Where the digest stands. A quote that is not escaped cannot occur within a JSON string, so this is found once.
_MARK = b'"fewnotes":"{\\"digest\\":\\"'
_DIGITS = 64

Arrays = dict[str, NDArray[Any]]


def damaged(what: str, expected: str = "") -> DamagedStyle:
    """The one way to say that a file does not verify."""
    return DamagedStyle(
        what,
        expected=expected or "a .style file as fewnotes wrote it",
        fix="Use another version or copy of the style, or learn it again from its pieces",
    )


def pack(header: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The bytes of a file. The same content gives the same bytes.

    Raises TooLarge where a cap would be passed, NotPossible where an array cannot be held.
    """
    from safetensors.numpy import save

    for name, array in arrays.items():
        if fault := array_fault(array):
            raise NotPossible(f"This style cannot be kept: the array {name!r} holds {fault}")
    if len(arrays) > MAX_ARRAYS:
        raise TooLarge(f"This style has {len(arrays)} arrays", expected=f"at most {MAX_ARRAYS}")
    body = dict(header) | {"arrays": {name: [_NAMES[a.dtype.str], list(a.shape)] for name, a in arrays.items()}}
    # The arrays are laid out first, with a header of no content: only then is their digest known.
    laid_out = save(dict(arrays), {})
    body["arrays_sha256"] = hashlib.sha256(laid_out[8 + int.from_bytes(laid_out[:8], "little") :]).hexdigest()
    rest = json.dumps(body, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    text = '{"digest":"' + "0" * _DIGITS + '",' + rest[1:]
    data: bytes = save(dict(arrays), {_KEY: text})
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES or len(data) > MAX_FILE_BYTES:
        raise TooLarge(
            f"This style takes {len(data):,} bytes, its header {length:,}",
            expected=f"at most {MAX_FILE_BYTES:,} and {MAX_HEADER_BYTES:,}",
            fix="Learn from fewer or shorter pieces",
        )
    start = data.index(_MARK, 0, 8 + length) + len(_MARK)
    digest = hashlib.sha256(data[: 8 + length]).hexdigest().encode()
    return data[:start] + digest + data[start + _DIGITS :]


def unpack_header(data: bytes, size: int) -> tuple[dict[str, Any], int]:
    """Our header, verified against its digest, and where the arrays begin.

    data: the first bytes of the file, at least up to the arrays or its end. size: bytes of the whole file.
    Raises DamagedStyle.
    """
    if size > MAX_FILE_BYTES:
        raise damaged(f"The file has {size:,} bytes", f"at most {MAX_FILE_BYTES:,}")
    if size < 8 or len(data) < 8:
        raise damaged("The file is too short to be a style")
    length = int.from_bytes(data[:8], "little")
    if length > MAX_HEADER_BYTES or 8 + length > min(size, len(data)):
        raise damaged("The file is no style, or cut off: its header does not fit in it")
    begin = 8 + length
    entries = _entries(data[8:begin])
    metadata = entries.pop("__metadata__", None)
    if not isinstance(metadata, dict) or list(metadata) != [_KEY] or not isinstance(metadata[_KEY], str):
        raise damaged("The file holds arrays, but no style")
    _check_layout(entries, size - begin)
    header = _json(metadata[_KEY])
    _check_header_digest(data[:begin], header)
    declared = header.get("arrays")
    if declared != {name: [entry["dtype"], entry["shape"]] for name, entry in entries.items()}:
        raise damaged("The arrays are not those the header declares")
    return header, begin


def unpack_arrays(data: bytes, header: Mapping[str, Any], begin: int) -> Arrays:
    """The arrays of a file whose header is verified. Raises DamagedStyle."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    if hashlib.sha256(memoryview(data)[begin:]).hexdigest() != header.get("arrays_sha256"):
        raise damaged("The arrays were changed or damaged: their digest is another")
    try:
        loaded = load(data)
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise damaged(f"The arrays cannot be read: {error}") from error
    arrays: Arrays = {name: loaded[name] for name in header["arrays"]}
    for name, array in arrays.items():
        if fault := array_fault(array):
            raise damaged(f"The array {name!r} holds {fault}")
        array.flags.writeable = False
    return arrays


def array_fault(array: NDArray[Any]) -> str:
    """Why an array may not stand in a style file; empty if it may."""
    kind = array.dtype.str
    if kind not in _NAMES:
        return f"values of type {array.dtype}, not one of {', '.join(DTYPES)}"
    if kind == "|b1" and array.size and int(array.view(np.uint8).max()) > 1:
        return "truth values that are neither 0 nor 1"
    if array.dtype.kind == "f" and not bool(np.isfinite(array).all()):
        return "values that are not finite"
    return ""


def _json(text: str) -> dict[str, Any]:
    try:
        found = strict_json.loads(text)
    except (ValueError, RecursionError) as error:
        raise damaged(f"The header is no JSON of ours: {error}") from error
    if not isinstance(found, dict):
        raise damaged("The header is no JSON object")
    return found


def _entries(raw: bytes) -> dict[str, Any]:
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise damaged("The file is no style: its header is not text") from error
    return _json(text)


def _check_layout(entries: Mapping[str, Any], size: int) -> None:
    """Each array has a known dtype and a shape that fills its bytes, and together they fill the file exactly."""
    if len(entries) > MAX_ARRAYS:
        raise damaged(f"The file declares {len(entries):,} arrays", f"at most {MAX_ARRAYS}")
    spans = []
    for name, entry in entries.items():
        if not isinstance(entry, dict) or sorted(entry) != ["data_offsets", "dtype", "shape"]:
            raise damaged(f"The array {name!r} is not declared as safetensors does")
        kind, shape, span = entry["dtype"], entry["shape"], entry["data_offsets"]
        if not isinstance(kind, str) or kind not in DTYPES:
            raise damaged(f"The array {name!r} is of type {kind}", f"one of {', '.join(DTYPES)}")
        if not _whole(shape) or not _whole(span) or len(shape) > 8 or len(span) != 2:
            raise damaged(f"The array {name!r} has no proper shape or place")
        count = np.dtype(DTYPES[kind]).itemsize
        for length in shape:
            count *= length
        if span[1] - span[0] != count or span[1] > size:
            raise damaged(f"The shape of the array {name!r} does not fit its bytes")
        spans.append(tuple(span))
    end = 0
    for start, stop in sorted(spans):
        if start != end:
            raise damaged("The arrays overlap or leave gaps")
        end = stop
    if end != size:
        raise damaged("There are bytes behind the arrays, or some are missing", f"{end:,} bytes of arrays")


def _whole(values: Any) -> bool:
    return isinstance(values, list) and all(type(v) is int and 0 <= v <= MAX_FILE_BYTES for v in values)


def _check_header_digest(data: bytes, header: Mapping[str, Any]) -> None:
    start = data.find(_MARK)
    if start < 0:
        raise damaged("The header carries no digest")
    start += len(_MARK)
    claimed = data[start : start + _DIGITS]
    found = hashlib.sha256(data[:start] + b"0" * _DIGITS + data[start + _DIGITS :]).hexdigest()
    if claimed != found.encode() or header.get("digest") != found:
        raise damaged("The header was changed or damaged: its digest is another")
