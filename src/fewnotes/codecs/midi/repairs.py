"""What a reader had to repair, counted: one Notice a kind, however often it happened."""

from __future__ import annotations

from fewnotes.music.piece import Notice


class Repairs:
    """Repairs of one file. `add` may be called a million times; memory grows with kinds only."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, code: str, message: str, where: str = "") -> None:
        """`message` and `where` of the first of a kind are kept."""
        first = self._found.get(code)
        self._found[code] = (message, where, 1) if first is None else (first[0], first[1], first[2] + 1)

    def notices(self) -> tuple[Notice, ...]:
        return tuple(
            Notice(code, f"{message}; {count:,} times in all, here first" if count > 1 else message, where)
            for code, (message, where, count) in self._found.items()
        )
