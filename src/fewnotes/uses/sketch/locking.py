"""What a person wants kept of a phrase, as locks."""

from __future__ import annotations

from fewnotes.engines.gan.drawing import Locks
from fewnotes.errors import BadInput, BadParameter
from fewnotes.meta.phrases import BASS, INNER, MELODY, PITCHED, Phrase, phrases
from fewnotes.meta.preprocess import normalised
from fewnotes.music.piece import Piece

_LINES: dict[str, tuple[int, ...]] = {
    "melody": (MELODY,), "harmony": INNER, "bass": (BASS,), "drums": tuple(range(PITCHED, PITCHED + 3)),
}  # fmt: skip
NAMES = ("rhythm", "contour", *_LINES)


def locks_of(piece: Piece | None, words: str | None) -> Locks | None:
    """Locks from a piece and words such as "rhythm,bass". Raises BadParameter for one without the other or an unknown
    word, BadInput for a piece without four full bars."""
    if piece is None and words is None:
        return None
    wanted = [w.strip() for w in (words or "").split(",") if w.strip()]
    if piece is None or not wanted:
        raise BadParameter(
            "A lock needs a piece, and a piece a lock", expected="both --like PIECE and --lock, or neither",
            fix=f"Say what to keep with --lock: {', '.join(NAMES)}",
        )  # fmt: skip
    unknown = [w for w in wanted if w not in NAMES]
    if unknown:
        raise BadParameter(f"{unknown[0]!r} cannot be locked", expected=f"some of {', '.join(NAMES)}")
    phrase = first_phrase(piece)
    lines = tuple(line for word in wanted for line in _LINES.get(word, ()))
    return Locks(phrase, "rhythm" in wanted, "contour" in wanted, lines)


def first_phrase(piece: Piece) -> Phrase:
    """The first four full bars. Raises BadInput where there are none."""
    found = phrases(normalised(piece, editions=False), 1)
    if not found:
        raise BadInput(
            "This piece has no four full bars of one meter with six notes or more",
            expected="a piece of four bars or more",
        )
    return found[0]
