"""Names of styles: labels for people, slugs for folders, and `name@version`."""

from __future__ import annotations

import hashlib
import re
import unicodedata

from fewnotes.errors import BadParameter

MAX_NAME_LENGTH = 100
_SLUG_LENGTH = 40
_PLAIN = re.compile(r"[a-z0-9](?:[a-z0-9_-]*[a-z0-9])?", re.ASCII)
_HASHED = re.compile(r".*-[0-9a-f]{16}", re.ASCII)
_AT_VERSION = re.compile(r"(.+)@(\d{1,9})", re.ASCII | re.DOTALL)
#: Names of devices on Windows, which no folder may bear.
_RESERVED = frozenset(["con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(10))])
#: Control characters, lone surrogates, line separators, and marks that turn the direction of text around.
_BAD_CATEGORIES = frozenset(["Cc", "Cs", "Zl", "Zp"])
_TURNING = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def check_label(name: object) -> str:
    """The label that `name` stands for: composed (NFC), no space at the ends.

    Raises BadParameter for an empty or too long name, for signs that cannot be seen, and for names that would
    read as a version (`fado@2`) or a path (`fado.style`).
    """
    if not isinstance(name, str):
        raise BadParameter(f"The name of the style is {name!r}", expected="a text such as fado")
    if len(name) > 2 * MAX_NAME_LENGTH:
        raise BadParameter(f"The name of the style has {len(name):,} letters", expected=f"at most {MAX_NAME_LENGTH}")
    if any(unicodedata.category(c) in _BAD_CATEGORIES or c in _TURNING for c in name.strip()):
        raise BadParameter("The name of the style holds signs that cannot be seen", expected="a text such as fado")
    label = unicodedata.normalize("NFC", name).strip()
    if not label:
        raise BadParameter("The name of the style is empty", expected="a text such as fado")
    if len(label) > MAX_NAME_LENGTH:
        raise BadParameter(f"The name of the style has {len(label)} letters", expected=f"at most {MAX_NAME_LENGTH}")
    if _AT_VERSION.fullmatch(label) or label.lower().endswith(".style"):
        raise BadParameter(
            f"{label!r} cannot be the name of a style", expected="a name that ends neither in @NUMBER nor in .style"
        )
    return label


def slug(label: str) -> str:
    """The name of the folder for a label: ASCII, lower case, the same on every system, one for each label.

    A label that is safe as it stands is its own slug; any other gets the readable part of it and a digest.
    """
    is_plain = _PLAIN.fullmatch(label) and len(label) <= _SLUG_LENGTH
    if is_plain and label not in _RESERVED and not _HASHED.fullmatch(label):
        return label
    folded = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", folded)[:_SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(label.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable or 'style'}-{digest}"


def split_version(name: str) -> tuple[str, int | None]:
    """("fado", 2) for "fado@2", ("fado", None) for "fado"."""
    found = _AT_VERSION.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, None)
