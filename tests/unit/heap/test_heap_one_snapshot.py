"""One snapshot as a difference, and rows by class found again among rows by shape."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from heap_reference import read

from pytest_nodeleak.heap import growth_over, growth_since
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


def _shape(build: SnapshotBuilder, key: str) -> int:
    descriptors = build.node("object shape", "system / DescriptorArray")
    build.edge(descriptors, build.string(key), "internal", "0")
    shape, empty = (build.node("object shape", "system / Map") for _ in range(2))
    build.edge(shape, empty, "internal", "back_pointer")
    build.edge(shape, descriptors, "internal", "descriptors")
    return shape


class Program:
    """Plain objects of two shapes and anonymous closures, kept by a module's arrays."""

    def __init__(self) -> None:
        self.build = build = SnapshotBuilder()
        self.context = build.module("/app/index.js")
        self.kept = build.array(self.context, "kept", kind="context")
        self.shapes = [_shape(build, "url"), _shape(build, "at")]
        for _ in range(40):
            self.grow(1)

    def grow(self, times: int) -> None:
        build = self.build
        for _ in range(times):
            for shape, count in zip(self.shapes, (3, 1), strict=True):
                for _ in range(count):
                    item = build.object("Object", size=40)
                    build.edge(item, shape, "internal", "map")
                    build.push(self.kept, item)
            build.push(self.kept, build.closure("", self.context, path="/app/index.js", line=7))
            build.push(self.kept, build.object("Ticket", size=64))


def test_parts_of_a_class_in_the_full_reading():
    program = Program()
    texts = []
    for number in range(3):
        texts.append(program.build.json())
        program.grow(10 * (number + 1))
    coarse = growth_over([read(text, detail="classes") for text in texts])
    full = growth_over([*(read(text, detail="classes") for text in texts[:2]), read(texts[2])])
    found = {}
    for row in coarse.rows:
        parts = full.parts_of(row.kind, row.name)
        found[row.name] = [part.name for part in parts]
        assert sum(part.survivor_count for part in parts) == row.survivor_count
        assert sum(part.shallow_size for part in parts) == row.shallow_size
    assert found["Object"] == ["{url}", "{at}"]
    assert found["(anonymous closure)"] == ["() index.js:7"]
    assert found["Ticket"] == ["Ticket"]
    assert full.parts_of("object", "{at}") == (full.row("{at}"),)
    assert full.parts_of("object", "Nothing") == ()
    assert coarse.parts_of("object", "Object") == (coarse.row("Object"),)


def test_the_rest_that_stays_together_is_a_part_too():
    program = Program()
    first = read(program.build.json(), detail="classes")
    program.grow(200)
    program.build.edge(0, program.build.object("Object"), "element", 1)
    diff = growth_over([first, read(program.build.json())])
    assert [row.name for row in diff.parts_of("object", "Object")] == ["{url}", "{at}", "Object"]


@pytest.mark.parametrize("detail", ["full", "classes"])
def test_one_snapshot_and_an_id(detail):
    program = Program()
    build = program.build
    before = read(build.json())
    last_seen = before.max_odd_id
    program.grow(25)
    build.edge(0, build.node("native", "Node / X", id=4_000_000_000), "element", 1)
    after = read(build.json(), detail=detail)
    diff = growth_since(after, last_seen)
    two = growth_over([read(_cut(build, last_seen), detail=detail), after])
    assert diff.windows == 1
    assert diff.snapshots == (after,)
    assert diff.max_odd_ids == (last_seen, after.max_odd_id)
    ticket = diff.row("Ticket")
    assert (ticket.populations, ticket.sizes) == ((40, 65), (40 * 64, 65 * 64))
    assert ticket.survivors == (25,)
    # Nothing died here, so it is the difference of two.
    assert diff.to_rows() == [row for row in two.to_rows() if row["survivors"] != [0]]
    assert diff.sizes_by_kind[1] == two.sizes_by_kind[1]
    assert diff.sizes_by_kind[0]["object"] == two.sizes_by_kind[0]["object"]
    assert diff.slots == ()
    assert f"objects after @{last_seen} in test" in repr(diff)
    assert [p.pattern for p in diff.string_patterns()] == [p.pattern for p in two.string_patterns()]
    json.dumps(diff.to_rows())
    if detail == "classes":
        return
    assert diff.row("{url}").populations == (120, 195)
    assert diff.nodes_of(ticket).size == 25
    (why,) = diff.explain(["Ticket"])
    assert str(why.retaining_path) == "kept (Array) in module index.js -> [n]"
    assert why.retained_size == 25 * 64
    assert str(diff.path_to(ticket.example_ids[0])) == str(why.retaining_path)
    assert diff.origin(ticket) == two.origin(ticket)
    assert [row.name for row in diff.parts_of("object", "Object")] == ["{url}", "{at}"]


def _cut(build: SnapshotBuilder, last_id: int) -> str:
    """The same heap without what is newer than an id."""
    older = SnapshotBuilder()
    older.nodes = [node for node in build.nodes if node.id <= last_id]
    kept = len(older.nodes)
    older.nodes = [
        replace(node, edges=[edge for edge in node.edges if edge[2] < kept]) for node in older.nodes
    ]
    older.locations = [place for place in build.locations if place[0] < kept]
    return older.json()


def test_nothing_is_newer():
    program = Program()
    snapshot = read(program.build.json())
    diff = growth_since(snapshot, snapshot.max_odd_id + 10)
    assert diff.rows == ()
    assert diff.max_odd_ids == (snapshot.max_odd_id + 10,) * 2
    with pytest.raises(ValueError, match="no object's id"):
        growth_since(snapshot, -1)
