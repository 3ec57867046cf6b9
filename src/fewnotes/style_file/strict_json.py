"""JSON as strictly as a file from a stranger needs: bounded depth and numbers, no key twice, no NaN."""

from __future__ import annotations

import json
import math
import re
from typing import Any

MAX_DEPTH = 32
_MAX_DIGITS = 100
#: A whole string (or the rest of the text, if it is not closed), or one bracket. Possessive: linear on any text.
_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def loads(text: str) -> Any:
    """The value a JSON text holds.

    Raises ValueError, and nothing else, with a short reason.
    """
    _check_depth(text)
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_constant=_no_constant,
        parse_float=_number(float),
        parse_int=_number(int),
    )


def _check_depth(text: str) -> None:
    depth = 0
    for token in _TOKEN.finditer(text):
        sign = text[token.start()]
        if sign in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise ValueError(f"nested deeper than {MAX_DEPTH} levels")
        elif sign in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("the same key twice in one object")
    return found


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is not a number")


def _number(kind: type) -> Any:
    def parse(text: str) -> Any:
        if len(text) > _MAX_DIGITS:
            raise ValueError("a number of too many digits")
        value = kind(text)
        if not math.isfinite(value):
            raise ValueError("a number too large to hold")
        return value

    return parse
