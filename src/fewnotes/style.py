"""Style: what was learned from a handful of pieces, as one value and one file.

A `.style` file is safetensors: arrays, and one JSON header in its metadata. No pickle anywhere. The header
holds the format version, the digest of the arrays, the engine parts, the profile in words, and the content
hashes of the support set; it holds no path and no title of what was learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from fewnotes.music.piece import Piece

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Part:
    """What one engine learned: arrays for the style file, plain JSON values beside them, and words for people.

    summary: sentences such as "5 pieces, 412 notes; the next pitch is guessed within 2.3 bits".
    """

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)
    summary: tuple[str, ...] = ()


@dataclass(frozen=True)
class Style:
    """A style learned from a support set.

    support: the pieces it was learned from, without titles and names.
    parts: what each engine learned, by engine name.
    profile: what was learned in words and numbers, plain JSON.
    """

    name: str
    support: tuple[Piece, ...]
    parts: Mapping[str, Part] = field(default_factory=dict)
    profile: Mapping[str, Any] = field(default_factory=dict)
    created: str = ""
