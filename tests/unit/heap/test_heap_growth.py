"""Survivors by window, populations, names of rows, and files that do not belong together."""

from __future__ import annotations

import copy

import pytest
from heap_reference import read

from pytest_nodeleak.base.errors import SnapshotOrderError
from pytest_nodeleak.heap import bare_stores, compare, growth_over, outline, three_snapshot_diff
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


def grown(build: SnapshotBuilder, step, times: int = 3, detail: str = "classes"):
    """Snapshots of a heap to which ``step`` is applied between them; the last in full."""
    snapshots = []
    for number in range(times):
        last = number == times - 1
        snapshots.append(read(build.json(), detail="full" if last else detail))
        snapshots[-1].source = f"{number + 1}.heapsnapshot"
        if not last:
            step(number)
    return snapshots


def _base() -> SnapshotBuilder:
    build = SnapshotBuilder()
    for number in range(200):
        build.edge(build.root, build.object("Base"), "element", number)
    return build


def test_survivors_are_counted_by_window_and_odd_ids_only():
    build = _base()

    def step(number):
        for _ in range(3 + number):
            build.edge(build.root, build.object("Leak", size=40), "element", 1)
        # Native nodes have even ids, and on old versions huge ones: never survivors.
        build.edge(build.root, build.node("native", "Node / X", id=4_000_000_000), "element", 1)
        build.edge(build.root, build.object("Even", id=build.next_id + 1), "element", 1)
        build.edge(build.root, build.object("Later"), "element", 1)

    diff = growth_over(grown(build, step))
    row = diff.row("Leak")
    assert (row.kind, row.internal) == ("object", False)
    assert row.populations == (0, 3, 7)
    assert row.sizes == (0, 120, 280)
    assert row.survivors == (3, 4)
    assert row.shallow_size == 7 * 40
    assert row.growth == 7
    assert len(row.example_ids) == 5
    assert diff.row("Node / X").survivors == (0, 0)
    assert diff.row("Even").survivors == (0, 0)
    assert diff.row("Even").shallow_size == 0
    assert diff.row("Later").survivors == (1, 1)
    assert diff.windows == 2
    with pytest.raises(KeyError):
        diff.row("Base")
    assert next(row.name for row in diff.rows) == "Leak"


def test_what_died_is_no_survivor():
    """A ring buffer replaces its content: survivors in the last window, no net growth."""
    build = _base()
    ring = build.array(build.root, "ring")
    store = next(to for _, name, to in build.nodes[ring].edges if name == "elements")

    def refill(_=0):
        build.nodes[ring].edges = [e for e in build.nodes[ring].edges if e[0] != "element"]
        build.nodes[store].edges.clear()
        for number, node in enumerate(build.nodes):
            if node.name == "Item":
                build.nodes[number] = copy.copy(node)
                build.nodes[number].name = "Base"
                build.nodes[number].id = 2 * number
        for _ in range(8):
            build.push(ring, build.object("Item"))

    refill()
    row = growth_over(grown(build, refill)).row("Item")
    assert row.populations == (8, 8, 8)
    assert row.survivors == (0, 8)
    assert row.growth == 0


def test_over_many_snapshots():
    build = _base()
    snapshots = grown(
        build,
        lambda n: [build.edge(build.root, build.object("Leak"), "element", 1) for _ in range(n)],
        times=6,
    )
    row = growth_over(snapshots).row("Leak")
    assert row.survivors == (0, 1, 2, 3, 4)
    assert row.populations == (0, 0, 1, 3, 6, 10)


def test_internal_groups_come_last_and_keep_their_kind():
    build = _base()

    def step(number):
        for index in range(50):
            build.edge(build.root, build.string(f"session-{number}-{index}"), "element", 1)
            build.edge(build.root, build.node("code", "f"), "element", 1)
            build.edge(build.root, build.node("hidden", "system / PromiseReaction"), "element", 1)
            build.edge(build.root, build.node("array", "(object elements)"), "element", 1)
            build.edge(build.root, build.node("object shape", "system / Map"), "element", 1)
            build.edge(build.root, build.node("native", "Node / Thing"), "element", 1)
        build.edge(build.root, build.object("system / Context"), "element", 1)
        build.edge(build.root, build.node("regexp", "a.*"), "element", 1)

    diff = growth_over(grown(build, step))
    kinds = {row.name: (row.kind, row.internal) for row in diff.rows if row.survivor_count}
    assert kinds == {
        "Node / Thing": ("native", False),
        "system / Context": ("object", False),
        "RegExp": ("regexp", False),
        "(string)": ("string", True),
        "(compiled code)": ("code", True),
        "system / PromiseReaction": ("hidden", True),
        "(array)": ("array", True),
        "(object shape)": ("object shape", True),
    }
    order = [row.internal for row in diff.rows]
    assert order == sorted(order)
    patterns = {item.pattern: item for item in diff.string_patterns()}
    assert patterns["session-#-#"].survivors == (50, 50)
    assert patterns["session-#-#"].shallow_size == 100 * 24
    texts = diff.texts_of(diff.row("(string)"))
    assert texts
    assert all(outline(text) == "a-#-#" for text in texts)
    assert diff.texts_of(diff.row("RegExp")) == ()


def test_how_a_string_looks_says_nothing_of_what_it_says():
    assert outline("Anna-Маша_7 <a1b2@x.org>\n") == "a-a_# <a#a#@a.a>\n"
    assert outline("a b " * 1000) == "a " * 29 + "a…"


def test_same_name_of_another_kind_is_another_row():
    build = _base()

    def step(_):
        build.edge(build.root, build.object("Foo"), "element", 1)
        build.edge(build.root, build.node("closure", "Foo"), "element", 1)
        build.edge(build.root, build.string("Foo"), "element", 1)

    diff = growth_over(grown(build, step))
    assert {(row.name, row.kind) for row in diff.rows if row.name == "Foo"} == {
        ("Foo", "object"),
        ("Foo", "closure"),
    }
    assert diff.row("Foo", "closure").survivors == (1, 1)


def _shape(build: SnapshotBuilder, keys: list[str]) -> int:
    """A hidden class that is as many transitions from the empty one as it has keys."""
    descriptors = build.node("object shape", "system / DescriptorArray")
    for number, key in enumerate(keys):
        build.edge(descriptors, build.string(key), "internal", str(3 * number))
    parent = build.node("object shape", "system / Map")
    for _ in keys:
        child = build.node("object shape", "system / Map")
        build.edge(child, parent, "internal", "back_pointer")
        build.edge(child, descriptors, "internal", "descriptors")
        parent = child
    return parent


def _plain(build: SnapshotBuilder, shape: int) -> int:
    node = build.object("Object")
    build.edge(node, shape, "internal", "map")
    build.edge(build.root, node, "element", 1)
    return node


@pytest.mark.parametrize("detail", ["classes", "full"])
def test_plain_objects_by_shape(detail):
    build = _base()
    long, short = _shape(build, ["id", "text", "more"]), _shape(build, ["x"])
    first = next(to for kind, name, to in build.nodes[long].edges if name == "back_pointer")
    for _ in range(5):
        _plain(build, short)

    def step(_):
        for _ in range(10):
            _plain(build, long)
        for _ in range(4):
            _plain(build, first)  # shares the descriptors, owns two of them
        slow = build.object("Object")
        build.edge(slow, slow, "property", "b")
        build.edge(slow, slow, "property", "a")
        build.edge(build.root, slow, "element", 1)

    diff = growth_over(grown(build, step, detail=detail))
    rows = {row.name: row for row in diff.rows if row.survivor_count}
    assert {name: row.survivors for name, row in rows.items()} == {
        "{id, text, more}": (10, 10),
        "{id, text}": (4, 4),
        "{a, b}": (1, 1),
    }
    populations = rows["{id, text, more}"].populations
    assert populations == ((0, 10, 20) if detail == "full" else (5, 20, 35))
    assert not rows["{id, text}"].internal


def test_rare_shapes_stay_with_object():
    build = _base()
    common = _shape(build, ["id"])
    rare = [_shape(build, [f"k{number}"]) for number in range(3)]

    def step(number):
        for _ in range(200):
            _plain(build, common)
        for shape in rare:
            if number == 0:
                _plain(build, shape)

    rows = {row.name: row.survivors for row in growth_over(grown(build, step)).rows}
    assert rows == {"{id}": (200, 200), "Object": (3, 0)}


def test_closures_by_name_and_by_place():
    build = _base()
    context = build.module("/app/server.js")

    def step(_):
        for _ in range(2):
            for name, line in (("onCancel", 7), ("", 12), ("", 30)):
                closure = build.closure(name, context, path="/app/server.js", line=line)
                build.edge(build.root, closure, "element", 1)

    rows = {row.name: row for row in growth_over(grown(build, step)).rows if row.kind == "closure"}
    assert set(rows) == {"onCancel", "() server.js:12", "() server.js:30"}
    assert rows["onCancel"].survivors == (2, 2)
    assert rows["() server.js:12"].survivors == (2, 2)


def test_condensed_snapshots_give_the_same_difference():
    build = _base()
    snapshots = grown(build, lambda _: _plain(build, _shape(build, ["a"])))
    before = growth_over(snapshots).to_rows()
    for snapshot in snapshots[:2]:
        snapshot.condense()
    assert growth_over(snapshots).to_rows() == before
    with pytest.raises(ValueError, match="condensed"):
        compare(snapshots[0], snapshots[1])


def test_wrong_order_same_twice_and_another_process():
    build = _base()
    for _ in range(600):
        build.edge(0, build.object("Base"), "element", 1)
    first, second, third = grown(
        build, lambda _: [build.edge(0, build.object("Leak"), "element", 1) for _ in range(90)]
    )
    with pytest.raises(SnapshotOrderError, match="same snapshot twice"):
        growth_over([first, second, second])
    with pytest.raises(SnapshotOrderError, match="taken before"):
        three_snapshot_diff(second, first, third)
    other = SnapshotBuilder()
    other.next_id = 7
    for number in range(900):
        other.edge(0, other.node("closure", "x"), "element", number)
    with pytest.raises(SnapshotOrderError, match="not of the same process"):
        compare(first, read(other.json()))
    with pytest.raises(ValueError, match="at least two"):
        growth_over([first])


def test_two_files_with_the_same_content(tmp_path):
    from pytest_nodeleak.heap import load_snapshot

    paths = [_base().write(tmp_path / f"{name}.heapsnapshot") for name in "ab"]
    with pytest.raises(SnapshotOrderError, match="same snapshot twice"):
        compare(*(load_snapshot(path) for path in paths))


def test_an_idle_process_measured_over_a_stream_is_no_error():
    text = _base().json()
    assert growth_over([read(text), read(text)]).rows == ()


def test_old_backing_stores_and_new_ones():
    build = _base()
    context = build.module("/app/a.js")
    bare = build.array(context, "bare", kind="context", size=512)
    small = build.array(context, "small", kind="context", size=64)

    def regrow(array, size):
        def step(_):
            store = build.node("array", "(object elements)", size=size)
            build.nodes[array].edges = [("internal", "elements", store)]

        return step

    def step(number):
        regrow(small, 512)(number)
        if number == 1:
            regrow(bare, 4096)(number)

    diff = growth_over(grown(build, step))
    (container,) = diff.containers
    assert container.owner_id == build.nodes[bare].id
    assert (container.owner_name, container.edge) == ("Array", "elements")
    assert (container.backing_bytes, container.window) == (4096, 1)
    sizes = diff.sizes_by_kind
    # Stores that were replaced are still in the built heap, as garbage would be.
    assert [size["array"] for size in sizes] == [576, 576 + 512, 576 + 1024 + 4096]


def test_stores_of_numbers_are_those_that_refer_to_few_objects():
    build = _base()
    context = build.module("/app/a.js")
    numbers = build.array(context, "numbers", kind="context", size=4096)
    build.array(context, "small", kind="context", size=64)
    objects = build.array(context, "objects", kind="context", size=1024)
    (store,) = (to for _, name, to in build.nodes[objects].edges if name == "elements")
    for number in range(100):
        build.edge(store, build.object("Row"), "element", number)
    (found,) = bare_stores(read(build.json()))
    assert (found.owner_id, found.owner_name, found.bytes) == (
        build.nodes[numbers].id,
        "Array",
        4096,
    )


def test_memory_outside_the_heap_goes_by_the_view_on_it():
    build = _base()
    context = build.module("/app/a.js")

    def buffer(name: str, size: int) -> int:
        view = build.object(name)
        data = build.object("ArrayBuffer")
        store = build.node("native", "system / JSArrayBufferData", size=size)
        build.edge(context, view, "context", name)
        build.edge(view, data, "internal", "buffer")
        build.edge(data, store, "internal", "backing_store")
        return view

    def step(number):
        if number == 0:
            buffer("Buffer", 8192)

    buffer("Float64Array", 65_536)
    buffer("Uint8Array", 100)
    diff = growth_over(grown(build, step))
    assert [(b.name, b.bytes, b.is_new) for b in diff.buffers] == [
        ("Buffer", 8192, True),
        ("Float64Array", 65_536, False),
    ]


def test_rows_are_plain_data():
    import json

    build = _base()
    diff = growth_over(grown(build, lambda _: build.edge(0, build.object("Leak"), "element", 1)))
    rows = diff.to_rows()
    assert json.loads(json.dumps(rows)) == rows
    assert rows[0]["name"] == "Leak"
    text = repr(diff)
    assert "1.heapsnapshot -> 2.heapsnapshot -> 3.heapsnapshot" in text
    assert "0 -> 1 -> 2" in text
    explained = diff.explain(["Leak"])
    json.dumps([row.to_dict() for row in explained])


def test_dataframe():
    pandas = pytest.importorskip("pandas")
    build = _base()
    diff = growth_over(grown(build, lambda _: build.edge(0, build.object("Leak"), "element", 1)))
    frame = diff.to_dataframe()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["name"].tolist() == ["Leak"]


def test_comparison_by_class():
    build = _base()
    leaving = build.object("Gone", size=100)
    build.edge(0, leaving, "element", 1)
    before = read(build.json(), detail="classes")
    build.nodes[leaving].name = "New"
    build.nodes[leaving].id = build.next_id
    build.next_id += 2
    for _ in range(3):
        build.edge(0, build.object("New", size=8), "element", 1)
    build.edge(0, build.node("closure", "f", size=64), "element", 1)
    diff = compare(before, read(build.json(), detail="classes"))
    changes = {change.name: change for change in diff.changes}
    assert set(changes) == {"New", "Gone", "Function"}
    new, gone = changes["New"], changes["Gone"]
    assert (new.new, new.deleted, new.delta, new.size_delta) == (4, 0, 4, 124)
    assert (gone.new, gone.deleted, gone.freed_size, gone.size_delta) == (0, 1, 100, -100)
    assert diff.size_delta == 124 + 64 - 100
    assert "+4" in repr(diff)
    assert diff.to_rows()[0]["name"] == "New"


def test_comparison_in_the_figures_of_memwatch():
    build = _base()
    before = read(build.json(), detail="classes")
    for kind, name, size in [
        ("object", "Kept", 1600),
        ("object", "Array", 16),
        ("array", "", 1_500_000),
        ("string", "text", 24),
        ("concatenated string", "text", 32),
        ("hidden", "system / Map", 80),
        ("closure", "f", 64),
    ]:
        build.edge(0, build.node(kind, name, size=size), "element", 1)
    diff = compare(before, read(build.json(), detail="classes")).heap_diff()
    added = 1600 + 16 + 1_500_000 + 24 + 32 + 80 + 64
    assert diff["after"]["nodes"] == diff["before"]["nodes"] + 7
    assert diff["after"]["size_bytes"] == diff["before"]["size_bytes"] + added
    change = diff["change"]
    assert (change["allocated_nodes"], change["freed_nodes"]) == (7, 0)
    assert (change["size_bytes"], change["size"]) == (added, "1.43 mb")
    # An array's store and the Array are one line; joined strings and hidden nodes have none.
    assert {line["what"]: (line["size"], line["+"], line["-"]) for line in change["details"]} == {
        "Array": ("1.43 mb", 2, 0),
        "Closure": ("64 bytes", 1, 0),
        "Kept": ("1.56 kb", 1, 0),
        "String": ("24 bytes", 1, 0),
    }
