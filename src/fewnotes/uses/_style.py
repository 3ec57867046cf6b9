"""What the uses share about styles: which engine, how surprised it is by its own kind, how to show one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from fewnotes.engines import Progress, no_progress
from fewnotes.errors import NotPossible
from fewnotes.music.piece import Piece
from fewnotes.registry import find, names
from fewnotes.style import Part, Style
from fewnotes.uses import Table

#: Leave-one-out costs one learning a fold: at most this many folds and notes, so that it stays a matter of seconds.
_FOLDS = 5
_FOLD_NOTES = 6000
#: An engine with so many sentences describes the pieces itself.
_WORDY = 4


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
    pieces: Sequence[Piece], engine_name: str, seed: int, part: Part, progress: Progress = no_progress
) -> dict[str, Any]:
    """Bits a note of pieces that an engine has not seen, each after learning from the others, and before learning.

    An engine that measured this itself says so in `part.values` ("bits_a_note", "bits_a_note_before"). Else at most
    five pieces are left out, evenly spread. Empty for one piece, for engines without surprisal, and where the pieces
    are too long for a quick answer.
    """
    engine = find("engines", engine_name)
    if len(pieces) < 2 or not hasattr(engine, "surprisal"):
        return {}
    after, before = part.values.get("bits_a_note"), part.values.get("bits_a_note_before")
    if isinstance(after, float) and isinstance(before, float):
        return {"bits_per_note": round(after, 4), "before_learning": round(before, 4)}
    total = sum(len(p.notes) for p in pieces)
    folds = min(_FOLDS, len(pieces), 6 * _FOLD_NOTES // max(1, total))
    chosen = np.unique(np.linspace(0, len(pieces) - 1, folds).astype(int)).tolist() if folds else []
    known, unknown = [], []
    for done, index in enumerate(chosen):
        progress(done, len(chosen), "How sure: leaving one out")
        others = tuple(p for i, p in enumerate(pieces) if i != index)
        style = Style("fold", others, {engine_name: engine.learn(others, seed=seed, progress=no_progress)})
        known.append(engine.surprisal(pieces[index], style).bits_per_note)
        unknown.append(engine.surprisal(pieces[index], None).bits_per_note)
    if not known:
        return {}
    return {
        "bits_per_note": round(float(np.mean(known)), 4),
        "before_learning": round(float(np.mean(unknown)), 4),
        "each": [round(float(b), 4) for b in known],
    }


def describe(style: Style) -> list[str]:
    """What was learned from the pieces in plain sentences; the last says how sure."""
    said = [sentence for part in style.parts.values() for sentence in part.summary]
    sentences: Mapping[str, str] = style.profile.get("sentences", {})
    # An engine that describes the pieces itself is only completed, so that nothing is said twice.
    missing = ("rhythms", "chords") if len(said) >= _WORDY else tuple(sentences)
    added = [sentences[topic] for topic in missing if topic in sentences]
    words = [*said, *added] if len(said) >= _WORDY else [*added, *said]
    return [*words, sureness(style)]


def style_table(style: Style) -> Table:
    """A style for people: what was learned in words, by which engine, and how sure."""
    facts = {
        "name": style.name,
        "digest": style.digest[:16],
        "created": style.created,
        "engine": ", ".join(style.parts),
    }
    return Table(("",), [(w,) for w in describe(style)], f"Style {style.name}", facts)


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
