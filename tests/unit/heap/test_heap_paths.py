"""Retaining paths in the words of the program, and the owner of what survives."""

from __future__ import annotations

import pytest
from heap_reference import read

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.base.errors import DeadlineExceeded
from pytest_nodeleak.heap import growth_over
from pytest_nodeleak.heap.explain import passages
from pytest_nodeleak.heap.explain.passages import Wanted
from pytest_nodeleak.testing.snapshots import SnapshotBuilder

APP = "/srv/app/index.js"


class Program:
    """A heap with a user's module, and survivors made by ``leak`` between two snapshots."""

    def __init__(self) -> None:
        self.build = SnapshotBuilder()
        self.roots = self.build.node("synthetic", "(GC roots)", size=0)
        self.build.edge(self.build.root, self.roots, "element", 1)
        self.module = self.context(APP)

    def context(self, path: str) -> int:
        return self.build.module(path)

    def explain(self, leak, name: str = "Leaf", times: int = 10):
        before = read(self.build.json())
        for number in range(times):
            leak(number)
        return growth_over([before, read(self.build.json())]).explain([name])[0]


@pytest.fixture
def program() -> Program:
    return Program()


def test_array_of_a_module(program):
    build = program.build
    leaky = build.array(program.module, "leakyData", kind="context")
    row = program.explain(lambda _: build.push(leaky, build.object("Leaf")))
    assert str(row.retaining_path) == "leakyData (Array) in module index.js -> [n]"
    assert [step.name for step in row.retaining_path.steps] == ["Array", "Leaf"]
    assert row.retaining_path.raw[0][1].startswith("system / Context @")
    owner = row.owner
    assert (owner.type, owner.entries, owner.id) == ("Array", 10, build.nodes[leaky].id)
    assert owner.name == str(owner) == "leakyData (Array) in module index.js"
    assert owner.capacity == (1024 - 16) // 8
    assert owner.capacity_fixed is True
    assert owner.share == 1.0
    assert row.retained_size == 320


def test_of_what_is_young_may_be_let_go_what_is_older_is_explained(program):
    build = program.build
    batch, lost = (build.array(program.module, name, kind="context") for name in ("batch", "lost"))
    snapshots = [read(build.json())]
    for array, times in ((lost, 2), (batch, 30)):
        for _ in range(times):
            build.push(array, build.object("Leaf"))
        snapshots.append(read(build.json()))
    diff = growth_over(snapshots)
    (row,) = diff.explain(["Leaf"])
    assert str(row.retaining_path) == "batch (Array) in module index.js -> [n]"
    (row,) = diff.explain(["Leaf"], older={(row.kind, "Leaf")})
    assert str(row.retaining_path) == "lost (Array) in module index.js -> [n]"
    assert (row.shallow_size, row.retained_size) == (64, 64)


@pytest.mark.parametrize("every", [1, 4])
def test_a_path_leads_through_what_can_hold_all_that_stays(program, every):
    build = program.build
    cache = build.array(program.module, "cache", kind="context")
    holder = build.object("Registry")
    build.edge(program.module, holder, "context", "registry")
    index = build.array(holder, "index")
    for _ in range(100):  # the others have been dropped from the cache
        build.push(index, build.object("Leaf"))
    snapshots = [read(build.json())]
    for number in range(8):
        leaf = build.object("Leaf")
        build.push(cache, leaf)
        if number % every == 0:
            build.push(index, leaf)
    snapshots.append(read(build.json()))
    diff = growth_over(snapshots)
    (row,) = diff.explain(["Leaf"])
    assert row.owner.name == "cache (Array) in module index.js"
    (row,) = diff.explain(["Leaf"], expected=[108.0])
    assert row.owner.name == "registry (Registry) in module index.js -> .index"
    assert str(row.retaining_path) == f"{row.owner.name} (Array) -> [n]"
    assert row.retained_size == 8 * 32
    # A window has added no more than the cache holds: it may be what leaks.
    (row,) = diff.explain(["Leaf"], expected=[8.0])
    assert row.owner.name == "cache (Array) in module index.js"


def test_edges_are_looked_through_once_for_each_name_not_for_each_that_leads_there(
    program, monkeypatch
):
    build = program.build
    cache = build.array(program.module, "cache", kind="context")
    index = build.array(program.module, "index", kind="context")

    def leaf(*lists):
        made = build.object("Leaf")
        build.edge(made, cache, "property", "home")
        for each in lists:
            build.push(each, made)

    for _ in range(100):
        leaf(index)
    before = read(build.json())
    for _ in range(8):
        leaf(cache, index)
    looked, really = [], passages._properties
    monkeypatch.setattr(passages, "_properties", lambda *args: looked.append(args) or really(*args))
    (row,) = growth_over([before, read(build.json())]).explain(["Leaf"], expected=[108.0])
    assert row.owner.name == "index (Array) in module index.js"
    assert 1 < len(looked) < 10


def test_an_entry_that_has_several_of_them_is_one_entry(program):
    build = program.build
    stats = build.array(program.module, "stats", kind="context")

    def keep(times):
        for _ in range(times):
            stat = build.object("Stat")
            build.push(stats, stat)
            top = build.array(stat, "top")
            for _ in range(20):
                build.push(top, build.object("Leaf"))
        return read(build.json())

    (row,) = growth_over([keep(10), keep(6)]).explain(["Leaf"], expected=[320.0])
    assert row.owner.name == "stats (Array) in module index.js"
    assert (row.owner.entries, row.owner.per_survivor) == (16, 1 / 20)
    # With 20 in each of its entries it holds all that were made, and has gained all of them.
    assert Wanted(320.0, 120).met_by(row.owner, {row.owner.id: 6}) == 1.0
    assert Wanted(320.0, 120).met_by(row.owner, {row.owner.id: 1}) == pytest.approx(1 / 6)


def test_a_list_that_grows_at_its_head_is_followed_down_to_those_that_it_holds(program):
    build = program.build
    box = build.object("Box")
    build.edge(program.module, box, "context", "box")
    links = [build.object("Link")]

    def grow(times):
        for _ in range(times):
            links.append(build.object("Link"))
            build.edge(links[-1], links[-2], "property", "older")
        build.nodes[box].edges = [("property", "newest", links[-1])]
        return read(build.json())

    snapshots = [grow(100), grow(20)]
    (row,) = growth_over(snapshots).explain(["Link"], expected=[120.0])
    path = "box (Box) in module index.js -> .newest (Link) -> .older (Link) ×9 -> .older"
    assert str(row.retaining_path) == path
    # The older hundred are kept alive by them as well, but were not added by them.
    assert row.retained_size == 20 * 32


def test_a_list_that_grows_at_its_end_did_not_add_what_came_after_the_window(
    program,
):
    build = program.build
    first = build.object("Link")
    build.edge(program.module, first, "context", "first")
    links = [first]

    def grow(times):
        for _ in range(times):
            links.append(build.object("Link"))
            build.edge(links[-2], links[-1], "property", "next")
        return read(build.json())

    diff = growth_over([grow(5), grow(10), grow(100)])
    (row,) = diff.explain(["Link"], expected=[116.0], older={("object", "Link")})
    assert (row.shallow_size, row.retained_size) == (10 * 32, 10 * 32)
    (row,) = diff.explain(["Link"], expected=[116.0])
    assert row.retained_size == 110 * 32


def test_array_whose_store_was_replaced(program):
    build = program.build
    leaky = build.array(program.module, "leakyData", kind="context")

    def leak(number):
        if number == 0:
            store = build.node("array", "(object elements)", size=816)
            build.nodes[leaky].edges = [("internal", "elements", store)]
        build.push(leaky, build.object("Leaf"))

    owner = program.explain(leak).owner
    assert (owner.capacity, owner.capacity_fixed) == (100, False)


def test_map_of_a_module_counts_its_entries(program):
    build = program.build
    cache = build.object("Map")
    table = build.node("array", "", size=16 + 8 * (3 + 7 * 16))
    build.edge(program.module, cache, "context", "cache")
    build.edge(cache, table, "internal", "table")

    def leak(number):
        leaf, key = build.object("Leaf"), build.string(f"key {number}")
        slot = 3 + 16 + 3 * number
        build.edge(table, key, "internal", str(slot))
        build.edge(table, leaf, "internal", str(slot + 1))

    row = program.explain(leak)
    assert str(row.retaining_path) == "cache (Map) in module index.js -> Map entry"
    assert (row.owner.type, row.owner.entries, row.owner.capacity) == ("Map", 10, 32)
    assert row.owner.capacity_fixed is None


def test_listeners_closures_and_scopes(program):
    build = program.build
    emitter, events = build.object("EventEmitter"), build.object("Object")
    build.edge(program.module, emitter, "context", "bus")
    build.edge(emitter, events, "property", "_events")
    listeners = build.array(events, "tick")

    def leak(_):
        scope = build.object("system / Context")
        build.edge(scope, program.module, "internal", "previous")
        closure = build.closure("onTick", scope, path=APP, line=12)
        build.edge(scope, build.object("Leaf"), "context", "request")
        build.push(listeners, closure)

    row = program.explain(leak)
    assert str(row.retaining_path) == (
        "bus (EventEmitter) in module index.js -> listener of 'tick' (onTick() index.js:12)"
        " -> request (Leaf) in scope of anonymous function (index.js)"
    )
    assert row.owner.name == "bus (EventEmitter) in module index.js -> listener of 'tick'"


def test_scope_knows_its_function(program):
    build = program.build
    info = build.node("code", "system / ScopeInfo")
    shared = build.node("code", "handler")
    build.edge(shared, info, "internal", "name_or_scope_info")
    script = build.node("code", APP)
    build.edge(shared, script, "internal", "script")
    made = build.node("closure", "handler")
    build.edge(made, shared, "internal", "shared")
    build.edge(program.module, made, "context", "handler")
    build.locate(made, 1, 11, 4)
    scope = build.object("system / Context")
    build.edge(scope, info, "internal", "scope_info")
    build.edge(scope, program.module, "internal", "previous")
    inner = build.closure("next", scope, path=APP, line=14)
    build.edge(program.module, inner, "context", "next")
    cache = build.array(scope, "cache", kind="context")
    row = program.explain(lambda _: build.push(cache, build.object("Leaf")))
    assert str(row.retaining_path) == (
        "next (next() index.js:14) in module index.js"
        " -> cache (Array) in scope of handler (index.js:12) -> [n]"
    )


def test_global_variable(program):
    build = program.build
    world = build.object("global")
    build.edge(build.root, world, "shortcut", "global")
    registry = build.array(world, "registry")
    row = program.explain(lambda _: build.push(registry, build.object("Leaf")))
    assert str(row.retaining_path) == "global.registry (Array) -> [n]"


def test_exported_variable_of_an_es_module(program):
    build = program.build
    context = program.context("file:///srv/app/store.mjs")
    module = build.node("hidden", "system / SourceTextModule")
    build.edge(context, module, "internal", "extension")
    names, cells = build.node("array", ""), build.node("array", "")
    build.edge(module, names, "hidden", 0)
    build.edge(module, cells, "hidden", 5)
    cell = build.node("object shape", "system / Cell")
    build.edge(names, build.string("sessions"), "internal", "3")
    build.edge(names, cell, "internal", "4")
    build.edge(cells, cell, "internal", "0")
    sessions = build.array(cell, "value", kind="internal")
    row = program.explain(lambda _: build.push(sessions, build.object("Leaf")))
    assert str(row.retaining_path) == "sessions (Array) in module store.mjs -> [n]"


def test_timers_promises_weak_maps_and_proxies(program):
    build = program.build
    timers = program.context("node:internal/timers")
    lists = build.object("TimersList")
    build.edge(timers, lists, "context", "timerLists")
    previous = [lists]

    def timer(_):
        node = build.object("Timeout")
        build.edge(previous[0], node, "property", "_idleNext")
        previous[0] = node
        build.edge(node, build.object("Leaf"), "property", "data")

    assert str(program.explain(timer).retaining_path) == "timer (Timeout) -> .data"

    promise = build.object("Promise")
    build.edge(program.module, promise, "context", "ready")

    def reaction(_):
        node = build.node("hidden", "system / PromiseReaction")
        build.edge(promise, node, "hidden", 3)
        closure = build.closure("then", program.module, path=APP, line=3)
        build.edge(node, closure, "hidden", 1)
        build.edge(closure, build.object("Waiter"), "property", "waiter")

    assert str(program.explain(reaction, "Waiter").retaining_path) == (
        "ready (Promise) in module index.js -> promise reaction"
        " -> handler (then() index.js:3) -> .waiter"
    )

    table, weak_map = build.node("array", ""), build.object("WeakMap")
    build.edge(program.module, weak_map, "context", "meta")
    build.edge(weak_map, table, "internal", "table")
    users = build.array(program.module, "users", kind="context")

    def pair(_):
        user, value = build.object("User"), build.object("Meta")
        build.push(users, user)
        build.map_entry(table, user, value)

    row = program.explain(pair, "Meta")
    assert str(row.retaining_path) == (
        "users (Array) in module index.js -> [n] (User) -> WeakMap value of this User"
    )

    proxy, target = build.node("code", "system / JSProxy"), build.object("Object")
    build.nodes[proxy].kind = "object"
    build.edge(program.module, proxy, "context", "state")
    build.edge(proxy, target, "hidden", 1)
    items = build.array(target, "items")
    path = program.explain(lambda _: build.push(items, build.object("Item")), "Item")
    assert "-> proxy target -> .items (Array) -> [n]" in str(path.retaining_path)


def test_keys_that_are_data_are_not_shown(program):
    build = program.build
    table = build.object("Object")
    build.edge(program.module, table, "context", "sessions")
    for number in range(60):
        build.edge(table, build.object("Old"), "property", f"secret-{number}")

    def leak(number):
        build.edge(table, build.object("Leaf"), "property", f"secret-new-{number}")

    row = program.explain(leak)
    assert str(row.retaining_path) == "sessions in module index.js -> [key]"
    assert row.owner.entries == 69


def test_the_tools_own_driver_comes_last(program):
    build = program.build
    driver = program.context("/x/site-packages/pytest_nodeleak/node/driver/driver.js")
    near = build.array(driver, "samples", kind="context")
    holder = build.object("Holder")
    build.edge(program.module, holder, "context", "holder")
    deep = build.object("Deep")
    build.edge(holder, deep, "property", "deep")
    far = build.array(deep, "list")

    def leak(_):
        leaf = build.object("Leaf")
        build.push(near, leaf)
        build.push(far, leaf)

    row = program.explain(leak)
    assert str(row.retaining_path) == (
        "holder (Holder) in module index.js -> .deep (Deep) -> .list (Array) -> [n]"
    )


def test_stack_roots_and_feedback_only_if_nothing_else_holds(program):
    build = program.build
    stack = build.node("synthetic", "(Stack roots)", size=0)
    build.edge(program.roots, stack, "element", 1)
    feedback = build.node("code", "system / FeedbackVector")
    build.edge(program.module, feedback, "internal", "feedback_cell")
    holder = build.object("Holder")
    build.edge(program.module, holder, "context", "holder")
    items = build.array(holder, "items")

    def leak(number):
        leaf = build.object("Leaf")
        build.edge(stack, leaf, "internal", str(number))
        build.edge(feedback, leaf, "internal", str(number))
        build.push(items, leaf)
        build.edge(stack, build.object("OnStack"), "internal", str(100 + number))

    row = program.explain(leak)
    assert str(row.retaining_path) == (
        "holder (Holder) in module index.js -> .items (Array) -> [n]"
    )
    row = program.explain(leak, "OnStack")
    assert str(row.retaining_path) == "(Stack roots) -> OnStack"


def test_the_owner_is_where_most_are(program):
    build = program.build
    main = build.array(program.module, "all", kind="context")
    last = build.array(program.module, "last", kind="context")

    def leak(number):
        leaf = build.object("Leaf")
        build.push(main if number else last, leaf)

    before = read(build.json())
    for number in range(10):
        leak(number)
    diff = growth_over([before, read(build.json())])
    row = diff.explain(["Leaf"], paths_per_row=2)[0]
    assert row.owner.name == "all (Array) in module index.js"
    assert row.owner.share == 0.9
    assert [str(path) for path in row.other_paths] == ["last (Array) in module index.js -> [n]"]


def test_cycles_and_unreachable_survivors(program):
    build = program.build

    def leak(_):
        one, two = build.object("Leaf"), build.object("Leaf")
        build.edge(one, two, "property", "other")
        build.edge(two, one, "property", "other")

    row = program.explain(leak)
    assert row.retaining_path is None
    assert row.owner is None
    assert row.retained_size == 0


def test_definition_of_a_class_and_a_closure(program):
    build = program.build
    leaky = build.array(program.module, "leaky", kind="context")

    def leak(_):
        leaf = build.object("Leaf")
        build.locate(leaf, 77, 4, 2)
        build.push(leaky, leaf)
        build.push(leaky, build.closure("onDone", program.module, path=APP, line=9, script_id=77))

    before = read(build.json())
    leak(0)
    diff = growth_over([before, read(build.json())])
    leaf, closure = diff.explain(["Leaf", "onDone"])
    assert (leaf.defined_at, leaf.place) == ("77:4:2", None)
    assert (closure.defined_at, closure.place) == ("77:8:0", "index.js:9")


def test_deadline_is_heeded(program):
    build = program.build
    leaky = build.array(program.module, "leaky", kind="context")
    before = read(build.json())
    build.push(leaky, build.object("Leaf"))
    diff = growth_over([before, read(build.json())])
    with pytest.raises(DeadlineExceeded):
        diff.explain(["Leaf"], deadline=Deadline(0))
    with pytest.raises(KeyError):
        diff.explain(["Nothing"])


def test_strings_show_masked_samples(program):
    build = program.build
    ids = build.array(program.module, "ids", kind="context")
    row = program.explain(lambda n: build.push(ids, build.string(f"user-{n}@x.org")), "(string)")
    assert row.samples == ("user-#@x.org",)
    assert str(row.retaining_path) == "ids (Array) in module index.js -> [n]"
