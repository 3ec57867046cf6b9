"""The front door: the uses as plain functions, so that `fn.learn(pieces, name="fado")` reads as it should."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fewnotes.engines import Progress, no_progress

if TYPE_CHECKING:
    from fewnotes.music.piece import Piece
    from fewnotes.style import Style
    from fewnotes.uses._personal.saying import Said
    from fewnotes.uses.atlas import Map
    from fewnotes.uses.check import Originality
    from fewnotes.uses.compare import Comparison
    from fewnotes.uses.forget import Forgotten
    from fewnotes.uses.preference import Guess
    from fewnotes.uses.recognize import Recognition
    from fewnotes.uses.recommend import Recommendations
    from fewnotes.uses.surprisal import Surprise


def learn(
    pieces: Sequence[Piece],
    name: str = "style",
    engine: str = "auto",
    seed: int = 0,
    progress: Progress = no_progress,
) -> Style:
    """Learn a style from a handful of pieces. `style.profile["sentences"]` says what was learned.

    engine: "auto" is "trio" where torch is installed, else "markov".

    Raises BadInput if no piece has a note, BadParameter if there is no such engine.
    """
    from fewnotes.uses.learn import Learn

    return Learn(pieces=list(pieces), name=name, engine=engine, seed=seed).run(progress)


def compose(
    style: Style, bars: int = 16, candidates: int = 3, seed: int = 0, progress: Progress = no_progress, **wishes: Any
) -> list[Piece]:
    """New pieces in a style, best first.

    wishes: key="G minor", meter="3/4", tempo=90.0, instruments="0,33", lowest="C3", highest="A5", density=2.0,
    temperature=0.9, engine="markov"; see `fewnotes.uses.compose.Compose`, whose `run` also says why this order.
    Raises BadParameter for a wish that makes no sense, NotPossible for one the engine cannot fulfil.
    """
    from fewnotes.uses.compose import Compose

    _known(Compose, wishes)
    return Compose(style=style, bars=bars, candidates=candidates, seed=seed, **wishes).run(progress).pieces


def sketch(
    style: Style, count: int = 16, seed: int = 0, progress: Progress = no_progress, **wishes: Any
) -> list[Piece]:
    """Many short ideas in a style, the most like it first, none a copy or a near duplicate.

    wishes: bars="2", key="G minor", meter="3/4", tempo=90.0, density=2.0, temperature=0.9, like=piece with
    lock="rhythm"; see `fewnotes.uses.sketch.Sketch`, whose `run` also has the contact sheet and the judgements.
    Raises BadParameter for a wish that makes no sense, NotPossible where nothing could be kept, NotInstalled.
    """
    from fewnotes.uses.sketch import Sketch

    _known(Sketch, wishes)
    return Sketch(style=style, count=count, seed=seed, **wishes).run(progress).pieces


def morph(
    first: Piece, last: Piece, style: Style, steps: int = 6, seed: int = 0, progress: Progress = no_progress
) -> list[Piece]:
    """A path of playable phrases from the first four bars of one piece to those of another, through a style.

    Raises BadInput for a piece without four full bars, NotPossible for two meters, NotInstalled.
    """
    from fewnotes.uses.morph import Morph

    return list(Morph(first=first, last=last, style=style, steps=steps, seed=seed).run(progress).pieces)


def continue_(
    style: Style, piece: Piece, bars: int = 8, candidates: int = 3, seed: int = 0, progress: Progress = no_progress,
    **wishes: Any,
) -> list[Piece]:  # fmt: skip
    """A piece and so many bars more in a style, the best first; what is given stays note for note.

    wishes: temperature=0.9, engine="transformer". (The word `continue` belongs to Python.)
    Raises BadInput for a piece without notes, NotPossible where no engine can, NotInstalled.
    """
    use = _use("continue", wishes)
    return _pieces(
        use(style=style, piece=piece, bars=bars, candidates=candidates, seed=seed, **wishes), progress
    )  # fmt: skip


def infill(
    style: Style, piece: Piece, bars: str, candidates: int = 3, seed: int = 0, progress: Progress = no_progress,
    **wishes: Any,
) -> list[Piece]:  # fmt: skip
    """A piece with bars such as "5-8" written anew in a style, the best first; the rest stays note for note.

    wishes: tracks="2,bass", temperature=0.9, engine="transformer".
    Raises BadParameter for bars or tracks that are not there, NotPossible where no engine can, NotInstalled.
    """
    use = _use("infill", wishes)
    return _pieces(use(style=style, piece=piece, bars=bars, candidates=candidates, seed=seed, **wishes), progress)


def vary(
    style: Style, piece: Piece, strength: float = 0.5, candidates: int = 3, seed: int = 0,
    progress: Progress = no_progress, **wishes: Any,
) -> list[Piece]:  # fmt: skip
    """Variations of a piece in a style, the best first; strength 0 changes nothing, 1 may change all.

    wishes: temperature=0.9, engine="transformer".
    """
    use = _use("vary", wishes)
    return _pieces(
        use(style=style, piece=piece, strength=strength, candidates=candidates, seed=seed, **wishes), progress
    )  # fmt: skip


def harmonize(
    style: Style, piece: Piece, candidates: int = 3, seed: int = 0, progress: Progress = no_progress, **wishes: Any
) -> list[Piece]:
    """The melody of a piece with parts of a style, the best first. wishes: temperature=0.9, engine="transformer".

    Raises NotPossible for a style of one line.
    """
    use = _use("harmonize", wishes)
    return _pieces(use(style=style, piece=piece, candidates=candidates, seed=seed, **wishes), progress)


def transfer(
    piece: Piece, style: Style, strength: float = 0.5, candidates: int = 3, seed: int = 0,
    progress: Progress = no_progress, **wishes: Any,
) -> list[Piece]:  # fmt: skip
    """A piece in the clothes of a style, the best first; strength 0 keeps melody and bass, 1 only the harmony.

    wishes: temperature=0.9, engine="transformer".
    """
    use = _use("transfer", wishes)
    return _pieces(
        use(style=style, piece=piece, strength=strength, candidates=candidates, seed=seed, **wishes), progress
    )  # fmt: skip


def compare(a: Piece | Style, b: Piece | Style, engine: str = "auto") -> Comparison:
    """How near two pieces, two styles, or a piece and a style are: `.relation` in [0, 1], `.reasons` and `.bars`.

    engine: "relation" for the trained network, "features" for statistics alone, "auto" for the first that is here.
    """
    from fewnotes.uses.compare import Compare

    return Compare(a=a, b=b, engine=engine).run()


def check(piece: Piece, style: Style) -> Originality:
    """What a piece shares with the pieces a style was learned from: `.longest_run`, `.nearest`, `.verdict`."""
    from fewnotes.uses.check import Check

    return Check(piece=piece, style=style).run()


def surprisal(piece: Piece, style: Style | None = None) -> Surprise:
    """Bits a note of a piece under a style, or before learning: `.bits_per_note`, `.bits`."""
    from fewnotes.uses.surprisal import Surprisal

    return Surprisal(piece=piece, style=style).run()


def recommend(
    style: Style | str | None = None,
    music: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
    n: int = 10,
    like: Sequence[Piece] = (),
    progress: Progress = no_progress,
    **wishes: Any,
) -> Recommendations:
    """The pieces of a library most like a style, or like pieces you like, best first: `.pieces`, each `.because`.

    music: a folder, file or pattern, or several; it is listened to once and then kept as a library.
    wishes: dislike=[...], diversity=0.5, meter="3/4", instrument="winds", min_bars=16, max_seconds=180.0,
    max_difficulty=4.0, taste=0.0, playlist="list.m3u8", paths="absolute", library="mine", remember=True, forget=True,
    update=False; see `fewnotes.uses.recommend.Recommend`.
    Raises NotInstalled without the relation network, BadInput where nothing is liked or there is no music.
    """
    from fewnotes.uses.recommend import Recommend

    _known(Recommend, wishes)
    return Recommend(style=style, music=music, n=n, like=list(like) or None, **wishes).run(progress)


def like(pieces: Piece | Sequence[Piece], style: str | None = None) -> Said:
    """Say that you like a piece, or several: kept in your store, and counted wherever something is ranked.

    style: the one they were composed in; else as their titles say. Raises BadInput, StyleNotFound, StoreError.
    """
    from fewnotes.uses.like import Like

    return Like(pieces=_listed(pieces), style=style).run()


def dislike(pieces: Piece | Sequence[Piece], style: str | None = None) -> Said:
    """Say that you do not like a piece, or several; as `like`."""
    from fewnotes.uses.dislike import Dislike

    return Dislike(pieces=_listed(pieces), style=style).run()


def preference(piece: Piece, style: Style | None = None) -> Guess:
    """How much a piece is to your taste: `.chance` in [0, 1], with `.low`, `.high` and `.because`."""
    from fewnotes.uses.preference import Preference

    return Preference(pieces=[piece], style=style).run().pieces[0]


def forget(
    what: str | Piece | Sequence[str | Piece] | None = None, styles: bool = False, all: bool = False
) -> Forgotten:
    """Take pieces (files, Pieces, hashes) or styles (names) out of the store: `.removed`, and `.is_gone` if no trace is
    left in any byte of it. styles: remove those learned from it too. all: every like, dislike and library.
    """
    from fewnotes.uses.forget import Forget

    return Forget(what=what, styles=styles, all=all).run()


def recognize(piece: Piece, styles: str | Sequence[str | Style] | None = None) -> Recognition:
    """Which of some styles a piece is in, by default of all in the store: `.answer`, "" for none, and `.matches`."""
    from fewnotes.uses.recognize import Recognize

    return Recognize(piece=piece, styles=styles).run()


def atlas(styles: str | Sequence[str | Style] | None = None, library: str | None = None) -> Map:
    """A map of styles, of a folder with one folder a style, or of a library: `.near(i)`, `.relation`, `.outputs`."""
    from fewnotes.uses.atlas import Atlas

    return Atlas(styles=styles, library=library).run()


def _use(name: str, wishes: dict[str, Any]) -> type[Any]:
    """The class of a use, for wishes that it knows."""
    from fewnotes.registry import find
    from fewnotes.uses import use_class

    use = use_class(find("uses", name))
    _known(use, wishes)
    return use


def _pieces(use: Any, progress: Progress) -> list[Piece]:
    return list(use.run(progress).pieces)


def _listed(pieces: Piece | Sequence[Piece]) -> Sequence[Piece]:
    """One piece as a list of it; what is no piece is left for the use to refuse."""
    from fewnotes.music.piece import Piece

    return [pieces] if isinstance(pieces, Piece) else pieces


def _known(use: type[Any], wishes: dict[str, Any]) -> None:
    """A misspelt wish is a BadParameter that lists the right ones, not a TypeError."""
    from fewnotes.errors import BadParameter
    from fewnotes.uses import params

    allowed = params(use)
    for key in wishes:
        if key not in allowed:
            raise BadParameter(f"There is no parameter {key!r}", expected=f"one of {', '.join(allowed)}")


def describe(style: Style) -> list[str]:
    """What was learned from the pieces in plain sentences; the last says how sure one can be."""
    from fewnotes.uses._style import describe as words

    return words(style)
