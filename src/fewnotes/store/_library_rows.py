"""What goes into a library and comes out of it, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Known(NamedTuple):
    """What the index holds about a path. state: "read" or "unreadable", then with the reason.

    root: the folder, file or pattern that led to it. digest: hash of its bytes, "" where there was no opening it.
    reader: version of fewnotes that read it.
    """

    path: str
    root: str
    size: int
    mtime_ns: int
    digest: str
    state: str
    reason: str
    reader: str


class Found(NamedTuple):
    """A piece as it goes in. number: from 1 within its file. same: hash of its notes in any key. facts: plain JSON.

    families: instrument families as bits. features: (F,) float32. vector: (D,) float32. difficulty: 1 to 10.
    """

    number: int
    content: str
    same: str
    meter: str
    bars: int
    families: int
    facts: dict[str, Any]
    features: Floats
    vector: Floats
    seconds: float = 0.0
    difficulty: float | None = None


@dataclass(frozen=True)
class Index:
    """All pieces that have a vector of one checkpoint, in order of digest and number.

    contents: hash of each piece. same: hash of its notes in any key. features: (n, F). vectors: (n, D), float32.
    seconds, difficulty: (n,), NaN where not known.
    """

    digests: tuple[str, ...]
    numbers: tuple[int, ...]
    contents: tuple[str, ...]
    same: tuple[str, ...]
    meters: tuple[str, ...]
    bars: NDArray[np.int64]
    families: NDArray[np.int64]
    features: Floats
    vectors: Floats
    seconds: Floats = field(default_factory=lambda: np.zeros(0, np.float32))
    difficulty: Floats = field(default_factory=lambda: np.zeros(0, np.float32))

    def __len__(self) -> int:
        return len(self.digests)


class Heard(NamedTuple):
    """A piece that was listened to apart from the files: of a style, or said to be liked."""

    content: str
    same: str
    features: Floats
    vector: Floats


class Feedback(NamedTuple):
    """What a person said about a piece for one list. content: hash of the piece. liked: or disliked. title: of it."""

    content: str
    liked: bool
    title: str
