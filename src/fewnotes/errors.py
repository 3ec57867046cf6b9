"""One small tree of named errors; each says what happened, what was expected, and how to fix it.

Every error that a person can cause is a `FewnotesError`. Its text is at most three lines, so that a
terminal shows it whole. Errors of the libraries underneath are mapped here at the border and never
escape bare.
"""

from __future__ import annotations

from typing import Any

_LINE_LIMIT = 300


def _one_line(text: str) -> str:
    """Collapse white space and control characters, and cut: an error never floods a terminal."""
    clean = "".join(ch if ch.isprintable() else " " for ch in " ".join(str(text).split()))
    return clean if len(clean) <= _LINE_LIMIT else clean[: _LINE_LIMIT - 3] + "..."


class FewnotesError(Exception):
    """Root of the tree.

    what: what happened, with the file or name it happened to.
    expected: what would have been right.
    fix: what the person can do now.
    """

    code = "error"
    exit_status = 1
    #: What to do where the place that raised knows nothing better.
    usual_fix = ""

    def __init__(self, what: str, *, expected: str = "", fix: str = "", code: str = "") -> None:
        self.what = _one_line(what)
        self.expected = _one_line(expected)
        self.fix = _one_line(fix or ("" if expected else self.usual_fix))
        if code:
            self.code = code
        super().__init__(str(self))

    def __str__(self) -> str:
        lines = [self.what]
        if self.expected:
            lines.append(f"Expected: {self.expected}")
        if self.fix:
            lines.append(f"Fix: {self.fix}")
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        return {"code": self.code, "what": self.what, "expected": self.expected, "fix": self.fix}


class BadInput(FewnotesError):
    """A file or value holds nothing usable: broken, hostile, empty, or another kind of file."""

    code = "bad-input"
    exit_status = 5
    usual_fix = "Export it again from the program that made it, or leave it out"


class TooLarge(BadInput):
    """A cap on size, depth, count or time was reached before the whole was read."""

    code = "too-large"
    usual_fix = "Split it into smaller files, or export it again with less in it"


class UnknownForm(BadInput):
    """The bytes are none of the forms that have a codec."""

    code = "unknown-form"


class BadParameter(FewnotesError):
    """A parameter of a use is missing, of the wrong kind, or out of its bounds."""

    code = "bad-parameter"
    exit_status = 2


class StyleNotFound(FewnotesError):
    """No style of this name, or more than one candidate: we list them and stop, never guess."""

    code = "style-not-found"
    exit_status = 2


class DamagedStyle(FewnotesError):
    """A style file does not verify: digest, shape, schema or values are wrong."""

    code = "damaged-style"
    exit_status = 5
    usual_fix = "Learn the style again from its pieces, or fetch the file again"


class StoreError(FewnotesError):
    """The store could not be read or written: permissions, a full disk, a path in the way."""

    code = "store"
    exit_status = 6


class NotInstalled(FewnotesError):
    """An optional part is missing; the message says which extra brings it."""

    code = "not-installed"
    exit_status = 7


class NotPossible(FewnotesError):
    """The request is understood but this engine or form cannot do it."""

    code = "not-possible"
    exit_status = 2


class MusicWarning(UserWarning):
    """Python warning category for what a reader or writer repaired, dropped or could not hold."""
