"""Containers that gain entries, exactly, in every way the snapshots can have been read."""

from __future__ import annotations

import pytest
from heap_reference import read

from pytest_nodeleak.heap import SlotGrowth, growth_over
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


def _base() -> SnapshotBuilder:
    build = SnapshotBuilder()
    for number in range(60):
        build.edge(build.root, build.object("Base"), "element", number)
    return build


def _diff(build: SnapshotBuilder, step, *, detail: str = "full", condense: bool = True):
    """Three snapshots with ``step`` between them, and something new so that ids rise."""
    snapshots = []
    for number in range(3):
        snapshot = read(build.json(), detail="full" if number == 2 else detail)
        if condense and number < 2:
            snapshot.condense()
        snapshots.append(snapshot)
        if number < 2:
            step(number)
            build.edge(build.root, build.object("New"), "element", 0)
    return growth_over(snapshots)


def _replace_store(build: SnapshotBuilder, owner: int, name: str) -> None:
    """Give a container a copy of its store, as V8 does when it becomes too small."""
    node = build.nodes[owner]
    at, old = next((at, to) for at, (_, n, to) in enumerate(node.edges) if n == name)
    copy = build.node(build.nodes[old].kind, build.nodes[old].name, size=build.nodes[old].size)
    build.nodes[copy].edges = list(build.nodes[old].edges)
    build.nodes[old].edges = []
    node.edges[at] = ("internal", name, copy)


@pytest.mark.parametrize("detail", ["full", "classes"])
@pytest.mark.parametrize("condense", [False, True])
def test_an_array_of_one_object(detail, condense):
    build = _base()
    listener = build.object("Listener")
    listeners = build.array(build.root, "listeners")
    ring = build.array(build.root, "ring")
    for _ in range(40):
        build.push(listeners, listener)
        build.push(ring, listener)

    def step(number):
        for _ in range((17, 633)[number]):
            build.push(listeners, listener)
        _replace_store(build, listeners, "elements")

    diff = _diff(build, step, detail=detail, condense=condense)
    owner = build.nodes[listeners].id
    assert diff.slots == (SlotGrowth(owner, "Array", "array", (40, 57, 690)),)
    (slots,) = diff.slots
    assert (slots.gained, slots.growth, slots.every_window) == ((17, 633), 650, True)


@pytest.mark.parametrize("class_name", ["Map", "Set", "Cache"])
@pytest.mark.parametrize("kind", ["both", "keys", "values", "mixed"])
def test_maps_and_sets_with_new_tables(class_name, kind):
    if class_name == "Set" and kind != "keys":
        pytest.skip("a set has no values")
    build = _base()
    item = build.object("Item")
    build.node("hidden", "system / Hole", size=0)
    hole = len(build.nodes) - 1
    like = "Set" if class_name == "Set" else "Map"
    cache = build.collection(build.root, "cache", like, buckets=512)
    build.nodes[cache].name = class_name
    count = 0

    def fill(entries):
        nonlocal count
        for _ in range(entries):
            key = item if kind in ("both", "keys") or (kind == "mixed" and count % 2) else None
            value = item if kind in ("both", "values") or key is None else None
            build.put(cache, count, *((key,) if like == "Set" else (key, value)))
            count += 1

    fill(40)

    def step(number):
        fill((5, 99)[number])
        _replace_store(build, cache, "table")
        # V8 22 to 24 shows the slots of deleted entries.
        build.put(cache, 900 + number, *((hole,) if like == "Set" else (hole, hole)))

    (slots,) = _diff(build, step).slots
    assert (slots.owner_id, slots.owner_name) == (build.nodes[cache].id, class_name)
    assert (slots.kind, slots.counts) == (like.lower(), (40, 45, 144))


def test_tables_that_stand_are_known_without_edges_and_others_are_not():
    build = _base()
    item = build.object("Item")
    stands = build.collection(build.root, "stands", buckets=512)
    moves = build.collection(build.root, "moves", buckets=512)
    mixed = build.collection(build.root, "mixed", buckets=512)
    for at in range(40):
        build.put(stands, at, item, None)
        build.put(moves, at, item, None)
        build.put(mixed, at, item, item if at % 2 else None)

    def step(number):
        for at in range(40 + 100 * number, 140 + 100 * number):
            build.put(stands, at, item, None)
            build.put(moves, at, item, None)
            build.put(mixed, at, item, None)
        _replace_store(build, moves, "table")

    diff = _diff(build, step, detail="classes")
    assert [(slots.owner_id, slots.counts) for slots in diff.slots] == [
        (build.nodes[stands].id, (40, 140, 240))
    ]


def _dictionary(build: SnapshotBuilder, capacity: int = 1024, prefix: int = 6) -> tuple[int, int]:
    owner = build.object("Object", size=24)
    build.edge(owner, build.node("object", "Object"), "property", "__proto__")
    store = build.node("array", "(object properties)", size=16 + 8 * (prefix + 3 * capacity))
    build.edge(store, build.node("object shape", "system / Map"), "internal", "map")
    build.edge(owner, store, "internal", "properties")
    build.edge(build.root, owner, "property", "dictionary")
    return owner, store


@pytest.mark.parametrize("prefix", [5, 6])
@pytest.mark.parametrize("values", ["numbers", "objects", "mixed", "true"])
def test_objects_used_as_dictionaries(prefix, values):
    build = _base()
    key, item, yes = build.string("key"), build.object("Item"), build.node("hidden", "true")
    owner, store = _dictionary(build, prefix=prefix)
    count = 0

    def fill(entries):
        nonlocal count
        for _ in range(entries):
            slot = prefix + 3 * count
            build.edge(store, key, "internal", str(slot))
            if values == "objects" or (values == "mixed" and count % 3):
                build.edge(owner, item, "property", f"key{count}")
                build.edge(store, item, "internal", str(slot + 1))
            elif values == "true":
                build.edge(owner, yes, "property", f"key{count}")
            count += 1

    fill(30)
    (slots,) = _diff(build, lambda number: fill(70 + number)).slots
    assert (slots.kind, slots.owner_name, slots.counts) == ("object", "Object", (30, 100, 171))


def test_what_is_new_native_or_shrinks_is_no_growth():
    build = _base()
    item = build.object("Item")
    shrinks = build.array(build.root, "shrinks")
    native = build.node("object", "Native", id=4_000_000)
    build.edge(build.root, native, "property", "native")
    for _ in range(40):
        build.push(shrinks, item)
        build.edge(native, item, "element", 1)

    def step(_):
        fresh = build.array(build.root, "fresh")
        for _ in range(100):
            build.push(fresh, item)
            build.edge(native, item, "element", 1)
        build.nodes[shrinks].edges.pop()

    assert _diff(build, step).slots == ()


@pytest.mark.parametrize("detail", ["full", "classes"])
def test_early_counts_that_are_too_small_to_be_kept(detail):
    build = _base()
    item = build.object("Item")
    late = build.array(build.root, "late")
    tiny = build.array(build.root, "tiny")

    def step(number):
        for _ in range((5, 300)[number]):
            build.push(late, item)
        for _ in range(8):
            build.push(tiny, item)

    (slots,) = _diff(build, step, detail=detail).slots
    assert (slots.owner_id, slots.counts) == (build.nodes[late].id, (0, 0, 305))
    assert not slots.exact
    assert not slots.every_window


def test_needs_the_edges_of_the_last():
    build = _base()
    snapshots = [read(build.json(), detail="classes") for _ in range(2)]
    with pytest.raises(ValueError, match="without its edges"):
        _ = growth_over(snapshots).slots


def test_numbers_of_slots_are_read_without_decoding():
    import numpy as np

    build = SnapshotBuilder()
    texts = ["0", "7", "123456789", "1234567890", "-3", "1x", "x1", "", "map", "40"]
    for text in texts:
        build.string(text)
    strings = read(build.json()).strings
    index = np.array([strings.find(text)[0] for text in texts])
    assert strings.numbers(index).tolist() == [0, 7, 123456789, -1, -1, -1, -1, -1, -1, 40]
    assert strings.numbers(index[:0]).tolist() == []
