"""fewnotes: a Style is learned from a few Pieces; everything else is done with it.

import fewnotes as fn

pieces = fn.read_all("my-tunes/")
style = fn.learn(pieces, name="fado")
drafts = fn.compose(style, bars=16, candidates=4, seed=1)
fn.write(drafts[0], "out.musicxml")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from fewnotes.errors import FewnotesError as FewnotesError
    from fewnotes.errors import MusicWarning as MusicWarning
    from fewnotes.files import read as read
    from fewnotes.files import read_all as read_all
    from fewnotes.files import write as write
    from fewnotes.music.piece import Piece as Piece
    from fewnotes.store import load_style as load_style
    from fewnotes.store import save_style as save_style
    from fewnotes.style import Style as Style
    from fewnotes.uses._front import atlas as atlas
    from fewnotes.uses._front import check as check
    from fewnotes.uses._front import compare as compare
    from fewnotes.uses._front import compose as compose
    from fewnotes.uses._front import continue_ as continue_
    from fewnotes.uses._front import describe as describe
    from fewnotes.uses._front import dislike as dislike
    from fewnotes.uses._front import forget as forget
    from fewnotes.uses._front import harmonize as harmonize
    from fewnotes.uses._front import infill as infill
    from fewnotes.uses._front import learn as learn
    from fewnotes.uses._front import like as like
    from fewnotes.uses._front import morph as morph
    from fewnotes.uses._front import preference as preference
    from fewnotes.uses._front import recognize as recognize
    from fewnotes.uses._front import recommend as recommend
    from fewnotes.uses._front import sketch as sketch
    from fewnotes.uses._front import surprisal as surprisal
    from fewnotes.uses._front import transfer as transfer
    from fewnotes.uses._front import vary as vary

_HOME = {
    "Piece": "fewnotes.music.piece",
    "Style": "fewnotes.style",
    "FewnotesError": "fewnotes.errors",
    "MusicWarning": "fewnotes.errors",
    "read": "fewnotes.files",
    "read_all": "fewnotes.files",
    "write": "fewnotes.files",
    "load_style": "fewnotes.store",
    "save_style": "fewnotes.store",
}

_USES = (
    "atlas", "check", "compare", "compose", "continue_", "describe", "dislike", "forget", "harmonize", "infill",
    "learn", "like", "morph", "preference", "recognize", "recommend", "sketch", "surprisal", "transfer", "vary",
)  # fmt: skip

__all__ = sorted([*_HOME, *_USES])


def __getattr__(name: str) -> Any:
    """Load what is asked for, and only that: importing the package costs nothing."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _USES:
        return getattr(import_module("fewnotes.uses._front"), name)
    raise AttributeError(f"module 'fewnotes' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
