"""Mutants of real files: damage of the kinds that disks, networks, editors and enemies do. Deterministic."""

from __future__ import annotations

import importlib.util
import io
import os
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("FEWNOTES_SHARED", ROOT.parent / "shared"))
FORMS = ("midi", "musicxml", "mxl", "abc", "kern")
SUFFIXES = {"midi": (".mid",), "musicxml": (".xml", ".musicxml"), "mxl": (".mxl",), "abc": (".abc",), "kern": (".krn",)}
MAX_SEED_BYTES = 40_000
SEED_COUNT = 60
MAX_MUTANT_BYTES = 400_000
MAGIC_BYTES = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\x80\0\0\0")
MAGIC_NUMBERS = (
    "0", "-1", "1", "2", "3", "7", "13", "97", "127", "128", "255", "256", "1000000000", "1e9", "nan", "inf", "-0",
    "0.5", "99999999999999999999", "4294967296", "1/0", "0/0", "3/7", "", "--5", "1.5.2",
)  # fmt: skip
_LEAF = re.compile(rb"<([\w-]+)[^<>]*>[^<>]*</\1>|<[\w-]+[^<>]*/>")
_BRANCH = re.compile(
    rb"<(note|measure|attributes|direction|barline|backup|forward|part|score-part)\b.*?</\1>", re.DOTALL
)
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")
_Bytes = bytearray
_Change = Callable[[_Bytes, random.Random], _Bytes]


def corpus_folders() -> list[Path]:
    """Where real files are: the shared folders of developers, and the corpus inside music21."""
    folders = [SHARED / "corpus_formats", SHARED / "corpus"]
    spec = importlib.util.find_spec("music21")
    if spec is not None and spec.origin is not None:
        folders.append(Path(spec.origin).parent / "corpus")
    return [folder for folder in folders if folder.is_dir()]


class Seed(NamedTuple):
    name: str
    data: bytes


@cache
def seeds_of(form: str) -> tuple[Seed, ...]:
    """Real files of a form, at most 40 kB, over all folders, from small to large and evenly spread in size.

    Loose MusicXML files are rare: half of the seeds of that form are taken out of .mxl files.
    """
    seeds = [Seed(path.name, path.read_bytes()) for path in _spread(SUFFIXES[form])]
    if form == "musicxml":
        for path in _spread((".mxl",)):
            score = next((v for k, v in _members(path.read_bytes()).items() if not k.startswith("META-INF")), b"")
            seeds += [Seed(path.name, score)] if 0 < len(score) <= 3 * MAX_SEED_BYTES else []
    return tuple(seeds[:SEED_COUNT])


def _spread(suffixes: tuple[str, ...]) -> list[Path]:
    chosen: list[Path] = []
    for folder in corpus_folders():
        found = [p for p in folder.rglob("*") if p.suffix.lower() in suffixes]
        small = [p for size, _, p in sorted((p.stat().st_size, p.name, p) for p in found) if size <= MAX_SEED_BYTES]
        step = max(1, len(small) // (SEED_COUNT // 2))
        chosen += small[::step][: SEED_COUNT // 2]
    return chosen


def make_mutant(form: str, number: int, seeds: tuple[Seed, ...]) -> tuple[bytes, str]:
    """Mutant `number` of a form, and the name of the file it was made from."""
    chance = random.Random(f"{form}:{number}")
    seed = seeds[chance.randrange(len(seeds))]
    if form == "mxl" and chance.random() < 0.6:
        return _damage_inside(seed.data, chance), seed.name
    return bytes(_damage(bytearray(seed.data), chance, _CHANGES[form])[:MAX_MUTANT_BYTES]), seed.name


def _damage(data: _Bytes, chance: random.Random, changes: tuple[_Change, ...]) -> _Bytes:
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        if not data:
            break
        change = chance.choice(changes if chance.random() < 0.8 else _BYTE_CHANGES)
        data = change(data, chance)[:MAX_MUTANT_BYTES]
    return data


def _damage_inside(data: bytes, chance: random.Random) -> bytes:
    """An .mxl whose zip is whole but whose members are not."""
    members = _members(data)
    if not members:
        return data
    victim = chance.choice([name for name in members if name.endswith("xml")] or list(members))
    out = io.BytesIO()
    method = chance.choice((zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED))
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            if name == victim:
                content = bytes(_damage(bytearray(content), chance, _XML_CHANGES))
            archive.writestr(zipfile.ZipInfo(name), content, method)
            if chance.random() < 0.03:
                archive.writestr(zipfile.ZipInfo("../" + name), content[:100], method)
    return out.getvalue()


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, zlib.error):
        return {}


# --- damage to bytes ------------------------------------------------------------------------------------------------


def _block(data: _Bytes, chance: random.Random, largest: int = 2000) -> tuple[int, int]:
    start = chance.randrange(len(data))
    return start, min(len(data), start + chance.randrange(1, min(largest, len(data)) + 1))


def _flip(data: _Bytes, chance: random.Random) -> _Bytes:
    for _ in range(chance.choice((1, 1, 2, 8, 40))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return data


def _random_bytes(data: _Bytes, chance: random.Random) -> _Bytes:
    for _ in range(chance.choice((1, 4, 30))):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return data


def _magic_bytes(data: _Bytes, chance: random.Random) -> _Bytes:
    start, magic = chance.randrange(len(data)), chance.choice(MAGIC_BYTES)
    data[start : start + len(magic)] = magic
    return data


def _cut(data: _Bytes, chance: random.Random) -> _Bytes:
    start, end = _block(data, chance)
    return data[:start] + data[end:]


def _truncate(data: _Bytes, chance: random.Random) -> _Bytes:
    return data[: chance.randrange(len(data))]


def _insert(data: _Bytes, chance: random.Random) -> _Bytes:
    start = chance.randrange(len(data))
    return data[:start] + chance.randbytes(chance.choice((1, 2, 16, 300))) + data[start:]


def _double(data: _Bytes, chance: random.Random) -> _Bytes:
    start, end = _block(data, chance)
    return data[:end] + data[start:end] * chance.choice((1, 1, 3, 60)) + data[end:]


def _swap(data: _Bytes, chance: random.Random) -> _Bytes:
    (a, b), (c, d) = sorted((_block(data, chance), _block(data, chance)))
    return data if b > c else data[:a] + data[c:d] + data[b:c] + data[a:b] + data[d:]


# --- damage to text -------------------------------------------------------------------------------------------------


def _number(data: _Bytes, chance: random.Random) -> _Bytes:
    spots = [match.span() for match in _NUMBER.finditer(data)]
    for _ in range(chance.choice((1, 1, 2, 10))):
        if not spots:
            break
        start, end = spots.pop(chance.randrange(len(spots)))
        data = data[:start] + chance.choice(MAGIC_NUMBERS).encode() + data[end:]
        spots = [spot for spot in spots if spot[1] <= start]
    return data


def _same_number(data: _Bytes, chance: random.Random) -> _Bytes:
    """One value of a number changed everywhere it stands, as an editor's search and replace does."""
    found = _NUMBER.findall(data)
    if not found:
        return data
    old, new = bytes(chance.choice(found)), chance.choice(MAGIC_NUMBERS).encode()
    return bytearray(re.sub(rb"(?<!\d)" + re.escape(old) + rb"(?!\d)", lambda _: new, data))


def _lines(data: _Bytes) -> list[bytes]:
    lines = bytes(data).splitlines(keepends=True)
    return lines if len(lines) > 3 else [part + b">" for part in bytes(data).split(b">")]


def _swap_lines(data: _Bytes, chance: random.Random) -> _Bytes:
    lines = _lines(data)
    a, b = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[a], lines[b] = lines[b], lines[a]
    return bytearray(b"".join(lines))


def _drop_lines(data: _Bytes, chance: random.Random) -> _Bytes:
    lines = _lines(data)
    start = chance.randrange(len(lines))
    del lines[start : start + chance.choice((1, 1, 2, 10))]
    return bytearray(b"".join(lines))


def _repeat_lines(data: _Bytes, chance: random.Random) -> _Bytes:
    lines = _lines(data)
    start = chance.randrange(len(lines))
    block = lines[start : start + chance.choice((1, 1, 2, 10))]
    return bytearray(b"".join([*lines[:start], *block * chance.choice((2, 5, 200)), *lines[start:]]))


def _move_token(data: _Bytes, chance: random.Random) -> _Bytes:
    """One token takes the place of another from the same file."""
    tokens = [match.span() for match in re.finditer(rb"[^\s<>]+", data)]
    if len(tokens) < 2:
        return data
    (a, b), (c, d) = chance.choice(tokens), chance.choice(tokens)
    return data[:a] + data[c:d] + data[b:]


def _sign(data: _Bytes, chance: random.Random) -> _Bytes:
    """A sign that means something in one of the forms, where it should not stand."""
    start = chance.randrange(len(data))
    sign = chance.choice(
        ("\t", "\n", "\r", " ", "*^", "*v", "*-", "=:|!", "!!", "**kern", "|:", ":|", "[", "]", "(", "(3", "{", '"',
         "&", "<", ">", "/", "\\", "K:", "X:2\n", "V:2\n", "%%", "\ufeff", "\u00e9", "\u266d", "\0", "-" * 50, "c" * 50)
    )  # fmt: skip
    return data[:start] + sign.encode() + data[start + chance.choice((0, 0, 1)) :]


# --- damage to XML that leaves it well formed -------------------------------------------------------------------------


def _leaf(data: _Bytes, chance: random.Random) -> _Bytes:
    """An element without children is dropped, doubled, or put in the place of another."""
    return _graft(data, chance, [match.span() for match in _LEAF.finditer(data)])


def _branch(data: _Bytes, chance: random.Random) -> _Bytes:
    """The same for notes, bars, parts and what stands between notes."""
    return _graft(data, chance, [match.span() for match in _BRANCH.finditer(data)])


def _graft(data: _Bytes, chance: random.Random, spots: list[tuple[int, int]]) -> _Bytes:
    if not spots:
        return data
    (a, b), (c, d) = chance.choice(spots), chance.choice(spots)
    kind = chance.randrange(4)
    if kind == 0:
        return data[:a] + data[b:]
    if kind == 1:
        return data[:b] + data[a:b] * chance.choice((1, 2, 40)) + data[b:]
    return data[:a] + data[c:d] + data[b:] if kind == 2 else data[:b] + data[c:d] + data[b:]


_BYTE_CHANGES: tuple[_Change, ...] = (_flip, _random_bytes, _magic_bytes, _cut, _truncate, _insert, _double, _swap)
_TEXT_CHANGES: tuple[_Change, ...] = (
    _number, _number, _same_number, _swap_lines, _drop_lines, _repeat_lines, _move_token, _move_token, _sign, _sign,
)  # fmt: skip
_XML_CHANGES: tuple[_Change, ...] = (
    _leaf, _leaf, _leaf, _branch, _branch, _number, _number, _number, _same_number, _same_number, _repeat_lines,
    _drop_lines, _swap_lines, _move_token, _sign,
)  # fmt: skip
_CHANGES = {
    "midi": _BYTE_CHANGES, "mxl": _BYTE_CHANGES, "musicxml": _XML_CHANGES, "abc": _TEXT_CHANGES, "kern": _TEXT_CHANGES,
}  # fmt: skip
