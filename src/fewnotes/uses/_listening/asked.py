"""Which styles a person means: names, files, or all there are."""

from __future__ import annotations

from collections.abc import Sequence

from fewnotes.errors import DamagedStyle, StyleNotFound
from fewnotes.music.piece import Notice
from fewnotes.store import list_styles, load_style
from fewnotes.style import Style


def styles_asked(asked: str | Sequence[str | Style] | None) -> tuple[list[Style], tuple[Notice, ...]]:
    """The styles of names, files or Styles; of none, the newest of every name in the store, less damaged ones.

    Raises StyleNotFound where there is none.
    """
    wanted = _listed(asked)
    if wanted:
        return [s if isinstance(s, Style) else load_style(str(s)) for s in wanted], ()
    found: list[Style] = []
    entries = list_styles()
    warnings = [Notice("style-left-out", f"{e.name} was left out: {e.problem}") for e in entries if not e.facts]
    for name in sorted({e.name for e in entries if e.facts}):
        try:
            found.append(load_style(name))
        except (DamagedStyle, StyleNotFound) as error:
            warnings.append(Notice("style-left-out", f"{name} was left out: {error.what}"))
    if not found:
        raise StyleNotFound("There are no styles yet", fix="fewnotes learn FILE... --name NAME makes one")
    return found, tuple(warnings)


def _listed(asked: str | Sequence[str | Style] | None) -> list[str | Style]:
    """What stands between commas, or in a list."""
    if asked is None:
        return []
    return [t.strip() for t in asked.split(",") if t.strip()] if isinstance(asked, str) else list(asked)
