"""Property names in reports: words of the program are shown, what is data is not."""

from __future__ import annotations

import numpy as np
import pytest
from heap_reference import read

from pytest_nodeleak.heap.graph.graph import graph_of
from pytest_nodeleak.heap.names.keys import shown_key
from pytest_nodeleak.heap.names.shapes import Shapes
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


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
    build = SnapshotBuilder()
    item = build.object("Object")
    for key in ("a@x.org", "name", "__proto__", "b@x.org"):
        build.edge(item, build.root, "property", key)
    shapes = Shapes(graph_of(read(build.json())))
    assert list(shapes.group(np.array([item]))) == ["{[key], name}"]
