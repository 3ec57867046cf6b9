"""Which of several drafts is kept, and how sharply the next one is drawn.

What a listener finds dull or odd is told by bits a note: pieces of the style that were left out in learning cost so
many. Drawing by the learned odds alone does not give that figure, nor does one sharpness give it in every style, so
each draft is measured, and the next is drawn more or less sharply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from fewnotes.engines.markov.bits import TESTED_NOTES, head, piece_bits
from fewnotes.music.guard import is_close, is_copy
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import shared_passages, window_shares
from fewnotes.style import Style

#: Drafts this near the usual bits a note are neither dull nor odd.
_NEAR = 0.15
_FIRST_SHARPNESS = 1.1
_LEAST, _MOST = 0.7, 2.0
#: Bits a note fall about so much faster than sharpness rises.
_CORRECTION = 1.0
_LARGEST_STEP = 1.35


@dataclass(frozen=True)
class Verdict:
    """What was found about a draft. fault: 0 for one that can stand, more is worse. away: share by which its bits a
    note are off, 0 where the usual ones are not known.
    """

    fault: int
    away: float

    @property
    def stands(self) -> bool:
        return self.fault == 0 and self.away <= _NEAR

    def __lt__(self, other: Verdict) -> bool:
        return (self.fault, self.away) < (other.fault, other.away)


@dataclass
class Pool:
    """Measures drafts. usual: bits a note of pieces left out, None where unknown. sharpness: for the next draft."""

    style: Style
    usual: float | None
    temperature: float = 1.0
    sharpness: float = _FIRST_SHARPNESS
    judged: int = 0
    kept: list[Piece] = field(default_factory=list)

    def judge(self, draft: Piece) -> Verdict:
        """What is wrong with a draft; sets the sharpness of the next."""
        if not len(draft.notes):
            return Verdict(1_000_000, 1.0)
        fault = 500_000 if any(draft == other for other in self.kept) else 0
        return Verdict(fault + self._copied(draft) + 1_000 * silent_tracks(draft), self._away(draft))

    def _away(self, draft: Piece) -> float:
        if self.usual is None:
            return 0.0
        # Who asks for less than the learned odds wants a duller piece.
        wanted = self.usual * float(np.clip(self.temperature, 0.3, 3.0)) ** 0.5
        ratio = piece_bits(head(draft), self.style.support).bits_per_note / max(wanted, 0.1)
        # Later corrections are smaller, so that drafts settle and do not swing.
        self.judged += 1
        step = float(np.clip(ratio ** (_CORRECTION / (0.8 + 0.2 * self.judged)), 1 / _LARGEST_STEP, _LARGEST_STEP))
        self.sharpness = float(np.clip(self.sharpness * step, _LEAST, _MOST))
        return float(abs(ratio - 1.0))

    def _copied(self, draft: Piece) -> int:
        """Notes of the longest run that counts as a copy; 100 for a piece that keeps too near to single places."""
        support = self.style.support
        runs = [p.notes for p in shared_passages(draft, support) if is_copy(p)]
        if runs:
            return 100_000 + max(runs)
        shares: Sequence[float] = self.style.profile.get("borrowing", {}).get("cardinalities", ())
        usual = float(np.percentile(shares, 95)) if len(shares) else 1.0
        return 100 if is_close(window_shares(draft, support), usual) else 0


def silent_tracks(draft: Piece) -> int:
    """Tracks without a note."""
    return len(draft.tracks) - len(np.unique(draft.notes["track"]))


def usual_bits(style: Style) -> float | None:
    """Bits a note of pieces left out in learning, on their first `TESTED_NOTES` notes; None where not measured."""
    values = style.parts["markov"].values if "markov" in style.parts else {}
    found = values.get("bits_a_note")
    return float(found) if isinstance(found, (int, float)) and values.get("bits_notes") == TESTED_NOTES else None
