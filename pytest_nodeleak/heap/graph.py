"""The edges of a snapshot as a graph, and walks over it.

A walk goes breadth first by whole levels with numpy; while the frontier is narrow (a
linked list has one node per level) plain Python takes over. Nothing recurses.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from ..deadline import Deadline
from .arrays import AnyArray, BoolArray, IntpArray, UInt32Array

if TYPE_CHECKING:
    from typing_extensions import Buffer

    from .model import HeapSnapshot

__all__ = ["NO_EDGE", "Graph", "Walk", "as_view"]

NO_EDGE = 0xFFFFFFFF

# Frontiers with fewer edges than this are walked in Python: a numpy level costs as much.
_NARROW = 96
_SYSTEM_DISTANCE = 100_000_000
_BLOCK_EDGES = 1 << 17
_BLOCK_NODES = 1 << 15

_WEAK_MAP = re.compile(
    r"(?:\d+ / )?part of key \(.*? @\d+\) -> value \(.*? @\d+\) "
    r"pair in WeakMap \(table @(\d+)\)",
    re.DOTALL,
)


class Graph:
    """Edges in node order: those of node i are ``first[i]`` to ``first[i + 1] - 1``."""

    def __init__(self, snapshot: HeapSnapshot) -> None:
        if snapshot.first_edge is None or snapshot.edge_to is None:
            raise ValueError(f"{snapshot.source} was read without its edges (detail='classes')")
        assert snapshot.edge_type is not None
        assert snapshot.edge_name is not None
        self.snapshot = snapshot
        self.node_count = snapshot.node_count
        self.first: UInt32Array = snapshot.first_edge
        self.to: UInt32Array = snapshot.edge_to
        self.edge_type = snapshot.edge_type
        self.edge_name = snapshot.edge_name

    def __repr__(self) -> str:
        return f"<Graph {self.node_count:,} nodes, {self.to.size:,} edges>"

    @cached_property
    def strong(self) -> BoolArray:
        """Which edges keep their target alive, by DevTools' rule for essential edges.

        Left out: weak edges, edges from a node to itself, shortcuts (except the root's),
        and of the two edges of a WeakMap's entry the one that starts at the table.
        """
        layout = self.snapshot.layout
        weak = layout.edge_type("weak")
        strong: BoolArray = np.ones(self.to.size, dtype=bool)
        if weak >= 0:
            np.not_equal(self.edge_type, np.uint8(weak), out=strong)
        shortcut = layout.edge_type("shortcut")
        if shortcut >= 0:
            cut = np.flatnonzero(self.edge_type == shortcut)
            root = self.snapshot.root
            low, high = int(self.first[root]), int(self.first[root + 1])
            strong[cut[(cut < low) | (cut >= high)]] = False
        strong[self._weak_map_table_edges()] = False
        return strong

    def _weak_map_table_edges(self) -> IntpArray:
        tables: dict[int, int] = {}
        for index in self.snapshot.strings.containing(b" pair in WeakMap (table @"):
            match = _WEAK_MAP.fullmatch(self.snapshot.strings[index])
            if match:
                tables[index] = int(match.group(1))
        if not tables:
            return np.empty(0, dtype=np.intp)
        wanted = np.zeros(len(self.snapshot.strings), dtype=bool)
        wanted[list(tables)] = True
        table_of = np.zeros(len(self.snapshot.strings), dtype=np.int64)
        table_of[list(tables)] = list(tables.values())
        internal = np.flatnonzero(self.edge_type == self.snapshot.layout.edge_type("internal"))
        edges = internal[wanted[self.edge_name[internal]]]
        owners = self.snapshot.node_id[self.sources(edges)]
        mine: IntpArray = edges[owners == table_of[self.edge_name[edges]]]
        return mine

    def sources(self, edges: AnyArray) -> IntpArray:
        """The node each of these edges leaves."""
        # Of the same width as the column, which would else be converted as a whole.
        wanted = np.asarray(edges, dtype=self.first.dtype)
        return np.searchsorted(self.first, wanted, side="right") - 1

    def source(self, edge: int) -> int:
        """The node one edge leaves."""
        return int(self.first.searchsorted(self.first.dtype.type(edge), side="right")) - 1

    def flagged(self, nodes: BoolArray) -> BoolArray:
        """Which edges lead to a node that is marked in ``nodes``."""
        result = np.empty(self.to.size, dtype=bool)
        for low in range(0, self.to.size, _BLOCK_EDGES):
            part = slice(low, low + _BLOCK_EDGES)
            result[part] = nodes[self.to[part]]
        return result

    def edges_named(self, kind: str, name: str) -> IntpArray:
        """Edges of a type with a string name."""
        number = self.snapshot.layout.edge_type(kind)
        found: list[AnyArray] = []
        for index in self.snapshot.strings.find(name):
            hit = np.flatnonzero(self.edge_name == index)
            found.append(hit[self.edge_type[hit] == number])
        if not found:
            return np.empty(0, dtype=np.intp)
        return np.concatenate(found)

    def edges_into(self, nodes: AnyArray) -> IntpArray:
        """All edges whose target is one of ``nodes``."""
        wanted = np.zeros(self.node_count, dtype=bool)
        wanted[nodes] = True
        return np.flatnonzero(self.flagged(wanted))

    def edges_from(self, nodes: AnyArray) -> IntpArray:
        """All edges that leave ``nodes``, in the order of the nodes."""
        low = self.first[nodes].astype(np.int64)
        counts = self.first[np.asarray(nodes) + 1].astype(np.int64) - low
        return _ranges(low, counts)

    @cached_property
    def distances(self) -> AnyArray:
        """Steps from the root's objects, as DevTools counts them; -1: not reached.

        Breadth first over all edges except weak ones (and ``sloppy_function_map``), from
        the non-synthetic children of the root, which have distance 1; what only the
        system's roots lead to has its distance from the root plus 100,000,000.
        """
        weak = self.snapshot.layout.edge_type("weak")
        allowed = self.edge_type != np.uint8(weak) if weak >= 0 else self.edge_type >= 0
        allowed[self.edges_named("internal", "sloppy_function_map")] = False
        walk = Walk(self, allowed)
        root = np.array([self.snapshot.root])
        children = self.to[self.edges_from(root)]
        synthetic = self.snapshot.layout.node_type("synthetic")
        users = np.unique(children[self.snapshot.node_type[children] != synthetic])
        distance = np.full(self.node_count, -1, dtype=np.int32)
        walk.run({1: users.astype(np.intp)}, distance=distance)
        walk.visited[root] = False
        walk.run({_SYSTEM_DISTANCE if users.size else 0: root}, distance=distance)
        return distance


class Walk:
    """One breadth-first walk; ``visited`` and ``parent`` hold what it found.

    ``parent[i]`` is the edge over which node i was first reached, NO_EDGE for sources and
    for nodes not reached. Nodes in ``stop`` are reached but not gone through. Mark nodes
    as visited beforehand to keep the walk out of them.
    """

    def __init__(
        self,
        graph: Graph,
        allowed: BoolArray,
        *,
        stop: BoolArray | None = None,
        visited: BoolArray | None = None,
        parent: AnyArray | None = None,
        deadline: Deadline | None = None,
    ) -> None:
        self.graph = graph
        self.allowed = allowed
        self.stop = stop
        n = graph.node_count
        self.visited = np.zeros(n, dtype=bool) if visited is None else visited
        self.parent = np.full(n, NO_EDGE, dtype=np.uint32) if parent is None else parent
        self.deadline = deadline

    def run(
        self,
        sources: Mapping[int, AnyArray],
        *,
        distance: AnyArray | None = None,
        again: bool = False,
    ) -> None:
        """Walk from ``sources``, each group of which joins at its level.

        A group whose level comes after the walk would have ended joins then. ``distance``,
        if given, gets each reached node's level. With ``again`` sources that are visited
        already are gone through once more (to use a wider ``allowed``).
        """
        waiting = sorted(sources.items())
        level = 0
        frontier: AnyArray = np.empty(0, dtype=np.intp)
        while frontier.size or waiting:
            if self.deadline is not None:
                self.deadline.check("walking the heap")
            if waiting and (waiting[0][0] <= level or not frontier.size):
                at, nodes = waiting.pop(0)
                level = max(level, at)
                new = nodes if again else nodes[~self.visited[nodes]]
                self.visited[new] = True
                if distance is not None:
                    distance[new] = level
                if self.stop is not None:
                    new = new[~self.stop[new]]
                frontier = np.concatenate((frontier, new)) if frontier.size else new
                continue
            if frontier.size < _NARROW and self._degree(frontier) < _NARROW:
                until = waiting[0][0] if waiting else None
                frontier, level = self._narrow(frontier, level, until, distance)
                continue
            level += 1
            frontier = self._level(frontier, level, distance)

    def _degree(self, frontier: AnyArray) -> int:
        first = self.graph.first
        return int((first[frontier + 1] - first[frontier]).sum(dtype=np.int64))

    def _level(self, frontier: AnyArray, level: int, distance: AnyArray | None) -> AnyArray:
        """Reach all nodes one step from ``frontier``; gives those to go on from."""
        first = self.graph.first
        found: list[AnyArray] = []
        # A part at a time, whole nodes with a block's worth of edges: flat memory.
        for start in range(0, frontier.size, _BLOCK_NODES):
            nodes = frontier[start : start + _BLOCK_NODES]
            low = first[nodes].astype(np.int64)
            counts = first[nodes + 1] - low
            ends = np.cumsum(counts)
            begin = 0
            while begin < low.size:
                done = int(ends[begin - 1]) if begin else 0
                end = int(np.searchsorted(ends, done + _BLOCK_EDGES, side="right"))
                end = max(end, begin + 1)
                edges = _ranges(low[begin:end], counts[begin:end])
                new = self.cross(edges[self.allowed[edges]])
                if distance is not None:
                    distance[new] = level
                if self.stop is not None:
                    new = new[~self.stop[new]]
                found.append(new.astype(np.uint32))
                begin = end
        if not found:
            return np.empty(0, dtype=np.uint32)
        return found[0] if len(found) == 1 else np.concatenate(found)

    def cross(self, edges: AnyArray) -> AnyArray:
        """Reach the targets of ``edges`` that were not visited; gives them."""
        to = self.graph.to[edges].astype(np.intp)
        new = ~self.visited[to]
        edges, to = edges[new], to[new]
        # Of several edges to one node the first counts: written last, backwards.
        self.parent[to[::-1]] = edges[::-1]
        winners: AnyArray = to[self.parent[to] == edges]
        self.visited[winners] = True
        return winners

    def _narrow(
        self, frontier: AnyArray, level: int, until: int | None, distance: AnyArray | None
    ) -> tuple[AnyArray, int]:
        """Go on in Python until the frontier is wide, empty, or a source is due."""
        first = as_view(self.graph.first)
        to = as_view(self.graph.to)
        allowed = as_view(self.allowed)
        visited = as_view(self.visited)
        parent = as_view(self.parent)
        stop = None if self.stop is None else as_view(self.stop)
        steps = as_view(distance) if distance is not None else None
        now = frontier.tolist()
        while now and level != until:
            following: list[int] = []
            level += 1
            for node in now:
                for edge in range(first[node], first[node + 1]):
                    target = to[edge]
                    if visited[target] or not allowed[edge]:
                        continue
                    visited[target] = True
                    parent[target] = edge
                    if steps is not None:
                        steps[target] = level
                    if stop is None or not stop[target]:
                        following.append(target)
            now = following
            if self.deadline is not None and not level & 0xFFF:
                self.deadline.check("walking the heap")
            if len(now) > _NARROW:
                break
        return np.array(now, dtype=np.intp), level


def as_view(array: AnyArray) -> memoryview:
    """Items as Python numbers: reading one is five times faster than from the array."""
    return memoryview(cast("Buffer", array))


def _ranges(low: AnyArray, counts: AnyArray) -> IntpArray:
    """``low[0], low[0]+1, ... , low[1], ...``: ``counts[i]`` numbers from each ``low[i]``."""
    total = int(counts.sum())
    if not total:
        return np.empty(0, dtype=np.intp)
    ends = np.cumsum(counts)
    result = np.repeat(low - (ends - counts), counts)
    result += np.arange(total)
    return result.astype(np.intp, copy=False)
