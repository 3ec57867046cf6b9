"""check: how original a piece is against what a style was learned from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from fewnotes.engines import Progress, no_progress
from fewnotes.music.guard import above, is_close, is_copy
from fewnotes.music.piece import Piece
from fewnotes.music.similarity import BarMatch, Borrowing, Passage, Sharing, borrowing, sharing
from fewnotes.style import Style
from fewnotes.uses import Kind, Table, Use, param


@dataclass(frozen=True)
class Originality:
    """What a piece shares with the support set of a style, held against what the support shares among itself.

    longest_run: notes of the longest shared run, in any key and tempo. nearest: the longest passages.
    share: largest share of a window of eight beats that is one moved copy. bars: best match of each bar.
    usual: how much the pieces of the style share among themselves. verdict: "copied", "close" or "original".
    reason: the verdict in words. against: what was searched.
    """

    longest_run: int
    nearest: tuple[Passage, ...]
    share: float
    shared_share: float
    bars: tuple[BarMatch, ...]
    usual: Borrowing
    verdict: str
    reason: str
    against: str
    sharing: Sharing

    def to_dict(self) -> dict[str, Any]:
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "against": self.against,
            **self.sharing.to_dict(),
            "share": self.share,
            "usual": self.usual.to_dict(),
        }

    def to_table(self) -> Table:
        facts = {
            "verdict": self.verdict,
            "longest shared run": _run_words(self.nearest),
            "usual in the style": _usual_words(self.usual),
            "largest share of 8 beats": f"{100 * self.share:.0f} %",
            "notes in runs of 8 or more": f"{100 * self.shared_share:.0f} %",
            "searched": self.against,
        }
        rows = [
            (
                _bars(p.first_bar, p.last_bar),
                f"piece {p.source + 1}, {_bars(p.source_first_bar, p.source_last_bar)}",
                p.notes,
                f"{p.beats:g}",
                _moved(p),
            )
            for p in self.nearest
        ]
        words = (self.reason, _like_bars(self.bars))
        columns = ("here", "found in", "notes", "beats", "moved by")
        return Table(columns, rows, "Originality", facts, tuple(w for w in words if w))


@dataclass(frozen=True, kw_only=True)
class Check(Use):
    """Check how original a piece is: what it shares with the pieces a style was learned from.

    Passages are found in any key and any tempo, bar by bar, and held against how much the pieces of the style
    share among themselves. Only these pieces are searched, not all the music there is.
    """

    returns: ClassVar[str] = "the longest and nearest shared passages, bar by bar, and a verdict"
    example: ClassVar[str] = "fewnotes check jigs-1.mid jigs"

    piece: Piece = param(Kind.PIECE, "The piece to check", positional=True)
    style: Style = param(Kind.STYLE, "The style whose pieces are searched", positional=True)

    def run(self, progress: Progress = no_progress) -> Originality:
        progress(0, 2, "What the style shares itself")
        usual = usual_borrowing(self.style)
        progress(1, 2, "Searching passages")
        found = originality(self.piece, self.style, usual)
        progress(2, 2, "Checked")
        return found


def usual_borrowing(style: Style) -> Borrowing:
    """How much the support set shares among itself: as noted when it was learned, else measured now."""
    known = style.profile.get("borrowing")
    if known:
        return Borrowing(tuple(known["longest_runs"]), tuple(known["cardinalities"]))
    return borrowing(style.support)


def originality(piece: Piece, style: Style, usual: Borrowing) -> Originality:
    """All measures against the support set, and the verdict."""
    found = sharing(piece, style.support)
    verdict, reason = _verdict(found, usual)
    count = len(style.support)
    return Originality(
        longest_run=found.longest_run,
        nearest=found.nearest,
        share=found.cardinality,
        shared_share=round(found.shared_share, 4),
        bars=found.bars,
        usual=usual,
        verdict=verdict,
        reason=reason,
        against=f"the {count} {'piece' if count == 1 else 'pieces'} of the style {style.name}, nothing else",
        sharing=found,
    )


def _verdict(found: Sharing, usual: Borrowing) -> tuple[str, str]:
    if found.same_piece >= 0:
        return "copied", f"This is piece {found.same_piece + 1} of the style, note for note."
    copies = [p for p in found.nearest if is_copy(p)]
    if copies:
        bars = ", ".join(_bars(p.first_bar, p.last_bar) for p in copies[:3])
        return "copied", f"Copied: {bars} of this piece stand in the style's own pieces ({_run_words(copies)})."
    if usual.cardinalities and is_close(found.windows, usual.usual_cardinality):
        near = above(found.windows, usual.usual_cardinality)
        bars = ", ".join(str(w.bar) for w in near[:6]) + (" and on" if len(near) > 6 else "")
        verb = "are" if len(near) > 1 else "is"
        where = f"from bar{'s' * (len(near) > 1)} {bars}"
        return "close", (
            f"Close: {len(near)} of {len(found.windows)} stretches of 8 beats {verb} nearer to one place in the style "
            f"than its own pieces are to each other ({where})."
        )
    if not usual.longest_runs:
        return (
            "original",
            "No passage counts as a copy; with one piece in the style there is nothing to compare that with.",
        )
    inside = found.longest_run <= usual.usual_run
    tail = "no longer than what its own pieces share" if inside else "longer than usual in it, but short of a copy"
    return "original", f"No passage counts as a copy; the longest shared run is {tail}."


def _run_words(passages: list[Passage] | tuple[Passage, ...]) -> str:
    if not passages:
        return "none"
    best = passages[0]
    return f"{best.notes} notes, {best.beats:g} beats"


def _usual_words(usual: Borrowing) -> str:
    if not usual.longest_runs:
        return "unknown (one piece)"
    share = f", {100 * usual.usual_cardinality:.0f} % of 8 beats" if usual.cardinalities else ""
    return f"runs up to {usual.usual_run} notes{share}"


def _bars(first: int, last: int) -> str:
    return f"bar {first}" if first == last else f"bars {first}-{last}"


def _moved(passage: Passage) -> str:
    key = f"{passage.transposition:+d} semitones" if passage.transposition else "same key"
    return key if passage.tempo == 1 else f"{key}, lengths x{1 / passage.tempo:.3g}"


def _like_bars(bars: tuple[BarMatch, ...]) -> str:
    """Which bars equal a bar of the style in all their notes, of those that have four notes or more."""
    scored = [b for b in bars if b.notes >= 4]
    same = [b for b in scored if b.share >= 0.999]
    if not scored:
        return ""
    listed = ", ".join(f"{b.bar} (= piece {b.source + 1} bar {b.source_bar})" for b in same[:5])
    more = f", and {len(same) - 5} more" if len(same) > 5 else ""
    return f"Bar by bar: {len(same)} of {len(scored)} bars equal one bar of the style in some key" + (
        f": {listed}{more}." if same else "."
    )
