"""Errors that a person can act on."""

from __future__ import annotations

import pytest

from fewnotes import errors
from fewnotes.errors import BadInput, DamagedStyle, FewnotesError, TooLarge


@pytest.mark.parametrize("kind", [BadInput, TooLarge, DamagedStyle])
def test_every_refusal_says_what_to_expect_or_to_do_even_if_its_place_forgot(kind):
    assert kind("It is broken").fix
    assert kind("It is broken", fix="Do this").fix == "Do this"
    assert kind("It is broken", expected="a whole one").fix == ""


def test_an_error_is_three_lines_at_most_however_hostile_the_text():
    text = "a\nb\x00\x1b[31m" + "x" * 100_000
    said = str(FewnotesError(text, expected=text, fix=text))
    assert len(said.splitlines()) == 3
    assert len(said) < 1000
    assert "\x1b" not in said


def test_all_errors_are_one_tree_with_exit_codes():
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, FewnotesError)]
    assert len(kinds) >= 9
    assert all(1 <= k.exit_status <= 7 for k in kinds)
    assert len({k.code for k in kinds}) == len(kinds)
