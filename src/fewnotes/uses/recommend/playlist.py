"""A list of pieces as a playlist that players open: M3U, or JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from fewnotes.atomic import write_atomic
from fewnotes.errors import BadParameter
from fewnotes.uses.recommend.listed import Recommended

FORMS = (".m3u", ".m3u8", ".json")
PATHS = ("relative", "absolute")


def check_playlist(path: str | None) -> None:
    """Raises BadParameter for a name that is none of a playlist, before anything is listened to."""
    if path is not None and not path.lower().endswith(FORMS):
        raise BadParameter(f"{path} is no name for a playlist", expected=f"a name that ends in {', '.join(FORMS)}")


def write_playlist(pieces: Sequence[Recommended], path: str, paths: str) -> list[str]:
    """Write it whole or not at all; returns the paths it could not hold. paths: relative to the playlist, or absolute.

    Files are named in the bytes the system names them in; for text that is UTF-8 wherever names are. A name with a line
    break cannot stand in M3U. Raises StoreError.
    """
    folder = os.path.dirname(os.path.abspath(path))  # noqa: PTH100, PTH120 - as the person named it
    places = [os.path.relpath(p.file, folder) if paths == "relative" else p.file for p in pieces]
    if path.lower().endswith(".json"):
        entries = [
            {"path": place.encode("utf-8", "replace").decode(), **p.to_dict()}
            for place, p in zip(places, pieces, strict=True)
        ]
        write_atomic(path, json.dumps({"playlist": entries}, indent=1, ensure_ascii=False).encode() + b"\n")
        return []
    lines = [b"#EXTM3U"]
    left = []
    for place, piece in zip(places, pieces, strict=True):
        if set(place) & {"\n", "\r"}:
            left.append(piece.path)
            continue
        named = " - ".join(_line(text) for text in (piece.facts.get("composer"), piece.title) if text)
        lines.append(f"#EXTINF:{round(float(piece.facts.get('seconds') or -1))},{named}".encode("utf-8", "replace"))
        # A name that begins with # would be a remark.
        lines.append(os.fsencode(place if not place.startswith("#") else f".{os.sep}{place}"))
    write_atomic(Path(path), b"\n".join(lines) + b"\n")
    return left


def _line(text: object) -> str:
    return " ".join(str(text).split())
