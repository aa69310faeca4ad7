"""Names of edges that V8 gives none: numbers without a text, digits of all kinds, endless ones."""

from __future__ import annotations

import time

import pytest
from heap_reference import read

from pytest_nodeleak.heap import growth_over, growth_since
from pytest_nodeleak.heap.model.strings import slot_number
from pytest_nodeleak.heap.show.classes import show_table
from pytest_nodeleak.testing.snapshots import SnapshotBuilder

NO_SLOTS = ("²", "٣", "9" * 20, "9" * 5000, "-1", "")
#: the number of an edge for which there is no string
FAR = 2**32 - 1
#: a name as long as no heap of V8 has one, and seconds that it may take
LONG, SOON = 20_000, 5.0


class Program:
    """A Map of receipts in a module's table, and objects of one shape."""

    def __init__(self) -> None:
        self.build = build = SnapshotBuilder()
        self.table = build.object("Object")
        build.edge(build.module("/app/x.js"), self.table, "context", "byName")
        self.map = build.collection(self.table, "sessions", "Map", 32)
        self.store = next(to for _, name, to in build.nodes[self.map].edges if name == "table")
        build.next_id = 101
        for number in range(40):
            build.put(self.map, number, build.string(f"key {number}"), build.object("Receipt"))

    def exported(self, slot: str) -> int:
        """A table of a module's exports with one variable, whose Cell is in that slot."""
        build = self.build
        cell, table = build.node("hidden", "system / Cell"), build.node("array", "")
        build.edge(build.root, table, "element", 9)
        build.edge(table, cell, "internal", slot)
        build.edge(cell, build.object("Exported"), "internal", "value")
        return table

    def explained(self) -> str:
        """What is kept by what, of all that came after the table."""
        snapshot = read(self.build.json())
        diff = growth_since(snapshot, 99)
        diff.explain()
        rows = diff.explain(["Receipt"])
        for group_by in ("shape", "owner"):
            show_table(snapshot, group_by=group_by, retained=True)
        return f"{rows[0].retaining_path}: {rows[0].owner}"


def test_names_that_are_slots():
    assert [slot_number(text) for text in ("0", "12", "999999999")] == [0, 12, 999_999_999]
    assert {slot_number(text) for text in NO_SLOTS} == {-1}


@pytest.mark.parametrize("kind", ["element", "hidden"])
def test_a_number_is_not_looked_up_among_the_strings(kind):
    program = Program()
    plain = program.explained()
    program.build.edge(program.store, program.table, kind, FAR)
    exported = program.exported("5")
    program.build.edge(exported, program.table, kind, FAR)
    assert program.explained() == plain


@pytest.mark.parametrize("kind", ["element", "hidden"])
def test_slots_of_a_table_are_those_with_a_text(kind):
    program = Program()
    program.build.edge(program.store, program.table, kind, FAR)
    snapshots = []
    for number in range(3):
        snapshots.append(read(program.build.json()))
        program.build.put(program.map, 40 + number, program.build.object("Receipt"), None)
    diff = growth_over(snapshots, check=False)
    assert [(slot.owner_name, slot.gained) for slot in diff.slots] == [("Map", (1, 1))]


@pytest.mark.parametrize("name", NO_SLOTS)
def test_digits_that_are_no_slot(name):
    program = Program()
    build = program.build
    plain = program.explained()
    build.edge(program.store, program.table, "internal", name)
    shape, keys = build.node("object shape", "system / Map"), build.node("array", "")
    build.edge(shape, keys, "internal", "descriptors")
    build.edge(keys, build.string("total"), "internal", name)
    item = build.object("Object")
    build.edge(item, shape, "internal", "map")
    build.edge(program.table, item, "property", "last")
    program.exported(name)
    assert program.explained() == plain


@pytest.mark.parametrize("number", ["9" * 19, "9" * 5000])
def test_a_weak_maps_table_that_no_heap_has(number):
    program = Program()
    plain = program.explained()
    pair = f"part of key (A @1) -> value (B @2) pair in WeakMap (table @{number})"
    program.build.edge(program.store, program.table, "internal", pair)
    assert program.explained() == plain


@pytest.mark.fault(
    "Files",
    "hidden classes by the thousand, on one chain and with one list of keys",
    forced="2,000 of each, `--group-by shape`",
    seen="a table, in the time that any heap of the size takes",
)
def test_a_long_chain_of_hidden_classes_takes_no_time_of_its_square():
    build = SnapshotBuilder()
    keys = build.node("array", "")
    for slot in range(2000):
        build.edge(keys, build.string(f"k{slot}"), "internal", str(3 * slot))
    before, kept = build.node("object shape", "system / Map"), build.array(build.root, "kept")
    for _ in range(2000):
        shape = build.node("object shape", "system / Map")
        build.edge(shape, before, "internal", "back_pointer")
        build.edge(shape, keys, "internal", "descriptors")
        before = shape
        item = build.object("Object")
        build.edge(item, shape, "internal", "map")
        build.push(kept, item)
    began = time.process_time()
    table = show_table(read(build.json()), group_by="shape", top=5000)
    assert {"{k0}", "{k0, k1}", "{k0, k1, k2}"} < {row[0] for row in table.rows}
    assert len(table.rows) == 2000
    assert time.process_time() - began < SOON


def test_a_chain_of_hidden_classes_that_bites_its_tail():
    build = SnapshotBuilder()
    keys = build.node("array", "")
    for slot in range(3):
        build.edge(keys, build.string(f"k{slot}"), "internal", str(3 * slot))
    shapes = [build.node("object shape", "system / Map") for _ in range(2)]
    for shape, before in zip(shapes, reversed(shapes), strict=True):
        build.edge(shape, before, "internal", "back_pointer")
        build.edge(shape, keys, "internal", "descriptors")
        item = build.object("Object")
        build.edge(build.root, item, "property", "item")
        build.edge(item, shape, "internal", "map")
    table = show_table(read(build.json()), group_by="shape")
    assert [row[0] for row in table.rows] == ["{k0, k1}", "{k0}"]


@pytest.mark.parametrize(
    "name",
    ["part of key (" + " @1) -> value (" * LONG + " pair in WeakMap (table @", "key (" * LONG],
    ids=["pair", "key"],
)
@pytest.mark.fault(
    "Files",
    "a name of 300 kB in a snapshot",
    forced="the beginning of a WeakMap's pair, 20,000 times",
    seen="a table, in the time that any name takes",
)
def test_a_long_name_takes_no_time_of_its_square(name):
    program = Program()
    item = program.build.object("Receipt")
    program.build.edge(program.table, item, "internal", name)
    began = time.process_time()
    program.explained()
    assert time.process_time() - began < SOON
