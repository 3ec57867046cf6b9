"""A style ready to sketch in: as it was learned, else learned now from its pieces."""

from __future__ import annotations

from fewnotes.engines import Progress, gan, no_progress
from fewnotes.engines.gan.ideas import Own
from fewnotes.engines.relation import taste
from fewnotes.style import Style
from fewnotes.uses._listening import part_of
from fewnotes.uses.check import usual_borrowing


def sketcher_of(style: Style, progress: Progress = no_progress) -> gan.Sketcher:
    """Raises BadInput where no piece has four full bars, NotInstalled without torch or the checkpoint."""
    known = style.parts.get("gan")
    if known is None or known.values.get("checkpoint") != gan.pad().digest:
        known = gan.learn(style.support, seed=0, progress=progress)
    return gan.sketcher(known)


def own_of(style: Style, weight: float = 0.0) -> Own:
    """What ideas in the style are held against. weight: how much the likes of this person count in the order."""
    person = taste.mine() if weight else None
    return Own(style.support, part_of(style), usual_borrowing(style).usual_run, person, weight, style)
