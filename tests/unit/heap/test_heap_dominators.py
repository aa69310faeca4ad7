"""Dominators and DevTools' accounting against their definitions."""

from __future__ import annotations

import numpy as np
from heap_reference import heaps, reachable, read, successors
from hypothesis import given, settings

from pytest_nodeleak.heap.graph.dominators import (
    ClassAccount,
    DominatorTree,
    class_accounts,
    essential_edges,
    owned_sizes,
)
from pytest_nodeleak.heap.graph.graph import graph_of
from pytest_nodeleak.testing.snapshots import SnapshotBuilder


def _with_orphans(build: SnapshotBuilder) -> list[list[int]]:
    """Successors, where what nothing leads to hangs on the root, as in DevTools."""
    edges = successors(build)
    held = {target for out in edges for target in out}
    orphans = [node for node in range(1, len(edges)) if node not in held]
    reached = reachable(edges, [0, *orphans])
    cycles = [node for node in range(1, len(edges)) if node not in reached]
    return [edges[0] + orphans + cycles, *edges[1:]]


@settings(max_examples=150, deadline=None)
@given(build=heaps())
def test_a_dominator_is_on_every_path(build):
    graph = graph_of(read(build.json()))
    tree = DominatorTree(graph, graph.strong)
    edges = _with_orphans(build)
    alive = set(range(graph.node_count))
    for node in range(1, graph.node_count):
        chain = set()
        at = tree.parent[node]
        while at != 0:
            chain.add(at)
            at = tree.parent[at]
        expected = {
            other
            for other in alive - {0, node}
            if node not in reachable(edges, [0], without=[other])
        }
        assert chain == expected
    place = {node: number for number, node in enumerate(tree.top_down)}
    assert len(place) == graph.node_count
    assert all(place[tree.parent[node]] < place[node] for node in range(1, graph.node_count))


@settings(max_examples=80, deadline=None)
@given(build=heaps())
def test_retained_size_of_each_node(build):
    snapshot = read(build.json())
    tree = DominatorTree(graph_of(snapshot), graph_of(snapshot).strong)
    retained = tree.retained_sizes(snapshot.node_size)
    edges = _with_orphans(build)
    alive = set(range(snapshot.node_count))
    for node in alive - {0}:
        gone = alive - reachable(edges, [0], without=[node])
        assert retained[node] == sum(build.nodes[other].size for other in gone)
    assert retained[0] == snapshot.total_size


def test_a_chain_of_a_hundred_thousand_needs_no_recursion():
    build = SnapshotBuilder()
    at = build.root
    for _ in range(100_000):
        following = build.object("Link", size=1)
        build.edge(at, following, "property", "next")
        at = following
    snapshot = read(build.json())
    tree = DominatorTree(graph_of(snapshot), graph_of(snapshot).strong)
    assert tree.retained_sizes(snapshot.node_size)[1] == 100_000


def test_arrays_give_their_size_to_their_only_owner():
    build = SnapshotBuilder()
    world = build.object("global", size=1)
    build.edge(0, world, "shortcut", "global")
    one, two = build.array(world, "one", size=100), build.array(world, "two", size=200)
    shared = build.node("array", "", size=50)
    for holder in (one, two):
        build.edge(holder, shared, "internal", "shared")
    inner = build.node("hidden", "system / X", size=7)
    store = next(to for _, name, to in build.nodes[one].edges if name == "elements")
    build.edge(store, inner, "internal", "1")
    snapshot = read(build.json())
    sizes = owned_sizes(snapshot)
    assert sizes[[one, two, shared, inner, store]].tolist() == [139, 232, 50, 0, 0]
    assert int(sizes.sum()) == snapshot.total_size
    accounts = class_accounts(snapshot)
    assert accounts["Array"] == ClassAccount(2, 371, 371)
    assert accounts["(array)"] == ClassAccount(1, 50, 50)
    assert accounts["global"].retained_size == snapshot.total_size


def test_what_the_debugger_holds_besides_does_not_count():
    build = SnapshotBuilder()
    world, inside = build.object("global"), build.object("Inside", size=500)
    debugger = build.node("synthetic", "(Debugger)", size=0)
    build.edge(0, world, "shortcut", "global")
    build.edge(0, debugger, "element", 1)
    build.edge(world, inside, "property", "x")
    build.edge(debugger, inside, "element", 1)
    snapshot = read(build.json())
    assert np.flatnonzero(~essential_edges(graph_of(snapshot))).size == 1
    assert class_accounts(snapshot)["global"].retained_size == 532


def test_a_class_inside_itself_is_counted_once():
    build = SnapshotBuilder()
    world = build.object("global")
    build.edge(0, world, "shortcut", "global")
    at = world
    for _ in range(3):
        following = build.object("Tree", size=10)
        build.edge(at, following, "property", "child")
        at = following
    other = build.object("Tree", size=10)
    build.edge(world, other, "property", "other")
    assert class_accounts(read(build.json()))["Tree"] == ClassAccount(4, 40, 40)
