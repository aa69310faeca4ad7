"""Property names in reports: words of the program are shown, what is data is not."""

from __future__ import annotations

import pytest

from pytest_nodeleak.heap.names.keys import shown_key, shown_keys


@pytest.mark.parametrize(
    "name", ["name", "#id", "$el", "content-type", "größe", "_x1", "<symbol kState>", "sha256"]
)
def test_names_of_a_program_are_shown(name: str) -> None:
    assert shown_key(name) == name


@pytest.mark.parametrize(
    "name",
    ["a@example.com", "/users/17", "12-3", "two words", "x" * 61, "", "deadbeef12345678", "a\nb"],
)
def test_keys_that_nobody_writes_in_a_program_are_not(name: str) -> None:
    assert shown_key(name) == "[key]"


def test_those_of_one_object_are_one() -> None:
    assert shown_keys(["a@x.org", "name", "b@x.org"]) == ["[key]", "name"]
