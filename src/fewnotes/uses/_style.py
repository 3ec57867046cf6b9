"""What the uses share about styles: which engine, how surprised it is by its own kind, how to show one."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import NotPossible
from fewnotes.music.piece import Piece
from fewnotes.registry import find, names
from fewnotes.style import Style
from fewnotes.uses import Table

#: Leave-one-out costs one learning a fold: at most this many folds and notes, so that it stays a matter of seconds.
_FOLDS = 5
_FOLD_NOTES = 6000


def engine_of(style: Style, name: str | None = None) -> tuple[str, ModuleType]:
    """The engine that learned a style, or the one asked for if it did.

    Raises NotPossible where that engine did not learn this style.
    """
    learned = [key for key in style.parts if key in names("engines")]
    chosen = name or (learned[0] if learned else "")
    if not chosen:
        raise NotPossible(
            f"No engine installed here learned the style {style.name!r} (it was {', '.join(style.parts) or 'none'})",
            expected=f"one of {', '.join(names('engines'))}",
            fix="Learn the style again from its pieces",
        )
    module = find("engines", chosen)
    if chosen not in style.parts:
        raise NotPossible(
            f"The style {style.name!r} was not learned by {chosen!r}", expected=f"one of {', '.join(style.parts)}"
        )
    return chosen, module


def verb_of(engine: ModuleType, name: str, verb: str) -> Any:
    """A function of an engine. Raises NotPossible where the engine has none."""
    found = getattr(engine, verb, None)
    if found is None:
        raise NotPossible(f"The engine {name!r} cannot {verb}", fix="Use another engine")
    return found


def leave_one_out(
    pieces: Sequence[Piece], engine_name: str, seed: int, progress: Progress = no_progress
) -> dict[str, Any]:
    """Bits a note of pieces that an engine has not seen, each after learning from the others, and before learning.

    Empty for one piece, for engines without surprisal, and where the pieces are too long for a quick answer. At
    most five pieces are left out, evenly spread.
    """
    engine = find("engines", engine_name)
    total = sum(len(p.notes) for p in pieces)
    if len(pieces) < 2 or not hasattr(engine, "surprisal"):
        return {}
    folds = min(_FOLDS, len(pieces), max(0, 6 * _FOLD_NOTES // max(1, total)))
    chosen = np.unique(np.linspace(0, len(pieces) - 1, folds).astype(int)).tolist() if folds else []
    after, before = [], []
    for done, index in enumerate(chosen):
        progress(done, len(chosen), "How sure: leaving one out")
        others = tuple(p for i, p in enumerate(pieces) if i != index)
        style = Style("fold", others, {engine_name: engine.learn(others, seed=seed, progress=no_progress)})
        after.append(engine.surprisal(pieces[index], style).bits_per_note)
        before.append(engine.surprisal(pieces[index], None).bits_per_note)
    if not after:
        return {}
    return {
        "pieces": len(after),
        "bits_per_note": round(float(np.mean(after)), 4),
        "spread": round(float(np.std(after)), 4),
        "before_learning": round(float(np.mean(before)), 4),
        "each": [round(float(b), 4) for b in after],
    }


def style_table(style: Style) -> Table:
    """A style for people: what was learned in words, by which engine, and how sure."""
    profile = style.profile
    words = [*profile.get("words", ())]
    for name, part in style.parts.items():
        words += [f"{name}: {sentence}" for sentence in part.summary]
    words.append(sureness(style))
    facts = {
        "name": style.name,
        "digest": style.digest[:16],
        "created": style.created,
        "engine": ", ".join(style.parts),
    }
    return Table(("",), [(w,) for w in words], f"Style {style.name}", facts)


def sureness(style: Style) -> str:
    """How sure one can be of a style, in a sentence."""
    found = style.profile.get("leave_one_out", {})
    if not found:
        return (
            "How sure: not measured, for want of a second piece. Give two or more to find out."
            if len(style.support) < 2
            else "How sure: not measured on so many notes."
        )
    gain = found["before_learning"] - found["bits_per_note"]
    verdict = "the pieces teach little about each other" if gain < 0.3 else "the pieces have much in common"
    if 0.3 <= gain < 1.0:
        verdict = "the pieces have something in common"
    return (
        f"How sure: a piece left out costs {found['bits_per_note']:.2f} bits a note, "
        f"{found['before_learning']:.2f} before learning; {verdict}."
    )
