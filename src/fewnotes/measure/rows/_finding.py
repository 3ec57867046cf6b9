"""Rows by name: a row is a module in this folder."""

from __future__ import annotations

import importlib
import importlib.resources
from collections.abc import Iterator, Sequence
from types import ModuleType

from fewnotes.errors import BadParameter, NotInstalled, NotPossible
from fewnotes.measure.bank import Bank
from fewnotes.measure.rows import Scorer
from fewnotes.meta.progress import Progress, no_progress

_FOLDER = "fewnotes.measure.rows"


def row_names() -> tuple[str, ...]:
    """Names of all rows here, sorted; files that begin with "_" are parts."""
    found = set()
    for entry in importlib.resources.files(_FOLDER).iterdir():
        stem, dot, suffix = entry.name.partition(".")
        if not stem.startswith("_") and ((dot and suffix == "py") or (not dot and entry.is_dir())):
            found.add(stem)
    return tuple(sorted(found))


def row(name: str) -> ModuleType:
    """The module of a row. Raises BadParameter where there is none."""
    if name not in row_names():
        raise BadParameter(f"There is no row {name!r}", expected=f"one of {', '.join(row_names())}")
    return importlib.import_module(f"{_FOLDER}.{name}")


def title(name: str) -> str:
    """What a row is, in a line."""
    return str(row(name).TITLE)


def is_slow(name: str) -> bool:
    """Does a row take seconds an episode?"""
    return bool(getattr(row(name), "SLOW", False))


def prepared(
    names: Sequence[str], bank: Bank, background: Sequence[int], progress: Progress = no_progress
) -> Iterator[tuple[str, Scorer | str]]:
    """Each row by name, ready to score, or the reason why it cannot be here."""
    for name in names:
        progress(0, 1, f"Preparing {name}")
        try:
            yield name, row(name).prepare(bank, background, progress)
        except (NotInstalled, NotPossible) as error:
            yield name, error.what
