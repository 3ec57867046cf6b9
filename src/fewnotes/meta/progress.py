"""How long work tells how far it is: the same shape as `fewnotes.engines.Progress`, which stands above this folder."""

from __future__ import annotations

from collections.abc import Callable

#: progress(done, total, label): called now and then by whatever may take longer than two seconds.
Progress = Callable[[int, int, str], None]


def no_progress(done: int, total: int, label: str) -> None:
    """The callback for callers who do not watch."""
